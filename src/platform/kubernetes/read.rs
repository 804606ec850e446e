//! From the files of a unit to its workloads: every container of every pod spec, and what stands for one.

use std::sync::Arc;

use super::gpu::{self, Claims};
use super::manifest::Manifest;
use super::problems::problems;
use super::shape::Tree;
use super::write::{PodWriter, Spot};
use super::{beside, fill, pod, words};
use crate::container::workload::{Evidence, Gpu, Shm, Verdict, Workload};
use crate::platform::kind::Unit;
use crate::platform::kind::{Context, Reading};
use crate::platform::options::ReadOptions;
use crate::text::files::Files;
use crate::text::layer::Layer;
use crate::text::source::Span;

/// A workload and where it can be edited.
pub(super) struct Item {
    pub(super) workload: Workload,
    pub(super) spot: Spot,
}

/// What stands around one document.
pub(super) struct Around<'c> {
    /// The device classes of claims.
    pub(super) claims: &'c Claims<'c>,
    pub(super) options: &'c ReadOptions,
    pub(super) files: &'c dyn Files,
}

/// Reads the files of a unit.
pub(super) fn read(unit: &Unit, context: &Context<'_>) -> Reading {
    let mut reading = Reading::default();
    let mut files: Vec<Arc<Manifest>> = Vec::new();
    for member in &unit.members {
        let source = match &member.source {
            Some(source) => Some(Arc::clone(source)),
            None => context.files.read(&member.path).ok(),
        };
        let Some(source) = source else { continue };
        let values = fill::values(context.files, source.path()).filter(|_| source.text().contains(".Values"));
        // The values were looked for, too, so that an uninteresting template is none.
        if !context.every_container
            && !fill::is_of_interest(source.text(), values.as_deref())
            && !words::speaks_beside_pods(source.text())
        {
            continue;
        }
        let layer = Layer::file(Arc::clone(&source));
        let filled = values.and_then(|values| fill::filled(&layer, &values));
        let (layer, filled) = filled.unwrap_or((layer, Vec::new()));
        files.extend(Manifest::readings(&layer, &filled).into_iter().map(Arc::new));
        reading.sources.push(source);
    }
    reading.problems = files.iter().flat_map(|file| problems(file)).collect();
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
    let around = Around { claims: &claims, options: context.options, files: context.files };
    let mut items: Vec<Item> =
        all().flat_map(|(manifest, tree)| workloads(manifest, tree, &around)).collect();
    items.sort_by(|a, b| {
        let (a, b) = (&a.workload.place, &b.workload.place);
        (a.path(), a.span).cmp(&(b.path(), b.span))
    });
    let (workloads, spots) = joined(items).into_iter().map(|item| (item.workload, item.spot)).unzip();
    reading.add(workloads, Box::new(PodWriter::new(spots)));
    reading
}

/// The workloads of one document.
fn workloads(manifest: &Arc<Manifest>, tree: &Tree<'_>, around: &Around<'_>) -> Vec<Item> {
    let mut items: Vec<Item> =
        tree.pods.iter().flat_map(|index| pod::workloads(manifest, tree, *index, around)).collect();
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
fn joined(items: Vec<Item>) -> Vec<Item> {
    let mut joined: Vec<Item> = Vec::with_capacity(items.len());
    for item in items {
        let place = |item: &Item| (Arc::as_ptr(&item.workload.place.source), item.workload.place.span);
        match joined.last_mut().filter(|last| place(last) == place(&item)) {
            Some(last) => join(last, item),
            None => joined.push(item),
        }
    }
    joined
}

fn join(one: &mut Item, other: Item) {
    const WHY: &str = "the branches of a condition of the template differ";
    let (mut mine, theirs) = (&mut one.workload, other.workload);
    if mine.gpu.verdict != theirs.gpu.verdict && !matches!(mine.gpu.verdict, Verdict::Unknown(_)) {
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
fn rendered_from(tree: &Tree<'_>) -> Option<Evidence> {
    const MARK: &str = "# Source: ";
    let root = tree.frames.first()?.node;
    let document = tree.manifest.yaml.document_of(root.id())?;
    let head = Span::new(document.span.start, root.span().start);
    let text = head.of(tree.manifest.text());
    let at = text.find(MARK)?;
    let line = text.get(at..)?.lines().next()?.trim_end();
    let span = Span::new(head.start + at, head.start + at + line.len());
    Some(Evidence { text: line.get(MARK.len()..)?.to_owned(), place: tree.manifest.place(span) })
}

/// The trees of all sound documents, but for texts in which aliases stand for too much.
fn grow(manifests: &[Arc<Manifest>]) -> Vec<(&Arc<Manifest>, Tree<'_>)> {
    let roots = |manifest: &'_ Arc<Manifest>| {
        let documents = manifest.yaml.documents().iter();
        documents.filter_map(|document| document.root.as_ref().ok().copied()).collect::<Vec<_>>()
    };
    let trees = manifests.iter().filter(|manifest| manifest.excess.is_none()).flat_map(|manifest| {
        roots(manifest).into_iter().map(move |root| (manifest, Tree::of(manifest, manifest.node(root))))
    });
    trees.collect()
}

/// The manifests in block scalars.
fn embedded(trees: &[(&Arc<Manifest>, Tree<'_>)]) -> Vec<Arc<Manifest>> {
    let layers = trees
        .iter()
        .flat_map(|(manifest, tree)| tree.embedded.iter().filter_map(|scalar| manifest.embedded(*scalar)));
    layers.flat_map(|layer| Manifest::readings(&layer, &[])).map(Arc::new).collect()
}
