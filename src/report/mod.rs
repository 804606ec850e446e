//! The output formats, one file each, all from the same findings.

pub mod diff;
#[cfg(target_os = "linux")]
pub mod doctor;
mod fingerprint;
mod github;
mod gitlab;
pub mod human;
pub mod hunks;
pub mod json;
mod junit;
pub mod list;
mod markdown;
pub mod page;
pub mod plain;
mod rdjson;
pub mod rule;
mod sarif;
pub mod size;
pub mod style;

use std::io::{self, Write};

use clap::ValueEnum;

use crate::lint::report::Report;
use style::Look;

/// An output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Human,
    /// One line each
    Plain,
    /// For machines
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations on GitHub; chosen by itself there
    Github,
    /// GitLab's code quality report
    Gitlab,
    /// `JUnit` XML
    Junit,
    /// reviewdog, with suggestions
    Rdjson,
    /// A table and the diff, for a comment
    Markdown,
}

impl Format {
    /// Whether it prints fixes, which then have to be proven.
    pub fn shows_fixes(self) -> bool {
        !matches!(self, Self::Plain | Self::Gitlab | Self::Junit)
    }
}

/// What a format is given.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// What was found.
    pub report: &'a Report,
    /// How text for people may look.
    pub look: Look,
    /// Whether unsafe fixes are made, too, by `--fix`.
    pub unsafe_fixes: bool,
    /// Whether text for people is to be findings only.
    pub quiet: bool,
    /// How many findings `--fix` has mended.
    pub fixed: usize,
    /// Whether text for people is to be counts in place of findings.
    pub statistics: bool,
    /// Where the working folder stands below the folder that annotations count from; empty where it is that folder.
    pub workspace: &'a str,
}

/// Writes a report.
pub fn write(format: Format, out: &mut dyn Write, view: &View<'_>) -> io::Result<()> {
    match format {
        Format::Human => human::write(out, view),
        Format::Plain => plain::write(out, &view.report.findings),
        Format::Json => json::write(out, view.report),
        Format::Sarif => sarif::write(out, view),
        Format::Github => github::write(out, view),
        Format::Gitlab => gitlab::write(out, &view.report.findings),
        Format::Junit => junit::write(out, view),
        Format::Rdjson => rdjson::write(out, view),
        Format::Markdown => markdown::write(out, view),
    }
}

/// A number and a word, which gets its `s` where the number is not one: `3 files`.
pub fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
