//! GitLab's code quality report: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use super::{View, fingerprint};
use crate::container::finding::{Finding, Severity};

#[derive(Serialize)]
struct Issue<'a> {
    description: &'a str,
    check_name: &'a str,
    fingerprint: String,
    severity: &'a str,
    location: GitlabLocation<'a>,
}

#[derive(Serialize)]
struct GitlabLocation<'a> {
    path: Cow<'a, str>,
    lines: LineRange,
}

#[derive(Serialize)]
struct LineRange {
    begin: usize,
    end: usize,
}

/// Writes the report.
pub(super) fn write(out: &mut dyn Write, view: &View<'_>) -> io::Result<()> {
    let findings = &view.report.findings;
    let named = findings.iter().zip(fingerprint::all(findings));
    let issues: Vec<Issue<'_>> =
        named.map(|(finding, fingerprint)| issue(finding, fingerprint, view)).collect();
    serde_json::to_writer(&mut *out, &issues)?;
    writeln!(out)
}

fn issue<'a>(finding: &'a Finding, fingerprint: String, view: &View<'_>) -> Issue<'a> {
    Issue {
        description: &finding.message,
        check_name: finding.rule.name,
        fingerprint,
        severity: match finding.severity {
            Severity::Error => "critical",
            Severity::Warning => "major",
            Severity::Note => "info",
        },
        location: GitlabLocation {
            path: view.in_repository(finding.place.path()),
            lines: LineRange { begin: finding.place.start().line, end: finding.place.end().line },
        },
    }
}
