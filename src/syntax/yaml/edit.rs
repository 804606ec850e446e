//! Where and how something new is written into a file, in the manner of what stands around it.
//!
//! Every edit is one insertion, so that no byte of the file is lost. It goes to whole lines where the file is written in
//! lines; it never comes between a comment and what it comments, and keeps a missing line end at the file's end.

use super::node::{Entry, Node};
use super::record::{CollectionLayout, NodeId, NodeKind, ScalarStyle};
use super::scan;
use super::style::{Habits, Seam, comments_above, end_of_lines, line_break};
use super::tree::Yaml;
use super::value::{BlockStyle, FlowLines, FlowStyle, NewValue, push_blanks};
use crate::text::source::Span;

/// Text to be put before the byte at `at`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insertion {
    /// The offset in the file as it is.
    pub at: usize,
    /// What is inserted.
    pub text: String,
}

/// Where a new key goes in its mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryPosition {
    /// Before all others.
    First,
    /// Behind the entry with this key.
    After(NodeId),
    /// Behind all others.
    Last,
}

/// Writes insertions for one file.
#[derive(Clone, Copy, Debug)]
pub struct Editor<'a> {
    yaml: &'a Yaml,
    text: &'a str,
}

impl<'a> Editor<'a> {
    /// An editor of the file with this tree and text.
    pub fn new(yaml: &'a Yaml, text: &'a str) -> Self {
        Self { yaml, text }
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    fn habits(&self) -> &'a Habits {
        &self.yaml.habits
    }

    /// A new key with its value in a mapping. Where nothing can be written behind the wanted entry (a block scalar that
    /// ends with the file, without a line end) it goes before it. Nothing where `mapping` is none, or an alias: what
    /// that stands for is to be edited instead.
    pub fn insert(
        &self,
        mapping: Node<'a>,
        place: EntryPosition,
        key: &str,
        value: &NewValue,
    ) -> Option<Insertion> {
        match mapping.kind() {
            NodeKind::Mapping(CollectionLayout::Block) => self.block_pair(mapping, place, key, value),
            NodeKind::Mapping(CollectionLayout::Flow) => {
                let members: Vec<_> = mapping.entries().map(|entry| member(entry.key, entry.value)).collect();
                let chosen = match place {
                    EntryPosition::First => members.first(),
                    EntryPosition::Last => members.last(),
                    EntryPosition::After(id) => {
                        members.get(mapping.entries().position(|entry| entry.key.id() == id)?)
                    }
                };
                let spot = EditSpot::new(mapping, chosen, place != EntryPosition::First);
                Some(spot.write(self.habits().quote(mapping), |style, out| style.pair(out, key, value)))
            }
            _ => None,
        }
    }

    /// A new item at the end of a sequence: in a block sequence in flow style where the last item is. Nothing where
    /// `sequence` is none, or ends with a block scalar that ends with the file, without a line end.
    pub fn append(&self, sequence: Node<'a>, item: &NewValue) -> Option<Insertion> {
        match sequence.kind() {
            NodeKind::Sequence(CollectionLayout::Block) => self.block_item(sequence, item),
            NodeKind::Sequence(CollectionLayout::Flow) => {
                let members: Vec<_> = sequence.items().map(|item| member(item, item)).collect();
                let spot = EditSpot::new(sequence, members.last(), true);
                let quote = self.habits().quote(sequence);
                Some(spot.write(quote, |style, out| style.value(out, item)))
            }
            _ => None,
        }
    }

    /// A value where a key of the block mapping `mapping` has none yet.
    pub fn fill(&self, mapping: Node<'a>, entry: Entry<'a>, value: &NewValue) -> Option<Insertion> {
        let empty = entry.value.is_missing() && entry.value.tag().is_none();
        if !empty || mapping.kind() != NodeKind::Mapping(CollectionLayout::Block) {
            return None;
        }
        let at = entry.value.span().end;
        let at = if matches!(value, NewValue::Mapping(_) | NewValue::Sequence(_)) {
            scan::line_end(self.text, at)
        } else {
            at
        };
        let mut text = String::new();
        let key = entry.key.str().unwrap_or_default();
        self.with_style(mapping, at, 1, |style| style.nested(&mut text, key, value, mapping.column()));
        Some(Insertion { at, text })
    }

