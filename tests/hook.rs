//! The pre-commit hooks, run by pre-commit itself where it is installed.
//!
//! `cargo test --test hook` uses the binary under test in place of the wheel; `-- --ignored` builds the wheel as pre-commit
//! does for a user.
//
// A test that cannot go on says why and stops.
#![cfg(unix)]
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use common::{root, scratch};
use serde_json::Value;

const COMPOSE: &str =
    "services:\n  trainer:\n    image: pytorch/pytorch\n    command: torchrun train.py\n    gpus: all\n";
const FIXED: &str = "services:\n  trainer:\n    image: pytorch/pytorch\n    command: torchrun train.py\n    gpus: all\n    shm_size: \"2gb\"\n";

/// The hooks as they are published.
fn hooks() -> Vec<Value> {
    let text = fs::read_to_string(root().join(".pre-commit-hooks.yaml")).expect("the hooks");
    serde_yaml::from_str(&text).expect("YAML")
}

/// A repository with a Compose file that needs a fix, one that the configuration leaves out, and YAML of other tools.
fn repository() -> tempfile::TempDir {
    let folder = scratch(&[
        ("deploy/compose.yaml", COMPOSE),
        ("vendor/compose.yaml", COMPOSE),
        ("shmlint.toml", "exclude = ['vendor/']\n"),
        ("mkdocs.yml", "markdown_extensions:\n  - x:\n      y: !!python/name:z\n      z: !ENV [A, b]\n"),
        ("chart/templates/a.yaml", "{{- if .Values.gpu }}\nkind: Pod\n{{ end }}\n"),
        ("broken.yaml", "a: [\n"),
    ]);
    assert!(git(folder.path(), &["init", "--quiet"]).status.success());
    assert!(git(folder.path(), &["add", "--all"]).status.success());
    folder
}

fn git(folder: &Path, args: &[&str]) -> Output {
    alone(Command::new("git").args(args), folder)
}

/// Runs a command in a folder, away from the settings of whoever runs the test.
fn alone(command: &mut Command, folder: &Path) -> Output {
    let command =
        command.current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "t").env(format!("GIT_{role}_EMAIL"), "t@example.org");
    }
    // Set where a commit runs these tests.
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GITHUB_ACTIONS", "SKIP"] {
        command.env_remove(name);
    }
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

