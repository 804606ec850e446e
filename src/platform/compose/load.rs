//! From a unit to everything that is needed to resolve it: its files, the files that these refer to, the `.env` texts, and
//! the projects that they form.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::dotenv::Env;
use super::file::{ComposeFile, is_null};
use super::layers::{FileStore, MAX_CHAIN, ProjectPart};
use super::names::OVERRIDES;
use super::stacks::{MAX_BASES, Neighbourhood};
use crate::platform::kind::{Context, FileClaim, Unit};
use crate::syntax::yaml::{Fuel, Node, find_merged};
use crate::text::filename::FileName;
use crate::text::files::Files;
use crate::text::paths::join;
use crate::text::source::{Source, Span};

/// How many files one unit may refer to besides its own.
const MAX_REFERENCES: usize = 500;

/// Files that are loaded together, in order.
pub(super) struct Project {
    pub(super) parts: Vec<ProjectPart>,
}

/// Where the services of a file are resolved.
pub(super) struct Membership {
    /// Index of the file.
    pub(super) file: usize,
    /// The projects that it may belong to, as indices; usually one.
    pub(super) projects: Vec<usize>,
    /// Whether there are more than are looked at.
    pub(super) too_many: bool,
}

/// A unit with everything it refers to.
#[derive(Default)]
pub(super) struct LoadedUnit {
    pub(super) store: FileStore,
    pub(super) projects: Vec<Project>,
    /// One for each file of the unit that is a Compose file.
    pub(super) homes: Vec<Membership>,
    /// Where a file includes one that includes it in turn: the file and the place.
    pub(super) cycles: Vec<(usize, Span)>,
}

/// Loads a unit.
pub(super) fn load(unit: &Unit, context: &Context<'_>, fuel: &Fuel) -> LoadedUnit {
    let mut loader = UnitLoader {
        files: context.files,
        out: LoadedUnit::default(),
        known: BTreeMap::new(),
        references: MAX_REFERENCES,
        fuel,
    };
    loader.out.store.envs.push(Env::default());
    let mut members = Vec::new();
    for member in &unit.members {
        let read = member.source.clone().map_or_else(|| context.files.read(&member.path), Ok);
        let Ok(source) = read else { continue };
        members.push((loader.add(source, true), member.claim));
    }
    let around = Neighbourhood { files: context.files, index: context.index };
    for (file, claim) in members {
        let Some(read) = loader.out.store.files.get(file) else { continue };
        if read.is_compose(claim == FileClaim::ByName, fuel) {
            let stacks = around.stacks(&read.source);
            loader.settle(file, stacks);
        }
    }
    loader.adopt(context);
    loader.extended();
    loader.out
}

struct UnitLoader<'a> {
    files: &'a dyn Files,
    out: LoadedUnit,
    /// Projects by the files that they are made of.
    known: BTreeMap<Vec<usize>, usize>,
    /// How many more files may be read for the sake of others.
    references: usize,
    fuel: &'a Fuel,
}

/// The files on the way to an included one, and all that were met.
struct Trail {
    chain: Vec<usize>,
    seen: BTreeSet<usize>,
}

/// One entry of an `include` list.
struct Include {
    span: Span,
    paths: Vec<String>,
    env_files: Option<Vec<String>>,
}

