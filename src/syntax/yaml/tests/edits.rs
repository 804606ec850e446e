//! What insertions look like in the styles that people write.

use crate::syntax::yaml::{Editor, EntryPosition, Insertion, NewValue, Node, Yaml, equal_but_for};
use crate::text::source::Span;

/// The text with the insertion, after a check that the tree says the same but for it.
fn applied(text: &str, insertion: Insertion) -> String {
    let Insertion { at, text: new } = insertion;
    let edited = format!("{}{new}{}", &text[..at], &text[at..]);
    let (before, after) = (Yaml::parse(text), Yaml::parse(&edited));
    let inserted = [Span::new(at, at + new.len())];
    assert!(equal_but_for((&before, text), (&after, &edited), &inserted), "{edited}");
    assert!(!equal_but_for((&before, text), (&after, &edited), &[]), "nothing was added: {edited}");
    edited
}

/// The node under these keys; numbers are places in sequences.
fn under<'a>(yaml: &'a Yaml, text: &'a str, path: &str) -> Node<'a> {
    let root = yaml.root(text).unwrap();
    path.split_whitespace().fold(root, |node, key| match key.parse() {
        Ok(at) => node.items().nth(at).unwrap(),
        Err(_) => node.get(key).unwrap(),
    })
}

fn insert(
    text: &str,
    path: &str,
    place: impl Fn(Node<'_>) -> EntryPosition,
    key: &str,
    value: &NewValue,
) -> String {
    let yaml = Yaml::parse(text);
    let editor = Editor::new(&yaml, text);
    let mapping = under(&yaml, text, path);
    applied(text, editor.insert(mapping, place(mapping), key, value).unwrap())
}

/// With `n: 1` behind the key.
fn after(text: &str, path: &str, key: &str) -> String {
    let place = |node: Node<'_>| EntryPosition::After(node.entry(key).unwrap().key.id());
    insert(text, path, place, "n", &NewValue::Bare("1".into()))
}

fn first(text: &str, path: &str) -> String {
    insert(text, path, |_| EntryPosition::First, "n", &NewValue::Bare("1".into()))
}

fn last(text: &str, path: &str) -> String {
    insert(text, path, |_| EntryPosition::Last, "n", &NewValue::Bare("1".into()))
}

fn append(text: &str, path: &str, item: &NewValue) -> String {
    let yaml = Yaml::parse(text);
    applied(text, Editor::new(&yaml, text).append(under(&yaml, text, path), item).unwrap())
}

fn volume() -> NewValue {
    let empty_dir =
        NewValue::mapping([("medium", NewValue::plain("Memory")), ("sizeLimit", NewValue::plain("2Gi"))]);
    NewValue::mapping([("name", NewValue::plain("dshm")), ("emptyDir", empty_dir)])
}

#[test]
fn a_key_goes_behind_all_lines_of_its_entry() {
    assert_eq!(after("a: 1 # c\nb: 2\n", "", "a"), "a: 1 # c\nn: 1\nb: 2\n");
    assert_eq!(after("a:\n  b:\n  - c\n\n# d\ne: 2", "", "a"), "a:\n  b:\n  - c\nn: 1\n\n# d\ne: 2");
    assert_eq!(after("a: b\n  c\n\nd: 2", "", "a"), "a: b\n  c\nn: 1\n\nd: 2");
    assert_eq!(after("a: {b: [\n  c,\n]} # d\ne: 2\n", "", "a"), "a: {b: [\n  c,\n]} # d\nn: 1\ne: 2\n");
    assert_eq!(after("x:\n   a: &y\n   b: *y\n", "x", "a"), "x:\n   a: &y\n   n: 1\n   b: *y\n");
}

#[test]
fn comments_stay_with_what_they_comment() {
    let inside = "x:\n  a:\n    b: 1\n    # c: 2\n\n    # d\n  # e\n  f: 1\n";
    assert_eq!(after(inside, "x", "a"), inside.replace("    # d\n", "    # d\n  n: 1\n"));
    assert_eq!(
        first("x:\n  # about a\n  # more\n  a: 1\n", "x"),
        "x:\n  n: 1\n  # about a\n  # more\n  a: 1\n"
    );
    assert_eq!(first("# licence\n\na: 1\n", ""), "# licence\n\nn: 1\na: 1\n");
    assert_eq!(last("x:\n  a: 1\n  # b: 2\ny: 1\n", "x"), "x:\n  a: 1\n  n: 1\n  # b: 2\ny: 1\n");
    assert_eq!(after("x:\n  a: 1\n# left\n  b: 2\n", "x", "a"), "x:\n  a: 1\n  n: 1\n# left\n  b: 2\n");
}

#[test]
fn block_scalars_keep_their_line_ends() {
    assert_eq!(after("a: |\n  x\n\n\nb: 1\n", "", "a"), "a: |\n  x\nn: 1\n\n\nb: 1\n");
    assert_eq!(after("a: |+\n  x\n\n\nb: 1\n", "", "a"), "a: |+\n  x\n\n\nn: 1\nb: 1\n");
    assert_eq!(last("a: |+\n  x\n\n", ""), "a: |+\n  x\n\nn: 1\n");
    assert_eq!(last("a: |-\n  x", ""), "a: |-\n  x\nn: 1");
    assert_eq!(last("a: |\nb: >+\n\n", ""), "a: |\nb: >+\n\nn: 1\n");
    assert_eq!(last("a: 1\nb: |\n  x", ""), "a: 1\nn: 1\nb: |\n  x", "a line end would become part of b");
    assert_eq!(last("b: |\n  x", ""), "n: 1\nb: |\n  x");
    assert_eq!(after("a:\n- |\n x\n\n #c\nb: 1", "", "a"), "a:\n- |\n x\n\n #c\nn: 1\nb: 1");
}

#[test]
fn line_ends_and_their_absence_stay() {
    assert_eq!(last("a: 1", ""), "a: 1\nn: 1");
    assert_eq!(last("x:\r\n a: 1", "x"), "x:\r\n a: 1\r\n n: 1");
    assert_eq!(after("a: 1\r\nb: 2\r\n", "", "a"), "a: 1\r\nn: 1\r\nb: 2\r\n");
    assert_eq!(first("a: 1\r\nb: 2\n", ""), "n: 1\r\na: 1\r\nb: 2\n");
    assert_eq!(last("a: 1\n   ", ""), "a: 1\nn: 1\n   ");
    assert_eq!(last("---\na: 1\n...\n---\nb: 1\n", ""), "---\na: 1\nn: 1\n...\n---\nb: 1\n");
    assert_eq!(first("\u{feff}a: 1\n", ""), "\u{feff}n: 1\na: 1\n");
}

#[test]
fn items_that_begin_with_a_key_keep_their_dash() {
    assert_eq!(first("- a: 1\n  b: 2\n", "0"), "- n: 1\n  a: 1\n  b: 2\n");
    assert_eq!(last("- -   a: 1\n", "0 0"), "- -   a: 1\n      n: 1\n");
    assert_eq!(first("# c\n- &x\n  # d\n  a: 1\n", "0"), "# c\n- &x\n  n: 1\n  # d\n  a: 1\n");
}

#[test]
fn flow_mappings_stay_as_they_are_laid_out() {
    assert_eq!(last("a: {b: 1}\n", "a"), "a: {b: 1, n: 1}\n");
    assert_eq!(after("a: {b: 1,c: 2}\n", "a", "b"), "a: {b: 1,n: 1,c: 2}\n");
    assert_eq!(first("a: { b: 1 } # c\n", "a"), "a: { n: 1, b: 1 } # c\n");
    assert_eq!(last("a: {}\nb: { }\n", "a"), "a: {n: 1}\nb: { }\n");
    assert_eq!(last("a: {}\nb: { }\n", "b"), "a: {}\nb: { n: 1 }\n");
    assert_eq!(last("a: {\n  b: 1,\n  c: 2, # d\n}\n", "a"), "a: {\n  b: 1,\n  c: 2, # d\n  n: 1,\n}\n");
    assert_eq!(
        last("a: {\n  b: 1,\n  # c\n  c: 2 # d\n}\n", "a"),
        "a: {\n  b: 1,\n  n: 1,\n  # c\n  c: 2 # d\n}\n"
    );
    assert_eq!(last("a: {\n  b: 1,\n  c: 2\n}\n", "a"), "a: {\n  b: 1,\n  c: 2,\n  n: 1\n}\n");
    assert_eq!(last("a: {b: 1, c: 2 # d\n}\n", "a"), "a: {b: 1, n: 1, c: 2 # d\n}\n");
    assert_eq!(
        first("a: {b: \"\n #\", c: {\n  d: 1\n}}\n", "a c"),
        "a: {b: \"\n #\", c: {\n  n: 1,\n  d: 1\n}}\n"
    );
    assert_eq!(after("a: {b, c}\n", "a", "b"), "a: {b, n: 1, c}\n");
}

#[test]
fn json_stays_json() {
    let pretty = "{\n    \"a\": {\n        \"b\": \"c\"\n    },\n    \"v\": []\n}\n";
    let value = NewValue::mapping([("m", NewValue::plain("Memory"))]);
    let edited = insert(pretty, "a", |_| EntryPosition::Last, "n", &value);
    assert_eq!(
        edited,
        pretty.replace("\"c\"", "\"c\",\n        \"n\": {\n            \"m\": \"Memory\"\n        }")
    );
    serde_json::from_str::<serde_json::Value>(&edited).unwrap();
    assert_eq!(append(pretty, "v", &value), pretty.replace("[]", "[{\"m\": \"Memory\"}]"));
    assert_eq!(last("{\"a\":1,\"b\":2}", ""), "{\"a\":1,\"b\":2,\"n\":1}");
    assert_eq!(last("[{\"a\": {}}]", "0 a"), "[{\"a\": {\"n\": 1}}]");
}

#[test]
fn items_copy_the_dashes_above() {
    let item = &volume();
    assert_eq!(
        append("v:\n- a: 1\n", "v", item),
        "v:\n- a: 1\n- name: dshm\n  emptyDir:\n    medium: Memory\n    sizeLimit: 2Gi\n"
    );
    assert_eq!(
        append(
            "v:\n    -   a:\n         b: 1 # c\nw: 1",
            "v",
            &NewValue::mapping([("x", NewValue::quoted("y")), ("z", NewValue::Bare("1".into()))])
        ),
        "v:\n    -   a:\n         b: 1 # c\n    -   x: \"y\"\n        z: 1\nw: 1"
    );
    assert_eq!(
        append("v:\n- {a: 1}\n", "v", &NewValue::mapping([("x", NewValue::plain("y"))])),
        "v:\n- {a: 1}\n- {x: y}\n"
    );
    assert_eq!(append("v: [a, b]\n", "v", &NewValue::plain("c")), "v: [a, b, c]\n");
    assert_eq!(append("v: []\n", "v", &NewValue::mapping([("x", NewValue::plain("y"))])), "v: [{x: y}]\n");
    assert_eq!(
        append("v:\n  - a\n  -\n  # c\nw: 1\n", "v", &NewValue::plain("b")),
        "v:\n  - a\n  -\n  - b\n  # c\nw: 1\n"
    );
}

#[test]
fn new_blocks_take_the_steps_and_dashes_of_their_neighbours() {
    let text = "spec:\n    containers:\n    - name: a\n      volumeMounts:\n        - name: x\n";
    let edited =
        insert(text, "spec", |_| EntryPosition::Last, "volumes", &NewValue::Sequence(vec![volume()]));
    assert_eq!(
        edited,
        format!(
            "{text}    volumes:\n    - name: dshm\n      emptyDir:\n          medium: Memory\n          sizeLimit: 2Gi\n"
        )
    );
    let mount = NewValue::Sequence(vec![NewValue::mapping([("name", NewValue::plain("dshm"))])]);
    let two = "c:\n- name: a\n  volumeMounts:\n    - name: x\n- name: b\n";
    assert_eq!(
        insert(two, "c 1", |_| EntryPosition::Last, "volumeMounts", &mount),
        format!("{two}  volumeMounts:\n    - name: dshm\n")
    );
}

#[test]
fn the_steps_of_the_neighbours_count_more_than_those_of_the_file() {
    let inner = NewValue::mapping([("medium", NewValue::plain("Memory"))]);
    let text = "a:\n  b:\n    c: 1\n  d:\n    e: 1\nf:\n  wide:\n      g: 1\n";
    assert_eq!(
        insert(text, "f", |_| EntryPosition::Last, "n", &inner),
        format!("{text}  n:\n      medium: Memory\n"),
        "as wide as beside it, though the file goes by two"
    );
    let item = NewValue::Sequence(vec![NewValue::plain("x")]);
    let text = "a:\n  volumes:\n  - y\nb:\n  ports:\n    - z\n";
    assert_eq!(
        insert(text, "b", |_| EntryPosition::Last, "volumes", &item),
        format!("{text}  volumes:\n  - x\n"),
        "as below the same key elsewhere"
    );
}

#[test]
fn quotes_are_those_of_the_neighbours() {
    let size = &NewValue::quoted("2gb");
    assert_eq!(insert("a: 'x'\nb: y\n", "", |_| EntryPosition::Last, "s", size), "a: 'x'\nb: y\ns: '2gb'\n");
    assert_eq!(insert("a: x\nb: y\n", "", |_| EntryPosition::Last, "s", size), "a: x\nb: y\ns: \"2gb\"\n");
    assert_eq!(
        insert("a: {b: c}\nd: 'e'\n", "a", |_| EntryPosition::Last, "s", size),
        "a: {b: c, s: '2gb'}\nd: 'e'\n"
    );
}

#[test]
fn empty_keys_are_filled() {
    let text = "a:\n  b: # c\n  d: &x\n  e: !reset\n";
    let yaml = Yaml::parse(text);
    let editor = Editor::new(&yaml, text);
    let mapping = under(&yaml, text, "a");
    let fill = |key: &str, value: &NewValue| editor.fill(mapping, mapping.entry(key).unwrap(), value);
    let map = NewValue::mapping([("n", NewValue::plain("m"))]);
    assert_eq!(applied(text, fill("b", &map).unwrap()), text.replace("# c\n", "# c\n    n: m\n"));
    assert_eq!(applied(text, fill("d", &NewValue::plain("m")).unwrap()), text.replace("&x", "&x m"));
    assert_eq!(fill("e", &map), None);
}

#[test]
fn aliases_and_lone_pairs_are_not_edited() {
    let text = "a: &x {b: 1}\nc: *x\nd: [e: f]\n";
    let yaml = Yaml::parse(text);
    let editor = Editor::new(&yaml, text);
    for path in ["c", "d 0"] {
        let node = under(&yaml, text, path);
        assert_eq!(editor.insert(node, EntryPosition::Last, "n", &NewValue::plain("m")), None);
    }
}

#[test]
fn equality_sees_what_an_edit_must_not_do() {
    let differ = |before: &str, after: &str, inserted: &str| {
        let at = after.find(inserted).unwrap();
        let trees = (Yaml::parse(before), Yaml::parse(after));
        !equal_but_for((&trees.0, before), (&trees.1, after), &[Span::new(at, at + inserted.len())])
    };
    assert!(!differ("a: 1\n", "b: 2\na: 1\n", "b: 2\n"));
    assert!(differ("a: 1\n", "b: 2\na: 1\n", ": 2"), "half of a pair");
    assert!(differ("k: v\n", "k: x\nl: v\n", "x\nl: "), "the value of another key");
    assert!(differ("a: v\n", "a:\n n: v\n", "\n n: "), "nested deeper");
    assert!(differ("a: &x 1\nb: *x\n", "a: &x 1\nn: &x 2\nb: *x\n", "n: &x 2\n"), "another target");
    assert!(differ("a: |\n  x\nb: 1", "a: |\n  x\n  n: 1\nb: 1", "  n: 1\n"), "inside a text");
    assert!(differ("a: 1\n", "a: 1\n---\nb: 1\n", "---\nb: 1\n"), "another document");
    assert!(differ("a: [1]\n", "a: ['1']\n", "'"), "another style");
    assert!(differ("- |-\n  x\n  z\n- y\n", "- |+\n  x\n  z\n- y\n", "+"), "another end of a text");
    assert!(!differ("a:\n-\n", "a:\n-\n- b\n", "\n- b"), "the empty item is the old one");
}

#[test]
fn a_key_goes_with_its_lines_or_its_comma() {
    let removed = |text: &str, path: &str, key: &str| {
        let yaml = Yaml::parse(text);
        let mapping = under(&yaml, text, path);
        let span = Editor::new(&yaml, text).remove(mapping, mapping.entry(key).unwrap().key.id())?;
        let edited = format!("{}{}", &text[..span.start], &text[span.end..]);
        let after = Yaml::parse(&edited);
        assert!(equal_but_for((&after, &edited), (&yaml, text), &[span]), "{edited}");
        Some(edited)
    };
    let removed = |text: &str, path: &str, key: &str| removed(text, path, key).unwrap_or_default();
    assert_eq!(removed("a: 1\nb:\n- c # d\n  # e\n\n# f\ng: 2\n", "", "b"), "a: 1\n\n# f\ng: 2\n");
    assert_eq!(removed("a: 1\r\nb: 2", "", "b"), "a: 1");
    assert_eq!(removed("a: |\n  x\nb: 2", "", "b"), "a: |\n  x\n");
    assert_eq!(removed("- a: 1\n  b: 2\n", "0", "a"), "- b: 2\n");
    assert_eq!(removed("- a: 1\n  # c\n  b: 2\n", "0", "a"), "");
    assert_eq!(removed("a: {b: 1, c: 2}\n", "a", "b"), "a: {c: 2}\n");
    assert_eq!(removed("a: {b: 1, c: 2 }\n", "a", "c"), "a: {b: 1 }\n");
    assert_eq!(removed("{\n  \"a\": 1,\n  \"b\": 2\n}\n", "", "b"), "{\n  \"a\": 1\n}\n");
    assert_eq!(removed("a: {b: 1}\n", "a", "b"), "", "nothing would be left");
    assert_eq!(removed("a: |+\n  x\nb: 1\n\nc: 2\n", "", "b"), "", "a blank line would become part of a");
}
