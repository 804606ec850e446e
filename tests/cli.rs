//! The command line as its users meet it: what goes where, how it ends, and what it says when something is wrong.
//
// A test that cannot go on says why and stops.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use std::fs;
use std::process::{Command, Stdio};

use common::{run, shmlint};
use serde_json::Value;
use tempfile::TempDir;

/// A GPU container whose need is not known: a warning.
const WARNING: &str = "docker run --rm --gpus all example/one\n";
/// One that is known to need more: an error.
const ERROR: &str =
    "docker run --gpus all pytorch/pytorch torchrun --nproc-per-node 2 train.py --num-workers 8\n";

/// A scratch folder with a script in each state.
fn scratch() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(folder.path().join("warning.sh"), WARNING).unwrap();
    fs::write(folder.path().join("sub/error.sh"), ERROR).unwrap();
    fs::write(folder.path().join("clean.sh"), "docker run --gpus all --shm-size=2g example/one\n").unwrap();
    fs::write(folder.path().join("other.txt"), "nothing\n").unwrap();
    folder
}

#[test]
fn the_exit_status_tells_what_is_left() {
    let folder = scratch();
    let status = |args: &[&str]| shmlint(folder.path(), args).status;
    assert_eq!(status(&["clean.sh"]), 0);
    assert_eq!(status(&["warning.sh"]), 1);
    assert_eq!(status(&["--fail-on", "error", "warning.sh"]), 0);
    assert_eq!(status(&["--fail-on", "error", "."]), 1);
    assert_eq!(status(&["--exit-zero", "."]), 0);
    assert_eq!(status(&["--select", "host-ipc", "."]), 0);
    assert_eq!(status(&["--ignore", "SHM001", "."]), 0);
    assert_eq!(status(&["list"]), 0);
    assert_eq!(status(&["no-such-file.sh"]), 2);
    assert_eq!(status(&["--exit-zero", "no-such-file.sh"]), 2);
    assert_eq!(status(&["list", "no-such-file.sh"]), 2);
    assert_eq!(status(&["--no-such-option"]), 2);
}

