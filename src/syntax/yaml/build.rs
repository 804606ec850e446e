//! From the parser's events to the tree, one record a node and nothing else where the text says it all.

use super::error::Error;
use super::record::{
    ANCHORED, CollectionLayout, MISSING, NodeId, NodeKind, OWNED, Record, ScalarStyle, TAGGED,
};
use super::scan;
use super::tree::{Document, Yaml};
use crate::text::source::Span;
use granit_parser::{Event, Parser, ScalarStyle as EventStyle, Span as EventSpan, StructureStyle};
use std::collections::HashMap;

/// The next child of this open mapping is a value.
const VALUE_NEXT: u8 = 16;
/// The collection's end has not been read yet.
const OPEN: u8 = 32;
/// No collection is open.
const NONE: u32 = u32::MAX;
/// So that offsets and addresses fit into 32 bits: `[:,:,…` has three nodes every two bytes.
const MAX_LEN: usize = 1 << 30;

/// Reads all documents of a text.
pub(super) fn build(text: &str) -> Yaml {
    let mut builder = Builder::new(text);
    if text.len() <= MAX_LEN {
        builder.run();
    } else {
        builder.fail(Error::new(Span::at(0), "the text is larger than 1 GiB"));
    }
    builder.yaml
}

/// How much of the tree was there when the current document began, to go back to where it fails.
#[derive(Clone, Copy, Default)]
struct OpenNode {
    start: usize,
    first: NodeId,
    values: usize,
    tags: usize,
    anchors: usize,
}

