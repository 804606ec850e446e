//! What compose-go made of small projects, held against the list: the recorded cases where they are there, and some of our
//! own.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, missing_docs)]

#[path = "common/memory.rs"]
mod memory;

use std::fmt::Write as _;

use memory::Memory;
use serde_json::Value;
use shmlint::container::workload::{Says, Workload};

/// The services of a run by name; the first of two with one name.
fn service<'r>(report: &'r shmlint::lint::report::Report, name: &str) -> Option<&'r Workload> {
    report.workloads.iter().map(|listed| &listed.workload).find(|workload| workload.name == name)
}

/// The bytes of the size that is written and takes effect, 0 where there is none.
fn size(workload: &Workload) -> i64 {
    let sizes = workload.settings.iter().filter(|setting| matches!(setting.says, Says::Size(..)));
    let bytes = sizes.filter_map(|setting| setting.size()?.1.bytes()).next_back();
    bytes.map_or(0, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX))
}

/// The files of a case as they are laid down, and the one that is named. Files that are loaded in order become what
/// `COMPOSE_FILE` names; variables that are set stand in `.env`.
fn lay(case: &Value) -> (Memory, String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut files: Vec<(String, String)> = case["files"]
        .as_object()
        .expect("files")
        .iter()
        .map(|(path, text)| (path.clone(), text.as_str().unwrap_or_default().to_owned()))
        .collect();
    let args: Vec<String> = case["args"].as_array().expect("args").iter().map(text).collect();
    let mut env = String::new();
    for (name, value) in case["env"].as_object().into_iter().flatten() {
        let _ = writeln!(env, "{name}='{}'", text(value));
    }
    if args.len() > 1 {
        let _ = writeln!(env, "COMPOSE_FILE={}", args.join(":"));
    }
    if !env.is_empty() {
        files.push((".env".into(), env));
    }
    (Memory::of(files.iter().map(|(path, text)| (path.as_str(), text.as_str()))), args[0].clone())
}

#[test]
fn recorded_projects_resolve_as_compose_resolves_them() {
    let Ok(cases) = std::fs::read_to_string("../shared/facts/compose-cases.jsonl") else { return };
    let (mut asked, mut wrong) = (0, Vec::new());
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).expect("a case is JSON");
        let several = case["args"].as_array().is_some_and(|args| args.len() > 1);
        let with_env = case["env"].as_object().is_some_and(|env| !env.is_empty());
        let profiles = case["opts"].as_array().is_some_and(|opts| opts.iter().any(|opt| opt == "-profiles"));
        if !(several || with_env) || profiles || case["result"]["ok"] != true {
            continue;
        }
        asked += 1;
        let (files, named) = lay(&case);
        let paths: Vec<String> = files.0.keys().filter(|path| path.as_str() != ".env").cloned().collect();
        let report = files.lint(&paths.iter().map(String::as_str).collect::<Vec<_>>());
        for (name, wanted) in case["result"]["services"].as_object().expect("services") {
            let found = service(&report, name);
            let bytes = wanted["shm_size"].as_i64().unwrap_or_default();
            if found.map(size) != Some(bytes) {
                wrong.push(format!(
                    "{} {}: {name} of {named} has {bytes}, got {:?}",
                    case["group"],
                    case["name"],
                    found.map(size)
                ));
            }
        }
    }
    assert!(asked > 10, "only {asked} cases were asked");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn variables_come_from_the_folder_of_the_first_file() {
    let files = Memory::of([
        ("app/.env", "SIZE=3g\n"),
        (
            "app/compose.yaml",
            "services: {a: {image: x, shm_size: \"${SIZE}\"}, b: {extends: {file: ../base.yml, service: c}}}\n",
        ),
        (".env", "SIZE=9g\n"),
        ("base.yml", "services: {c: {image: x, shm_size: \"${SIZE}\"}}\n"),
    ]);
    let report = files.lint(&["app/compose.yaml"]);
    assert_eq!(service(&report, "a").map(size), Some(3 << 30));
    assert_eq!(service(&report, "b").map(size), Some(3 << 30));
    assert_eq!(service(&files.lint(&["base.yml"]), "c").map(size), Some(9 << 30));
}

#[test]
fn of_several_bases_those_that_agree_count() {
    let base = |size: &str| format!("services: {{a: {{image: x, shm_size: {size}}}}}\n");
    let overlay = "services: {a: {gpus: all}}\n";
    let shm = |one: &str, two: &str| {
        let (one, two) = (base(one), base(two));
        let files = Memory::of([
            ("one.compose.yml", one.as_str()),
            ("two.compose.yml", two.as_str()),
            ("gpu.compose.yml", overlay),
        ]);
        service(&files.lint(&["gpu.compose.yml"]), "a").map(|workload| workload.shm.as_str())
    };
    assert_eq!(shm("2g", "2g"), Some("explicit"));
    assert_eq!(shm("2g", "4g"), Some("unknown"));
}

#[test]
fn what_stands_outside_of_the_repository_leaves_it_open() {
    let files =
        Memory::of([("compose.yaml", "services: {a: {gpus: all, extends: {file: ../x.yml, service: b}}}\n")]);
    let report = files.lint(&["compose.yaml"]);
    let workload = service(&report, "a").expect("it is listed");
    assert!(workload.gpu.is_yes());
    assert_eq!(workload.shm.as_str(), "unknown");
}

#[test]
fn a_base_is_not_merged_with_an_overlay_that_may_be_left_out() {
    let files = Memory::of([
        ("docker-compose.yml", "services: {a: {image: x, shm_size: 1g}}\n"),
        ("docker-compose.gpu.yml", "services: {a: {gpus: all, shm_size: 2g}}\n"),
    ]);
    let report = files.lint(&["docker-compose.yml", "docker-compose.gpu.yml"]);
    let sizes: Vec<_> = report
        .workloads
        .iter()
        .map(|listed| (listed.workload.gpu.is_yes(), size(&listed.workload)))
        .collect();
    assert_eq!(sizes, [(true, 2 << 30), (false, 1 << 30)]);
}

#[test]
fn a_container_in_two_files_is_counted_and_reported_once() {
    let files = Memory::of([
        ("compose.yaml", "services: {a: {image: pytorch/pytorch}}\n"),
        ("compose.override.yaml", "services: {a: {gpus: all}}\n"),
    ]);
    let report = files.lint(&["compose.yaml", "compose.override.yaml"]);
    assert_eq!((report.workloads.len(), report.counts.workloads, report.findings.len()), (2, 2, 1));
    assert_eq!(report.findings[0].place.path(), "compose.override.yaml");
    assert!(report.workloads.iter().all(|listed| listed.workload.gpu.is_yes()));
}
