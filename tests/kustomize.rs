//! Whatever is fixed in a kustomization, what is built of it differs by a memory volume and its mounts and by nothing else.
//!
//! Random bases and overlays are built before and after a fix, by a small builder of this test and, where it is installed, by
//! `kubectl kustomize`.
//
// A test that cannot go on says why and stops.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use common::shmlint;
use serde_json::{Value, json};

/// Numbers in which no pattern shows.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

fn gpu() -> Value {
    json!({"limits": {"nvidia.com/gpu": 1}})
}

fn deployment(spec: &Value) -> Value {
    let template = json!({"spec": spec});
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": {"template": template}})
}

/// A base with one or two containers.
fn base(random: &mut Random) -> Value {
    let mut containers = Vec::new();
    let mut volumes = vec![json!({"name": "data", "emptyDir": {}})];
    for name in ["main", "side"].iter().take(1 + usize::from(random.one_in(3))) {
        let mut container =
            json!({"name": name, "image": "acme/trainer:1", "command": ["torchrun", "train.py"]});
        if !random.one_in(3) {
            container["resources"] = gpu();
        }
        if random.one_in(2) {
            container["volumeMounts"] = json!([{"name": "data", "mountPath": "/data"}]);
        }
        containers.push(container);
    }
    if random.one_in(5) {
        volumes.push(json!({"name": "dshm", "hostPath": {"path": "/data"}}));
    }
    let mut spec = json!({"containers": containers});
    let mounts = |it: &Value| it.get("volumeMounts").is_some();
    if random.one_in(2) || volumes.len() > 1 || spec["containers"].as_array().unwrap().iter().any(mounts) {
        spec["volumes"] = json!(volumes);
    }
    deployment(&spec)
}

/// A patch of the base: a strategic merge, or a list of operations.
fn patch(random: &mut Random, base: &Value) -> Value {
    let spec = &base["spec"]["template"]["spec"];
    let name = ["dshm", "shm", "memory"][usize::try_from(random.below(3)).unwrap()];
    let volume = json!({"name": name, "emptyDir": {"medium": "Memory", "sizeLimit": "16Gi"}});
    let mount = json!({"name": name, "mountPath": "/dev/shm"});
    let container = |extra: Value| {
        let mut container = json!({"name": "main"});
        container.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json!([container])
    };
    let op = |path: &str, value: Value| json!({"op": "add", "path": format!("/spec/template/spec/{path}"), "value": value});
    // Where one forbids an edit of the base, the patches of the others get it, or their kustomizations.
    match random.below(11) {
        0 => deployment(&json!({"containers": container(json!({"env": [{"name": "A", "value": "b"}]}))})),
        1 => deployment(
            &json!({"containers": container(json!({"volumeMounts": [mount]})), "volumes": [volume]}),
        ),
        2 => deployment(&json!({"hostIPC": true})),
        3 => deployment(&json!({"volumes": [{"name": name, "hostPath": {"path": "/x"}}]})),
        4 => deployment(&json!({"containers": container(json!({"resources": gpu()}))})),
        5 => json!([op("containers/0/resources", gpu())]),
        6 if spec.get("volumes").is_some() && spec["containers"][0].get("volumeMounts").is_some() => {
            json!([op("volumes/-", volume), op("containers/0/volumeMounts/-", mount)])
        }
        6 => json!([op("volumes", json!([volume])), op("containers/0/volumeMounts", json!([mount]))]),
        7 => json!([op("containers/0/env", json!([{"name": "A", "value": "b"}]))]),
        8 => json!([op("hostNetwork", json!(true))]),
        9 => Value::Null,
        _ => deployment(&json!({"containers": container(json!({"env": [{"name": "B", "value": "c"}]}))})),
    }
}

/// What Kustomize makes of an object and a patch.
fn merge(base: &mut Value, patch: &Value) {
    const KEYED: [(&str, &str); 4] =
        [("containers", "name"), ("volumes", "name"), ("volumeMounts", "mountPath"), ("env", "name")];
    let (Some(base), Some(patch)) = (base.as_object_mut(), patch.as_object()) else { return };
    for (key, theirs) in patch {
        let by = KEYED.iter().find(|(list, _)| list == key).map(|(_, by)| *by);
        match (base.get_mut(key), by) {
            (Some(Value::Array(ours)), Some(by)) => {
                for item in theirs.as_array().unwrap() {
                    match ours.iter_mut().find(|known| known[by] == item[by]) {
                        Some(known) => merge(known, item),
                        None => ours.push(item.clone()),
                    }
                }
            }
            (Some(ours), _) if ours.is_object() && theirs.is_object() => merge(ours, theirs),
            _ => {
                base.insert(key.clone(), theirs.clone());
            }
        }
    }
}

