//! What a walk notes of each file that it meets, so that a repository below it is not walked a second time to know what lies
//! around a workload.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::need::reach::builds::{Builds, BuiltImage, counts};
use crate::need::reach::{maps, mentions};
use crate::text::files::Files;
use crate::text::place::shed;
use crate::text::scan::{Words, holds};
use crate::text::source::Source;

/// More files than this are no repository of somebody's project: none of them is read.
const MAX_FILES: usize = 100_000;

/// What stands in every text that gives a container shared memory, also in the fields of operators. A schema of pods speaks
/// of `hostIPC:`, too, but gives it no value on its line.
#[rustfmt::skip]
const GIVES: &[&str] = &[
    "dev/shm", "shm_size", "shm-size", "shmSize", "ShmSize", "largeShm", "sharedMemory",
    "$SHM", "{SHM", "(SHM", "--ipc", "ipc:", "ipc\"", "ipc_mode", "IpcMode", "hostIPC: ", "hostIPC\"",
];

/// The same, to be looked for alone.
static GIVING: Words = Words::new(&[GIVES]);

/// What stands in every text of which anything is noted.
static TELLS: Words = Words::new(&[GIVES, maps::MAKES, mentions::BUILDS]);

/// What one walk has noted.
#[derive(Default)]
pub struct Notes {
    /// The directory that is walked.
    root: String,
    all: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    /// How many files each directory holds.
    files: BTreeMap<String, usize>,
    /// The paths of Dockerfiles and programs.
    paths: Vec<String>,
    images: Vec<BuiltImage>,
    /// The files that make `ConfigMap`s.
    mapping: Vec<String>,
    /// The files in which containers may have shared memory.
    giving: Vec<String>,
}

impl Notes {
    /// Notes of a walk of `root`; nothing is noted yet.
    pub fn new(root: String) -> Self {
        Self { root, all: Mutex::default() }
    }

    /// Notes a file, and its text if its name can matter.
    pub fn note(&self, path: &str, source: Option<&Arc<Source>>) {
        let source = source.filter(|source| TELLS.stand_in(source.text()));
        let mut images = source.map(mentions::of_text).unwrap_or_default();
        shed(images.iter_mut().map(|built| built.place.parts()));
        let gives = source.is_some_and(|source| GIVING.stand_in(source.text()));
        let maps = source.is_some_and(|source| maps::MAKES.iter().any(|word| holds(source.text(), word)));
        let Ok(mut all) = self.all.lock() else { return };
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        match all.files.get_mut(directory) {
            Some(files) => *files += 1,
            None => drop(all.files.insert(directory.to_owned(), 1)),
        }
        all.images.append(&mut images);
        if counts(path) {
            all.paths.push(path.to_owned());
        }
        if gives {
            all.giving.push(path.to_owned());
        }
        if maps {
            all.mapping.push(path.to_owned());
        }
    }

    /// Whether a repository lies in what was walked.
    pub fn covers(&self, repository: &str) -> bool {
        holds_path(&self.root, repository)
    }

    /// What of it lies in a repository, in order: the images that it builds, and the files in which containers may have shared
    /// memory. Nothing where there is too much.
    pub fn within(&self, repository: &str, files: &dyn Files) -> (Builds, Vec<String>) {
        let mut builds = Builds::default();
        let Ok(all) = self.all.lock() else { return Default::default() };
        let is_in = |path: &&String| holds_path(repository, path);
        let count: usize = all.files.iter().filter(|(path, _)| is_in(path)).map(|(_, files)| files).sum();
        if count > MAX_FILES {
            return Default::default();
        }
        all.paths.iter().filter(is_in).for_each(|path| builds.add_path(path));
        let images = all.images.iter().filter(|built| holds_path(repository, built.place.path()));
        builds.add(images.cloned().collect());
        for path in all.mapping.iter().filter(is_in) {
            builds.add_maps(files.read(path).map(|source| maps::maps(&source)).unwrap_or_default());
        }
        builds.sort();
        let mut giving: Vec<String> = all.giving.iter().filter(is_in).cloned().collect();
        giving.sort();
        (builds, giving)
    }
}

/// Whether a path is a directory's own or lies below it. What lies in the working directory is called without it.
fn holds_path(directory: &str, path: &str) -> bool {
    match path.strip_prefix(directory) {
        Some(rest) if directory.is_empty() => {
            !rest.starts_with('/') && rest != ".." && !rest.starts_with("../")
        }
        Some(rest) => rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_holds_what_lies_below_it() {
        for (directory, path, holds) in [
            ("", "a/b", true),
            ("", "../a", false),
            ("", "/a", false),
            ("a", "a", true),
            ("a", "a/b", true),
            ("a", "ab/c", false),
            ("..", "../a", true),
            ("/a", "/a/b", true),
        ] {
            assert_eq!(holds_path(directory, path), holds, "{directory} {path}");
        }
    }
}
