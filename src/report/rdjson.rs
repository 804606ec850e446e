//! reviewdog's diagnostic format: <https://github.com/reviewdog/reviewdog/tree/master/proto/rdf>.
//!
//! Its columns count UTF-8 bytes from 1, and its suggestions lie in the diagnostic's own file. Where the fix of a finding lies
//! in other files, each of these gets a diagnostic of its own that carries the suggestions there.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{self, Write};

use serde::Serialize;

use super::View;
use crate::container::finding::{Finding, Fix, Safety, Severity};
use crate::text::edits::Edit;
use crate::text::place::Place;
use crate::text::source::{Source, Span};

#[derive(Serialize)]
struct Result<'a> {
    source: Tool<'a>,
    diagnostics: Vec<Diagnostic<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    url: &'a str,
}

#[derive(Serialize)]
struct Diagnostic<'a> {
    message: String,
    location: RdjsonLocation<'a>,
    severity: &'a str,
    code: RuleCode<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<RdjsonSuggestion<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<RelatedLocation<'a>>,
}

#[derive(Serialize)]
struct RdjsonLocation<'a> {
    path: Cow<'a, str>,
    range: Range,
}

#[derive(Serialize)]
struct Range {
    start: RdjsonPosition,
    end: RdjsonPosition,
}

#[derive(Serialize)]
struct RdjsonPosition {
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct RuleCode<'a> {
    value: &'a str,
    url: String,
}

#[derive(Serialize)]
struct RdjsonSuggestion<'a> {
    range: Range,
    text: &'a str,
}

#[derive(Serialize)]
struct RelatedLocation<'a> {
    message: &'a str,
    location: RdjsonLocation<'a>,
}

/// Writes the report. Unsafe fixes are suggested only where they were asked for.
pub(super) fn write(out: &mut dyn Write, view: &View<'_>) -> io::Result<()> {
    let mut diagnostics = Vec::new();
    let mut suggested = HashSet::new();
    for finding in &view.report.findings {
        let fix = finding.fix.as_ref().filter(|fix| fix.safety == Safety::Safe || view.unsafe_fixes);
        let edits: Vec<&Edit> = fix
            .iter()
            .flat_map(|fix| &fix.edits)
            // One edit may fix several findings; it is made once.
            .filter(|edit| suggested.insert((edit.source.path(), edit.span, edit.text.as_str())))
            .collect();
        let (here, elsewhere): (Vec<&Edit>, Vec<&Edit>) =
            edits.into_iter().partition(|edit| edit.source.path() == finding.place.path());
        diagnostics.push(diagnostic(finding, &here, view));
        for edits in elsewhere.chunk_by(|a, b| a.source.path() == b.source.path()) {
            diagnostics.extend(fix.and_then(|fix| elsewhere_diagnostic(finding, fix, edits, view)));
        }
    }
    let source = Tool { name: "shmlint", url: env!("CARGO_PKG_REPOSITORY") };
    serde_json::to_writer(&mut *out, &Result { source, diagnostics })?;
    writeln!(out)
}

fn diagnostic<'a>(finding: &'a Finding, edits: &[&'a Edit], view: &View<'_>) -> Diagnostic<'a> {
    let help = if finding.help.is_empty() { String::new() } else { format!("\n{}", finding.help) };
    let related = finding.related.iter();
    Diagnostic {
        message: format!("{}{help}", finding.message),
        location: location(&finding.place, view),
        severity: match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Note => "INFO",
        },
        code: RuleCode { value: finding.rule.code, url: finding.rule.url() },
        suggestions: edits.iter().map(|edit| suggestion(edit)).collect(),
        related_locations: related
            .map(|related| RelatedLocation {
                message: &related.message,
                location: location(&related.place, view),
            })
            .collect(),
    }
}

/// The part of a fix that lies in another file than its finding.
fn elsewhere_diagnostic<'a>(
    finding: &'a Finding,
    fix: &Fix,
    edits: &[&'a Edit],
    view: &View<'_>,
) -> Option<Diagnostic<'a>> {
    let first = edits.first()?;
    let start = finding.place.start();
    Some(Diagnostic {
        message: format!("{}, for {}:{}", fix.title, finding.place.path(), start.line),
        location: RdjsonLocation {
            path: view.in_repository(first.source.path()),
            range: range(&first.source, first.span),
        },
        severity: "INFO",
        code: RuleCode { value: finding.rule.code, url: finding.rule.url() },
        suggestions: edits.iter().map(|edit| suggestion(edit)).collect(),
        related_locations: Vec::new(),
    })
}

fn suggestion(edit: &Edit) -> RdjsonSuggestion<'_> {
    RdjsonSuggestion { range: range(&edit.source, edit.span), text: &edit.text }
}

fn location<'a>(place: &'a Place, view: &View<'_>) -> RdjsonLocation<'a> {
    RdjsonLocation { path: view.in_repository(place.path()), range: range(&place.source, place.span) }
}

fn range(source: &Source, span: Span) -> Range {
    let position = |offset: usize| {
        let line = source.line(offset);
        RdjsonPosition { line, column: source.byte_column(offset) + 1 }
    };
    Range { start: position(span.start), end: position(span.end) }
}
