//! A whole run: find the files, form the units, check each, and collect what they give in a stable order.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::lint::around::Surroundings;
use crate::lint::check::{Checked, Request, check, check_comments};
use crate::lint::discover::{Discovered, Walk, kinds};
use crate::lint::notes::Notes;
use crate::lint::options::Options;
use crate::lint::parallel::{Collected, shared_out};
use crate::lint::report::{Looked, Report};
use crate::lint::tree::{KnownFiles, Tree};
use crate::need::around::{Around, Awaited};
use crate::platform::kind::{Context, FileClaim, Index, Kind, Member, Mention, Unit};
use crate::platform::{by_text, compose};
use crate::text::files::{Files, ReadError, Recorder};
use crate::text::place::shed;
use crate::text::source::Source;

/// How many bytes of texts are kept until all files of their projects are known; further ones are read again.
const KEPT: usize = 4 << 20;

/// A run over files.
pub struct Lint<'a> {
    /// Texts by path.
    pub files: &'a dyn Files,
    /// The options.
    pub options: &'a Options,
    /// What lies around the files.
    pub around: &'a Surroundings<'a>,
    /// What to give.
    pub request: Request,
    /// Counts the files that are looked at, for whoever watches the run.
    pub seen: &'a AtomicUsize,
}

impl Lint<'_> {
    /// Looks at paths and directories.
    pub fn run(&self, walk: &Walk, paths: &[String]) -> Report {
        let mut tree = self.index(walk, paths);
        tree.settle(self);
        let mut report = tree.report();
        report.counts.seen = self.seen.load(Ordering::Relaxed);
        if let Some(baseline) = self.options.baseline.as_ref().filter(|_| self.options.suppressions) {
            report.warnings.extend(baseline.gone(&report.suppressed, &self.options.judge, paths));
        }
        report
    }

    /// Looks at paths and directories, and keeps what is known of each unit, so that only what an edit concerns is looked at
    /// again.
    pub fn index(&self, walk: &Walk, paths: &[String]) -> Tree {
        let run = Run {
            lint: self,
            index: Mutex::default(),
            kept: AtomicUsize::new(0),
            known: Collected::default(),
            notes: self.around.notes(paths),
            waiting: Collected::default(),
            others: Collected::default(),
            errors: Collected::default(),
            warnings: Collected::default(),
            looked: Collected::default(),
        };
        walk.each(paths, &|found| run.look(&found), &|error| run.errors.push(error));
        let index = run.index.into_inner().unwrap_or_default();
        let mut known = run.known.into_inner();
        if let Some(notes) = run.notes {
            self.around.learn(notes);
        }
        let check = |unit: &Unit| self.check(unit.clone(), self.files, &Index::default());
        known.extend(shared_out(&run.waiting.into_inner(), check));
        let mut tree = Tree {
            index,
            known,
            comments: run.others.into_inner().into_iter().collect(),
            errors: run.errors.into_inner(),
            warnings: run.warnings.into_inner(),
            looked: run.looked.into_inner(),
            ..Tree::default()
        };
        tree.projects(self);
        tree
    }

    /// What a file is to shmlint, by its name and text, and what its ignore comments give where it holds nothing else.
    pub(super) fn classify(
        &self,
        source: &Arc<Source>,
        by_name: &[(&'static Kind, FileClaim)],
        named: bool,
        included: bool,
    ) -> Seen {
        let may_be = |(kind, _): &(&'static Kind, FileClaim)| {
            kind.words.is_empty() || kind.words.stand_in(source.text())
        };
        if !included && !by_name.iter().any(may_be) {
            return Seen::default();
        }
        let mut mentions = compose::mentions(source);
        shed(mentions.iter_mut().map(|mention| mention.place.parts()));
        // A named or included file is looked at whatever its name: as every kind that its text fits.
        let others = included.then(|| by_text(source.path(), source.text())).into_iter().flatten();
        let every = self.request.workloads || self.request.counts || named;
        let fits = |(kind, claim): &(&'static Kind, FileClaim)| (kind.relevant)(source.text(), *claim, every);
        let kind = by_name.iter().copied().chain(others).find(fits);
        let comments = by_name.first().filter(|_| kind.is_none());
        let comments =
            comments.and_then(|(kind, _)| check_comments(source, kind, self.options, self.request));
        Seen { mentions, kind, comments }
    }

    /// Checks a unit. What it asks for besides its own files is remembered.
    pub(super) fn check(&self, unit: Unit, files: &dyn Files, index: &Index) -> KnownFiles {
        self.check_within(unit, files, index, self.around)
    }

    fn check_within(
        &self,
        mut unit: Unit,
        files: &dyn Files,
        index: &Index,
        around: &dyn Around,
    ) -> KnownFiles {
        let recorder = Recorder::new(files);
        let every_container = self.request.workloads || self.request.counts;
        let options = &self.options.read;
        let context = Context { files: &recorder, index, options, every_container, around };
        let checked = check(&unit, &context, self.options, self.request);
        let mut asked = recorder.asked();
        for member in &mut unit.members {
            member.source = None;
            asked.remove(&member.path);
        }
        KnownFiles { unit, asked, checked }
    }
}

/// What a text is.
#[derive(Default)]
pub(super) struct Seen {
    /// What it says of Compose files.
    pub(super) mentions: Vec<Mention>,
    /// The kind that it is read as, and what its name told.
    pub(super) kind: Option<(&'static Kind, FileClaim)>,
    /// What its ignore comments give where no kind reads it.
    pub(super) comments: Option<Checked>,
}

/// A first look under way. Its parts are filled from several threads.
struct Run<'a> {
    lint: &'a Lint<'a>,
    index: Mutex<Index>,
    /// How many bytes of texts wait in the index.
    kept: AtomicUsize,
    known: Collected<KnownFiles>,
    /// What is noted for the surroundings, where the run walks a whole repository.
    notes: Option<Notes>,
    /// Units that ask for their surroundings, which are not known before the walk is over.
    waiting: Collected<Unit>,
    others: Collected<(String, Checked)>,
    errors: Collected<String>,
    warnings: Collected<String>,
    looked: Collected<Looked>,
}

impl Run<'_> {
    /// Looks at one file: reads it if its name can matter, checks it if its text can, or keeps it for its project.
    fn look(&self, found: &Discovered<'_>) {
        self.lint.seen.fetch_add(1, Ordering::Relaxed);
        let claims: Vec<(&'static Kind, FileClaim)> = kinds(found.path).collect();
        let is_known = !claims.is_empty();
        let files = self.lint.files;
        let read = (is_known || found.included).then(|| found.read(files));
        if let Some(notes) = &self.notes {
            let source = read.as_ref().and_then(|read| read.as_ref().ok());
            notes.note(found.path, source.filter(|_| is_known));
        }
        let Some(read) = read else { return };
        let source = match read {
            Ok(source) => source,
            Err(error) => {
                // A file that is met on the way may vanish or be a broken link; one that is named may not.
                let text = format!("{}: {error}", found.path);
                match error {
                    _ if found.named => self.errors.push(text),
                    ReadError::Outside => self.warnings.push(text),
                    _ if claims.iter().any(|(_, claim)| *claim == FileClaim::ByName) => {
                        self.errors.push(text)
                    }
                    _ => {}
                }
                return self.tell(found.path, Err("it cannot be read"));
            }
        };
        let Seen { mentions, kind, comments } =
            self.lint.classify(&source, &claims, found.named, found.included);
        if let Ok(mut index) = self.index.lock() {
            index.mentions.extend(mentions);
        }
        let Some((kind, claim)) = kind else {
            self.others
                .extend(comments.into_iter().map(|checked| (found.path.to_owned(), checked)).collect());
            return self.tell(found.path, Err("nothing in it is for shmlint"));
        };
        let path = found.path.to_owned();
        if kind.links.is_none() {
            let unit = Unit::lone(kind, path, claim, Some(source));
            if self.notes.is_none() {
                return self.known.push(self.lint.check(unit, files, &Index::default()));
            }
            let around = Awaited::default();
            let checked = self.lint.check_within(unit, files, &Index::default(), &around);
            if around.is_missed() {
                self.waiting.push(checked.unit);
            } else {
                self.known.push(checked);
            }
            return;
        }
        let bytes = source.text().len();
        let fits = self.kept.fetch_add(bytes, Ordering::Relaxed) + bytes <= KEPT;
        let member = Member { path, claim, source: Some(source).filter(|_| fits) };
        if let Ok(mut index) = self.index.lock() {
            index.members.insert(found.path.to_owned(), (kind, member));
        }
    }

    /// Remembers what became of a file that is not read, where that was asked for.
    fn tell(&self, path: &str, read: Result<&'static str, &'static str>) {
        if self.lint.request.looked {
            self.looked.push(Looked { path: path.to_owned(), read });
        }
    }
}