    fn with_style(&self, mapping: Node<'a>, at: usize, gap: usize, write: impl FnOnce(&BlockStyle<'_>)) {
        let habits = self.habits();
        write(&BlockStyle {
            eol: line_break(self.text, at),
            step: &|| habits.step(mapping),
            dash: &|key| habits.dash(mapping, key),
            gap,
            quote: habits.quote(mapping),
        });
    }

    fn block_pair(
        &self,
        mapping: Node<'a>,
        place: EntryPosition,
        key: &str,
        value: &NewValue,
    ) -> Option<Insertion> {
        let column = mapping.column();
        let behind = match place {
            EntryPosition::First => None,
            EntryPosition::Last | EntryPosition::After(_) => {
                let (before, chosen) = neighbours(mapping, place)?;
                end_of_lines(chosen.value, column).or_else(|| end_of_lines(before?.value, column))
            }
        };
        let at = behind.map_or(mapping.span().start, Seam::offset);
        let mut pair = String::new();
        self.with_style(mapping, at, 1, |style| style.pair(&mut pair, key, value, column));
        Some(match behind {
            Some(seam) => seam.insert(self.text, column, &pair),
            None => self.first_pair(mapping, column, &pair),
        })
    }

    /// Before the first key: on its line, or above the comments that belong to it.
    fn first_pair(&self, mapping: Node<'a>, column: usize, pair: &str) -> Insertion {
        let at = mapping.entries().next().map_or(mapping.span().start, |entry| {
            entry.key.start_with_properties().min(mapping.span().start)
        });
        let line = scan::line_start(self.text, at);
        let above = comments_above(self.yaml, self.text, line);
        if above < line && scan::skip_blanks(self.text, line) == at {
            return Seam::After(above).insert(self.text, column, pair);
        }
        let mut text = format!("{pair}{}", line_break(self.text, at));
        push_blanks(&mut text, column);
        Insertion { at, text }
    }

    fn block_item(&self, sequence: Node<'a>, item: &NewValue) -> Option<Insertion> {
        let column = sequence.column();
        let last = sequence.items().last()?;
        let seam = end_of_lines(last, column)?;
        let gap = self.gap_behind_dash(sequence);
        let flow =
            matches!(last.layout(), Some(CollectionLayout::Flow)) && !matches!(item, NewValue::Sequence(_));
        let mut text = String::new();
        self.with_style(last, seam.offset(), gap, |style| {
            if flow {
                text.push('-');
                push_blanks(&mut text, gap);
                FlowStyle::like(last, style.quote).value(&mut text, item);
            } else {
                style.item(&mut text, item, column);
            }
        });
        Some(seam.insert(self.text, column, &text))
    }

    /// The blanks between the last dash of a block sequence and what stands behind it on its line, else one.
    fn gap_behind_dash(&self, sequence: Node<'_>) -> usize {
        let (mut before, mut last) = (sequence.span().start, sequence.span().start);
        for item in sequence.items() {
            (before, last) = (last, item.span().end);
        }
        let dash = scan::skip_space(self.text, before);
        let content = scan::skip_blanks(self.text, dash + 1);
        match scan::byte(self.text, content) {
            None | Some(b'#' | b'\r' | b'\n') => 1,
            _ => content - dash - 1,
        }
    }
}

/// The entry that something new goes behind, and the one before that.
fn neighbours(mapping: Node<'_>, place: EntryPosition) -> Option<(Option<Entry<'_>>, Entry<'_>)> {
    let mut before = None;
    let mut entries = mapping.entries().peekable();
    while let Some(entry) = entries.next() {
        let here = match place {
            EntryPosition::After(id) => entry.key.id() == id,
            EntryPosition::First | EntryPosition::Last => entries.peek().is_none(),
        };
        if here {
            return Some((before, entry));
        }
        before = Some(entry);
    }
    None
}

impl Seam {
    fn offset(self) -> usize {
        let (Self::Before(at) | Self::After(at)) = self;
        at
    }

    /// Lines of their own; the first one is indented here.
    fn insert(self, text: &str, column: usize, lines: &str) -> Insertion {
        let at = self.offset();
        let eol = line_break(text, at);
        let mut out = String::with_capacity(lines.len() + column + eol.len());
        if let Self::Before(_) = self {
            out.push_str(eol);
        }
        push_blanks(&mut out, column);
        out.push_str(lines);
        if let Self::After(_) = self {
            out.push_str(eol);
        }
        Insertion { at, text: out }
    }
}

/// A pair or item of a flow collection, with what belongs to it.
fn member(first: Node<'_>, last: Node<'_>) -> Span {
    Span::new(first.start_with_properties(), last.span().end)
}

/// Where in a flow collection something is inserted.
struct EditSpot<'a> {
    collection: Node<'a>,
    text: &'a str,
    /// The member that the new one goes behind or before.
    chosen: Option<Span>,
    behind: bool,
}

impl<'a> EditSpot<'a> {
    fn new(collection: Node<'a>, chosen: Option<&Span>, behind: bool) -> Self {
        Self { collection, text: collection.text, chosen: chosen.copied(), behind }
    }

