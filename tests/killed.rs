//! A `--fix` that is killed at any moment leaves each file old or new, never half, and nothing beside it.
//!
//! `KILLS=1000 cargo test --test killed` kills that many runs.
//
// A test that cannot go on says why and stops.
#![allow(clippy::cast_precision_loss, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// Enough for a run to be killed between any two of its steps.
const FILES: usize = 40;

#[test]
fn every_file_is_old_or_new_whenever_the_run_dies() {
    let kills: u64 = std::env::var("KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(25);
    let folder = tempfile::tempdir().expect("a scratch folder");
    let old = write_all(folder.path());
    let started = Instant::now();
    assert!(fix(folder.path()).wait().expect("a run ends").success());
    let whole = started.elapsed();
    let new = contents(folder.path());
    assert_eq!(old.len(), new.len());
    assert!(
        old.iter().all(|(path, text)| new[path] != *text),
        "every file is fixed by a run that is left alone"
    );

    let mut partial = 0;
    for round in 0..kills {
        write_all(folder.path());
        let mut run = fix(folder.path());
        // Spread over the whole of a run, which ends with the writing.
        std::thread::sleep(whole.mul_f64((round * 37 % 100) as f64 / 80.0));
        run.kill().expect("a run can be killed");
        run.wait().expect("a killed run ends");
        let now = contents(folder.path());
        // Between its two last steps the new text has a name of its own, which the next run takes away.
        let spare = now.keys().filter(|path| !old.contains_key(*path)).count();
        assert!(spare <= 1, "round {round}: {spare} files to spare");
        assert!(fix(folder.path()).wait().expect("a run ends").success());
        assert_eq!(
            contents(folder.path()),
            new,
            "round {round}: the next run finishes the work and tidies up"
        );
        let halves: Vec<_> =
            old.keys().filter(|path| now[*path] != old[*path] && now[*path] != new[*path]).collect();
        assert!(halves.is_empty(), "round {round}: {halves:?}");
        partial += usize::from(old.keys().any(|path| now[path] != old[path]) && now != new);
    }
    // Without runs that died half way the test has shown nothing.
    assert!(partial > 0, "no run was killed between its first and its last file");
}

fn write_all(folder: &Path) -> BTreeMap<PathBuf, String> {
    for number in 0..FILES {
        let path = folder.join(format!("app{number}"));
        fs::create_dir_all(&path).expect("a scratch folder");
        let filler = "      # so that a file is more than one write\n".repeat(600);
        let text = format!(
            "services:\n  trainer{number}:\n    image: acme/train\n    gpus: all\n    environment:\n      A: b\n{filler}"
        );
        fs::write(path.join("compose.yaml"), text).expect("a scratch file");
    }
    contents(folder)
}

fn contents(folder: &Path) -> BTreeMap<PathBuf, String> {
    let entries = walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok);
    let files = entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path);
    files.map(|path| (path.clone(), fs::read_to_string(path).expect("text"))).collect()
}

fn fix(folder: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_shmlint"))
        .args(["--isolated", "--fix", "--format", "plain", "."])
        .current_dir(folder)
        .stdout(Stdio::null())
        .spawn()
        .expect("the binary runs")
}