fn operate(object: &mut Value, operation: &Value) {
    let path = operation["path"].as_str().unwrap();
    let (way, last) = path.rsplit_once('/').unwrap();
    let value = operation["value"].clone();
    match object.pointer_mut(way).expect("the holder of what is added") {
        Value::Array(items) => items.push(value),
        holder => holder[last] = value,
    }
}

/// The pod that the files in a folder come to, one for each overlay.
fn build(folder: &Path, overlays: usize) -> Vec<Value> {
    let read = |name: &str| {
        let text = fs::read_to_string(folder.join(name)).expect("a file of the test");
        serde_yaml::from_str::<Value>(&text).expect("sound YAML")
    };
    let apply = |object: &mut Value, patch: &Value| match patch {
        Value::Array(operations) => operations.iter().for_each(|operation| operate(object, operation)),
        patch => merge(object, patch),
    };
    let mut pods = vec![read("base/deploy.yaml")];
    if overlays > 0 {
        let base = pods.remove(0);
        for overlay in 0..overlays {
            let mut object = base.clone();
            for patch in list(&read(&format!("o{overlay}/kustomization.yaml")), "patches") {
                match patch["patch"].as_str() {
                    Some(inline) => apply(&mut object, &serde_yaml::from_str(inline).expect("sound YAML")),
                    None => apply(&mut object, &read(&format!("o{overlay}/patch.yaml"))),
                }
            }
            pods.push(object);
        }
    }
    pods.into_iter().map(|object| object["spec"]["template"]["spec"].clone()).collect()
}

fn list<'v>(value: &'v Value, key: &str) -> Vec<&'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten().collect()
}

/// Whether a container has something on `/dev/shm`, or its pod the host's.
fn has_shm(pod: &Value, container: &Value) -> bool {
    pod.get("hostIPC").is_some()
        || list(container, "volumeMounts").iter().any(|it| it["mountPath"] == "/dev/shm")
}

/// The pod without volumes of memory that the one before has not, and without their mounts.
fn without_new(pod: &Value, before: &Value) -> Value {
    let known: BTreeSet<String> =
        list(before, "volumes").iter().map(std::string::ToString::to_string).collect();
    let is_new =
        |volume: &Value| volume["emptyDir"]["medium"] == "Memory" && !known.contains(&volume.to_string());
    let new: Vec<Value> =
        list(pod, "volumes").into_iter().filter(|it| is_new(it)).map(|it| it["name"].clone()).collect();
    let mut pod = pod.clone();
    let keep = |holder: &mut Value, key: &str, by: &str| {
        if let Some(items) = holder.get_mut(key).and_then(Value::as_array_mut) {
            items.retain(|item| !new.contains(&item[by]));
            if items.is_empty() {
                holder.as_object_mut().unwrap().remove(key);
            }
        }
    };
    for container in pod["containers"].as_array_mut().unwrap() {
        keep(container, "volumeMounts", "name");
    }
    keep(&mut pod, "volumes", "name");
    pod
}

fn unique<'v>(items: &[&'v Value], by: &str) -> bool {
    let names: BTreeSet<&'v str> = items.iter().filter_map(|item| item[by].as_str()).collect();
    names.len() == items.len()
}

