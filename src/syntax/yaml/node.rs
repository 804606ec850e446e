//! The cursor over a tree: a node together with the text that it stands in.

use super::record::{
    ANCHORED, CollectionLayout, MISSING, NodeId, NodeKind, OWNED, Record, ScalarStyle, TAGGED,
};
use super::scan;
use super::tree::Yaml;
use crate::text::source::Span;
use std::fmt;

/// One node of a tree. Copied freely; what it returns lives as long as the tree and the text.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    pub(super) yaml: &'a Yaml,
    pub(super) text: &'a str,
    id: NodeId,
}

/// One key with its value.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The key: nearly always a scalar.
    pub key: Node<'a>,
    /// The value; [`Node::is_missing`] where none is written.
    pub value: Node<'a>,
}

/// What becomes of the line breaks at the end of a block scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chomping {
    /// `|`: one is kept.
    Clip,
    /// `|-`: none is kept.
    Strip,
    /// `|+`: all are kept, so that blank lines behind the text are part of it.
    Keep,
}

/// How a block scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockScalar {
    /// The `|` or `>` with what is written right behind it, as `|2-`.
    pub header: Span,
    /// Whole lines, from the one behind the header to the last that is part of the value.
    pub body: Span,
    /// By how many bytes its lines are indented; nothing where all are blank.
    pub indent: Option<usize>,
    /// What becomes of the line breaks at its end.
    pub chomping: Chomping,
}

impl<'a> Node<'a> {
    pub(super) fn new(yaml: &'a Yaml, text: &'a str, id: NodeId) -> Self {
        Self { yaml, text, id }
    }

