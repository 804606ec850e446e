//! The text of one file: byte spans in it, and the lines and columns they stand for.
//!
//! A [`Source`] never loses a byte: where a file is not valid UTF-8, each offending byte is shown to the readers as one
//! placeholder character, so that every span of the text is also a span of the bytes on disk. UTF-16, which Windows tools write
//! and Compose reads, is decoded, and encoded again when it is edited.

use std::any::Any;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// Stands in the text for a byte that is not UTF-8. One byte long, and meaningless in every format read here.
pub const PLACEHOLDER: char = '\u{1a}';

/// A half-open range of bytes in one text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte behind the last one.
    pub end: usize,
}

impl Span {
    /// The bytes from `start` up to, but without, `end`. An `end` before `start` gives the empty span at `start`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// The empty span at `at`: a place between two bytes.
    pub fn at(at: usize) -> Self {
        Self { start: at, end: at }
    }

    /// The smallest span that holds both.
    pub fn join(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether `other` lies wholly inside.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether it covers no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// This span moved `by` bytes to the right.
    pub fn shift(self, by: usize) -> Self {
        Self { start: self.start + by, end: self.end + by }
    }

    /// For slicing.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// The text under it, or nothing where it does not lie on character borders inside `text`.
    pub fn of(self, text: &str) -> &str {
        text.get(self.range()).unwrap_or("")
    }
}

/// A line and a column as people count them: both from 1, the column in Unicode characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// How many lines around a span are kept in an excerpt.
const AROUND: usize = 3;

/// How many bytes of them are kept on either side of it.
const REACH: usize = 2000;

/// Bytes whose characters are counted at once.
const BLOCK: usize = 4096;

/// How many characters begin in some bytes of UTF-8: a byte that continues one (10xxxxxx) begins none.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
}

/// One file's name and text, or what is kept of it once it was read.
#[derive(Debug, Default)]
pub struct Source {
    path: String,
    text: String,
    /// The bytes on disk where they differ from the text.
    raw: Option<Vec<u8>>,
    /// How a unit of UTF-16 is stored, where the file is encoded so.
    utf16: Option<fn(u16) -> [u8; 2]>,
    lines: OnceLock<Vec<usize>>,
    /// How many characters begin before each block of bytes.
    blocks: OnceLock<Vec<usize>>,
    parsed: OnceLock<Arc<dyn Any + Send + Sync>>,
    /// The parts of the file that `text` holds, in order; none where it holds all of it.
    parts: Vec<Part>,
}

/// A part of a file of which not all is kept: some lines, or some of an endless one.
#[derive(Clone, Copy, Debug)]
struct Part {
    /// Where it begins, in the file and in the text that is kept.
    start: usize,
    kept: usize,
    /// The line that it begins in, from 1, where that line begins, and how many of its characters come before.
    line: usize,
    line_start: usize,
    column: usize,
}

impl Source {
    /// A source of the bytes that were read. `path` is as reports show it: relative to the working folder, with `/`.
    pub fn new(path: impl Into<String>, bytes: Vec<u8>) -> Arc<Self> {
        Arc::new(Self::of(path.into(), bytes, Vec::new()))
    }

    fn of(path: String, bytes: Vec<u8>, parts: Vec<Part>) -> Self {
        let (text, raw, utf16) = match (utf16(&bytes), String::from_utf8(bytes)) {
            (Some((text, store)), Ok(bytes)) => (text, Some(bytes.into_bytes()), Some(store)),
            (Some((text, store)), Err(error)) => (text, Some(error.into_bytes()), Some(store)),
            (None, Ok(text)) => (text, None, None),
            (None, Err(error)) => {
                let bytes = error.into_bytes();
                (masked(&bytes), Some(bytes), None)
            }
        };
        let (lines, blocks, parsed) = Default::default();
        Self { path, text, raw, utf16, lines, blocks, parsed, parts }
    }

    /// The path as reports show it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The text, as long in bytes as the file unless that is UTF-16.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes on disk.
    pub fn bytes(&self) -> &[u8] {
        self.raw.as_deref().unwrap_or(self.text.as_bytes())
    }

    /// The bytes that spans count in: those on disk, or the text of what is decoded.
    pub fn counted(&self) -> &[u8] {
        if self.utf16.is_some() { self.text.as_bytes() } else { self.bytes() }
    }

    /// What an edited text of this file is on disk.
    pub fn stored(&self, edited: Vec<u8>) -> Vec<u8> {
        let Some(store) = self.utf16 else { return edited };
        let text = String::from_utf8_lossy(&edited);
        std::iter::once(BOM).chain(text.encode_utf16()).flat_map(store).collect()
    }

