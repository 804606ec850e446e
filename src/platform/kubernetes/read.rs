//! From the files of a unit to its workloads: every container of every pod spec, and what stands for one.

use std::sync::Arc;

use super::gpu::{self, Claims};
use super::manifest::Manifest;
use super::pod;
use super::problems::problems;
use super::shape::Tree;
use super::write::{PodWriter, Spot};
use crate::layer::Layer;
use crate::platform::{Context, Reading};
use crate::project::Unit;
use crate::workload::Workload;

/// A workload and where it can be edited.
pub(super) struct Item {
    pub(super) workload: Workload,
    pub(super) spot: Spot,
}

/// Reads the files of a unit.
pub(super) fn read(unit: &Unit, context: &Context<'_>) -> Reading {
    let mut reading = Reading::default();
    for member in &unit.members {
        let source = match &member.source {
            Some(source) => Some(Arc::clone(source)),
            None => context.files.read(&member.path).ok(),
        };
        reading.sources.extend(source);
    }
    let sources = reading.sources.iter();
    let files: Vec<Arc<Manifest>> =
        sources.map(|source| Arc::new(Manifest::of(Layer::file(Arc::clone(source))))).collect();
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
            gpu::define_claim(tree.manifest, tree.object_at(*object), &mut claims);
        }
    }
    let mut items: Vec<Item> =
        all().flat_map(|(manifest, tree)| pod::workloads(manifest, tree, &claims)).collect();
    items.sort_by(|a, b| {
        let (a, b) = (&a.workload.place, &b.workload.place);
        (a.path(), a.span).cmp(&(b.path(), b.span))
    });
    let (workloads, spots) = items.into_iter().map(|item| (item.workload, item.spot)).unzip();
    reading.add(workloads, Box::new(PodWriter::new(spots)));
    reading
}

/// The trees of all sound documents.
fn grow(manifests: &[Arc<Manifest>]) -> Vec<(&Arc<Manifest>, Tree<'_>)> {
    let roots = |manifest: &'_ Arc<Manifest>| {
        let documents = manifest.yaml.documents().iter();
        documents.filter_map(|document| document.root.as_ref().ok().copied()).collect::<Vec<_>>()
    };
    let trees = manifests.iter().flat_map(|manifest| {
        roots(manifest).into_iter().map(move |root| (manifest, Tree::of(manifest, manifest.node(root))))
    });
    trees.collect()
}

/// The manifests in block scalars.
fn embedded(trees: &[(&Arc<Manifest>, Tree<'_>)]) -> Vec<Arc<Manifest>> {
    let layers = trees
        .iter()
        .flat_map(|(manifest, tree)| tree.embedded.iter().filter_map(|scalar| manifest.embedded(*scalar)));
    layers.map(|layer| Arc::new(Manifest::of(layer))).collect()
}
