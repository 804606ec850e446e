//! The tree of an edited text from the tree before: only the entries around the edits are read again.
//!
//! An entry of a block mapping begins on a line of its own and ends where the next node's line begins. Between these two
//! lines a reader is in the same state whatever stands around them, but for the indents of the mappings outside, so that a
//! run of entries can be read alone. Where that is not certain there is no tree, and the caller reads the whole text.

use super::runs::{MAX_DEPTH, Run, Search, can_stand_alone, changes, is_simple};
use super::{ANCHORED, Document, Kind, Layout, NodeId, OWNED, Style, TAGGED, Yaml};
use crate::text::source::Span;
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

/// A run that was read again.
struct Part {
    run: Run,
    /// Its own tree: one mapping.
    tree: Rc<Yaml>,
    /// Where its lines begin in the text after.
    start: usize,
    /// The length of its lines there.
    len: usize,
}

impl Yaml {
    /// The tree of `after`, which `edits` made of `before`, the text of this tree: each edit is a span of `before` with the
    /// length of what came there, in ascending order, none overlapping. The same as [`Yaml::parse`] gives of `after`, or
    /// nothing where only that can tell. Takes time for the entries around the edits, and for copying the rest.
    pub fn reread(&self, before: &str, after: &str, edits: &[(Span, usize)]) -> Option<Self> {
        if !is_simple(before) {
            return None;
        }
        let edits = changes(after, edits)?;
        let mut search = Search::new(self, before);
        let mut rest = edits.as_slice();
        for document in &self.documents {
            let root = *document.root.as_ref().ok()?;
            let inside = rest.partition_point(|edit| edit.span.end <= document.span.end);
            let (own, others) = rest.split_at(inside);
            if !own.is_empty() && !search.node(root, document.span.end, own, 1) {
                return None;
            }
            rest = others;
        }
        if !rest.is_empty()
            || search.found.iter().map(|run| run.lines.len()).sum::<usize>() * 4 > before.len() * 3
        {
            return None;
        }
        let mut parts = Vec::with_capacity(search.found.len());
        let mut edits = edits.iter().peekable();
        let (mut grown, mut shrunk) = (0, 0);
        for run in search.found {
            let start = (run.lines.start + grown).checked_sub(shrunk)?;
            while let Some(edit) = edits.next_if(|edit| edit.span.end <= run.lines.end) {
                grown += edit.text.len();
                shrunk += edit.span.len();
            }
            let end = (run.lines.end + grown).checked_sub(shrunk)?;
            parts.push(self.part(before, after.get(start..end)?, run, start)?);
        }
        (edits.next().is_none()).then(|| self.spliced(&parts, before.len(), after.len())).flatten()
    }

    /// Whether another tree says the same at the same places.
    pub fn is_same(&self, other: &Self) -> bool {
        let all = |yaml: &Self| {
            let Self { records, documents, values, tags, anchors, habits: _, suspects: _ } = yaml;
            format!("{records:?}{documents:?}{values:?}{tags:?}{anchors:?}")
        };
        all(self) == all(other)
    }

    /// Reads the lines of a run alone.
    fn part(&self, before: &str, lines: &str, run: Run, start: usize) -> Option<Part> {
        let column = run.column;
        let marked = |marks: &[(NodeId, Span)]| {
            marks.partition_point(|(id, _)| id.0 < run.nodes.0)
                != marks.partition_point(|(id, _)| id.0 < run.nodes.1)
        };
        // Where a text ends without a line end, its documents end elsewhere.
        let ends = lines.ends_with('\n') && before.get(..run.lines.end)?.ends_with('\n');
        if marked(&self.tags) || marked(&self.anchors) || !ends || !can_stand_alone(lines, column) {
            return None;
        }
        let tree = tree_of(lines);
        let [Document { root: Ok(NodeId(0)), .. }] = tree.documents.as_slice() else { return None };
        let root = tree.records.first()?;
        let last = tree.records.last()?;
        let is_mapping = root.kind == Kind::Mapping(Layout::Block) && root.start as usize == column;
        let is_closed = !matches!(last.kind, Kind::Scalar(Style::Literal | Style::Folded));
        let is_plain = tree.records.iter().all(|record| record.flags & (TAGGED | ANCHORED) == 0);
        let whole = is_mapping && is_closed && is_plain && run.depth + depth(&tree) <= MAX_DEPTH;
        let len = lines.len();
        whole.then_some(Part { run, tree, start, len })
    }