    /// The text under a span.
    pub fn slice(&self, span: Span) -> &str {
        self.local(span).of(&self.text)
    }

    /// The bytes under a span.
    pub fn slice_bytes(&self, span: Span) -> &[u8] {
        self.counted().get(self.local(span).range()).unwrap_or_default()
    }

    /// What a reader makes of the text, kept so that whoever asks again need not wait. The first to ask decides of what type
    /// it is; for another type the text is read each time.
    pub fn parsed<T: Any + Send + Sync>(&self, parse: impl Fn(&str) -> T) -> Arc<T> {
        let kept = self.parsed.get_or_init(|| Arc::new(parse(&self.text)));
        Arc::clone(kept).downcast().unwrap_or_else(|_| Arc::new(parse(&self.text)))
    }

    /// Whether it is no whole file but what reports need of one.
    pub fn is_excerpt(&self) -> bool {
        !self.parts.is_empty()
    }

    /// What reports need of the file: the lines of these spans and those around them, with all places as they were. The rest
    /// is let go.
    pub fn excerpt(&self, spans: impl IntoIterator<Item = Span>) -> Arc<Self> {
        let mut windows: Vec<Span> = spans.into_iter().map(|span| self.around(span)).collect();
        windows.sort_unstable();
        let (mut bytes, mut parts): (Vec<u8>, Vec<Part>) = Default::default();
        let mut end = 0;
        for window in windows {
            let start = window.start.max(end);
            if start > end || parts.is_empty() {
                let line = self.line(start);
                let line_start = self.line_span(line).start;
                let column = self.position(start).column - 1;
                parts.push(Part { start, kept: bytes.len(), line, line_start, column });
            }
            if window.end > start {
                bytes.extend_from_slice(self.counted().get(start..window.end).unwrap_or_default());
                end = window.end;
            }
        }
        Arc::new(Self::of(self.path.clone(), bytes, parts))
    }

    /// A span with the lines around it, as far as somebody may want to see them.
    fn around(&self, span: Span) -> Span {
        let first = self.line(span.start).saturating_sub(AROUND).max(1);
        let lines = self.line_span(first).join(self.line_span(self.line(span.end) + AROUND));
        let lines = lines.join(span);
        let length = self.text.len();
        let mut start = lines.start.max(span.start.saturating_sub(REACH)).min(length);
        let mut end = lines.end.min(span.end.saturating_add(REACH)).min(length);
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        Span::new(start, end)
    }

    /// The part in which a byte stands, or that before it, and the length of its text.
    fn part(&self, offset: usize) -> Option<(&Part, usize)> {
        let next = self.parts.partition_point(|part| part.start <= offset).max(1);
        let end = self.parts.get(next).map_or(self.text.len(), |next| next.kept);
        self.parts.get(next - 1).map(|part| (part, end - part.kept))
    }

    /// Where a span stands in the text that is kept.
    fn local(&self, span: Span) -> Span {
        let at = |offset: usize| match self.part(offset) {
            None => offset,
            Some((part, len)) => part.kept + offset.saturating_sub(part.start).min(len),
        };
        Span::new(at(span.start), at(span.end))
    }

    /// Where byte `offset` stands; one past the end is the place behind the last character.
    pub fn position(&self, offset: usize) -> Position {
        if let Some((part, _)) = self.part(offset) {
            let before = Span::new(part.kept, self.local(Span::at(offset)).start).of(&self.text);
            let line = before.rsplit('\n').next().unwrap_or_default();
            let column = if line.len() == before.len() { part.column } else { 0 };
            let lines = memchr::memchr_iter(b'\n', before.as_bytes()).count();
            return Position { line: part.line + lines, column: column + characters(line.as_bytes()) + 1 };
        }
        let offset = offset.min(self.text.len());
        let line = self.line(offset);
        let start = self.line_span(line).start;
        let column = if offset - start < BLOCK {
            characters(self.text.as_bytes().get(start..offset).unwrap_or_default())
        } else {
            self.characters_before(offset) - self.characters_before(start)
        };
        Position { line, column: column + 1 }
    }

    /// How many bytes of its line come before a byte.
    pub fn byte_column(&self, offset: usize) -> usize {
        let line = self.line(offset);
        let first = self.part(offset).filter(|(part, _)| part.line == line);
        offset - first.map_or_else(|| self.line_span(line).start, |(part, _)| part.line_start).min(offset)
    }

