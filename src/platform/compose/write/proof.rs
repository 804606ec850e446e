//! The structural half of the proof of an edit: the text says the same but for what the edits mean to change.

use crate::finding::Edit;
use crate::source::{Source, Span};
use crate::syntax::yaml::{Yaml, equal_but_for};

/// Whether the edited text says the same but for what the edits put in and take out.
///
/// Both texts are held against one between them, from which all is taken out and into which nothing is put yet. A value of
/// which a part is replaced counts as replaced as a whole.
pub(in crate::platform::compose) fn same_but_for(before: &Source, after: &Source, edits: &[Edit]) -> bool {
    let old = Yaml::of(before);
    let mut middle = String::with_capacity(before.text().len());
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    let (mut at, mut grown, mut shrunk) = (0, 0, 0);
    for edit in edits {
        let whole =
            if edit.span.is_empty() { edit.span } else { whole_value(&old, before.text(), edit.span) };
        let Some(kept) = before.text().get(at..whole.start) else { return false };
        middle.push_str(kept);
        at = whole.end;
        // The new text of the whole value: what stands around the edit inside it stays.
        let start = whole.start + grown - shrunk;
        grown += edit.text.len();
        shrunk += edit.span.len();
        come.push(Span::new(start, whole.end + grown - shrunk));
        if !whole.is_empty() {
            gone.push(whole);
        }
    }
    middle.push_str(before.text().get(at..).unwrap_or_default());
    // In the text between, what comes starts where nothing has come yet: only the texts around it are compared.
    let new = Yaml::of(after);
    if gone.is_empty() {
        return equal_but_for(&old, before.text(), &new, after.text(), &come);
    }
    let between = Yaml::parse(&middle);
    equal_but_for(&between, &middle, &old, before.text(), &gone)
        && equal_but_for(&between, &middle, &new, after.text(), &come)
}

/// The value that an edit replaces or a part of, with its quotes; the edit's own span where it is more than a value.
fn whole_value(yaml: &Yaml, text: &str, span: Span) -> Span {
    let leaf = yaml.leaf_at(span.start).map(|leaf| yaml.node(text, leaf).span());
    leaf.filter(|leaf| leaf.contains(span)).unwrap_or(span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::apply::apply;

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
