//! One container, written as a Compose service and as a `docker run`, is the same container: whatever the tables know of
//! accelerators, and every form of a mount, a size and an ipc mode. And what `list` shows, a check judges.

// A test that cannot go on says why and stops.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use common::{copy, files, root, scratch, shmlint};
use serde_json::Value;

/// What a service says, and the options that say the same.
type Pair = (String, String);

fn pair(service: impl Into<String>, options: impl Into<String>) -> Pair {
    (service.into(), options.into())
}

/// Every name of `rules/accelerators.yaml` by which a container may ask for a device.
fn accelerators() -> Vec<Pair> {
    let table = std::fs::read_to_string(root().join("rules/accelerators.yaml")).expect("the table");
    let table: Value = serde_yaml::from_str(&table).expect("the table is YAML");
    let mut pairs = Vec::new();
    for entry in table["accelerators"].as_array().expect("a list") {
        let names = |key: &str| {
            let names = entry[key].as_array().cloned().unwrap_or_default();
            names.iter().map(|name| name.as_str().unwrap().replace('*', "0")).collect::<Vec<_>>()
        };
        for device in names("devices") {
            pairs.push(pair(format!("devices: ['{device}']"), format!("--device {device}")));
            let mapped = format!("{device}:/dev/x:rw");
            pairs.push(pair(format!("devices: ['{mapped}']"), format!("--device={mapped}")));
        }
        for resource in names("resources").into_iter().chain(names("shares")) {
            pairs.push(pair(format!("devices: ['{resource}=all']"), format!("--device {resource}=all")));
        }
        for runtime in names("runtimes") {
            pairs.push(pair(format!("runtime: {runtime}"), format!("--runtime {runtime}")));
            let path = format!("/usr/bin/{runtime}");
            pairs.push(pair(format!("runtime: {path}"), format!("--runtime={path}")));
            for variable in names("variables") {
                for value in ["all", "0,1", "void", "none"] {
                    let service = format!("runtime: {runtime}\n    environment: ['{variable}={value}']");
                    pairs.push(pair(service, format!("--runtime={runtime} -e {variable}={value}")));
                }
            }
        }
        for variable in names("variables") {
            pairs.push(pair(format!("environment: {{{variable}: all}}"), format!("-e {variable}=all")));
        }
    }
    pairs
}

/// Requests for GPUs, sizes, ipc modes and mounts.
fn settings() -> Vec<Pair> {
    let mut pairs = vec![
        pair("gpus: all", "--gpus all"),
        pair("gpus: [{count: 2}]", "--gpus 2"),
        pair("gpus: [{device_ids: ['0', '1']}]", "--gpus '\"device=0,1\"'"),
        pair("gpus: [{count: 0}]", "--gpus 0"),
        pair("volumes_from: ['container:x']", "--volumes-from x"),
        pair("mem_limit: 4g\n    shm_size: 1g", "-m 4g --shm-size=1g"),
    ];
    // Compose reads a plain number with a fraction or an exponent as 0, and refuses nothing that Docker reads, so all are quoted.
    for size in ["2g", "2gb", "2 gb", "1.5g", "2Gi", "2GiB", "64m", "64M", "0", "2", "1e9", "8x", "-1g", "2t"]
    {
        pairs.push(pair(format!("shm_size: '{size}'"), format!("--shm-size '{size}'")));
    }
    for mode in ["host", "none", "private", "shareable", "container:other", "foo"] {
        pairs.push(pair(format!("ipc: {mode}\n    shm_size: 1g"), format!("--ipc={mode} --shm-size=1g")));
    }
    for volume in [
        "/dev/shm:/dev/shm",
        "/dev/shm:/dev/shm:ro",
        "/dev/shm:/dev/shm/",
        "/dev:/dev",
        "/dev:/dev:ro",
        "/tmp:/dev/shm",
        "cache:/dev/shm",
        "/dev/shm",
        "/run/shm:/dev/shm",
        "/dev/shm/x:/dev/shm",
        "/x:/dev/shm/sub",
        "/dev/shm:/data",
        "/a:/dev/x/../shm",
        "${V}",
        "/dev/shm:${V}",
        "./data:${V}",
    ] {
        let single = volume.contains('$');
        let shell = if single { format!("-v \"{volume}\"") } else { format!("-v {volume}") };
        pairs.push(pair(format!("volumes: ['{volume}']"), shell));
    }
    for tmpfs in [
        "/dev/shm",
        "/dev/shm:size=256m",
        "/dev/shm:size=8gb",
        "/dev/shm:size=50%",
        "/dev/shm:size=0",
        "/dev/shm:rw,noexec,size=1g",
        "/dev/shm:ro",
        "/dev/shm/sub:size=1g",
        "/dev/shm:size=${V}",
        "/dev/shm:SIZE=1g",
    ] {
        pairs.push(pair(format!("tmpfs: ['{tmpfs}']"), format!("--tmpfs \"{tmpfs}\"")));
    }
    for (long, mount) in [
        ("type: tmpfs, target: /dev/shm", "type=tmpfs,target=/dev/shm"),
        ("type: tmpfs, target: /dev/shm, tmpfs: {size: 512m}", "type=tmpfs,dst=/dev/shm,tmpfs-size=512m"),
        ("type: bind, source: /dev/shm, target: /dev/shm", "type=bind,src=/dev/shm,dst=/dev/shm"),
        ("type: bind, source: /tmp, target: /dev/shm", "type=bind,src=/tmp,dst=/dev/shm"),
        (
            "type: bind, source: /dev/shm, target: /dev/shm, read_only: true",
            "type=bind,src=/dev/shm,dst=/dev/shm,readonly",
        ),
        ("type: volume, source: cache, target: /dev/shm", "type=volume,src=cache,dst=/dev/shm"),
        ("type: tmpfs, target: /data, tmpfs: {size: 512m}", "type=tmpfs,dst=/data,tmpfs-size=512m"),
    ] {
        pairs.push(pair(format!("volumes: [{{{long}}}]"), format!("--mount {mount}")));
    }
    let both = "tmpfs: ['/dev/shm:size=256m']\n    ipc: host\n    shm_size: 1g";
    pairs.push(pair(both, "--tmpfs /dev/shm:size=256m --ipc=host --shm-size=1g"));
    pairs
}

