//! From a path inside of a container to the file of the repository that is there.

use std::sync::Arc;

use super::builds::{Builds, under};
use super::maps::MapFile;
use crate::container::workload::Inside;
use crate::syntax::dockerfile::{Copied, DockerfileImage};
use crate::text::files::Files;
use crate::text::paths::join;
use crate::text::place::Place;
use crate::text::source::{Source, Span};

/// A file of the repository that a container holds.
#[derive(Clone, Debug)]
pub(super) struct File {
    /// Its text, or the text that holds it.
    pub(super) source: Arc<Source>,
    /// The part of the text that is the file, where it is not all of it.
    pub(super) part: Option<Span>,
    /// Whether it is only probably the one.
    pub(super) guessed: bool,
}

/// How the image of a container is built.
#[derive(Clone, Debug)]
pub(super) struct Image {
    pub(super) built: DockerfileImage,
    /// The folder that it is built from.
    pub(super) context: String,
}

/// So many parts has a path at least that leads to somebody's own files: `/home/me/work`.
const OWN_PATH: usize = 3;

/// What is known of a container's files.
pub(super) struct Layout<'a> {
    pub(super) files: &'a dyn Files,
    /// The file that starts the container.
    pub(super) from: &'a str,
    /// The repository's folder.
    pub(super) root: &'a str,
    pub(super) inside: &'a Inside,
    pub(super) image: Option<&'a Image>,
    pub(super) builds: &'a Builds,
    /// Whether nothing is known of its image.
    pub(super) is_foreign: bool,
}

