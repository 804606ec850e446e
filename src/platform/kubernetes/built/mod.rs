//! What kustomizations build of the manifests that they list: each container as it is in every build that it is a part of.
//!
//! Builds are those of kustomizations that no other one builds on. Patches are merged strategically, as JSON Patch or by
//! component; what a transformer or a remote base does is not to be seen, and what a replacement may write is open.

mod accumulate;
mod merge;
mod target;
mod value;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use accumulate::{Accumulator, BuiltObject};
pub(super) use accumulate::{is_kustomization, linked};

use super::gpu::Claims;
use super::manifest::{Manifest, get};
use super::overlay::{OverlaySpot, pointer};
use super::pod;
use super::read::{FoundContainer, Neighbours};
use super::shape::ObjectTree;
use super::words;
use crate::container::workload::{Overlaid, Says, Shm, Target, Workload};
use crate::platform::kind::Context;
use crate::text::files::Files;
use crate::text::layer::Layer;
use crate::text::paths::join;
use crate::text::place::Place;
use crate::text::source::Source;

/// How many values are made for the builds of one unit: more is nothing that a kustomization could mean.
const FUEL: usize = 4_000_000;

/// Where something is written: a path, and a byte of the file.
type Home = (String, usize);

/// A container in one build.
pub(super) struct Built {
    /// The kustomization that builds it.
    pub(super) name: String,
    /// The workload, its places those of the files that it comes from.
    pub(super) workload: Workload,
    /// What is the same in it whatever `/dev/shm` is.
    rest: u64,
    /// The volumes of its pod.
    pub(super) volumes: BTreeSet<String>,
    /// Where it is written, the place that it was first written at in front.
    pub(super) places: Vec<Home>,
    /// Where its kustomization can give it a volume.
    pub(super) spot: Option<OverlaySpot>,
}

/// The containers of all builds, by where they are written.
#[derive(Default)]
pub(super) struct BuiltManifests {
    by_place: HashMap<Home, Vec<Rc<Built>>>,
    /// Manifests and patches of containers that get a GPU, which nobody asked about.
    pub(super) further: BTreeMap<String, Arc<Source>>,
    /// Whether more is built than is followed.
    exhausted: bool,
}

impl BuiltManifests {
    /// Builds the kustomizations at `tops`. `sources` are texts that are known already, `read` those whose containers are.
    pub(super) fn of(
        tops: &[String],
        (sources, read): (&HashMap<&str, Arc<Source>>, &BTreeSet<&str>),
        context: &Context<'_>,
    ) -> Self {
        let claims = &Claims::default();
        let mut accumulator = Accumulator::new(context.files, sources, FUEL);
        let mut builds = Self::default();
        // An object that nothing changes in any build is what it is where it stands.
        let mut objects: BTreeMap<Home, Vec<(String, Rc<BuiltObject>)>> = BTreeMap::new();
        let mut changed = BTreeSet::new();
        for top in tops {
            for object in accumulator.build(top) {
                let home = object.home();
                if object.is_changed() {
                    changed.insert(home.clone());
                }
                objects.entry(home).or_default().push((top.clone(), Rc::new(object)));
            }
        }
        for (_, built) in objects.into_iter().filter(|(home, _)| changed.contains(home)) {
            for (top, object) in built {
                builds.add((&top, accumulator.of(&top)), &object, context, claims);
            }
        }
        builds.exhausted = accumulator.is_exhausted();
        let asking = builds.by_place.values().flatten().filter(|built| built.workload.gpu.is_yes());
        let paths = asking.flat_map(|built| &built.places).map(|(path, _)| path);
        let missing: BTreeSet<&String> = paths.filter(|path| !read.contains(path.as_str())).collect();
        let source =
            |path: &&String| Some(((*path).clone(), Arc::clone(accumulator.of(path)?.layer.source())));
        builds.further = missing.iter().filter_map(source).collect();
        builds
    }

