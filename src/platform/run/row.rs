//! Where a new option goes in the text: on the same line, or on a line of its own with its neighbours' indent and
//! continuation.
//!
//! Everything here is in bytes of the file, so that indents, `> ` of quotes and the quotes of JSON around a line are copied
//! as they stand there.

use super::fields::Spot;
use crate::syntax::shell::ShellDialect;
use crate::text::edits::Edit;
use crate::text::source::Span;

/// How far from a place its line's ends are looked for. Behind that the line is taken for one that holds more.
const REACH: usize = 4096;

/// The line around a span. A span over several lines has the start of its first and the end of its last.
struct Row<'t> {
    text: &'t str,
    /// From the line's first byte to the byte before its line end.
    line: Span,
    before: &'t str,
    after: &'t str,
}

impl<'t> Row<'t> {
    /// Nothing where the line is too long to be one of a command that goes over several lines.
    fn around(text: &'t str, span: Span) -> Option<Self> {
        let bytes = text.as_bytes();
        let low = span.start.saturating_sub(REACH);
        let start = match memchr::memrchr(b'\n', bytes.get(low..span.start)?) {
            Some(at) => low + at + 1,
            None if low == 0 => 0,
            None => return None,
        };
        let high = (span.end + REACH).min(bytes.len());
        let end = match memchr::memchr(b'\n', bytes.get(span.end..high)?) {
            Some(at) => span.end + at,
            None if high == bytes.len() => high,
            None => return None,
        };
        let end = if end > span.end && bytes.get(end - 1) == Some(&b'\r') { end - 1 } else { end };
        let part = |from, to| Span::new(from, to).of(text);
        let (before, after) = (part(start, span.start), part(span.end, end));
        Some(Self { text, line: Span::new(start, end), before, after })
    }

    /// The line before, without its line end.
    fn previous(&self) -> Option<Row<'t>> {
        let at = self.line.start.checked_sub(1)?;
        let at = if self.text.as_bytes().get(at.wrapping_sub(1)) == Some(&b'\r') { at - 1 } else { at };
        Row::around(self.text, Span::at(at))
    }

    /// The line end of this line, or of the one before it.
    fn line_end(&self) -> &'static str {
        let at =
            if self.line.end < self.text.len() { self.line.end } else { self.line.start.saturating_sub(2) };
        if self.text.get(at..).is_some_and(|rest| rest.starts_with("\r\n")) { "\r\n" } else { "\n" }
    }

    /// Whether nothing but the span stands on a line that is not the text's first.
    fn begins(&self) -> bool {
        self.line.start > 0 && self.before.trim().is_empty()
    }
}

/// What stands behind the last word of a line. A host that escapes the mark, as a string of Groovy does, has it twice.
enum LineTail<'t> {
    /// Nothing but a comment.
    Nothing,
    /// What continues the line, with the blanks before it.
    Continued(&'t str),
    /// More words, a quote, a bracket.
    More,
}

/// What continues the lines of a command that `row` is one of.
fn mark(dialect: ShellDialect, row: &Row<'_>) -> char {
    match dialect {
        // Documents show commands for Windows' shells as `bash`, too.
        ShellDialect::Posix => {
            let last = row.previous().and_then(|row| row.line.of(row.text).trim_end().chars().next_back());
            last.filter(|last| ['^', '`'].contains(last)).unwrap_or('\\')
        }
        ShellDialect::Fish => '\\',
        ShellDialect::Batch => '^',
        ShellDialect::PowerShell => '`',
    }
}

fn tail(after: &str, mark: char) -> LineTail<'_> {
    let rest = after.trim_start();
    let blanks = after.len() - rest.len();
    let comment = |rest: &str| rest.is_empty() || rest.starts_with('#');
    if rest.is_empty() || (blanks > 0 && rest.starts_with('#')) {
        return LineTail::Nothing;
    }
    let behind = rest.strip_prefix(mark).map(|once| once.strip_prefix(mark).unwrap_or(once));
    match behind {
        Some(behind) if comment(behind.trim_start()) => {
            let marks = rest.len() - behind.len();
            LineTail::Continued(after.get(..blanks + marks).unwrap_or_default())
        }
        _ => LineTail::More,
    }
}

/// The line continuation at the end of a line, with the blanks before it.
fn continuation<'t>(row: &Row<'t>, mark: char) -> Option<(usize, &'t str)> {
    let line = row.line.of(row.text);
    let code = line.trim_end();
    let code = match code.strip_suffix(mark) {
        Some(code) => code,
        // A comment behind the mark: only a reader takes it for a continuation.
        None => line.get(..line.find(" #")?)?.trim_end().strip_suffix(mark)?,
    };
    let end = code.len() + 1;
    let words = code.strip_suffix(mark).unwrap_or(code).trim_end().len();
    Some((row.line.start + words, line.get(words..end)?))
}

/// Puts options into the text of one command.
#[derive(Clone, Copy)]
pub(super) struct Pen {
    /// The language of the command.
    pub(super) dialect: ShellDialect,
}

impl Pen {
    /// Puts `option` behind `anchor`. Where line ends part words, as in a list, `listed` says so.
    pub(super) fn behind(self, anchor: &Spot, option: &str, listed: bool) -> Edit {
        let source = anchor.layer.source();
        let span = anchor.layer.map(anchor.span);
        let quoted = self.quoted(anchor, option);
        let own_line =
            Row::around(source.text(), span).and_then(|row| self.own_line(anchor, &row, &quoted, listed));
        let (at, text) = own_line.unwrap_or_else(|| {
            let comma = if quoted == option { "" } else { "," };
            (span.end, format!("{comma} {quoted}"))
        });
        Edit::insertion(source, at, text)
    }

