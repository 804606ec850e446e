//! Lines of a file as a terminal can show them: of a line that is too long, a window around each place that is marked.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use crate::report::style::is_unsafe;
use crate::text::source::{Source, Span};

/// Columns of a tab, as the renderer shows it.
const TAB: usize = 4;
/// The mark of a cut.
const CUT: char = '…';
/// Columns around a mark in a line that is cut, the most that fits.
const AROUND: [usize; 6] = [40, 24, 12, 6, 2, 0];

/// A place that is to be seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) span: Span,
    /// How many columns of text are shown behind it, or put in there.
    pub(super) room: usize,
}

/// Lines that follow each other, each within a width.
pub(super) struct Window {
    pub(super) text: String,
    /// The number of the first line.
    pub(super) first_line: usize,
    /// Pieces that were kept: where each begins and ends in the file, and where it begins in the text.
    pieces: Vec<(Range<usize>, usize)>,
}

impl Window {
    /// The lines of `source` from that of the first mark to that of the last one, each within `width` columns.
    pub(super) fn new(source: &Source, marks: &[Mark], width: usize) -> Self {
        let lines = marks.iter().flat_map(|mark| [source.line(mark.span.start), source.line(mark.span.end)]);
        let (first, last) = lines.fold((usize::MAX, 1), |(a, b), line| (a.min(line), b.max(line)));
        let mut window = Self { text: String::new(), first_line: first.min(last), pieces: Vec::new() };
        for number in window.first_line..=last {
            let whole = source.line_span(number);
            let line = source.slice(whole);
            let content = line.trim_end_matches(['\n', '\r']);
            let inside = |mark: &&Mark| {
                mark.span.start >= whole.start && mark.span.start <= whole.start + content.len()
            };
            let here: Vec<Mark> =
                marks.iter().filter(inside).map(|mark| mark.within(whole.start, content)).collect();
            let kept = kept(content, &here, width.max(20));
            for (index, piece) in kept.iter().enumerate() {
                if piece.start > 0 || index > 0 {
                    window.text.push(CUT);
                }
                window.pieces.push((whole.start + piece.start..whole.start + piece.end, window.text.len()));
                window.text.extend(content.get(piece.clone()).unwrap_or_default().chars().map(harmless));
            }
            if kept.last().is_some_and(|piece| piece.end < content.len()) {
                window.text.push(CUT);
            } else if let Some((piece, _)) = window.pieces.last_mut() {
                // The end of the line is a place of its own: what comes behind it is put in there.
                window.text.push_str(line.get(content.len()..).unwrap_or_default());
                piece.end = whole.end;
                continue;
            }
            window.text.push('\n');
        }
        window
    }

    /// Where a byte of the file stands in the text; of one that was left out, where it would stand.
    pub(super) fn at(&self, offset: usize) -> usize {
        let next = self.pieces.partition_point(|(piece, _)| piece.start <= offset);
        let Some((piece, start)) = self.pieces.get(next.saturating_sub(1)) else { return 0 };
        let at = (start + offset.clamp(piece.start, piece.end) - piece.start).min(self.text.len());
        (0..=at).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0)
    }

    /// The span of a mark in the text; of one that covers several lines, what it covers of the first.
    pub(super) fn span(&self, span: Span) -> Range<usize> {
        let start = self.at(span.start);
        let end = self.at(span.end).max(start);
        let line = self.text.get(start..end).and_then(|text| text.find(['\n', '\r']));
        start..line.map_or(end, |at| start + at)
    }
}

impl Mark {
    /// The mark in a line that begins at byte `start`.
    fn within(&self, start: usize, line: &str) -> Self {
        let at = |offset: usize| offset.saturating_sub(start).min(line.len());
        Self { span: Span::new(at(self.span.start), at(self.span.end)), room: self.room }
    }
}

/// A character of the same length where the renderer would let one pass that steers a terminal.
fn harmless(c: char) -> char {
    match c.len_utf8() {
        2 if is_unsafe(c) => '¿',
        3 if is_unsafe(c) => char::REPLACEMENT_CHARACTER,
        _ => c,
    }
}

