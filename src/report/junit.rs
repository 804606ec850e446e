//! `JUnit` XML, which every CI server reads: a file is a suite, a finding a failed case.

use std::borrow::Cow;
use std::io::{self, Write};

use super::View;
use super::style::is_unsafe;
use crate::container::finding::Finding;

/// Writes the report. A run without findings is one case that passes, for servers take an empty report for a broken one.
pub(super) fn write(out: &mut dyn Write, view: &View<'_>) -> io::Result<()> {
    let findings = &view.report.findings;
    let (tests, errors) = (findings.len().max(1), view.report.errors.len());
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    let failures = findings.len();
    writeln!(
        out,
        "<testsuites name=\"shmlint\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\">",
        tests + errors
    )?;
    if findings.is_empty() {
        writeln!(out, "  <testsuite name=\"shmlint\" tests=\"1\" failures=\"0\" errors=\"0\">")?;
        writeln!(out, "    <testcase name=\"no findings\" classname=\"shmlint\"/>")?;
        writeln!(out, "  </testsuite>")?;
    }
    for suite in findings.chunk_by(|a, b| a.place.path() == b.place.path()) {
        write_suite(out, suite)?;
    }
    if errors > 0 {
        writeln!(
            out,
            "  <testsuite name=\"shmlint\" tests=\"{errors}\" failures=\"0\" errors=\"{errors}\">"
        )?;
        for error in &view.report.errors {
            writeln!(out, "    <testcase name=\"run\" classname=\"shmlint\">")?;
            writeln!(out, "      <error message=\"{}\"/>", escaped(error))?;
            writeln!(out, "    </testcase>")?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn write_suite(out: &mut dyn Write, suite: &[Finding]) -> io::Result<()> {
    let Some(first) = suite.first() else { return Ok(()) };
    let (path, number) = (escaped(first.place.path()), suite.len());
    writeln!(
        out,
        "  <testsuite name=\"{path}\" package=\"shmlint\" tests=\"{number}\" failures=\"{number}\" errors=\"0\">"
    )?;
    for finding in suite {
        let (start, rule) = (finding.place.start(), finding.rule);
        let name = if finding.workload.is_empty() {
            rule.name.to_owned()
        } else {
            format!("{}: {}", rule.name, finding.workload)
        };
        writeln!(
            out,
            "    <testcase name=\"{}\" classname=\"{path}\" file=\"{path}\" line=\"{}\">",
            escaped(&name),
            start.line
        )?;
        let message = escaped(&finding.message);
        let severity = finding.severity.as_str();
        write!(out, "      <failure type=\"{severity}\" message=\"{message}\">")?;
        write!(out, "{path}:{}:{}: {severity}[{}] {message}", start.line, start.column, rule.name)?;
        if !finding.help.is_empty() {
            write!(out, "\n{}", escaped(&finding.help))?;
        }
        writeln!(out, "</failure>")?;
        writeln!(out, "    </testcase>")?;
    }
    writeln!(out, "  </testsuite>")
}

/// A text for XML 1.0, which knows no control characters, not even escaped ones.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    let special = |c: char| matches!(c, '&' | '<' | '>' | '"' | '\u{fffe}' | '\u{ffff}') || is_unsafe(c);
    if !text.contains(special) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            c if special(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}
