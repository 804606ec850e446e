//! What the server knows: the open texts, the tree on disk with these laid over it, and what was found in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use lsp_types::{Range, TextDocumentContentChangeEvent, Uri};

use super::convert::{LineTable, PositionEncoding};
use crate::config::{self, Settled};
use crate::container::finding::Finding;
use crate::fix::fixes::Fixes;
use crate::lint::around::{Memory, Surroundings};
use crate::lint::check::{Listed, Request};
use crate::lint::options::Options;
use crate::lint::run::Lint;
use crate::lint::tree::Tree;
use crate::text::files::{Disk, MAX_SIZE, Overlay};
use crate::text::source::Source;

/// An open text.
pub(super) struct OpenDocument {
    pub(super) uri: Uri,
    pub(super) version: i32,
    pub(super) text: String,
}

/// What the client's settings say.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Preferences {
    /// Whether notes are shown.
    pub(super) pedantic: bool,
    /// Whether the effective size stands behind each container.
    pub(super) inlay_hints: bool,
    /// A configuration file in place of the one that is found.
    pub(super) config: Option<String>,
}

/// The server's view of a workspace. The process stands in its directory, so that paths are as the command line shows them.
pub(super) struct Workspace {
    pub(super) folder: PathBuf,
    pub(super) encoding: PositionEncoding,
    pub(super) preferences: Preferences,
    /// What is looked at besides the open texts.
    pub(super) roots: Vec<String>,
    /// The open texts by path.
    pub(super) open: BTreeMap<String, OpenDocument>,
    settled: Settled,
    disk: Disk,
    tree: Option<Tree>,
    /// What lies around the files; read once, until files come or go.
    around: Arc<Memory>,
}

/// Findings come with all fixes, and containers are told, too.
const REQUEST: Request =
    Request { prove: Fixes::All, make: Fixes::None, workloads: true, counts: false, looked: false };

impl Workspace {
    pub(super) fn new(folder: PathBuf, encoding: PositionEncoding, preferences: Preferences) -> Self {
        Self {
            folder,
            encoding,
            preferences,
            roots: vec![".".to_owned()],
            open: BTreeMap::new(),
            settled: Settled::default(),
            disk: Disk::new(MAX_SIZE),
            tree: None,
            around: Arc::default(),
        }
    }

    /// Reads the configuration anew; what is known of the tree is forgotten. The error tells what is wrong with it, and the
    /// defaults hold until it is right.
    pub(super) fn configure(&mut self) -> Result<(), String> {
        let given: Vec<String> = self.preferences.config.iter().cloned().collect();
        let settled = config::load(false, &given).map_err(|error| error.to_string());
        let settled = settled.and_then(|loaded| loaded.config.settle());
        let (settled, told) = match settled {
            Ok(settled) => (settled, Ok(())),
            Err(error) => (Settled::default(), Err(error)),
        };
        self.settled = settled;
        self.settled.options.judge.pedantic |= self.preferences.pedantic;
        self.forget();
        told
    }

    /// Forgets the tree: files came or went.
    pub(super) fn forget(&mut self) {
        self.disk = Disk::new(self.settled.max_file_size.unwrap_or(MAX_SIZE));
        self.tree = None;
        self.around = Arc::default();
    }

    /// Takes over the changes of an open text, in their order.
    pub(super) fn change(&mut self, path: &str, version: i32, changes: Vec<TextDocumentContentChangeEvent>) {
        let encoding = self.encoding;
        let Some(document) = self.open.get_mut(path) else { return };
        document.version = version;
        for TextDocumentContentChangeEvent { range, text, .. } in changes {
            match range {
                None => document.text = text,
                Some(range) => splice(&mut document.text, range, &text, encoding),
            }
        }
    }

    /// Runs `work` with the tree and a linter over the files as they are now, open texts laid over the disk.
    fn with<T>(&mut self, options: Option<&Options>, work: impl FnOnce(&mut Tree, &Lint<'_>) -> T) -> T {
        let mut files = Overlay::new(&self.disk);
        for (path, document) in &self.open {
            files.lay(Source::new(path.clone(), document.text.clone().into_bytes()));
        }
        let seen = AtomicUsize::new(0);
        let options = options.unwrap_or(&self.settled.options);
        let reads = options.programs.then_some(&options.read);
        let around = &Surroundings::new(&files, &self.settled.walk, reads).remembering(&self.around);
        let lint = Lint { files: &files, options, around, request: REQUEST, seen: &seen };
        let tree = self.tree.get_or_insert_with(|| {
            let mut tree = lint.index(&self.settled.walk, &self.roots);
            for path in self.open.keys() {
                tree.update(&lint, path);
            }
            tree
        });
        work(tree, &lint)
    }

    /// Looks at files whose texts are others now. Gives the paths whose findings may have changed.
    pub(super) fn update(&mut self, paths: &BTreeSet<String>) -> BTreeSet<String> {
        self.with(None, |tree, lint| paths.iter().flat_map(|path| tree.update(lint, path)).collect())
    }

    /// What is found in a file and not suppressed.
    pub(super) fn findings(&mut self, path: &str) -> Vec<Finding> {
        let baseline = self.settled.options.baseline.clone();
        let mut found = self.with(None, |tree, _| tree.findings(path));
        if let Some(baseline) = baseline {
            baseline.hide(&mut found);
        }
        found.retain(|finding| finding.suppressed.is_none());
        found
    }

    /// What is found in a file with other options: another size, or comments in place of fixes.
    pub(super) fn findings_with(&mut self, path: &str, other: impl FnOnce(&mut Options)) -> Vec<Finding> {
        let mut options = self.settled.options.clone();
        other(&mut options);
        let found = self.with(Some(&options), |tree, lint| tree.findings_as(lint, path));
        found.into_iter().filter(|finding| finding.suppressed.is_none()).collect()
    }

    /// Hands the containers of a file to `look`.
    pub(super) fn containers<T>(&mut self, path: &str, look: impl Fn(&Listed) -> Option<T>) -> Vec<T> {
        self.with(None, |tree, _| {
            let of_file = tree.listed().filter(|listed| listed.workload.place.path() == path);
            of_file.filter_map(look).collect()
        })
    }

    /// The text of a file as it is now.
    pub(super) fn text(&self, path: &str) -> Option<Arc<str>> {
        use crate::text::files::Files;
        match self.open.get(path) {
            Some(document) => Some(document.text.as_str().into()),
            None => self.disk.read(path).ok().map(|source| source.text().into()),
        }
    }
}

fn splice(text: &mut String, range: Range, new: &str, encoding: PositionEncoding) {
    let span = LineTable::of(text, encoding).span(range);
    text.replace_range(span.range(), new);
}
