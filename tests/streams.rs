//! What is read, whatever its name or encoding, and what may be written: never over a file that is no earlier output, never
//! through a link that leaves the repository, and never as a command to whoever reads the log.
//
// A test that cannot go on says why and stops.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use std::fs;

use common::{run, shmlint};
use serde_json::Value;

/// A GPU container whose need is not known: a warning.
const WARNING: &str = "docker run --rm --gpus all example/one\n";

/// A pod that lacks its memory volume, as `kubectl get -o yaml` prints it.
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: t}\nspec:\n  containers:\n  - name: t\n    image: x\n    resources: {limits: {nvidia.com/gpu: 1}}\n";

#[test]
fn what_has_no_telling_name_is_judged_by_its_text() {
    let texts = [
        ("a manifest", POD),
        ("several manifests", &format!("---\n# Source: a/b.yaml\n{POD}---\nkind: Service\n")),
        ("a Compose file", "services:\n  a:\n    image: x\n    gpus: all\n"),
        (
            "a list of pods",
            r#"{"apiVersion": "v1", "items": [{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "t", "image": "x", "resources": {"limits": {"nvidia.com/gpu": "1"}}}]}}]}"#,
        ),
        ("a command", WARNING),
        ("a script", &format!("#!/bin/sh\nset -e\n{WARNING}")),
        ("a page", &format!("# Run\n\n```sh\n{WARNING}\n```\n")),
        ("a workflow", "on: push\njobs:\n  t:\n    steps:\n    - run: docker run --gpus all x\n"),
        ("a dev container", r#"{"image": "x", "runArgs": ["--gpus=all"]}"#),
        ("a unit", "[Service]\nExecStart=/usr/bin/docker run --gpus all x\n"),
        ("a Quadlet unit", "[Container]\nImage=x\nAddDevice=nvidia.com/gpu=all\n"),
        ("a makefile", "run: build\n\tdocker run --gpus all x\n"),
    ];
    for (what, text) in texts {
        let folder = common::scratch(&[("rendered.out", text)]);
        for args in [&["--format", "plain", "-"][..], &["--format", "plain", "rendered.out"]] {
            let ran = run(folder.path(), args, &[], text);
            assert_eq!(ran.stdout.matches("[missing-shm]").count(), 1, "{what} by {args:?}: {ran:?}");
        }
    }
    let folder =
        common::scratch(&[("notes.out", "GPU 0: nvidia.com/gpu=1, containers: 3; see docker run --gpus\n")]);
    let ran = shmlint(folder.path(), &["--format", "plain", "notes.out"]);
    assert_eq!((ran.stdout.as_str(), ran.status), ("", 0), "nothing in prose is a container");
    let ran = run(folder.path(), &["-"], &[], "a\0b");
    assert_eq!((ran.stderr.as_str(), ran.status), ("error: standard input: binary data, not text\n", 2));
}

#[test]
#[cfg(unix)]
fn a_pipe_that_is_named_is_read_and_cannot_be_fixed() {
    let folder = common::scratch(&[("pod.txt", POD)]);
    let bash = |options: &str| {
        let line = format!("{} {options} <(cat pod.txt)", env!("CARGO_BIN_EXE_shmlint"));
        std::process::Command::new("bash").args(["-c", &line]).current_dir(folder.path()).output().unwrap()
    };
    let ran = bash("--format plain");
    assert!(String::from_utf8_lossy(&ran.stdout).contains(":6:3: "), "{ran:?}");
    let ran = bash("--fix");
    assert!(String::from_utf8_lossy(&ran.stderr).contains("a pipe cannot be fixed in place"), "{ran:?}");
    assert_eq!(ran.status.code(), Some(2));
}

#[test]
fn utf16_is_read_and_fixed_as_it_is_stored() {
    let utf16 = |text: &str| -> Vec<u8> {
        format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
    };
    let folder = common::scratch(&[]);
    let path = folder.path().join("compose.yml");
    fs::write(&path, utf16("services:\n  é:\n    image: x\n    gpus: all\n")).unwrap();
    let ran = shmlint(folder.path(), &["--fix", "--size", "2g", "."]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let fixed = "services:\n  é:\n    image: x\n    gpus: all\n    shm_size: \"2gb\"\n";
    assert_eq!(fs::read(&path).unwrap(), utf16(fixed));
}

#[test]
#[cfg(target_os = "linux")]
fn a_name_that_is_not_text_is_a_name_like_others() {
    use std::os::unix::ffi::OsStrExt;
    let folder = common::scratch(&[("b.sh", WARNING)]);
    let odd = folder.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9.sh"));
    fs::write(&odd, WARNING).unwrap();
    let ran = shmlint(folder.path(), &["--format", "plain", "."]);
    assert!(ran.stdout.contains("\ncaf\\xE9.sh:1:1: "), "{ran:?}");
    let ran = shmlint(folder.path(), &["--fix", "."]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(fs::read_to_string(&odd).unwrap().contains("--shm-size"));
}

#[test]
fn no_output_takes_the_place_of_what_it_is_not() {
    let folder =
        common::scratch(&[("run.sh", WARNING), ("train.py", "import torch\n"), ("old.json", "{}\n")]);
    let refused = |args: &[&str], why: &str| {
        let ran = shmlint(folder.path(), args);
        assert!(ran.status == 2 && ran.stderr.contains(why) && ran.stdout.is_empty(), "{args:?}: {ran:?}");
    };
    refused(
        &["--fix", "--output", "run.sh", "run.sh"],
        "'run.sh' is a file to check, which would be overwritten",
    );
    refused(&["--format", "json=run.sh", "."], "exists and is not a report of this format");
    refused(&["--output", "train.py", "."], "exists and is not a report of this format");
    refused(&["--format", "sarif=old.json", "."], "exists and is not a report of this format");
    refused(&["--write-baseline", "--baseline", "train.py", "."], "exists and is not a baseline");
    refused(&["--format", "sarif=a", "--format", "json=a", "."], "--format sarif=a writes the same file");
    refused(&["--output", ".", "."], "is a directory");
    assert_eq!(fs::read_to_string(folder.path().join("run.sh")).unwrap(), WARNING);
    for format in ["human", "plain", "json", "sarif", "github", "gitlab", "junit", "rdjson", "markdown"] {
        for _ in 0..2 {
            let ran =
                shmlint(folder.path(), &["--format", format, "--output", &format!("out.{format}"), "run.sh"]);
            assert_eq!((ran.status, ran.stderr.as_str()), (1, ""), "{format} is written, and again");
        }
    }
}

#[test]
#[cfg(unix)]
fn a_link_out_of_the_repository_is_neither_read_nor_written() {
    use std::os::unix::fs::symlink;
    let outside = common::scratch(&[
        ("secret", "password = hunter2\n[secret\n"),
        ("base.yml", "services:\n  hunter2: {image: x, gpus: all, shm_size: 3g}\n"),
    ]);
    let folder =
        common::scratch(&[("a.yml", "services:\n  a:\n    extends: {file: link.yml, service: hunter2}\n")]);
    let link = |name: &str, to: &str| symlink(outside.path().join(to), folder.path().join(name)).unwrap();
    link("link.yml", "base.yml");
    link("docker-compose.yml", "base.yml");
    let ran = shmlint(folder.path(), &["list", "--format", "json", "."]);
    assert!(!ran.stdout.contains("3221225472") && ran.stdout.contains("\"shm\":\"unknown\""), "{ran:?}");
    let ran = shmlint(folder.path(), &["."]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.stderr.contains("warning: docker-compose.yml: outside of the repository"), "{ran:?}");
    link("shmlint.toml", "secret");
    link(".shmlint-baseline.json", "secret");
    let ran = shmlint(folder.path(), &["."]);
    assert!(
        ran.status == 2 && !ran.stderr.contains("hunter2") && ran.stderr.contains("shmlint.toml: outside"),
        "{ran:?}"
    );
    let ran = shmlint(folder.path(), &["--isolated", "--write-baseline", "."]);
    assert!(ran.status == 2 && ran.stderr.contains("a link is not written through"), "{ran:?}");
    assert_eq!(fs::read_to_string(outside.path().join("secret")).unwrap(), "password = hunter2\n[secret\n");
}

#[test]
fn text_of_files_gives_github_no_commands() {
    let text = "docker run --gpus all -e 'A=##[stop-commands]x' -e 'B=::add-mask::y' \u{202e} img\n";
    let folder = common::scratch(&[("a\u{1b}[31m.sh", text)]);
    for args in [
        &["--format", "human"][..],
        &["--format", "plain"],
        &["--format", "json"],
        &["--format", "sarif"],
        &["--format", "gitlab"],
        &["--format", "junit"],
        &["--format", "rdjson"],
        &["--format", "markdown"],
        &["--format", "github"],
        &["--diff"],
        &["list"],
    ] {
        let ran = run(folder.path(), args, &[("GITHUB_ACTIONS", "true")], "");
        let all = ran.stdout.clone() + &ran.stderr;
        assert!(!all.contains("##["), "{args:?}: {all}");
        assert!(!all.contains("::add-mask"), "{args:?}: {all}");
        let for_machines = ["--diff", "json", "sarif", "gitlab", "rdjson"];
        assert!(!all.contains('\u{1b}'), "{args:?}: {all}");
        let is_shown = args.iter().any(|arg| for_machines.contains(arg)) || !all.contains('\u{202e}');
        assert!(is_shown, "{args:?}: {all}");
        if args[1..] == ["json"] {
            let json: Value = serde_json::from_str(&ran.stdout).unwrap();
            assert_eq!(json["findings"][0]["path"], "a\u{1b}[31m.sh");
        }
    }
}