/// The pieces of a line that are shown: all of it where that fits.
#[allow(clippy::single_range_in_vec_init, reason = "the pieces of a line, of which there may be one")]
fn kept(line: &str, marks: &[Mark], width: usize) -> Vec<Range<usize>> {
    let whole = vec![0..line.len()];
    // A line of this length fits no terminal: to measure it would cost as much as reading it, for each finding.
    if line.len() <= 8 * width && fits(line, &whole, marks, width) {
        return whole;
    }
    if marks.is_empty() {
        return vec![0..ahead(line, 0, width - 1)];
    }
    let around = |columns: usize| {
        let mut pieces: Vec<Range<usize>> = marks
            .iter()
            .map(|mark| {
                let end = mark.span.end.min(ahead(line, mark.span.start, width / 2));
                back(line, mark.span.start, columns)..ahead(line, end, columns)
            })
            .collect();
        pieces.sort_by_key(|piece| piece.start);
        pieces.dedup_by(|next, piece| {
            // What is left out is longer than its sign.
            let joins = next.start <= piece.end + 3;
            if joins {
                piece.end = piece.end.max(next.end);
            }
            joins
        });
        pieces
    };
    let found = AROUND.into_iter().map(around).find(|pieces| fits(line, pieces, marks, width));
    let first = marks.iter().map(|mark| mark.span.start).min().unwrap_or(0);
    found.unwrap_or_else(|| vec![first..ahead(line, first, width - 2)])
}

/// Whether pieces of a line, and what is shown behind each mark, stay within a width.
fn fits(line: &str, pieces: &[Range<usize>], marks: &[Mark], width: usize) -> bool {
    let mut column = 0;
    for piece in pieces {
        column += usize::from(piece.start > 0);
        let columns = |to: usize| columns(line.get(piece.start..to).unwrap_or_default());
        let inside = |mark: &&Mark| piece.start <= mark.span.start && mark.span.start <= piece.end;
        let most =
            marks.iter().filter(inside).map(|mark| columns(mark.span.end.min(piece.end)) + mark.room).max();
        if column + most.unwrap_or(0) > width {
            return false;
        }
        column += columns(piece.end);
    }
    column < width
}

/// How many columns a text takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(column).sum()
}

fn column(c: char) -> usize {
    if c == '\t' { TAB } else { c.width().unwrap_or(1) }
}

/// The byte that stands `width` columns behind byte `from`, at most.
fn ahead(line: &str, from: usize, width: usize) -> usize {
    let rest = line.get(from..).unwrap_or_default();
    let mut left = width;
    let fitting = rest.chars().take_while(|c| {
        left.checked_sub(column(*c)).is_some_and(|rest| {
            left = rest;
            true
        })
    });
    from + fitting.map(char::len_utf8).sum::<usize>()
}

/// The byte that stands `width` columns before byte `to`, at most.
fn back(line: &str, to: usize, width: usize) -> usize {
    let before = line.get(..to).unwrap_or_default();
    let mut left = width;
    let fitting = before.chars().rev().take_while(|c| {
        left.checked_sub(column(*c)).is_some_and(|rest| {
            left = rest;
            true
        })
    });
    to - fitting.map(char::len_utf8).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(line: &str, words: &[&str], width: usize) -> (String, Vec<String>) {
        let source = Source::new("a", format!("{line}\n").into_bytes());
        let span = |word: &&str| line.find(*word).map(|at| Span::new(at, at + word.len())).unwrap();
        let marks: Vec<Mark> = words.iter().map(span).map(|span| Mark { span, room: 10 }).collect();
        let window = Window::new(&source, &marks, width);
        let shown = marks.iter().map(|mark| window.text[window.span(mark.span)].to_owned()).collect();
        (window.text.trim_end().to_owned(), shown)
    }

    #[test]
    fn a_line_that_fits_stays() {
        assert_eq!(window("docker run --gpus all x", &["--gpus all"], 80).0, "docker run --gpus all x");
    }

    #[test]
    fn a_long_line_shows_what_is_around_each_mark() {
        let line = format!(
            "docker run {} --gpus all {} image:1 train.py",
            "-v a:b ".repeat(40),
            "-e X=1 ".repeat(40)
        );
        for width in [40, 60, 100] {
            let (text, shown) = window(&line, &["docker", "--gpus all", "image:1"], width);
            assert!(columns(&text) <= width && text.contains(CUT), "{text}");
            assert_eq!(shown, ["docker", "--gpus all", "image:1"], "{text}");
        }
    }

    #[test]
    fn a_huge_or_wide_line_is_cut_at_its_mark() {
        let line = format!("{}größe=数{}", "x".repeat(5_000_000), "数".repeat(100_000));
        let (text, shown) = window(&line, &["größe"], 40);
        assert!(columns(&text) <= 40 && shown == ["größe"], "{text}");
        let (text, shown) = window(&"a".repeat(500), &[&"a".repeat(300)], 40);
        assert!(columns(&text) <= 40 && !shown[0].is_empty(), "{text}");
    }
}