impl UnitLoader<'_> {
    fn add(&mut self, source: Arc<Source>, editable: bool) -> usize {
        self.fuel.add(source.text().len());
        let store = &mut self.out.store;
        store.by_path.insert(source.path().to_owned(), Some(store.files.len()));
        store.files.push(ComposeFile::read(source, editable).checked());
        store.files.len() - 1
    }

    /// The file that `to` means in the file at `from`: known, or read now.
    fn reference(&mut self, from: &str, to: &str) -> Option<usize> {
        let path = join(from, to);
        if let Some(known) = self.out.store.by_path.get(&path) {
            return *known;
        }
        self.references = self.references.checked_sub(1)?;
        let Ok(source) = self.files.read_reference(from, to) else {
            self.out.store.by_path.insert(path, None);
            return None;
        };
        Some(self.add(source, false))
    }

    fn path(&self, file: usize) -> Option<String> {
        Some(self.out.store.files.get(file)?.source.path().to_owned())
    }

    /// Makes the projects that the services of a file are resolved in.
    fn settle(&mut self, file: usize, stacks: Vec<Vec<String>>) {
        let mut home = Membership { file, projects: Vec::new(), too_many: stacks.len() > MAX_BASES };
        if stacks.is_empty() {
            home.projects.push(self.project(vec![file]));
        }
        for stack in stacks.into_iter().take(MAX_BASES) {
            let files =
                stack.iter().filter_map(|path| self.reference(path, FileName::new(path).name)).collect();
            let project = self.project(files);
            if !home.projects.contains(&project) {
                home.projects.push(project);
            }
        }
        self.out.homes.push(home);
    }

    fn project(&mut self, files: Vec<usize>) -> usize {
        if let Some(known) = self.known.get(&files) {
            return *known;
        }
        let first = files.first().and_then(|file| self.path(*file));
        let env = first.map_or(0, |path| self.env(0, &path, None));
        let mut trail = Trail { chain: Vec::new(), seen: files.iter().copied().collect() };
        let parts = files.iter().map(|file| self.part(*file, env, &mut trail)).collect();
        let project = self.out.projects.len();
        self.out.projects.push(Project { parts });
        self.known.insert(files, project);
        project
    }

    /// The variables of `outer` with those of the `.env` beside `path` beneath them, or of the files that are named instead.
    fn env(&mut self, outer: usize, path: &str, instead: Option<&[String]>) -> usize {
        let default = [".env".to_owned()];
        let is_there = || self.files.beside(path).binary_search_by(|name| name.as_str().cmp(".env")).is_ok();
        let paths = match instead {
            Some(paths) => paths,
            None if is_there() => &default,
            None => return outer,
        };
        let sources: Vec<_> =
            paths.iter().filter_map(|name| self.files.read_reference(path, name).ok()).collect();
        let texts: Vec<&str> = sources.iter().map(|source| source.text()).collect();
        let envs = &mut self.out.store.envs;
        let Some(below) = envs.get(outer) else { return outer };
        let env = below.with(&texts);
        envs.push(env);
        envs.len() - 1
    }

    /// A file with what it includes; a file that is in the project already is not included again.
    fn part(&mut self, file: usize, env: usize, trail: &mut Trail) -> ProjectPart {
        let mut part = ProjectPart { file, env, included: Vec::new() };
        let found = if trail.chain.len() < MAX_CHAIN { self.includes(file, env) } else { Vec::new() };
        let Some(path) = self.path(file).filter(|_| !found.is_empty()) else { return part };
        trail.chain.push(file);
        for include in found {
            let group: Vec<usize> = include.paths.iter().filter_map(|to| self.reference(&path, to)).collect();
            let Some(first) = group.first().and_then(|file| self.path(*file)) else { continue };
            let inner = match &include.env_files {
                Some(names) => self.env(env, &path, Some(names)),
                None => self.env(env, &first, None),
            };
            for included in group {
                if trail.seen.insert(included) {
                    let included = self.part(included, inner, trail);
                    part.included.push(included);
                } else if trail.chain.contains(&included) {
                    self.out.cycles.push((file, include.span));
                }
            }
        }
        trail.chain.pop();
        part
    }

    /// What a file includes.
    fn includes(&self, file: usize, env: usize) -> Vec<Include> {
        let store = &self.out.store;
        let found = store.files.get(file).and_then(|file| file.top("include", self.fuel));
        let Some(list) = found.map(|found| found.value.resolve()) else { return Vec::new() };
        let mut out = Vec::new();
        for item in list.items().take(MAX_REFERENCES) {
            let span = item.span();
            let item = item.resolve();
            let get = |key| find_merged(item, key, self.fuel).map(|found| found.value.resolve());
            let (path, env_files) = if item.is_mapping() {
                (get("path"), get("env_file").map(|node| strings(store, env, node)))
            } else {
                (Some(item), None)
            };
            let paths = path.map(|node| strings(store, env, node)).unwrap_or_default();
            out.push(Include { span, paths, env_files });
        }
        out
    }

    /// The services of a file that is included by others belong to their projects. A file that was not named is listed with
    /// the one that brings it in: an included one, or the override that Compose takes by itself.
    fn adopt(&mut self, context: &Context<'_>) {
        let mut adopted: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (project, read) in self.out.projects.iter().enumerate() {
            read.parts.iter().for_each(|part| note_included(part, project, &mut adopted));
        }
        for home in &mut self.out.homes {
            if let Some(projects) = adopted.remove(&home.file) {
                home.too_many |= projects.len() > MAX_BASES;
                home.projects = projects.into_iter().take(MAX_BASES).collect();
            }
        }
        for (index, project) in self.out.projects.iter().enumerate() {
            let over = project.parts.iter().skip(1).map(|part| part.file);
            let over = over.filter(|file| {
                self.path(*file).is_some_and(|path| OVERRIDES.contains(&FileName::new(&path).name))
            });
            for file in over {
                adopted.entry(file).or_insert_with(|| vec![index]);
            }
        }
        for (file, projects) in adopted {
            let elsewhere = |path: &String| context.index.members.contains_key(path);
            let known = self.out.homes.iter().any(|home| home.file == file);
            if !known && !self.path(file).as_ref().is_none_or(elsewhere) {
                let too_many = projects.len() > MAX_BASES;
                let projects = projects.into_iter().take(MAX_BASES).collect();
                self.out.homes.push(Membership { file, projects, too_many });
            }
        }
    }

    /// Reads the files that services extend, and those that these extend.
    fn extended(&mut self) {
        let mut queue: Vec<(usize, usize)> = Vec::new();
        for project in &self.out.projects {
            project
                .parts
                .iter()
                .for_each(|part| each_part(part, &mut |part| queue.push((part.file, part.env))));
        }
        let mut seen = BTreeSet::new();
        while let Some((file, env)) = queue.pop() {
            if !seen.insert(file) {
                continue;
            }
            let extended = self.out.store.extended_files(file, env, self.fuel);
            let Some(path) = self.path(file).filter(|_| !extended.is_empty()) else { continue };
            for to in extended {
                if let Some(base) = self.reference(&path, &to) {
                    queue.push((base, env));
                }
            }
        }
    }
}

/// A text or a list of texts, of which those that are known count.
fn strings(store: &FileStore, env: usize, node: Node<'_>) -> Vec<String> {
    let one = |node: Node<'_>| store.fill(env, node.resolve())?.known().map(str::to_owned);
    if node.is_sequence() {
        node.items().take(MAX_REFERENCES).filter_map(one).collect()
    } else {
        Some(node).filter(|node| !is_null(*node)).and_then(one).into_iter().collect()
    }
}

fn note_included(part: &ProjectPart, project: usize, adopted: &mut BTreeMap<usize, Vec<usize>>) {
    for included in &part.included {
        let projects = adopted.entry(included.file).or_default();
        if projects.last() != Some(&project) {
            projects.push(project);
        }
        note_included(included, project, adopted);
    }
}

/// Calls `visit` for a part and all parts below it.
fn each_part(part: &ProjectPart, visit: &mut dyn FnMut(&ProjectPart)) {
    visit(part);
    part.included.iter().for_each(|part| each_part(part, visit));
}