    fn write(&self, quote: char, write: impl FnOnce(&FlowStyle<'_>, &mut String)) -> Insertion {
        let mut style = FlowStyle::like(self.collection, quote);
        let Some(chosen) = self.chosen else { return self.fill_empty(&style, write) };
        let own_line = self.own_line(chosen);
        let eol = if own_line { line_break(self.text, self.collection.span().start) } else { "" };
        if own_line && style.json {
            style.lines =
                Some(FlowLines { eol, column: column_of(self.text, chosen.start), step: self.step(chosen) });
        }
        let mut new = String::new();
        write(&style, &mut new);
        let comma = scan::skip_blanks(self.text, chosen.end);
        let has_comma = scan::byte(self.text, comma) == Some(b',');
        let tail = scan::skip_blanks(self.text, if has_comma { comma + 1 } else { comma });
        let comment = scan::byte(self.text, tail) == Some(b'#');
        if !own_line {
            // Its line may be as long as the file and hold thousands of its kind, so it is not looked at.
            return if self.behind && !comment {
                Insertion { at: chosen.end, text: format!("{}{new}", style.comma) }
            } else {
                Insertion { at: chosen.start, text: format!("{new}{}", style.comma) }
            };
        }
        let ends_line = comment || tail == scan::line_end(self.text, tail);
        let indent = " ".repeat(column_of(self.text, chosen.start));
        match self.behind {
            true if has_comma && ends_line => {
                Insertion { at: scan::line_end(self.text, tail), text: format!("{eol}{indent}{new},") }
            }
            true if !comment && !has_comma => {
                Insertion { at: chosen.end, text: format!(",{eol}{indent}{new}") }
            }
            true if !comment => Insertion { at: chosen.end, text: format!("{}{new}", style.comma) },
            _ => {
                let line = scan::line_start(self.text, chosen.start);
                Insertion {
                    at: comments_above(self.collection.yaml, self.text, line),
                    text: format!("{indent}{new},{eol}"),
                }
            }
        }
    }

    /// `{}` becomes `{new}`, `{ }` becomes `{ new }`.
    fn fill_empty(
        &self,
        style: &FlowStyle<'_>,
        write: impl FnOnce(&FlowStyle<'_>, &mut String),
    ) -> Insertion {
        let at = self.collection.span().start + 1;
        let mut text = String::new();
        if matches!(scan::byte(self.text, at), Some(b' ' | b'\t')) {
            text.push(' ');
        }
        write(style, &mut text);
        Insertion { at, text }
    }

    fn own_line(&self, member: Span) -> bool {
        let opened = self.collection.span().start;
        let inside = self.text.get(opened..member.start).unwrap_or_default();
        let line = scan::line_start(inside, inside.len());
        line > 0 && scan::skip_blanks(inside, line) == inside.len()
    }

    /// By how much the members are indented against the line that opens the bracket.
    fn step(&self, member: Span) -> usize {
        let line = scan::line_start(self.text, self.collection.span().start);
        let outer = scan::skip_blanks(self.text, line) - line;
        column_of(self.text, member.start).checked_sub(outer).filter(|step| *step > 0).unwrap_or(2)
    }
}

fn column_of(text: &str, at: usize) -> usize {
    at - scan::line_start(text, at)
}

impl FlowStyle<'static> {
    /// The style of a flow collection: JSON where its keys, or those around it, stand in double quotes.
    fn like(collection: Node<'_>, quote: char) -> Self {
        let first = collection.entries().next();
        let json = match first {
            Some(entry) => entry.key.style() == Some(ScalarStyle::DoubleQuoted),
            None => in_json(collection),
        };
        let tight_colon =
            first.filter(|_| json).is_some_and(|entry| entry.value.span().start == entry.key.span().end + 1);
        let pairs = collection.entries().map(|entry| member(entry.key, entry.value));
        let mut members = pairs.chain(collection.items().map(|item| member(item, item)));
        let tight_comma =
            members.next().zip(members.next()).is_some_and(|(one, two)| two.start == one.end + 1);
        let mapping = if collection.is_mapping() { Some(collection) } else { collection.items().next() };
        let braces = mapping.filter(|it| it.is_mapping() && first_of(*it)).map(|it| it.span().start + 1);
        Self {
            json,
            padded: braces.and_then(|at| scan::byte(collection.text, at)) == Some(b' '),
            colon: if tight_colon { ":" } else { ": " },
            comma: if tight_comma { "," } else { ", " },
            quote: if json { '"' } else { quote },
            lines: None,
        }
    }
}

/// Whether a flow mapping has any entry.
fn first_of(mapping: Node<'_>) -> bool {
    mapping.layout() == Some(CollectionLayout::Flow) && mapping.entries().next().is_some()
}

/// Whether the document around a node is JSON, as far as its first scalar tells.
fn in_json(node: Node<'_>) -> bool {
    let document = node.yaml.document_of(node.id());
    let Some(root) = document.and_then(|document| document.root.as_ref().ok()) else { return false };
    let mut nodes = (root.0..).map(|id| node.yaml.node(node.text, NodeId(id)));
    let flow = nodes.next().is_some_and(|root| root.layout() == Some(CollectionLayout::Flow));
    flow && nodes.find_map(Node::style) == Some(ScalarStyle::DoubleQuoted)
}
