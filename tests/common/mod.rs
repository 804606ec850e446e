//! Running the binary on a scratch folder.

#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test program uses its own part")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The repository's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the binary printed and how it ended, run in `folder`.
#[derive(Debug)]
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
    pub status: i32,
}

/// Runs the binary in `folder`, away from any configuration and environment that could change what it says.
pub fn shmlint(folder: &Path, args: &[&str]) -> Ran {
    let Output { stdout, stderr, status } = Command::new(env!("CARGO_BIN_EXE_shmlint"))
        .args(args)
        .current_dir(folder)
        .env_remove("GITHUB_ACTIONS")
        .env_remove("GITHUB_STEP_SUMMARY")
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary runs");
    Ran {
        stdout: String::from_utf8(stdout).expect("stdout is text"),
        stderr: String::from_utf8(stderr).expect("stderr is text"),
        status: status.code().unwrap_or(-1),
    }
}

/// Every file below `folder`, as paths relative to it, sorted.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    let files = entries.filter(|entry| entry.file_type().is_file());
    files.map(|entry| entry.path().strip_prefix(folder).expect("below the folder").to_owned()).collect()
}

/// Copies one file of `from` to the same place below `to`.
pub fn copy(from: &Path, to: &Path, file: &Path) {
    let target = to.join(file);
    fs::create_dir_all(target.parent().expect("a file has a folder")).expect("a scratch folder can be made");
    fs::copy(from.join(file), target).expect("a fixture can be copied");
}

/// A scratch folder with files.
pub fn scratch(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a scratch folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

/// Runs the binary with an environment and an input.
pub fn run(folder: &Path, args: &[&str], env: &[(&str, &str)], stdin: &str) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_shmlint"))
        .args(args)
        .current_dir(folder)
        .env_clear()
        .envs(env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    // It may end before it has read all.
    let _ = child.stdin.take().expect("it has an input").write_all(stdin.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    Ran {
        stdout: String::from_utf8(output.stdout).expect("stdout is text"),
        stderr: String::from_utf8(output.stderr).expect("stderr is text"),
        status: output.status.code().unwrap_or(-1),
    }
}
