//! What is known of a tree once it was looked at: its units with what each gives, and what each has asked for. After an edit
//! only the units that read the edited file are checked again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::container::finding::Finding;
use crate::lint::check::{Checked, Listed, in_order};
use crate::lint::discover::kinds;
use crate::lint::parallel::shared_out;
use crate::lint::project;
use crate::lint::report::{Looked, Report};
use crate::lint::run::{Lint, Seen};
use crate::platform::kind::{Index, Kind, Member, Unit};
use crate::text::files::{Files, Overlay};
use crate::text::source::Source;

/// How often units are checked again whose files other units have edited.
const ROUNDS: usize = 8;

/// A unit that was checked.
pub(super) struct KnownFiles {
    /// The unit, without its texts.
    pub(super) unit: Unit,
    /// The further paths that were asked for, whether there was a file or not.
    pub(super) asked: BTreeSet<String>,
    /// What it gives.
    pub(super) checked: Checked,
}

impl KnownFiles {
    fn holds(&self, path: &str) -> bool {
        self.unit.members.iter().any(|member| member.path == path)
    }

    fn reads(&self, path: &str) -> bool {
        self.holds(path) || self.asked.contains(path)
    }
}

/// A tree that was looked at.
#[derive(Default)]
pub struct Tree {
    pub(super) index: Index,
    /// The files that each file of a project may belong together with.
    pub(super) links: BTreeMap<String, Vec<String>>,
    pub(super) known: Vec<KnownFiles>,
    /// What ignore comments give in files that hold nothing else, by path.
    pub(super) comments: BTreeMap<String, Checked>,
    pub(super) errors: Vec<String>,
    pub(super) warnings: Vec<String>,
    pub(super) looked: Vec<Looked>,
}

impl Tree {
    /// Forms the projects, now that all their files are known, and checks them.
    pub(super) fn projects(&mut self, lint: &Lint<'_>) {
        project::settle(&mut self.index, lint.files);
        self.link(lint.files, |_| true);
        self.form(lint);
    }

    /// Asks the files of projects that are meant for their links.
    fn link(&mut self, files: &dyn Files, is_meant: impl Fn(&str) -> bool) {
        let members: Vec<&(&Kind, Member)> =
            self.index.members.values().filter(|(_, member)| is_meant(&member.path)).collect();
        let links = shared_out(&members, |(kind, member)| {
            let source = member.read(files);
            let member = &Member { source, ..member.clone() };
            let links = kind.links.map(|links| links(member, &self.index, files));
            (member.path.clone(), links.unwrap_or_default())
        });
        self.links.extend(links);
    }

    /// Forms the projects by their links, and checks those that were not there before. Gives the paths of these.
    fn form(&mut self, lint: &Lint<'_>) -> BTreeSet<String> {
        let units = project::units(&self.index, &self.links);
        self.index.members.values_mut().for_each(|(_, member)| member.source = None);
        let (projects, mut known): (Vec<KnownFiles>, Vec<KnownFiles>) =
            std::mem::take(&mut self.known).into_iter().partition(|known| known.unit.kind.links.is_some());
        let paths = |unit: &Unit| unit.members.iter().map(|member| member.path.clone()).collect::<Vec<_>>();
        let mut before: HashMap<Vec<String>, KnownFiles> =
            projects.into_iter().map(|known| (paths(&known.unit), known)).collect();
        let mut fresh = Vec::new();
        for unit in units {
            match before.remove(&paths(&unit)) {
                Some(same) => known.push(same),
                None => fresh.push(unit),
            }
        }
        known.extend(shared_out(&fresh, |unit| lint.check(unit.clone(), lint.files, &self.index)));
        self.known = known;
        fresh.iter().flat_map(&paths).collect()
    }

