//! The structural half of the proof of an edit: the text says the same but for what the edits mean to change.

use crate::syntax::yaml::{Yaml, equal_but_for, equal_but_for_values};
use crate::text::edits::{Edit, after_spans};
use crate::text::source::{Source, Span};

/// Whether the edited text says the same but for what the edits put in, take out and spell anew.
///
/// Both texts are held against one between them, from which all is taken out and into which nothing is put yet.
pub(in crate::platform::compose) fn same_but_for(before: &Source, after: &Source, edits: &[Edit]) -> bool {
    let (old, new) = (Yaml::of(before), Yaml::of(after));
    let (mut gone, mut come, mut rewritten) = (Vec::new(), Vec::new(), Vec::new());
    for (edit, put) in edits.iter().zip(after_spans(edits)) {
        match value_around(&old, before.text(), edit.span) {
            // The value that it replaces a part of, in the text after.
            Some(value) => {
                let start = put.start - (edit.span.start - value.start);
                rewritten.push(Span::new(start, put.end + (value.end - edit.span.end)));
            }
            None => {
                come.push(put);
                gone.extend(Some(edit.span).filter(|span| !span.is_empty()));
            }
        }
    }
    if gone.is_empty() {
        return equal_but_for_values(&old, before.text(), &new, after.text(), &come, &rewritten);
    }
    let mut middle = String::with_capacity(before.text().len());
    let mut at = 0;
    for span in &gone {
        let Some(kept) = before.text().get(at..span.start) else { return false };
        middle.push_str(kept);
        at = span.end;
    }
    middle.push_str(before.text().get(at..).unwrap_or_default());
    let between = Yaml::parse(&middle);
    equal_but_for(&between, &middle, &old, before.text(), &gone)
        && equal_but_for_values(&between, &middle, &new, after.text(), &come, &rewritten)
}

/// The value that an edit replaces, or a part of, with its quotes.
fn value_around(yaml: &Yaml, text: &str, span: Span) -> Option<Span> {
    let leaf = yaml.leaf_at(span.start).map(|leaf| yaml.node(text, leaf).span());
    leaf.filter(|leaf| !span.is_empty() && leaf.contains(span))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::edits::apply;

    fn holds(text: &str, edits: &[(Span, &str)]) -> bool {
        let before = Source::new("x", text.into());
        let edits: Vec<Edit> =
            edits.iter().map(|(span, text)| Edit::replacement(&before, *span, *text)).collect();
        let after = Source::new("x", apply(&before, &edits));
        same_but_for(&before, &after, &edits)
    }

    #[test]
    fn a_value_may_be_spelt_anew() {
        assert!(holds("a: {shm_size: '8Gi', b: 1}\n", &[(Span::new(15, 18), "8g")]));
        assert!(holds("a: ${S:-8Gi}\nb: 1\n", &[(Span::new(8, 11), "8g")]));
        assert!(!holds("a: 8Gi\nb: 1\n", &[(Span::new(3, 6), "&x\nb")]));
    }

    #[test]
    fn a_key_may_go_and_another_come() {
        let text = "s:\n  image: x\n  ipc: host\n  gpus: all\n";
        assert!(holds(text, &[(Span::at(14), "  shm_size: 2g\n"), (Span::new(14, 26), "")]));
        assert!(!holds(text, &[(Span::new(12, 26), "")]));
    }
}
