//! From the files of a unit to its workloads: every container of every pod spec, and what stands for one.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::built::{self, Built, BuiltManifests};
use super::gpu::{self, Claims};
use super::manifest::Manifest;
use super::overlay::PatchSpot;
use super::problems::problems;
use super::shape::ObjectTree;
use super::write::{ContainerSpot, PodWriter};
use super::{beside, fill, pod, words};
use crate::container::workload::{Citation, Gpu, GpuVerdict, Shm, Workload};
use crate::platform::kind::{Context, Reading, Unit};
use crate::platform::options::ReadOptions;
use crate::syntax::yaml::NodeId;
use crate::text::layer::Layer;
use crate::text::place::Place;
use crate::text::source::{Source, Span};

/// A workload and where it can be edited.
pub(super) struct FoundContainer {
    pub(super) workload: Workload,
    pub(super) spot: ContainerSpot,
    /// Whether what stands there asks for a GPU, whatever is built of it.
    pub(super) asks: bool,
    /// What kustomizations build of it.
    pub(super) builds: Vec<Rc<Built>>,
}

impl FoundContainer {
    /// Takes the container as kustomizations build it: where one of them leaves it without what it wants, as that one does.
    pub(super) fn is_built(&mut self, builds: &[Rc<Built>]) {
        let asks = builds.iter().filter(|built| built.workload.gpu.is_yes());
        let worst = asks.min_by_key(|built| {
            let shm = &built.workload.shm;
            (!matches!(shm, Shm::Default { .. }), shm.bytes().unwrap_or(u64::MAX))
        });
        let Some(worst) = worst.or_else(|| builds.first()) else { return };
        let mut built = worst.workload.clone();
        // A setting that stands here can be edited here.
        let nodes = built.settings.iter().map(|setting| {
            let mut own = self.workload.settings.iter().zip(&self.spot.settings);
            let same = |own: &Place| {
                own.path() == setting.place.path() && own.span.start == setting.place.span.start
            };
            own.find(|(own, _)| same(&own.place)).map(|(_, nodes)| *nodes).unwrap_or_default()
        });
        self.spot.settings = nodes.collect();
        self.spot.avoid(|name| builds.iter().any(|built| built.volumes.contains(name)));
        built.name.clone_from(&self.workload.name);
        built.place = self.workload.place.clone();
        built.builds = builds.iter().map(|built| built.summary()).collect();
        self.workload = built;
        self.builds = builds.to_vec();
    }
}

/// What stands around one document.
pub(super) struct Neighbours<'c> {
    /// The device classes of claims.
    pub(super) claims: &'c Claims<'c>,
    pub(super) options: &'c ReadOptions,
    /// What kustomizations build.
    pub(super) builds: &'c BuiltManifests,
}

