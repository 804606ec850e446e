//! Where reports go: formats, the files and streams they are written to, and one rule for a reader that went away.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufWriter, Write};

use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};
use clap::{Arg, Command, Error};

use super::args::OutputArgs;
use super::console::Console;
use super::github;
use crate::fix::fixes::Fixes;
use crate::report::style::Look;
use crate::report::{self, Format, View};

/// A format, and the file it goes to where it does not go to stdout: `sarif=out.sarif`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FormatTo {
    pub(crate) format: Format,
    pub(crate) file: Option<String>,
}

/// Reads `NAME` or `NAME=FILE`.
#[derive(Clone)]
pub(crate) struct FormatToParser;

impl TypedValueParser for FormatToParser {
    type Value = FormatTo;

    fn parse_ref(&self, cmd: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<FormatTo, Error> {
        let text = value.to_string_lossy();
        let (name, file) = match text.split_once('=') {
            Some((name, file)) => (name, Some(file.to_owned())),
            None => (text.as_ref(), None),
        };
        let format = EnumValueParser::<Format>::new().parse_ref(cmd, arg, OsStr::new(name))?;
        Ok(FormatTo { format, file })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        use clap::ValueEnum;
        Some(Box::new(Format::value_variants().iter().filter_map(ValueEnum::to_possible_value)))
    }
}

/// The formats of a run, each with its target.
pub(super) struct Outputs {
    /// What goes to stdout, or to the file of `--output`.
    pub(super) main: Format,
    /// The file of `--output`.
    main_file: Option<String>,
    files: Vec<(Format, String)>,
    /// Whether no option names the format of stdout.
    by_itself: bool,
    /// Where the working folder stands below the one that annotations count paths from.
    pub(super) workspace: String,
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
        let main = main.unwrap_or(if github::is_here() { Format::Github } else { Format::Human });
        let annotates = main == Format::Github || files.iter().any(|(format, _)| *format == Format::Github);
        let workspace = if annotates { github::workspace() } else { String::new() };
        Ok(Self { main, main_file: args.output.clone(), files, by_itself, workspace })
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
        let main = self.main(console, |out, look| report::write(self.main, out, &View { look, ..*view }));
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
        write: impl FnOnce(&mut dyn Write, Look) -> io::Result<()>,
    ) -> Result<(), String> {
        match &self.main_file {
            Some(file) => to_file(file, |out| write(out, console.file())),
            None => to_stdout(|out| write(out, console.stdout())),
        }
    }
}

/// Writes to stdout; a reader that went away is no error.
pub(super) fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), String> {
    settle("standard output", &mut BufWriter::with_capacity(1 << 16, io::stdout().lock()), write)
}

/// Writes to stderr; nobody can be told of an error.
pub(super) fn to_stderr(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
    let _ = settle("standard error", &mut BufWriter::with_capacity(1 << 16, io::stderr().lock()), write);
}

fn to_file(file: &str, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), String> {
    let target = File::create(file).map_err(|error| format!("{file}: cannot be written: {error}"))?;
    settle(file, &mut BufWriter::with_capacity(1 << 16, target), write)
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
