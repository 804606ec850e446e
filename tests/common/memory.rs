//! Files in memory, and a run over them.

#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test program uses its own part")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use shmlint::lint::around::Surroundings;
use shmlint::lint::check::{Fixes, Request};
use shmlint::lint::discover::Walk;
use shmlint::lint::options::Options;
use shmlint::lint::report::Report;
use shmlint::lint::run::Lint;
use shmlint::rules::options::JudgeOptions;
use shmlint::text::edits::Edit;
use shmlint::text::edits::{apply, sorted};
use shmlint::text::files::{Files, ReadError};
use shmlint::text::paths::join;
use shmlint::text::source::Source;

#[derive(Clone, Default)]
pub struct Memory(pub BTreeMap<String, Arc<Source>>);

impl Memory {
    pub fn of<'t>(files: impl IntoIterator<Item = (&'t str, &'t str)>) -> Self {
        let source = |(path, text): (&str, &str)| (path.to_owned(), Source::new(path, text.into()));
        Self(files.into_iter().map(source).collect())
    }

    pub fn text(&self, path: &str) -> &str {
        self.0[path].text()
    }

    /// Checks and lists the named files, notes included.
    pub fn lint(&self, paths: &[&str]) -> Report {
        let options = Options {
            judge: JudgeOptions { pedantic: true, ..JudgeOptions::default() },
            ..Options::default()
        };
        let request = Request { prove: Fixes::All, workloads: true, ..Request::default() };
        let seen = AtomicUsize::new(0);
        let walk = Walk::default();
        let around = &Surroundings::new(self, &walk, Some(&options.read));
        let lint = Lint { files: self, options: &options, around, request, seen: &seen };
        lint.run(&walk, &paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>())
    }

    /// The edits of all fixes of a report, by file.
    pub fn edits(report: &Report) -> BTreeMap<String, Vec<Edit>> {
        let mut edits: BTreeMap<String, Vec<Edit>> = BTreeMap::new();
        for edit in
            report.findings.iter().filter_map(|finding| finding.fix.as_ref()).flat_map(|fix| &fix.edits)
        {
            edits.entry(edit.source.path().to_owned()).or_default().push(edit.clone());
        }
        edits.into_iter().map(|(path, edits)| (path, sorted(edits))).collect()
    }

    /// The files with all fixes of a report applied.
    pub fn fixed(&self, report: &Report) -> Self {
        let mut files = self.clone();
        for (path, edits) in Self::edits(report) {
            let new = apply(&self.0[&path], &edits);
            files.0.insert(path.clone(), Source::new(path, new));
        }
        files
    }
}

impl Files for Memory {
    fn read(&self, path: &str) -> Result<Arc<Source>, ReadError> {
        self.0.get(path).cloned().ok_or(ReadError::NotFound)
    }

    fn beside(&self, path: &str) -> Arc<Vec<String>> {
        let folder = path.rfind('/').map_or("", |at| &path[..=at]);
        let inside = self.0.keys().filter_map(|other| other.strip_prefix(folder));
        Arc::new(inside.filter(|name| !name.contains('/')).map(str::to_owned).collect())
    }

    fn resolve(&self, from: &str, to: &str) -> Result<String, ReadError> {
        let path = join(from, to);
        if self.0.contains_key(&path) { Ok(path) } else { Err(ReadError::NotFound) }
    }
}
