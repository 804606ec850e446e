//! Which files are looked at: paths and folders in, candidate files out.
//!
//! A folder is walked as git sees it, without the hidden folders of tools and without hidden files of other kinds. A file is
//! opened only if its name can matter, and handed on only if a literal scan finds a word that can matter.

use crate::text::paths::{join, shown, to_os};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use ignore::{DirEntry, WalkBuilder, WalkState};

use crate::platform::KINDS;
use crate::platform::kind::{FileClaim, Kind};
use crate::text::filename::FileName;
use crate::text::files::{Files, ReadError};
use crate::text::globs::Globs;
use crate::text::source::Source;

/// Hidden folders in which tools keep what they fetched or made: nothing there was written by the people of a repository.
const KEPT_BY_TOOLS: [&str; 39] = [
    ".asdf",
    ".bundle",
    ".cache",
    ".cargo",
    ".conda",
    ".direnv",
    ".eggs",
    ".git",
    ".gradle",
    ".hg",
    ".ipynb_checkpoints",
    ".ivy2",
    ".local",
    ".m2",
    ".mozilla",
    ".mypy_cache",
    ".next",
    ".nox",
    ".npm",
    ".nuxt",
    ".nvm",
    ".parcel-cache",
    ".pixi",
    ".pnpm-store",
    ".pyenv",
    ".pytest_cache",
    ".rbenv",
    ".ruff_cache",
    ".rustup",
    ".rvm",
    ".serverless",
    ".svelte-kit",
    ".svn",
    ".terraform",
    ".tox",
    ".venv",
    ".vs",
    ".vscode-server",
    ".yarn",
];

/// How folders are walked.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    /// What is left out.
    pub exclude: Vec<Arc<Globs>>,
    /// What is looked at though its name does not tell what it is.
    pub include: Arc<Globs>,
    /// Whether `exclude` also applies to files named on the command line.
    pub force_exclude: bool,
    /// Whether files that git ignores are walked.
    pub no_gitignore: bool,
}

/// A file to be looked at.
#[derive(Clone, Copy, Debug)]
pub struct Discovered<'p> {
    /// As reports show it.
    pub path: &'p str,
    /// Whether it was named itself, not met in a folder.
    pub named: bool,
    /// Whether it is looked at whatever its name is.
    pub included: bool,
    /// Whether it was just met as a regular file.
    pub is_regular: bool,
}

impl Discovered<'_> {
    /// Its text.
    pub fn read(&self, files: &dyn Files) -> Result<Arc<Source>, ReadError> {
        if self.is_regular { files.read_met(self.path) } else { files.read(self.path) }
    }
}

impl Walk {
    /// Calls `look` for every file of `paths`, from several threads where there are folders. Folders that cannot be read are
    /// handed to `complain` as a sentence that begins with the path.
    pub fn each(
        &self,
        paths: &[String],
        look: &(dyn Fn(Discovered<'_>) + Sync),
        complain: &(dyn Fn(String) + Sync),
    ) {
        let (folders, files): (Vec<&String>, Vec<&String>) =
            paths.iter().partition(|path| to_os(path).is_dir());
        let seen: Mutex<HashSet<String>> = Mutex::default();
        let look = &|found: Discovered<'_>| {
            // Only where several paths are given can one file be met twice.
            let is_new = || seen.lock().is_ok_and(|mut seen| seen.insert(join("", found.path)));
            if paths.len() < 2 || is_new() {
                look(found);
            }
        };
        for path in files {
            let path = shown(&to_os(path)).into_owned();
            let out = self.force_exclude && self.exclude.iter().any(|globs| globs.covers(&path));
            if !out {
                look(Discovered { path: &path, named: true, included: true, is_regular: false });
            }
        }
        for folder in folders {
            self.walk(folder, look, complain);
        }
    }

    fn walk(&self, folder: &str, look: &(dyn Fn(Discovered<'_>) + Sync), complain: &(dyn Fn(String) + Sync)) {
        let mut builder = WalkBuilder::new(to_os(folder));
        builder.hidden(false).parents(!self.no_gitignore).ignore(!self.no_gitignore).require_git(false);
        builder.git_ignore(!self.no_gitignore).git_exclude(!self.no_gitignore).git_global(false);
        builder.threads(std::thread::available_parallelism().map_or(1, usize::from).min(8));
        let excluded = self.exclude.clone();
        builder.filter_entry(move |entry| {
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            (entry.depth() == 0 || !skipped(entry))
                && !excluded.iter().any(|globs| globs.matches(&shown(entry.path()), is_folder))
        });
        builder.build_parallel().run(|| {
            Box::new(|entry| {
                match entry {
                    Ok(entry)
                        if entry.file_type().is_some_and(|kind| kind.is_file() || kind.is_symlink()) =>
                    {
                        // A link inside the walk is looked at by its own name; a link to a folder is not followed.
                        if !entry.path_is_symlink() || entry.path().is_file() {
                            let path = shown(entry.path());
                            let included = self.include.matches(&path, false);
                            let is_regular = !entry.path_is_symlink();
                            look(Discovered { path: &path, named: false, included, is_regular });
                        }
                    }
                    Ok(_) => {}
                    Err(error) => complain(error.to_string()),
                }
                WalkState::Continue
            })
        });
    }
}

/// Whether an entry is a hidden folder of a tool, or a hidden file whose name does not tell that it is one of ours.
fn skipped(entry: &DirEntry) -> bool {
    if !entry.file_name().as_encoded_bytes().starts_with(b".") {
        return false;
    }
    let name = entry.file_name().to_string_lossy();
    if entry.file_type().is_some_and(|kind| kind.is_dir()) {
        return KEPT_BY_TOOLS.binary_search(&name.as_ref()).is_ok();
    }
    !kinds(&name).any(|(_, claim)| claim == FileClaim::ByName)
}

/// The kinds that a file's name allows, best first: those that know it by its name before those that ask its text.
pub fn kinds(path: &str) -> impl Iterator<Item = (&'static Kind, FileClaim)> {
    let file = FileName::new(path);
    let claims = KINDS.iter().map(|kind| (*kind, (kind.claim)(&file)));
    let mut claims: Vec<(&'static Kind, FileClaim)> =
        claims.filter(|(_, claim)| *claim != FileClaim::No).collect();
    claims.sort_by_key(|(_, claim)| *claim != FileClaim::ByName);
    claims.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folders_of_tools_can_be_searched() {
        assert!(KEPT_BY_TOOLS.is_sorted());
    }
}