    /// How many characters begin before byte `offset`. Counted once per block, so that the columns of one endless line cost
    /// no more than those of many short ones.
    fn characters_before(&self, offset: usize) -> usize {
        let bytes = self.text.as_bytes();
        let blocks = self.blocks.get_or_init(|| {
            let sums = bytes.chunks(BLOCK).scan(0, |sum, block| {
                let before = *sum;
                *sum += characters(block);
                Some(before)
            });
            sums.collect()
        });
        let block = offset / BLOCK;
        let rest = bytes.get(block * BLOCK..offset).unwrap_or_default();
        blocks.get(block).map_or_else(|| characters(bytes), |before| before + characters(rest))
    }

    /// Where each line begins.
    fn starts(&self) -> &[usize] {
        self.lines.get_or_init(|| {
            let ends = memchr::memchr_iter(b'\n', self.text.as_bytes());
            std::iter::once(0).chain(ends.map(|at| at + 1)).collect()
        })
    }

    /// The comment in the first lines that says that a program makes the file: whoever edits it does so in vain.
    pub fn generated(&self) -> Option<Span> {
        const LINES: usize = 6;
        const SAY: [&str; 8] = [
            "generated by",
            "generated from",
            "generated with",
            "generated file",
            "is generated",
            "auto-generated",
            "autogenerated",
            "automatically generated",
        ];
        let mut at = 0;
        self.text.split_inclusive('\n').take(LINES).find_map(|line| {
            let span = Span::new(at, at + line.trim_end().len());
            at += line.len();
            let said = line.trim_start().to_ascii_lowercase();
            let comment =
                ["#", "//", "/*", "<!--", ";", "rem ", "::", "--"].iter().any(|mark| said.starts_with(mark));
            let generated = SAY.iter().any(|words| said.contains(words)) && !said.contains("not generated")
                || said.contains("@generated")
                || (said.contains("generated") && said.contains("do not edit"));
            (comment && generated).then_some(span)
        })
    }

    /// The bytes of a line, counted from 1, with its line end; empty where there is no such line, or where nothing is kept of
    /// it.
    pub fn line_span(&self, line: usize) -> Span {
        if !self.parts.is_empty() {
            let next = self.parts.partition_point(|part| part.line <= line);
            let part = next.checked_sub(1).and_then(|at| self.parts.get(at));
            let Some(part) = part else { return Span::default() };
            let end = self.parts.get(next).map_or(self.text.len(), |next| next.kept);
            let text = Span::new(part.kept, end).of(&self.text);
            let mut lines = text.split_inclusive('\n');
            let before: usize = lines.by_ref().take(line - part.line).map(str::len).sum();
            return Span::new(0, lines.next().map_or(0, str::len)).shift(part.start + before);
        }
        let starts = self.starts();
        let end = self.text.len();
        let start = line.checked_sub(1).and_then(|index| starts.get(index)).copied().unwrap_or(end);
        Span::new(start, starts.get(line).copied().unwrap_or(end))
    }

    /// The line in which a byte stands, from 1.
    pub fn line(&self, offset: usize) -> usize {
        if self.parts.is_empty() {
            return self.starts().partition_point(|&start| start <= offset).max(1);
        }
        self.position(offset).line
    }
}

/// The mark that a text in UTF-16 begins with.
const BOM: u16 = 0xFEFF;

/// How a unit of UTF-16 is stored.
type Store = fn(u16) -> [u8; 2];
/// How it is read.
type Load = fn([u8; 2]) -> u16;

/// The text of bytes that begin with the mark of UTF-16, and how it is stored.
fn utf16(bytes: &[u8]) -> Option<(String, Store)> {
    let (store, load): (Store, Load) = match bytes {
        // UTF-32 begins with the same two bytes.
        [0xFF, 0xFE, 0, 0, ..] => return None,
        [0xFF, 0xFE, ..] => (u16::to_le_bytes, u16::from_le_bytes),
        [0xFE, 0xFF, ..] => (u16::to_be_bytes, u16::from_be_bytes),
        _ => return None,
    };
    let units = bytes.chunks_exact(2).skip(1).filter_map(|pair| pair.try_into().ok()).map(load);
    let text: Result<String, _> = char::decode_utf16(units).collect();
    // Half a character could not be written back.
    text.ok().filter(|_| bytes.len().is_multiple_of(2)).map(|text| (text, store))
}

/// The text of bytes that are not all UTF-8, with every byte that is not part of a character replaced.
fn masked(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| PLACEHOLDER));
    }
    text
}

#[cfg(test)]
mod tests;
