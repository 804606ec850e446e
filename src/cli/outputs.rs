//! Where reports go: formats, the files and streams they are written to, and one rule for a reader that went away.

use std::collections::HashMap;
use std::fs::{File, canonicalize, read};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::args::OutputArgs;
use super::console::Console;
use super::forge;
use super::inert::{Inert, Syntax};
use crate::fix::fixes::Fixes;
use crate::fix::write::write;
use crate::lint::baseline::Baseline;
use crate::report::style::Look;
use crate::report::{self, Format, Repository, View};
use crate::text::paths::to_os;

/// The formats of a run, each with its target.
pub(super) struct Outputs {
    /// What goes to stdout, or to the file of `--output`.
    pub(super) main: Format,
    /// The file of `--output`.
    main_file: Option<String>,
    files: Vec<(Format, String)>,
    /// Whether no option names the format of stdout.
    by_itself: bool,
    /// Where forges count paths from.
    pub(super) repository: Repository,
}

impl Outputs {
    /// What the options ask for. Where none names the format of stdout, GitHub gets its own and everybody else the human one.
    pub(super) fn new(args: &OutputArgs) -> Result<Self, String> {
        let mut main = None;
        let mut files = Vec::new();
        for wanted in &args.format {
            match &wanted.file {
                Some(file) if file.is_empty() => return Err("--format: a file must follow the '='".into()),
                Some(file) => files.push((wanted.format, file.clone())),
                None if main.is_some() => {
                    return Err("--format: only one format can go to standard output; \
                                write others as NAME=FILE"
                        .into());
                }
                None => main = Some(wanted.format),
            }
        }
        let by_itself = main.is_none();
        let main = main.unwrap_or(if forge::is_here() { Format::Github } else { Format::Human });
        if forge::is_gitlab() && args.format.is_empty() && args.output.is_none() {
            // What `artifacts: reports: codequality` names by GitLab's own documentation.
            files.push((Format::Gitlab, "gl-code-quality-report.json".into()));
        }
        let repository = forge::repository();
        Ok(Self { main, main_file: args.output.clone(), files, by_itself, repository })
    }

    /// The files that are written, as they are named.
    pub(super) fn written(&self) -> Vec<PathBuf> {
        self.main_file.iter().chain(self.files.iter().map(|(_, file)| file)).map(PathBuf::from).collect()
    }

    /// Whether a format tells how many workloads there are, whatever they ask for.
    pub(super) fn counts(&self) -> bool {
        std::iter::once(self.main)
            .chain(self.files.iter().map(|(format, _)| *format))
            .any(|format| format == Format::Json)
    }

    /// Refuses a target that is read, is another target, or holds anything but an earlier output of its kind, before
    /// anything is read. `baseline` is that which is to be written. The error names the option and the file.
    pub(super) fn check_targets(&self, read: &[String], baseline: Option<&Path>) -> Result<(), String> {
        let files = self.files.iter().map(|(format, file)| {
            let name =
                format.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
            (format!("--format {name}={file}"), PathBuf::from(file), Some(*format))
        });
        let main = self
            .main_file
            .iter()
            .map(|file| (format!("--output {file}"), PathBuf::from(file), Some(self.main)));
        let baseline =
            baseline.map(|path| (format!("--write-baseline to {}", path.display()), path.to_owned(), None));
        let inputs: HashMap<PathBuf, &String> =
            read.iter().filter_map(|path| Some((canonicalize(to_os(path)).ok()?, path))).collect();
        let mut met: HashMap<PathBuf, String> = HashMap::new();
        for (option, path, format) in main.chain(files).chain(baseline) {
            let Ok(metadata) = path.symlink_metadata() else {
                if let Some(other) = met.insert(path, option.clone()) {
                    return Err(format!("{option}: {other} writes the same file"));
                }
                continue;
            };
            let Ok(real) = canonicalize(&path) else {
                return Err(format!("{option}: a link that leads nowhere is not written through"));
            };
            // Devices and pipes, `/dev/null` among them, hold nothing that could be lost.
            if real.is_dir() {
                return Err(format!("{option}: is a directory"));
            } else if !real.is_file() {
                continue;
            }
            if let Some(input) = inputs.get(&real) {
                return Err(format!("{option}: '{input}' is a file to check, which would be overwritten"));
            } else if metadata.is_symlink() {
                return Err(format!("{option}: a link is not written through; name the file itself"));
            } else if let Some(other) = met.insert(real, option.clone()) {
                return Err(format!("{option}: {other} writes the same file"));
            }
            let is_own = match format {
                None => Baseline::read(&path).is_ok(),
                Some(format) => is_report(&path, format),
            };
            if !is_own {
                let what = if format.is_some() { "a report of this format" } else { "a baseline" };
                return Err(format!(
                    "{option}: the file exists and is not {what}; remove it or name another"
                ));
            }
        }
        Ok(())
    }

