//! The report for people: each finding with its places in the source, what to do about it, and the fix as a small diff.

pub mod draw;
pub mod summary;
mod window;

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use annotate_snippets::{Group, Level};

use super::{View, count};
use crate::container::finding::{Finding, Fix, Safety};
use crate::need::evidence::line_at;
use crate::text::edits::Edit;
use crate::text::place::Place;
use crate::text::source::Span;
use draw::{Label, level, lines};

/// Writes the report.
pub fn write(out: &mut dyn Write, view: &View<'_>) -> io::Result<()> {
    if view.statistics {
        summary::statistics(out, view)?;
    } else {
        let mut report = Human { view, explained: HashSet::new() };
        for (group, more) in folded(groups(&view.report.findings)) {
            report.write_group(out, &group, &more)?;
        }
    }
    // Where nothing could be read, the error says all.
    let failed =
        view.report.findings.is_empty() && view.report.counts.files == 0 && !view.report.errors.is_empty();
    if view.quiet || failed { Ok(()) } else { writeln!(out, "{}", summary::line(view)) }
}

/// Findings that one fix removes stand together, where the first of them stands.
fn groups(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut of_fix = HashMap::new();
    for finding in findings {
        let Some(fix) = &finding.fix else {
            groups.push(vec![finding]);
            continue;
        };
        let index = *of_fix.entry(identity(&fix.edits)).or_insert(groups.len());
        match groups.get_mut(index) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

/// The groups without those that say the same of the same line elsewhere, as of copies and translations of a page; each with
/// the places of these.
fn folded<'f>(groups: Vec<Vec<&'f Finding>>) -> Vec<(Vec<&'f Finding>, Vec<&'f Place>)> {
    let mut folded: Vec<(Vec<&Finding>, Vec<&Place>)> = Vec::with_capacity(groups.len());
    let mut known = HashMap::new();
    for group in groups {
        let [finding] = group.as_slice() else {
            folded.push((group, Vec::new()));
            continue;
        };
        let edits = finding.fix.iter().flat_map(|fix| &fix.edits).map(|edit| edit.text.trim());
        let said = (finding.rule.code, finding.severity, finding.message.as_str(), line_at(&finding.place));
        let first = *known.entry((said, edits.collect::<Vec<_>>())).or_insert(folded.len());
        match folded.get_mut(first) {
            Some((_, more)) => more.push(&finding.place),
            None => folded.push((group, Vec::new())),
        }
    }
    folded
}

/// How many of the places that are folded into one are named.
const MOST_PLACES: usize = 10;

/// `3 more places: a.md:4, b.md:4, c.md:5`.
fn elsewhere(more: &[&Place]) -> String {
    let named = more.iter().take(MOST_PLACES).map(|place| format!("{}:{}", place.path(), place.start().line));
    let rest = if more.len() > MOST_PLACES { ", …" } else { "" };
    format!("the same at {}: {}{rest}", count(more.len(), "more place"), named.collect::<Vec<_>>().join(", "))
}

/// The edits of a fix in its files, to tell one fix from another.
fn identity(edits: &[Edit]) -> Vec<(&str, Span, &str)> {
    edits.iter().map(|edit| (edit.source.path(), edit.span, edit.text.as_str())).collect()
}

/// A report under way.
struct Human<'a> {
    view: &'a View<'a>,
    /// Rules whose page was pointed to; once is enough.
    explained: HashSet<&'static str>,
}

impl Human<'_> {
    fn write_group(&mut self, out: &mut dyn Write, group: &[&Finding], more: &[&Place]) -> io::Result<()> {
        let fix = group.first().and_then(|finding| finding.fix.as_ref());
        let labels: Vec<Vec<Label<'_>>> = group.iter().map(|finding| labels(finding)).collect();
        let places = labels.iter().flatten().map(|label| (&*label.place.source, label.place.span.start));
        let edits = fix.iter().flat_map(|fix| &fix.edits).map(|edit| (&*edit.source, edit.span.end));
        let gutter = draw::gutter(places.chain(edits));
        let mut shown: HashSet<(String, usize)> = HashSet::new();
        let mut groups = Vec::new();
        for (finding, labels) in group.iter().zip(labels) {
            // Citation that the findings of a group share is shown with the first of them.
            let new = |label: &Label<'_>| {
                label.is_primary || shown.insert((label.place.path().to_owned(), label.place.span.start))
            };
            let labels: Vec<Label<'_>> = labels.into_iter().filter(new).collect();
            let group = self.finding(finding, &labels, gutter);
            let before = gutter + " = note: ".len();
            let note = || Level::NOTE.message(lines(&elsewhere(more), before, self.view.look));
            groups.push(if more.is_empty() { group } else { group.element(note()) });
        }
        if let Some((first, fix)) = group.first().zip(fix) {
            groups.push(self.fix(fix, first.place.path(), group.len(), gutter));
        }
        writeln!(out, "{}\n", draw::render(&groups, self.view.look))
    }

    fn finding(&mut self, finding: &Finding, labels: &[Label<'_>], gutter: usize) -> Group<'static> {
        let (look, rule) = (self.view.look, finding.rule);
        let before = finding.severity.as_str().len() + rule.name.len() + "[]: ".len();
        let title = level(finding.severity).primary_title(lines(&finding.message, before, look));
        let mut group = title.id(rule.name).id_url(rule.url()).elements(draw::places(labels, gutter, look));
        let before = gutter + " = help: ".len();
        if !finding.help.is_empty() {
            group = group.element(Level::HELP.message(lines(&finding.help, before, look)));
        }
        if self.explained.insert(rule.code) {
            let page = format!("{}, `shmlint rule {}`", rule.code, rule.name);
            group = group.element(Level::NOTE.with_name("rule").message(page));
        }
        group
    }

    fn fix(&self, fix: &Fix, home: &str, findings: usize, gutter: usize) -> Group<'static> {
        let word = match fix.safety {
            Safety::Safe => "fix",
            Safety::Unsafe => "unsafe fix",
        };
        let all = match findings {
            1 => String::new(),
            2 => " (fixes both)".into(),
            _ => format!(" (fixes all {findings})"),
        };
        let title = lines(&format!("{}{all}", fix.title), word.len() + 2, self.view.look);
        let elements = draw::fix(&fix.edits, home, gutter, self.view.look);
        Level::HELP.with_name(word).secondary_title(title).elements(elements)
    }
}

/// The places of a finding: its own first.
fn labels(finding: &Finding) -> Vec<Label<'_>> {
    let own = Label { place: &finding.place, text: "", is_primary: true };
    let related = finding.related.iter();
    let related =
        related.map(|related| Label { place: &related.place, text: &related.message, is_primary: false });
    std::iter::once(own).chain(related).collect()
}
