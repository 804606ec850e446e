//! The GitHub Action and the workflows: its steps run as a runner would run them, and what they use is pinned.
//
// A test that cannot go on says why and stops.
#![cfg(unix)]
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use common::{root, scratch};
use serde_json::Value;

const RUN: &str = "docker run --gpus all pytorch/pytorch torchrun --nproc_per_node=2 train.py";

fn yaml(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn action() -> Value {
    yaml(&root().join("action.yml"))
}

/// Runs the step of an id in a workspace, with the action's inputs or their defaults, as a runner does.
fn step(id: &str, workspace: &Path, inputs: &[(&str, &str)], environment: &[(&str, &str)]) -> Output {
    let action = action();
    let steps = action["runs"]["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["id"] == id).unwrap_or_else(|| panic!("no step {id}"));
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    for (name, input) in action["inputs"].as_object().unwrap() {
        values.insert(name.clone(), input["default"].as_str().unwrap().to_owned());
    }
    for (name, value) in inputs {
        assert!(values.insert((*name).to_owned(), (*value).to_owned()).is_some(), "no input {name}");
    }
    let mut command = Command::new(step["shell"].as_str().unwrap());
    command.args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"].as_str().unwrap()]);
    for (name, template) in step["env"].as_object().unwrap() {
        let template = template.as_str().unwrap();
        let input = template.strip_prefix("${{ inputs.").and_then(|rest| rest.strip_suffix(" }}")).unwrap();
        command.env(name, &values[input]);
    }
    let temp = workspace.join(".runner");
    fs::create_dir_all(&temp).unwrap();
    command
        .current_dir(workspace)
        .env("GITHUB_ACTION_PATH", root())
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_WORKSPACE", workspace)
        .env("GITHUB_OUTPUT", temp.join("output"))
        .env("GITHUB_STEP_SUMMARY", temp.join("summary"))
        .env("RUNNER_TEMP", &temp)
        .envs(environment.iter().copied());
    command.output().unwrap_or_else(|error| panic!("{error}"))
}

/// A workspace in which the binary under test is installed already.
fn workspace(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = scratch(files);
    let bin = folder.path().join(".runner/shmlint/bin");
    fs::create_dir_all(&bin).unwrap();
    symlink(env!("CARGO_BIN_EXE_shmlint"), bin.join("shmlint")).unwrap();
    folder
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn told(output: &Output) -> String {
    format!("{}{}", stdout(output), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn every_input_reaches_the_script() {
    let action = action();
    let script = fs::read_to_string(root().join(".github/action.sh")).unwrap();
    let steps = action["runs"]["steps"].as_array().unwrap();
    let mut mapped: Vec<String> = Vec::new();
    for step in steps {
        for (name, template) in step["env"].as_object().unwrap() {
            assert!(
                script.contains(&format!("${{{name}")) || script.contains(&format!("${name}")),
                "{name} is not read"
            );
            mapped.push(template.as_str().unwrap().to_owned());
        }
    }
    for input in action["inputs"].as_object().unwrap().keys() {
        assert!(mapped.contains(&format!("${{{{ inputs.{input} }}}}")), "{input} is not passed on");
    }
}

#[test]
fn findings_are_annotations_and_fail_the_step() {
    let folder = workspace(&[("deploy/run.sh", &format!("{RUN}\n"))]);
    let ran = step("check", folder.path(), &[], &[]);
    assert_eq!(ran.status.code(), Some(1), "{}", told(&ran));
    assert!(stdout(&ran).contains("::error file=deploy/run.sh,line=1,"), "{}", told(&ran));
    let ran = step("check", folder.path(), &[("fail-on", "never")], &[]);
    assert_eq!(ran.status.code(), Some(0), "{}", told(&ran));
    let ran = step("check", folder.path(), &[("paths", "none at all\n")], &[]);
    assert_eq!(ran.status.code(), Some(2), "{}", told(&ran));
}

#[test]
fn inputs_are_lines_and_the_sarif_report_is_beside_the_annotations() {
    let folder = workspace(&[
        ("sub/a b/run.sh", &format!("{RUN}\n")),
        ("sub/c/run.sh", &format!("{RUN}\n")),
        ("sub/d/run.sh", &format!("{RUN}\n")),
    ]);
    let inputs = [
        ("working-directory", "sub"),
        ("paths", "a b\r\n\n  \nc\n"),
        ("args", "--exclude\nc/\n"),
        ("sarif-file", "out.sarif"),
    ];
    let ran = step("check", folder.path(), &inputs, &[]);
    assert_eq!(ran.status.code(), Some(1), "{}", told(&ran));
    let annotations = stdout(&ran).lines().filter(|line| line.starts_with("::error ")).count();
    assert_eq!(annotations, 2, "{}", told(&ran));
    let output = fs::read_to_string(folder.path().join(".runner/output")).unwrap();
    assert_eq!(output, "sarif-file=sub/out.sarif\n");
    let sarif: Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("sub/out.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().map(Vec::len), Some(2));
    let summary = fs::read_to_string(folder.path().join(".runner/summary")).unwrap();
    assert!(summary.contains("`sub/c/run.sh:1`") && summary.contains("+++ b/sub/c/run.sh\n"), "{summary}");
}

#[test]
#[ignore = "needs a wheel in the folder SHMLINT_WHEELS; .ci/run builds it"]
fn the_install_step_takes_a_wheel_and_does_not_compile() {
    let wheels = std::env::var("SHMLINT_WHEELS").expect("SHMLINT_WHEELS");
    let folder = scratch(&[]);
    // No cargo: a wheel must do.
    let path = "/usr/bin:/bin:".to_owned() + &python_folder();
    let environment = [("PIP_FIND_LINKS", wheels.as_str()), ("PIP_NO_INDEX", "1"), ("PATH", &path)];
    let ran = step("install", folder.path(), &[], &environment);
    assert!(ran.status.success(), "{}", told(&ran));
    let output = fs::read_to_string(folder.path().join(".runner/output")).unwrap();
    assert_eq!(output, format!("version={}\n", env!("CARGO_PKG_VERSION")));
    let ran = step("install", folder.path(), &[("version", "99.0.0")], &environment);
    assert_eq!(ran.status.code(), Some(2), "{}", told(&ran));
    assert!(
        stdout(&ran).contains("::error title=shmlint::There is no wheel of shmlint 99.0.0"),
        "{}",
        told(&ran)
    );
}

#[test]
#[ignore = "compiles, which takes a minute; .ci/run does it"]
fn the_install_step_builds_where_there_is_no_wheel() {
    let folder = scratch(&[]);
    let target = root().join("target").display().to_string();
    let environment = [("PIP_NO_INDEX", "1"), ("CARGO_TARGET_DIR", target.as_str())];
    let ran = step("install", folder.path(), &[], &environment);
    assert!(ran.status.success(), "{}", told(&ran));
    assert!(stdout(&ran).contains("building"), "{}", told(&ran));
    fs::write(folder.path().join("run.sh"), RUN).unwrap();
    let ran = step("check", folder.path(), &[("paths", "run.sh")], &[]);
    assert_eq!(ran.status.code(), Some(1), "{}", told(&ran));
}

/// The folder of the Python that the tests see.
fn python_folder() -> String {
    let asked = Command::new("python3").args(["-c", "import sys; print(sys.prefix + '/bin')"]).output();
    String::from_utf8_lossy(&asked.expect("Python").stdout).trim().to_owned()
}

/// Workflows by the name of their file.
fn workflows() -> Vec<(String, Value)> {
    let folder = root().join(".github/workflows");
    let files = common::files(&folder);
    files.iter().map(|file| (file.display().to_string(), yaml(&folder.join(file)))).collect()
}

#[test]
fn what_workflows_use_is_pinned_and_they_may_do_nothing_unasked() {
    let text = |name: &str| fs::read_to_string(root().join(".github/workflows").join(name)).unwrap();
    for (name, workflow) in workflows() {
        assert_eq!(workflow["permissions"], serde_json::json!({}), "{name}");
        for line in
            text(&name).lines().filter_map(|line| line.trim_start_matches([' ', '-']).strip_prefix("uses: "))
        {
            let (_, commit) = line.split_once('@').unwrap_or_default();
            let hash = commit.split(' ').next().unwrap();
            assert!(hash.len() == 40 && commit.contains(" # v"), "{name}: {line}");
        }
        for (job, body) in workflow["jobs"].as_object().unwrap() {
            assert!(body["timeout-minutes"].is_number(), "{name}: {job}");
        }
    }
}

#[test]
fn action_and_workflows_are_what_their_schemas_ask_for() {
    let schemas = root().join("../shared/schemas");
    let validate = |schema: &str, name: &str, document: &Value| {
        let Ok(schema) = fs::read_to_string(schemas.join(schema)) else { return };
        let schema: Value = serde_json::from_str(&schema).unwrap();
        jsonschema::validate(&schema, document).unwrap_or_else(|error| panic!("{name}: {error}"));
    };
    validate("github-action.json", "action.yml", &action());
    for (name, workflow) in workflows() {
        validate("github-workflow.json", &name, &workflow);
    }
}
