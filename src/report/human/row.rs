//! One line of a source as a terminal can show it: tabs as spaces, nothing that steers, cut where it is too long, and the
//! columns that byte offsets come to stand in.

use unicode_width::UnicodeWidthChar;

use crate::report::style::is_unsafe;
use crate::text::source::PLACEHOLDER;

/// Columns between tab stops.
const TAB: usize = 4;
/// The mark of a cut.
const CUT: char = '…';

/// A line ready to be printed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// What is printed.
    pub(super) text: String,
    /// Its width in columns.
    pub(super) width: usize,
    /// For each shown character, its byte offset in the line and its column.
    stops: Vec<(usize, usize)>,
}

impl Row {
    /// `line` within `width` columns, so that byte `focus` can be seen. The line's end is left out.
    pub(super) fn new(line: &str, focus: usize, width: usize) -> Self {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let width = width.max(20);
        let whole = Self::from(line, 0, usize::MAX);
        match whole {
            Some(row) if row.width <= width => row,
            _ => Self::cut(line, focus.min(line.len()), width),
        }
    }

    /// A part of a line that is too long, with what is in focus in its left half.
    fn cut(line: &str, focus: usize, width: usize) -> Self {
        let mut start = 0;
        if focus + 8 > width / 2 {
            start = focus - (width / 4).min(focus);
            while !line.is_char_boundary(start) {
                start -= 1;
            }
        }
        Self::from(line, start, width).unwrap_or(Self { text: String::new(), width: 0, stops: Vec::new() })
    }

    /// The line from byte `start` on, as much as fits; nothing where all of it is wanted and it is long beyond reason.
    fn from(line: &str, start: usize, width: usize) -> Option<Self> {
        // No line of this length fits any terminal: measuring it would cost as much as reading it, for each finding.
        if width == usize::MAX && line.len() > 2000 {
            return None;
        }
        let mut row = Self { text: String::new(), width: 0, stops: Vec::new() };
        if start > 0 {
            row.text.push(CUT);
            row.width = 1;
        }
        for (offset, c) in line.get(start..)?.char_indices() {
            let columns = match c {
                '\t' => TAB - row.width % TAB,
                c if is_unsafe(c) => 1,
                c => c.width().unwrap_or(0),
            };
            if row.width + columns >= width {
                row.stops.push((start + offset, row.width));
                row.text.push(CUT);
                row.width += 1;
                return Some(row);
            }
            row.stops.push((start + offset, row.width));
            match c {
                '\t' => row.text.extend(std::iter::repeat_n(' ', columns)),
                PLACEHOLDER => row.text.push(char::REPLACEMENT_CHARACTER),
                c if is_unsafe(c) => row.text.push(char::REPLACEMENT_CHARACTER),
                c => row.text.push(c),
            }
            row.width += columns;
        }
        Some(row)
    }

    /// The column of a byte of the line; the end of the row for those behind it.
    pub(super) fn column(&self, offset: usize) -> usize {
        let at = self.stops.partition_point(|(start, _)| *start < offset);
        self.stops.get(at).map_or(self.width, |(_, column)| *column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_wide_and_combining_characters_keep_their_columns() {
        let line = "\t größe 数x\r\n";
        let row = Row::new(line, 0, 80);
        assert_eq!(row.text, "     größe 数x");
        assert_eq!(row.column(line.find('g').unwrap()), 5);
        assert_eq!(row.column(line.find('数').unwrap()), 11);
        assert_eq!(row.column(line.find('x').unwrap()), 13);
        assert_eq!(row.column(999), 14);
        assert_eq!(Row::new("e\u{301}x", 0, 80).width, 2);
    }

    #[test]
    fn a_long_line_is_cut_around_what_matters() {
        let line = format!("{}docker{}", "a".repeat(1000), "b".repeat(1000));
        let row = Row::new(&line, 1000, 40);
        assert!(row.width <= 41, "{row:?}");
        assert!(
            row.text.starts_with('…') && row.text.ends_with('…') && row.text.contains("docker"),
            "{row:?}"
        );
        let column = row.column(1000);
        assert_eq!(row.text.chars().skip(column).take(6).collect::<String>(), "docker");
        let short = Row::new("docker run something", 0, 12);
        assert_eq!(short.text, "docker run something", "20 columns are shown in any case");
    }

    #[test]
    fn a_huge_line_costs_no_more_than_what_is_shown() {
        let line = "x".repeat(50_000_000);
        let start = std::time::Instant::now();
        for focus in (0..1000).map(|part| part * 50_000) {
            assert!(Row::new(&line, focus, 100).text.len() < 200);
        }
        assert!(start.elapsed().as_secs() < 2);
    }

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(Row::new("a\u{1b}[31mb\u{1a}\u{202e}", 0, 80).text, "a\u{fffd}[31mb\u{fffd}\u{fffd}");
    }
}
