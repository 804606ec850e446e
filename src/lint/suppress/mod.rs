//! What hides findings: comments in the files (`# shmlint: ignore[missing-shm] reason`) and `per-file-ignores`.
//!
//! A comment holds for the statement that it stands behind or above: the workload's line, or a line that the finding
//! names besides (where the GPU is asked for, where the setting stands). An HTML comment above a fence holds for the
//! whole fence, `ignore-file[…]` for the file. Comments that hide nothing are findings themselves (SHM901).

pub mod add;
mod comment;
mod lines;
mod unused;

use std::collections::HashMap;
use std::sync::Arc;

use crate::container::finding::Rule;
use crate::container::finding::{Finding, Suppression};
use crate::container::workload::Workload;
use crate::fix::prove::{Attempt, Prover, State, Task, same_meaning};
use crate::lint::options::{FileIgnore, Options};
use crate::need::around::Around;
use crate::platform::kind::{Context, Kind, Reading};
use crate::platform::remarks::{Remark, Remarks};
use crate::rules::case::Case;
use crate::rules::options::JudgeOptions;
use crate::rules::{self, unreadable_file};
use crate::text::filename::FileName;
use crate::text::place::Place;
use crate::text::source::Source;

use comment::{Comment, CommentContent, comments};
use lines::Lines;

/// A name in a comment: the index of the comment, and that of the name in it.
type At = (usize, usize);

