//! Patches of a kustomization: what the container that one changes has where it is defined.

use std::sync::Arc;

use memchr::memmem;

use super::manifest::{Manifest, get, list};
use super::pod::{self, Base};
use super::read::Around;
use super::shape::{Object, Tree};
use crate::syntax::yaml::Node;
use crate::text::filename::FileName;
use crate::text::files::Files;
use crate::text::layer::Layer;
use crate::text::paths::join;
use crate::text::source::Source;

/// The names that a kustomization can have.
const NAMES: &[&str] = &["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Where a file's kustomization stands as a rule: beside it, or one or two folders above.
const FOLDERS: &[&str] = &["", "../", "../../"];

/// Objects whose lists Kustomize merges by name. Those of other kinds are replaced as a whole.
const MERGED: &[&str] = &[
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Job",
    "Pod",
    "ReplicaSet",
    "ReplicationController",
    "StatefulSet",
];

/// So many files are read for one patch, and so many patches beside it are looked into.
const MOST_FILES: usize = 64;

/// What a file is to a kustomization.
pub(super) enum Patch {
    /// None names it as a patch.
    No,
    /// It patches something that cannot be told: the reason.
    Unknown(String),
    /// It patches a container of which this is known.
    Of(Box<Base>),
}

/// Looks for the kustomization that names the file at `path` as a patch, and for the container `container` of the object in
/// what that puts together.
pub(super) fn patch(around: &Around<'_>, path: &str, object: Object<'_>, container: &str) -> Patch {
    let files = around.files;
    let Some(kustomization) = FOLDERS.iter().find_map(|folder| naming(files, path, folder)) else {
        return Patch::No;
    };
    let unknown = |why: &str| Patch::Unknown(format!("a patch of a kustomization: {why}"));
    if !MERGED.contains(&object.kind) {
        return unknown("lists of this kind are replaced, not merged");
    }
    if kustomization.others_speak(files, path) {
        return unknown("another patch may set it too");
    }
    let target = kustomization.target(path);
    let (kind, name) = match &target {
        Some((kind, name)) => (kind.as_deref().unwrap_or(object.kind), name.as_deref().or(object.name)),
        None => (object.kind, object.name),
    };
    let Some(name) = name else { return unknown("it names no object") };
    let mut search = Search { around, kind, name, container, budget: MOST_FILES };
    match search.kustomization(&kustomization) {
        Some(base) => Patch::Of(Box::new(base)),
        None => unknown("what it changes is not among the files"),
    }
}

/// A kustomization that was read.
struct Kustomization {
    manifest: Manifest,
}

/// The kustomization in a folder, seen from a file, if it names that file as a patch.
fn naming(files: &dyn Files, path: &str, folder: &str) -> Option<Kustomization> {
    let source = source(files, path, folder)?;
    // It is asked for each of the hundreds of files that it may list.
    let says = |word: &str| memmem::find(source.text().as_bytes(), word.as_bytes()).is_some();
    if !says("patch") || !says(FileName::new(path).name) {
        return None;
    }
    let found = Kustomization::of(source);
    let names = found.patches().any(|(patch, _)| join(found.path(), patch) == path);
    names.then_some(found)
}

/// The text of the kustomization in a folder, seen from a file.
fn source(files: &dyn Files, from: &str, folder: &str) -> Option<Arc<Source>> {
    let some = join(from, &format!("{folder}{}", NAMES.first()?));
    // Above the working folder is the business of a run that begins there.
    if some.starts_with("../") && !from.starts_with("../") {
        return None;
    }
    let beside = files.beside(&some);
    let has = |name: &&&str| beside.binary_search_by(|other| other.as_str().cmp(name)).is_ok();
    let name = NAMES.iter().find(has)?;
    files.read_reference(from, &format!("{folder}{name}")).ok()
}

impl Kustomization {
    fn of(source: Arc<Source>) -> Self {
        Self { manifest: Manifest::of(Layer::file(source)) }
    }

    fn path(&self) -> &str {
        self.manifest.layer.source().path()
    }

    fn root(&self) -> Option<Node<'_>> {
        self.manifest.yaml.root(self.manifest.text())
    }

    /// The texts of a list under a key.
    fn texts<'k>(&'k self, key: &str) -> impl Iterator<Item = &'k str> {
        let list = self.root().and_then(|root| get(root, key));
        list.into_iter().flat_map(Node::items).filter_map(|item| item.resolve().str())
    }

    /// The patches: a path or the patch itself, with its target where one is given.
    fn patches(&self) -> impl Iterator<Item = (&str, Option<Node<'_>>)> {
        let merged = self.texts("patchesStrategicMerge").map(|patch| (patch, None));
        let root = self.root().into_iter();
        let listed = root.flat_map(|root| list(root, "patches")).filter_map(|patch| {
            let text = get(patch, "path").or_else(|| get(patch, "patch"))?.str()?;
            Some((text, get(patch, "target")))
        });
        merged.chain(listed)
    }

    /// The kind and name that the patch at `path` is for, where they are given.
    fn target(&self, path: &str) -> Option<(Option<String>, Option<String>)> {
        let mut patches = self.patches();
        let (_, target) = patches.find(|(patch, _)| join(self.path(), patch) == path)?;
        let text = |key| Some(get(target?, key)?.str()?.to_owned());
        Some((text("kind"), text("name")))
    }

    /// Whether a part of the kustomization but the patch at `path` may set `/dev/shm`.
    fn others_speak(&self, files: &dyn Files, path: &str) -> bool {
        let speaks = |text: &str| text.contains("shm") || text.contains("hostIPC");
        let patch_speaks = |patch: &str| {
            if patch.contains('\n') || patch.contains(": ") {
                return speaks(patch);
            }
            join(self.path(), patch) != path
                && files.read_reference(self.path(), patch).is_ok_and(|source| speaks(source.text()))
        };
        self.texts("components").next().is_some()
            || self.patches().nth(MOST_FILES).is_some()
            || self.patches().any(|(patch, _)| patch_speaks(patch))
    }
}

