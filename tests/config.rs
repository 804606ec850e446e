//! The configuration as the command line meets it: found, refused, overridden; its schema and example file are true.
//
// A test that cannot go on says why and stops.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::{root, scratch, shmlint};
use serde_json::{Map, Value, json};

/// What a run says of its configuration on stderr.
fn told(folder: &Path, args: &[&str]) -> String {
    shmlint(folder, args).stderr
}

/// The kept file holds the text; with `UPDATE=1` it is written.
fn kept(file: &str, text: &str) {
    let path = root().join(file);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, text).expect("the file can be written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "{file} is not what the table of keys gives: UPDATE=1 cargo test --test config");
}

#[test]
fn the_kept_schema_and_example_are_those_of_the_table() {
    kept("schemas/shmlint.json", &shmlint(root(), &["config-schema"]).stdout);
    kept("docs/shmlint.toml", &shmlint::config::schema::example());
}

#[test]
fn the_schema_takes_the_example_and_refuses_mistakes() {
    let schema: Value = serde_json::from_str(&shmlint::config::schema::schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let example: toml::Table = shmlint::config::schema::example().parse().expect("TOML");
    let example = serde_json::to_value(example).unwrap();
    let errors: Vec<String> = validator.iter_errors(&example).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    // Each key has its example, and each key with a wrong value is refused.
    let keys: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(keys, example.as_object().unwrap().keys().collect::<Vec<_>>());
    for key in keys {
        let wrong = Value::Object(Map::from_iter([(key.clone(), json!(-1.5))]));
        assert!(!validator.is_valid(&wrong), "{key}");
    }
    assert!(!validator.is_valid(&json!({ "ignroe": [] })));
    assert!(!validator.is_valid(&json!({ "images": [{ "image": "x" }] })));
}

#[test]
fn the_nearest_file_up_to_the_repository_holds() {
    let folder = scratch(&[
        ("shmlint.toml", "outer = 1"),
        ("repo/.git/HEAD", ""),
        ("repo/.shmlint.toml", "middle = 1"),
        ("repo/a/b/x", ""),
        ("repo/a/pyproject.toml", "[tool.other]\nx = 1\n"),
    ]);
    let at = |sub: &str| folder.path().join(sub);
    assert!(
        told(&at("repo/a/b"), &[]).contains("error: unknown key 'middle'\n --> ../../.shmlint.toml:1:1\n")
    );
    fs::write(at("repo/a/pyproject.toml"), "[tool.shmlint]\ninner = 1\n").unwrap();
    assert!(told(&at("repo/a/b"), &[]).contains("error: unknown key 'inner'\n --> ../pyproject.toml:2:1\n"));
    fs::remove_file(at("repo/.shmlint.toml")).unwrap();
    assert_eq!(told(&at("repo"), &[]), "");
    assert!(told(folder.path(), &[]).contains("error: unknown key 'outer'\n --> shmlint.toml:1:1\n"));
}

#[test]
fn a_bad_configuration_ends_the_run_with_2_and_all_its_mistakes() {
    let folder = scratch(&[("shmlint.toml", "sise = '2g'\nfail-on = 'eror'\n")]);
    let ran = shmlint(folder.path(), &[]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert_eq!(
        ran.stderr,
        "error: unknown key 'sise' (did you mean 'size'?)\n --> shmlint.toml:1:1\n  |\n1 | sise = '2g'\n  | ^^^^\n\
         error: 'eror' is not one of error, warning, note, never (did you mean 'error'?)\n --> shmlint.toml:2:11\n  |\n\
         2 | fail-on = 'eror'\n  |           ^^^^^^\nerror: 2 errors in shmlint.toml\n"
    );
    assert_eq!(shmlint(folder.path(), &["--isolated"]).status, 0);
    assert_eq!(shmlint(folder.path(), &["list"]).status, 2);
}

#[test]
fn settings_and_files_can_be_named() {
    let folder =
        scratch(&[("shmlint.toml", "bad = 1"), ("own.toml", "size = '1g'"), ("a=b.toml", "odd = 1")]);
    let run = |args: &[&str]| shmlint(folder.path(), args);
    assert_eq!(run(&["--config", "own.toml"]).status, 0);
    assert_eq!(run(&["--isolated", "--config", "size = '4g'", "--config", "pedantic = true"]).status, 0);
    assert!(run(&["--config", "a=b.toml"]).stderr.contains("error: unknown key 'odd'\n --> a=b.toml:1:1\n"));
    assert!(run(&["--isolated", "--config", "sise = 1"]).stderr.contains("unknown key 'sise'"));
    for refused in [
        &["--config", "none.toml"][..],
        &["--isolated", "--config", "own.toml"],
        &["--config", "own.toml", "--config", "a=b.toml"],
    ] {
        let ran = run(refused);
        assert_eq!(ran.status, 2, "{refused:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("--config") || ran.stderr.contains("none.toml"), "{}", ran.stderr);
    }
    let ran = run(&["--isolated", "--select", "missing-shn"]);
    assert_eq!(ran.stderr, "error: --select: unknown rule 'missing-shn' (did you mean 'missing-shm'?)\n");
}

#[test]
fn two_files_in_one_folder_are_told_of() {
    let folder = scratch(&[("shmlint.toml", ""), (".shmlint.toml", "odd = 1")]);
    let ran = shmlint(folder.path(), &[]);
    assert_eq!(
        (ran.status, ran.stderr.as_str()),
        (0, "warning: .shmlint.toml is not read: shmlint.toml beside it comes first\n")
    );
}

#[test]
fn every_setting_is_shown_with_its_value_and_where_it_comes_from() {
    let folder = scratch(&[(
        "shmlint.toml",
        "fail-on = 'error'\nsize = '8Gi'\nexclude = ['old/']\nignore = ['SHM010']\n[severity]\nSHM001 = 'error'\n\
         [[images]]\nimage = 'a/b'\nneed = 'no'\n",
    )]);
    let args = ["config", "--config", "exclude = ['new/']", "--config", "pedantic = true"];
    let text = shmlint(folder.path(), &args).stdout;
    // What is printed is a configuration that says the same.
    let read: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
    for line in [
        "# Configuration file: shmlint.toml",
        "fail-on = \"error\"  # shmlint.toml:1",
        "size = \"8g\"  # shmlint.toml:2",
        "exclude = [\"old/\", \"new/\"]  # shmlint.toml:3, --config",
        "pedantic = true  # --config",
        "[[images]]  # shmlint.toml:7",
        "gitignore = true  # default",
        "# minimum is not set: each container is measured by what it needs",
        "# SHM001 missing-shm            error",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line:?} in\n{text}");
    }
    assert!(!text.contains("SHM010"), "{text}");
    let shown = shmlint(folder.path(), &[&args[..], &["--format", "json"]].concat()).stdout;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let settings = shown["settings"].as_array().unwrap();
    for setting in settings.iter().filter(|setting| !setting["value"].is_null()) {
        let key = setting["key"].as_str().unwrap();
        assert_eq!(setting["value"], serde_json::to_value(&read[key]).unwrap(), "{key}");
    }
    let of = |key: &str| settings.iter().find(|setting| setting["key"] == key).unwrap().clone();
    assert_eq!(
        of("fail-on"),
        json!({"key": "fail-on", "value": "error", "source": "file", "path": "shmlint.toml", "line": 1})
    );
    assert_eq!(
        of("docs"),
        json!({"key": "docs", "value": true, "source": "default", "path": null, "line": null})
    );
}

/// A default that is shown is what happens without the key: setting it changes nothing.
#[test]
fn the_defaults_that_are_shown_are_those_that_apply() {
    let folder = scratch(&[
        ("a.sh", "docker run --gpus all x torchrun --nproc-per-node 2 train.py\n"),
        ("a/README.md", ""),
    ]);
    let printed = shmlint(folder.path(), &["config"]).stdout;
    let before = shmlint(folder.path(), &["--format", "json"]);
    fs::write(folder.path().join("shmlint.toml"), printed.replace("baseline = ", "# ")).unwrap();
    let after = shmlint(folder.path(), &["--format", "json"]);
    assert_eq!((before.status, before.stdout), (after.status, after.stdout), "{}", after.stderr);
}

#[test]
fn entries_that_match_nothing_are_told_of_after_a_whole_run() {
    let folder = scratch(&[
        ("shmlint.toml", "exclude = ['old/', 'new/']\n"),
        ("new/compose.yaml", "services: {}\n"),
        ("x.sh", ""),
    ]);
    let expected = "warning: this matches nothing\n --> shmlint.toml:1:12\n  |\n1 | exclude = ['old/', 'new/']\n  |            ^^^^^^\n";
    assert_eq!(told(folder.path(), &[]), expected);
    assert_eq!(told(folder.path(), &["x.sh"]), "");
}

/// What a file of a name gives under a configuration: `severity[rule]` of each finding.
fn says(name: &str, text: &str, configuration: &str) -> Vec<String> {
    let folder = scratch(&[(name, text), ("shmlint.toml", configuration)]);
    let ran = shmlint(folder.path(), &["--format", "plain"]);
    assert!(ran.stderr.is_empty(), "{configuration}: {}", ran.stderr);
    let words = ran.stdout.lines().filter_map(|line| line.split(' ').nth(1));
    words.map(str::to_owned).collect()
}

#[test]
fn settings_change_what_is_said() {
    let run = "docker run --gpus all pytorch/pytorch torchrun --nproc-per-node 2 train.py\n";
    let own = "docker run --gpus all registry.example/team/thing:1 serve --port 80\n";
    let visible =
        "docker run -e NVIDIA_VISIBLE_DEVICES=all pytorch/pytorch torchrun --nproc-per-node 2 train.py\n";
    let sized = "docker run --gpus all --shm-size=16g pytorch/pytorch torchrun --nproc-per-node 2 train.py\n";
    let missing = ["error[missing-shm]"].as_slice();
    let none = [].as_slice();
    let cases: &[(&str, &str, &str, &[&str])] = &[
        ("a.sh", run, "", missing),
        ("a.sh", run, "ignore = ['missing-shm']", none),
        ("a.sh", run, "select = ['host-ipc']", none),
        ("a.sh", run, "default-shm-size = '16g'", none),
        ("a.sh", run, "per-file-ignores = { 'a.sh' = ['SHM001'] }", none),
        ("a.sh", run, "exclude = ['/a.sh']", none),
        ("a.sh", visible, "", none),
        ("a.sh", visible, "default-runtime = 'nvidia'", missing),
        ("a.sh", sized, "", none),
        ("a.sh", sized, "minimum = '32g'", &["warning[shm-too-small]"]),
        ("a.sh", own, "", &["warning[missing-shm]"]),
        ("a.sh", own, "[[images]]\nimage = 'team/thing'\nneed = 'yes'", &["error[missing-shm]"]),
        ("a.sh", own, "[[images]]\nimage = 'team/*'\nneed = 'no'", none),
        ("a.sh", own, "[[images]]\ncommand = 'serve'\nneed = 'no'", none),
        ("a.sh", own, "[severity]\nmissing-shm = 'error'", &["error[missing-shm]"]),
        ("README.md", &format!("```bash\n{run}```\n"), "", missing),
        ("README.md", &format!("```bash\n{run}```\n"), "docs = false", none),
        ("deploy/run.conf", &format!("#!/bin/bash\n{run}"), "", none),
        ("deploy/run.conf", &format!("#!/bin/bash\n{run}"), "include = ['*.conf']", missing),
    ];
    for (name, text, configuration, expected) in cases {
        assert_eq!(says(name, text, configuration), *expected, "{configuration:?} on {text:?}");
    }
}

#[test]
fn the_exit_status_and_the_size_can_be_set() {
    let run = "docker run --gpus all pytorch/pytorch torchrun --nproc-per-node 2 train.py\n";
    let folder = scratch(&[("a.sh", run), ("shmlint.toml", "fail-on = 'never'\nsize = '7g'\n")]);
    assert_eq!(shmlint(folder.path(), &[]).status, 0);
    assert_eq!(shmlint(folder.path(), &["--fail-on", "warning"]).status, 1);
    assert!(shmlint(folder.path(), &["--diff"]).stdout.contains("--shm-size=7g"));
    assert!(shmlint(folder.path(), &["--diff", "--size", "9Gi"]).stdout.contains("--shm-size=9g"));
}
