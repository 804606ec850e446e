//! Workflow commands, which GitHub shows as annotations on a pull request:
//! <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>.

use std::cmp::Reverse;
use std::io::{self, Write};

use super::style::clean;
use super::{View, count};
use crate::container::finding::{Finding, Safety, Severity};
use crate::text::place::Place;

/// How many annotations of one level GitHub shows for a step; the others are dropped in silence.
const SHOWN: usize = 10;

/// Writes the annotations, most severe first. Where a level has more than GitHub shows, its last one counts the rest.
pub(super) fn write(out: &mut dyn Write, view: &View<'_>) -> io::Result<()> {
    let mut findings: Vec<&Finding> = view.report.findings.iter().collect();
    findings.sort_by_key(|finding| Reverse(finding.severity));
    for level in findings.chunk_by(|a, b| a.severity == b.severity) {
        let fits = if level.len() > SHOWN { SHOWN - 1 } else { level.len() };
        let (shown, rest) = level.split_at(fits);
        for finding in shown {
            annotation(out, finding, view)?;
        }
        if let Some(first) = rest.first() {
            let word = command(first.severity);
            let more = count(rest.len(), &format!("more {}", first.severity.as_str()));
            writeln!(out, "::{word} title=shmlint::{more}; see the log of this step")?;
        }
    }
    Ok(())
}

fn annotation(out: &mut dyn Write, finding: &Finding, view: &View<'_>) -> io::Result<()> {
    let (start, end) = (finding.place.start(), finding.place.end());
    let path = view.in_repository(finding.place.path());
    let title = format!("{} ({})", finding.rule.name, finding.rule.code);
    let mut lines = vec![clean(&finding.message)];
    lines.extend(finding.help.lines().map(clean));
    lines.extend(finding.fix.as_ref().map(|fix| {
        let option = match fix.safety {
            Safety::Safe => "--fix",
            Safety::Unsafe => "--fix --unsafe-fixes",
        };
        format!("`shmlint {option}` can {}", fix.title).into()
    }));
    let text = lines.join("\n");
    writeln!(
        out,
        "::{} file={},line={},col={},endLine={},endColumn={},title={}::{}",
        command(finding.severity),
        property(&clean(&path)),
        start.line,
        start.column,
        end.line,
        end.column,
        property(&clean(&title)),
        data(&text),
    )
}

fn command(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    }
}

/// Writes an error of the run, at its place where it has one.
pub fn error(out: &mut dyn Write, place: Option<&Place>, message: &str) -> io::Result<()> {
    let at = place.map_or_else(String::new, |place| {
        let start = place.start();
        format!("file={},line={},col={},", property(&clean(place.path())), start.line, start.column)
    });
    writeln!(out, "::error {at}title=shmlint::{}", data(&clean(message)))
}

/// The text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