/// Reads the files of a unit.
pub(super) fn read(unit: &Unit, context: &Context<'_>) -> Reading {
    let mut reading = Reading::default();
    let mut files: Vec<Arc<Manifest>> = Vec::new();
    let mut kustomizations = Vec::new();
    for member in &unit.members {
        let source = match &member.source {
            Some(source) => Some(Arc::clone(source)),
            None => context.files.read(&member.path).ok(),
        };
        let Some(source) = source else { continue };
        if built::is_kustomization(source.path()) {
            kustomizations.push(Arc::clone(&source));
        }
        let values = fill::values(context.files, source.path()).filter(|_| source.text().contains(".Values"));
        // The values were looked for, too, so that an uninteresting template is none.
        let speaks = context.every_container || fill::is_of_interest(source.text(), values.as_deref());
        let open = source.text().contains(".Values") || built::is_kustomization(source.path());
        if !words::may_start(source.text()) || open && !speaks && !words::speaks_beside_pods(source.text()) {
            continue;
        }
        let layer = Layer::file(Arc::clone(&source));
        let filled = values.and_then(|values| fill::filled(&layer, &values));
        let (layer, filled) = filled.unwrap_or((layer, Vec::new()));
        files.extend(Manifest::readings(&layer, &filled).into_iter().map(Arc::new));
        reading.sources.push(source);
    }
    reading.problems = files.iter().flat_map(|file| problems(file)).collect();
    let builds = builds(unit, kustomizations, &reading.sources, context);
    let further = builds.further.values();
    files.extend(
        further
            .clone()
            .flat_map(|source| Manifest::readings(&Layer::file(Arc::clone(source)), &[]))
            .map(Arc::new),
    );
    reading.sources.extend(further.cloned());
    // Manifests in block scalars, and those in block scalars of them.
    let trees = grow(&files);
    let inner = embedded(&trees);
    let inner_trees = grow(&inner);
    let innermost = embedded(&inner_trees);
    let innermost_trees = grow(&innermost);
    let all = || trees.iter().chain(&inner_trees).chain(&innermost_trees);

    let mut claims = Claims::default();
    for (_, tree) in all() {
        for object in &tree.objects {
            gpu::define_claim(tree.manifest, *object, &mut claims);
        }
    }
    let around = Neighbours { claims: &claims, options: context.options, builds: &builds };
    let mut items: Vec<FoundContainer> =
        all().flat_map(|(manifest, tree)| workloads(manifest, tree, &around)).collect();
    items.sort_by(|a, b| {
        let (a, b) = (&a.workload.place, &b.workload.place);
        (a.path(), a.span).cmp(&(b.path(), b.span))
    });
    let mut items = joined(items);
    judge_once(&mut items);
    note_patches(&mut items, &unit.members.iter().map(|member| member.path.as_str()).collect());
    let (workloads, spots) = items.into_iter().map(|item| (item.workload, item.spot)).unzip();
    reading.add(workloads, Box::new(PodWriter::new(spots)));
    reading
}

/// The containers of one object out of a longer document.
pub fn of_object(layer: &Layer, context: &Context<'_>) -> Vec<Workload> {
    let manifests: Vec<Arc<Manifest>> = Manifest::readings(layer, &[]).into_iter().map(Arc::new).collect();
    let (claims, builds) = (Claims::default(), BuiltManifests::default());
    let around = Neighbours { claims: &claims, options: context.options, builds: &builds };
    let trees = grow(&manifests);
    let items = trees.iter().flat_map(|(manifest, tree)| workloads(manifest, tree, &around));
    let mut found: Vec<Workload> = items.map(|item| item.workload).collect();
    found.sort_by_key(|workload| workload.place.span);
    found
}

/// What kustomizations build: those of the unit, and, where some may be none of this run, those around manifests.
fn builds(
    unit: &Unit,
    mut kustomizations: Vec<Arc<Source>>,
    sources: &[Arc<Source>],
    context: &Context<'_>,
) -> BuiltManifests {
    let ours = sources.iter().filter(|source| words::speaks_of_us(source.text())).map(|source| source.path());
    let paths: Vec<&str> = match kustomizations.is_empty() {
        true => unit.members.iter().map(|member| member.path.as_str()).collect(),
        false => ours.collect(),
    };
    let new = built::around(&paths, &kustomizations, context.files);
    kustomizations.extend(new);
    let asked =
        context.every_container || !sources.is_empty() || built::are_of_interest(&kustomizations, context);
    if kustomizations.is_empty() || !asked {
        return BuiltManifests::default();
    }
    let all = kustomizations.iter().chain(sources);
    let known: HashMap<&str, Arc<Source>> = all.map(|source| (source.path(), Arc::clone(source))).collect();
    let read: BTreeSet<&str> = sources.iter().map(|source| source.path()).collect();
    BuiltManifests::of(&built::tops(&kustomizations, context), (&known, &read), context)
}

/// The containers that each build is made of, by their indices.
fn by_build(items: &[FoundContainer]) -> HashMap<*const Built, Vec<usize>> {
    let mut at: HashMap<*const Built, Vec<usize>> = HashMap::new();
    for (index, item) in items.iter().enumerate() {
        for built in &item.builds {
            at.entry(Rc::as_ptr(built)).or_default().push(index);
        }
    }
    at
}

