//! Reading the entries around edits gives what reading all of the text gives.

use super::random::file;
use crate::syntax::yaml::Yaml;
use crate::text::source::Span;
use proptest::prelude::*;

/// Makes edits, and holds the tree that is read in parts against the one of the whole text. Whether there was one.
fn agrees(text: &str, edits: &[(Span, String)]) -> bool {
    let mut after = text.to_owned();
    for (span, put) in edits.iter().rev() {
        after.replace_range(span.range(), put);
    }
    let lengths: Vec<(Span, usize)> = edits.iter().map(|(span, put)| (*span, put.len())).collect();
    let before = Yaml::parse(text);
    // What was seen of the keys before is not looked at again.
    before.duplicate_keys(text);
    let Some(tree) = before.reread(text, &after, &lengths) else { return false };
    let whole = Yaml::parse(&after);
    assert!(tree.is_same(&whole), "{text:?}\n{edits:?}\n{after:?}");
    assert_eq!(tree.duplicate_keys(&after), whole.duplicate_keys(&after), "{text:?}\n{edits:?}\n{after:?}");
    true
}

/// Lines that are sound, odd or broken.
const LINES: &[&str] = &[
    "shm_size: '2g'",
    "a: 1",
    "k1_: 1",
    "k2_:\n  k: 1\n  k: 2",
    "b:",
    "- x",
    "- k: v",
    "# c",
    "c: |",
    "c: >-",
    "? x",
    "d: {a: 1}",
    "e: [",
    "f: \"",
    "g: &x 1",
    "h: *x",
    "---",
    "...",
    "%T",
    ":",
    "x",
    "\t",
    "i: !t x",
    "- - 1",
    "'k': \"a\\tb\"",
];

/// What is put in: lines and pieces that are sound, odd or broken.
fn piece() -> impl Strategy<Value = String> {
    let line = (0usize..9, prop::sample::select(LINES));
    let line = line.prop_map(|(indent, text)| format!("{}{text}\n", " ".repeat(indent)));
    prop_oneof![6 => line, 1 => "[ -~\n]{0,6}", 1 => Just(String::new())]
}

/// Where an edit goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Goes {
    /// Anywhere, in place of what stands there.
    Anywhere,
    /// Before a line.
    Before,
    /// Behind a line, before its line break.
    Behind,
}

fn edits_of(text: &str, places: Vec<(usize, usize, Goes, String)>) -> Vec<(Span, String)> {
    let mut edits: Vec<(Span, String)> = Vec::new();
    let mut sorted: Vec<(usize, usize, Goes, String)> =
        places.into_iter().map(|(at, len, goes, put)| (at % (text.len() + 1), len, goes, put)).collect();
    sorted.sort();
    let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
    for (at, len, goes, put) in sorted {
        let to_line = |at: usize| text[..at].rfind('\n').map_or(0, |end| end + 1);
        let floor = |mut at: usize| {
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (floor(at), floor((at + len).min(text.len())));
        let (start, end, put) = match goes {
            Goes::Anywhere => (start, end, put),
            Goes::Before => (to_line(start), to_line(start), put.replace('\n', line_break)),
            Goes::Behind => {
                let end = text[start..].find(line_break).map_or(text.len(), |end| start + end);
                (end, end, format!("{line_break}{}", put.trim_end_matches('\n')))
            }
        };
        if edits.last().is_none_or(|(last, _)| last.end < start) {
            edits.push((Span::new(start, end), put));
        }
    }
    edits
}

fn goes() -> impl Strategy<Value = Goes> {
    prop_oneof![2 => Just(Goes::Anywhere), 4 => Just(Goes::Before), 4 => Just(Goes::Behind)]
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(if cfg!(debug_assertions) { 1500 } else { 60_000 })
    })]

    #[test]
    fn a_text_read_in_parts_is_the_text(
        text in file(),
        places in prop::collection::vec((any::<usize>(), 0usize..12, goes(), piece()), 1..4),
    ) {
        agrees(&text, &edits_of(&text, places));
    }
}

#[test]
fn a_line_put_between_the_keys_of_a_service_needs_no_more_than_its_neighbour() {
    let service = |name: &str| format!("  {name}:\n    image: x\n    deploy:\n      a: [b]\n    # end\n");
    let text = format!("services:\n{}{}{}volumes:\n  v:\n", service("a"), service("b"), service("c"));
    let put = |at: usize| (Span::at(at), "    shm_size: '2g'\n".to_owned());
    for (at, _) in text.match_indices("    deploy:") {
        assert!(agrees(&text, &[put(at)]));
    }
    let both: Vec<_> = text.match_indices("    deploy:").map(|(at, _)| put(at)).collect();
    assert!(agrees(&text, &both));
    let list =
        "spec:\n  containers:\n  - name: a\n    image: x\n  - name: b\n    image: y\n    args: |\n      z\n";
    assert!(agrees(list, &[(Span::at(list.find("  - name: b").unwrap()), "    tty: true\n".to_owned())]));
    // Behind what stands above it; the collections that end there stay as they are.
    let behind = |line: &str| {
        let at = text.rfind(line).unwrap() + line.len();
        (Span::at(at), "\n    shm_size: '2g'".to_owned())
    };
    assert!(agrees(&text, &[behind("      a: [b]")]) && agrees(&text, &[behind("    # end")]));
    assert!(agrees("a:\n  b: 1\nc:\n  d: 1\n", &[(Span::at(10), "  b: 2\n".to_owned())]));
    let nested = "  e:\n    k: 1\n    k: 2\n".to_owned();
    assert!(agrees("a:\n  b: 1\nc:\n  d: 1\n", &[(Span::at(10), nested)]));
    // The blank line was part of the block scalar's text, and is no longer.
    assert!(agrees("a:\n  b: |+\n    x\n\n  c: 1\n", &[(Span::at(17), "  d: 2\n".to_owned())]));
    // A byte order mark is no column.
    assert!(!agrees("\u{feff}a: 1\nb: 2\n", &[(Span::at(7), "\n   c: 3".to_owned())]));
    // A document ends elsewhere where its last line has no end.
    let open = "services:\n  a: {image: x}\n  b: one two";
    assert!(!agrees(open, &[(Span::new(open.len() - 4, open.len()), "\n".to_owned())]));
    assert!(agrees("a:\n  b: 1\nc:\n  d: [1, 2, 3]\n", &[(Span::at(10), "  e: 2\n".to_owned())]));
    // What stands behind a `?` is a key, though it looks like an entry.
    let complex = "e: x\n?\n    a: b\n    c\n?\n    d: e\n";
    assert!(!agrees(complex, &[(Span::new(24, 26), String::new())]));
    // A block scalar would take the line.
    assert!(!agrees(list, &[(Span::at(list.len()), "      tty: true\n".to_owned())]));
}
