//! The text of one file: byte spans in it, and the lines and columns they stand for.
//!
//! A [`Source`] never loses a byte: where a file is not valid UTF-8, each offending byte is shown to the readers as one
//! placeholder character, so that every span of the text is also a span of the bytes on disk.

use std::any::Any;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

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

/// Bytes whose characters are counted at once.
const BLOCK: usize = 4096;

/// How many characters begin in some bytes of UTF-8: a byte that continues one (10xxxxxx) begins none.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
}

/// One file's name and text.
#[derive(Debug)]
pub struct Source {
    path: String,
    text: String,
    /// The bytes on disk where they differ from the text.
    raw: Option<Vec<u8>>,
    lines: OnceLock<Vec<usize>>,
    /// How many characters begin before each block of bytes.
    blocks: OnceLock<Vec<usize>>,
    parsed: Mutex<Option<Arc<dyn Any + Send + Sync>>>,
}

impl Source {
    /// A source of the bytes that were read. `path` is as reports show it: relative to the working folder, with `/`.
    pub fn new(path: impl Into<String>, bytes: Vec<u8>) -> Arc<Self> {
        let (text, raw) = match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let bytes = error.into_bytes();
                (masked(&bytes), Some(bytes))
            }
        };
        Arc::new(Self {
            path: path.into(),
            text,
            raw,
            lines: OnceLock::new(),
            blocks: OnceLock::new(),
            parsed: Mutex::default(),
        })
    }

    /// The path as reports show it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The text, as long in bytes as the file.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes on disk.
    pub fn bytes(&self) -> &[u8] {
        self.raw.as_deref().unwrap_or(self.text.as_bytes())
    }

    /// Whether every byte was valid UTF-8.
    pub fn is_utf8(&self) -> bool {
        self.raw.is_none()
    }

    /// The text under a span.
    pub fn slice(&self, span: Span) -> &str {
        span.of(&self.text)
    }

    /// What a reader makes of the text, kept so that whoever asks again need not wait, until [`Source::forget_parsed`]. The
    /// first to ask decides of what type it is; for another type the text is read each time.
    pub fn parsed<T: Any + Send + Sync>(&self, parse: impl Fn(&str) -> T) -> Arc<T> {
        let mut kept = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.get_or_insert_with(|| Arc::new(parse(&self.text)));
        Arc::clone(kept).downcast().unwrap_or_else(|_| Arc::new(parse(&self.text)))
    }

    /// What [`Source::parsed`] keeps, where it is of this type.
    pub fn kept<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        let kept = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clone()?.downcast().ok()
    }

    /// Keeps what a reader would make of the text, for [`Source::parsed`].
    pub fn keep(&self, parsed: Arc<dyn Any + Send + Sync>) {
        *self.parsed.lock().unwrap_or_else(PoisonError::into_inner) = Some(parsed);
    }

    /// Gives the memory back that what was made of the text takes. Whoever asks again waits again.
    pub fn forget_parsed(&self) {
        *self.parsed.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Where byte `offset` stands; one past the end is the place behind the last character.
    pub fn position(&self, offset: usize) -> Position {
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

    /// The bytes of a line, counted from 1, with its line end; empty where there is no such line.
    pub fn line_span(&self, line: usize) -> Span {
        let starts = self.starts();
        let end = self.text.len();
        let start = line.checked_sub(1).and_then(|index| starts.get(index)).copied().unwrap_or(end);
        Span::new(start, starts.get(line).copied().unwrap_or(end))
    }

    /// The 1-based line of byte `offset`.
    pub fn line(&self, offset: usize) -> usize {
        self.starts().partition_point(|&start| start <= offset).max(1)
    }
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
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_start_at_one() {
        let source = Source::new("a", "é: x\n  ü y".into());
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.position("é: ".len()), Position { line: 1, column: 4 });
        assert_eq!(source.position("é: x\n  ü ".len()), Position { line: 2, column: 5 });
        assert_eq!(source.position(999), Position { line: 2, column: 6 });
    }

    #[test]
    fn columns_of_a_long_line_are_those_of_its_characters() {
        let text = "x\n".to_owned() + &"aü数".repeat(5000);
        let source = Source::new("a", text.clone().into_bytes());
        for (count, (offset, _)) in text.char_indices().enumerate().skip(2) {
            assert_eq!(source.position(offset), Position { line: 2, column: count - 1 });
        }
        assert_eq!(source.position(text.len()), Position { line: 2, column: 15_001 });
        let block = Source::new("a", vec![b'a'; 2 * BLOCK]);
        assert_eq!(block.position(2 * BLOCK), Position { line: 1, column: 2 * BLOCK + 1 });
    }

    #[test]
    fn lines_are_found_by_their_numbers() {
        let source = Source::new("a", b"one\r\n\ntwo".to_vec());
        let line = |number| source.slice(source.line_span(number));
        assert_eq!([line(0), line(1), line(2), line(3), line(4)], ["", "one\r\n", "\n", "two", ""]);
    }

    #[test]
    fn bytes_that_are_not_text_keep_every_offset() {
        let bytes = b"a: \xe9\xff z".to_vec();
        let source = Source::new("a", bytes.clone());
        assert_eq!(source.text().len(), bytes.len());
        assert_eq!(source.bytes(), bytes);
        assert!(!source.is_utf8());
        assert_eq!(source.slice(Span::new(6, 7)), "z");
    }
}
