//! Whether an edited manifest means what it meant but for the edits.

use super::template::Template;
use crate::finding::Edit;
use crate::source::{Source, Span};
use crate::syntax::yaml::{Yaml, equal_but_for};

/// Both texts are held against what they have in common: the text before without what was replaced. Each may differ
/// from that by nothing but what stands in the replaced and in the new spans.
pub(super) fn same_but_for(before: &Source, after: &Source, edits: &[Edit]) -> bool {
    let (old, new) = (Template::of(before.text()), Template::of(after.text()));
    let (old, new) = (old.text(before.text()), new.text(after.text()));
    let mut common = String::with_capacity(old.len());
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    let (mut at, mut added, mut removed) = (0, 0, 0);
    for edit in edits {
        let (Some(kept), false) = (old.get(at..edit.span.start), edit.span.end < at) else { return false };
        common.push_str(kept);
        at = edit.span.end;
        gone.extend((!edit.span.is_empty()).then_some(edit.span));
        let start = edit.span.start + added - removed;
        come.push(Span::new(start, start + edit.text.len()));
        added += edit.text.len();
        removed += edit.span.len();
    }
    common.push_str(old.get(at..).unwrap_or_default());
    let after = Yaml::parse(new);
    if gone.is_empty() {
        return equal_but_for(&Yaml::parse(old), old, &after, new, &come);
    }
    let tree = Yaml::parse(&common);
    equal_but_for(&tree, &common, &Yaml::parse(old), old, &gone)
        && equal_but_for(&tree, &common, &after, new, &come)
}