    /// Checks units again that read what others have edited, until that changes nothing more.
    pub(super) fn settle(&mut self, lint: &Lint<'_>) {
        let mut changed = edited(&self.known);
        for _ in 0..ROUNDS {
            let reads = |at: usize, known: &KnownFiles| {
                changed.iter().any(|(editor, text)| *editor != at && known.asked.contains(text.path()))
            };
            let concerned = self.whose(reads);
            if concerned.is_empty() {
                break;
            }
            let before = edited(&self.known);
            let mut files = Overlay::new(lint.files);
            before.iter().for_each(|(_, text)| files.lay(Arc::clone(text)));
            for (at, mut now) in self.again(concerned, lint, &files) {
                if let Some(known) = self.known.get_mut(at) {
                    now.checked.found = std::mem::take(&mut known.checked.found);
                    *known = now;
                }
            }
            let is_new = |(at, text): &(usize, Arc<Source>)| {
                !before.iter().any(|(editor, was)| editor == at && was.bytes() == text.bytes())
            };
            changed = edited(&self.known).into_iter().filter(is_new).collect();
        }
    }

    /// The places of the units that are meant.
    fn whose(&self, is_meant: impl Fn(usize, &KnownFiles) -> bool) -> Vec<usize> {
        let meant = self.known.iter().enumerate().filter(|(at, known)| is_meant(*at, known));
        meant.map(|(at, _)| at).collect()
    }

    /// Units checked again: what they edit as it was read, and the rest as `files` has it.
    fn again(&self, which: Vec<usize>, lint: &Lint<'_>, files: &Overlay<'_>) -> Vec<(usize, KnownFiles)> {
        let again = shared_out(&which, |at| {
            let known = self.known.get(*at)?;
            let mut files = files.clone();
            known.checked.patches.iter().for_each(|(before, _)| files.lay(Arc::clone(before)));
            Some(lint.check(known.unit.clone(), &files, &self.index))
        });
        which.into_iter().zip(again).filter_map(|(at, now)| Some((at, now?))).collect()
    }

    /// Takes over what `lint.files` has of a file now (an unsaved text, one that came or went), and checks again only what
    /// reads it. Gives the paths whose findings may be others than before.
    pub fn update(&mut self, lint: &Lint<'_>, path: &str) -> BTreeSet<String> {
        let source = lint.files.read(path).ok();
        let seen = source
            .as_ref()
            .map(|source| lint.classify(source, &kinds(path).collect::<Vec<_>>(), false, true));
        let Seen { mentions, kind, comments } = seen.unwrap_or_default();
        self.comments.remove(path);
        self.comments.extend(comments.map(|checked| (path.to_owned(), checked)));
        let said =
            |index: &Index| index.mentions.iter().filter(|mention| mention.place.path() == path).count();
        let mentioned = said(&self.index) > 0 || !mentions.is_empty();
        let told = |index: &Index| -> BTreeSet<Vec<String>> {
            let stacks = index.stacks.keys().map(|path| vec![path.clone()]);
            stacks.chain(index.together.iter().cloned()).collect()
        };
        let told_before = told(&self.index);
        if mentioned {
            self.index.mentions.retain(|mention| mention.place.path() != path);
            self.index.mentions.extend(mentions);
            project::settle(&mut self.index, lint.files);
        }
        let told_now = told(&self.index);
        let retold: BTreeSet<&String> = told_before.symmetric_difference(&told_now).flatten().collect();
        let (was, links) = (self.index.members.remove(path), self.links.remove(path));
        let mut concerned: BTreeSet<String> = [path.to_owned()].into();
        let is_lone = |known: &KnownFiles| known.unit.kind.links.is_none() && known.holds(path);
        self.known.retain(|known| !is_lone(known));
        if let Some((kind, claim)) = kind {
            let member = Member { path: path.to_owned(), claim, source };
            if kind.links.is_some() {
                self.index.members.insert(path.to_owned(), (kind, member));
                self.link(lint.files, |other| other == path);
            } else {
                let unit = Unit { kind, members: vec![member] };
                self.known.push(lint.check(unit, lint.files, &Index::default()));
            }
        }
        if mentioned
            || links.as_ref() != self.links.get(path)
            || was.is_some() != self.links.contains_key(path)
        {
            concerned.extend(self.form(lint));
        }
        let again = self.whose(|_, known| {
            let is_retold = || known.unit.members.iter().any(|member| retold.contains(&member.path));
            (known.reads(path) || is_retold()) && !is_lone(known)
        });
        for (at, now) in self.again(again, lint, &Overlay::new(lint.files)) {
            concerned.extend(now.unit.members.iter().map(|member| member.path.clone()));
            if let Some(known) = self.known.get_mut(at) {
                *known = now;
            }
        }
        concerned
    }

