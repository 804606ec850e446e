//! What the tree says of the styles that people write.

use crate::syntax::yaml::*;
use crate::text::source::Span;

/// The root of a text that has one sound document, and lives for the rest of the test.
fn root(text: &'static str) -> Node<'static> {
    let yaml = Box::leak(Box::new(Yaml::parse(text)));
    assert_eq!(yaml.errors().count(), 0, "{:?}", yaml.documents());
    yaml.root(text).unwrap()
}

/// The node under these keys.
fn under(text: &'static str, keys: &[&str]) -> Node<'static> {
    keys.iter().fold(root(text), |node, key| node.get(key).unwrap())
}

fn written(node: Node<'_>) -> &str {
    node.span().of(node.text)
}

fn error(text: &str) -> (usize, String) {
    let yaml = Yaml::parse(text);
    let error = yaml.errors().next().unwrap();
    (error.span.start, error.message.clone())
}

#[test]
fn scalars_are_their_text_or_their_meaning() {
    let root = root("a: x y\nb: \"q\\n\"\nc: 'it''s'\nd: |\n  l\n  m\n\ne: >-\n  f\n  g\nf: 'one'\n");
    let values: Vec<_> = root.entries().map(|entry| entry.value.str().unwrap()).collect();
    assert_eq!(values, ["x y", "q\n", "it's", "l\nm\n", "f g", "one"]);
    let spans: Vec<_> = root.entries().map(|entry| written(entry.value)).collect();
    assert_eq!(spans, ["x y", "\"q\\n\"", "'it''s'", "l\n  m", "f\n  g", "'one'"]);
    assert_eq!(root.yaml.values.len(), 4, "only what differs from its source is kept");
}

#[test]
fn nothing_written_stands_behind_its_colon_or_dash() {
    let text = "a:\nb: &x\nc: !!null # no\nd:\n- \n-\ne: {f: , g, ? h}\n? i\n? j\n\n# end\n";
    let missing = |node: Node<'_>| node.is_missing().then(|| node.span().start);
    let places: Vec<_> = root(text).entries().filter_map(|entry| missing(entry.value)).collect();
    let find = |what: &str| text.find(what).unwrap() + what.len();
    assert_eq!(places, [find("a:"), find("&x"), find("!!null"), find("? i"), find("? j")]);
    let items: Vec<_> = under(text, &["d"]).items().map(|item| missing(item).unwrap()).collect();
    assert_eq!(items, [find("- ") - 1, find("- \n-")]);
    let flow: Vec<_> = under(text, &["e"]).entries().map(|entry| missing(entry.value).unwrap()).collect();
    assert_eq!(flow, [find("f:"), find("g"), find("? h")]);
}

#[test]
fn sequences_begin_at_their_first_dash() {
    assert_eq!(written(under("a:\n# c\n- b\n- c\n", &["a"])), "- b\n- c");
    assert_eq!(written(under("a: &x !!seq # - no\n- - b\n", &["a"])), "- - b");
    assert_eq!(written(under("a:\n  - b: 1\n    c:\nd: 2", &["a"])), "- b: 1\n    c:");
    assert_eq!(written(root("- a\n-\n  - b # c\n")), "- a\n-\n  - b");
    assert_eq!(written(root("? - a\n  - b\n: - c\n").entries().next().unwrap().key), "- a\n  - b");
    assert_eq!(written(root("? x\n:\n- c\n").entries().next().unwrap().value), "- c");
}

#[test]
fn collections_span_their_brackets_or_their_entries() {
    assert_eq!(written(under("a: { b: [1, 2] } # c\n", &["a"])), "{ b: [1, 2] }");
    assert_eq!(written(under("a:\n  b: 1 # c\n  # d\ne: f", &["a"])), "b: 1");
    let pairs: Vec<_> = root("[a: b, ? c : d, {e: f}: g, \"h\":i]").items().collect();
    assert!(pairs.iter().all(|pair| pair.kind() == NodeKind::Mapping(CollectionLayout::Pair)));
    let spans: Vec<_> = pairs.into_iter().map(written).collect();
    assert_eq!(spans, ["a: b", "? c : d", "{e: f}: g", "\"h\":i"]);
}

#[test]
fn anchors_tags_and_aliases_stay_as_written() {
    let text =
        "a: &x !reset\n  b: 1\nc: !!str &x d\ne: *x\n*x : f\n<<: *x\n'<<': g\n! <<: h\n!!merge <<: i\n";
    let root = root(text);
    let entries: Vec<_> = root.entries().collect();
    assert_eq!((entries[0].value.tag(), entries[0].value.anchor()), (Some("!reset"), Some("x")));
    assert_eq!(entries[0].value.anchor_span().unwrap().start, text.find("x !reset").unwrap());
    assert_eq!((entries[1].value.tag(), entries[1].value.anchor()), (Some("!!str"), Some("x")));
    assert!(entries[1].value.is_tagged("str") && !entries[0].value.is_tagged("reset"));
    assert_eq!(entries[2].value.target(), Some(entries[1].value), "the last anchor of the name");
    assert_eq!(entries[3].key.resolve().str(), Some("d"));
    let merges: Vec<_> = entries.iter().map(|entry| entry.is_merge()).collect();
    assert_eq!(merges, [false, false, false, false, true, false, true, true]);
}

#[test]
fn block_scalars_have_a_header_and_a_body() {
    let block = |text: &'static str| {
        let block = under(text, &["a"]).block_scalar().unwrap();
        (block.header.of(text), block.body.of(text), block.indent)
    };
    assert_eq!(block("a: | # c | d\n\n  x\n   y\n\nb:"), ("|", "\n  x\n   y\n", Some(2)));
    assert_eq!(block("a: &k|x !t\n  >2-\n    x\n  \n# c\n"), (">2-", "    x\n", Some(2)));
    assert_eq!(block("a: |+\r\n x\r\n\r\n\r\n# c\r\n"), ("|+", " x\r\n\r\n\r\n", Some(1)));
    assert_eq!(block("a: |\nb: c\n"), ("|", "", None));
    assert_eq!(block("a: |+ # c\n\n\n"), ("|+", "\n\n", None));
    assert_eq!(block("a: |-\n  x"), ("|-", "  x", Some(2)));
    let lines = "a: |\n  x\n     \n  \n";
    assert_eq!(under(lines, &["a"]).str(), Some("x\n   \n"));
    assert_eq!(under(lines, &["a"]).block_scalar().unwrap().body.of(lines), "  x\n     \n");
    let item = "- [a, b]\n# c\n- |\n t\n";
    assert_eq!(
        root(item).items().nth(1).unwrap().block_scalar().unwrap().header.start,
        item.find('|').unwrap()
    );
    let empty = "a:\n  - - >+\n\n\n";
    let item = under(empty, &["a"]).items().next().unwrap().items().next().unwrap();
    assert_eq!(item.block_scalar().unwrap().body.of(empty), "\n\n");
    for text in ["|\n a\n", "--- |\n a\n", "# c\n--- !t\n|\n a\n"] {
        assert_eq!(root(text).block_scalar().unwrap().header.of(text), "|", "{text:?}");
    }
}

#[test]
fn duplicate_keys_are_found_with_both_places() {
    let text = "a: 1\n'a': 2\nb: {c: 1, c: 2, c: 3}\nc: 1\n<<: {}\n<<: {}\n";
    let yaml = Yaml::parse(text);
    let found: Vec<_> = yaml
        .duplicate_keys(text)
        .iter()
        .map(|found| {
            let (first, again) = found.nodes(&yaml, text);
            (first.span().start, again.span().start)
        })
        .collect();
    assert_eq!(found, [(0, 5), (16, 22), (16, 28), (39, 46)]);
    let many: String = (0..40).fold(String::new(), |text, number| format!("{text}k{}: 1\n", number % 39));
    let yaml = Yaml::parse(&many);
    assert_eq!(yaml.duplicate_keys(&many).len(), 1);
}

#[test]
fn documents_fail_one_by_one() {
    let text =
        "a: 1\n---\nb: [1\n---\nc: \"x\n---\nd:\n\te: 1\n---\n---\ne: *x\n---\nf: &x 2\n...\n---\ng: *x\n";
    let yaml = Yaml::parse(text);
    let sound: Vec<_> = yaml.documents().iter().map(|document| document.root.is_ok()).collect();
    assert_eq!(sound, [true, false, false, false, true, false, true, true]);
    let places: Vec<_> =
        yaml.errors().map(|error| text.get(error.span.start..error.span.start + 2).unwrap()).collect();
    assert_eq!(places, ["[1", "\"x", "\te", "*x"]);
    let last = yaml.roots(text).last().unwrap();
    let target = last.get("g").unwrap().target().unwrap();
    assert_eq!(target.str(), Some("2"), "an anchor lives on in later documents");
    assert!(
        yaml.document_of(target.id()).unwrap().span.end < yaml.document_of(last.id()).unwrap().span.start
    );
    assert_eq!(Yaml::parse("# nothing\n").documents().len(), 0);
}

#[test]
fn errors_say_what_and_where() {
    assert_eq!(error("a: 'x\nb: c\n"), (3, "this quote is never closed".to_owned()));
    for text in ["a: {b: c\nd: e\n", "a:\n  {b: c\nd: e\n", "a: {b: c\nd: e\n---\n{}"] {
        assert_eq!(error(text), (text.find('{').unwrap(), "this '{' is never closed".to_owned()));
    }
    assert_eq!(error("a: {b: c\nd: e}\n"), (10, "expected ',' or '}'".to_owned()));
    assert!(error("a: 1\n\tb: 2\n").1.contains("tab"));
    assert!(error("a: &x {b: *x}").1.contains("stands inside '&x'"));
    assert!(error("a: *y").1.contains("no anchor '&y'"));
    assert!(error("a: b: c").1.contains("':' cannot"));
    assert!(error("a: x\0y").1.contains("'\\u{0}'"));
    assert!(error(&"{a: ".repeat(100_000)).1.contains("255"));
    assert!(error(&"- ".repeat(100_000)).1.contains("255"));
    assert_eq!(root("\u{feff}a: 1").get("a").unwrap().span(), Span::new(6, 7));
    assert_eq!(root("%YAML 1.1\n---\na: 1").get("a").unwrap().str(), Some("1"));
}

#[test]
fn a_byte_belongs_to_a_value_or_to_none() {
    let text = "a: 'x # y' # z\nb: |\n # t\n";
    let yaml = Yaml::parse(text);
    let inside: Vec<_> = text.match_indices('#').map(|(at, _)| yaml.leaf_at(at).is_some()).collect();
    assert_eq!(inside, [true, false, true]);
}

#[test]
fn what_aliases_bring_in_counts_with_what_those_inside_bring_in() {
    let text = "a: &a [1, 2]\nb: &b [*a, *a]\nc: *b\n";
    let yaml = Yaml::parse(text);
    // Twice `[1, 2]`, and `[*a, *a]` with both of them inside.
    let whole = 6 + 6 + 8 + 12;
    assert_eq!(yaml.excess(whole), None);
    let last = yaml.excess(whole - 1).map(|id| yaml.node(text, id).span().of(text));
    assert_eq!(last, Some("*b"));
    assert_eq!(Yaml::parse("a: 1\n").excess(0), None);
}
