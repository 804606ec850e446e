//! The layers of a service: what each file, each document and each extended base says of it, weakest first.

use std::collections::BTreeMap;

use smallvec::SmallVec;

use super::dotenv::Env;
use super::file::{ComposeFile, MAX_DOCUMENTS, is_null};
use super::tree::{KeyTable, ServiceKey, Where};
use crate::syntax::variables::{Filled, ROOM, fill};
use crate::syntax::yaml::{Fuel, Node, NodeId, find_merged};
use crate::text::paths::join;
use crate::text::scan::holds;
use crate::text::source::Span;

/// The key without which nothing is extended.
pub(super) const EXTENDS: &str = "extends";

/// How long a chain of `extends` or `include` may be.
pub(super) const MAX_CHAIN: usize = 32;

/// Everything that one reading has loaded.
#[derive(Default)]
pub(super) struct FileStore {
    pub(super) files: Vec<ComposeFile>,
    pub(super) envs: Vec<Env>,
    /// The files by path; nothing where one cannot be read.
    pub(super) by_path: BTreeMap<String, Option<usize>>,
}

/// A file as a part of a project.
#[derive(Clone, Debug)]
pub(super) struct ProjectPart {
    /// Index into [`FileStore::files`].
    pub(super) file: usize,
    /// Index into [`FileStore::envs`].
    pub(super) env: usize,
    /// The files that it includes, each group in the order in which it is merged; they lie below it.
    pub(super) included: Vec<ProjectPart>,
}

/// What one document of one file says of a service.
#[derive(Clone, Debug)]
pub(super) struct ServiceLayer {
    pub(super) file: usize,
    pub(super) env: usize,
    /// The service's mapping, its alias followed.
    pub(super) service: NodeId,
    /// Its keys.
    pub(super) table: KeyTable,
    /// Whether it is only there because another service extends it.
    pub(super) extended: bool,
}

/// A value of a key in one layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) file: usize,
    pub(super) env: usize,
    /// Where the key stands.
    pub(super) at: Where,
    /// Where the service's own key stands that this lies below: for `image` the same.
    pub(super) root: Where,
}

/// The values of a key. Most keys stand in one layer, so that nothing is allocated for them.
pub(super) type Slots = SmallVec<[Slot; 2]>;

/// The layers of a service, and why they may not be all.
#[derive(Default)]
pub(super) struct Layers {
    pub(super) found: Vec<ServiceLayer>,
    /// Something that belongs to it cannot be read: the reason.
    pub(super) unread: Option<String>,
    /// An `extends` that comes back to itself: the file and the place.
    pub(super) cycle: Option<(usize, Span)>,
}

impl FileStore {
    /// The node with this address in a file.
    pub(super) fn node(&self, file: usize, id: NodeId) -> Option<Node<'_>> {
        Some(self.files.get(file)?.node(id))
    }

    /// The file of this path, if it was loaded.
    pub(super) fn position(&self, path: &str) -> Option<usize> {
        self.by_path.get(path).copied().flatten()
    }

    /// A scalar with its variables filled in.
    pub(super) fn fill<'a>(&self, env: usize, node: Node<'a>) -> Option<Filled<'a>> {
        let text = node.str()?;
        Some(match self.envs.get(env) {
            Some(env) => fill(text, &|name| env.get(name), &mut ROOM.clone()),
            None => Filled::plain(text),
        })
    }

    /// What the parts of a project say of a service.
    pub(super) fn layers(&self, parts: &[ProjectPart], name: &str, fuel: &Fuel) -> Layers {
        // Most services have one layer, which is large.
        let out = Layers { found: Vec::with_capacity(1), ..Layers::default() };
        let mut collector = Collector { store: self, fuel, seen: Vec::new(), out };
        collector.parts(parts, name, MAX_CHAIN);
        collector.out
    }

    /// The values of a key, weakest first, without those that a stronger layer takes back.
    pub(super) fn slots(&self, layers: &[ServiceLayer], key: ServiceKey) -> Slots {
        let mut slots = Slots::new();
        for layer in layers {
            if let Some(at) = layer.table.get(key) {
                self.lay(&mut slots, Slot { file: layer.file, env: layer.env, at, root: at });
            }
        }
        slots
    }

    /// The values of a key of mappings that are merged.
    pub(super) fn children(&self, slots: &[Slot], key: &str, fuel: &Fuel) -> Slots {
        let mut out = Slots::new();
        for slot in slots {
            let Some(value) = self.value(*slot) else { continue };
            if let Some(found) = find_merged(value, key, fuel) {
                let at = Where::of(&found);
                self.lay(&mut out, Slot { at, ..*slot });
            }
        }
        out
    }

    /// The value of a slot, its alias followed.
    pub(super) fn value(&self, slot: Slot) -> Option<Node<'_>> {
        self.node(slot.file, slot.at.value).map(Node::resolve)
    }

    /// Puts a value above those that are there. Compose's own tags take these away.
    fn lay(&self, slots: &mut Slots, slot: Slot) {
        match self.node(slot.file, slot.at.value).and_then(Node::tag) {
            Some("!reset") => slots.clear(),
            Some("!override") => {
                slots.clear();
                slots.push(slot);
            }
            _ => slots.push(slot),
        }
    }
}