    /// This tree with the parts in place of their runs.
    fn spliced(&self, parts: &[Part], before: usize, after: usize) -> Option<Self> {
        let moves = Moves::of(parts);
        let mut out = Self {
            records: Vec::with_capacity(self.records.len() + 8 * parts.len()),
            values: Vec::with_capacity(self.values.len() + parts.len()),
            ..Self::default()
        };
        let (mut from, mut suspects) = (0, Vec::new());
        for part in parts {
            let (first, behind) = part.run.nodes;
            self.copy(from..first as usize, &moves, parts, &mut out)?;
            let start = short(out.records.len())?;
            part.copy(&mut out)?;
            suspects.push(moves.id(part.run.mapping)?);
            suspects.extend(out.mappings(start));
            from = behind as usize;
        }
        // Mappings without any edit have no key twice where they had none before.
        if self.suspects.none.get().is_some() {
            suspects.sort_unstable();
            suspects.dedup();
            out.suspects.only = Some(suspects);
        }
        self.copy(from..self.records.len(), &moves, parts, &mut out)?;
        let mark = |(id, span): &(NodeId, Span)| Some((moves.id(*id)?, moves.span(*span)?));
        out.tags = self.tags.iter().map(mark).collect::<Option<_>>()?;
        out.anchors = self.anchors.iter().map(mark).collect::<Option<_>>()?;
        out.documents =
            self.documents.iter().map(|document| moves.document(document)).collect::<Option<_>>()?;
        (moves.position(before)? == after).then_some(out)
    }

    /// Copies nodes that are not read again, all between two runs.
    fn copy(&self, range: Range<usize>, moves: &Moves, parts: &[Part], out: &mut Self) -> Option<()> {
        let between = moves.between(short(range.start)?);
        for (id, record) in (short(range.start)?..).zip(self.records.get(range)?) {
            let mut record = *record;
            let is_collection = matches!(record.kind, Kind::Mapping(_) | Kind::Sequence(_));
            if record.flags & OWNED != 0 {
                let value = self.values.get(record.link as usize)?;
                record.link = short(out.values.len())?;
                out.values.push(value.clone());
            }
            if record.end < between.byte && (!is_collection || record.link < between.node) {
                record.start = moved(record.start, between.bytes)?;
                record.end = moved(record.end, between.bytes)?;
                if is_collection {
                    record.link = moved(record.link, between.nodes)?;
                }
            } else {
                let last = parts.binary_search_by_key(&record.link, |part| part.run.nodes.1).ok();
                let last = last.and_then(|at| parts.get(at)).filter(|_| is_collection);
                record.start = short(moves.start(record.start as usize)?)?;
                record.end = match last.filter(|part| part.is_inside(id)) {
                    // It ends where the last entry inside of it ends.
                    Some(part) => short(part.start + part.tree.records.first()?.end as usize)?,
                    None => short(moves.position(record.end as usize)?)?,
                };
                if is_collection {
                    record.link = match last.filter(|part| !part.is_inside(id)) {
                        // It ends before what comes.
                        Some(_) => moves.id(NodeId(record.link.checked_sub(1)?))?.0 + 1,
                        None => moves.id(NodeId(record.link))?.0,
                    };
                }
            }
            if record.kind == Kind::Alias {
                record.link = moves.id(NodeId(record.link))?.0;
            }
            out.records.push(record);
        }
        Some(())
    }
}

impl Part {
    /// Whether it is among the last entries of a collection that ends where it ends: entries that only come may stand behind
    /// others that end there, too.
    fn is_inside(&self, collection: u32) -> bool {
        self.run.nodes.0 < self.run.nodes.1 || collection <= self.run.mapping.0
    }

    /// Puts the entries behind what is there.
    fn copy(&self, out: &mut Yaml) -> Option<()> {
        // The mapping that they were read as is left out.
        let base = short(out.records.len())?;
        let at = short(self.start)?;
        for record in self.tree.records.get(1..)? {
            let mut record = *record;
            record.start += at;
            record.end += at;
            match record.kind {
                Kind::Mapping(_) | Kind::Sequence(_) => record.link = record.link.checked_sub(1)? + base,
                Kind::Scalar(_) if record.flags & OWNED != 0 => {
                    let value = self.tree.values.get(record.link as usize)?;
                    record.link = short(out.values.len())?;
                    out.values.push(value.clone());
                }
                Kind::Scalar(_) => {}
                Kind::Alias => return None,
            }
            out.records.push(record);
        }
        Some(())
    }
}

/// How many trees of short lines are kept by each thread, and how many bytes are short.
const KEPT: usize = 8;
const SHORT: usize = 256;

thread_local! {
    /// Short lines that were read, each with its tree: one run puts the same few lines into all files.
    static TREES: RefCell<Vec<(Box<str>, Rc<Yaml>)>> = const { RefCell::new(Vec::new()) };
}

