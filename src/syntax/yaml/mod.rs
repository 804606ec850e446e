//! The located YAML tree: what stands where in a text, and how it is written.
//!
//! [`Yaml::parse`] never fails as a whole: each document is a tree or an [`Error`] with its place. The tree keeps
//! aliases, merge keys and tags as they are written and expands nothing, so that its size is bounded by the text's. It
//! holds spans, not copies: only a value that differs from its source text (escapes, folded lines, block scalars) is
//! kept. Readers walk it with the [`Node`] cursor, which lays the text beside the tree again.
//!
//! ```
//! use shmlint::syntax::yaml::Yaml;
//!
//! let text = "services:\n  trainer: {image: 'pytorch/pytorch'}\n";
//! let yaml = Yaml::parse(text);
//! let image = yaml.root(text).and_then(|root| root.get("services")?.get("trainer")?.get("image")).unwrap();
//! assert_eq!(image.str(), Some("pytorch/pytorch"));
//! assert_eq!(image.span().of(text), "'pytorch/pytorch'");
//! ```
//!
//! Promises that walkers may lean on: nodes nest at most 510 deep (aliases not followed); an alias points to
//! a node that ends before it, so following aliases comes to an end, though chains of them may be as long as the file.

mod build;
mod duplicates;
mod edit;
mod equal;
mod error;
mod merge;
mod node;
mod remove;
mod scan;
mod style;
#[cfg(test)]
mod tests;
mod value;

pub use edit::{Editor, Insertion, Place};
pub use equal::{equal_but_for, same_but_for};
pub use error::Error;
pub use merge::{Fuel, MergedEntry, each_merged, find_merged};
pub use node::{BlockScalar, Chomping, Entries, Entry, Items, Node};
pub use value::Value;

use std::sync::Arc;

use crate::text::source::{Source, Span};

/// The address of a node in its [`Yaml`]. Nodes count in the order in which they begin in the text, parents first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NodeId(u32);

impl NodeId {
    fn index(self) -> usize {
        self.0 as usize
    }
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In `'…'`.
    SingleQuoted,
    /// In `"…"`.
    DoubleQuoted,
    /// A block scalar with `|`: line ends are kept.
    Literal,
    /// A block scalar with `>`: lines are joined.
    Folded,
}

/// How a mapping or sequence is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// By lines and indentation.
    Block,
    /// In brackets, as in JSON.
    Flow,
    /// One `key: value` inside `[…]`, a mapping without brackets of its own.
    Pair,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A single value.
    Scalar(Style),
    /// Keys with values.
    Mapping(Layout),
    /// A list.
    Sequence(Layout),
    /// `*name`: stands for an earlier node.
    Alias,
}

/// One node as it is kept: 16 bytes, in the order of the text, each parent before its children.
#[derive(Clone, Copy, Debug)]
struct Record {
    start: u32,
    end: u32,
    /// By kind: where the node behind this collection stands (a collection's children lie in between), which node an
    /// alias means, or the place in [`Yaml::values`] of a scalar with [`OWNED`].
    link: u32,
    kind: Kind,
    flags: u8,
}

/// The scalar's value differs from its source text.
const OWNED: u8 = 1;
/// Nothing is written: the value of `key:`.
const MISSING: u8 = 2;
/// The node has a tag.
const TAGGED: u8 = 4;
/// The node has an anchor.
const ANCHORED: u8 = 8;

/// One document of a text.
#[derive(Clone, Debug)]
pub struct Document {
    /// From its `---`, or its first content, up to the next document or its end mark.
    pub span: Span,
    /// Its tree, or the first thing that is wrong in it.
    pub root: Result<NodeId, Error>,
    /// Where its nodes begin, or would.
    first: NodeId,
}

/// The trees of all documents of one text. The text itself stays with the caller, and is given again to read it.
#[derive(Clone, Debug, Default)]
pub struct Yaml {
    records: Vec<Record>,
    documents: Vec<Document>,
    /// Values that differ from their source text.
    values: Vec<Box<str>>,
    /// Where tags are written, by node in ascending order.
    tags: Vec<(NodeId, Span)>,
    /// Where the names of anchors are written, without `&`, by node in ascending order.
    anchors: Vec<(NodeId, Span)>,
    /// How the file is written, as far as edits have asked.
    habits: style::Habits,
}