/// Notes for each container of which some builds lack a size where those builds alone can get it: in a patch that belongs to
/// them alone, else by what is added to their kustomization.
fn note_patches(items: &mut [FoundContainer], members: &HashSet<&str>) {
    let at = by_build(items);
    let lacks = |built: &&Rc<Built>| built.lacks_shm();
    let patches = |index: usize| {
        let item = items.get(index).filter(|item| item.builds.len() > 1)?;
        let place = |(manifest, list): &(Arc<Manifest>, NodeId)| {
            (manifest.layer.source().path().to_owned(), manifest.layer.map(Span::at(0)), *list)
        };
        let others = item.builds.iter().filter(|built| !lacks(built)).filter_map(|built| built.spot.as_ref());
        let shared: HashSet<_> = others.flat_map(|spot| &spot.operations).map(place).collect();
        let patch_of = |built: &Rc<Built>| {
            let mut known = at.get(&Rc::as_ptr(built))?.iter().rev();
            let is_own = |other: &&usize| {
                **other != index
                    && items.get(**other).is_some_and(|other| other.builds.iter().all(|built| lacks(&built)))
            };
            let mut operated = built.spot.clone().filter(|_| members.contains(built.name.as_str()));
            if let Some(spot) = &mut operated {
                spot.operations.retain(|list| !shared.contains(&place(list)));
                spot.name = item.spot.free();
            }
            let patch = PatchSpot { merged: known.find(is_own).copied(), operated: operated.map(Box::new) };
            (patch.merged.is_some() || patch.operated.is_some()).then_some(patch)
        };
        item.builds.iter().filter(lacks).map(patch_of).collect::<Option<Vec<_>>>()
    };
    let mut found: Vec<Vec<PatchSpot>> =
        (0..items.len()).map(|index| patches(index).unwrap_or_default()).collect();
    // Containers of one pod share the volume, so that all of them get it in one way.
    let operated = found.iter().flatten().filter(|patch| patch.merged.is_none());
    let pods: HashSet<_> = operated.filter_map(|patch| Some(patch.operated.as_ref()?.pod())).collect();
    for patch in found.iter_mut().flatten() {
        let is_operated = patch.operated.as_ref().is_some_and(|spot| pods.contains(&spot.pod()));
        patch.merged.take_if(|_| is_operated);
    }
    for (item, patches) in items.iter_mut().zip(found) {
        item.spot.patches = patches;
    }
}

/// A container that is built of several texts is judged at one of them: where it asks for a GPU, else where it is first
/// written.
fn judge_once(items: &mut [FoundContainer]) {
    let place = |item: &FoundContainer| (item.workload.place.path().to_owned(), item.workload.place.span);
    let at = by_build(items);
    let judged_at = |built: &Rc<Built>| {
        let known = at.get(&Rc::as_ptr(built))?;
        let is_first = |index: &&usize| {
            let item = items.get(**index);
            item.is_some_and(|item| built.places.first().is_some_and(|(path, _)| *path == place(item).0))
        };
        let asks = |index: &&usize| items.get(**index).is_some_and(|item| item.asks);
        let best =
            known.iter().find(|index| asks(index) && is_first(index)).or_else(|| known.iter().find(asks));
        best.or_else(|| known.iter().find(is_first)).or_else(|| known.first()).copied()
    };
    let judged: Vec<Option<usize>> = items
        .iter()
        .enumerate()
        .map(|(index, item)| {
            let asking = item.builds.iter().filter(|built| built.workload.gpu.is_yes());
            let places: Vec<usize> = asking.filter_map(judged_at).collect();
            places.first().copied().filter(|_| !places.contains(&index))
        })
        .collect();
    for (item, judged) in items.iter_mut().zip(judged) {
        item.workload.same_as = judged;
    }
}

