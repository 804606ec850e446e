//! The list of containers for people: file by file, one line each.

use std::collections::BTreeSet;
use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::count;
use super::style::{Look, Palette, clean};
use crate::container::workload::{GpuVerdict, Shm, Workload};
use crate::lint::check::Listed;
use crate::size::human;

const HEADS: [&str; 6] = ["line", "container", "gpu", "shown by", "/dev/shm", "set by"];

/// The column of names.
const NAME: usize = 1;

/// Columns that go where they do not fit, the least useful one first.
const SPARE: [usize; 2] = [3, 5];

/// From this width on the reason stands in the line of its container.
const WIDE: usize = 100;

/// What stands in one line.
struct ListRow {
    cells: [String; 6],
    why: String,
    gpu: Palette,
}

/// How the rows are laid out.
struct ListLayout {
    widths: [usize; 6],
    /// The columns that are shown.
    columns: Vec<usize>,
    /// How wide these are together.
    width: usize,
    /// How many columns are left for the reason in the line itself; else it stands below.
    beside: Option<usize>,
}

/// Writes the list. No line is wider than a terminal that it goes to.
pub fn write(out: &mut dyn Write, listed: &[Listed], look: Look) -> io::Result<()> {
    let rows: Vec<ListRow> = listed.iter().map(row).collect();
    let layout = ListLayout::of(&rows, look);
    if !rows.is_empty() && !layout.is_stacked(look) {
        let heads = ListRow { cells: HEADS.map(str::to_owned), why: "why".into(), gpu: Palette::Faint };
        let head = layout.cells(&heads, false, Look { color: false, ..look });
        let why = if layout.beside.is_some() { "  why" } else { "" };
        writeln!(out, "{}", look.paint(Palette::Faint, format!("{head}{why}")))?;
    }
    let mut path = "";
    for (listed, row) in listed.iter().zip(&rows) {
        if listed.workload.place.path() != path {
            path = listed.workload.place.path();
            let lines = look.wrap(&clean(path), 0);
            lines.iter().try_for_each(|line| writeln!(out, "{}", look.paint(Palette::Strong, line)))?;
        }
        layout.write(out, row, look)?;
    }
    let files: BTreeSet<&str> = listed.iter().map(|listed| listed.workload.place.path()).collect();
    let gpus = listed.iter().filter(|listed| listed.workload.gpu.is_yes()).count();
    let (containers, files) = (count(listed.len(), "container"), count(files.len(), "file"));
    writeln!(out, "{containers} in {files}, {gpus} with a GPU.")
}

impl ListLayout {
    fn of(rows: &[ListRow], look: Look) -> Self {
        let mut widths = HEADS.map(str::len);
        // A longer name takes lines of its own, so that the columns stay for the others.
        let longest = if look.terminal { look.width / 3 } else { usize::MAX };
        for row in rows {
            for (column, (width, cell)) in widths.iter_mut().zip(&row.cells).enumerate() {
                let fits = column != NAME || cell.width() <= longest;
                *width = (*width).max(if fits { cell.width() } else { 0 });
            }
        }
        let mut columns: Vec<usize> = (0..HEADS.len()).collect();
        let used = |columns: &[usize]| {
            columns.iter().map(|column| widths.get(*column).map_or(0, |w| w + 2)).sum::<usize>()
        };
        let least = if look.width >= WIDE { 30 } else { 0 };
        // Into a pipe everything goes whole: whoever reads it there can wrap it.
        for spare in SPARE.into_iter().filter(|_| look.terminal) {
            if used(&columns) + least > look.width {
                columns.retain(|column| *column != spare);
            }
        }
        let beside = match look.terminal {
            false => Some(usize::MAX),
            true => look.width.checked_sub(used(&columns) + 2).filter(|left| least > 0 && *left >= least),
        };
        Self { widths, width: used(&columns), columns, beside }
    }

    /// Whether the columns do not fit, so that the cells stand below each other, each with its heading.
    fn is_stacked(&self, look: Look) -> bool {
        look.terminal && self.width > look.width
    }

    fn write(&self, out: &mut dyn Write, row: &ListRow, look: Look) -> io::Result<()> {
        let [line, name, gpu, _, shm, _] = &row.cells;
        let is_long = self.widths.get(NAME).is_some_and(|width| name.width() > *width);
        if is_long || self.is_stacked(look) {
            let indent = self.widths.first().map_or(4, |width| width + 4);
            for (at, part) in look.wrap(name, indent).iter().enumerate() {
                let (line, width) = (if at == 0 { line } else { "" }, indent - 4);
                writeln!(out, "  {line:>width$}  {part}")?;
            }
        }
        if self.is_stacked(look) {
            below(out, &format!("gpu {gpu}"), look)?;
            below(out, &format!("/dev/shm {shm}"), look)?;
            return below(out, &row.why, look);
        }
        let cells = self.cells(row, is_long, look);
        match self.beside {
            Some(width) => {
                let indent = self.width + 2;
                let lines = match look.terminal {
                    true => look.wrap(&row.why, look.width.saturating_sub(width)),
                    false => vec![row.why.clone()],
                };
                writeln!(out, "{cells}  {}", lines.first().map_or("", String::as_str))?;
                lines.iter().skip(1).try_for_each(|line| writeln!(out, "{:indent$}{line}", ""))
            }
            None => {
                writeln!(out, "{}", cells.trim_end())?;
                below(out, &row.why, look)
            }
        }
    }

    /// The shown cells in their columns; where the line and the name stand above already, without these.
    fn cells(&self, row: &ListRow, is_named: bool, look: Look) -> String {
        let mut out = String::new();
        for column in &self.columns {
            let (Some(cell), Some(width)) = (row.cells.get(*column), self.widths.get(*column)) else {
                continue;
            };
            let cell = if is_named && *column <= NAME { "" } else { cell };
            let gap = " ".repeat(width.saturating_sub(cell.width()));
            let shown = if *column == 2 { look.paint(row.gpu, cell).to_string() } else { cell.to_owned() };
            // Numbers stand to the right.
            let (left, right) = if *column == 0 { (&gap, &shown) } else { (&shown, &gap) };
            out.extend(["  ", left, right]);
        }
        out
    }
}

/// Writes a text below a row, within the width.
fn below(out: &mut dyn Write, text: &str, look: Look) -> io::Result<()> {
    look.wrap(text, 8).iter().try_for_each(|line| writeln!(out, "        {line}"))
}

fn row(listed: &Listed) -> ListRow {
    let workload = &listed.workload;
    let style = match workload.gpu.verdict {
        GpuVerdict::Yes => Palette::Added,
        GpuVerdict::No => Palette::Faint,
        GpuVerdict::Unknown(_) => Palette::Warning,
    };
    let cells = [
        workload.place.start().line.to_string(),
        workload.name.clone(),
        workload.gpu.verdict.as_str().to_owned(),
        workload.gpu.evidence.first().map_or_else(|| "-".to_owned(), |evidence| evidence.text.clone()),
        shm(&workload.shm),
        set_by(workload),
    ];
    let why = clean(&listed.why).into_owned();
    ListRow { cells: cells.map(|cell| clean(&cell).into_owned()), why, gpu: style }
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
