//! What containers run is read the same way however their file is met, and only inside of the repository.
#![allow(clippy::expect_used, clippy::indexing_slicing)]

mod common;

use std::collections::BTreeMap;
use std::fs;

use common::{copy, files, root, shmlint};

/// The lines of a plain report, by the file that they speak of.
fn by_file(report: &str) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in report.lines().filter(|line| line.contains(']')) {
        let path = line.split(':').next().unwrap_or_default();
        found.entry(path.to_owned()).or_default().push(line.to_owned());
    }
    found
}

#[test]
fn a_named_file_gives_what_it_gives_in_a_walk() {
    for case in ["docker-run/programs", "compose/programs", "kubernetes/programs", "ci-container/steps"] {
        let folder = root().join("fixtures").join(case);
        let scratch = tempfile::tempdir().expect("a scratch folder");
        files(&folder).iter().for_each(|file| copy(&folder, scratch.path(), file));
        fs::create_dir(scratch.path().join(".git")).expect("a folder");
        let report = |arguments: &[&str]| {
            let always = ["--isolated", "--pedantic", "--format", "plain"];
            by_file(&shmlint(scratch.path(), &[&always, arguments].concat()).stdout)
        };
        let walked = report(&["."]);
        assert!(!walked.is_empty(), "{case}");
        for (path, lines) in &walked {
            assert_eq!(report(&[path.as_str()]).get(path), Some(lines), "{case}: {path}");
            if let Some((below, _)) = path.split_once('/') {
                assert_eq!(report(&[below]).get(path), Some(lines), "{case}: {path} in a walk of {below}");
            }
        }
        assert_ne!(report(&["--no-programs", "."]), walked, "{case}");
    }
}

#[test]
fn nothing_outside_of_the_repository_is_read() {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let inside = scratch.path().join("repository");
    fs::create_dir_all(inside.join(".git")).expect("a folder");
    let loader = "from torch.utils.data import DataLoader\nDataLoader([], num_workers=0)\n";
    fs::write(scratch.path().join("train.py"), loader).expect("a file");
    let run = |volume: &str| {
        let line = format!("docker run --gpus 1 -v {volume}:/work acme/thing python /work/train.py\n");
        fs::write(inside.join("run.sh"), line).expect("a file");
        shmlint(&inside, &["--isolated", "--format", "plain", "."]).stdout
    };
    let outside = run("$PWD/..");
    assert!(outside.contains("missing-shm"), "{outside}");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(scratch.path(), inside.join("link")).expect("a link");
        let linked = run("$PWD/link");
        assert!(linked.contains("missing-shm"), "{linked}");
    }
    fs::write(inside.join("train.py"), loader).expect("a file");
    let own = run("$PWD");
    assert!(!own.contains("missing-shm"), "{own}");
}
