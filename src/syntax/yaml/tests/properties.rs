//! What holds for every file: the tree agrees with an independent reader, and edits change nothing else.

use super::random::file;
use crate::syntax::yaml::{
    CollectionLayout, Editor, EntryPosition, Insertion, NewValue, Node, NodeId, NodeKind, ScalarStyle, Yaml,
    equal_but_for,
};
use crate::text::source::Span;
use proptest::prelude::*;
use serde_yaml::Value as Data;

/// Stands in no generated file.
const NEW: &str = "zz_new";

fn data(text: &str) -> Data {
    // The other reader takes a byte order mark for a column.
    serde_yaml::from_str(text.trim_start_matches('\u{feff}'))
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Whether the node says what the other reader read.
fn says(node: Node<'_>, data: &Data) -> bool {
    let node = node.resolve();
    match data {
        Data::Null => {
            matches!(node.str(), Some("" | "~" | "null")) && node.style() == Some(ScalarStyle::Plain)
        }
        Data::Bool(value) => node.str() == Some(&value.to_string()),
        Data::Number(value) => node.str().is_some_and(|text| text.parse::<f64>().ok() == value.as_f64()),
        Data::String(value) => node.str() == Some(value),
        Data::Sequence(items) => {
            node.items().count() == items.len()
                && node.items().zip(items).all(|(node, item)| says(node, item))
        }
        Data::Mapping(pairs) => {
            node.entries().count() == pairs.len()
                && node
                    .entries()
                    .zip(pairs)
                    .all(|(entry, (key, value))| says(entry.key, key) && says(entry.value, value))
        }
        Data::Tagged(_) => false,
    }
}

/// The data without what edits add.
fn without_new(data: Data) -> Data {
    let new = Data::String(NEW.to_owned());
    match data {
        Data::Mapping(pairs) => {
            let old = pairs.into_iter().filter(|(key, _)| *key != new);
            Data::Mapping(old.map(|(key, value)| (key, without_new(value))).collect())
        }
        Data::Sequence(items) => {
            Data::Sequence(items.into_iter().filter(|item| *item != new).map(without_new).collect())
        }
        other => other,
    }
}

/// Spans nest, follow each other, and slice back to what they mean.
fn check_spans(node: Node<'_>, text: &str) {
    let span = node.span();
    let written = text.get(span.range()).unwrap();
    match node.kind() {
        NodeKind::Scalar(ScalarStyle::Plain) if !written.contains(['\n', '\r']) => {
            assert_eq!(node.str(), Some(written));
        }
        NodeKind::Scalar(ScalarStyle::SingleQuoted) => {
            assert!(written.starts_with('\'') && written.ends_with('\''))
        }
        NodeKind::Scalar(ScalarStyle::DoubleQuoted) => {
            assert!(written.starts_with('"') && written.ends_with('"'))
        }
        NodeKind::Scalar(_) | NodeKind::Mapping(CollectionLayout::Pair) => {}
        NodeKind::Mapping(CollectionLayout::Flow) => {
            assert!(written.starts_with('{') && written.ends_with('}'))
        }
        NodeKind::Sequence(CollectionLayout::Flow) => {
            assert!(written.starts_with('[') && written.ends_with(']'))
        }
        NodeKind::Sequence(_) => assert!(written.starts_with('-')),
        NodeKind::Mapping(_) if written.starts_with('?') => {}
        NodeKind::Mapping(_) => {
            assert_eq!(node.entries().next().unwrap().key.start_with_properties(), span.start);
        }
        NodeKind::Alias => assert!(written.starts_with('*')),
    }
    let mut at = span.start;
    let children = node.entries().flat_map(|entry| [entry.key, entry.value]).chain(node.items());
    for child in children {
        assert!(span.contains(child.span()) && child.span().start >= at, "{node:?} {child:?}");
        at = child.span().end;
        check_spans(child, text);
    }
}

/// The comments that stand above a key must still do.
fn comments_are_in_place(text: &str) -> bool {
    let mut lines = text.lines();
    std::iter::from_fn(|| lines.next().map(|line| (line, lines.clone().next())))
        .filter_map(|(line, next)| Some((line.trim().strip_prefix("# about ")?, next)))
        .all(|(key, next)| next.is_some_and(|next| next.contains(key)))
}

/// One of the edits that are possible in the file, and the edited text.
fn edit(text: &str, yaml: &Yaml, node: NodeId, place: usize) -> Option<Insertion> {
    let editor = Editor::new(yaml, text);
    let node = yaml.node(text, node);
    if node.is_sequence() {
        return editor.append(node, &NewValue::plain(NEW));
    }
    let keys: Vec<_> = node.entries().map(|entry| entry.key.id()).collect();
    let place = match place {
        0 => EntryPosition::First,
        1 => EntryPosition::Last,
        _ if keys.is_empty() => EntryPosition::Last,
        other => EntryPosition::After(keys[other % keys.len()]),
    };
    let value =
        [NewValue::quoted("2gb"), NewValue::mapping([("n", NewValue::Sequence(vec![NewValue::plain("m")]))])];
    editor.insert(node, place, NEW, &value[keys.len() % 2])
}

fn collections(yaml: &Yaml, text: &str) -> Vec<NodeId> {
    let mut found = Vec::new();
    let mut open: Vec<_> = yaml.roots(text).collect();
    while let Some(node) = open.pop() {
        if matches!(
            node.kind(),
            NodeKind::Mapping(CollectionLayout::Block | CollectionLayout::Flow) | NodeKind::Sequence(_)
        ) {
            found.push(node.id());
        }
        open.extend(node.entries().map(|entry| entry.value).chain(node.items()));
    }
    found
}

/// Anything that a parser may stumble over.
fn noise() -> impl Strategy<Value = String> {
    "[ -~\\n\\t\\r\u{0}é\u{feff}\u{2028}{}\\[\\]&*!|>'\"%#:?,-]{0,200}"
}

/// A file with a character too many.
fn damaged() -> impl Strategy<Value = String> {
    let one = prop::sample::select(" \n\r\t:-?#&*!|>'\"{}[],%@é".chars().collect::<Vec<_>>());
    (file(), any::<prop::sample::Index>(), one).prop_map(|(text, at, one)| {
        let at = at.index(text.chars().count() + 1);
        let (before, behind): (String, String) =
            (text.chars().take(at).collect(), text.chars().skip(at).collect());
        format!("{before}{one}{behind}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_tree_says_what_another_reader_reads(text in file()) {
        let yaml = Yaml::parse(&text);
        prop_assert_eq!(yaml.errors().next(), None);
        let root = yaml.root(&text).unwrap();
        check_spans(root, &text);
        prop_assert!(says(root, &data(&text)));
        prop_assert_eq!(yaml.duplicate_keys(&text), []);
    }

    #[test]
    fn an_edit_adds_what_is_new_and_nothing_else(text in file(), node: prop::sample::Index, place in 0usize..6) {
        let yaml = Yaml::parse(&text);
        let nodes = collections(&yaml, &text);
        let node = *node.get(&nodes);
        let Some(Insertion { at, text: new }) = edit(&text, &yaml, node, place) else {
            // A block scalar that ends with the file, without a line end, leaves no place behind it.
            prop_assert!(yaml.node(&text, node).is_sequence() && !text.ends_with('\n'));
            return Ok(());
        };
        let edited = format!("{}{new}{}", &text[..at], &text[at..]);
        let again = Yaml::parse(&edited);
        prop_assert!(equal_but_for((&yaml, &text), (&again, &edited), &[Span::new(at, at + new.len())]), "{}", edited);
        let read = data(&edited);
        prop_assert!(says(again.root(&edited).unwrap(), &read));
        prop_assert_ne!(&read, &data(&text));
        prop_assert_eq!(without_new(read), data(&text));
        prop_assert_eq!(edited.ends_with('\n'), text.ends_with('\n'));
        prop_assert_eq!(edited.matches('\n').count() - edited.matches("\r\n").count(),
            text.matches('\n').count() - text.matches("\r\n").count() + new.matches('\n').count() - new.matches("\r\n").count());
        prop_assert!(!text.contains("\r\n") || !new.contains('\n') || new.contains("\r\n"));
        prop_assert!(!comments_are_in_place(&text) || comments_are_in_place(&edited), "{}", edited);
    }

    #[test]
    fn a_removal_takes_one_key_and_nothing_else(
        text in file(),
        node: prop::sample::Index,
        key: prop::sample::Index,
    ) {
        let yaml = Yaml::parse(&text);
        let mut mappings = collections(&yaml, &text);
        mappings.retain(|id| yaml.node(&text, *id).entries().count() > 1);
        if mappings.is_empty() {
            return Ok(());
        }
        let mapping = yaml.node(&text, *node.get(&mappings));
        let keys: Vec<_> = mapping.entries().map(|entry| entry.key.id()).collect();
        let Some(span) = Editor::new(&yaml, &text).remove(mapping, *key.get(&keys)) else { return Ok(()) };
        let edited = format!("{}{}", &text[..span.start], &text[span.end..]);
        let after = Yaml::parse(&edited);
        if let Some(error) = after.errors().next() {
            prop_assert!(error.message.contains("no anchor"), "{}\n{}", error.message, edited);
            return Ok(());
        }
        prop_assert!(equal_but_for((&after, &edited), (&yaml, &text), &[span]), "{}", edited);
        prop_assert!(says(after.root(&edited).unwrap(), &data(&edited)));
        prop_assert!(edited.ends_with('\n') || !text.ends_with('\n'));
    }

    #[test]
    fn any_text_is_read_or_refused(text in prop_oneof![noise(), damaged()]) {
        let yaml = Yaml::parse(&text);
        for root in yaml.roots(&text) {
            check_spans(root, &text);
        }
        for error in yaml.errors() {
            prop_assert!(text.get(error.span.range()).is_some());
        }
        let editor = Editor::new(&yaml, &text);
        for node in collections(&yaml, &text) {
            let node = yaml.node(&text, node);
            for edit in [editor.append(node, &NewValue::plain(NEW)), editor.insert(node, EntryPosition::First, NEW, &NewValue::plain("n"))] {
                prop_assert!(edit.is_none_or(|edit| text.is_char_boundary(edit.at)));
            }
        }
        prop_assert!(equal_but_for((&yaml, &text), (&yaml, &text), &[]));
        yaml.duplicate_keys(&text);
    }
}
