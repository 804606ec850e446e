//! The entries for other projects' lists are valid and speak of this program: options exist, files are there.
//
// A test that cannot go on says why and stops.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use std::fs;

use common::{root, shmlint};
use serde_json::Value;

fn read(name: &str) -> String {
    fs::read_to_string(root().join("packaging").join(name)).expect(name)
}

#[test]
fn the_address_of_the_site_is_the_same_everywhere() {
    let home = env!("CARGO_PKG_HOMEPAGE");
    let host = &home[..home.find(".io/").unwrap() + 4];
    for file in ["README.md", "docs/llms.txt", "docs/zensical.toml", "pyproject.toml"] {
        let text = fs::read_to_string(root().join(file)).expect(file);
        let mut addresses = text.match_indices(host).map(|(at, _)| &text[at..]).peekable();
        assert!(addresses.peek().is_some(), "{file} has the address");
        assert!(addresses.all(|rest| rest.starts_with(home)), "{file}: the site is at {home}");
    }
}

#[test]
fn entries_of_other_lists_are_valid() {
    let schema: Value = serde_json::from_str(&read("schemastore.json")).unwrap();
    let file = schema["url"].as_str().unwrap().rsplit_once("/main/").unwrap().1;
    assert!(root().join(file).is_file(), "{file}");
    assert_eq!(schema["fileMatch"][0], "shmlint.toml");
    let linters: Value = serde_yaml::from_str(&read("megalinter.yml")).unwrap();
    assert_eq!(linters["linters"][0]["linter_name"], "shmlint");
    let mise: toml::Table = toml::from_str(&read("mise.toml")).unwrap();
    assert!(
        mise["backends"]
            .as_array()
            .unwrap()
            .iter()
            .all(|backend| backend.as_str().unwrap().ends_with("shmlint"))
    );
    let help = shmlint(root(), &["--help"]).stdout;
    let texts = ["megalinter.yml", "mise.toml", "hk.pkl"].map(read).join(" ");
    let words = texts.split(|c: char| !c.is_alphanumeric() && c != '-').filter(|word| word.starts_with("--"));
    for option in words {
        assert!(help.contains(option), "{option} is an option");
    }
}
