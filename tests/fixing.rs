//! `--fix` and `--diff` as their users meet them.
//
// A test that cannot go on says why and stops.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{run, shmlint};
use serde_json::Value;
use tempfile::TempDir;

/// A service that asks for a GPU; nothing is known of its need.
const MISSING: &str = "services:\n  trainer:\n    image: example/train\n    gpus: all\n";
const FIXED: &str = "services:\n  trainer:\n    image: example/train\n    gpus: all\n    shm_size: \"2gb\"\n";
/// A size that may mean anything: its fix is unsafe.
const UNSAFE: &str = "services:\n  odd:\n    image: example/odd\n    gpus: all\n    shm_size: 8\n";

/// A scratch folder with a project for each text.
fn scratch(projects: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in projects {
        fs::create_dir_all(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join("compose.yaml"), text).unwrap();
    }
    folder
}

fn read(folder: &Path, project: &str) -> String {
    String::from_utf8_lossy(&fs::read(folder.join(project).join("compose.yaml")).unwrap()).into_owned()
}

#[test]
fn fix_writes_and_reports_what_is_left() {
    let folder = scratch(&[("a", MISSING), ("b", UNSAFE), ("c", MISSING)]);
    let ran = shmlint(folder.path(), &["--fix"]);
    assert_eq!(read(folder.path(), "a"), FIXED);
    assert_eq!(read(folder.path(), "b"), UNSAFE);
    assert!(ran.stdout.starts_with("error[wrong-size-unit]: "), "{}", ran.stdout);
    assert!(
        ran.stdout.ends_with(
            "Fixed 2 findings in 2 files (2 SHM001); 1 finding in 1 file left, 1 fixable with `--fix --unsafe-fixes`.\n"
        ),
        "{}",
        ran.stdout
    );
    assert_eq!((ran.stderr.as_str(), ran.status), ("Fixed a/compose.yaml\nFixed c/compose.yaml\n", 1));
    let ran = shmlint(folder.path(), &["--fix", "--unsafe-fixes", "--exit-non-zero-on-fix"]);
    assert_eq!(ran.stdout, "Fixed 1 finding in 1 file (1 SHM003); none left.\n");
    assert_eq!(ran.status, 1, "something was fixed");
    let ran = shmlint(folder.path(), &["--fix", "--unsafe-fixes", "--exit-non-zero-on-fix"]);
    assert_eq!(ran.status, 0, "nothing was fixed");
}

#[test]
fn one_edit_that_mends_two_counts_for_two() {
    let text = "x-gpu: &gpu\n  gpus: all\nservices:\n  a:\n    <<: *gpu\n    image: x/a\n  b:\n    <<: *gpu\n    image: x/b\n";
    let folder = scratch(&[("p", text)]);
    let found = shmlint(folder.path(), &[]).stdout;
    assert!(found.contains("(fixes both)\n"), "{found}");
    assert_eq!(found.matches("+   shm_size: \"2gb\"").count(), 1, "{found}");
    let ran = shmlint(folder.path(), &["--fix"]);
    assert_eq!((ran.stdout.as_str(), ran.status), ("Fixed 2 findings in 1 file (2 SHM001); none left.\n", 0));
    assert_eq!(read(folder.path(), "p").matches("shm_size").count(), 1);
}

#[test]
fn a_diff_is_alone_on_stdout_and_is_what_fix_writes() {
    let texts = [
        ("plain", MISSING.to_owned()),
        ("no end", MISSING.trim_end().to_owned()),
        ("crlf", MISSING.replace('\n', "\r\n")),
        ("größe", MISSING.replace("example/train", "example/größe # 数")),
    ];
    for (name, text) in &texts {
        let folder = scratch(&[(name, text)]);
        let ran = shmlint(folder.path(), &["--diff"]);
        assert!(ran.stdout.starts_with("--- a/"), "{}", ran.stdout);
        assert_eq!((ran.stderr.as_str(), ran.status), ("Would fix 1 finding in 1 file (1 SHM001)\n", 1));
        assert_eq!(read(folder.path(), name), *text, "a diff writes nothing");
        fs::write(folder.path().join("fix.patch"), &ran.stdout).unwrap();
        let applied = Command::new("git")
            .args(["apply", "--whitespace=nowarn", "fix.patch"])
            .current_dir(folder.path())
            .status()
            .unwrap();
        assert!(applied.success(), "{name}");
        let patched = read(folder.path(), name);
        fs::write(folder.path().join(name).join("compose.yaml"), text).unwrap();
        shmlint(folder.path(), &["--fix"]);
        assert_eq!(read(folder.path(), name), patched);
        assert_eq!(shmlint(folder.path(), &["--diff"]).stdout, "", "nothing is left to change");
    }
}

#[test]
fn bytes_that_are_not_text_survive_diff_and_fix() {
    let folder = scratch(&[]);
    let bytes = [b"# caf\xe9\xff\n", MISSING.as_bytes()].concat();
    fs::write(folder.path().join("compose.yaml"), &bytes).unwrap();
    let diff = Command::new(env!("CARGO_BIN_EXE_shmlint"))
        .args(["--isolated", "--diff"])
        .current_dir(folder.path())
        .stderr(Stdio::null())
        .output()
        .unwrap()
        .stdout;
    if diff.is_empty() {
        // Such a file may be refused, but then it is left alone.
        shmlint(folder.path(), &["--fix"]);
        assert_eq!(fs::read(folder.path().join("compose.yaml")).unwrap(), bytes);
        return;
    }
    fs::write(folder.path().join("fix.patch"), diff).unwrap();
    let applied =
        Command::new("git").args(["apply", "fix.patch"]).current_dir(folder.path()).status().unwrap();
    assert!(applied.success());
    let patched = fs::read(folder.path().join("compose.yaml")).unwrap();
    assert_eq!(patched, [b"# caf\xe9\xff\n", FIXED.as_bytes()].concat());
}