#[test]
fn hidden_places_are_read_but_for_those_of_tools() {
    let folder = tempfile::tempdir().unwrap();
    for name in [".venv", ".tools", ".tools/.git"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    for name in [".bashrc", ".settings", ".tools/.git/run.sh", ".tools/run.sh", ".venv/run.sh"] {
        fs::write(folder.path().join(name), WARNING).unwrap();
    }
    let ran = shmlint(folder.path(), &["--format", "plain", "."]);
    let found: Vec<&str> = ran.stdout.lines().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(found, [".bashrc", ".tools/run.sh"]);
}

#[test]
fn the_result_goes_to_stdout_and_the_rest_to_stderr() {
    let folder = scratch();
    let ran = shmlint(folder.path(), &["--format", "plain", "warning.sh", "no-such-file.sh", "sub"]);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{}", ran.stdout);
    assert!(lines[0].starts_with("sub/error.sh:1:1: error[missing-shm] "), "{}", lines[0]);
    assert!(lines[1].starts_with("warning.sh:1:1: warning[missing-shm] "), "{}", lines[1]);
    assert_eq!(ran.stderr, "error: no-such-file.sh: no such file\n");
    assert_eq!(ran.status, 2);
}

#[test]
fn a_file_that_is_met_several_times_is_told_once_and_always_in_the_same_place() {
    let folder = scratch();
    let once = shmlint(folder.path(), &["--format", "plain", "."]).stdout;
    assert_eq!(once.lines().count(), 2);
    for paths in
        [&["warning.sh", "./warning.sh", "."][..], &[".", "sub"], &["sub/../sub", "sub", "warning.sh"]]
    {
        let mut args = vec!["--format", "plain"];
        args.extend(paths);
        let found = shmlint(folder.path(), &args).stdout;
        assert_eq!(found.lines().count(), 2, "{paths:?}: {found}");
    }
}

#[test]
fn a_clean_run_says_what_was_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "x").unwrap();
    fs::write(folder.path().join("b.sh"), "echo").unwrap();
    let ran = shmlint(folder.path(), &[]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    assert_eq!(ran.stdout, "No GPU containers in 2 files.\n");
    assert_eq!(shmlint(folder.path(), &["-q"]).stdout, "");
    assert_eq!(shmlint(folder.path(), &["--format", "plain"]).stdout, "");
    let ran = shmlint(folder.path(), &["-v", "-q"]);
    assert_eq!(ran.status, 2, "one cannot be quiet and tell all");
    let ran = shmlint(folder.path(), &["-v"]);
    assert!(ran.stderr.contains("b.sh: skipped, nothing in it is for shmlint\n"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("looked at 2 files and read 0: 0 containers, 0 with a GPU\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_quiet_run_prints_findings_and_errors_only() {
    let folder = scratch();
    let quiet = shmlint(folder.path(), &["-q", "warning.sh", "no-such-file.sh"]);
    let loud = shmlint(folder.path(), &["warning.sh", "no-such-file.sh"]);
    assert!(loud.stdout.starts_with(&quiet.stdout) && loud.stdout.len() > quiet.stdout.len());
    assert!(!quiet.stdout.contains("1 finding in 1 file"), "{}", quiet.stdout);
    assert_eq!(quiet.stderr, "error: no-such-file.sh: no such file\n");
    let ran = shmlint(folder.path(), &["-q", "--diff", "."]);
    assert_eq!((ran.stderr.as_str(), ran.status), ("", 1));
}

#[test]
fn several_formats_go_to_several_files_at_once() {
    let folder = scratch();
    let args = ["--format", "json", "--format", "sarif=out.sarif", "--format", "junit=junit.xml", "."];
    let ran = shmlint(folder.path(), &args);
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["summary"]["findings"], 2);
    let sarif = fs::read_to_string(folder.path().join("out.sarif")).unwrap();
    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 2);
    assert!(fs::read_to_string(folder.path().join("junit.xml")).unwrap().contains("failures=\"2\""));

    let ran = shmlint(folder.path(), &["--format", "sarif=again.sarif", "--output", "report.txt", "."]);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    let report = fs::read_to_string(folder.path().join("report.txt")).unwrap();
    assert!(report.contains("2 findings in 2 files (1 error, 1 warning)"), "{report}");

    let ran = shmlint(folder.path(), &["--format", "json", "--format", "plain", "."]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("only one format can go to standard output"), "{}", ran.stderr);
}

#[test]
fn a_report_that_cannot_be_written_is_an_error_that_names_it() {
    let folder = scratch();
    for args in [["--output", "no/such/folder.txt"], ["--format", "junit=no/such/folder.txt"]] {
        let ran = shmlint(folder.path(), &[&args[..], &["."]].concat());
        assert_eq!(ran.status, 2);
        assert!(ran.stderr.starts_with("error: no/such/folder.txt: cannot be written: "), "{}", ran.stderr);
    }
}

#[test]
fn on_github_findings_become_annotations_from_the_workspace_on() {
    let folder = scratch();
    let root = folder.path().to_str().unwrap();
    let page = folder.path().join("page.md");
    fs::write(&page, "what was there\n").unwrap();
    let env = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_WORKSPACE", root),
        ("GITHUB_STEP_SUMMARY", page.to_str().unwrap()),
    ];
    let ran = run(&folder.path().join("sub"), &["."], &env, "");
    assert!(
        ran.stdout.starts_with("::error file=sub/error.sh,line=1,col=1,endLine=1,endColumn=7,"),
        "{}",
        ran.stdout
    );
    assert!(ran.stderr.starts_with("error[missing-shm]: "), "the log is for people: {}", ran.stderr);
    assert_eq!(ran.status, 1);
    let page = fs::read_to_string(&page).unwrap();
    assert!(page.starts_with("what was there\n### shmlint\n"), "{page}");
    assert!(page.contains("| `sub/error.sh:1` |"), "{page}");

    let ran = run(folder.path(), &["--format", "plain", "."], &env, "");
    assert_eq!(ran.stdout.lines().count(), 2, "a format that is asked for is what one gets");
    assert_eq!(ran.stderr, "");
}