    /// Whether the format of stdout is GitHub's though no option names it.
    pub(super) fn is_by_itself(&self) -> bool {
        self.by_itself && self.main == Format::Github
    }

    /// The fixes that any of them prints, which then have to be proven.
    pub(super) fn shown_fixes(&self) -> Fixes {
        let shown = self.main.shows_fixes() || self.files.iter().any(|(format, _)| format.shows_fixes());
        if shown { Fixes::All } else { Fixes::None }
    }

    /// Writes every report. The errors are sentences that name the target.
    pub(super) fn write(&self, console: &Console, view: &View<'_>) -> Vec<String> {
        let mut errors = self.write_files(console, view);
        let main = self.main(console, Syntax::of(self.main), |out, look| {
            report::write(self.main, out, &View { look, ..*view })
        });
        errors.extend(main.err());
        errors
    }

    /// Writes the reports that go to files of their own.
    pub(super) fn write_files(&self, console: &Console, view: &View<'_>) -> Vec<String> {
        let view = View { look: console.file(), ..*view };
        let written = self
            .files
            .iter()
            .map(|(format, file)| to_file(file, |out| report::write(*format, out, &view)).err());
        written.flatten().collect()
    }

    /// Writes what stdout, or the file of `--output`, is to hold.
    pub(super) fn main(
        &self,
        console: &Console,
        syntax: Syntax,
        write: impl FnOnce(&mut dyn Write, Look) -> io::Result<()>,
    ) -> Result<(), String> {
        match &self.main_file {
            Some(file) => to_file(file, |out| write(out, console.file())),
            None => to_stdout(syntax, |out| write(out, console.stdout())),
        }
    }
}

/// Writes to stdout; a reader that went away is no error.
pub(super) fn to_stdout(
    syntax: Syntax,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), String> {
    let out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    settle("standard output", &mut Inert::new(out, syntax), write)
}

/// Writes to stderr; nobody can be told of an error.
pub(super) fn to_stderr(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
    let out = BufWriter::with_capacity(1 << 16, io::stderr().lock());
    let _ = settle("standard error", &mut Inert::new(out, Syntax::Text), write);
}

/// Whether a file may be an earlier report of a format.
fn is_report(path: &Path, format: Format) -> bool {
    let text = read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    // The list of `--show-files` begins with a file.
    format.begins(&text) || text.lines().next().is_some_and(|line| Path::new(line).exists())
}

/// Replaces a file in one step: whoever reads it meets the old report or the new one, never half of it.
fn to_file(file: &str, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), String> {
    let path = Path::new(file);
    let failed = |error: String| format!("{file}: cannot be written: {error}");
    if path.exists() && !path.is_file() {
        let target = File::create(file).map_err(|error| failed(error.to_string()))?;
        return settle(file, &mut BufWriter::with_capacity(1 << 16, target), fill);
    }
    let mut text = Vec::new();
    settle(file, &mut text, fill)?;
    write(path, &text).map_err(|error| format!("{file}: {error}"))
}

fn settle(
    name: &str,
    out: &mut dyn Write,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), String> {
    match write(out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("{name}: cannot be written: {error}"))
        }
        _ => Ok(()),
    }
}