    fn record(self) -> Option<&'a Record> {
        self.yaml.record(self.id)
    }

    fn flag(self, flag: u8) -> bool {
        self.record().is_some_and(|record| record.flags & flag != 0)
    }

    fn at(self, id: NodeId) -> Self {
        Self { id, ..self }
    }

    /// Its address.
    pub fn id(self) -> NodeId {
        self.id
    }

    /// What it is.
    pub fn kind(self) -> NodeKind {
        self.record().map_or(NodeKind::Scalar(ScalarStyle::Plain), |record| record.kind)
    }

    /// Where the value is written, in bytes: without its anchor and tag; scalars with their quotes, block scalars
    /// from the first letter of their text to the end of their last line that is not blank; flow collections with
    /// their brackets; block collections from the first key or dash to the end of the last value.
    pub fn span(self) -> Span {
        self.record()
            .map_or_else(Span::default, |record| Span::new(record.start as usize, record.end as usize))
    }

    /// A scalar's value, unescaped and folded; the empty text where nothing is written.
    pub fn str(self) -> Option<&'a str> {
        let record = self.record()?;
        let NodeKind::Scalar(style) = record.kind else { return None };
        if record.flags & OWNED != 0 {
            return self.yaml.values.get(record.link as usize).map(AsRef::as_ref);
        }
        let quotes = usize::from(matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted));
        self.text.get(record.start as usize + quotes..(record.end as usize).checked_sub(quotes)?)
    }

    /// How a scalar is written.
    pub fn style(self) -> Option<ScalarStyle> {
        if let NodeKind::Scalar(style) = self.kind() { Some(style) } else { None }
    }

    /// How a mapping or sequence is written.
    pub fn layout(self) -> Option<CollectionLayout> {
        if let NodeKind::Mapping(layout) | NodeKind::Sequence(layout) = self.kind() {
            Some(layout)
        } else {
            None
        }
    }

    /// Whether it is a mapping.
    pub fn is_mapping(self) -> bool {
        matches!(self.kind(), NodeKind::Mapping(_))
    }

    /// Whether it is a sequence.
    pub fn is_sequence(self) -> bool {
        matches!(self.kind(), NodeKind::Sequence(_))
    }

    /// Whether it is an alias.
    pub fn is_alias(self) -> bool {
        self.kind() == NodeKind::Alias
    }

    /// Whether nothing is written where a value could be: `key:`.
    pub fn is_missing(self) -> bool {
        self.flag(MISSING)
    }

    /// The tag as it is written: `!reset`, `!!str`.
    pub fn tag(self) -> Option<&'a str> {
        Some(self.tag_span()?.of(self.text))
    }

    /// Where the tag is written.
    pub fn tag_span(self) -> Option<Span> {
        if self.flag(TAGGED) { find(&self.yaml.tags, self.id) } else { None }
    }

    /// Whether its tag is the standard one of this short name: `str` for `!!str` and its long spelling.
    pub fn is_tagged(self, name: &str) -> bool {
        let Some(tag) = self.tag() else { return false };
        let long = tag.strip_prefix("!<tag:yaml.org,2002:").and_then(|rest| rest.strip_suffix('>'));
        long.or_else(|| tag.strip_prefix("!!")) == Some(name)
    }

    /// The name that aliases call it by.
    pub fn anchor(self) -> Option<&'a str> {
        Some(self.anchor_span()?.of(self.text))
    }

    /// Where the anchor's name is written, without its `&`.
    pub fn anchor_span(self) -> Option<Span> {
        if self.flag(ANCHORED) { find(&self.yaml.anchors, self.id) } else { None }
    }

    /// What an alias stands for: an earlier node, never an alias itself.
    pub fn target(self) -> Option<Self> {
        let record = self.record()?;
        (record.kind == NodeKind::Alias).then(|| self.at(NodeId(record.link)))
    }

    /// The node itself, or what it stands for.
    pub fn resolve(self) -> Self {
        self.target().unwrap_or(self)
    }

    /// The value of a mapping's first key of this name. Neither aliases nor merge keys are followed. Looks at each
    /// key, so collect [`Node::entries`] where many are wanted of a large mapping.
    pub fn get(self, key: &str) -> Option<Self> {
        Some(self.entry(key)?.value)
    }

    /// As [`Node::get`], with the key.
    pub fn entry(self, key: &str) -> Option<Entry<'a>> {
        self.entries().find(|entry| entry.key.str() == Some(key))
    }

    /// A mapping's keys and values in the order of the text; nothing for other nodes.
    pub fn entries(self) -> impl Iterator<Item = Entry<'a>> + Clone + use<'a> {
        let mut children = self.children(self.is_mapping());
        std::iter::from_fn(move || Some(Entry { key: children.next()?, value: children.next()? }))
    }

    /// A sequence's items; nothing for other nodes.
    pub fn items(self) -> impl Iterator<Item = Self> + Clone + use<'a> {
        self.children(self.is_sequence())
    }

    fn children(self, any: bool) -> impl Iterator<Item = Self> + Clone + use<'a> {
        let mut next = self.at(NodeId(self.id.0 + 1));
        let end = if any { self.yaml.after(self.id) } else { next.id };
        std::iter::from_fn(move || {
            let here = next;
            next = here.at(here.yaml.after(here.id));
            (here.id < end).then_some(here)
        })
    }

    /// How a block scalar is written; nothing for other nodes.
    pub fn block_scalar(self) -> Option<BlockScalar> {
        let Some(ScalarStyle::Literal | ScalarStyle::Folded) = self.style() else { return None };
        let start = scan::block_header(self.text, self.behind_previous())?;
        let line_end = scan::line_end(self.text, start);
        let line = self.text.get(start..line_end)?;
        let header = line.split([' ', '\t']).next()?;
        let chomping = match header {
            _ if header.contains('-') => Chomping::Strip,
            _ if header.contains('+') => Chomping::Keep,
            _ => Chomping::Clip,
        };
        let Span { start: text_start, end: text_end } = self.span();
        let indent = (text_start > line_end).then(|| text_start - scan::line_start(self.text, text_start));
        let body = scan::skip_break(self.text, line_end);
        let mut end = scan::skip_break(self.text, scan::line_end(self.text, text_end)).max(body);
        if chomping == Chomping::Keep {
            end = scan::skip_blank_lines(self.text, end);
        }
        let header = Span::new(start, start + header.len());
        Some(BlockScalar { header, body: Span::new(body, end), indent, chomping })
    }

    /// Where to begin to look for what stands right before this node: nothing but space, comments, properties and
    /// indicators lies in between.
    fn behind_previous(self) -> usize {
        let document = self.yaml.document_of(self.id).map_or(0, |document| document.span.start);
        let Some(previous) = self.id.0.checked_sub(1).map(|id| self.at(NodeId(id))) else { return document };
        let around = self.yaml.after(previous.id) > self.id;
        let Span { start, end } = previous.span();
        document.max(if around { start } else { end })
    }
}

/// Two cursors are equal where they point to the same node of the same tree.
impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.yaml, other.yaml) && self.id == other.id
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = self.span();
        write!(f, "{:?} {}..{} {:?}", self.kind(), span.start, span.end, span.of(self.text))
    }
}

impl Entry<'_> {
    /// Whether it merges another mapping into this one: a plain `<<`, or one with the tag `!!merge`.
    pub fn is_merge(self) -> bool {
        let plain =
            || self.key.style() == Some(ScalarStyle::Plain) && self.key.tag().is_none_or(|tag| tag == "!");
        self.key.str() == Some("<<") && (plain() || self.key.is_tagged("merge"))
    }

    /// From the key to the end of the value.
    pub fn span(self) -> Span {
        self.key.span().join(self.value.span())
    }
}

fn find(table: &[(NodeId, Span)], id: NodeId) -> Option<Span> {
    let at = table.binary_search_by_key(&id, |(node, _)| *node).ok()?;
    table.get(at).map(|(_, span)| *span)
}
