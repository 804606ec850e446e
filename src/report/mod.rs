//! The output formats, one file each, all from the same findings.

mod checkstyle;
pub mod diff;
#[cfg(target_os = "linux")]
pub mod doctor;
mod fingerprint;
pub mod github;
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

use std::borrow::Cow;
use std::io::{self, Write};

use clap::ValueEnum;

use crate::lint::report::Report;
use crate::text::paths::join;
use style::Look;

/// An output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, with the marked lines and the fix as a diff
    Human,
    /// One line per finding
    Plain,
    /// One JSON document, for programs
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations on GitHub; the default in GitHub Actions
    Github,
    /// GitLab's code quality report
    Gitlab,
    /// JUnit XML
    #[allow(clippy::doc_markdown, reason = "shown by --help, where backticks are noise")]
    Junit,
    /// reviewdog, with suggestions
    Rdjson,
    /// Checkstyle XML
    Checkstyle,
    /// One finding per line, as a JSON object
    JsonLines,
    /// A table and the diff, for a comment
    Markdown,
}

impl Format {
    /// Whether a file that begins like this may be an earlier report, which a new one may replace.
    pub fn begins(self, text: &str) -> bool {
        let text = text.trim_start();
        let line = text.lines().next().unwrap_or_default();
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        match self {
            _ if text.is_empty() => true,
            Self::Json | Self::Rdjson | Self::Sarif => {
                text.starts_with('{') && has(&["\"findings\"", "\"diagnostics\"", "sarif"])
            }
            Self::JsonLines => text.starts_with("{\"rule\""),
            Self::Gitlab => text.starts_with('['),
            Self::Junit | Self::Checkstyle => text.starts_with("<?xml"),
            Self::Markdown => line.contains("shmlint"),
            Self::Human | Self::Plain | Self::Github => {
                ["error[", "warning[", "note[", " SHM"].iter().any(|word| line.contains(word))
                    || ["No ", "Found ", "Fixed ", "::", "--- ", "\x1b["]
                        .iter()
                        .any(|start| text.starts_with(start))
            }
        }
    }

    /// Whether it prints fixes, which then have to be proven.
    pub fn shows_fixes(self) -> bool {
        !matches!(self, Self::Plain | Self::Gitlab | Self::Junit | Self::Checkstyle)
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
    /// What `--fix` has fixed: `2 findings in 1 file (2 SHM001)`; empty where it has fixed nothing.
    pub fixed: &'a str,
    /// Whether text for people is to be counts in place of findings.
    pub statistics: bool,
    /// Where forges count paths from.
    pub repository: &'a Repository,
}

/// The root of the repository, from which forges count paths, and where the working directory is.
#[derive(Clone, Debug, Default)]
pub struct Repository {
    /// Its absolute path, with `/`; empty where there is none.
    pub root: String,
    /// The working directory below it; empty where it is the root itself.
    pub below: String,
}

impl View<'_> {
    /// A path as a forge wants it: from the root of the repository on. What lies outside stays as it is.
    pub fn in_repository<'p>(&self, path: &'p str) -> Cow<'p, str> {
        let Repository { root, below } = self.repository;
        if path.starts_with('/') {
            let inside = path.strip_prefix(root.as_str()).filter(|_| !root.is_empty());
            return inside.and_then(|path| path.strip_prefix('/')).unwrap_or(path).into();
        }
        let path = path.trim_start_matches("./");
        if below.is_empty() { path.into() } else { join(&format!("{below}/"), path).into() }
    }
}

/// Writes a report.
pub fn write(format: Format, out: &mut dyn Write, view: &View<'_>) -> io::Result<()> {
    match format {
        Format::Human => human::write(out, view),
        Format::Plain => plain::write(out, &view.report.findings),
        Format::Json => json::write(out, view.report),
        Format::Sarif => sarif::write(out, view),
        Format::Github => github::write(out, view),
        Format::Gitlab => gitlab::write(out, view),
        Format::Junit => junit::write(out, view),
        Format::Rdjson => rdjson::write(out, view),
        Format::Checkstyle => checkstyle::write(out, view),
        Format::JsonLines => json::write_lines(out, view.report),
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