fn has_pre_commit() -> bool {
    // Nothing to say where it is missing: .ci/run installs it.
    Command::new("pre-commit").arg("--version").output().is_ok_and(|output| output.status.success())
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_definitions_say_what_pre_commit_needs() {
    let hooks = hooks();
    assert_eq!(
        hooks.iter().map(|hook| hook["id"].as_str().unwrap()).collect::<Vec<_>>(),
        ["shmlint", "shmlint-fix"]
    );
    for hook in &hooks {
        assert_eq!(hook["require_serial"], true);
        assert_eq!(hook["language"], "python");
        assert!(hook["entry"].as_str().unwrap().contains("--force-exclude"));
    }
    assert_eq!(hooks[0]["files"], hooks[1]["files"]);
    let schema = root().join("../shared/schemas/pre-commit-hooks.json");
    if let Ok(schema) = fs::read_to_string(schema) {
        let schema: Value = serde_json::from_str(&schema).unwrap();
        jsonschema::validate(&schema, &Value::from(hooks)).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// Every file that a fixture expects something of has a name that the hooks pass on.
#[test]
fn the_names_are_those_of_our_files() {
    let files = hooks()[0]["files"].as_str().unwrap().to_owned();
    let fixtures = root().join("fixtures");
    let mut names = String::new();
    for file in common::files(&fixtures) {
        let expected = fixtures.join(file.parent().unwrap()).join("expected.txt");
        let text = fs::read_to_string(expected).unwrap_or_default();
        let name = file.file_name().unwrap().to_string_lossy();
        if text.lines().any(|line| line.starts_with(&format!("{name}:"))) {
            names.push_str(&file.to_string_lossy());
            names.push('\n');
        }
    }
    assert!(!names.is_empty());
    let program = "import re, sys\nwanted = re.compile(sys.argv[1])\nsys.exit('\\n'.join(n for n in sys.argv[2].split('\\n') if n and not wanted.search(n)) or 0)";
    let Ok(output) = Command::new("python3").args(["-c", program, &files, &names]).output() else { return };
    assert!(output.status.success(), "the hooks pass these by:\n{}", told(&output));
}

#[test]
fn a_commit_is_blocked_fixed_and_passes() {
    if !has_pre_commit() {
        return;
    }
    let folder = repository();
    let mut config = String::from("repos:\n  - repo: local\n    hooks:\n");
    for mut hook in hooks() {
        let entry = hook["entry"].as_str().unwrap().replacen("shmlint", env!("CARGO_BIN_EXE_shmlint"), 1);
        hook["language"] = "system".into();
        hook["entry"] = entry.into();
        if hook["id"] == "shmlint-fix" {
            hook["stages"] = serde_json::json!(["manual"]);
        }
        config.push_str("      - ");
        config.push_str(&hook.to_string());
        config.push('\n');
    }
    fs::write(folder.path().join(".pre-commit-config.yaml"), config).unwrap();
    assert!(git(folder.path(), &["add", "--all"]).status.success());
    let pre_commit = |args: &[&str]| {
        let home = folder.path().join(".git/pre-commit");
        alone(Command::new("pre-commit").args(args).env("PRE_COMMIT_HOME", home), folder.path())
    };
    assert!(pre_commit(&["install"]).status.success());
    let commit = git(folder.path(), &["commit", "--message", "x"]);
    assert!(!commit.status.success(), "{}", told(&commit));
    assert!(told(&commit).contains("deploy/compose.yaml"), "{}", told(&commit));
    assert!(!told(&commit).contains("vendor/") && !told(&commit).contains("broken"), "{}", told(&commit));
    let fix = pre_commit(&["run", "shmlint-fix", "--all-files", "--hook-stage", "manual"]);
    assert!(!fix.status.success(), "{}", told(&fix));
    assert_eq!(fs::read_to_string(folder.path().join("deploy/compose.yaml")).unwrap(), FIXED);
    assert_eq!(fs::read_to_string(folder.path().join("vendor/compose.yaml")).unwrap(), COMPOSE);
    assert!(git(folder.path(), &["add", "--all"]).status.success());
    let commit = git(folder.path(), &["commit", "--message", "x"]);
    assert!(commit.status.success(), "{}", told(&commit));
}

#[test]
#[ignore = "builds the wheel, which takes a minute; .ci/run does it"]
fn the_hooks_work_from_this_repository_as_it_is() {
    assert!(has_pre_commit());
    // What is not committed yet counts, too.
    let published = scratch(&[]);
    let address = published.path().to_str().unwrap();
    let state = String::from_utf8(git(root(), &["stash", "create"]).stdout).unwrap();
    let state = if state.is_empty() { git(root(), &["rev-parse", "HEAD"]).stdout } else { state.into() };
    let commit = String::from_utf8(state).unwrap().trim().to_owned();
    assert!(git(published.path(), &["init", "--quiet", "--bare"]).status.success());
    let pushed =
        git(root(), &["push", "--quiet", "--no-verify", address, &format!("{commit}:refs/heads/main")]);
    assert!(pushed.status.success(), "{}", told(&pushed));
    let folder = repository();
    let config = format!(
        "repos:\n  - repo: {address}\n    rev: {commit}\n    hooks: [{{id: shmlint}}, {{id: shmlint-fix}}]\n"
    );
    fs::write(folder.path().join(".pre-commit-config.yaml"), config).unwrap();
    assert!(git(folder.path(), &["add", "--all"]).status.success());
    let home = scratch(&[]);
    let run = |hook: &str| {
        let mut command = Command::new("pre-commit");
        command.args(["run", hook, "--all-files", "--verbose"]);
        command.env("PRE_COMMIT_HOME", home.path()).env("CARGO_TARGET_DIR", root().join("target"));
        alone(&mut command, folder.path())
    };
    let check = run("shmlint");
    assert!(!check.status.success() && told(&check).contains("missing-shm"), "{}", told(&check));
    let fix = run("shmlint-fix");
    assert!(!fix.status.success(), "{}", told(&fix));
    assert_eq!(fs::read_to_string(folder.path().join("deploy/compose.yaml")).unwrap(), FIXED);
    let again = run("shmlint-fix");
    assert!(again.status.success(), "{}", told(&again));
}