/// The workloads of one document.
fn workloads(
    manifest: &Arc<Manifest>,
    tree: &ObjectTree<'_>,
    around: &Neighbours<'_>,
) -> Vec<FoundContainer> {
    let mut items: Vec<FoundContainer> = tree
        .pods
        .iter()
        .flat_map(|index| pod::workloads(manifest, tree, *index, around))
        .map(|(item, _)| item)
        .collect();
    let mut sizes = beside::Sizes::default();
    items.extend(tree.others.iter().map(|other| beside::workload(manifest, tree, other, &mut sizes, around)));
    let rendered = rendered_from(tree);
    for item in &mut items {
        item.workload.rendered_from.clone_from(&rendered);
    }
    items
}

/// The workloads without those that stand at the same place in another branch of a template: what both say holds, what they
/// say differently is not known.
fn joined(items: Vec<FoundContainer>) -> Vec<FoundContainer> {
    let mut joined: Vec<FoundContainer> = Vec::with_capacity(items.len());
    for item in items {
        let place =
            |item: &FoundContainer| (Arc::as_ptr(&item.workload.place.source), item.workload.place.span);
        match joined.last_mut().filter(|last| place(last) == place(&item)) {
            Some(last) => join(last, item),
            None => joined.push(item),
        }
    }
    joined
}

fn join(one: &mut FoundContainer, other: FoundContainer) {
    const WHY: &str = "the branches of a condition of the template differ";
    let (mut mine, theirs) = (&mut one.workload, other.workload);
    if mine.gpu.verdict != theirs.gpu.verdict && !matches!(mine.gpu.verdict, GpuVerdict::Unknown(_)) {
        let said = if mine.gpu.is_yes() { &mine.gpu } else { &theirs.gpu };
        let mut gpu = Gpu::default();
        for evidence in &said.evidence {
            gpu.unsure(WHY, evidence.text.clone(), evidence.place.clone());
        }
        mine.gpu = gpu;
    }
    if mine.shm != theirs.shm && !matches!(mine.shm, Shm::Unknown(_)) {
        if matches!(mine.shm, Shm::Default { .. }) {
            (one.workload.settings, one.spot) = (theirs.settings, other.spot);
        }
        mine = &mut one.workload;
        (mine.shm, mine.decided_by) = (Shm::Unknown(WHY.to_owned()), None);
    }
}

/// The `# Source:` comment that Helm writes above what it renders.
fn rendered_from(tree: &ObjectTree<'_>) -> Option<Citation> {
    const MARK: &str = "# Source: ";
    let root = tree.frames.first()?.node;
    let document = tree.manifest.yaml.document_of(root.id())?;
    let head = Span::new(document.span.start, root.span().start);
    let text = head.of(tree.manifest.text());
    let at = text.find(MARK)?;
    let line = text.get(at..)?.lines().next()?.trim_end();
    let span = Span::new(head.start + at, head.start + at + line.len());
    Some(Citation { text: line.get(MARK.len()..)?.to_owned(), place: tree.manifest.place(span) })
}

/// The trees of all sound documents, but for texts in which aliases stand for too much.
fn grow(manifests: &[Arc<Manifest>]) -> Vec<(&Arc<Manifest>, ObjectTree<'_>)> {
    let roots = |manifest: &'_ Arc<Manifest>| {
        let documents = manifest.yaml.documents().iter();
        documents.filter_map(|document| document.root.as_ref().ok().copied()).collect::<Vec<_>>()
    };
    let trees = manifests.iter().filter(|manifest| manifest.excess.is_none()).flat_map(|manifest| {
        roots(manifest).into_iter().map(move |root| (manifest, ObjectTree::of(manifest, manifest.node(root))))
    });
    trees.collect()
}

/// The manifests in block scalars.
fn embedded(trees: &[(&Arc<Manifest>, ObjectTree<'_>)]) -> Vec<Arc<Manifest>> {
    let layers = trees
        .iter()
        .flat_map(|(manifest, tree)| tree.embedded.iter().filter_map(|scalar| manifest.embedded(*scalar)));
    layers.flat_map(|layer| Manifest::readings(&layer, &[])).map(Arc::new).collect()
}