/// The ignore comments of one file, and which of their names hide something.
#[derive(Debug, Default)]
pub struct Ignores {
    source: Arc<Source>,
    comments: Vec<Comment>,
    lines: Lines,
    /// By the first line of a statement.
    statements: HashMap<(usize, &'static str), At>,
    /// By the line of a fence.
    blocks: HashMap<(usize, &'static str), At>,
    file: HashMap<&'static str, At>,
    used: Vec<Vec<bool>>,
    /// Whether taking out the names that hide nothing was proven to change nothing.
    removable: bool,
}

impl Ignores {
    /// The comments of a file of some kind, if it has any.
    pub fn of(source: &Arc<Source>, kind: &Kind) -> Option<Self> {
        let in_strings = is_notebook(source.path());
        let mut comments = comments(source.text(), in_strings);
        if comments.is_empty() {
            return None;
        }
        let starts: Vec<usize> = comments.iter().map(|comment| comment.span.start).collect();
        let Remarks { sorts, blocks } = (kind.remarks)(source, &starts);
        for (comment, sort) in comments.iter_mut().zip(&sorts) {
            comment.is_example = *sort == Remark::Example;
            comment.far |= !blocks.is_empty() && *sort == Remark::Comment;
        }
        let mut sorts = sorts.iter();
        comments.retain(|_| sorts.next().is_some_and(|sort| *sort != Remark::Text));
        let lines = Lines::of(source.text(), &blocks);
        let used = comments.iter().map(|comment| vec![false; comment.names().len()]).collect();
        let mut out = Self { source: Arc::clone(source), comments, lines, used, ..Self::default() };
        out.index();
        Some(out)
    }

    /// Where the file is.
    pub fn path(&self) -> &str {
        self.source.path()
    }

    /// Notes what each name speaks of. Of two that say the same the first one holds.
    fn index(&mut self) {
        for (index, comment) in self.comments.iter().enumerate() {
            let CommentContent::Ignore { file, names, .. } = &comment.says else { continue };
            let line = self.lines.line(comment.span.start);
            let target = if comment.alone { self.lines.below(line, comment.far) } else { line };
            let block = self.lines.block(target).filter(|fence| comment.alone && *fence == target);
            for (nth, name) in names.iter().enumerate() {
                let Ok(rule) = &name.rule else { continue };
                let at = (index, nth);
                if *file && comment.is_example {
                    continue;
                }
                if *file {
                    self.file.entry(rule.code).or_insert(at);
                } else if let Some(fence) = block {
                    self.blocks.entry((fence, rule.code)).or_insert(at);
                } else {
                    self.statements.entry((self.lines.statement(target), rule.code)).or_insert(at);
                }
            }
        }
    }

    /// The name that hides what a rule says at a place of this file.
    fn at(&self, rule: &Rule, place: &Place) -> Option<At> {
        let line = self.lines.line(place.span.start);
        let statement = || self.statements.get(&(self.lines.statement(line), rule.code));
        let block = || self.blocks.get(&(self.lines.block(line)?, rule.code));
        statement().or_else(block).or_else(|| self.file.get(rule.code)).copied()
    }

    /// What stands behind a comment's brackets.
    fn reason(&self, at: At) -> String {
        let Some(comment) = self.comments.get(at.0) else { return String::new() };
        let CommentContent::Ignore { brackets, .. } = comment.says else { return String::new() };
        let text = self.source.text().get(brackets.end..comment.span.end).unwrap_or_default();
        text.trim_end_matches("-->").trim_end_matches("*/").trim().to_owned()
    }
}

/// The ignore comments of the files that were read for a unit of some kind.
pub fn read(sources: &[Arc<Source>], kind: &Kind) -> Vec<Ignores> {
    sources.iter().filter_map(|source| Ignores::of(source, kind)).collect()
}

/// Marks what is hidden among the findings of a reading's workloads and its problems; hidden ones want no change any more.
pub fn hide(
    options: &Options,
    reading: &Reading,
    findings: &mut [Vec<Finding>],
    problems: &mut [Finding],
    ignores: &[Ignores],
) {
    if options.per_file_ignores.is_empty() && ignores.is_empty() {
        return;
    }
    for (findings, workload) in findings.iter_mut().zip(&reading.workloads) {
        for finding in findings {
            hide_one(options, Some(workload), finding, ignores);
        }
    }
    for finding in problems {
        hide_one(options, None, finding, ignores);
    }
}

/// Marks a finding if it is hidden.
pub fn hide_one(options: &Options, workload: Option<&Workload>, finding: &mut Finding, ignores: &[Ignores]) {
    let in_file = |ignore: &FileIgnore| {
        ignore.rules.contains(&finding.rule) && ignore.files.covers(finding.place.path())
    };
    let suppression = if options.per_file_ignores.iter().any(in_file) {
        Suppression::Configuration
    } else if let Some((file, at)) = hiding(workload, finding, ignores) {
        let reason = ignores.get(file).map(|ignores| ignores.reason(at)).unwrap_or_default();
        Suppression::Comment { reason }
    } else {
        return;
    };
    finding.suppressed = Some(suppression);
    finding.wanted = None;
}

/// The file and the name in it that hide a finding: at its own place, at the workload's, or at one it names besides.
fn hiding(workload: Option<&Workload>, finding: &Finding, ignores: &[Ignores]) -> Option<(usize, At)> {
    let related = finding.related.iter().map(|related| &related.place);
    let places =
        std::iter::once(&finding.place).chain(workload.map(|workload| &workload.place)).chain(related);
    places.into_iter().find_map(|place| {
        let file = ignores.iter().position(|ignores| ignores.path() == place.path())?;
        Some((file, ignores.get(file)?.at(finding.rule, place)?))
    })
}

/// Marks the names that hide something, whatever rules this run shows: a comment that another run needs is no mistake.
pub fn mark_used(options: &Options, around: &dyn Around, reading: &Reading, ignores: &mut [Ignores]) {
    let options = JudgeOptions { rules: rules::every(), pedantic: true, ..options.judge.clone() };
    let unit = &reading.workloads;
    for (index, workload) in unit.iter().enumerate() {
        for finding in
            rules::judge(&Case::new(workload, unit, &options, around).read(&reading.evidence, index))
        {
            mark(Some(workload), &finding, ignores);
        }
    }
    for finding in reading.problems.iter().filter_map(|problem| unreadable_file::finding(problem, &options)) {
        mark(None, &finding, ignores);
    }
}

fn mark(workload: Option<&Workload>, finding: &Finding, ignores: &mut [Ignores]) {
    if let Some((file, at)) = hiding(workload, finding, ignores)
        && let Some(ignores) = ignores.get_mut(file)
    {
        ignores.set(at, true);
    }
}

/// Proves for each file of a state whether what its comments hold to no use can be taken out.
pub fn prove_removals(ignores: &mut [Ignores], state: &State, context: &Context<'_>, options: &Options) {
    let mut prover = Prover::new(state, context, &options.judge);
    for ignores in ignores {
        let removals = [Task { what: (), ways: vec![ignores.removals()] }];
        let same = |_: &[Attempt<'_, ()>], after: &State| same_meaning(&state.reading, &after.reading);
        ignores.removable = prover.split(&removals, &same, &mut Vec::new()).is_some();
    }
}

/// What is said of the comments of the files of a unit (SHM901).
pub fn unused(ignores: &mut [Ignores], options: &Options) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        ignores.iter_mut().flat_map(|ignores| ignores.unused(&options.judge)).collect();
    for finding in &mut findings {
        hide_one(options, None, finding, &[]);
        // A run that writes comments takes none out.
        finding.fix = finding.fix.take().filter(|_| options.ignore_because.is_none());
    }
    findings
}

fn is_document(path: &str) -> bool {
    let documents = ["md", "mdx", "markdown", "mkd", "rmd", "qmd", "rst", "html", "htm"];
    FileName::new(path).ends_in(&documents)
}

fn is_notebook(path: &str) -> bool {
    FileName::new(path).ends_in(&["ipynb"])
}

#[cfg(test)]
mod tests;
