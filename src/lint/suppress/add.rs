//! Writes ignore comments: for each workload with findings the comment that hides them, in the manner of its file, proven
//! to change nothing else.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::comment::CommentContent;
use super::lines::Lines;
use super::{Ignores, hide, is_document, is_notebook, read};
use crate::container::finding::{Finding, Fix, Rule};
use crate::fix::prove::{Attempt, Prover, State, Task, same_meaning};
use crate::lint::options::Options;
use crate::platform::kind::{Context, Kind};
use crate::text::edits::Edit;
use crate::text::filename::FileName;
use crate::text::source::Source;

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

/// Findings that one comment hides, those on one statement or in one block of a document: workload and finding of each.
type Group = Vec<(usize, usize)>;

/// Gives every finding that can be hidden by a comment that comment for its fix. `reason` stands behind the brackets.
pub fn comments(state: &mut State, context: &Context<'_>, options: &Options, reason: &str) {
    let tasks = groups(state.unit.kind, &state.findings, reason);
    let mut prover = Prover::new(state, context, &options.judge);
    let hidden = |made: &[Attempt<'_, Group>], after: &State| are_hidden(state, made, after, options);
    let mut proven = Vec::new();
    prover.split(&tasks, &hidden, &mut proven);
    let proven = prover.together(proven, &hidden);
    let fixes: Vec<((usize, usize), Vec<Edit>)> = proven
        .iter()
        .flat_map(|(task, edits)| task.what.iter().map(|member| (*member, edits.to_vec())))
        .collect();
    for ((workload, index), edits) in fixes {
        if let Some(finding) = state.findings.get_mut(workload).and_then(|all| all.get_mut(index)) {
            finding.fix = Some(Fix::safe("ignore it with a comment", edits));
        }
    }
}

/// Whether comments changed nothing but that the groups' findings are hidden.
fn are_hidden(before: &State, made: &[Attempt<'_, Group>], after: &State, options: &Options) -> bool {
    let mut now = after.findings.clone();
    let ignores = read(&after.reading.sources, after.unit.kind);
    hide(options, &after.reading, &mut now, &mut [], &ignores);
    let is_hidden = |(workload, index): &(usize, usize)| {
        let was = before.findings.get(*workload).and_then(|findings| findings.get(*index));
        let now = now.get(*workload).map(Vec::as_slice).unwrap_or_default();
        let still = |was: &Finding| now.iter().any(|now| now.rule == was.rule && now.suppressed.is_none());
        was.is_some_and(|was| !still(was))
    };
    same_meaning(&before.reading, &after.reading)
        && made.iter().flat_map(|(task, _)| &task.what).all(is_hidden)
}

/// The findings that are shown, grouped by the place where a comment would stand.
fn groups(kind: &Kind, findings: &[Vec<Finding>], reason: &str) -> Vec<Task<Group>> {
    let mut pens: BTreeMap<&str, CommentWriter<'_>> = BTreeMap::new();
    let mut places: BTreeMap<(&str, usize), Vec<(usize, usize)>> = BTreeMap::new();
    for (workload, findings) in findings.iter().enumerate() {
        for (index, finding) in
            findings.iter().enumerate().filter(|(_, finding)| finding.suppressed.is_none())
        {
            let path = finding.place.path();
            let pen =
                pens.entry(path).or_insert_with(|| CommentWriter::new(&finding.place.source, kind, reason));
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
        let ways = pen.candidates(line, &rules).into_iter().map(|edit| vec![edit]).collect();
        out.push(Task { what: members, ways });
    }
    out
}

/// Writes the comments of one file.
struct CommentWriter<'a> {
    source: Arc<Source>,
    lines: Lines,
    /// Where the brackets of a comment close that speaks of the statement or block at a line already.
    brackets: HashMap<usize, usize>,
    reason: &'a str,
}

impl<'a> CommentWriter<'a> {
    fn new(source: &Arc<Source>, kind: &Kind, reason: &'a str) -> Self {
        let lines = Lines::of(source.text(), &(kind.remarks)(source, &[]).blocks);
        let mut brackets = HashMap::new();
        if let Some(ignores) = Ignores::of(source, kind) {
            let known = ignores.statements.iter().chain(&ignores.blocks);
            for ((line, _), (comment, _)) in known {
                let says = ignores.comments.get(*comment).map(|comment| &comment.says);
                if let Some(CommentContent::Ignore { brackets: span, .. }) = says {
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
