//! The examples on every rule's page are true, and no part of a page is missing.
//!
//! A fence whose info string names a file is an example: ```` ```yaml file=compose.yaml reports=SHM001 ````. `reports=` lists
//! the codes that `--pedantic` gives for it, in order, with `,` between; without it the example must be clean. Fences that
//! follow with `and-file=` belong to the same example. A fence with `fixed=compose.yaml` is what that file is after
//! `--fix --unsafe-fixes --pedantic`.
//
// A test that cannot go on says why and stops.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::{files, root, shmlint};

struct Fence {
    info: String,
    text: String,
}

impl Fence {
    fn word(&self, key: &str) -> Option<&str> {
        self.info.split_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }
}

#[test]
fn examples_report_and_fix_as_the_page_says() {
    let mut failures = Vec::new();
    for page in files(&root().join("rules"))
        .iter()
        .filter(|page| page.extension().is_some_and(|ending| ending == "md"))
    {
        let text = fs::read_to_string(root().join("rules").join(page)).expect("a page");
        let fences = fences(&text);
        let starts: Vec<usize> =
            (0..fences.len()).filter(|&index| fences[index].word("file").is_some()).collect();
        for (nth, &start) in starts.iter().enumerate() {
            let end = starts.get(nth + 1).copied().unwrap_or(fences.len());
            if let Err(why) = holds(&fences[start..end]) {
                failures.push(format!("{}, example {}: {why}", page.display(), nth + 1));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_page_has_its_parts_and_every_rule_a_fixture() {
    let pages = files(&root().join("rules"));
    let fixtures = files(&root().join("fixtures"));
    let reports: String = fixtures
        .iter()
        .filter(|file| file.ends_with("expected.txt"))
        .map(|file| fs::read_to_string(root().join("fixtures").join(file)).expect("a report"))
        .collect();
    let mut failures = Vec::new();
    for page in pages.iter().filter(|page| page.extension().is_some_and(|ending| ending == "md")) {
        let name = page.file_stem().expect("a page has a name").to_string_lossy();
        let text = fs::read_to_string(root().join("rules").join(page)).expect("a page");
        for heading in ["# ".to_owned() + &name, "## What it does".into(), "## Why it matters".into()]
            .into_iter()
            .chain(["## Example", "## Fix", "## When to ignore"].map(str::to_owned))
        {
            if !text.lines().any(|line| line == heading) {
                failures.push(format!("{name}: no line '{heading}'"));
            }
        }
        let fences = fences(&text);
        if !fences.iter().any(|fence| fence.word("reports").is_some()) {
            failures.push(format!("{name}: no example that it reports"));
        }
        let fixable = !text.lines().any(|line| line == "fix: none");
        if fixable != fences.iter().any(|fence| fence.word("fixed").is_some()) {
            failures.push(format!("{name}: an example of its fix where it has one, and nowhere else"));
        }
        if !reports.contains(&format!("[{name}]")) {
            failures.push(format!("{name}: no fixture in which it speaks"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn holds(example: &[Fence]) -> Result<(), String> {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    for fence in example {
        if let Some(name) = fence.word("file").or_else(|| fence.word("and-file")) {
            let path = scratch.path().join(name);
            fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("a scratch folder");
            fs::write(path, &fence.text).expect("an example can be written");
        }
    }
    let ran = shmlint(scratch.path(), &["--isolated", "--pedantic", "--format", "json"]);
    let json: serde_json::Value =
        serde_json::from_str(&ran.stdout).map_err(|error| format!("{error}: {}", ran.stderr))?;
    let codes: Vec<&str> = json["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|finding| finding["rule"].as_str())
        .collect();
    let wanted: Vec<&str> =
        example[0].word("reports").map(|codes| codes.split(',').collect()).unwrap_or_default();
    if codes != wanted {
        return Err(format!("reports {codes:?}, the page says {wanted:?}"));
    }
    shmlint(scratch.path(), &["--isolated", "--pedantic", "--fix", "--unsafe-fixes"]);
    for fence in example {
        if let Some(name) = fence.word("fixed") {
            let found = fs::read_to_string(scratch.path().join(name)).unwrap_or_default();
            if found != fence.text {
                return Err(format!("{name} is fixed to:\n{found}"));
            }
        }
    }
    Ok(())
}

/// The fenced blocks of a page, in order.
fn fences(text: &str) -> Vec<Fence> {
    let mut out: Vec<Fence> = Vec::new();
    let mut open: Option<Fence> = None;
    for line in text.split_inclusive('\n') {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some(Fence { info: info.trim().to_owned(), text: String::new() }),
            (Some(_), Some(_)) => out.extend(open.take()),
            (Some(fence), None) => fence.text.push_str(line),
            (None, None) => {}
        }
    }
    out
}