/// The search for one container.
struct Search<'s> {
    around: &'s Around<'s>,
    kind: &'s str,
    name: &'s str,
    container: &'s str,
    /// How many files may still be read.
    budget: usize,
}

impl Search<'_> {
    fn kustomization(&mut self, kustomization: &Kustomization) -> Option<Base> {
        let from = kustomization.path();
        let parts = kustomization.texts("resources").chain(kustomization.texts("bases"));
        parts.into_iter().find_map(|part| self.part(from, part))
    }

    /// A file or folder of a kustomization. The budget bounds how deep this goes, too.
    fn part(&mut self, from: &str, part: &str) -> Option<Base> {
        self.budget = self.budget.checked_sub(1)?;
        if part.contains("://") || part.contains("?ref=") {
            return None;
        }
        if let Ok(source) = self.around.files.read_reference(from, part) {
            return self.manifest(Manifest::of(Layer::file(source)));
        }
        let folder = source(self.around.files, from, &format!("{}/", part.trim_end_matches('/')))?;
        self.kustomization(&Kustomization::of(folder))
    }

    fn manifest(&self, manifest: Manifest) -> Option<Base> {
        let manifest = Arc::new(manifest);
        if manifest.excess.is_some() {
            return None;
        }
        let text = manifest.text();
        manifest.yaml.roots(text).find_map(|root| {
            let tree = Tree::of(&manifest, root);
            let ours = |object: Object<'_>| object.kind == self.kind && object.name == Some(self.name);
            let pods = tree.pods.iter().filter_map(|index| Some((*index, tree.frames.get(*index)?)));
            let mut pods = pods.filter(|(_, frame)| ours(tree.object_of(frame)));
            pods.find_map(|(index, _)| pod::base(&tree, index, self.container, self.around))
        })
    }
}
