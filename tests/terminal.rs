//! The views that people see, in a terminal of several widths.
#![cfg(target_os = "linux")]
// A test that cannot go on says why and stops.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod common;

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use common::shmlint;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// What the binary shows on a terminal of so many columns.
fn in_terminal(folder: &Path, args: &[&str], columns: usize, no_color: &str) -> String {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap().into_string().unwrap();
    let terminal = File::options().read(true).write(true).open(name).unwrap();
    let ws_col = u16::try_from(columns).unwrap();
    tcsetwinsize(&terminal, Winsize { ws_row: 50, ws_col, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_shmlint"))
        .args(args)
        .current_dir(folder)
        .env_remove("GITHUB_ACTIONS")
        .env("TERM", "xterm")
        .env("NO_COLOR", no_color)
        .stdout(terminal)
        // What says how far a long run has come is for terminals, too.
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut shown = Vec::new();
    let mut buffer = [0; 4096];
    let mut controller = File::from(controller);
    // The terminal is at its end, with an error, once nobody has it open.
    while let Ok(read) = controller.read(&mut buffer) {
        if read == 0 {
            break;
        }
        shown.extend(buffer.get(..read).unwrap());
    }
    child.wait().unwrap();
    String::from_utf8(shown).unwrap().replace("\r\n", "\n")
}

/// The reports of a terminal: nothing wider than it, no word cut, colours there and in no pipe.
#[test]
fn a_terminal_gets_its_width_and_colours() {
    let folder = tempfile::tempdir().unwrap();
    let long = format!(
        "docker run --rm {} --gpus all pytorch/pytorch torchrun train.py\n",
        "-e LONG_NAME=value ".repeat(25)
    );
    fs::write(folder.path().join("long.sh"), long).unwrap();
    fs::write(
        folder.path().join("compose.yaml"),
        "services:\n  trainer:\n    image: pytorch/pytorch\n    command: torchrun train.py\n    gpus: all\n",
    )
    .unwrap();
    // A registry with a port and a digest, and a service with a long name, in files of a deep directory.
    let image = format!(
        "registry.internal.example:5000/ml-platform/training/llm-pretraining@sha256:{}",
        "0f".repeat(32)
    );
    let deep = "clusters/production-eu-central-1/namespaces/ml-platform/deployments/training";
    fs::create_dir_all(folder.path().join(deep)).unwrap();
    fs::write(
        folder.path().join(deep).join("compose.gpu.yaml"),
        format!(
            "services:\n  a-long-service-name-for-the-distributed-training-of-large-models-with-eight-gpus:\n    \
             image: {image}\n    command: torchrun --nproc-per-node 8 train.py\n    gpus: all\n"
        ),
    )
    .unwrap();
    fs::write(folder.path().join(deep).join("run.sh"), format!("docker run --gpus all {image} serve\n"))
        .unwrap();
    fs::write(
        folder.path().join("inspect.json"),
        format!(
            "[{{\"Id\": \"1\", \"Name\": \"/{}\", \"Config\": {{\"Image\": \"{image}\"}}, \"HostConfig\": {{\"ShmSize\": 67108864, \
             \"DeviceRequests\": [{{\"Count\": -1, \"Capabilities\": [[\"gpu\"]]}}]}}}}]",
            "long-container-name-".repeat(6)
        ),
    )
    .unwrap();
    let shm = ["rule", "missing-shm"];
    let of_image = ["size", "--image", &image, "--ranks", "8"];
    let size = ["size", "--workers", "8", "--batch-size", "64", "--sample", "3x224x224"];
    let views: [&[&str]; 13] = [
        &["."],
        &["doctor"],
        &["list"],
        &["rule"],
        &shm,
        &size,
        &["--help"],
        &["list", "--help"],
        &["--statistics", "."],
        &["inspect.json"],
        &["list", "inspect.json"],
        &["config"],
        &of_image,
    ];
    for width in [60, 80, 100, 160] {
        for view in views {
            // What can be told only in code or addresses is not broken, and a path with its line is to be clicked.
            let whole = |line: &str| {
                line.split_whitespace()
                    .any(|word| word.contains("://") || word.contains('`') || word == "-->")
            };
            let shown = in_terminal(folder.path(), view, width, "1");
            assert!(!shown.trim().is_empty(), "{view:?}");
            // Examples of pages are to be copied.
            let is_code = |line: &str| view == shm && line.starts_with("docker run");
            for line in shown.lines().filter(|line| !whole(line) && !is_code(line)) {
                assert!(
                    line.chars().count() <= width,
                    "{view:?} at {width}, {} columns: {line}",
                    line.chars().count()
                );
            }
        }
    }
    assert!(in_terminal(folder.path(), &["."], 80, "").contains("\x1b["), "a terminal has colours");
    assert!(!shmlint(folder.path(), &["."]).stdout.contains('\x1b'), "a pipe has none");
}
