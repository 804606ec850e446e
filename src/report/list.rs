//! The list of containers for people: file by file, one line each.

use std::collections::BTreeSet;
use std::io::{self, Write};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::count;
use super::style::{Look, Style, clean};
use crate::container::workload::{Shm, Verdict, Workload};
use crate::lint::check::Listed;
use crate::size::human;

/// The widest a column may get; the last one takes what is left.
const WIDEST: usize = 36;
const HEADS: [&str; 6] = ["line", "container", "gpu", "/dev/shm", "set by", "why"];

/// What stands in one line.
struct Row {
    cells: [String; 6],
    gpu: Style,
}

/// Writes the list. Where it goes to a terminal, lines are cut to its width.
pub fn write(out: &mut dyn Write, listed: &[Listed], look: Look) -> io::Result<()> {
    let rows: Vec<Row> = listed.iter().map(row).collect();
    let mut widths = HEADS.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(&row.cells) {
            *width = (*width).max(cell.width().min(WIDEST));
        }
    }
    if !rows.is_empty() {
        let heads = Row { cells: HEADS.map(str::to_owned), gpu: Style::Faint };
        writeln!(out, "{}", look.paint(Style::Faint, line(&heads, &widths, look, false)))?;
    }
    let mut path = "";
    for (listed, row) in listed.iter().zip(&rows) {
        if listed.workload.place.path() != path {
            path = listed.workload.place.path();
            writeln!(out, "{}", look.paint(Style::Strong, clean(path)))?;
        }
        writeln!(out, "{}", line(row, &widths, look, look.color))?;
    }
    let files: BTreeSet<&str> = listed.iter().map(|listed| listed.workload.place.path()).collect();
    let gpus = listed.iter().filter(|listed| listed.workload.gpu.is_yes()).count();
    let (containers, files) = (count(listed.len(), "container"), count(files.len(), "file"));
    writeln!(out, "{containers} in {files}, {gpus} with a GPU.")
}

/// The cells of a row in columns.
fn line(row: &Row, widths: &[usize; 6], look: Look, paint: bool) -> String {
    let mut out = String::from(" ");
    let mut used = 1;
    for (index, (cell, width)) in row.cells.iter().zip(widths).enumerate() {
        let is_last = index + 1 == HEADS.len();
        // Into a pipe the reason goes whole: whoever reads it there can wrap it.
        let room = if !is_last {
            *width
        } else if look.terminal {
            look.width.saturating_sub(used + 1).max(20)
        } else {
            usize::MAX
        };
        let cell = cut(cell, room);
        let gap = if is_last { String::new() } else { " ".repeat(room.saturating_sub(cell.width())) };
        let shown = if paint && index == 2 { look.paint(row.gpu, &cell).to_string() } else { cell };
        // Numbers stand to the right.
        let (left, right) = if index == 0 { (&gap, &shown) } else { (&shown, &gap) };
        out.extend([" ", left, right, " "]);
        used += room.min(WIDEST) + 2;
    }
    out.trim_end().to_owned()
}

/// A text within some columns.
fn cut(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut width = 1;
    let fits = |c: &char| {
        width += c.width().unwrap_or(0);
        width <= room
    };
    let mut out: String = text.chars().take_while(fits).collect();
    out.push('…');
    out
}

fn row(listed: &Listed) -> Row {
    let workload = &listed.workload;
    let (gpu, style) = gpu(workload);
    let cells = [
        workload.place.start().line.to_string(),
        workload.name.clone(),
        gpu,
        shm(&workload.shm),
        set_by(workload),
        listed.why.clone(),
    ];
    Row { cells: cells.map(|cell| clean(&cell).into_owned()), gpu: style }
}

/// The answer, with the first place that shows it.
fn gpu(workload: &Workload) -> (String, Style) {
    let style = match workload.gpu.verdict {
        Verdict::Yes => Style::Added,
        Verdict::No => Style::Faint,
        Verdict::Unknown(_) => Style::Warning,
    };
    let answer = workload.gpu.verdict.as_str();
    let shown = workload.gpu.evidence.first().map(|evidence| format!("{answer}: {}", evidence.text));
    (shown.unwrap_or_else(|| answer.to_owned()), style)
}

fn shm(shm: &Shm) -> String {
    match shm {
        Shm::Default { bytes } => format!("{} (default)", human(*bytes)),
        Shm::Explicit { bytes } => human(*bytes),
        Shm::Host => "the host's".into(),
        Shm::Tmpfs { bytes: Some(bytes) } => format!("{} (tmpfs)", human(*bytes)),
        Shm::Tmpfs { bytes: None } => "tmpfs without a size".into(),
        Shm::Disk => "on disk".into(),
        Shm::Shared { with, bytes: Some(bytes) } => format!("{} of {with}", human(*bytes)),
        Shm::Shared { with, bytes: None } => format!("that of {with}"),
        Shm::None => "none".into(),
        Shm::Unknown(_) => "unknown".into(),
    }
}

/// The deciding setting and where it is written.
fn set_by(workload: &Workload) -> String {
    let Some(setting) = workload.deciding() else { return "-".into() };
    let line = setting.place.start().line;
    let path = setting.place.path();
    let place = if path == workload.place.path() { format!("line {line}") } else { format!("{path}:{line}") };
    format!("{} ({place})", setting.text)
}