#[test]
fn a_diff_fails_for_what_it_cannot_mend_too() {
    let folder = scratch(&[("a", UNSAFE)]);
    let ran = shmlint(folder.path(), &["--diff"]);
    assert_eq!((ran.stdout.as_str(), ran.status), ("", 1));
    assert!(ran.stderr.starts_with("a/compose.yaml:2:3: error[wrong-size-unit] "), "{}", ran.stderr);
    assert_eq!(shmlint(folder.path(), &["--diff", "--fail-on", "never"]).status, 0);
    let ran = shmlint(folder.path(), &["--diff", "--unsafe-fixes"]);
    assert!(ran.stdout.contains("\n-    shm_size: 8\n+    shm_size: 8g\n"), "{}", ran.stdout);
    assert_eq!(shmlint(folder.path(), &["--diff", "a", "no-such-folder"]).status, 2);
    assert_eq!(shmlint(folder.path(), &["--diff", "--format", "json"]).status, 2);
}

#[test]
fn standard_input_is_fixed_to_standard_output() {
    let folder = scratch(&[]);
    let args = ["--fix", "--stdin-filename", "compose.yaml", "-"];
    let ran = run(folder.path(), &args, &[], MISSING);
    assert_eq!((ran.stdout.as_str(), ran.status), (FIXED, 0));
    assert_eq!(ran.stderr, "Fixed 1 finding in 1 file (1 SHM001); none left.\n");
    let ran = run(folder.path(), &args, &[], UNSAFE);
    assert_eq!((ran.stdout.as_str(), ran.status), (UNSAFE, 1));
    assert!(ran.stderr.starts_with("error[wrong-size-unit]: "), "{}", ran.stderr);
    let ran = run(folder.path(), &args, &[], "services: {}\n");
    assert_eq!((ran.stdout.as_str(), ran.status), ("services: {}\n", 0));
    let ran = run(folder.path(), &["--diff", "--stdin-filename", "x/compose.yaml", "-"], &[], MISSING);
    assert!(ran.stdout.starts_with("--- a/x/compose.yaml\n+++ b/x/compose.yaml\n@@ "), "{}", ran.stdout);
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing is written to disk");
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_written_is_told_and_the_others_are_fixed() {
    use std::os::unix::fs::PermissionsExt;
    let folder = scratch(&[("a", MISSING), ("b", MISSING)]);
    let locked = folder.path().join("a/compose.yaml");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o444)).unwrap();
    let ran = shmlint(folder.path(), &["--fix"]);
    assert_eq!(ran.status, 2);
    assert_eq!(ran.stderr, "Fixed b/compose.yaml\nerror: a/compose.yaml: is read-only\n");
    assert!(ran.stdout.contains("--> a/compose.yaml:2:3"), "{}", ran.stdout);
    assert!(
        ran.stdout.ends_with(
            "Fixed 1 finding in 1 file (1 SHM001); 1 finding in 1 file left, 1 fixable with `--fix`.\n"
        ),
        "{}",
        ran.stdout
    );
    assert_eq!(read(folder.path(), "b"), FIXED);
}

#[test]
fn the_edits_of_json_are_those_that_fix_writes() {
    let folder = scratch(&[("a", MISSING), ("b", &MISSING.replace('\n', "\r\n"))]);
    let json = shmlint(folder.path(), &["--format", "json"]).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    let mut expected = Vec::new();
    for finding in json["findings"].as_array().unwrap() {
        let edit = &finding["fix"]["edits"][0];
        let path = edit["path"].as_str().unwrap().to_owned();
        let mut text = fs::read(folder.path().join(&path)).unwrap();
        let at = |key: &str| usize::try_from(edit[key].as_u64().unwrap()).unwrap();
        text.splice(at("start_byte")..at("end_byte"), edit["replacement"].as_str().unwrap().bytes());
        expected.push((path, text));
    }
    assert_eq!(expected.len(), 2);
    shmlint(folder.path(), &["--fix"]);
    for (path, text) in expected {
        assert_eq!(fs::read(folder.path().join(path)).unwrap(), text);
    }
}

#[test]
fn options_that_the_report_names_work_as_named() {
    let folder = scratch(&[("a", MISSING), ("b", UNSAFE)]);
    let said = shmlint(folder.path(), &["."]).stdout;
    assert!(said.ends_with("1 fixable with `--fix` (1 more with `--unsafe-fixes`).\n"), "{said}");
    let ran = shmlint(folder.path(), &["--fix", "."]);
    assert!(ran.stdout.contains("`--fix --unsafe-fixes`"), "{}", ran.stdout);
    let ran = shmlint(folder.path(), &["--fix", "--unsafe-fixes", "."]);
    assert_eq!(ran.stdout, "Fixed 1 finding in 1 file (1 SHM003); none left.\n");
}
