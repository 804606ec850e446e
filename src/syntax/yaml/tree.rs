//! The trees of a text.

use std::sync::Arc;

use super::build::build;
use super::error::Error;
use super::node::Node;
use super::record::{NodeId, NodeKind, Record};
use super::style::Habits;
use crate::text::source::{Source, Span};

/// One document of a text.
#[derive(Clone, Debug)]
pub struct Document {
    /// From its `---`, or its first content, up to the next document or its end mark.
    pub span: Span,
    /// Its tree, or the first thing that is wrong in it.
    pub root: Result<NodeId, Error>,
    /// Where its nodes begin, or would.
    pub(super) first: NodeId,
}

/// The trees of all documents of one text. The text itself stays with the caller, and is given again to read it.
#[derive(Clone, Debug, Default)]
pub struct Yaml {
    pub(super) records: Vec<Record>,
    pub(super) documents: Vec<Document>,
    /// Values that differ from their source text.
    pub(super) values: Vec<Box<str>>,
    /// Where tags are written, by node in ascending order.
    pub(super) tags: Vec<(NodeId, Span)>,
    /// Where the names of anchors are written, without `&`, by node in ascending order.
    pub(super) anchors: Vec<(NodeId, Span)>,
    /// How the file is written, as far as edits have asked.
    pub(super) habits: Habits,
}

impl Yaml {
    /// Reads every document of `text`. Takes time and memory linear in its length, for any text.
    pub fn parse(text: &str) -> Self {
        build(text)
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
        let leaf = matches!(record.kind, NodeKind::Scalar(_) | NodeKind::Alias);
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
            if record.kind == NodeKind::Alias {
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

    pub(super) fn record(&self, id: NodeId) -> Option<&Record> {
        self.records.get(id.index())
    }

    /// The node behind this one and everything inside it.
    pub(super) fn after(&self, id: NodeId) -> NodeId {
        match self.record(id) {
            Some(Record { kind: NodeKind::Mapping(_) | NodeKind::Sequence(_), link, .. }) => NodeId(*link),
            _ => NodeId(id.0 + 1),
        }
    }
}