#[test]
fn what_is_built_differs_by_a_memory_volume_and_its_mounts() {
    let kubectl =
        Command::new("kubectl").args(["version", "--client"]).output().is_ok_and(|it| it.status.success());
    let (mut lacked, mut given) = (0, 0);
    for seed in 0..80 {
        let mut random = Random(seed * 7919 + 1);
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let folder = scratch.path();
        let write = |name: &str, value: &Value| {
            fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
            fs::write(folder.join(name), serde_yaml::to_string(value).unwrap()).unwrap();
        };
        let base = base(&mut random);
        write("base/deploy.yaml", &base);
        write("base/kustomization.yaml", &json!({"resources": ["deploy.yaml"]}));
        let overlays = usize::try_from(random.below(4)).unwrap();
        for overlay in 0..overlays {
            let patch = patch(&mut random, &base);
            let target = json!({"kind": "Deployment", "name": "a"});
            let mut kustomization = json!({"resources": ["../base"]});
            if !patch.is_null() {
                write(&format!("o{overlay}/patch.yaml"), &patch);
                kustomization["patches"] = json!([{"path": "patch.yaml", "target": target}]);
            }
            write(&format!("o{overlay}/kustomization.yaml"), &kustomization);
        }
        let before = build(folder, overlays);
        let run = shmlint(folder, &["--isolated", "--fix", "--size", "2g", "."]);
        let after = build(folder, overlays);
        let built = |name: String| {
            let output = Command::new("kubectl").arg("kustomize").arg(folder.join(name)).output().unwrap();
            assert!(output.status.success(), "seed {seed}: {}", String::from_utf8_lossy(&output.stderr));
            let object: Value = serde_yaml::from_str(&String::from_utf8_lossy(&output.stdout)).unwrap();
            object["spec"]["template"]["spec"].clone()
        };
        for (overlay, (before, after)) in before.iter().zip(&after).enumerate() {
            let told = format!("seed {seed}, overlay {overlay}: {}\n{before}\n{after}", run.stdout);
            assert_eq!(without_new(after, before), without_new(before, before), "{told}");
            assert!(
                unique(&list(after, "volumes"), "name") || !unique(&list(before, "volumes"), "name"),
                "{told}"
            );
            for (old, new) in list(before, "containers").into_iter().zip(list(after, "containers")) {
                assert!(unique(&list(new, "volumeMounts"), "mountPath"), "{told}");
                let asks = old.pointer("/resources/limits").is_some();
                if asks && !has_shm(before, old) {
                    lacked += 1;
                    given += u32::from(has_shm(after, new));
                }
                assert!(
                    !has_shm(before, old) || list(old, "volumeMounts") == list(new, "volumeMounts"),
                    "{told}"
                );
            }
            if kubectl && overlays > 0 && seed < 12 {
                let sorted = |pod: &Value| {
                    let mut pod = pod.clone();
                    for key in ["volumes", "containers"] {
                        if let Some(items) = pod.get_mut(key).and_then(Value::as_array_mut) {
                            items.sort_by_key(ToString::to_string);
                        }
                    }
                    pod
                };
                let real = built(format!("o{overlay}"));
                assert_eq!(list(&sorted(&real), "volumes"), list(&sorted(after), "volumes"), "{told}");
            }
        }
    }
    assert!(lacked > 40 && given * 10 >= lacked * 9, "{given} of {lacked}");
}

#[test]
fn an_overlay_that_is_not_named_forbids_an_edit_of_the_base() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let write = |name: &str, value: &Value| {
        let file = scratch.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, serde_yaml::to_string(value).unwrap()).unwrap();
    };
    let container = json!({"name": "main", "image": "acme/trainer:1", "resources": gpu()});
    write("base/deploy.yaml", &deployment(&json!({"containers": [container]})));
    write("base/kustomization.yaml", &json!({"resources": ["deploy.yaml"]}));
    write("dev/kustomization.yaml", &json!({"resources": ["../base"]}));
    let patch = deployment(&json!({"hostIPC": true})).to_string();
    write("prod/kustomization.yaml", &json!({"resources": ["../base"], "patches": [{"patch": patch}]}));
    let before = fs::read_to_string(scratch.path().join("base/deploy.yaml")).unwrap();

    let run = shmlint(scratch.path(), &["--isolated", "--fix", "base/deploy.yaml"]);
    let told = "There is no fix here: prod/kustomization.yaml builds on it";
    assert!(run.stdout.split_whitespace().collect::<Vec<_>>().join(" ").contains(told), "{}", run.stdout);

    shmlint(scratch.path(), &["--isolated", "--fix", "base", "dev/kustomization.yaml"]);
    assert_eq!(fs::read_to_string(scratch.path().join("base/deploy.yaml")).unwrap(), before);
    let overlay = fs::read_to_string(scratch.path().join("dev/kustomization.yaml")).unwrap();
    assert!(overlay.contains("/dev/shm"), "{overlay}");
}