impl Layout<'_> {
    /// The folder in which the container starts.
    pub(super) fn working_dir(&self) -> String {
        let built = self.image.map(|image| image.built.workdir.as_str()).filter(|folder| !folder.is_empty());
        self.inside.working_dir.as_deref().or(built).unwrap_or("/").to_owned()
    }

    /// The folder of the file that starts the container.
    fn own(&self) -> &str {
        self.from.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    fn read(&self, path: &str, guessed: bool) -> Option<File> {
        let source = self.files.read_inside(self.from, path).ok()?;
        Some(File { source, part: None, guessed })
    }

    /// The file at an absolute path of the container.
    pub(super) fn find(&self, path: &str) -> Option<File> {
        let path = join("", path);
        if let Some((_, place)) = self.inside.texts.iter().find(|(target, _)| *target == path) {
            return Some(File { source: Arc::clone(&place.source), part: Some(place.span), guessed: false });
        }
        let mut mounts: Vec<&(String, String)> = self.inside.mounts.iter().collect();
        mounts.sort_by_key(|(_, target)| std::cmp::Reverse(target.len()));
        let mounted = mounts.into_iter().find_map(|(host, target)| Some((host, below(&path, target)?)));
        if let Some((host, rest)) = mounted {
            if let Some(map) = host.strip_prefix(CONFIG_MAP) {
                let file = |file: &MapFile| match file {
                    MapFile::Path { from, path } => {
                        let source = self.files.read_inside(from, path).ok()?;
                        Some(File { source, part: None, guessed: false })
                    }
                    MapFile::Text(place) => {
                        let source = Arc::clone(&place.source);
                        Some(File { source, part: Some(place.span), guessed: false })
                    }
                };
                // Pages show some that stand elsewhere.
                return self.builds.map_files(map, rest).find_map(file);
            }
            let copied = || self.read(&under(self.own(), self.copy(host, rest)?), false);
            let written = || self.written(rest.rsplit('/').next()?);
            let folders = self.on_host(host);
            let mut there = folders.into_iter().find_map(|(host, guessed)| {
                let whole = || rest.is_empty().then(|| self.read(&host, guessed))?;
                self.read(&under(&host, rest), guessed).or_else(whole)
            });
            there = there.or_else(copied).or_else(written);
            if there.is_some() {
                return there;
            }
        }
        if let Some(image) = self.image {
            for copied in image.built.copies.iter().rev() {
                if let Some(file) = self.copied(image, copied, &path) {
                    return Some(file);
                }
            }
        }
        // Where nothing says how it comes there, the repository's own layout may.
        let relative = below(&path, &self.working_dir()).unwrap_or_default();
        let context = self.image.map(|image| image.context.as_str());
        let folders = context.into_iter().chain([self.own(), self.root]);
        let relative = relative.trim_start_matches('/');
        // The repository itself, as it is cloned.
        let (first, rest) = relative.split_once('/').unwrap_or_default();
        let cloned = || self.read(&under(self.root, rest), true).filter(|_| self.is_cloned_as(first));
        let named = || self.read(self.builds.program(relative)?, true);
        let relative = Some(relative).filter(|relative| relative.contains('/') || context.is_some());
        let there = folders.into_iter().find_map(|folder| self.read(&under(folder, relative?), true));
        // An image of which nothing is known mostly starts where its files are mounted.
        let starts = self.is_foreign && self.inside.working_dir.is_none();
        let mounted = || {
            let hosts = self.inside.mounts.iter().filter(|_| starts).flat_map(|(host, _)| self.on_host(host));
            hosts
                .map(|(host, _)| under(&host, path.trim_start_matches('/')))
                .find_map(|path| self.read(&path, true))
        };
        there.or_else(cloned).or_else(named).or_else(mounted)
    }

    /// Whether a directory is called like the repository; in front of its name may stand its owner's.
    fn is_cloned_as(&self, directory: &str) -> bool {
        let (_, name) = self.files.repository(self.from);
        let before = name.strip_suffix(directory).filter(|_| !directory.is_empty());
        before.is_some_and(|before| before.is_empty() || before.ends_with('_'))
    }

    /// The file of a name that the same text writes: `cat > run.sh << 'EOF'`.
    fn written(&self, name: &str) -> Option<File> {
        let source = self.files.read_inside(self.from, self.from).ok()?;
        let (mut at, mut begin, mut end) = (0, None, "");
        for line in source.text().split_inclusive('\n') {
            let from = at;
            at += line.len();
            if let Some(start) = begin {
                if line.trim() == end {
                    return Some(File { part: Some(Span::new(start, from)), source, guessed: false });
                }
            } else if let Some((before, mark)) = line.split_once("<<")
                && before.split(['>', '/', ' ', '"']).any(|word| word == name)
            {
                end = mark.trim_start_matches('-').trim().trim_matches(['\'', '"']);
                begin = Some(at).filter(|_| !end.is_empty());
            }
        }
        None
    }

    /// The file that the same text copies into a mounted folder before: `cp train.py work/`.
    fn copy<'r>(&self, host: &str, rest: &'r str) -> Option<&'r str> {
        let source = self.files.read_inside(self.from, self.from).ok()?;
        let folder = host.rsplit('/').next()?.trim_matches(['$', '{', '}']).to_ascii_lowercase();
        let name = rest.rsplit('/').next().filter(|name| !name.is_empty() && !folder.is_empty())?;
        let copies = |line: &str| {
            let copies = ["cp ", "Copy-Item ", "copy "].iter().find_map(|word| line.split_once(word));
            let copy = copies.map_or("", |(_, copied)| copied).to_ascii_lowercase();
            copy.contains(&name.to_ascii_lowercase()) && copy.contains(&folder)
        };
        source.text().lines().any(copies).then_some(name)
    }

    /// The folders of the repository that a host's path may be: as it is written from the file's folder, or what stands behind
    /// the name of the repository in somebody's own path.
    fn on_host(&self, host: &str) -> Vec<(String, bool)> {
        if ["$GITHUB_WORKSPACE", "${GITHUB_WORKSPACE}", "${{ github.workspace }}", "$CI_PROJECT_DIR"]
            .contains(&host)
        {
            return vec![(self.root.to_owned(), false)];
        }
        let variable = host.starts_with('$') || host.starts_with('~');
        let mut found = Vec::new();
        if !host.starts_with('/') || host == "/" {
            found.push((under(self.own(), host), false));
            if host.starts_with('$') {
                found.push((under(self.root, host), false));
            }
        }
        if host.starts_with('/') || variable {
            let parts: Vec<&str> = host.split('/').collect();
            if let Some(at) = parts.iter().rposition(|part| self.is_cloned_as(part)) {
                found.push((under(self.root, &parts.get(at + 1..).unwrap_or_default().join("/")), true));
            }
            // Somebody's own copy of a folder of the repository.
            let last = parts.last().filter(|last| !last.is_empty() && parts.len() > OWN_PATH);
            let folder = last.map(|last| under(self.root, last));
            found.extend(
                folder.filter(|folder| self.builds.has_programs(folder)).map(|folder| (folder, true)),
            );
            // `$HERE/src`: a variable for a folder of the repository.
            if let Some((_, rest)) = host.split_once('/').filter(|_| variable) {
                found.push((under(self.own(), rest), true));
                found.push((under(self.root, rest), true));
            } else if variable {
                found.push((self.own().to_owned(), true));
                found.push((self.root.to_owned(), true));
            }
        }
        found
    }

    /// The file that an instruction brings to a path.
    fn copied(&self, image: &Image, copied: &Copied, path: &str) -> Option<File> {
        let rest = below(path, &copied.target)?;
        let name = path.rsplit('/').next().unwrap_or(path);
        copied.sources.iter().find_map(|written| {
            let source = under(&image.context, written.trim_start_matches('/'));
            let is_name = source.rsplit('/').next() == Some(name);
            let pattern = || {
                written
                    .contains('*')
                    .then(|| under(source.rsplit_once('/').map_or("", |(folder, _)| folder), rest))
            };
            let below = self.read(&under(&source, rest), false).filter(|_| !rest.is_empty());
            below
                .or_else(|| (is_name && rest == name).then(|| self.read(&source, false))?)
                .or_else(|| rest.is_empty().then(|| self.read(&source, false))?)
                .or_else(|| self.read(&pattern()?, false))
        })
    }

    /// Whether the whole repository, or the folder of the file that starts the container, is mounted or copied.
    pub(super) fn holds_root(&self) -> bool {
        let copies = |image: &Image| {
            let all = image.built.copies.iter().flat_map(|copied| &copied.sources);
            image.context == self.root && all.into_iter().any(|source| matches!(source.as_str(), "." | "./"))
        };
        if self.image.is_some_and(copies) {
            return true;
        }
        self.inside.mounts.iter().any(|(host, _)| {
            let is_root =
                |folder: &str| folder == self.root || (folder == self.own() && !folder.contains('/'));
            let is_own = |(folder, guessed): &(String, bool)| {
                is_root(folder) || (*guessed && self.builds.has_programs(folder))
            };
            self.on_host(host).iter().any(is_own)
        })
    }

    /// The names in a folder of the container, and the folder of the repository that is there.
    pub(super) fn entries(&self, path: &str) -> Option<(String, Arc<Vec<String>>)> {
        let path = join("", path);
        let copied = |image: &Image| {
            image.built.copies.iter().rev().find_map(|copied| {
                let (rest, source) = (below(&path, &copied.target)?, copied.sources.first()?);
                Some(under(&under(&image.context, source.trim_start_matches('/')), rest))
            })
        };
        let folder = self.folder(&path).or_else(|| copied(self.image?))?;
        let folder = folder.trim_end_matches('/').to_owned();
        let first = format!("{folder}/.");
        self.files.inside(self.from, &first).ok()?;
        Some((folder, self.files.beside(&first)))
    }

    /// Where a host's folder that is mounted stands in the repository, for a folder of the container.
    pub(super) fn folder(&self, path: &str) -> Option<String> {
        let mounted =
            self.inside.mounts.iter().find_map(|(host, target)| Some((host, below(path, target)?)))?;
        self.on_host(mounted.0).into_iter().next().map(|(host, _)| under(&host, mounted.1))
    }
}

/// What stands before the name of a `ConfigMap` in place of a path of the host.
pub const CONFIG_MAP: &str = "configmap:";

/// What of a path stands below a folder.
fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    let folder = folder.trim_end_matches('/');
    let rest = path.strip_prefix(folder)?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
}

/// The place of a file's part, or its start.
pub(super) fn place(file: &File, span: Span) -> Place {
    let start = file.part.map_or(0, |part| part.start);
    Place::new(&file.source, span.shift(start))
}

impl File {
    /// Its text.
    pub(super) fn text(&self) -> &str {
        self.part.map_or_else(|| self.source.text(), |part| self.source.slice(part))
    }
}
