//! What is said beside the result, and how text may look where it goes.

use std::env;
use std::io::{self, IsTerminal, Write};

use super::args::ConsoleArgs;
use super::forge;
use super::inert::{Inert, Syntax};
use super::values::When;
use crate::config::problem::{ConfigProblem, Failure};
use crate::container::finding::Severity;
use crate::report;
use crate::report::human::draw;
use crate::report::style::{Look, Palette, clean};

/// Says things on stderr, as much as was asked for.
#[derive(Clone, Copy)]
pub(super) struct Console {
    args: ConsoleArgs,
    stderr: Look,
}

impl Console {
    pub(super) fn new(args: ConsoleArgs) -> Self {
        Self { args, stderr: look(args.color, io::stderr().is_terminal()) }
    }

    /// How text may look on stdout.
    pub(super) fn stdout(&self) -> Look {
        look(self.args.color, io::stdout().is_terminal())
    }

    /// How text may look on stderr.
    pub(super) fn stderr(&self) -> Look {
        self.stderr
    }

    /// How text may look in a file: as asked for, never by guess.
    pub(super) fn file(&self) -> Look {
        Look { color: self.args.color == When::Always, ..Look::PLAIN }
    }

    /// Whether only findings and errors are wanted.
    pub(super) fn is_quiet(&self) -> bool {
        self.args.quiet
    }

    /// Whether every step is to be told.
    pub(super) fn is_verbose(&self) -> bool {
        self.args.verbose
    }

    /// Says what went wrong; where GitHub reads along, as an annotation.
    pub(super) fn complain(&self, message: &str) {
        if forge::is_here() {
            let mut out = Inert::new(io::stderr().lock(), Syntax::Commands);
            let _ = report::github::error(&mut out, None, message);
        } else {
            self.line(Palette::Error, "error: ", message);
        }
    }

    /// Says why the run cannot be done.
    pub(super) fn fail(&self, failure: &Failure) {
        match failure {
            Failure::Said(text) => self.complain(text),
            Failure::Wrong(problems) => {
                problems.iter().for_each(|problem| self.show(problem, Severity::Error));
                let file = problems.first().map_or("", |problem| problem.place.path());
                if problems.len() > 1 {
                    self.complain(&format!("{} in {file}", report::count(problems.len(), "error")));
                }
            }
        }
    }

    /// Says what is probably not as meant.
    pub(super) fn warn(&self, message: &str) {
        if !self.args.quiet {
            self.line(Palette::Warning, "warning: ", message);
        }
    }

    /// Shows a mistake of the configuration at its place.
    pub(super) fn show(&self, problem: &ConfigProblem, severity: Severity) {
        if severity == Severity::Error && forge::is_here() {
            let mut out = Inert::new(io::stderr().lock(), Syntax::Commands);
            let _ = report::github::error(&mut out, Some(&problem.place), &problem.message);
        }
        if severity == Severity::Error || !self.args.quiet {
            let text = draw::problem(&problem.place, &problem.message, severity, self.stderr);
            let _ = writeln!(Inert::new(io::stderr().lock(), Syntax::Text), "{text}");
        }
    }

    /// Says something that is good to know.
    pub(super) fn say(&self, message: &str) {
        if !self.args.quiet {
            self.line(Palette::Faint, "", message);
        }
    }

    /// Says what `--verbose` asks for.
    pub(super) fn detail(&self, message: &str) {
        if self.args.verbose {
            self.line(Palette::Faint, "", message);
        }
    }

    /// A stderr that nobody reads is no reason to stop.
    fn line(&self, style: Palette, word: &str, message: &str) {
        let word = if word.is_empty() { String::new() } else { self.stderr.paint(style, word).to_string() };
        let _ = writeln!(Inert::new(io::stderr().lock(), Syntax::Text), "{word}{}", clean(message));
    }
}

/// What the environment and the option make of a stream.
fn look(when: When, terminal: bool) -> Look {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let forced = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    let able = terminal && env::var_os("TERM").is_none_or(|term| term != "dumb");
    let color = match when {
        When::Always => true,
        When::Never => false,
        When::Auto if set("NO_COLOR") => false,
        When::Auto if forced("FORCE_COLOR") || forced("CLICOLOR_FORCE") => true,
        When::Auto => able && env::var_os("CLICOLOR").is_none_or(|value| value != "0"),
    };
    let width = if terminal { width() } else { Look::PLAIN.width };
    Look { color, links: color && able, width, terminal }
}

/// The terminal's width, within what can be read.
fn width() -> usize {
    terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0)).clamp(40, 200)
}