/// The tree of some lines.
fn tree_of(lines: &str) -> Rc<Yaml> {
    if lines.len() > SHORT {
        return Rc::new(Yaml::parse(lines));
    }
    TREES.with_borrow_mut(|trees| {
        if let Some((_, tree)) = trees.iter().find(|(known, _)| **known == *lines) {
            return Rc::clone(tree);
        }
        let tree = Rc::new(Yaml::parse(lines));
        trees.truncate(KEPT - 1);
        trees.insert(0, (lines.into(), Rc::clone(&tree)));
        tree
    })
}

/// How deep collections nest in a tree.
fn depth(tree: &Yaml) -> usize {
    let mut open: Vec<u32> = Vec::new();
    let mut most = 0;
    for (id, record) in (0u32..).zip(&tree.records) {
        while open.last().is_some_and(|behind| *behind <= id) {
            open.pop();
        }
        if let Kind::Mapping(_) | Kind::Sequence(_) = record.kind {
            open.push(record.link);
            most = most.max(open.len());
        }
    }
    most
}

/// What becomes of the nodes between two runs.
struct Between {
    /// What is added to addresses and positions.
    nodes: i64,
    bytes: i64,
    /// The first node and the first byte of the next run.
    node: u32,
    byte: u32,
}

/// Where everything goes that is not read again.
struct Moves {
    /// By run: its nodes, the end of its lines, and what is added to addresses and positions behind it.
    runs: Vec<((u32, u32), Span, i64, i64)>,
}

impl Moves {
    fn of(parts: &[Part]) -> Self {
        let (mut nodes, mut bytes) = (0, 0);
        let runs = parts.iter().map(|part| {
            let (first, behind) = part.run.nodes;
            nodes += signed(part.tree.records.len()) - 1 - i64::from(behind - first);
            bytes += signed(part.len) - signed(part.run.lines.len());
            (part.run.nodes, part.run.lines, nodes, bytes)
        });
        Self { runs: runs.collect() }
    }

    /// What becomes of the nodes from this one up to the next run.
    fn between(&self, first: u32) -> Between {
        let behind = self.runs.partition_point(|((_, behind), ..)| *behind <= first);
        let before = behind.checked_sub(1).and_then(|at| self.runs.get(at));
        let next = self.runs.get(behind);
        Between {
            nodes: before.map_or(0, |run| run.2),
            bytes: before.map_or(0, |run| run.3),
            node: next.map_or(u32::MAX, |((first, _), ..)| *first),
            byte: next.and_then(|(_, lines, ..)| short(lines.start)).unwrap_or(u32::MAX),
        }
    }

    /// The new address of a node, or of the place behind one; nothing for one that is read again.
    fn id(&self, id: NodeId) -> Option<NodeId> {
        let before = self.runs.partition_point(|((_, behind), ..)| *behind <= id.0);
        let inside = self.runs.get(before).is_some_and(|((first, _), ..)| *first < id.0);
        let by = before.checked_sub(1).and_then(|at| self.runs.get(at)).map_or(0, |run| run.2);
        if inside { None } else { Some(NodeId(moved(id.0, by)?)) }
    }

    /// The new place of a byte; nothing for one inside of lines that are read again.
    fn position(&self, at: usize) -> Option<usize> {
        let before = self.runs.partition_point(|(_, lines, ..)| lines.end <= at);
        let inside = self.runs.get(before).is_some_and(|(_, lines, ..)| lines.start < at);
        let by = before.checked_sub(1).and_then(|at| self.runs.get(at)).map_or(0, |run| run.3);
        if inside { None } else { usize::try_from(signed(at) + by).ok() }
    }

    /// As [`Moves::position`], for where a node begins: a mapping begins with its first entry, whose column stays.
    fn start(&self, at: usize) -> Option<usize> {
        let around = self.runs.partition_point(|(_, lines, ..)| lines.end <= at);
        match self.runs.get(around) {
            Some((_, lines, ..)) if lines.start < at => Some(self.position(lines.start)? + at - lines.start),
            _ => self.position(at),
        }
    }

    fn span(&self, span: Span) -> Option<Span> {
        Some(Span::new(self.position(span.start)?, self.position(span.end)?))
    }

    fn document(&self, document: &Document) -> Option<Document> {
        let root = self.id(*document.root.as_ref().ok()?)?;
        Some(Document { span: self.span(document.span)?, root: Ok(root), first: self.id(document.first)? })
    }
}

fn moved(number: u32, by: i64) -> Option<u32> {
    u32::try_from(i64::from(number) + by).ok()
}

fn signed(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn short(number: usize) -> Option<u32> {
    u32::try_from(number).ok()
}
