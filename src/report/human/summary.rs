//! The last line of a report for people, and the counts of `--statistics`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use crate::container::finding::Rule;
use crate::container::finding::{Finding, Safety, Severity};
use crate::report::style::Palette;
use crate::report::{View, count};

/// What the fixes of some findings come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Fixable {
    /// With the options as they are.
    now: usize,
    /// With `--unsafe-fixes` besides.
    more: usize,
}

impl Fixable {
    fn of<'f>(findings: impl Iterator<Item = &'f Finding>, unsafe_fixes: bool) -> Self {
        let mut counts = Self::default();
        for fix in findings.filter_map(|finding| finding.fix.as_ref()) {
            if fix.safety == Safety::Safe || unsafe_fixes {
                counts.now += 1;
            } else {
                counts.more += 1;
            }
        }
        counts
    }
}

/// The line that says it all.
pub fn line(view: &View<'_>) -> String {
    let findings = &view.report.findings;
    let fixed = match view.fixed {
        "" => String::new(),
        _ => format!("Fixed {}", view.fixed),
    };
    if findings.is_empty() {
        return if !view.fixed.is_empty() {
            format!("{fixed}; none left{}.", suppressed(view))
        } else {
            clean_run(view)
        };
    }
    let files: BTreeSet<&str> = findings.iter().map(|finding| finding.place.path()).collect();
    let mut line = format!("{} in {}", count(findings.len(), "finding"), count(files.len(), "file"));
    if !view.fixed.is_empty() {
        line = format!("{fixed}; {line} left");
    }
    let severities: BTreeSet<Severity> = findings.iter().map(|finding| finding.severity).collect();
    let weights = if severities.len() > 1 { format!(" ({})", by_severity(findings)) } else { String::new() };
    format!("{line}{weights}{}{}.", fixable(view), suppressed(view))
}

/// `, 3 fixable with `--fix` (1 more with `--unsafe-fixes`)`, or nothing.
fn fixable(view: &View<'_>) -> String {
    let fixable = Fixable::of(view.report.findings.iter(), view.unsafe_fixes);
    let mut fixes = view.report.findings.iter().filter_map(|finding| finding.fix.as_ref());
    let unsafe_too = view.unsafe_fixes && fixes.any(|fix| fix.safety == Safety::Unsafe);
    let option = if unsafe_too { "--fix --unsafe-fixes" } else { "--fix" };
    match (fixable.now, fixable.more) {
        (0, 0) => String::new(),
        (now, 0) => format!(", {now} fixable with `{option}`"),
        (0, more) => format!(", {more} fixable with `--fix --unsafe-fixes`"),
        (now, more) => format!(", {now} fixable with `{option}` ({more} more with `--unsafe-fixes`)"),
    }
}

/// `2 errors, 1 warning`.
fn by_severity(findings: &[Finding]) -> String {
    let counts = [Severity::Error, Severity::Warning, Severity::Note].map(|severity| {
        let number = findings.iter().filter(|finding| finding.severity == severity).count();
        (number > 0).then(|| count(number, severity.as_str()))
    });
    counts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `, 2 suppressed`, or nothing: what is hidden is not forgotten.
fn suppressed(view: &View<'_>) -> String {
    match view.report.suppressed.len() {
        0 => String::new(),
        number => format!(", {number} suppressed"),
    }
}

/// What a run without findings looked at: silence would hide a wrong path.
fn clean_run(view: &View<'_>) -> String {
    let counts = view.report.counts;
    match (counts.files, counts.gpu_workloads) {
        _ if counts.seen == 0 => "No files to check.".into(),
        (0, _) => format!("No GPU containers in {}.", count(counts.seen, "file")),
        (files, gpus) => {
            let (files, gpus) = (count(files, "file"), count(gpus, "GPU container"));
            format!("No findings in {files} with {gpus}{}.", suppressed(view))
        }
    }
}

/// Writes how often each rule speaks, the most frequent first.
pub fn statistics(out: &mut dyn Write, view: &View<'_>) -> io::Result<()> {
    let mut rules: BTreeMap<&str, (&'static Rule, Vec<&Finding>)> = BTreeMap::new();
    for finding in &view.report.findings {
        rules.entry(finding.rule.code).or_insert((finding.rule, Vec::new())).1.push(finding);
    }
    let mut rows: Vec<_> = rules.into_values().collect();
    rows.sort_by_key(|(rule, findings)| (std::cmp::Reverse(findings.len()), rule.code));
    let digits = rows.first().map_or(1, |(_, findings)| findings.len().to_string().len());
    let name = rows.iter().map(|(rule, _)| rule.name.len()).max().unwrap_or(0);
    for (rule, findings) in rows {
        let fixable = Fixable::of(findings.iter().copied(), true).now;
        let fixable = if fixable > 0 { format!("  {fixable} fixable") } else { String::new() };
        let number = view.look.paint(Palette::Strong, format!("{:>digits$}", findings.len()));
        let row = format!("  {}  {:<name$}{fixable}", rule.code, rule.name);
        writeln!(out, "{number}{}", row.trim_end())?;
    }
    Ok(())
}
