//! Labelled source lines: the places of a finding, file by file, as compilers show them.

use std::io::{self, Write};

use super::row::Row;
use crate::report::style::{Look, Style, clean};
use crate::text::place::Place;

/// A place to show, and what is to be seen there.
pub(super) struct Label<'a> {
    pub(super) place: &'a Place,
    /// Empty where the place says enough.
    pub(super) text: &'a str,
    /// The style of the finding's own place; other places explain it.
    pub(super) primary: Option<Style>,
}

/// A label on its line.
struct Mark<'a> {
    label: &'a Label<'a>,
    line: usize,
    /// Bytes in the line.
    from: usize,
    to: usize,
}

impl<'a> Mark<'a> {
    /// Where a label begins; of one that runs over several lines the first is shown.
    fn new(label: &'a Label<'a>) -> Self {
        let source = &label.place.source;
        let line = source.line(label.place.span.start);
        let whole = source.line_span(line);
        let end = whole.start + source.slice(whole).trim_end_matches(['\n', '\r']).len();
        let from = label.place.span.start.saturating_sub(whole.start);
        let to = label.place.span.end.min(end).saturating_sub(whole.start).max(from);
        Self { label, line, from, to }
    }

    fn style(&self) -> Style {
        self.label.primary.unwrap_or(Style::Evidence)
    }
}

