//! Every folder in `fixtures/` that holds an `expected.txt` is a test: its files are checked and fixed in a scratch folder.
//!
//! - `expected.txt`: what `--format plain --pedantic` prints.
//! - `NAME.fixed`: what `NAME` is after `--fix --unsafe-fixes --pedantic`; a file without one stays as it is.
//! - `args.txt`: further arguments for both, one a line, if there are any.
//!
//! A second fix changes nothing. `UPDATE=1 cargo test --test fixtures` writes what is expected from what is; with `ONLY=PART`
//! the folders whose paths hold it are looked at alone.
//
// A test that cannot go on says why and stops.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{copy, files, root, shmlint};

#[test]
fn fixtures_report_and_fix_as_expected() {
    let update = std::env::var_os("UPDATE").is_some();
    let fixtures = root().join("fixtures");
    let expected = files(&fixtures)
        .into_iter()
        .filter(|file| file.file_name().is_some_and(|name| name == "expected.txt"));
    let only = std::env::var("ONLY").unwrap_or_default();
    let folders = expected.filter_map(|file| file.parent().map(|parent| fixtures.join(parent)));
    let folders: Vec<PathBuf> = folders.filter(|folder| folder.to_string_lossy().contains(&only)).collect();
    assert!(!folders.is_empty(), "no fixture was found");
    let failures: Vec<String> = folders.iter().filter_map(|folder| fails(folder, update).err()).collect();
    assert!(
        failures.is_empty(),
        "{} of {} fixtures:\n{}",
        failures.len(),
        folders.len(),
        failures.join("\n")
    );
}

/// The names of what is expected, which are no input.
fn is_expectation(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name == "expected.txt" || name == "args.txt" || name.ends_with(".fixed")
}

fn fails(folder: &Path, update: bool) -> Result<(), String> {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let inputs: Vec<PathBuf> = files(folder).into_iter().filter(|file| !is_expectation(file)).collect();
    for file in &inputs {
        copy(folder, scratch.path(), file);
    }
    let extra = fs::read_to_string(folder.join("args.txt")).unwrap_or_default();
    let run = |args: &[&str]| {
        let args: Vec<&str> = args.iter().copied().chain(extra.lines()).collect();
        shmlint(scratch.path(), &args)
    };
    let checked = run(&["--isolated", "--pedantic", "--format", "plain"]);
    let mut report = checked.stdout;
    report.push_str(&checked.stderr);
    compare(&folder.join("expected.txt"), &report, update)?;

    let fix = ["--isolated", "--pedantic", "--fix", "--unsafe-fixes", "--format", "plain"];
    run(&fix);
    for file in &inputs {
        let fixed = fs::read(scratch.path().join(file)).expect("a fixed file");
        let before = fs::read(folder.join(file)).expect("a fixture");
        let mut name = file.clone().into_os_string();
        name.push(".fixed");
        let beside = folder.join(name);
        if update && fixed == before {
            let _ = fs::remove_file(&beside);
        } else if update || beside.exists() {
            compare(&beside, &String::from_utf8_lossy(&fixed), update)?;
        } else if fixed != before {
            return Err(format!("{}: changed, but there is no .fixed", folder.join(file).display()));
        }
    }
    let once: Vec<Vec<u8>> =
        inputs.iter().map(|file| fs::read(scratch.path().join(file)).unwrap_or_default()).collect();
    run(&fix);
    let twice: Vec<Vec<u8>> =
        inputs.iter().map(|file| fs::read(scratch.path().join(file)).unwrap_or_default()).collect();
    left_is_what_another_run_finds(folder, &inputs, &extra)?;
    if once == twice { Ok(()) } else { Err(format!("{}: a second fix changes it again", folder.display())) }
}

/// What `--fix` and `--diff` report as left, which the proofs may have told, is what the fixed files give.
fn left_is_what_another_run_finds(folder: &Path, inputs: &[PathBuf], extra: &str) -> Result<(), String> {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    for file in inputs {
        copy(folder, scratch.path(), file);
    }
    let run = |mode: &[&str]| {
        let args: Vec<&str> = mode.iter().copied().chain(extra.lines()).collect();
        shmlint(scratch.path(), &[&["--isolated"], args.as_slice()].concat())
    };
    let plain = ["--format", "plain"];
    let shown = run(&["--diff"]);
    let written = run(&[&["--fix"], plain.as_slice()].concat());
    let again = run(&plain);
    if written.stdout == again.stdout && shown.stderr.starts_with(&again.stdout) {
        return Ok(());
    }
    let told = [&shown.stderr, &written.stdout, &again.stdout].map(String::as_str).join("---\n");
    Err(format!("{}: --diff, --fix and a run afterwards differ in what is left:\n{told}", folder.display()))
}

fn compare(file: &Path, found: &str, update: bool) -> Result<(), String> {
    if update {
        fs::write(file, found).expect("a fixture can be written");
        return Ok(());
    }
    let wanted = fs::read(file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    if wanted == found {
        return Ok(());
    }
    let diff = similar::TextDiff::from_lines(wanted.as_str(), found);
    Err(format!("{}\n{}", file.display(), diff.unified_diff().header("expected", "found")))
}
