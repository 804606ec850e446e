//! A whole run: find the files, form the units, check each, and collect what they give in a stable order.

use crate::lint::check::Wanted;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::container::finding::Finding;
use crate::lint::check::{Listed, Outcome, UnitReport, check, check_comments};
use crate::lint::discover::{Found, Walk, kinds};
use crate::lint::options::Options;
use crate::lint::parallel::{Collected, in_batches, shared_out};
use crate::lint::project;
use crate::lint::suppress;
use crate::platform::kind::{Claim, Context, Kind};
use crate::platform::kind::{Index, Member, Unit};
use crate::platform::{KINDS, compose};
use crate::text::files::Files;
use crate::text::source::Source;
use crate::text::source::Span;

/// How many units are checked together at most.
const BATCH: usize = 16;

/// How many bytes of text are checked together at most: their trees are all there at the same time.
const BATCH_BYTES: usize = 256 << 10;

/// What a run found.
#[derive(Default)]
pub struct Report {
    /// Findings, by path, line, column and rule.
    pub findings: Vec<Finding>,
    /// What is left once all safe fixes are made, where no other look has to tell.
    pub mended: Option<Outcome>,
    /// Findings that are suppressed.
    pub suppressed: Vec<Finding>,
    /// Sentences about what was asked for and is probably not as meant.
    pub warnings: Vec<String>,
    /// Workloads, by path and line; only where they were asked for.
    pub workloads: Vec<Listed>,
    /// What was counted.
    pub counts: Counts,
    /// Sentences about files that could not be read, each beginning with the path.
    pub errors: Vec<String>,
    /// What became of the files whose names can matter, by path; only where it was asked for.
    pub looked: Vec<Looked>,
}

impl Report {
    /// Moves suppressed findings to where they belong.
    fn set_suppressed_aside(&mut self) {
        let findings = std::mem::take(&mut self.findings);
        let (suppressed, shown) = findings.into_iter().partition(|finding| finding.suppressed.is_some());
        self.findings = shown;
        self.suppressed.extend::<Vec<Finding>>(suppressed);
    }
}

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Looked {
    /// As reports show it.
    pub path: String,
    /// What it was read as, or why it was not.
    pub read: Result<&'static str, &'static str>,
}

/// What a run counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Files whose names were looked at.
    pub seen: usize,
    /// Files that were parsed.
    pub files: usize,
    /// Containers.
    pub workloads: usize,
    /// Containers that ask for a GPU.
    pub gpu_workloads: usize,
}

/// A run over files.
pub struct Lint<'a> {
    /// Texts by path.
    pub files: &'a dyn Files,
    /// The options.
    pub options: &'a Options,
    /// What to give.
    pub wanted: Wanted,
    /// Counts the files that are looked at, for whoever watches the run.
    pub seen: &'a AtomicUsize,
}

impl Lint<'_> {
    /// Looks at paths and folders.
    pub fn run(&self, walk: &Walk, paths: &[String]) -> Report {
        let run = Run::new(self);
        walk.each(paths, &|found| run.look(&found), &|error| run.errors.push(error));
        let mut report = run.finish();
        if let Some(baseline) = self.options.baseline.as_ref().filter(|_| self.options.suppressions) {
            report.warnings = baseline.hide(&mut report.findings, &self.options.judge, paths);
            report.set_suppressed_aside();
            report.mended = None;
        }
        report
    }
}

/// A run under way. Its parts are filled from several threads.
struct Run<'a> {
    lint: &'a Lint<'a>,
    index: Mutex<Index>,
    done: Collected<UnitReport>,
    errors: Collected<String>,
    looked: Collected<Looked>,
}

impl<'a> Run<'a> {
    fn new(lint: &'a Lint<'a>) -> Self {
        Self {
            lint,
            index: Mutex::default(),
            done: Collected::default(),
            errors: Collected::default(),
            looked: Collected::default(),
        }
    }