    /// What is found in a file, with the fixes that were asked for; also what is suppressed.
    pub fn findings(&self, path: &str) -> Vec<Finding> {
        let checked = self.known.iter().map(|known| &known.checked).chain(self.comments.get(path));
        let found = checked.flat_map(|checked| &checked.findings);
        in_order(found.filter(|finding| finding.place.path() == path).cloned().collect())
    }

    /// What is found in a file where its units are checked with other options; the tree stays as it is.
    pub fn findings_as(&self, lint: &Lint<'_>, path: &str) -> Vec<Finding> {
        let which = self.whose(|_, known| known.holds(path));
        let again = self.again(which, lint, &Overlay::new(lint.files));
        let found = again.into_iter().flat_map(|(_, known)| known.checked.findings);
        in_order(found.filter(|finding| finding.place.path() == path).collect())
    }

    /// All containers, where they were asked for.
    pub fn listed(&self) -> impl Iterator<Item = &Listed> {
        self.known.iter().flat_map(|known| &known.checked.listed)
    }

    /// Everything that was found, in a stable order.
    pub fn report(mut self) -> Report {
        let mut report = Report::default();
        let mut found = BTreeMap::new();
        let comments = std::mem::take(&mut self.comments).into_values();
        let known = self.known.into_iter().map(|known| {
            let members = known.unit.members.into_iter().map(|member| member.path);
            self.looked.extend(looked(known.unit.kind.name, members, &known.checked.files));
            known.checked
        });
        for checked in known.chain(comments) {
            report.counts.files += checked.files.len();
            report.counts.workloads += checked.workloads;
            report.counts.gpu_workloads += checked.gpu_workloads;
            report.findings.extend(checked.findings);
            report.patches.extend(checked.patches);
            report.workloads.extend(checked.listed);
            found.extend(checked.found);
        }
        found.into_values().for_each(|code| *report.found.entry(code).or_default() += 1);
        let (suppressed, shown) =
            in_order(report.findings).into_iter().partition(|finding| finding.suppressed.is_some());
        (report.suppressed, report.findings) = (suppressed, shown);
        report.patches.sort_by(|(a, _), (b, _)| a.path().cmp(b.path()));
        report.patches.dedup_by(|(a, _), (b, _)| a.path() == b.path());
        let place = |listed: &Listed| (listed.workload.place.path().to_owned(), listed.workload.place.span);
        report.workloads.sort_by_cached_key(place);
        (report.errors, report.warnings, report.looked) = (self.errors, self.warnings, self.looked);
        report.warnings.sort();
        report.errors.sort();
        report.errors.dedup();
        report.looked.sort();
        report.looked.dedup();
        report
    }
}

/// The edited texts of all units, each with the place of its unit.
fn edited(known: &[KnownFiles]) -> Vec<(usize, Arc<Source>)> {
    let patches = known
        .iter()
        .enumerate()
        .flat_map(|(at, known)| known.checked.patches.iter().map(move |patch| (at, patch)));
    patches.map(|(at, (_, after))| (at, Arc::clone(after))).collect()
}

/// What became of the files of a unit.
fn looked<'f>(
    kind: &'static str,
    members: impl Iterator<Item = String> + 'f,
    read: &'f [String],
) -> impl Iterator<Item = Looked> + 'f {
    let unread = members.filter(|path| !read.contains(path));
    let unread = unread.map(|path| Looked { path, read: Err("nothing in it is for shmlint") });
    read.iter().map(move |path| Looked { path: path.clone(), read: Ok(kind) }).chain(unread)
}

#[cfg(test)]
mod tests;
