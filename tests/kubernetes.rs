//! Fixed manifests, seen by readers that are not ours: the data is as before but for the volume and its mounts, and what
//! the Kubernetes schemas accepted before they accept afterwards.
//!
//! The inputs are the fixtures, and `../shared/corpus/k8s/files` where that is there.
//
// A test that cannot go on says why and stops.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{files, root, shmlint};
use serde::Deserialize;
use serde_yaml::Value;

/// Every manifest of the fixtures and the corpus, before and after its fixes.
fn fixed() -> Vec<(PathBuf, String, String)> {
    let mut all = Vec::new();
    for folder in [root().join("fixtures/kubernetes"), root().join("../shared/corpus/k8s/files")] {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let inputs = files(&folder).into_iter().filter(|file| {
            file.extension().is_some_and(|ending| ["yaml", "yml", "json"].iter().any(|ours| ending == *ours))
        });
        let inputs: Vec<(PathBuf, String)> = inputs
            .filter_map(|file| Some((file.clone(), fs::read_to_string(folder.join(file)).ok()?)))
            .collect();
        for (file, text) in &inputs {
            let target = scratch.path().join(file);
            fs::create_dir_all(target.parent().expect("a folder")).expect("a scratch folder");
            fs::write(target, text).expect("an input");
        }
        let rules = ["--select", "SHM001,SHM008", "--pedantic"];
        shmlint(
            scratch.path(),
            &[&["--isolated", "--no-gitignore", "--fix"], rules.as_slice(), &["."]].concat(),
        );
        all.extend(inputs.into_iter().map(|(file, before)| {
            let after = fs::read_to_string(scratch.path().join(&file)).expect("a fixed file");
            (folder.join(file), before, after)
        }));
    }
    all
}

/// The documents of a text that the other reader understands; a template is none.
fn documents(text: &str) -> Option<Vec<Value>> {
    if text.contains("{{") {
        return None;
    }
    serde_yaml::Deserializer::from_str(text).map(|document| Value::deserialize(document).ok()).collect()
}

/// Whether a document is a kustomization or a list of operations on an object.
fn patches(document: &Value) -> bool {
    document.get("resources").is_some() || document.get(0).and_then(|first| first.get("op")).is_some()
}

#[test]
fn nothing_but_the_volume_and_its_mounts_is_added() {
    let mut changed = 0;
    for (path, before, after) in fixed() {
        let (Some(old), Some(new)) = (documents(&before), documents(&after)) else { continue };
        // What is built of a kustomization is looked at in tests/kustomize.rs.
        if old.iter().any(patches) {
            continue;
        }
        changed += usize::from(before != after);
        assert_eq!(old.len(), new.len(), "{}", path.display());
        for (old, new) in old.iter().zip(&new) {
            if let Err(what) = grown(old, new, "") {
                panic!("{}: {what}\n{after}", path.display());
            }
        }
    }
    assert!(changed > 5, "the fixes of {changed} files were looked at");
}

/// Whether `new` is `old` with nothing more than a memory volume and mounts of it.
fn grown(old: &Value, new: &Value, key: &str) -> Result<(), String> {
    match (old, new) {
        (Value::Mapping(old), Value::Mapping(new)) => {
            for (name, value) in new {
                let name_text = name.as_str().unwrap_or_default();
                match old.get(name) {
                    Some(before) => grown(before, value, name_text)?,
                    // Compose files in texts.
                    None if name_text == "shm_size" && value.is_string() => {}
                    None => added(value, name_text)?,
                }
            }
            let gone = old.keys().find(|name| !new.contains_key(name));
            gone.map_or(Ok(()), |gone| Err(format!("{gone:?} is gone")))
        }
        (Value::Sequence(old), Value::Sequence(new)) => {
            let (kept, more) = new.split_at(old.len().min(new.len()));
            old.iter().zip(kept).try_for_each(|(old, new)| grown(old, new, ""))?;
            if new.len() < old.len() { Err(format!("{key} lost items")) } else { items(more, key) }
        }
        (Value::Null, new) if matches!(key, "volumes" | "volumeMounts") => added(new, key),
        // A volume that is too small where it is forgotten is enlarged as it is mounted.
        (Value::String(_), Value::String(_)) if key == "sizeLimit" => Ok(()),
        // Manifests in texts.
        (Value::String(old), Value::String(new)) if old != new => {
            let (old, new) = (documents(old).ok_or("no manifest")?, documents(new).ok_or("no manifest")?);
            if old.iter().any(Value::is_string) {
                return Err(format!("{key}: {old:?} became {new:?}"));
            }
            old.iter().zip(&new).try_for_each(|(old, new)| grown(old, new, ""))
        }
        _ if old == new => Ok(()),
        _ => Err(format!("{key}: {old:?} became {new:?}")),
    }
}