#[test]
fn colours_are_for_terminals_unless_told_otherwise() {
    let folder = scratch();
    let colored = |args: &[&str], env: &[(&str, &str)]| {
        let ran = run(folder.path(), &[args, &["."]].concat(), env, "");
        ran.stdout.contains('\x1b')
    };
    assert!(!colored(&[], &[]));
    assert!(colored(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(colored(&[], &[("FORCE_COLOR", "1")]));
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&[], &[("CLICOLOR_FORCE", "0")]));
    assert!(!colored(&[], &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
    assert!(colored(&[], &[("FORCE_COLOR", "1"), ("NO_COLOR", "")]));
    assert!(!colored(&["--color", "never"], &[("FORCE_COLOR", "1")]));
    assert!(!colored(&["--format", "plain"], &[("FORCE_COLOR", "1")]));
    assert!(!colored(&["--format", "json"], &[("FORCE_COLOR", "1")]));
}

#[test]
fn standard_input_is_judged_by_its_name() {
    let folder = scratch();
    let ran = run(folder.path(), &["--format", "plain", "--stdin-filename", "x/run.sh", "-"], &[], WARNING);
    assert!(ran.stdout.starts_with("x/run.sh:1:1: warning[missing-shm] "), "{}", ran.stdout);
    assert_eq!(ran.status, 1);
    let ran = run(folder.path(), &["--max-file-size", "10", "--stdin-filename", "run.sh", "-"], &[], WARNING);
    assert_eq!(ran.status, 2);
    assert_eq!(ran.stderr, "error: standard input: more than 10 bytes (--max-file-size)\n");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("many.sh"), WARNING.repeat(5000)).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_shmlint"))
        .args(["--format", "plain", "many.sh"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn statistics_and_files_come_in_place_of_findings() {
    let folder = scratch();
    let ran = shmlint(folder.path(), &["--statistics", "."]);
    assert!(ran.stdout.starts_with("2  SHM001  missing-shm"), "{}", ran.stdout);
    assert_eq!(ran.status, 1);
    let ran = shmlint(folder.path(), &["--statistics", "--format", "plain", "."]);
    assert_eq!(ran.stdout.lines().count(), 2, "{}", ran.stdout);
    assert!(ran.stderr.starts_with("2  SHM001  missing-shm"), "{}", ran.stderr);
    let ran = shmlint(folder.path(), &["--show-files", "."]);
    assert_eq!((ran.stdout.as_str(), ran.status), ("clean.sh\nsub/error.sh\nwarning.sh\n", 0));
}

#[test]
fn rules_are_shown_and_near_ones_named() {
    let folder = scratch();
    let ran = shmlint(folder.path(), &["rule"]);
    assert!(ran.stdout.contains("\nSHM001  missing-shm "), "{}", ran.stdout);
    let page = shmlint(folder.path(), &["rule", "shm001"]);
    assert!(page.stdout.starts_with("# missing-shm\n"), "{}", page.stdout);
    let json = shmlint(folder.path(), &["rule", "--format", "json", "missing-shm"]).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["rules"][0]["page"].as_str().unwrap(), page.stdout);
    for args in [&["rule", "mising-shm"][..], &["--select", "mising-shm"], &["--ignore", "shm001,mising-shm"]]
    {
        let ran = shmlint(folder.path(), args);
        assert!(
            ran.stderr.contains("unknown rule 'mising-shm' (did you mean 'missing-shm'?)"),
            "{}",
            ran.stderr
        );
        assert_eq!(ran.status, 2);
    }
}

#[test]
fn values_that_are_wrong_are_answered_with_those_that_are_right() {
    let folder = scratch();
    for (args, said) in [
        (
            ["--format", "jsn"],
            "[possible values: human, plain, json, sarif, github, gitlab, junit, rdjson, checkstyle, json-lines, markdown]",
        ),
        (["--fail-on", "info"], "[possible values: error, warning, note, never]"),
        (["--color", "yes"], "[possible values: auto, always, never]"),
        (["completions", "csh"], "[possible values: bash, elvish, fish, powershell, zsh]"),
    ] {
        let ran = shmlint(folder.path(), &args);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
        assert_eq!(ran.status, 2);
    }
}

#[test]
fn a_command_behind_options_is_told_from_a_path() {
    let folder = scratch();
    let ran = shmlint(folder.path(), &["-v", "list"]);
    assert_eq!(ran.stderr, "error: list: no such file; the command goes first: `shmlint list --help`\n");
    fs::write(folder.path().join("list"), "#!/bin/sh\n").unwrap();
    assert_eq!(shmlint(folder.path(), &["-v", "list"]).status, 0, "a file of that name is a file");
    assert_eq!(shmlint(folder.path(), &["check", "list"]).status, 0);
}

#[test]
fn a_configuration_to_begin_with_is_written_once_and_what_holds_is_shown() {
    let folder = common::scratch(&[]);
    let ran = shmlint(folder.path(), &["init"]);
    assert!(ran.status == 0 && ran.stdout.contains("- id: shmlint\n"), "{ran:?}");
    let text = fs::read_to_string(folder.path().join("shmlint.toml")).unwrap();
    assert!(text.lines().all(|line| line.is_empty() || line.starts_with('#')), "{text}");
    assert!(shmlint(folder.path(), &["init"]).stderr.contains("already exists"));
    fs::write(folder.path().join("shmlint.toml"), "pedantic = true\nsize = '8g'\n").unwrap();
    let ran = shmlint(folder.path(), &["config", "--config", "size = '4g'"]);
    assert!(ran.stdout.contains("pedantic = true  # shmlint.toml:1\n"), "{ran:?}");
    assert!(
        ran.stdout.contains("size = \"4g\"  # --config\n") && ran.stdout.contains("docs = true  # default\n")
    );
    let ran = shmlint(folder.path(), &["config", "--format", "json"]);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["file"], "shmlint.toml");
}

#[test]
fn completions_and_man_pages_can_be_had() {
    let folder = scratch();
    for (shell, said) in [
        ("bash", "_shmlint()"),
        ("zsh", "#compdef shmlint"),
        ("fish", "complete -c shmlint"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let ran = shmlint(folder.path(), &["completions", shell]);
        assert!(ran.stdout.contains(said) && ran.stdout.contains("unsafe-fixes"), "{shell}");
        assert_eq!((ran.stderr.as_str(), ran.status), ("", 0));
    }
    let page = shmlint(folder.path(), &["man"]).stdout;
    assert!(page.contains(".TH shmlint 1") && page.contains("unsafe\\-fixes"), "{page}");
    let page = shmlint(folder.path(), &["man", "list"]).stdout;
    assert!(page.contains(".TH shmlint-list 1"), "{page}");
}

#[test]
fn commands_that_are_printed_work_as_printed() {
    let folder = scratch();
    let mut texts = String::new();
    for args in
        [&["."][..], &["-v", "list"], &["--format", "github", "."], &["--format", "markdown", "."], &["rule"]]
    {
        let ran = shmlint(folder.path(), args);
        texts.push_str(&ran.stdout);
        texts.push_str(&ran.stderr);
    }
    let terminal = run(folder.path(), &["."], &[("FORCE_COLOR", "1")], "").stdout;
    texts.push_str(&terminal);
    let printed = texts.split('`').skip(1).step_by(2).filter_map(|code| code.strip_prefix("shmlint "));
    let mut commands: Vec<&str> = printed.collect();
    commands.sort_unstable();
    commands.dedup();
    assert!(commands.contains(&"list --help"), "{commands:?}");
    for command in commands {
        let args: Vec<&str> = command.split_whitespace().collect();
        assert!(shmlint(folder.path(), &args).status < 2, "shmlint {command}");
    }
}

/// Under the names of plugins the binary speaks the command line of those that start it.
#[cfg(unix)]
#[test]
fn it_is_a_plugin_of_docker_and_kubectl() {
    let folder = scratch();
    let started_as = |name: &str, args: &[&str]| {
        let link = folder.path().join(name);
        if !link.exists() {
            std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_shmlint"), &link).unwrap();
        }
        let ran = Command::new(link).args(args).current_dir(folder.path()).output().unwrap();
        (ran.status.code(), String::from_utf8(ran.stdout).unwrap())
    };
    let (status, told) = started_as("docker-shmlint", &["docker-cli-plugin-metadata"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((status, told["SchemaVersion"].as_str()), (Some(0), Some("0.1.0")));
    assert!(
        ["Vendor", "Version", "ShortDescription", "URL"].iter().all(|key| told[key].is_string()),
        "{told}"
    );
    let found = started_as("docker-shmlint", &["shmlint", "--format", "plain", "warning.sh"]);
    assert_eq!(found, started_as("kubectl-shmlint", &["--format", "plain", "warning.sh"]));
    assert!(found.0 == Some(1) && found.1.starts_with("warning.sh:1:"), "{found:?}");
    assert!(
        started_as("docker-shmlint", &["shmlint", "list", "--help"]).1.contains("Usage: docker shmlint list")
    );
}

/// Ten thousand containers are more than any file may be, and are read from a pipe all the same.
#[test]
fn what_is_piped_in_may_be_long() {
    let one = r#"{"Id": "", "Name": "/x", "State": {}, "HostConfig": {"ShmSize": 67108864, "IpcMode": "private", "Devices": []}, "Config": {"Env": []}}"#;
    let padded = format!("{one}{}", " ".repeat(30_000));
    let text = vec![padded; 1000].join("\n");
    let ran = run(std::path::Path::new("."), &["--isolated", "--format", "json", "-"], &[], &text);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.status, &json["summary"]["workloads"]), (0, &Value::from(1000)), "{}", ran.stderr);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("inspect.json"), text).unwrap();
    let ran = shmlint(folder.path(), &["inspect.json"]);
    assert!(ran.status == 2 && ran.stderr.contains("--max-file-size"), "{ran:?}");
}

/// What is watched is checked again when it changes, also for a mistake in the configuration, and goes on after it.
#[test]
fn what_is_watched_is_checked_again() {
    use std::io::{BufRead, BufReader};
    let folder = scratch();
    let mut child = Command::new(env!("CARGO_BIN_EXE_shmlint"))
        .args(["--watch", "--format", "plain", "--format", "json=report.json", "."])
        .current_dir(folder.path())
        .env("NO_COLOR", "1")
        .env_remove("GITHUB_ACTIONS")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut said = |what: &str| told.find(|line| line.contains(what)).unwrap();
    let waits = "Watching for changes";
    said(waits);
    let report = || fs::read_to_string(folder.path().join("report.json")).unwrap();
    assert!(report().contains("warning.sh"));
    fs::write(folder.path().join("warning.sh"), "docker run --gpus all --shm-size=8g example/one\n").unwrap();
    said(waits);
    assert!(!report().contains("warning.sh"));
    fs::write(folder.path().join("shmlint.toml"), "sise = 1\n").unwrap();
    said("sise");
    said(waits);
    fs::write(folder.path().join("shmlint.toml"), "exclude = [\"sub\"]\n").unwrap();
    said(waits);
    assert!(!report().contains("error.sh"));
    child.kill().unwrap();
    child.wait().unwrap();
    let ran = run(folder.path(), &["--watch", "-"], &[], "");
    assert!(ran.status == 2 && ran.stderr.contains("standard input does not change"), "{ran:?}");
}
