//! Which lines are read again after edits: the smallest runs of entries around them.

use super::{Kind, Layout, NodeId, Style, Yaml, scan};
use crate::text::source::Span;

/// Collections may nest this deep in a text that is read in parts; deeper ones come near the bound of the parser.
pub(super) const MAX_DEPTH: usize = 128;

/// An edit.
pub(super) struct Change<'a> {
    /// What goes, in the text before.
    pub(super) span: Span,
    /// What comes.
    pub(super) text: &'a str,
    /// The least indent of the lines that it leaves behind.
    column: usize,
}

/// Some entries of one block mapping that are read again.
pub(super) struct Run {
    /// The mapping.
    pub(super) mapping: NodeId,
    /// Their nodes, as a range of addresses in the tree before; an empty one where entries only come.
    pub(super) nodes: (u32, u32),
    /// Their lines in the text before.
    pub(super) lines: Span,
    /// The column of their keys, from 0.
    pub(super) column: usize,
    /// How many collections are around them.
    pub(super) depth: usize,
}

/// A walk down the tree before, to the smallest entries around all edits.
pub(super) struct Search<'a> {
    yaml: &'a Yaml,
    text: &'a str,
    pub(super) found: Vec<Run>,
}

/// The edits with what they leave behind in `after`.
pub(super) fn changes<'a>(after: &'a str, edits: &[(Span, usize)]) -> Option<Vec<Change<'a>>> {
    let (mut grown, mut shrunk) = (0, 0);
    let change = |(span, len): &(Span, usize)| {
        let start = (span.start + grown).checked_sub(shrunk)?;
        grown += len;
        shrunk += span.len();
        let lines = after.get(scan::line_start(after, start)..start + len)?;
        let text = after.get(start..start + len)?;
        let indents = lines.split('\n').map(|line| (line, spaces(line)));
        let column = indents
            .filter(|(line, indent)| !matches!(line.as_bytes().get(*indent), None | Some(b'#' | b'\r')));
        let column = column.map(|(_, indent)| indent).min().unwrap_or(usize::MAX);
        Some(Change { span: *span, text, column })
    };
    edits.iter().map(change).collect()
}