impl Yaml {
    /// Reads every document of `text`. Takes time and memory linear in its length, for any text.
    pub fn parse(text: &str) -> Self {
        build::build(text)
    }

    /// The documents of a source, read once for all who ask.
    pub fn of(source: &Source) -> Arc<Self> {
        source.parsed(Self::parse)
    }

    /// The documents in the order of the text. A text without any content has none.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// The node with this address; `text` is the text that was parsed.
    pub fn node<'a>(&'a self, text: &'a str, id: NodeId) -> Node<'a> {
        Node::new(self, text, id)
    }

    /// The root of the first document, where that is sound.
    pub fn root<'a>(&'a self, text: &'a str) -> Option<Node<'a>> {
        let root = self.documents.first()?.root.as_ref().ok()?;
        Some(self.node(text, *root))
    }

    /// The roots of all sound documents.
    pub fn roots<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Node<'a>> {
        self.documents.iter().filter_map(move |document| Some(self.node(text, *document.root.as_ref().ok()?)))
    }

    /// What is wrong, at most one error a document.
    pub fn errors(&self) -> impl Iterator<Item = &Error> {
        self.documents.iter().filter_map(|document| document.root.as_ref().err())
    }

    /// The scalar or alias whose text covers the byte at `offset`. A `#` outside of all of them begins a comment.
    pub fn leaf_at(&self, offset: usize) -> Option<NodeId> {
        let behind = self.records.partition_point(|record| record.start as usize <= offset);
        let id = u32::try_from(behind.checked_sub(1)?).ok()?;
        let record = self.records.get(behind - 1)?;
        let leaf = matches!(record.kind, Kind::Scalar(_) | Kind::Alias);
        (leaf && offset < record.end as usize).then_some(NodeId(id))
    }

    /// The scalar that covers a span, of which an empty one may stand right behind its last letter.
    pub(super) fn node_around<'t>(&'t self, text: &'t str, span: Span) -> Option<Node<'t>> {
        let behind = span.start.checked_sub(1).filter(|_| span.is_empty());
        self.leaf_at(span.start).or_else(|| self.leaf_at(behind?)).map(|leaf| self.node(text, leaf))
    }

    /// The document that holds a node: an alias may point into an earlier one, which not every reader allows.
    pub fn document_of(&self, id: NodeId) -> Option<&Document> {
        let behind = self.documents.partition_point(|document| document.first <= id);
        self.documents.get(behind.checked_sub(1)?)
    }

    /// The alias with which all of them bring in more than `most` bytes, each with those inside of what it stands for.
    pub fn excess(&self, most: usize) -> Option<NodeId> {
        if self.anchors.is_empty() {
            return None;
        }
        // What the aliases before each node bring in.
        let mut sums = Vec::with_capacity(self.records.len());
        let mut sum: usize = 0;
        for (record, at) in self.records.iter().zip(0..) {
            sums.push(sum);
            if record.kind == Kind::Alias {
                let target = NodeId(record.link);
                let at_index = |id: NodeId| sums.get(id.index()).copied().unwrap_or(sum);
                let inside = at_index(self.after(target)).saturating_sub(at_index(target));
                let written = self.record(target).map_or(0, |target| (target.end - target.start) as usize);
                sum = sum.saturating_add(written).saturating_add(inside);
                if sum > most {
                    return Some(NodeId(at));
                }
            }
        }
        None
    }

    fn record(&self, id: NodeId) -> Option<&Record> {
        self.records.get(id.index())
    }

    /// The node behind this one and everything inside it.
    fn after(&self, id: NodeId) -> NodeId {
        match self.record(id) {
            Some(Record { kind: Kind::Mapping(_) | Kind::Sequence(_), link, .. }) => NodeId(*link),
            _ => NodeId(id.0 + 1),
        }
    }
}