    /// The builds of the container that is written at a place.
    pub(super) fn at(&self, place: &Place) -> &[Rc<Built>] {
        let key = (place.path().to_owned(), place.span.start);
        self.by_place.get(&key).map_or(&[][..], Vec::as_slice)
    }

    /// Whether more is built than is followed.
    pub(super) fn is_exhausted(&self) -> bool {
        self.exhausted
    }

    /// Reads what became of an object.
    fn add(
        &mut self,
        (top, kustomization): (&str, Option<Arc<Manifest>>),
        object: &BuiltObject,
        context: &Context<'_>,
        claims: &Claims<'_>,
    ) {
        let (text, places) = object.value.write();
        let source = Source::new(top, text.into_bytes());
        let manifest = Arc::new(Manifest::of(Layer::file(Arc::clone(&source))));
        let Some(root) = manifest.yaml.root(manifest.text()) else { return };
        let tree = ObjectTree::of(&manifest, root);
        let none = Self::default();
        let around = Neighbours { claims, options: context.options, builds: &none };
        let rest = object.value.rest();
        for index in &tree.pods {
            let (volumes, twice) = pod::volume_names(&tree, *index);
            for (item, node) in pod::workloads(&manifest, &tree, *index, &around) {
                let FoundContainer { mut workload, .. } = item;
                let Some(origins) = places.get(&node.span().start) else { continue };
                complete(&mut workload, object, twice);
                moved(&mut workload, &source, &places);
                let places =
                    origins.iter().map(|place| (place.path().to_owned(), place.span.start)).collect();
                let volumes = volumes.clone();
                let spot = kustomization.clone().and_then(|kustomization| {
                    let (operations, target) = object.operated();
                    let at = |below, list| (pointer(root, below), get(below, list).is_some());
                    let (pod, container) =
                        (at(tree.frames.get(*index)?.node, "volumes"), at(node, "volumeMounts"));
                    Some(OverlaySpot {
                        kustomization,
                        operations,
                        target: target?,
                        pod,
                        container,
                        name: None,
                    })
                });
                let built = Rc::new(Built { name: top.to_owned(), workload, rest, volumes, places, spot });
                for place in &built.places {
                    let known = self.by_place.entry(place.clone()).or_default();
                    if !known.iter().any(|known| Rc::ptr_eq(known, &built)) {
                        known.push(Rc::clone(&built));
                    }
                }
            }
        }
    }
}

impl Built {
    /// Whether it asks for a GPU and gets the default.
    pub(super) fn lacks_shm(&self) -> bool {
        self.workload.gpu.is_yes() && matches!(self.workload.shm, Shm::Default { .. })
    }

    /// What a report and a proof need to know of it.
    pub(super) fn summary(&self) -> Overlaid {
        Overlaid { name: self.name.clone(), shm: self.workload.shm.clone(), rest: self.rest }
    }
}

/// Puts the places of the files in place of those in what was built.
fn moved(workload: &mut Workload, built: &Arc<Source>, places: &HashMap<usize, Vec<Rc<Place>>>) {
    for place in workload.places_mut().filter(|place| Arc::ptr_eq(&place.source, built)) {
        if let Some(origin) = places.get(&place.span.start).and_then(|places| places.first()) {
            *place = Place::clone(origin);
        }
    }
}

/// Whether the builds of kustomizations can matter: one of them, or what it patches with, speaks of a GPU or of `/dev/shm`.
pub(super) fn are_of_interest(kustomizations: &[Arc<Source>], context: &Context<'_>) -> bool {
    let speaks = |source: &Source| words::speaks_of_us(source.text());
    kustomizations.iter().any(|kustomization| {
        speaks(kustomization)
            || accumulate::patch_files(kustomization).any(|patch| {
                context.files.read_reference(kustomization.path(), &patch).is_ok_and(|it| speaks(&it))
            })
    })
}

/// The kustomizations that no other one builds on. `sources` are theirs.
pub(super) fn tops(kustomizations: &[Arc<Source>], context: &Context<'_>) -> Vec<String> {
    let used: BTreeSet<String> =
        kustomizations.iter().flat_map(|source| accumulate::linked(source, context.files)).collect();
    let tops = kustomizations.iter().map(|source| source.path());
    tops.filter(|path| !used.contains(*path)).map(str::to_owned).collect()
}