fn added(value: &Value, key: &str) -> Result<(), String> {
    items(value.as_sequence().ok_or_else(|| format!("{key} was added"))?, key)
}

fn items(more: &[Value], key: &str) -> Result<(), String> {
    more.iter().try_for_each(|item| {
        let ours = match key {
            "volumes" => item["emptyDir"]["medium"] == "Memory" && item["emptyDir"]["sizeLimit"].is_string(),
            "volumeMounts" => item["mountPath"] == "/dev/shm" && item["name"].is_string(),
            _ => false,
        };
        if ours { Ok(()) } else { Err(format!("{key} got {item:?}")) }
    })
}

/// Prints what a schema says of each document in the files that are named on standard input.
const VALIDATE: &str = r#"
import sys, yaml, kubernetes_validate
KINDS = {"Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "ReplicationController"}
count = 0
for path in sys.stdin.read().split("\0"):
    def errors(name):
        out = []
        for document in yaml.safe_load_all(open(name)):
            if isinstance(document, dict) and document.get("kind") in KINDS:
                try:
                    kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
                    out.append(None)
                except Exception as error:
                    out.append(str(error))
        return out
    try:
        before, after = errors(path + ".before"), errors(path + ".after")
    except yaml.YAMLError:
        continue
    for old, new in zip(before, after):
        count += old is None
        if old is None and new is not None:
            print(path, new)
print("validated", count)
"#;

/// Runs where the Python package `kubernetes-validate` is installed for the `python3` of the path, or for that in `SHMLINT_PYTHON`.
#[test]
fn what_the_schemas_accepted_they_accept_afterwards() {
    let python = std::env::var("SHMLINT_PYTHON").unwrap_or_else(|_| "python3".into());
    let there = Command::new(&python).args(["-c", "import yaml, kubernetes_validate"]).output();
    if !there.is_ok_and(|ran| ran.status.success()) {
        println!("skipped: {python} has no kubernetes_validate (pip install kubernetes-validate)");
        return;
    }
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let mut names = Vec::new();
    for (index, (_, before, after)) in fixed().iter().enumerate().filter(|(_, (_, old, new))| old != new) {
        let name = scratch.path().join(index.to_string()).to_string_lossy().into_owned();
        fs::write(format!("{name}.before"), before).expect("a manifest");
        fs::write(format!("{name}.after"), after).expect("a manifest");
        names.push(name);
    }
    let said = run_python(&python, scratch.path(), &names.join("\0"));
    let (count, errors): (Vec<&str>, Vec<&str>) =
        said.lines().partition(|line| line.starts_with("validated "));
    println!("{}", count.join(" "));
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    assert!(count.iter().any(|line| *line != "validated 0"), "{said}");
}

fn run_python(python: &str, folder: &Path, input: &str) -> String {
    let script = folder.join("validate.py");
    let names = folder.join("names");
    fs::write(&script, VALIDATE).expect("a script");
    fs::write(&names, input).expect("its input");
    let stdin = fs::File::open(names).expect("its input");
    let ran = Command::new(python).arg(script).stdin(stdin).output().expect("python runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

/// What the list says of custom resources, whose operators do what no file shows.
#[test]
fn who_sets_shm_by_itself_is_known() {
    let folder = root().join("fixtures/kubernetes/operators");
    let ran = shmlint(&folder, &["list", "--format", "json", "--isolated", "."]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).expect("a list");
    let rows = json["workloads"].as_array().expect("workloads").iter().map(|workload| {
        let text = |key: &str| workload[key].as_str().unwrap_or("-").to_owned();
        let bytes = workload["shm_bytes"].as_u64().map_or("-".into(), |bytes| (bytes >> 20).to_string());
        format!("{} {} {} {bytes} {}", text("name"), text("gpu"), text("shm"), text("shm_text"))
    });
    let rows: Vec<String> = rows.collect();
    let expected = [
        "main yes tmpfs 8192 NVIDIA Dynamo",
        "main yes explicit 32768 sharedMemorySize: 32Gi",
        "main yes default 64 -",
        "preset yes tmpfs - KAITO",
        "kubeai yes tmpfs - KubeAI",
        "bento yes tmpfs 4096 Yatai",
        "large yes tmpfs - Run:ai",
        "runtime yes explicit 20480 deploymentConfig.shmSize: 20Gi",
        "job yes unknown - -",
        "llama yes tmpfs - NVIDIA NIM operator",
        "Decode yes explicit 81920 sharedMemory.size: 80Gi",
        "Prefill yes tmpfs 8192 NVIDIA Dynamo",
        "main yes tmpfs 1024 KServe",
        "model yes unknown - -",
        "nobody-knows yes unknown - -",
        "ray-head yes tmpfs 16384 KubeRay",
        "ray-worker yes default 64 -",
        "ray-worker no tmpfs - KubeRay",
        "trainer yes default 64 -",
        "sky yes tmpfs - SkyPilot",
    ];
    assert_eq!(rows, expected, "{}", rows.join("\n"));
}

#[test]
fn what_was_rendered_names_its_template() {
    let folder = root().join("fixtures/kubernetes/documents");
    let ran = shmlint(&folder, &["--format", "json", "--isolated", "rendered.yaml"]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).expect("a report");
    let related = json["findings"][0]["related"].as_array().expect("related places");
    let messages: Vec<&str> = related.iter().filter_map(|place| place["message"].as_str()).collect();
    assert!(messages.contains(&"rendered from trainer/templates/job.yaml"), "{messages:?}");
}

#[test]
fn patches_and_templates_are_read_wherever_they_stand() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let resources = "resources: {limits: {nvidia.com/gpu: 4}}";
    let containers = format!("spec: {{template: {{spec: {{containers: [{{name: server, {resources}}}]}}}}}}");
    let patch = format!(
        "patches:\n- patch: |-\n    kind: Deployment\n    metadata: {{name: server}}\n    {containers}\n"
    );
    fs::write(folder.path().join("kustomization.yaml"), patch).expect("a kustomization");
    let job = "kind: Job\nspec: {template: {spec: {containers: [{name: fsdp, image: $IMAGE, resources: {limits: {nvidia.com/gpu: $GPUS}}}]}}}\n";
    fs::write(folder.path().join("fsdp.yaml-template"), job).expect("a template");
    let ran = shmlint(folder.path(), &["list", "--format", "json", "--isolated", "."]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).expect("a list");
    let rows = json["workloads"].as_array().expect("workloads").iter();
    let rows: Vec<String> =
        rows.map(|row| format!("{} {} {}", row["name"], row["gpu"], row["shm"]).replace('"', "")).collect();
    assert_eq!(rows, ["fsdp yes default", "server yes unknown"]);
}

#[test]
fn a_memory_volume_is_no_larger_than_the_limits_of_its_pod() {
    let pod = |limits: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: c\n    image: x\n    \
             resources: {{limits: {{nvidia.com/gpu: 1{limits}}}}}\n    \
             volumeMounts: [{{name: d, mountPath: /dev/shm}}]\n  volumes:\n  - name: d\n    \
             emptyDir: {{medium: Memory, sizeLimit: 8Gi}}\n"
        )
    };
    for (limits, bytes) in [("", 8_u64 << 30), (", memory: 2Gi", 2 << 30), (", memory: 64Gi", 8 << 30)] {
        let folder = common::scratch(&[("pod.yaml", &pod(limits))]);
        let listed = shmlint(folder.path(), &["list", "--isolated", "--format", "json", "."]).stdout;
        let listed: Value = serde_yaml::from_str(&listed).expect("JSON");
        assert_eq!(listed["workloads"][0]["shm_bytes"].as_u64(), Some(bytes), "{limits}: {listed:?}");
    }
}
