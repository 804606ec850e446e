//! Fixed scripts, run by bash with engines that only note their arguments: each container that asks for a GPU gets its size
//! among the engine's options, and nothing else is different from what the script did before.
//
// A test that cannot go on says why and stops.
#![allow(clippy::expect_used)]
#![cfg(unix)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use common::root;

/// Scripts below `fixtures/docker-run/` that do nothing but start containers.
const SCRIPTS: [&str; 5] = [
    "array/train.sh",
    "conditional/train.sh",
    "continued/train.sh",
    "one-line/train.sh",
    "string-variable/train.sh",
];

/// Notes its name and arguments, one a line, in a file of its own.
const ENGINE: &str = "#!/bin/sh\n{ echo \"${0##*/}\"; printf '%s\\n' \"$@\"; } > \"$CALLS/$$\"\n";

/// The image of all containers in the scripts begins so.
const IMAGES: [&str; 2] = ["registry.example.com/team/trainer:3", "pytorch/pytorch:"];

#[test]
fn the_engine_gets_the_size_and_nothing_else_changes() {
    for script in SCRIPTS {
        let before = root().join("fixtures/docker-run").join(script);
        let mut fixed = before.clone().into_os_string();
        fixed.push(".fixed");
        let scratch = tempfile::tempdir().expect("a scratch folder");
        install(&scratch.path().join("bin"));
        let (before, after) = (calls(scratch.path(), &before), calls(scratch.path(), Path::new(&fixed)));
        assert!(!before.is_empty(), "{script} starts nothing");
        assert_eq!(before.len(), after.len(), "{script}");
        let mut old: Vec<_> = before.iter().map(|call| without_shm(call)).collect();
        let mut new: Vec<_> = after.iter().map(|call| without_shm(call)).collect();
        old.sort_unstable();
        new.sort_unstable();
        assert_eq!(old, new, "{script}");
        for call in after {
            let image = call.iter().position(|word| IMAGES.iter().any(|image| word.starts_with(image)));
            let options = call.get(..image.expect("an image")).expect("options");
            assert!(options.iter().any(|word| word.starts_with("--shm-size")), "{script}: {call:?}");
        }
    }
}

/// A call without what a fix of `/dev/shm` may add or take.
fn without_shm(call: &[String]) -> Vec<&str> {
    let mut kept = Vec::new();
    let mut words = call.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "--shm-size" => drop(words.next()),
            _ if word.starts_with("--shm-size=") || word == "--ipc=host" => {}
            _ => kept.push(word),
        }
    }
    kept
}

/// Puts the programs that the scripts call into a folder.
fn install(programs: &Path) {
    fs::create_dir(programs).expect("a folder");
    for (name, text) in [
        ("docker", ENGINE),
        ("nvidia-docker", ENGINE),
        ("nvidia-smi", "#!/bin/sh\n"),
        ("sudo", "#!/bin/sh\nexec \"$@\"\n"),
    ] {
        let file = programs.join(name);
        fs::write(&file, text).expect("a program");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("a mode");
    }
}

/// What the engines are called with when bash runs a script in `scratch`.
fn calls(scratch: &Path, script: &Path) -> Vec<Vec<String>> {
    let calls = scratch.join("calls");
    let programs = scratch.join("bin");
    fs::create_dir(&calls).expect("a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let ran = Command::new("bash")
        .args(["-c", ". \"$0\"; wait"])
        .arg(script)
        .current_dir(scratch)
        .env("PATH", format!("{}:{path}", programs.display()))
        .env("CALLS", &calls)
        .env("USE_GPU", "1")
        .status()
        .expect("bash runs");
    assert!(ran.success(), "{} fails", script.display());
    let files = fs::read_dir(&calls).expect("a folder").filter_map(Result::ok);
    let words = |text: String| text.lines().map(str::to_owned).collect();
    let found = files.map(|file| words(fs::read_to_string(file.path()).expect("a call"))).collect();
    fs::remove_dir_all(&calls).expect("the calls are read");
    found
}
