//! Reads kustomizations and collects what they list, patched as they say.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::merge::{merge, operate};
use super::target::{PatchTarget, is_literal};
use super::value::{BuiltValue, What};
use crate::platform::embedded::scalar;
use crate::platform::kubernetes::manifest::{Manifest, get, list};
use crate::platform::kubernetes::words;
use crate::syntax::yaml::{Node, NodeId};
use crate::text::files::Files;
use crate::text::layer::Layer;
use crate::text::paths::join;
use crate::text::scan::holds;
use crate::text::source::Source;

/// The names that a kustomization can have.
const NAMES: &[&str] = &["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Kustomizations build on each other no deeper than this.
const DEEPEST: usize = 32;

/// Objects whose lists Kustomize merges by name. Those of other kinds are replaced as a whole.
const MERGED: &[&str] = &[
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Job",
    "Pod",
    "PodTemplate",
    "ReplicaSet",
    "ReplicationController",
    "StatefulSet",
];

/// Lists of JSON Patch operations: the manifest that each stands in, and its node.
pub(super) type Operations = Vec<(Arc<Manifest>, NodeId)>;

/// An object of a build.
#[derive(Clone)]
pub(super) struct BuiltObject {
    pub(super) value: BuiltValue,
    pub(super) kind: String,
    /// Its name, and those that it had before prefixes and suffixes.
    pub(super) names: Vec<String>,
    changed: bool,
    /// The lists of operations that changed it, of those that are for it alone.
    operations: Operations,
    /// What may set `/dev/shm` and is not followed.
    pub(super) open: Option<&'static str>,
}

impl BuiltObject {
    /// Where it is written.
    pub(super) fn home(&self) -> (String, usize) {
        let place = self.value.from.first();
        place.map(|place| (place.path().to_owned(), place.span.start)).unwrap_or_default()
    }

    pub(super) fn is_changed(&self) -> bool {
        self.changed || self.open.is_some()
    }

    /// The lists of operations that changed it, and how a patch names it.
    pub(super) fn operated(&self) -> (Operations, Option<(String, String)>) {
        let name = self.names.first().filter(|name| name.bytes().all(is_literal));
        (self.operations.clone(), name.map(|name| (self.kind.clone(), name.clone())))
    }
}

/// The folder or file that an entry of a kustomization names, as a path: that of the kustomization in a folder.
pub(super) fn part(files: &dyn Files, from: &str, part: &str) -> Option<String> {
    if part.contains("://") || part.contains("?ref=") || part.contains('\n') {
        return None;
    }
    let path = join(from, part);
    // Above the working folder is the business of a run that begins there.
    if path.starts_with("../") && !from.starts_with("../") {
        return None;
    }
    let inside = if path.is_empty() { String::new() } else { format!("{path}/") };
    let beside = files.beside(&format!("{inside}{}", NAMES.first()?));
    let has = |name: &&&str| beside.binary_search_by(|other| other.as_str().cmp(name)).is_ok();
    match NAMES.iter().find(has) {
        Some(name) => Some(format!("{inside}{name}")),
        None => Some(path),
    }
}

/// The texts of a list under a key.
fn texts<'k>(root: Node<'k>, key: &str) -> impl Iterator<Item = &'k str> + use<'k> {
    get(root, key).into_iter().flat_map(Node::items).filter_map(|item| item.resolve().str())
}

/// The lists of what a kustomization builds on.
const PARTS: [&str; 3] = ["resources", "bases", "components"];

/// The files that a kustomization names: those of its folders are their kustomizations.
pub fn linked(source: &Arc<Source>, files: &dyn Files) -> Vec<String> {
    let manifest = Manifest::of(Layer::file(Arc::clone(source)));
    let Some(root) = manifest.yaml.root(manifest.text()) else { return Vec::new() };
    let parts = PARTS.iter().flat_map(|key| texts(root, key)).filter_map(|it| part(files, source.path(), it));
    parts.chain(patch_files(source).map(|patch| join(source.path(), &patch))).collect()
}

/// The patches of a kustomization that are files, as they are named there.
pub(super) fn patch_files(source: &Arc<Source>) -> impl Iterator<Item = String> + use<> {
    let has = holds(source.text(), "atches");
    let manifest = has.then(|| Manifest::of(Layer::file(Arc::clone(source))));
    let mut found = Vec::new();
    if let Some(manifest) = &manifest
        && let Some(root) = manifest.yaml.root(manifest.text())
    {
        found.extend(texts(root, "patchesStrategicMerge").filter(|it| !it.contains('\n')).map(str::to_owned));
        let listed = ["patches", "patchesJson6902"].iter().flat_map(|key| list(root, key));
        found.extend(listed.filter_map(|patch| Some(get(patch, "path")?.str()?.to_owned())));
    }
    found.into_iter()
}

