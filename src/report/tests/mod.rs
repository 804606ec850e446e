//! Every format over the same findings, held against the files in `tests/snapshots`.
//!
//! `UPDATE=1 cargo test report` writes them anew.

mod random;
mod round_trip;
mod valid;

use std::fs;
use std::path::PathBuf;

use clap::ValueEnum;

use super::*;

/// Paths that are as they are.
static ROOT: Repository = Repository { root: String::new(), below: String::new() };

fn view(report: &Report) -> View<'_> {
    View {
        report,
        look: Look::PLAIN,
        unsafe_fixes: false,
        quiet: false,
        fixed: "",
        statistics: false,
        repository: &ROOT,
    }
}

fn rendered(format: Format, view: &View<'_>) -> String {
    let mut out = Vec::new();
    write(format, &mut out, view).unwrap();
    String::from_utf8(out).unwrap()
}

/// Holds a text against the file of that name.
fn matches(name: &str, found: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, found).unwrap();
    }
    let wanted = fs::read_to_string(&file).unwrap_or_default();
    if wanted != found {
        let diff = similar::TextDiff::from_lines(wanted.as_str(), found);
        panic!("{}\n{}", file.display(), diff.unified_diff().header("expected", "found"));
    }
}

#[test]
fn every_format_prints_the_sample_as_expected() {
    let report = sample::report();
    for format in Format::value_variants() {
        let name = format.to_possible_value().unwrap().get_name().to_owned();
        matches(&format!("{name}.txt"), &rendered(*format, &view(&report)));
    }
}

#[test]
fn a_terminal_gets_colours_and_links() {
    let report = sample::report();
    let look = Look { color: true, links: true, width: 60, terminal: true };
    let text = rendered(Format::Human, &View { look, ..view(&report) });
    matches("human-terminal.txt", &text.replace('\x1b', "␛"));
}

#[test]
fn statistics_and_last_lines_are_short() {
    let report = sample::report();
    let text = rendered(Format::Human, &View { statistics: true, ..view(&report) });
    matches("human-statistics.txt", &text);
    let line = |view: &View<'_>| human::summary::line(view);
    let empty = Report::default();
    assert_eq!(line(&view(&empty)), "No files to check.");
    let hidden = Report { suppressed: sample::report().findings, counts: report.counts, ..Report::default() };
    assert_eq!(line(&view(&hidden)), "No findings in 5 files with 4 GPU containers, 5 suppressed.");
    let fixed = "2 findings in 1 file (2 SHM001)";
    assert_eq!(line(&View { fixed, ..view(&empty) }), "Fixed 2 findings in 1 file (2 SHM001); none left.");
    assert_eq!(
        line(&View { fixed: "1 finding in 1 file (1 SHM001)", unsafe_fixes: true, ..view(&report) }),
        "Fixed 1 finding in 1 file (1 SHM001); 5 findings in 4 files left (2 errors, 3 warnings), 4 fixable with `--fix --unsafe-fixes`."
    );
}

#[test]
fn the_list_fits_a_terminal_and_is_whole_elsewhere() {
    let listed = sample::listed();
    let text = |look: Look| {
        let mut out = Vec::new();
        list::write(&mut out, &listed, look).unwrap();
        String::from_utf8(out).unwrap()
    };
    matches("list.txt", &text(Look::PLAIN));
    let mut json = Vec::new();
    json::write_list(&mut json, &listed).unwrap();
    matches("list-json.txt", &String::from_utf8(json).unwrap());
    for width in [60, 80, 100, 160] {
        let terminal = text(Look { color: true, links: true, width, terminal: true });
        assert!(terminal.contains("\x1b[32myes\x1b[0m"), "{terminal}");
        let plain = text(Look { color: false, links: false, width, terminal: true });
        let widest = plain.lines().map(|line| line.chars().count()).max().unwrap_or_default();
        assert!(widest <= width && !plain.contains('…'), "{width}: {plain}");
        let words: Vec<&str> = plain.split_whitespace().collect();
        assert!(
            words.join(" ").contains("64 MiB of /dev/shm"),
            "the reason stands there at {width}: {plain}"
        );
    }
}
