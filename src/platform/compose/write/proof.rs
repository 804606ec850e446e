//! The structural half of the proof of an edit: the text says the same but for what the edits mean to change.

use std::sync::Arc;

use crate::syntax::yaml::{self, Yaml};
use crate::text::edits::{Edit, replaced};
use crate::text::source::Source;

/// Whether the edited text says the same but for what the edits put in, take out and spell anew.
pub(in crate::platform::compose) fn same_but_for(
    before: &Arc<Source>,
    after: &Arc<Source>,
    edits: &[Edit],
) -> bool {
    let (old, new) = (Yaml::of(before), Yaml::of(after));
    yaml::same_but_for((&old, before.text()), (&new, after.text()), &replaced(edits), &|_, _| false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::edits::apply;
    use crate::text::source::Span;

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
