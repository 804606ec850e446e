//! Which lines a comment speaks of: the statement that it stands behind or above, or in a document the block below it.

use super::comment::begins;
use crate::text::source::Span;

/// The lines of a text, grouped as comments see them. Lines count from 0.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Where each line begins.
    starts: Vec<usize>,
    /// For each line the first one of its statement: lines that end with `\` go on with the next.
    statement: Vec<usize>,
    /// The lines of each block of a document: the one that opens it, and the one behind it.
    blocks: Vec<(usize, usize)>,
    /// For each line the next one that holds more than a comment, and the next one that also is not blank.
    below: Vec<(usize, usize)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineKind {
    Blank,
    Comment,
    Other,
}

impl Lines {
    /// The lines of a text with these blocks of code.
    pub(super) fn of(text: &str, blocks: &[Span]) -> Self {
        let mut lines = Self::default();
        let mut start = 0;
        let mut statement = 0;
        let mut goes_on = false;
        let mut kinds = Vec::new();
        for (number, line) in text.split_inclusive('\n').enumerate() {
            lines.starts.push(start);
            start += line.len();
            let line = line.trim_end();
            if !goes_on {
                statement = number;
            }
            goes_on = continues(line);
            lines.statement.push(statement);
            kinds.push(kind(line));
        }
        let ends = |block: &Span| (lines.line(block.start), lines.line(block.end.max(1) - 1) + 1);
        lines.blocks = blocks.iter().map(ends).collect();
        lines.below = below(&kinds);
        lines
    }

    /// The line of a byte.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// The first line of a line's statement, by which the statement is known.
    pub(super) fn statement(&self, line: usize) -> usize {
        self.statement.get(line).copied().unwrap_or(line)
    }

    /// The line that opens the block which a line stands in.
    pub(super) fn block(&self, line: usize) -> Option<usize> {
        let behind = self.blocks.partition_point(|(open, _)| *open <= line);
        let (open, end) = self.blocks.get(behind.checked_sub(1)?)?;
        (line < *end).then_some(*open)
    }

    /// The line that a comment on a line of its own speaks of: the next one that holds more than a comment. In a document
    /// (`far`) blank lines may lie between.
    pub(super) fn below(&self, line: usize, far: bool) -> usize {
        let (near, further) = self.below.get(line).copied().unwrap_or((line, line));
        if far { further } else { near }
    }

    /// How many lines there are.
    pub(super) fn count(&self) -> usize {
        self.starts.len()
    }

    /// The span of a line with its end.
    pub(super) fn span(&self, line: usize, length: usize) -> (usize, usize) {
        let start = self.starts.get(line).copied().unwrap_or(length);
        (start, self.starts.get(line + 1).copied().unwrap_or(length))
    }
}

/// For each line the next one that is no comment, and the next one that is not blank either.
fn below(kinds: &[LineKind]) -> Vec<(usize, usize)> {
    let last = kinds.len().saturating_sub(1);
    let mut next = (last, last);
    let mut out = Vec::with_capacity(kinds.len());
    for (line, kind) in kinds.iter().enumerate().rev() {
        out.push(next);
        match kind {
            LineKind::Comment => {}
            LineKind::Blank => next.0 = line,
            LineKind::Other => next = (line, line),
        }
    }
    out.reverse();
    out
}

/// Whether a statement goes on behind this line: `\`, and as PowerShell and cmd write it.
fn continues(line: &str) -> bool {
    line.ends_with('\\') || line.ends_with(" `") || line.ends_with(" ^")
}

/// What a line holds. A Markdown heading is not told from a comment, which does no harm.
fn kind(line: &str) -> LineKind {
    let text = line.trim_start();
    let text = text.strip_prefix('"').unwrap_or(text);
    match text {
        "" => LineKind::Blank,
        text if begins(text) => LineKind::Comment,
        _ => LineKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continued_lines_are_one_statement() {
        let lines = Lines::of("a \\\n  b \\\r\n  c\nd `\n e\nuse `x`\nf", &[]);
        let statements: Vec<usize> = (0..7).map(|line| lines.statement(line)).collect();
        assert_eq!(statements, [0, 0, 0, 3, 3, 5, 6]);
    }

    #[test]
    fn a_comment_speaks_of_the_next_line_that_is_none() {
        let lines = Lines::of("# 1\n # 2\nx\n# 4\n\ny", &[]);
        assert_eq!([lines.below(0, false), lines.below(1, false), lines.below(3, false)], [2, 2, 4]);
        assert_eq!(lines.below(3, true), 5);
        assert_eq!(Lines::of("# end", &[]).below(0, false), 0);
        let lines = Lines::of("# 1\nREM 2\n{{/* 3 */}}\nremove", &[]);
        assert_eq!(lines.below(0, false), 3);
    }

    #[test]
    fn blocks_hold_their_lines() {
        let text = "a\n```bash\nx\n```\nb\n~~~\ny\n";
        let lines = Lines::of(text, &[Span::new(2, 16), Span::new(18, 24)]);
        let blocks: Vec<Option<usize>> = (0..7).map(|line| lines.block(line)).collect();
        assert_eq!(blocks, [None, Some(1), Some(1), Some(1), None, Some(5), Some(5)]);
    }
}