struct Builder<'t> {
    text: &'t str,
    yaml: Yaml,
    /// The innermost open collection; while open, its `link` is the one around it.
    open: u32,
    /// The end of what was read last.
    last_end: usize,
    document: OpenNode,
    /// The node of each anchor, by the parser's number for it.
    targets: Vec<u32>,
    /// The last node of each anchor name in the documents before, filled at the first alias that asks.
    names: HashMap<&'t str, u32>,
    /// How many of the anchors are in `names`.
    named: usize,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Self {
        // Real files have a node every 10 to 20 bytes.
        let yaml = Yaml { records: Vec::with_capacity(text.len() / 16), ..Yaml::default() };
        Self {
            text,
            yaml,
            open: NONE,
            last_end: 0,
            document: OpenNode::default(),
            targets: Vec::new(),
            names: HashMap::new(),
            named: 0,
        }
    }

    fn run(&mut self) {
        let mut options = granit_parser::options! {
            emit_anchor_events: true,
            emit_unresolved_aliases: true,
            // As libyaml and the readers descended from it, go-yaml among them.
            block_scalar_eof_without_line_feed: true,
        };
        // The comments are found in the text where they matter.
        options.set_emit_comments(false);
        let mut parser = Parser::new_from_str_with_options(self.text, options);
        self.begin(0);
        while let Some(next) = parser.next_event() {
            // Events are large: they are looked at where they are.
            let read = match &next {
                Ok((event, place)) => self.event(event, place),
                Err(error) => Err(Error::scan(self.text, error, self.open_bracket())),
            };
            if let Err(error) = read {
                self.fail(error);
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    break;
                }
                self.begin(self.last_end);
            }
        }
    }

    fn event(&mut self, event: &Event<'_>, place: &EventSpan) -> Result<(), Error> {
        match event {
            Event::Scalar(value, style, anchor, _) => self.scalar(value, *style, *anchor != 0, place),
            Event::MappingStart(style, ..) => self.mapping(*style, place),
            Event::SequenceStart(style, ..) => self.sequence(*style, place),
            Event::MappingEnd | Event::SequenceEnd => self.close(span(place).end),
            Event::Anchor(number, _) => self.anchor(*number, span(place)),
            Event::Alias(number) => {
                let target = self.targets.get(*number).copied();
                return self.alias(target, span(place));
            }
            Event::UnresolvedAlias(name) => {
                let target = self.earlier_anchor(name);
                return self.alias(target, span(place));
            }
            Event::DocumentStart(true, _) => self.marked(span(place)),
            Event::DocumentEnd => self.end_document(span(place)),
            _ => {}
        }
        Ok(())
    }

    /// Adds a node; one inside a mapping turns the mapping from key to value or back. Returns whether it is a value.
    fn push(&mut self, start: usize, end: usize, link: u32, kind: NodeKind, flags: u8) -> bool {
        self.yaml.records.push(Record { start: short(start), end: short(end), link, kind, flags });
        let Some(parent) = self.yaml.records.get_mut(self.open as usize) else { return false };
        let value = parent.flags & VALUE_NEXT != 0;
        parent.flags ^= VALUE_NEXT;
        value
    }

    fn scalar(&mut self, value: &str, style: EventStyle, anchored: bool, place: &EventSpan) {
        let (start, end) = (span(place).start, span(place).end);
        let style = match style {
            EventStyle::Plain => ScalarStyle::Plain,
            EventStyle::SingleQuoted => ScalarStyle::SingleQuoted,
            EventStyle::DoubleQuoted => ScalarStyle::DoubleQuoted,
            EventStyle::Literal => ScalarStyle::Literal,
            EventStyle::Folded => ScalarStyle::Folded,
        };
        let tagged = self.tag(place);
        match style {
            ScalarStyle::Plain if start == end => return self.missing(start, tagged, anchored),
            ScalarStyle::Literal | ScalarStyle::Folded => {
                return self.block_scalar(value, style, start, end, tagged);
            }
            _ => {}
        }
        let quotes = usize::from(style != ScalarStyle::Plain);
        let source = self.text.get(start + quotes..end - quotes).unwrap_or_default();
        let (link, owned) = self.own(value, source);
        self.push(start, end, link, NodeKind::Scalar(style), tagged | owned);
        self.last_end = end;
    }

    /// Keeps a value that differs from its source: its number and flag.
    fn own(&mut self, value: &str, source: &str) -> (u32, u8) {
        // Mostly the parser gives a piece of the text itself.
        if std::ptr::eq(value, source) || value == source {
            return (0, 0);
        }
        let link = short(self.yaml.values.len());
        self.yaml.values.push(value.into());
        (link, OWNED)
    }

    /// A block scalar. The parser's span may hold the lines behind it and, where the content is empty, the header.
    fn block_scalar(&mut self, value: &str, style: ScalarStyle, start: usize, end: usize, tagged: u8) {
        let (start, end) = if value.bytes().all(|byte| byte == b'\n') {
            let header = scan::block_header(self.text, self.last_end).unwrap_or(start);
            let end = scan::line_end(self.text, header);
            let line = self.text.get(header..end).unwrap_or_default();
            let word = line.find([' ', '\t']).map_or(end, |len| header + len);
            (word, word)
        } else {
            let indent = start - scan::line_start(self.text, start);
            (start, self.content_end(start, end, indent))
        };
        let source = self.text.get(start..end).unwrap_or_default();
        let (link, owned) = self.own(value, source);
        self.push(start, end, link, NodeKind::Scalar(style), tagged | owned);
        self.last_end = end;
    }

    /// The end of a block scalar's last line that is not blank.
    fn content_end(&self, start: usize, mut end: usize, indent: usize) -> usize {
        loop {
            let line = scan::line_start(self.text, end);
            let blank = self.text.get(line..end).unwrap_or_default().trim_end_matches('\r');
            if line <= start || blank.len() > indent || blank.bytes().any(|byte| byte != b' ') {
                return end;
            }
            end = line - scan::break_before(self.text, line);
        }
    }

    /// A value that is not written stands behind its `:`, its `-` or its properties.
    fn missing(&mut self, at: usize, tagged: u8, anchored: bool) {
        let parent = self.yaml.records.get(self.open as usize).copied();
        let is_value = parent.is_some_and(|parent| parent.flags & VALUE_NEXT != 0);
        let indicator = match parent.map(|parent| parent.kind) {
            _ if tagged != 0 || anchored => None,
            Some(NodeKind::Mapping(_)) if is_value => Some(b':'),
            Some(NodeKind::Sequence(CollectionLayout::Block)) => Some(b'-'),
            _ => None,
        };
        let from = parent.map_or(0, |parent| parent.start as usize).max(self.last_end);
        let at = match indicator {
            None => at.max(from),
            Some(indicator) => {
                let next = scan::skip_space(self.text, from);
                if scan::byte(self.text, next) == Some(indicator) { next + 1 } else { from }
            }
        };
        self.push(at, at, 0, NodeKind::Scalar(ScalarStyle::Plain), tagged | MISSING);
        self.last_end = at;
    }

    fn mapping(&mut self, style: StructureStyle, place: &EventSpan) {
        let start = span(place).start;
        let layout = match style {
            StructureStyle::Block => CollectionLayout::Block,
            StructureStyle::Flow if start < span(place).end && self.starts_with(start, b'{') => {
                CollectionLayout::Flow
            }
            StructureStyle::Flow => CollectionLayout::Pair,
        };
        self.collection(start, NodeKind::Mapping(layout), place);
    }

    fn sequence(&mut self, style: StructureStyle, place: &EventSpan) {
        let start = span(place).start;
        match style {
            StructureStyle::Flow => self.collection(start, NodeKind::Sequence(CollectionLayout::Flow), place),
            StructureStyle::Block => {
                let dash = self.dash(start);
                self.collection(dash, NodeKind::Sequence(CollectionLayout::Block), place);
            }
        }
    }

    /// The first dash of a sequence. The parser points behind it where the dashes stand below their key's first letter.
    fn dash(&self, start: usize) -> usize {
        let Some(parent) = self.yaml.records.get(self.open as usize) else { return start };
        if parent.kind != NodeKind::Mapping(CollectionLayout::Block) {
            return start;
        }
        let mut at = scan::skip_space(self.text, self.last_end.max(parent.start as usize));
        if let Some(b':' | b'?') = scan::byte(self.text, at) {
            at += 1;
        }
        let at = scan::skip_properties(self.text, at);
        if self.starts_with(at, b'-') && at < start { at } else { start }
    }

    /// The address of the node that is read next.
    fn next_id(&self) -> NodeId {
        NodeId(short(self.yaml.records.len()))
    }

    fn starts_with(&self, at: usize, byte: u8) -> bool {
        scan::byte(self.text, at) == Some(byte)
    }

    fn collection(&mut self, start: usize, kind: NodeKind, place: &EventSpan) {
        let tagged = self.tag(place);
        let id = self.next_id();
        self.push(start, start, self.open, kind, tagged | OPEN);
        self.open = id.0;
    }

    fn close(&mut self, end: usize) {
        let next = self.next_id();
        let Some(record) = self.yaml.records.get_mut(self.open as usize) else { return };
        if let NodeKind::Mapping(CollectionLayout::Flow) | NodeKind::Sequence(CollectionLayout::Flow) =
            record.kind
        {
            self.last_end = end;
        }
        self.open = std::mem::replace(&mut record.link, next.0);
        record.end = short(self.last_end).max(record.start);
        record.flags &= !(OPEN | VALUE_NEXT);
    }

    /// Notes the tag of the node that comes next: its flag.
    fn tag(&mut self, place: &EventSpan) -> u8 {
        if place.tag_start.is_none() {
            return 0;
        }
        let written = place.tag_span().map_or_else(Span::default, |tag| span(&tag));
        self.yaml.tags.push((self.next_id(), written));
        TAGGED
    }

    /// The anchor of the node that was read last; `written` covers `&name`.
    fn anchor(&mut self, number: usize, written: Span) {
        let id = self.next_id().0.saturating_sub(1);
        if let Some(record) = self.yaml.records.last_mut() {
            record.flags |= ANCHORED;
        }
        self.yaml.anchors.push((NodeId(id), Span::new(written.start + 1, written.end)));
        // The parser counts its anchors from 1 through all documents.
        if number >= self.targets.len() {
            self.targets.resize(number + 1, NONE);
        }
        if let Some(target) = self.targets.get_mut(number) {
            *target = id;
        }
    }

    /// The node that a document before this one gave the name to.
    fn earlier_anchor(&mut self, name: &str) -> Option<u32> {
        for (id, written) in self.yaml.anchors.get(self.named..self.document.anchors).unwrap_or_default() {
            self.names.insert(written.of(self.text), id.0);
        }
        self.named = self.document.anchors;
        self.names.get(name).copied()
    }

    fn alias(&mut self, target: Option<u32>, written: Span) -> Result<(), Error> {
        let name = written.of(self.text).trim_start_matches('*');
        let record = target.and_then(|target| self.yaml.records.get(target as usize));
        let Some((target, record)) = target.zip(record) else {
            return Err(Error::new(written, format!("no anchor '&{name}' stands before this alias")));
        };
        if record.flags & OPEN != 0 {
            return Err(Error::new(written, format!("this alias stands inside '&{name}', which it repeats")));
        }
        self.push(written.start, written.end, target, NodeKind::Alias, 0);
        self.last_end = written.end;
        Ok(())
    }

    /// Makes ready for a document whose text begins at or behind `start`.
    fn begin(&mut self, start: usize) {
        self.open = NONE;
        self.document = OpenNode {
            start,
            first: self.next_id(),
            values: self.yaml.values.len(),
            tags: self.yaml.tags.len(),
            anchors: self.yaml.anchors.len(),
        };
    }

    /// A `---`. Without one, a document begins where the one before ends.
    fn marked(&mut self, dashes: Span) {
        self.begin(dashes.start);
        self.last_end = dashes.end;
    }

    /// The end of a document: a `...`, or the empty span before what comes next.
    fn end_document(&mut self, mark: Span) {
        let OpenNode { start, first, .. } = self.document;
        self.yaml.documents.push(Document { span: Span::new(start, mark.start), root: Ok(first), first });
        self.begin(mark.end);
        self.last_end = mark.end;
    }

    /// Drops what was read of the document and notes why.
    fn fail(&mut self, error: Error) {
        let OpenNode { start, first, values, tags, anchors } = self.document;
        self.yaml.records.truncate(first.index());
        self.yaml.values.truncate(values);
        self.yaml.tags.truncate(tags);
        self.yaml.anchors.truncate(anchors);
        self.last_end = error.span.end;
        let span = Span::new(start.min(error.span.start), error.span.end);
        self.yaml.documents.push(Document { span, root: Err(error), first });
    }

    /// The innermost open bracket.
    fn open_bracket(&self) -> Option<usize> {
        let mut open = self.open;
        while let Some(record) = self.yaml.records.get(open as usize) {
            if let NodeKind::Mapping(CollectionLayout::Flow) | NodeKind::Sequence(CollectionLayout::Flow) =
                record.kind
            {
                return Some(record.start as usize);
            }
            open = record.link;
        }
        None
    }
}

/// An offset or address, which fits since the text is not longer than [`MAX_LEN`].
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(NONE)
}

/// Where an event stands.
fn span(place: &EventSpan) -> Span {
    let offset = |mark: granit_parser::Marker| mark.byte_offset().unwrap_or_default();
    Span::new(offset(place.start), offset(place.end))
}
