//! SARIF 2.1.0, for code scanning: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::View;
use super::fingerprint;
use crate::container::finding::Rule;
use crate::container::finding::{Finding, Fix, Related};
use crate::text::edits::Edit;
use crate::text::place::Place;
use crate::text::source::{Source, Span};

/// Where the schema of this version stands.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'a str,
    version: &'a str,
    runs: [SarifRun<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRun<'a> {
    tool: Value,
    invocations: [Value; 1],
    /// Columns are counted as everywhere in shmlint; without this they would be UTF-16 units.
    column_kind: &'a str,
    results: Vec<Outcome<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'a str,
    message: Message<'a>,
    locations: [Location<'a>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<SarifFix<'a>>,
    partial_fingerprints: BTreeMap<&'a str, String>,
}

#[derive(Serialize)]
struct Message<'a> {
    text: std::borrow::Cow<'a, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_field_names, reason = "the names are SARIF's")]
struct Location<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
struct LogicalLocation<'a> {
    name: &'a str,
    kind: &'a str,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

/// Lines and columns from 1, bytes from 0.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
    byte_offset: usize,
    byte_length: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifFix<'a> {
    description: Message<'a>,
    artifact_changes: Vec<ArtifactChange<'a>>,
    properties: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange<'a> {
    artifact_location: Artifact,
    replacements: Vec<Replacement<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement<'a> {
    deleted_region: Region,
    inserted_content: Message<'a>,
}

/// Writes the report.
pub(super) fn write(out: &mut dyn Write, view: &View<'_>) -> io::Result<()> {
    let findings = &view.report.findings;
    let mut rules: Vec<&'static Rule> = findings.iter().map(|finding| finding.rule).collect();
    rules.sort_by_key(|rule| rule.code);
    rules.dedup();
    let results = findings.iter().zip(fingerprint::all(findings));
    let run = SarifRun {
        tool: tool(&rules),
        invocations: [invocation(&view.report.errors)],
        column_kind: "unicodeCodePoints",
        results: results.map(|(finding, print)| outcome(finding, print, &rules, view)).collect(),
    };
    serde_json::to_writer(&mut *out, &Log { schema: SCHEMA, version: "2.1.0", runs: [run] })?;
    writeln!(out)
}

fn tool(rules: &[&'static Rule]) -> Value {
    let rule = |rule: &&'static Rule| {
        json!({
            "id": rule.code,
            "name": rule.name,
            "shortDescription": { "text": rule.summary },
            "fullDescription": { "text": rule.summary },
            "help": { "text": rule.page, "markdown": rule.page },
            "helpUri": rule.url(),
            "defaultConfiguration": { "level": rule.severity.as_str() },
            "properties": { "tags": ["gpu", "containers"] },
        })
    };
    json!({
        "driver": {
            "name": "shmlint",
            "informationUri": env!("CARGO_PKG_REPOSITORY"),
            "version": env!("CARGO_PKG_VERSION"),
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules.iter().map(rule).collect::<Vec<Value>>(),
        },
    })
}

/// Whether the run went well, and what could not be read.
fn invocation(errors: &[String]) -> Value {
    let notification = |error: &String| json!({ "level": "error", "message": { "text": error } });
    json!({
        "executionSuccessful": errors.is_empty(),
        "toolExecutionNotifications": errors.iter().map(notification).collect::<Vec<Value>>(),
    })
}

fn outcome<'a>(
    finding: &'a Finding,
    fingerprint: String,
    rules: &[&'static Rule],
    view: &View<'_>,
) -> Outcome<'a> {
    let rule_index = rules.iter().position(|rule| *rule == finding.rule).unwrap_or_default();
    let text = match finding.help.as_str() {
        "" => (&*finding.message).into(),
        help => format!("{}\n{help}", finding.message).into(),
    };
    let logical = LogicalLocation { name: &finding.workload, kind: "resource" };
    Outcome {
        rule_id: finding.rule.code,
        rule_index,
        level: finding.severity.as_str(),
        message: Message { text },
        locations: [Location {
            id: None,
            physical_location: physical(&finding.place, view),
            logical_locations: if finding.workload.is_empty() { Vec::new() } else { vec![logical] },
            message: None,
        }],
        related_locations: finding
            .related
            .iter()
            .enumerate()
            .map(|related| self::related(related, view))
            .collect(),
        fixes: finding.fix.iter().map(|fix| self::fix(fix, view)).collect(),
        partial_fingerprints: BTreeMap::from([("shmlint/v1", fingerprint)]),
    }
}

fn related<'a>((index, related): (usize, &'a Related), view: &View<'_>) -> Location<'a> {
    Location {
        id: Some(index + 1),
        physical_location: physical(&related.place, view),
        logical_locations: Vec::new(),
        message: Some(Message { text: (&*related.message).into() }),
    }
}

fn physical(place: &Place, view: &View<'_>) -> PhysicalLocation {
    PhysicalLocation {
        artifact_location: artifact(&view.in_repository(place.path())),
        region: region(&place.source, place.span),
    }
}

fn region(source: &Source, span: Span) -> Region {
    let (start, end) = (source.position(span.start), source.position(span.end));
    Region {
        start_line: start.line,
        start_column: start.column,
        end_line: end.line,
        end_column: end.column,
        byte_offset: span.start,
        byte_length: span.len(),
    }
}

fn fix<'a>(fix: &'a Fix, view: &View<'_>) -> SarifFix<'a> {
    let mut changes: Vec<ArtifactChange<'_>> = Vec::new();
    for edits in fix.edits.chunk_by(|a, b| a.source.path() == b.source.path()) {
        let Some(first) = edits.first() else { continue };
        changes.push(ArtifactChange {
            artifact_location: artifact(&view.in_repository(first.source.path())),
            replacements: edits.iter().map(replacement).collect(),
        });
    }
    SarifFix {
        description: Message { text: (&*fix.title).into() },
        artifact_changes: changes,
        properties: BTreeMap::from([("safety", fix.safety.as_str())]),
    }
}

fn replacement(edit: &Edit) -> Replacement<'_> {
    Replacement {
        deleted_region: region(&edit.source, edit.span),
        inserted_content: Message { text: (&*edit.text).into() },
    }
}

fn artifact(path: &str) -> Artifact {
    Artifact { uri: uri(path) }
}

/// A path as a reference: relative ones stay relative; every byte that means something in a URI is encoded.
fn uri(path: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => {
                // A string takes whatever is written.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("a b/ü:c%.yml"), "a%20b/%C3%BC%3Ac%25.yml");
        assert_eq!(uri("../x.yml"), "../x.yml");
        assert_eq!(uri("/srv/x.yml"), "file:///srv/x.yml");
    }
}