/// How many spaces a line begins with.
fn spaces(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

impl<'a> Search<'a> {
    /// Nothing found yet.
    pub(super) fn new(yaml: &'a Yaml, text: &'a str) -> Self {
        Self { yaml, text, found: Vec::new() }
    }

    /// Finds runs around all `edits`, which lie below a collection that ends before `limit`.
    pub(super) fn node(&mut self, id: NodeId, limit: usize, edits: &[Change<'_>], depth: usize) -> bool {
        let kind = self.yaml.record(id).map(|record| record.kind);
        let mapping = match kind {
            _ if depth > MAX_DEPTH => return false,
            Some(Kind::Mapping(Layout::Block)) => true,
            Some(Kind::Sequence(Layout::Block)) => false,
            _ => return false,
        };
        let (mut at, behind) = (NodeId(id.0 + 1), self.yaml.after(id));
        let mut rest = edits;
        while at < behind && !rest.is_empty() {
            let value = if mapping { self.yaml.after(at) } else { at };
            let next = self.yaml.after(value);
            let boundary = self.line_of(next, behind).unwrap_or(limit);
            // An edit belongs to the last entry that begins before it.
            let own = rest.partition_point(|edit| edit.span.start <= boundary);
            let (inside, others) = rest.split_at(own);
            if self.yaml.record(at).is_none_or(|record| {
                inside.first().is_some_and(|edit| edit.span.start <= record.start as usize)
            }) {
                return false;
            }
            if inside.is_empty() {
                at = next;
                continue;
            }
            rest = others;
            if mapping && let Some(run) = self.insertion(id, at, boundary, inside, depth) {
                self.found.push(run);
                at = next;
                continue;
            }
            let found = self.found.len();
            let fits = inside.iter().all(|edit| edit.span.end <= boundary);
            if fits && self.node(value, boundary, inside, depth + 1) {
                at = next;
                continue;
            }
            self.found.truncate(found);
            if !mapping {
                return false;
            }
            let Some(run) = self.run(at, (id, limit), inside, &mut rest, depth) else {
                return false;
            };
            at = NodeId(run.nodes.1);
            self.found.push(run);
        }
        rest.is_empty()
    }

    /// The run of no entries behind the entry `at` of `mapping`, where all that `inside` does is to put whole lines between
    /// it and what stands behind `boundary`, with keys in its column.
    fn insertion(
        &self,
        mapping: NodeId,
        at: NodeId,
        boundary: usize,
        inside: &[Change<'_>],
        depth: usize,
    ) -> Option<Run> {
        let [edit] = inside else { return None };
        let (key, place) = (self.yaml.record(at)?.start as usize, edit.span.start);
        let before = self.text.get(scan::line_start(self.text, key)..key)?;
        let column = before.len();
        // Not behind a byte order mark, which is no column, nor behind an anchor, which stands where the key's column is.
        let is_indent = before.bytes().all(|byte| matches!(byte, b' ' | b'-'));
        if !edit.span.is_empty() || edit.column != column || !is_indent {
            return None;
        }
        let value = self.yaml.after(at);
        let behind = self.yaml.after(value);
        let last = self.yaml.record(NodeId(behind.0.checked_sub(1)?))?;
        // What a block scalar takes to itself is not seen from its place.
        let is_open = matches!(last.kind, Kind::Scalar(Style::Literal | Style::Folded));
        let end = last.end.max(self.yaml.record(value)?.end) as usize;
        let line = if scan::line_start(self.text, place) == place && edit.text.ends_with('\n') {
            place
        } else {
            // Behind a line: what comes begins with a line break in place of the one that stands here.
            let line = scan::skip_break(self.text, place);
            let broken = self.text.get(place..line).filter(|broken| !broken.is_empty())?;
            edit.text.starts_with(broken).then_some(line)?
        };
        let fits = !is_open && end <= place && end < line && line <= boundary;
        fits.then(|| Run { mapping, nodes: (behind.0, behind.0), lines: Span::at(line), column, depth })
    }

    /// The run of entries of `mapping` that begins with the entry `at` and holds all of `inside`, and what of `rest` begins
    /// in it.
    fn run(
        &self,
        at: NodeId,
        (mapping, limit): (NodeId, usize),
        inside: &[Change<'_>],
        rest: &mut &[Change<'_>],
        depth: usize,
    ) -> Option<Run> {
        let behind = self.yaml.after(mapping);
        let start = self.line_of(at, behind)?;
        let mut end = inside.last()?.span.end;
        let mut column = inside.iter().map(|edit| edit.column).min()?;
        let mut next = self.yaml.after(self.yaml.after(at));
        loop {
            let boundary = self.line_of(next, behind).unwrap_or(limit);
            while let Some((edit, others)) =
                rest.split_first().filter(|(edit, _)| edit.span.start <= boundary)
            {
                end = end.max(edit.span.end);
                column = column.min(edit.column);
                *rest = others;
            }
            let own = self.column_of(at, start)?;
            if end <= boundary && own <= column {
                let (nodes, lines) = ((at.0, next.0), Span::new(start, boundary));
                return Some(Run { mapping, nodes, lines, column: own, depth });
            }
            if next >= behind || end <= boundary {
                return None;
            }
            next = self.yaml.after(self.yaml.after(next));
        }
    }

    /// The column, from 0, of a node on the line that begins at `line`.
    fn column_of(&self, id: NodeId, line: usize) -> Option<usize> {
        (self.yaml.record(id)?.start as usize).checked_sub(line)
    }

    /// Where the line of a node begins, if the node is one of the collection that ends at `behind`.
    fn line_of(&self, id: NodeId, behind: NodeId) -> Option<usize> {
        let record = self.yaml.record(id).filter(|_| id < behind)?;
        Some(scan::line_start(self.text, record.start as usize))
    }
}

/// Whether lines mean the same without what stands around them: those of a mapping whose keys stand in this column.
pub(super) fn can_stand_alone(lines: &str, column: usize) -> bool {
    let starts = lines.lines().next().is_some_and(|line| spaces(line) == column);
    let is_plain = |line: &str| {
        let indent = spaces(line);
        match line.as_bytes().get(indent) {
            None | Some(b'\r' | b'#') => true,
            Some(b'\t' | b'?' | b':' | b'%') => false,
            Some(b'-' | b'.') if indent == 0 => !line.starts_with("---") && !line.starts_with("..."),
            Some(_) => indent >= column,
        }
    };
    starts && has_plain_breaks(lines) && !lines.contains('\u{feff}') && lines.split('\n').all(is_plain)
}

/// Whether every entry of a text begins with its key: behind a `?`, keys stand on lines of their own.
pub(super) fn is_simple(text: &str) -> bool {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'-' | b'\t');
    let is_odd = |at: usize| {
        let before = text.as_bytes().get(..at).unwrap_or_default();
        matches!(before.iter().rfind(|byte| !is_blank(byte)), None | Some(b'\n'))
    };
    has_plain_breaks(text) && !memchr::memchr2_iter(b'?', b':', text.as_bytes()).any(is_odd)
}

/// Whether no line ends in a carriage return alone.
fn has_plain_breaks(text: &str) -> bool {
    memchr::memchr_iter(b'\r', text.as_bytes()).all(|at| text.as_bytes().get(at + 1) == Some(&b'\n'))
}
