//! The JSON of a check and of the list. Its shape is a contract.

use std::io::{self, Write};

use serde::Serialize;

use crate::container::finding::{Finding, Fix, NeedReport, Related};
use crate::lint::check::Listed;
use crate::lint::report::{Counts, Report};
use crate::text::edits::Edit;
use crate::text::place::Place;

#[derive(Serialize)]
struct CheckReport<'a> {
    version: u32,
    findings: Vec<JsonFinding<'a>>,
    summary: Summary,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    rule: &'a str,
    name: &'a str,
    severity: &'a str,
    message: &'a str,
    help: &'a str,
    #[serde(flatten)]
    at: JsonRegion<'a>,
    workload: &'a str,
    platform: &'a str,
    related: Vec<JsonRelated<'a>>,
    fix: Option<JsonFix<'a>>,
    url: String,
    accelerator: Option<&'a str>,
    need: Option<JsonNeed<'a>>,
}

#[derive(Serialize)]
struct JsonNeed<'a> {
    verdict: &'a str,
    bytes: Option<u64>,
    why: &'a str,
    evidence: Vec<JsonCitation<'a>>,
}

#[derive(Serialize)]
struct JsonCitation<'a> {
    path: &'a str,
    line: usize,
    text: &'a str,
}

/// Lines and columns count from 1, columns in characters.
#[derive(Serialize)]
struct JsonRegion<'a> {
    path: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct JsonRelated<'a> {
    #[serde(flatten)]
    at: JsonRegion<'a>,
    message: &'a str,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    title: &'a str,
    safety: &'a str,
    edits: Vec<JsonEdit<'a>>,
}

/// Bytes count from 0.
#[derive(Serialize)]
struct JsonEdit<'a> {
    path: &'a str,
    start_byte: usize,
    end_byte: usize,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    replacement: &'a str,
}

#[derive(Serialize)]
struct Summary {
    files: usize,
    workloads: usize,
    gpu_workloads: usize,
    findings: usize,
    fixable: usize,
}

#[derive(Serialize)]
struct List<'a> {
    version: u32,
    workloads: Vec<JsonWorkload<'a>>,
}

#[derive(Serialize)]
struct JsonWorkload<'a> {
    path: &'a str,
    line: usize,
    column: usize,
    platform: &'a str,
    name: &'a str,
    image: Option<&'a str>,
    gpu: &'a str,
    gpu_evidence: Vec<JsonEvidence<'a>>,
    shm: &'a str,
    shm_bytes: Option<u64>,
    shm_text: Option<&'a str>,
    shm_line: Option<usize>,
    memory_limit_bytes: Option<u64>,
    needs_shm: &'a str,
    recommended_bytes: u64,
    why: &'a str,
    accelerator: Option<&'a str>,
    need: JsonNeed<'a>,
}

#[derive(Serialize)]
struct JsonEvidence<'a> {
    text: &'a str,
    line: usize,
}

/// Writes the report of a check.
pub fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let findings: Vec<JsonFinding<'_>> = report.findings.iter().map(finding).collect();
    let summary = summary(report.counts, &report.findings);
    to(out, &CheckReport { version: 1, findings, summary })
}

/// Writes each finding as a line of its own.
pub fn write_lines(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    report.findings.iter().map(finding).try_for_each(|finding| to(out, &finding))
}

/// Writes the list of workloads.
pub fn write_list(out: &mut dyn Write, listed: &[Listed]) -> io::Result<()> {
    to(out, &List { version: 1, workloads: listed.iter().map(workload).collect() })
}

fn to(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    writeln!(out)
}

fn summary(counts: Counts, findings: &[Finding]) -> Summary {
    Summary {
        files: counts.files,
        workloads: counts.workloads,
        gpu_workloads: counts.gpu_workloads,
        findings: findings.len(),
        fixable: findings.iter().filter(|finding| finding.fix.is_some()).count(),
    }
}

fn region(place: &Place) -> JsonRegion<'_> {
    let (start, end) = (place.start(), place.end());
    JsonRegion {
        path: place.path(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

fn finding(finding: &Finding) -> JsonFinding<'_> {
    JsonFinding {
        rule: finding.rule.code,
        name: finding.rule.name,
        severity: finding.severity.as_str(),
        message: &finding.message,
        help: &finding.help,
        at: region(&finding.place),
        workload: &finding.workload,
        platform: finding.platform,
        related: finding.related.iter().map(related).collect(),
        fix: finding.fix.as_ref().map(fix),
        url: finding.rule.url(),
        accelerator: finding.accelerator,
        need: finding.need.as_ref().map(need),
    }
}

fn need(need: &NeedReport) -> JsonNeed<'_> {
    let evidence = need.evidence.iter().map(|one| JsonCitation {
        path: one.place.path(),
        line: one.place.start().line,
        text: &one.text,
    });
    JsonNeed { verdict: need.verdict, bytes: need.bytes, why: &need.why, evidence: evidence.collect() }
}

fn related(related: &Related) -> JsonRelated<'_> {
    JsonRelated { at: region(&related.place), message: &related.message }
}

fn fix(fix: &Fix) -> JsonFix<'_> {
    JsonFix { title: &fix.title, safety: fix.safety.as_str(), edits: fix.edits.iter().map(edit).collect() }
}

fn edit(edit: &Edit) -> JsonEdit<'_> {
    let (start, end) = (edit.source.position(edit.span.start), edit.source.position(edit.span.end));
    JsonEdit {
        path: edit.source.path(),
        start_byte: edit.span.start,
        end_byte: edit.span.end,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        replacement: &edit.text,
    }
}

fn workload(listed: &Listed) -> JsonWorkload<'_> {
    let workload = &listed.workload;
    let start = workload.place.start();
    let deciding = workload.deciding();
    JsonWorkload {
        path: workload.place.path(),
        line: start.line,
        column: start.column,
        platform: workload.platform.as_str(),
        name: &workload.name,
        image: workload.image.as_deref(),
        gpu: workload.gpu.verdict.as_str(),
        gpu_evidence: workload
            .gpu
            .evidence
            .iter()
            .map(|evidence| JsonEvidence { text: &evidence.text, line: evidence.place.start().line })
            .collect(),
        shm: workload.shm.as_str(),
        shm_bytes: workload.shm.bytes(),
        shm_text: deciding.map(|setting| setting.text.as_str()),
        shm_line: deciding.map(|setting| setting.place.start().line),
        memory_limit_bytes: workload.memory_limit.as_ref().map(|limit| limit.0),
        needs_shm: listed.needs_shm,
        recommended_bytes: listed.recommended,
        why: &listed.why,
        accelerator: workload.gpu.kind.map(|kind| kind.word),
        need: need(&listed.need),
    }
}