    /// Looks at one file: reads it if its name can matter, checks it if its text can, or keeps it for its project.
    fn look(&self, found: &Found<'_>) {
        self.lint.seen.fetch_add(1, Ordering::Relaxed);
        let mut claims = kinds(found.path).peekable();
        if claims.peek().is_none() && !found.included {
            return;
        }
        let files = self.lint.files;
        let read = if found.is_regular { files.read_met(found.path) } else { files.read(found.path) };
        let source = match read {
            Ok(source) => source,
            Err(error) => {
                // A file that is met on the way may vanish or be a broken link; one that is named may not.
                if found.named || claims.any(|(_, claim)| claim == Claim::ByName) {
                    self.errors.push(format!("{}: {error}", found.path));
                }
                self.tell(found.path, Err("it cannot be read"));
                return;
            }
        };
        // A named or included file is looked at whatever its name: as every kind that its text fits.
        let by_name: Vec<(&'static Kind, Claim)> = claims.collect();
        let may_be =
            |(kind, _): &(&'static Kind, Claim)| kind.words.is_empty() || kind.words.stand_in(source.text());
        if !found.included && !by_name.iter().any(may_be) {
            return self.tell(found.path, Err("nothing in it is for shmlint"));
        }
        self.note(&source);
        let others = KINDS
            .iter()
            .filter(|_| found.included && by_name.is_empty())
            .map(|kind| (*kind, Claim::ByContent));
        let every = self.lint.wanted.workloads || found.named;
        let fitting = by_name
            .iter()
            .copied()
            .chain(others)
            .find(|(kind, claim)| (kind.relevant)(source.text(), *claim, every));
        let Some((kind, claim)) = fitting else {
            self.tell(found.path, Err("nothing in it is for shmlint"));
            // What is left of an ignore comment when the containers are gone.
            if let Some((kind, _)) = by_name.first()
                && let Some(report) = check_comments(&source, kind, self.lint.options, self.lint.wanted)
            {
                self.done.push(report);
            }
            return;
        };
        if kind.in_projects.is_some() {
            self.keep(kind, Member { path: found.path.to_owned(), claim, source: Some(source) });
        } else {
            let index = Index::default();
            let unit = Unit::lone(kind, found.path.to_owned(), claim, Some(source));
            self.done.extend(self.check(std::slice::from_ref(&unit), &index));
        }
    }

    /// Notes what a text of any kind says of the files of projects.
    fn note(&self, source: &Arc<Source>) {
        let mentions = compose::mentions(source);
        if !mentions.is_empty()
            && let Ok(mut index) = self.index.lock()
        {
            index.mention(mentions);
        }
    }

    fn keep(&self, kind: &'static Kind, member: Member) {
        if let Ok(mut index) = self.index.lock() {
            index.add(kind, member);
        }
    }

    /// Remembers what became of a file, where that was asked for.
    fn tell(&self, path: &str, read: Result<&'static str, &'static str>) {
        if self.lint.wanted.looked {
            self.looked.push(Looked { path: path.to_owned(), read });
        }
    }

    fn context<'c>(&'c self, index: &'c Index) -> Context<'c> {
        let every_container = self.lint.wanted.workloads;
        Context { files: self.lint.files, index, options: &self.lint.options.read, every_container }
    }

    /// Checks units, as many at once as a few pages of text hold.
    fn check(&self, units: &[Unit], index: &Index) -> Vec<UnitReport> {
        let mut reports = Vec::with_capacity(units.len());
        let mut rest = units;
        while !rest.is_empty() {
            let (units, others) = rest.split_at(at_once(rest));
            reports.extend(check(units, &self.context(index), self.lint.options, self.lint.wanted));
            rest = others;
        }
        for (unit, report) in units.iter().zip(&reports).filter(|_| self.lint.wanted.looked) {
            for source in &report.sources {
                self.tell(source.path(), Ok(unit.kind.name));
            }
            for member in &unit.members {
                if !report.sources.iter().any(|source| source.path() == member.path) {
                    self.tell(&member.path, Err("nothing in it is for shmlint"));
                }
            }
        }
        reports
    }

    /// Checks the projects, now that all their files are known, and puts everything in order.
    fn finish(self) -> Report {
        let mut index = self.index.lock().map(|mut index| std::mem::take(&mut *index)).unwrap_or_default();
        let files = self.lint.files;
        project::settle(&mut index, files);
        let members: Vec<(&'static Kind, &Member)> =
            index.members.values().map(|(kind, member)| (*kind, member)).collect();
        let links = shared_out(&members, |(kind, member)| {
            kind.in_projects.map(|projects| (projects.links)(member, &index, files)).unwrap_or_default()
        });
        let units = project::units(&index, &links);
        self.done.extend(in_batches(&units, BATCH, |units| self.check(units, &index)));
        let seen = self.lint.seen.load(Ordering::Relaxed);
        let mut report = collect(self.done.into_inner(), self.errors.into_inner(), self.lint.options);
        report.counts.seen = seen;
        report.looked = self.looked.into_inner();
        report.looked.sort();
        report.looked.dedup();
        report
    }
}

/// How many of the first units are checked together: their texts have no more than [`BATCH_BYTES`].
fn at_once(units: &[Unit]) -> usize {
    let mut bytes = 0;
    let fits = |unit: &&Unit| {
        let texts = unit.members.iter().filter_map(|member| member.source.as_ref());
        bytes += texts.map(|source| source.text().len()).sum::<usize>();
        bytes <= BATCH_BYTES
    };
    units.iter().take_while(fits).count().max(1)
}

/// What a finding says and where: findings are sorted by this, and alike where it is the same.
fn said(finding: &Finding) -> (&str, Span, &str, &str) {
    (finding.place.path(), finding.place.span, finding.rule.code, &finding.message)
}

/// The findings by place. Two units that share a file may say the same of it; that which can be fixed comes first, and the
/// other goes. One mistake may stand twice in one command line, too, which are two findings.
fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    let setting = |finding: &Finding| finding.wanted.as_ref().and_then(|wanted| wanted.change.setting());
    let order = |finding: &Finding| (setting(finding), finding.fix.is_none());
    findings.sort_by(|a, b| said(a).cmp(&said(b)).then_with(|| order(a).cmp(&order(b))));
    findings.dedup_by(|later, earlier| said(later) == said(earlier) && setting(later) == setting(earlier));
    findings
}

/// What all units are once their safe fixes are made, if each unit knows it and no other unit reads what it edits.
fn mended(done: &mut [UnitReport]) -> Option<Outcome> {
    let mut readers: HashMap<&str, usize> = HashMap::new();
    for source in done.iter().flat_map(|unit| &unit.sources) {
        *readers.entry(source.path()).or_default() += 1;
    }
    let fixes = done.iter().flat_map(|unit| &unit.findings).filter(|finding| finding.is_fixed_safely());
    let edits = fixes.filter_map(|finding| finding.fix.as_ref()).flat_map(|fix| &fix.edits);
    for edit in edits {
        if readers.get(edit.source.path()).is_some_and(|readers| *readers > 1) {
            return None;
        }
    }
    let mut mended = Outcome::default();
    for unit in done {
        let mut own = unit.mended.take()?;
        mended.findings.append(&mut own.findings);
        mended.patches.append(&mut own.patches);
    }
    mended.findings = in_order(mended.findings);
    Some(mended)
}

fn collect(mut done: Vec<UnitReport>, mut errors: Vec<String>, options: &Options) -> Report {
    let mut report = Report { mended: mended(&mut done), ..Report::default() };
    let mut ignores = Vec::new();
    for unit in done {
        report.counts.files += unit.sources.len();
        report.counts.workloads += unit.workloads;
        report.counts.gpu_workloads += unit.gpu_workloads;
        report.findings.extend(unit.findings);
        report.workloads.extend(unit.listed);
        ignores.extend(unit.ignores);
    }
    report.findings.extend(suppress::unused(ignores, options));
    report.findings = in_order(std::mem::take(&mut report.findings));
    report.set_suppressed_aside();
    let place = |listed: &Listed| (listed.workload.place.path().to_owned(), listed.workload.place.span);
    report.workloads.sort_by_cached_key(place);
    errors.sort();
    errors.dedup();
    report.errors = errors;
    report
}