/// What matters of a container in the list.
fn answers(list: &Value, path: &str) -> BTreeMap<String, Vec<String>> {
    let own = list["workloads"].as_array().unwrap().iter().filter(|workload| workload["path"] == path);
    let answer = |workload: &Value| {
        let keys = ["gpu", "accelerator", "shm", "shm_bytes", "memory_limit_bytes"];
        let values = keys.iter().map(|key| format!("{key}: {}", workload[key])).collect();
        (workload["image"].as_str().unwrap().to_owned(), values)
    };
    own.map(answer).collect()
}

#[test]
fn a_service_is_the_container_that_its_command_line_starts() {
    let pairs: Vec<Pair> = accelerators().into_iter().chain(settings()).collect();
    let (mut compose, mut script) = (String::from("services:\n"), String::from("#!/bin/sh\n"));
    for (at, (service, options)) in pairs.iter().enumerate() {
        writeln!(compose, "  s{at}:\n    image: trainer:{at}\n    {service}").unwrap();
        writeln!(script, "docker run {options} trainer:{at}").unwrap();
    }
    let folder = scratch(&[("compose.yaml", &compose), ("run.sh", &script)]);
    let list = shmlint(folder.path(), &["list", "--isolated", "--format", "json", "."]);
    let list: Value = serde_json::from_str(&list.stdout).expect("JSON");
    let (services, commands) = (answers(&list, "compose.yaml"), answers(&list, "run.sh"));
    assert_eq!((services.len(), commands.len()), (pairs.len(), pairs.len()));
    let differ = pairs.iter().enumerate().filter_map(|(at, (service, options))| {
        let image = format!("trainer:{at}");
        let (one, other) = (&services[&image], &commands[&image]);
        (one != other).then(|| format!("{service}\n  {one:?}\n{options}\n  {other:?}"))
    });
    let differ: Vec<String> = differ.collect();
    assert!(differ.is_empty(), "{} of {}:\n{}", differ.len(), pairs.len(), differ.join("\n"));
}

#[test]
fn a_check_judges_what_the_list_shows() {
    let fixtures = root().join("fixtures");
    let all = files(&fixtures);
    let cases = all.iter().filter(|file| file.ends_with("expected.txt")).filter_map(|file| file.parent());
    let mut wrong = Vec::new();
    for case in cases {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let own = all.iter().filter_map(|file| file.strip_prefix(case).ok());
        own.filter(|file| !file.to_string_lossy().ends_with(".fixed"))
            .for_each(|file| copy(&fixtures.join(case), folder.path(), file));
        let json = |args: &[&str]| -> Value {
            serde_json::from_str(&shmlint(folder.path(), args).stdout).expect("JSON")
        };
        let list = json(&["list", "--isolated", "--format", "json", "."]);
        let check = json(&["--isolated", "--pedantic", "--format", "json", "."]);
        let listed = list["workloads"].as_array().unwrap();
        let missing =
            check["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == "SHM001");
        for finding in missing {
            let same = |workload: &&Value| {
                workload["path"] == finding["path"]
                    && workload["line"] == finding["line"]
                    && workload["gpu"] == "yes"
            };
            // Of a container that runs it is told, too, that its file would take the size away.
            if finding["platform"] == "live"
                && finding["message"].as_str().is_some_and(|text| text.contains("loses it"))
            {
                continue;
            }
            let shm = |workload: &Value| ["default", "shared"].iter().any(|shm| workload["shm"] == *shm);
            if !listed.iter().filter(same).any(shm) {
                wrong.push(format!("{}: {}", case.display(), finding["message"]));
            }
        }
        if check["summary"]["workloads"] != listed.len() {
            wrong.push(format!("{}: {} of {}", case.display(), check["summary"]["workloads"], listed.len()));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
