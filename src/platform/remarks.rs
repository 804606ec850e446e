//! Where ignore comments may stand: whether what looks like a comment is one in the language of its place.

use crate::syntax::yaml::{ScalarStyle, Yaml};
use crate::text::source::{Source, Span};

/// What stands at a place that looks like the beginning of a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark {
    /// Text: a string, a here-document, prose.
    Text,
    /// A comment.
    Comment,
    /// A comment in an example of a document. It speaks of what it stands at, but nobody forgot it there.
    Example,
}

/// What stands at the places that were asked about, and the blocks of code of a document, in order: each from the line that
/// opens it to its end. One comment above a block holds for all of it.
#[derive(Debug, Default)]
pub struct Remarks {
    /// For each place.
    pub sorts: Vec<Remark>,
    /// Of a document only.
    pub blocks: Vec<Span>,
}

impl Remarks {
    /// Those of a file that is no document.
    pub fn new(starts: &[usize], sort: impl FnMut(&usize) -> Remark) -> Self {
        Self { sorts: starts.iter().map(sort).collect(), blocks: Vec::new() }
    }
}

/// Whether a comment of a template stands at a place: it is one whatever stands around it.
pub fn in_template(text: &str, at: usize) -> bool {
    text.get(at..).is_some_and(|rest| rest.starts_with("{{") || rest.starts_with("{#"))
}

/// What stands at places of a YAML text: a comment, or what `scalar` says where it is inside of one.
pub fn in_yaml(
    source: &Source,
    yaml: &Yaml,
    starts: &[usize],
    scalar: impl Fn(usize, Option<ScalarStyle>, &str) -> bool,
) -> Remarks {
    let text = source.text();
    Remarks::new(starts, |at| {
        let leaf = yaml.leaf_at(*at).filter(|_| !in_template(text, *at));
        let is_comment = leaf.is_none_or(|leaf| {
            let node = yaml.node(text, leaf);
            scalar(*at, node.style(), node.span().of(text))
        });
        if is_comment { Remark::Comment } else { Remark::Text }
    })
}

/// Whether a place lies in one of some spans, which are in order.
pub fn lies_in(spans: &[Span], at: usize) -> bool {
    let behind = spans.partition_point(|span| span.start <= at);
    behind.checked_sub(1).and_then(|last| spans.get(last)).is_some_and(|span| at < span.end)
}