struct Collector<'s> {
    store: &'s FileStore,
    fuel: &'s Fuel,
    /// The services whose `extends` is being followed, by file and name.
    seen: Vec<(usize, String)>,
    out: Layers,
}

impl Collector<'_> {
    fn parts(&mut self, parts: &[ProjectPart], name: &str, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        for part in parts {
            self.parts(&part.included, name, depth);
            let Some(file) = self.store.files.get(part.file) else { continue };
            let services = file.services(self.fuel);
            let named = services.named(file, name);
            if named.len() == MAX_DOCUMENTS {
                self.unread("it stands in too many documents");
            }
            for (document, at) in named.iter().filter_map(|named| services.at(*named)) {
                self.service(part, document, file.node(at.value), name);
            }
        }
    }

    /// One layer, above what it extends.
    fn service(&mut self, part: &ProjectPart, document: usize, value: Node<'_>, name: &str) {
        match value.tag() {
            Some("!reset") => return self.out.found.clear(),
            Some("!override") => self.out.found.clear(),
            _ => {}
        }
        let service = value.resolve();
        let table = KeyTable::of(service, self.fuel);
        if let Some(at) = table.get(ServiceKey::Extends)
            && let Some(extends) = self.store.node(part.file, at.value)
        {
            self.extend(part, document, extends, name);
        }
        let extended = !self.seen.is_empty();
        self.out.found.push(ServiceLayer {
            file: part.file,
            env: part.env,
            service: service.id(),
            table,
            extended,
        });
    }

    /// The layers of what a service extends.
    fn extend(&mut self, part: &ProjectPart, document: usize, extends: Node<'_>, name: &str) {
        let Some((file, base)) = self.store.extends(part, extends, self.fuel) else { return };
        let Some(base) = base else {
            return self.unread("what it extends depends on a variable");
        };
        if self.seen.len() >= MAX_CHAIN {
            return self.unread("it extends too long a chain");
        }
        if self.seen.iter().any(|(seen, service)| *seen == part.file && service == name) {
            self.out.cycle.get_or_insert((part.file, extends.span()));
            return self.unread("what it extends extends it");
        }
        self.seen.push((part.file, name.to_owned()));
        let before = self.out.found.len();
        match file {
            None => self.extend_within(part, document, &base),
            Some(Ok(file)) => {
                self.parts(&[ProjectPart { file, env: part.env, included: Vec::new() }], &base, MAX_CHAIN);
            }
            Some(Err(why)) => self.unread(&why),
        }
        if self.out.found.len() == before {
            self.unread(&format!("the service '{base}' that it extends is not found"));
        }
        self.seen.pop();
    }

    /// The base in the same document, else in another one of the file, else among what the file includes.
    fn extend_within(&mut self, part: &ProjectPart, document: usize, base: &str) {
        let Some(file) = self.store.files.get(part.file) else { return };
        let services = file.services(self.fuel);
        let named = services.named(file, base);
        let base_at = named.iter().find(|(other, _)| *other == document).or(named.first());
        match base_at.and_then(|named| services.at(*named)) {
            Some((document, at)) => self.service(part, document, file.node(at.value), base),
            None => self.parts(&part.included, base, MAX_CHAIN),
        }
    }

    fn unread(&mut self, why: &str) {
        self.out.unread.get_or_insert_with(|| why.to_owned());
    }
}

/// The file of an `extends`, if it names one: its index, or why it cannot be read.
type ExtendsFile = Option<Result<usize, String>>;

impl FileStore {
    /// What an `extends` names: the file, and the service where that is known. Nothing where it names nothing.
    fn extends(
        &self,
        part: &ProjectPart,
        extends: Node<'_>,
        fuel: &Fuel,
    ) -> Option<(ExtendsFile, Option<String>)> {
        let extends = extends.resolve();
        if !extends.is_mapping() {
            let base = self.fill(part.env, extends).filter(|_| !is_null(extends))?;
            return Some((None, base.known().map(str::to_owned)));
        }
        let get = |key| find_merged(extends, key, fuel).map(|found| found.value.resolve());
        let base = self.fill(part.env, get("service")?)?.known().map(str::to_owned);
        let Some(file) = get("file").filter(|file| !is_null(*file)) else { return Some((None, base)) };
        let from = self.files.get(part.file)?.source.path();
        let file = match self.fill(part.env, file)?.known() {
            None => Err("the file that it extends depends on a variable".to_owned()),
            Some(to) => self
                .position(&join(from, to))
                .ok_or_else(|| format!("'{to}', which it extends, is not in this repository")),
        };
        Some((Some(file), base))
    }

    /// The files, as they are written, that the services of a file extend.
    pub(super) fn extended_files(&self, file: usize, env: usize, fuel: &Fuel) -> Vec<String> {
        let Some(read) = self.files.get(file) else { return Vec::new() };
        if !holds(read.text(), EXTENDS) {
            return Vec::new();
        }
        let services = read.services(fuel).all.iter();
        let files = services.filter_map(|at| {
            let extends = find_merged(read.node(at.value).resolve(), "extends", fuel)?;
            let file = find_merged(extends.value.resolve(), "file", fuel)?;
            self.fill(env, file.value.resolve())?.known().map(str::to_owned)
        });
        files.collect()
    }
}