    /// The place and text of a line of its own behind the anchor; nothing where it belongs on the anchor's line.
    fn own_line(self, anchor: &Spot, row: &Row<'_>, option: &str, listed: bool) -> Option<(usize, String)> {
        let mark = mark(self.dialect, row);
        let end = row.line_end();
        let inner = Row::around(anchor.layer.text(), anchor.span)?;
        if !row.begins() {
            return dressed(anchor, &inner, row, option, mark);
        }
        let before = row.before;
        match tail(row.after, mark) {
            LineTail::Continued(gap) => {
                let gap = aligned(anchor, option, gap, mark);
                Some((row.line.end, format!("{end}{before}{option}{gap}")))
            }
            LineTail::More if self.dialect == ShellDialect::PowerShell && row.after.trim() == "," => {
                Some((row.line.end, format!("{end}{before}{option},")))
            }
            LineTail::More => dressed(anchor, &inner, row, option, mark),
            LineTail::Nothing => {
                if let Some((_, gap)) = row.previous().and_then(|row| continuation(&row, mark)) {
                    let at = anchor.layer.map(anchor.span).end;
                    return Some((at, format!("{gap}{end}{before}{option}")));
                }
                // Folded text of YAML has no line ends of its own.
                let folded = !inner.before.trim().is_empty();
                (listed || folded).then(|| (row.line.end, format!("{end}{before}{option}")))
            }
        }
    }

    /// Puts `option` before `anchor`, on a line of its own where the anchor begins a continued line.
    pub(super) fn ahead(self, anchor: &Spot, option: &str) -> Edit {
        let source = anchor.layer.source();
        let span = anchor.layer.map(anchor.span);
        if let Some(row) = Row::around(source.text(), span).filter(Row::begins)
            && let mark = mark(self.dialect, &row)
            && let Some((_, gap)) = row.previous().and_then(|row| continuation(&row, mark))
        {
            let text = format!("{}{option}{gap}{}", row.before, row.line_end());
            return Edit::insertion(source, row.line.start, text);
        }
        let quoted = self.quoted(anchor, option);
        let comma = if quoted == option { "" } else { "," };
        Edit::insertion(source, span.start, format!("{quoted}{comma} "))
    }

    /// The elements of a PowerShell list are quoted and parted by commas.
    fn quoted(self, anchor: &Spot, option: &str) -> String {
        match anchor.text().chars().next() {
            Some(quote @ ('\'' | '"')) if self.dialect == ShellDialect::PowerShell => {
                format!("{quote}{}{quote}", option.replacen(' ', "=", 1))
            }
            _ => option.to_owned(),
        }
    }

    /// Takes words out, and with them the blanks or the line that only they need.
    pub(super) fn removal(self, words: &Spot) -> Edit {
        let source = words.layer.source();
        let span = words.layer.map(words.span);
        let text = source.text();
        let row = Row::around(text, span);
        let own = row.as_ref().filter(|row| row.begins()).and_then(|row| {
            let mark = mark(self.dialect, row);
            match tail(row.after, mark) {
                LineTail::Continued(_) => {
                    Some(Span::new(row.line.start, row.line.end + row.line_end().len()))
                }
                LineTail::Nothing => {
                    let (start, _) = row.previous().and_then(|row| continuation(&row, mark))?;
                    Some(Span::new(start, span.end))
                }
                LineTail::More => None,
            }
        });
        let blank = |c: char| c == ' ' || c == '\t';
        let span = own.unwrap_or_else(|| {
            let before = text.get(..span.start).unwrap_or_default();
            let kept = before.trim_end_matches(blank).len();
            // A quote right before it opens the string that the command stands in.
            let opens = kept == span.start && before.ends_with(['"', '\'']);
            if opens || before.get(..kept).is_some_and(|kept| kept.is_empty() || kept.ends_with('\n')) {
                let after = text.get(span.end..).unwrap_or_default();
                Span::new(span.start, span.end + after.len() - after.trim_start_matches(blank).len())
            } else {
                Span::new(kept, span.end)
            }
        });
        Edit::deletion(source, span)
    }
}

/// The blanks and `mark` behind the anchor for a line with `option`: marks in one column stay in it.
fn aligned(anchor: &Spot, option: &str, gap: &str, mark: char) -> String {
    let blanks = gap.trim_end_matches(mark).len();
    if blanks < 2 || gap.contains('\t') || anchor.text().contains('\n') {
        return gap.to_owned();
    }
    let width = (anchor.text().chars().count() + blanks).saturating_sub(option.chars().count()).max(1);
    format!("{}{}", " ".repeat(width), gap.trim_start())
}

/// A line of its own in a host that dresses each line, as the strings of a notebook do: all that stands around the
/// anchor is written again.
fn dressed(
    anchor: &Spot,
    inner: &Row<'_>,
    row: &Row<'_>,
    option: &str,
    mark: char,
) -> Option<(usize, String)> {
    let layer = &anchor.layer;
    let alone = inner.begins() && matches!(tail(inner.after, mark), LineTail::Continued(_));
    if !alone || inner.after.contains('#') {
        return None;
    }
    // One line inside must be one line of the file.
    let (start, end) = (inner.line.start, inner.line.end);
    let begins = layer.map(Span::new(start - 1, start)).end <= row.line.start;
    let ends = end + 1 < layer.text().len() && layer.map(Span::new(end + 1, end + 2)).start > row.line.end;
    (begins && ends).then(|| (row.line.end, format!("{}{}{option}{}", row.line_end(), row.before, row.after)))
}