/// Builds kustomizations.
pub(super) struct Accumulator<'a> {
    files: &'a dyn Files,
    sources: &'a HashMap<&'a str, Arc<Source>>,
    manifests: BTreeMap<String, Option<Arc<Manifest>>>,
    fuel: usize,
}

impl<'a> Accumulator<'a> {
    pub(super) fn new(files: &'a dyn Files, sources: &'a HashMap<&'a str, Arc<Source>>, fuel: usize) -> Self {
        Self { files, sources, manifests: BTreeMap::new(), fuel }
    }

    pub(super) fn is_exhausted(&self) -> bool {
        self.fuel == 0
    }

    /// A file that was read.
    pub(super) fn of(&self, path: &str) -> Option<Arc<Manifest>> {
        self.manifests.get(path)?.clone()
    }

    /// The objects with containers that a kustomization builds.
    pub(super) fn build(&mut self, path: &str) -> Vec<BuiltObject> {
        let mut objects = Vec::new();
        self.kustomization(path, &mut objects, DEEPEST);
        objects
    }

    /// The documents of a file, if its text is to be read.
    fn manifest(&mut self, from: &str, path: &str, wanted: fn(&str) -> bool) -> Option<Arc<Manifest>> {
        if let Some(known) = self.manifests.get(path) {
            return known.clone();
        }
        let read = || {
            let name = path.rsplit('/').next().unwrap_or(path);
            let to = if from == path { name.to_owned() } else { relative(from, path) };
            self.files.read_reference(from, &to).ok()
        };
        let source = self.sources.get(path).cloned().or_else(read).filter(|source| wanted(source.text()));
        let manifest = source.map(|source| Arc::new(Manifest::of(Layer::file(source))));
        let manifest = manifest.filter(|manifest| manifest.excess.is_none());
        self.manifests.insert(path.to_owned(), manifest.clone());
        manifest
    }

    /// Adds what a kustomization lists to `objects`, and changes all of them as it says. A component is given those of whoever
    /// uses it.
    fn kustomization(&mut self, path: &str, objects: &mut Vec<BuiltObject>, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let Some(manifest) = self.manifest(path, path, |_| true) else { return };
        let Some(root) = manifest.yaml.root(manifest.text()) else { return };
        for named in texts(root, "resources").chain(texts(root, "bases")) {
            let Some(part) = part(self.files, path, named).filter(|part| part != path) else { continue };
            if is_kustomization(&part) {
                let mut own = Vec::new();
                self.kustomization(&part, &mut own, depth);
                objects.append(&mut own);
            } else {
                self.resources(path, &part, objects);
            }
        }
        for component in texts(root, "components") {
            if let Some(part) =
                part(self.files, path, component).filter(|part| part != path && is_kustomization(part))
            {
                self.kustomization(&part, objects, depth);
            }
        }
        if self.fuel > 0 && !objects.is_empty() {
            self.patches(path, &manifest, root, objects);
        }
        rename(root, objects);
        let text = manifest.text();
        let open = get(root, "replacements").is_some_and(|it| may_set(it.span().of(text)))
            || get(root, "transformers").is_some();
        if open {
            for object in objects.iter_mut() {
                object.open = Some("a transformer of the kustomization may set it");
            }
        }
    }