/// Says of a workload what its build makes unsure or impossible.
fn complete(workload: &mut Workload, object: &BuiltObject, twice: bool) {
    let on_shm = workload
        .settings
        .iter()
        .filter(|setting| matches!(setting.says, Says::Mount { target: Target::Shm, .. }));
    let why = if on_shm.count() > 1 {
        Some("two volumes are mounted on /dev/shm once it is built, which the API server refuses")
    } else if twice {
        Some("two volumes have one name once it is built, which the API server refuses")
    } else if matches!(workload.shm, Shm::Default { .. }) {
        object.open
    } else {
        None
    };
    if let Some(why) = why {
        (workload.shm, workload.decided_by) = (Shm::Unknown(why.to_owned()), None);
    }
}

/// Kustomizations that may be none of this run: those that stand beside or below the ones that list manifests, of which
/// `known` are known. A manifest that is read alone is listed by one around it.
pub(super) fn around(paths: &[&str], known: &[Arc<Source>], files: &dyn Files) -> Vec<Arc<Source>> {
    let (mut folders, mut found) = (BTreeMap::new(), Vec::new());
    let names: BTreeSet<&str> = known.iter().map(|source| source.path()).collect();
    // Overlays stand beside their base as a rule, or one folder deeper.
    let mut beside = |kustomization: &Source, from: &str| {
        folders.entry(join(kustomization.path(), "..")).or_insert_with(|| from.to_owned());
    };
    if known.is_empty() {
        for path in paths {
            let first = listing(path, files);
            first.iter().for_each(|first| beside(first, path));
            found.extend(first);
        }
    } else {
        let paths: BTreeSet<&str> = paths.iter().copied().collect();
        for kustomization in known {
            let listed = accumulate::linked(kustomization, files);
            if let Some(path) = listed.iter().find(|part| paths.contains(part.as_str())) {
                beside(kustomization, path);
            }
        }
    }
    folders.into_iter().for_each(|(folder, from)| below(folder, &from, files, &mut found));
    found.retain(|source| !names.contains(source.path()));
    found.sort_by(|a, b| a.path().cmp(b.path()));
    found.dedup_by(|a, b| a.path() == b.path());
    found
}

/// The kustomization that lists a manifest.
fn listing(path: &str, files: &dyn Files) -> Option<Arc<Source>> {
    const FOLDERS: [&str; 3] = ["", "../", "../../"];
    let name = path.rsplit('/').next().unwrap_or(path);
    let lists = |source: &Arc<Source>| {
        source.text().contains(name) && accumulate::linked(source, files).iter().any(|part| part == path)
    };
    let folders = FOLDERS.iter().filter_map(|folder| accumulate::part(files, path, &format!("{folder}.")));
    let read = |part: String| files.read_reference(path, &accumulate::relative(path, &part)).ok();
    folders.filter(|part| is_kustomization(part)).filter_map(read).find(lists)
}

/// Adds the kustomizations in a folder and below, as the file at `from` may read them.
fn below(folder: String, from: &str, files: &dyn Files, found: &mut Vec<Arc<Source>>) {
    const MOST: usize = 256;
    let mut folders = vec![(folder, 2)];
    let mut looked = 0;
    while let Some((folder, depth)) = folders.pop() {
        let inside = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        if inside.starts_with("../") && !from.starts_with("../") {
            continue;
        }
        for name in files.beside(&format!("{inside}x")).iter().filter(|name| !name.starts_with('.')) {
            looked += 1;
            let is_file = name.contains('.') && !is_kustomization(name);
            if looked > MOST || is_file {
                continue;
            }
            if is_kustomization(name) {
                let to = accumulate::relative(from, &format!("{inside}{name}"));
                found.extend(files.read_reference(from, &to).ok());
            } else if depth > 0 {
                folders.push((format!("{inside}{name}"), depth - 1));
            }
        }
    }
}
