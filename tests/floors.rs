//! The floors of the crate: every folder of `src/` may use those below it, and no other. The order is what keeps a rule from
//! knowing YAML, a platform from knowing rules, and two areas from growing into one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use walkdir::WalkDir;

/// From the ground up: a floor, and the floors that it may use.
const FLOORS: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("size", &["text"]),
    ("syntax", &["text", "size"]),
    ("container", &["text", "size"]),
    ("knowledge", &["text", "size", "syntax", "container"]),
    ("need", &["text", "size", "syntax", "container", "knowledge"]),
    ("platform", &["text", "size", "syntax", "container", "knowledge", "need"]),
    ("rules", &["text", "size", "container", "knowledge", "need"]),
    ("fix", &["text", "size", "syntax", "container", "need", "platform", "rules"]),
    ("lint", &["text", "size", "container", "knowledge", "need", "platform", "rules", "fix"]),
    ("doctor", &["text", "size", "container", "need"]),
    ("report", &["text", "size", "container", "need", "rules", "fix", "lint", "doctor"]),
    ("config", &["text", "size", "container", "knowledge", "platform", "rules", "lint"]),
    ("server", &["text", "size", "container", "fix", "lint", "report", "config"]),
    ("server", &["text", "size", "container", "fix", "lint", "config"]),
    (
        "cli",
        &[
            "text",
            "size",
            "container",
            "need",
            "rules",
            "fix",
            "lint",
            "doctor",
            "report",
            "config",
            "server",
        ],
    ),
];

/// What the files of a floor take of other floors, each with the file and line where it is taken.
fn uses(floor: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let src = Path::new("src");
    let file = src.join(floor).with_extension("rs");
    let files = WalkDir::new(src.join(floor)).into_iter().flatten().map(walkdir::DirEntry::into_path);
    for path in files.chain([file]).filter(|path| path.extension().is_some_and(|ending| ending == "rs")) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
        // How many steps of `super::` lead from the file to the root of the crate, but for those of modules in the file.
        let depth = path.components().count() - 1 - usize::from(path.ends_with("mod.rs"));
        let mut nested = 0;
        for (line, code) in code.iter().enumerate() {
            let at = || format!("{}:{}", path.display(), line + 1);
            nested += usize::from(code.trim_start().starts_with("mod ") && code.ends_with('{'));
            nested -= usize::from(nested > 0 && *code == "}");
            let steps = code.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
            let up = steps.map(|path| path.matches("super::").count()).max().unwrap_or(0);
            assert!(up < depth + nested, "{}: what is not on the same floor is named from crate::", at());
            for (_, rest) in
                code.match_indices("crate::").map(|(start, word)| code.split_at(start + word.len()))
            {
                let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                assert!(!name.is_empty(), "{}: one floor is named in one line", at());
                found.push((at(), name));
            }
        }
    }
    found
}

#[test]
fn every_arrow_goes_down() {
    let mut below = BTreeSet::new();
    for (floor, may_use) in FLOORS {
        assert!(may_use.iter().all(|other| below.contains(other)), "{floor} uses what is above it");
        below.insert(*floor);
        for (at, name) in uses(floor) {
            let may = name == *floor || may_use.contains(&name.as_str());
            assert!(may, "{at}: {floor} may not use {name}");
        }
    }
}

#[test]
fn every_part_of_the_crate_is_a_floor() {
    let root = fs::read_to_string("src/lib.rs").expect("the crate has a root");
    let parts = root.lines().filter_map(|line| line.rsplit_once("mod ")?.1.strip_suffix(';'));
    let floors: BTreeSet<&str> = FLOORS.iter().map(|(floor, _)| *floor).collect();
    assert_eq!(parts.collect::<BTreeSet<&str>>(), floors);
    assert!(uses("cli").len() > 20, "the lines are read");
}