    /// Adds the objects of a file that have containers.
    fn resources(&mut self, from: &str, path: &str, objects: &mut Vec<BuiltObject>) {
        let Some(manifest) = self.manifest(from, path, words::speaks_of_pods) else { return };
        for root in manifest.yaml.roots(manifest.text()) {
            let items: Vec<Node<'_>> = match get(root, "kind").and_then(Node::str) {
                Some("List") => list(root, "items").collect(),
                _ => vec![root],
            };
            for object in items {
                if let Some(value) = BuiltValue::of(&manifest, object, &mut self.fuel) {
                    let kind = value.text_at("kind").unwrap_or_default().to_owned();
                    let names = value.text_at("metadata.name").map(str::to_owned).into_iter().collect();
                    objects.push(BuiltObject {
                        value,
                        kind,
                        names,
                        changed: false,
                        operations: Vec::new(),
                        open: None,
                    });
                } else {
                    self.fuel = 0;
                }
            }
        }
    }

    fn patches(&mut self, path: &str, manifest: &Arc<Manifest>, root: Node<'_>, objects: &mut [BuiltObject]) {
        let mut by_name: HashMap<(String, String), Vec<usize>> = HashMap::new();
        for (index, object) in objects.iter().enumerate() {
            for name in &object.names {
                by_name.entry((object.kind.clone(), name.clone())).or_default().push(index);
            }
        }
        for key in ["patchesStrategicMerge", "patches", "patchesJson6902"] {
            let Some(patches) = get(root, key) else { continue };
            for patch in patches.items().map(Node::resolve) {
                let (text, target) = if patch.is_mapping() {
                    (get(patch, "path").or_else(|| get(patch, "patch")), get(patch, "target"))
                } else {
                    (Some(patch), None)
                };
                let Some(text) = text else { continue };
                let Some(word) = text.str() else { continue };
                let inline = patch.is_mapping() && get(patch, "path").is_none() || word.contains('\n');
                let read = if inline {
                    scalar(&manifest.layer, text).map(|layer| Arc::new(Manifest::of(layer)))
                } else {
                    self.manifest(path, &join(path, word), |_| true)
                };
                if let Some(read) = read {
                    self.patch(&read, target.map(PatchTarget::of).as_ref(), objects, &by_name);
                }
            }
        }
    }

    /// Makes one patch, which may be several documents, to all that it is for.
    fn patch(
        &mut self,
        patch: &Arc<Manifest>,
        target: Option<&PatchTarget>,
        objects: &mut [BuiltObject],
        by_name: &HashMap<(String, String), Vec<usize>>,
    ) {
        for root in patch.yaml.roots(patch.text()) {
            let Some(value) = BuiltValue::of(patch, root, &mut self.fuel) else {
                self.fuel = 0;
                return;
            };
            let own = PatchTarget {
                kind: value.text_at("kind").map(str::to_owned),
                name: value.text_at("metadata.name").map(str::to_owned),
                chosen: false,
            };
            let target = target.unwrap_or(&own);
            let size = value.size();
            for index in target.among(objects, by_name, &mut self.fuel) {
                self.fuel = self.fuel.saturating_sub(size);
                let Some(object) = objects.get_mut(index) else { continue };
                if target.chosen {
                    if may_set(patch.text()) {
                        object.open = Some("a patch that labels choose may set it");
                    }
                    continue;
                }
                object.changed = true;
                if let What::List(operations) = &value.what {
                    // One that is refused makes the whole build fail.
                    let done =
                        operations.iter().try_for_each(|operation| operate(&mut object.value, operation));
                    if done.is_none() {
                        object.open = Some("a patch of the kustomization does not fit it");
                    }
                    if target.is_literal() {
                        object.operations.push((Arc::clone(patch), root.id()));
                    }
                } else {
                    merge(&mut object.value, &value, MERGED.contains(&object.kind.as_str()));
                }
            }
        }
    }
}

/// Whether a text may change what `/dev/shm` is.
fn may_set(text: &str) -> bool {
    ["shm", "hostIPC", "olume", "sizeLimit", "medium", "ontainers"].iter().any(|word| text.contains(word))
}

/// Gives objects the prefix and suffix of a kustomization; they keep their earlier names for whoever patches them.
fn rename(root: Node<'_>, objects: &mut [BuiltObject]) {
    let text = |key| get(root, key).and_then(Node::str).unwrap_or_default();
    let (prefix, suffix) = (text("namePrefix"), text("nameSuffix"));
    if prefix.is_empty() && suffix.is_empty() {
        return;
    }
    for object in objects {
        if let Some(name) = object.names.last() {
            let name = format!("{prefix}{name}{suffix}");
            object.names.push(name);
        }
    }
}

/// Whether a path is that of a kustomization.
pub fn is_kustomization(path: &str) -> bool {
    NAMES.contains(&path.rsplit('/').next().unwrap_or(path))
}

/// `path` as it would be written in the file at `from`, both seen from the same folder.
pub(super) fn relative(from: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    let mut folders: Vec<&str> = from.split('/').collect();
    folders.pop();
    let parts: Vec<&str> = path.split('/').collect();
    let same = folders.iter().zip(&parts).take_while(|(one, other)| one == other).count();
    let up = "../".repeat(folders.len() - same);
    format!("{up}{}", parts.get(same..).unwrap_or_default().join("/"))
}
