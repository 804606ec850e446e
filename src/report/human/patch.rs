//! A fix as a small diff: the lines that it changes, with one line around them.

use std::io::{self, Write};

use super::frame::{digits, empty};
use super::row::Row;
use crate::report::hunks::{Hunk, Tag, hunks};
use crate::report::style::{Look, Style, clean};
use crate::text::edits::Edit;
use crate::text::edits::{apply_within, sorted};
use crate::text::source::{Source, Span};

/// Lines around a change.
const CONTEXT: usize = 1;
/// The longest stretch that is shown, in bytes: more is no small diff.
const LONGEST: usize = 16 << 10;

/// Writes what the edits of a fix change, file by file.
pub(super) fn write(
    out: &mut dyn Write,
    edits: &[Edit],
    home: &str,
    gutter: usize,
    look: Look,
) -> io::Result<()> {
    let mut edits = edits.to_vec();
    edits.sort_by(|a, b| a.source.path().cmp(b.source.path()));
    for edits in edits.chunk_by(|a, b| a.source.path() == b.source.path()) {
        let Some(source) = edits.first().map(|edit| &edit.source) else { continue };
        if source.path() != home {
            let head = format!("{:gutter$}{}", "", look.paint(Style::Frame, "-->"));
            writeln!(out, "{head} {}", clean(source.path()))?;
        }
        write_file(out, source, &sorted(edits.iter().cloned()), gutter, look)?;
    }
    Ok(())
}

fn write_file(
    out: &mut dyn Write,
    source: &Source,
    edits: &[Edit],
    gutter: usize,
    look: Look,
) -> io::Result<()> {
    let mut added = 0_isize;
    empty(out, gutter, look)?;
    for (index, cluster) in edits.chunk_by(|a, b| near(source, a, b)).enumerate() {
        let (Some(first), Some(last)) = (cluster.first(), cluster.last()) else { continue };
        if index > 0 {
            writeln!(out, "{}", look.paint(Style::Frame, "..."))?;
        }
        let first_line = source.line(first.span.start).saturating_sub(CONTEXT).max(1);
        let window = source.line_span(first_line);
        let window = window.join(source.line_span(source.line(last.span.end) + CONTEXT));
        let mut after = apply_within(source, window, cluster);
        if window.len().max(after.len()) > LONGEST {
            writeln!(out, "{:gutter$}   (too long to show here: see --diff)", "")?;
            continue;
        }
        let mut before = source.slice_bytes(window).to_vec();
        // That a last line has no end is for the real diff to say; here it would only look like a change.
        for text in [&mut before, &mut after] {
            if text.last().is_some_and(|last| *last != b'\n') {
                text.push(b'\n');
            }
        }
        let focus = first.span.start - source.line_span(source.line(first.span.start)).start;
        let shown = Shown { first_line, added, focus, gutter, look };
        for hunk in hunks(&before, &after, CONTEXT) {
            shown.write(out, &hunk)?;
        }
        added += lines(&after) - lines(&before);
    }
    empty(out, gutter, look)
}

/// Whether two edits are shown in one piece.
fn near(source: &Source, a: &Edit, b: &Edit) -> bool {
    source.line(b.span.start).saturating_sub(source.line(a.span.end)) <= 2 * CONTEXT + 1
}

fn lines(text: &[u8]) -> isize {
    isize::try_from(memchr::memchr_iter(b'\n', text).count()).unwrap_or_default()
}

/// How the lines of a stretch are shown.
struct Shown {
    /// The number of its first line.
    first_line: usize,
    /// How many lines the new text has more than the old one before it.
    added: isize,
    /// The byte of a line that is to be seen, where a line must be cut.
    focus: usize,
    gutter: usize,
    look: Look,
}

impl Shown {
    fn write(&self, out: &mut dyn Write, hunk: &Hunk<'_>) -> io::Result<()> {
        let gutter = self.gutter;
        for line in &hunk.lines {
            let text = String::from_utf8_lossy(line.bytes);
            let row = Row::new(&text, self.focus, self.look.width.saturating_sub(gutter + 3));
            // Numbers are those of the file as it will be; a line that goes has none.
            let number = (self.first_line + line.index).saturating_add_signed(self.added);
            let (number, sign, style) = match line.tag {
                Tag::Same => (number.to_string(), '|', Style::Frame),
                Tag::Removed => (String::new(), '-', Style::Removed),
                Tag::Added => (number.to_string(), '+', Style::Added),
            };
            let head = self.look.paint(Style::Frame, format!("{number:>gutter$}"));
            let sign = self.look.paint(style, sign);
            let gap = if row.text.is_empty() { "" } else { " " };
            match line.tag {
                Tag::Same => writeln!(out, "{head} {sign}{gap}{}", row.text)?,
                _ => writeln!(out, "{head} {sign}{gap}{}", self.look.paint(style, &row.text))?,
            }
        }
        Ok(())
    }
}

/// The width that the line numbers of a fix need.
pub(super) fn gutter(edits: &[Edit]) -> usize {
    let last = |edit: &Edit| edit.source.line(edit.span.end) + edit.text.matches('\n').count() + CONTEXT;
    digits(edits.iter().map(last).max().unwrap_or(1))
}

/// The whole span of a fix in its files, to tell one fix from another.
pub(super) fn identity(edits: &[Edit]) -> Vec<(&str, Span, &str)> {
    edits.iter().map(|edit| (edit.source.path(), edit.span, edit.text.as_str())).collect()
}
