//! What kustomizations build of the manifests that they list: each container as it is in every build that it is a part of.
//!
//! Builds are those of kustomizations that no other one builds on. Patches are merged strategically, as JSON Patch or by
//! component; what a transformer or a remote base does is not to be seen, and what a replacement may write is open.

mod accumulate;
mod merge;
mod value;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use accumulate::{Accumulator, BuiltObject};
pub(super) use accumulate::{is_kustomization, linked};

use super::gpu::Claims;
use super::manifest::Manifest;
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
                builds.add(&top, &object, context, claims);
            }
        }
        builds.exhausted = accumulator.is_exhausted();
        let asking = builds.by_place.values().flatten().filter(|built| built.workload.gpu.is_yes());
        let paths = asking.flat_map(|built| &built.places).map(|(path, _)| path);
        let missing: BTreeSet<&String> = paths.filter(|path| !read.contains(path.as_str())).collect();
        let source = |path: &&String| Some(((*path).clone(), accumulator.source(path)?));
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
    fn add(&mut self, top: &str, object: &BuiltObject, context: &Context<'_>, claims: &Claims<'_>) {
        let (text, places) = object.value.write();
        let source = Source::new(top, text.into_bytes());
        let manifest = Arc::new(Manifest::of(Layer::file(Arc::clone(&source))));
        let Some(root) = manifest.yaml.root(manifest.text()) else { return };
        let tree = ObjectTree::of(&manifest, root);
        let none = Self::default();
        let around = Neighbours { claims, options: context.options, builds: &none };
        let rest = object.value.rest();
        for index in &tree.pods {
            let volumes = pod::volume_names(&tree, *index);
            for (item, node) in pod::workloads(&manifest, &tree, *index, &around) {
                let FoundContainer { mut workload, .. } = item;
                let Some(origins) = places.get(&node.span().start) else { continue };
                complete(&mut workload, object);
                moved(&mut workload, &source, &places);
                let places =
                    origins.iter().map(|place| (place.path().to_owned(), place.span.start)).collect();
                let volumes = volumes.clone();
                let built = Rc::new(Built { name: top.to_owned(), workload, rest, volumes, places });
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
fn complete(workload: &mut Workload, object: &BuiltObject) {
    let on_shm = workload
        .settings
        .iter()
        .filter(|setting| matches!(setting.says, Says::Mount { target: Target::Shm, .. }));
    let why = if on_shm.count() > 1 {
        Some("two volumes are mounted on /dev/shm once it is built, which the API server refuses")
    } else if matches!(workload.shm, Shm::Default { .. }) {
        object.open
    } else {
        None
    };
    if let Some(why) = why {
        (workload.shm, workload.decided_by) = (Shm::Unknown(why.to_owned()), None);
    }
}

/// The kustomizations around a manifest that is read alone: what lists it, and what builds on that beside and below.
pub(super) fn around(path: &str, files: &dyn Files) -> Vec<Arc<Source>> {
    const FOLDERS: [&str; 3] = ["", "../", "../../"];
    const MOST: usize = 256;
    let name = path.rsplit('/').next().unwrap_or(path);
    let lists = |source: &Arc<Source>| {
        source.text().contains(name) && accumulate::linked(source, files).iter().any(|part| part == path)
    };
    let folders = FOLDERS.iter().filter_map(|folder| accumulate::part(files, path, &format!("{folder}.")));
    let read = |part: String| files.read_reference(path, &accumulate::relative(path, &part)).ok();
    let Some(first) = folders.filter(|part| is_kustomization(part)).filter_map(read).find(lists) else {
        return Vec::new();
    };
    // Overlays stand beside their base as a rule, or one folder deeper.
    let mut found = vec![Arc::clone(&first)];
    let mut folders = vec![(join(first.path(), ".."), 2)];
    let mut looked = 0;
    while let Some((folder, depth)) = folders.pop() {
        let inside = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        if inside.starts_with("../") && !path.starts_with("../") {
            continue;
        }
        for name in files.beside(&format!("{inside}x")).iter().filter(|name| !name.starts_with('.')) {
            looked += 1;
            let is_file = name.contains('.') && !is_kustomization(name);
            if looked > MOST || is_file {
                continue;
            }
            if is_kustomization(name) {
                let other = read(format!("{inside}{name}")).filter(|other| other.path() != first.path());
                found.extend(other);
            } else if depth > 0 {
                folders.push((format!("{inside}{name}"), depth - 1));
            }
        }
    }
    found
}
