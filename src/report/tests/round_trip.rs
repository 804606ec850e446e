//! Whoever applies the edits of a machine format gets the bytes that `--fix` writes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::*;
use crate::fix::choose::patches;
use crate::text::source::Source;

/// Replacements by path: first byte, byte behind the last, text. A set, for identical ones are made once.
type Edits = BTreeMap<String, BTreeSet<(usize, usize, String)>>;

/// The files that the sample's fixes touch.
fn sources(report: &Report) -> BTreeMap<String, Arc<Source>> {
    let edits = report.findings.iter().filter_map(|finding| finding.fix.as_ref()).flat_map(|fix| &fix.edits);
    edits.map(|edit| (edit.source.path().to_owned(), Arc::clone(&edit.source))).collect()
}

/// Applies edits from the back, as an editor would.
fn applied(report: &Report, edits: &Edits) -> BTreeMap<String, Vec<u8>> {
    let sources = sources(report);
    let apply = |(path, edits): (&String, &BTreeSet<(usize, usize, String)>)| {
        let mut bytes = sources[path].bytes().to_vec();
        for (start, end, text) in edits.iter().rev() {
            bytes.splice(start..end, text.bytes());
        }
        (path.clone(), bytes)
    };
    edits.iter().map(apply).collect()
}

fn fixed(report: &Report, with_unsafe: bool) -> BTreeMap<String, Vec<u8>> {
    let patches = patches(&report.findings, with_unsafe);
    patches.iter().map(|(before, after)| (before.path().to_owned(), after.bytes().to_vec())).collect()
}

fn parsed(format: Format, view: &View<'_>) -> Value {
    serde_json::from_str(&rendered(format, view)).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

/// The byte of a line and a column, which counts what `units` gives for a character.
fn byte(source: &Source, line: usize, column: usize, units: fn(char) -> usize) -> usize {
    let span = source.line_span(line);
    let mut left = column - 1;
    let mut at = span.start;
    for c in source.slice(span).chars() {
        if left == 0 {
            break;
        }
        left -= units(c);
        at += c.len_utf8();
    }
    at
}

#[test]
fn json_edits_give_what_fix_writes() {
    let report = sample::report();
    let json = parsed(Format::Json, &view(&report));
    for with_unsafe in [false, true] {
        let mut edits = Edits::new();
        let fixes = json["findings"].as_array().unwrap().iter().map(|finding| &finding["fix"]);
        for fix in fixes.filter(|fix| fix["safety"] == "safe" || (with_unsafe && fix["safety"] == "unsafe")) {
            for edit in fix["edits"].as_array().unwrap() {
                let entry = edits.entry(text(&edit["path"])).or_default();
                let (start, end) = (number(&edit["start_byte"]), number(&edit["end_byte"]));
                let source = &sources(&report)[&text(&edit["path"])];
                assert_eq!(byte(source, number(&edit["line"]), number(&edit["column"]), |_| 1), start);
                assert_eq!(byte(source, number(&edit["end_line"]), number(&edit["end_column"]), |_| 1), end);
                entry.insert((start, end, text(&edit["replacement"])));
            }
        }
        assert_eq!(applied(&report, &edits), fixed(&report, with_unsafe));
    }
}

#[test]
fn sarif_fixes_give_what_fix_writes() {
    let report = sample::report();
    let sarif = parsed(Format::Sarif, &view(&report));
    let mut edits = Edits::new();
    for result in sarif["runs"][0]["results"].as_array().unwrap() {
        for fix in result["fixes"].as_array().into_iter().flatten() {
            for change in fix["artifactChanges"].as_array().unwrap() {
                let path = text(&change["artifactLocation"]["uri"]).replace("%20", " ");
                let source = Arc::clone(&sources(&report)[&path]);
                for replacement in change["replacements"].as_array().unwrap() {
                    let region = &replacement["deletedRegion"];
                    let at = |line: &str, column: &str| {
                        byte(&source, number(&region[line]), number(&region[column]), |_| 1)
                    };
                    let (start, end) = (at("startLine", "startColumn"), at("endLine", "endColumn"));
                    assert_eq!(number(&region["byteOffset"]), start);
                    assert_eq!(number(&region["byteLength"]), end - start);
                    let inserted = text(&replacement["insertedContent"]["text"]);
                    edits.entry(path.clone()).or_default().insert((start, end, inserted));
                }
            }
        }
    }
    assert_eq!(applied(&report, &edits), fixed(&report, true));
}

#[test]
fn rdjson_suggestions_give_what_fix_writes() {
    let report = sample::report();
    for unsafe_fixes in [false, true] {
        let rdjson = parsed(Format::Rdjson, &View { unsafe_fixes, ..view(&report) });
        let mut edits = Edits::new();
        for diagnostic in rdjson["diagnostics"].as_array().unwrap() {
            let path = text(&diagnostic["location"]["path"]);
            for suggestion in diagnostic["suggestions"].as_array().into_iter().flatten() {
                let source = &sources(&report)[&path];
                let at = |end: &str| {
                    let position = &suggestion["range"][end];
                    byte(source, number(&position["line"]), number(&position["column"]), char::len_utf8)
                };
                let edit = (at("start"), at("end"), text(&suggestion["text"]));
                assert!(edits.entry(path.clone()).or_default().insert(edit), "an edit is suggested once");
            }
        }
        assert_eq!(applied(&report, &edits), fixed(&report, unsafe_fixes));
    }
}
