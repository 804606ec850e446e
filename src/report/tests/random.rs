//! No text and no place in it can break a format.

use proptest::prelude::*;

use super::valid::is_well_formed;
use super::*;
use crate::container::finding::{Finding, Fix, Severity};
use crate::text::edits::Edit;
use crate::text::place::Place;
use crate::text::source::{Source, Span};

/// Bytes as files hold them at their worst.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"services:\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\t".to_vec()),
        Just("数größe\u{301}\u{202e}".as_bytes().to_vec()),
        Just(b"\xe9\xff".to_vec()),
        Just(b"\x1b[31m\x00".to_vec()),
        Just(b"a long line without any end ".repeat(20)),
        Just(b"`|<&>\"%,:".to_vec()),
        Just(b"\n".to_vec()),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// A finding in some file, with related places and perhaps a fix, all anywhere.
fn finding() -> impl Strategy<Value = Finding> {
    let cut = || (any::<prop::sample::Index>(), 0..40_usize);
    let parts =
        (bytes(), bytes(), cut(), prop::collection::vec(cut(), 0..4), prop::option::of(cut()), bytes());
    parts.prop_map(|(here, there, own, related, fix, text)| {
        let (here, there) = (Source::new("a\n`b`.yml", here), Source::new("dir/c d.yml", there));
        let span = |source: &Source, (index, length): (prop::sample::Index, usize)| {
            let start = index.index(source.text().len() + 1);
            Span::new(start, (start + length).min(source.text().len()))
        };
        let text = String::from_utf8_lossy(&text).into_owned();
        let rule = crate::rules::find("SHM001").unwrap();
        let mut finding = Finding::in_file(rule, Place::new(&here, span(&here, own)), text.clone())
            .severity(Severity::Error)
            .help(text.clone());
        for (index, cut) in related.into_iter().enumerate() {
            let source = if index % 2 == 0 { &here } else { &there };
            finding = finding.related(Place::new(source, span(source, cut)), text.clone());
        }
        finding.fix = fix.map(|cut| {
            let edit = Edit::replacement(&there, span(&there, cut), text.clone());
            Fix::safe(text, vec![edit])
        });
        finding
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_format_stands_every_finding(findings in prop::collection::vec(finding(), 1..4), width in 20..140_usize) {
        let number = findings.len();
        let report = Report { findings, ..Report::default() };
        for format in Format::value_variants() {
            for look in [Look::PLAIN, Look { color: true, links: true, width, terminal: true }] {
                let text = rendered(*format, &View { look, ..view(&report) });
                match format {
                    Format::Plain | Format::Github | Format::JsonLines => prop_assert_eq!(text.lines().count(), number),
                    Format::Json | Format::Sarif | Format::Gitlab | Format::Rdjson => {
                        prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
                    }
                    Format::Junit | Format::Checkstyle => prop_assert!(is_well_formed(&text), "{}", text),
                    Format::Human => {
                        let harmless = text.replace("\x1b]8;;", "").replace("\x1b\\", "").replace("\x1b[", "");
                        prop_assert!(!harmless.contains(|c| c != '\n' && style::is_unsafe(c)), "{:?}", text);
                    }
                    Format::Markdown => {}
                }
            }
        }
    }
}