/// The width that line numbers up to those of the labels need.
pub(super) fn gutter(labels: &[Label<'_>]) -> usize {
    let line = |label: &Label<'_>| label.place.source.line(label.place.span.start);
    digits(labels.iter().map(line).max().unwrap_or(1))
}

/// How many digits a number has.
pub(super) fn digits(number: usize) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

/// Writes the labels' lines; the file of the first label comes first.
pub(super) fn write(out: &mut dyn Write, labels: &[Label<'_>], gutter: usize, look: Look) -> io::Result<()> {
    let mut left: Vec<Mark<'_>> = labels.iter().map(Mark::new).collect();
    let mut arrow = "-->";
    while let Some(first) = left.first() {
        let path = first.label.place.path().to_owned();
        let start = first.label.place.start();
        let head = format!("{:gutter$}{}", "", look.paint(Style::Frame, arrow));
        writeln!(out, "{head} {}:{}:{}", clean(&path), start.line, start.column)?;
        let (mut here, elsewhere) = left.into_iter().partition(|mark| mark.label.place.path() == path);
        left = elsewhere;
        write_file(out, &mut here, gutter, look)?;
        arrow = ":::";
    }
    Ok(())
}

fn write_file(out: &mut dyn Write, marks: &mut [Mark<'_>], gutter: usize, look: Look) -> io::Result<()> {
    marks.sort_by_key(|mark| (mark.line, mark.from, mark.to));
    empty(out, gutter, look)?;
    let mut last: Option<usize> = None;
    for marks in marks.chunk_by(|a, b| a.line == b.line) {
        let Some(first) = marks.first() else { continue };
        match last.map(|last| first.line - last) {
            // A single line is shorter than the sign for what is left out.
            Some(2) => {
                let (line, _) = row(first, first.line - 1, gutter, look);
                numbered(out, first.line - 1, &line.text, gutter, look)?;
            }
            Some(gap) if gap > 2 => writeln!(out, "{}", look.paint(Style::Frame, "..."))?,
            _ => {}
        }
        write_line(out, marks, gutter, look)?;
        last = Some(first.line);
    }
    empty(out, gutter, look)
}

/// A line of the file of `mark`, with what is marked there in sight.
fn row(mark: &Mark<'_>, line: usize, gutter: usize, look: Look) -> (Row, usize) {
    let source = &mark.label.place.source;
    let text = source.slice(source.line_span(line));
    (Row::new(text, mark.from, look.width.saturating_sub(gutter + 3)), text.len())
}

/// A line and what is to be seen in it.
fn write_line(out: &mut dyn Write, marks: &[Mark<'_>], gutter: usize, look: Look) -> io::Result<()> {
    let Some(focus) = marks.iter().find(|mark| mark.label.primary.is_some()).or(marks.first()) else {
        return Ok(());
    };
    let (row, _) = row(focus, focus.line, gutter, look);
    numbered(out, focus.line, &row.text, gutter, look)?;

    // Under the line: every place underlined, the finding's own on top; behind them the text of the last one.
    let mut under = Canvas::default();
    let order = marks.iter().filter(|mark| mark.label.primary.is_none());
    for mark in order.chain(marks.iter().filter(|mark| mark.label.primary.is_some())) {
        let from = row.column(mark.from);
        let to = row.column(mark.to).max(from + 1);
        let sign = if mark.label.primary.is_some() { '^' } else { '-' };
        under.put(from, &sign.to_string().repeat(to - from), mark.style());
    }
    let mut texts: Vec<(usize, &str, Style)> = marks
        .iter()
        .filter(|mark| !mark.label.text.is_empty())
        .map(|mark| (row.column(mark.from), mark.label.text, mark.style()))
        .collect();
    texts.dedup();
    let rightmost = marks.iter().map(|mark| row.column(mark.from)).max();
    if let Some((_, text, style)) = texts.pop_if(|(column, ..)| Some(*column) == rightmost) {
        under.put(under.len() + 1, &clean(text), style);
    }
    under.write(out, gutter, look)?;

    // Below that: the other texts, the rightmost first, each under its own place.
    if !texts.is_empty() {
        bars(&texts).write(out, gutter, look)?;
    }
    while let Some((column, text, style)) = texts.pop() {
        let mut below = bars(&texts);
        below.put(column, &clean(text), style);
        below.write(out, gutter, look)?;
    }
    Ok(())
}

/// Strokes that lead down to texts that are still to come.
fn bars(texts: &[(usize, &str, Style)]) -> Canvas {
    let mut canvas = Canvas::default();
    for (column, _, style) in texts {
        canvas.put(*column, "|", *style);
    }
    canvas
}

/// Writes a line number and what stands behind it.
pub(super) fn numbered(
    out: &mut dyn Write,
    number: usize,
    text: &str,
    gutter: usize,
    look: Look,
) -> io::Result<()> {
    let head = look.paint(Style::Frame, format!("{number:>gutter$} |"));
    let gap = if text.is_empty() { "" } else { " " };
    writeln!(out, "{head}{gap}{text}")
}

/// Writes a line with the frame alone.
pub(super) fn empty(out: &mut dyn Write, gutter: usize, look: Look) -> io::Result<()> {
    writeln!(out, "{}", look.paint(Style::Frame, format!("{:gutter$} |", "")))
}

/// A row of styled characters, each one column wide.
#[derive(Default)]
struct Canvas(Vec<(char, Option<Style>)>);

impl Canvas {
    fn len(&self) -> usize {
        self.0.len()
    }

    /// Puts a text at a column, over what is there.
    fn put(&mut self, column: usize, text: &str, style: Style) {
        for (index, c) in text.chars().enumerate() {
            let at = column + index;
            if self.0.len() <= at {
                self.0.resize(at + 1, (' ', None));
            }
            if let Some(cell) = self.0.get_mut(at) {
                *cell = (c, Some(style));
            }
        }
    }

    /// Writes the row behind the frame, runs of one style at once.
    fn write(&self, out: &mut dyn Write, gutter: usize, look: Look) -> io::Result<()> {
        write!(out, "{} ", look.paint(Style::Frame, format!("{:gutter$} |", "")))?;
        for run in self.0.chunk_by(|a, b| a.1 == b.1) {
            let text: String = run.iter().map(|(c, _)| c).collect();
            match run.first().and_then(|(_, style)| *style) {
                Some(style) => write!(out, "{}", look.paint(style, text))?,
                None => write!(out, "{text}")?,
            }
        }
        writeln!(out)
    }
}
