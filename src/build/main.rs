//! Turns the pages and the tables in `rules/` into static tables, so that nothing of them is parsed at start-up.

// A build that cannot go on says why and stops; it speaks to cargo by printing.
#![allow(clippy::expect_used, clippy::print_stdout)]

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use serde::Deserialize;

mod accelerators;
mod images;
mod operators;
mod programs;
mod python;

fn main() {
    println!("cargo::rerun-if-changed=rules");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("rules.rs"), rule_pages()).expect("OUT_DIR can be written");
    let tables = [
        ("images.rs", images::table()),
        ("accelerators.rs", accelerators::table()),
        ("operators.rs", operators::table()),
        ("programs.rs", programs::table()),
        ("python.rs", python::table()),
    ];
    for (name, table) in tables {
        let table = table.unwrap_or_else(|error| panic!("{error}"));
        fs::write(Path::new(&out).join(name), table).expect("OUT_DIR can be written");
    }
}

/// What stands between the `---` lines of a page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    code: String,
    name: String,
    severity: String,
    fix: String,
    summary: String,
}

/// One constant of type `Rule` for each page, named as the page with `_` for `-`.
fn rule_pages() -> String {
    let mut paths: Vec<_> =
        fs::read_dir("rules").expect("rules/ is there").flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    paths.sort();
    let mut out = String::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("a page is text");
        let stem = path.file_stem().expect("a page has a name").to_string_lossy().into_owned();
        let (front, page) = text
            .strip_prefix("---\n")
            .and_then(|text| text.split_once("\n---\n"))
            .unwrap_or_else(|| panic!("{}: begins with front matter between --- lines", path.display()));
        let front: FrontMatter =
            serde_yaml::from_str(front).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(front.name, stem, "{}: the name in the front matter is the file's", path.display());
        let severity = match front.severity.as_str() {
            "error" => "Error",
            "warning" => "Warning",
            "note" => "Note",
            other => panic!("{}: severity {other}: error, warning or note", path.display()),
        };
        let FrontMatter { code, name, fix, summary, .. } = front;
        writeln!(
            out,
            "pub(super) const {}: Rule = Rule {{ code: {code:?}, name: {name:?}, severity: Severity::{severity}, \
             fix: {fix:?}, summary: {summary:?}, page: {page:?} }};",
            stem.replace('-', "_"),
        )
        .expect("a string takes text");
    }
    out
}
