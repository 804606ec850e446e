//! Writes ignore comments: for each workload with findings the comment that hides them, in the manner of its file, proven
//! to change nothing else.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::comment::Says;
use super::lines::Lines;
use super::{Ignores, hide, is_document, is_notebook, read};
use crate::container::finding::Rule;
use crate::container::finding::{Finding, Fix};
use crate::fix::prove;
use crate::lint::options::Options;
use crate::platform::kind::Unit;
use crate::platform::kind::{Context, Kind, Reading};
use crate::rules::judge_all;
use crate::text::edits::Edit;
use crate::text::filename::FileName;
use crate::text::source::Source;

/// How often a unit is read again at most, where not all comments hold at once.
const READINGS: usize = 256;

/// How the comments of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Behind a line or above it: what begins a comment.
    Line(&'static str),
    /// On a line of its own only.
    OwnLine(&'static str),
    /// Above a fence or a line.
    Html,
    /// As a string of its own, in a notebook.
    String,
}

impl Manner {
    /// The manner of a file, by its name; nothing where it knows no comments.
    fn of(path: &str) -> Option<Self> {
        let FileName { name, ending, .. } = FileName::new(path);
        let manner = match ending.to_ascii_lowercase().as_str() {
            _ if is_notebook(path) => Self::String,
            "jsonc" | "code-workspace" => Self::Line("//"),
            "json" if name.ends_with("devcontainer.json") || path.contains(".vscode/") => Self::Line("//"),
            "json" | "rst" | "txt" => return None,
            "adoc" | "asciidoc" | "asc" => Self::OwnLine("//"),
            "groovy" | "jenkinsfile" => Self::Line("//"),
            _ if name.starts_with("Jenkinsfile") => Self::Line("//"),
            "bat" | "cmd" => Self::OwnLine("REM"),
            _ if is_document(path) => Self::Html,
            _ => Self::Line("#"),
        };
        Some(manner)
    }
}

/// Findings that one comment hides: those on one statement, or in one block of a document.
struct Group {
    /// Workload and finding.
    members: Vec<(usize, usize)>,
    candidates: Vec<Edit>,
}

/// Gives every finding that can be hidden by a comment that comment for its fix. `reason` stands behind the brackets.
pub fn comments(
    unit: &Unit,
    context: &Context<'_>,
    options: &Options,
    reading: &Reading,
    findings: &mut [Vec<Finding>],
    reason: &str,
) {
    let groups = groups(unit.kind, findings, reason);
    let proof = Proof { unit, context, options, reading };
    let best: Option<Vec<Edit>> = groups.iter().map(|group| group.candidates.first().cloned()).collect();
    let all: Vec<&Group> = groups.iter().collect();
    let mut kept: Vec<(&Group, Edit)> = Vec::new();
    match best {
        Some(best) if proof.holds(&best, &all, findings) => kept.extend(all.iter().copied().zip(best)),
        _ => proof.one_by_one(&all, findings, &mut kept),
    }
    let fixes: Vec<((usize, usize), Edit)> = kept
        .iter()
        .flat_map(|(group, edit)| group.members.iter().map(|member| (*member, edit.clone())))
        .collect();
    for ((workload, index), edit) in fixes {
        if let Some(finding) = findings.get_mut(workload).and_then(|findings| findings.get_mut(index)) {
            finding.fix = Some(Fix::safe("ignore it with a comment", vec![edit]));
        }
    }
}

/// The findings that are shown, grouped by the place where a comment would stand.
fn groups(kind: &Kind, findings: &[Vec<Finding>], reason: &str) -> Vec<Group> {
    let mut pens: BTreeMap<&str, Pen<'_>> = BTreeMap::new();
    let mut places: BTreeMap<(&str, usize), Vec<(usize, usize)>> = BTreeMap::new();
    for (workload, findings) in findings.iter().enumerate() {
        for (index, finding) in
            findings.iter().enumerate().filter(|(_, finding)| finding.suppressed.is_none())
        {
            let path = finding.place.path();
            let pen = pens.entry(path).or_insert_with(|| Pen::new(&finding.place.source, kind, reason));
            let line = pen.lines.line(finding.place.span.start);
            let at = pen.lines.block(line).unwrap_or_else(|| pen.lines.statement(line));
            places.entry((path, at)).or_default().push((workload, index));
        }
    }
    let mut out = Vec::new();
    for ((path, line), members) in places {
        let Some(pen) = pens.get(path) else { continue };
        let rule = |(workload, index): &(usize, usize)| Some(findings.get(*workload)?.get(*index)?.rule);
        let mut rules: Vec<&'static Rule> = members.iter().filter_map(rule).collect();
        rules.sort_by_key(|rule| rule.code);
        rules.dedup();
        let candidates = pen.candidates(line, &rules);
        out.push(Group { members, candidates });
    }
    out
}

/// Writes the comments of one file.
struct Pen<'a> {
    source: Arc<Source>,
    lines: Lines,
    /// Where the brackets of a comment close that speaks of the statement or block at a line already.
    brackets: HashMap<usize, usize>,
    reason: &'a str,
}

impl<'a> Pen<'a> {
    fn new(source: &Arc<Source>, kind: &Kind, reason: &'a str) -> Self {
        let lines = Lines::of(source.text(), &(kind.remarks)(source, &[]).blocks);
        let mut brackets = HashMap::new();
        if let Some(ignores) = Ignores::of(source, kind) {
            let known = ignores.statements.iter().chain(&ignores.blocks);
            for ((line, _), (comment, _)) in known {
                let says = ignores.comments.get(*comment).map(|comment| &comment.says);
                if let Some(Says::Ignore { brackets: span, .. }) = says {
                    brackets.insert(*line, span.end.saturating_sub(1));
                }
            }
        }
        Self { source: Arc::clone(source), lines, brackets, reason }
    }

    /// The ways to hide findings of `rules` on the statement or block that begins at `line`, best first.
    fn candidates(&self, line: usize, rules: &[&'static Rule]) -> Vec<Edit> {
        let names: Vec<&str> = rules.iter().map(|rule| rule.name).collect();
        if let Some(close) = self.brackets.get(&line) {
            return vec![Edit::insertion(&self.source, *close, format!(", {}", names.join(", ")))];
        }
        let text = self.source.text();
        let (start, end) = self.lines.span(line, text.len());
        let written = text.get(start..end).unwrap_or_default();
        let indent = written.get(..written.len() - written.trim_start().len()).unwrap_or_default();
        let indent = indent.trim_end_matches(['\r', '\n']);
        // A recipe's line of its own would be run; at the margin it is make's own comment.
        let indent = if is_makefile(self.source.path()) { "" } else { indent };
        let newline = if written.ends_with("\r\n") { "\r\n" } else { "\n" };
        let says = format!("shmlint: ignore[{}] {}", names.join(", "), self.reason);
        let says = says.trim_end();
        let above = |line: String| Edit::insertion(&self.source, start, format!("{indent}{line}{newline}"));
        match Manner::of(self.source.path()) {
            None => Vec::new(),
            Some(Manner::Html) => vec![above(format!("<!-- {says} -->"))],
            Some(Manner::OwnLine(open)) => vec![above(format!("{open} {says}"))],
            Some(Manner::String) if !written.trim_start().starts_with('"') => Vec::new(),
            Some(Manner::String) => {
                let escaped = says.replace('\\', "\\\\").replace('"', "\\\"");
                vec![above(format!("\"# {escaped}\\n\","))]
            }
            Some(Manner::Line(open)) => {
                let end = self.statement_end(line);
                let behind = Edit::insertion(&self.source, end, format!("  {open} {says}"));
                vec![above(format!("{open} {says}")), behind]
            }
        }
    }

    /// Where the last line of a statement ends, before its line end.
    fn statement_end(&self, line: usize) -> usize {
        let text = self.source.text();
        let mut last = line;
        while self.lines.statement(last + 1) == line && last + 1 < self.lines.count() {
            last += 1;
        }
        let (start, end) = self.lines.span(last, text.len());
        start + text.get(start..end).unwrap_or_default().trim_end().len()
    }
}

fn is_makefile(path: &str) -> bool {
    let file = FileName::new(path);
    file.name.to_ascii_lowercase().contains("makefile") || file.ends_in(&["mk", "mak"])
}

/// What comments are held against.
struct Proof<'a> {
    unit: &'a Unit,
    context: &'a Context<'a>,
    options: &'a Options,
    reading: &'a Reading,
}

impl Proof<'_> {
    /// Adds to `kept` each group's first comment that holds together with those before it.
    fn one_by_one<'g>(
        &self,
        groups: &[&'g Group],
        findings: &[Vec<Finding>],
        kept: &mut Vec<(&'g Group, Edit)>,
    ) {
        let mut budget = READINGS;
        for group in groups {
            for candidate in &group.candidates {
                if budget == 0 {
                    return;
                }
                budget -= 1;
                let edits: Vec<Edit> =
                    kept.iter().map(|(_, edit)| edit.clone()).chain([candidate.clone()]).collect();
                if self.holds(&edits, &[group], findings) {
                    kept.push((group, candidate.clone()));
                    break;
                }
            }
        }
    }

    /// Whether the edits change nothing but that the groups' findings are hidden.
    fn holds(&self, edits: &[Edit], groups: &[&Group], findings: &[Vec<Finding>]) -> bool {
        let Some(after) = prove::reread(self.unit, self.context, edits) else { return false };
        if !prove::same_meaning(self.reading, &after) {
            return false;
        }
        let mut now = judge_all(&after.workloads, &self.options.judge);
        let ignores = read(&after.sources, self.unit.kind);
        hide(self.options, &after, &mut now, &mut [], &ignores);
        groups.iter().flat_map(|group| &group.members).all(|(workload, index)| {
            let was = findings.get(*workload).and_then(|findings| findings.get(*index));
            let now = now.get(*workload).map(Vec::as_slice).unwrap_or_default();
            was.is_some_and(|was| {
                now.iter().filter(|now| now.rule == was.rule).all(|now| now.suppressed.is_some())
            })
        })
    }
}
