//! From a mapping that stands for a container without naming one, to its workload: a custom resource, or values of a chart.

use std::collections::HashMap;
use std::sync::Arc;

use super::custom;
use super::describe::{describe, finish};
use super::gpu;
use super::manifest::{Manifest, at, list};
use super::read::{FoundContainer, Neighbours};
use super::shape::{Container, Object, ObjectTree, Other};
use super::shm::{LocatedSetting, Pod};
use super::volumes::{Volume, Volumes};
use super::write::ContainerSpot;
use crate::container::workload::{Engine, Platform, Workload};
use crate::syntax::yaml::Node;

/// Lists of volumes and of mounts in custom resources and values of charts, each list with the mounts that use it.
const VOLUMES: &[(&str, &str)] = &[
    ("volumes", "volumeMounts"),
    ("extraVolumes", "extraVolumeMounts"),
    ("storage.extraVolumes", "storage.extraVolumeMounts"),
    ("extraPodSpec.volumes", "extraPodSpec.mainContainer.volumeMounts"),
];

/// Keys that name a part of an object rather than what runs.
const PARTS: &[&str] = &["spec", "resources", "inference", "tuning", "trainer"];

/// The fields that size `/dev/shm` in the frames that were looked into.
pub(super) type Sizes = HashMap<usize, Option<&'static str>>;

/// The workload of a mapping.
pub(super) fn workload(
    manifest: &Arc<Manifest>,
    tree: &ObjectTree<'_>,
    other: &Other<'_>,
    sizes: &mut Sizes,
    around: &Neighbours<'_>,
) -> FoundContainer {
    let node = other.node;
    let frame = tree.frames.get(other.frame);
    let in_object = frame.is_some_and(|frame| frame.object.is_some());
    let root = Object { node, kind: "", api: "", name: None, namespace: None };
    let object = frame.map_or(root, |frame| tree.object_of(frame));
    let item = frame.is_some_and(|frame| frame.outer.is_some());
    let first = node.entries().next().filter(|_| item).map(|entry| entry.key.span());
    let head = other.key.map(Node::span).or(first).unwrap_or_else(|| gpu::head(node));
    let name = name(manifest, other, object);
    let container = Container { node, name, head, list: "", index: 0 };
    let pod = Pod {
        manifest,
        spec: node,
        volumes: volumes(manifest, node),
        memory_limit: None,
        on_shm: HashMap::new(),
        uses: HashMap::new(),
        unread: None,
    };
    let mounts: Vec<(Node<'_>, &str)> =
        VOLUMES.iter().filter_map(|(_, mounts)| split(node, mounts)).collect();
    let mut found = pod.settings(&container, &mounts);
    found.extend(custom::configured(&pod, around.options, object, head));
    match other.row {
        Some(row) => found.extend(custom::settings(&pod, row, &[node, object.node], node)),
        None => found.extend(unknown_maker(&pod, tree, other, sizes, (in_object, object))),
    }
    let mut workload = Workload::new(Platform::Kubernetes, Engine::Kubernetes, name, manifest.place(head));
    describe(manifest, node, &mut workload);
    if let Some(row) = other.row.filter(|row| !row.image.is_empty()) {
        workload.image = at(node, row.image).and_then(|image| manifest.str(image)).map(str::to_owned);
    }
    let image = || at(node, "image.repository").and_then(|image| manifest.str(image)).map(str::to_owned);
    workload.image = workload.image.or_else(image);
    workload.gpu = match other.row {
        Some(row) => gpu::of_custom(manifest, object, row, node),
        None => gpu::beside_pod(manifest, node, in_object),
    };
    let limit = "resources.limits.memory";
    if let Some((bytes, limit)) = manifest.bytes(node, limit).zip(at(node, limit)) {
        workload.memory_limit = Some((bytes, manifest.place(limit.span())));
    }
    let spot = ContainerSpot::new(&pod, manifest, (node, node), head.start);
    finish(workload, found, spot)
}

/// What it is called: its key, or its own or its object's name.
fn name<'a>(manifest: &'a Manifest, other: &Other<'a>, object: Object<'a>) -> &'a str {
    let key = other.key.and_then(|key| manifest.str(key));
    // Values of a chart may hold thousands of them in one mapping, so that is only asked where it counts.
    if let Some(key) = key.filter(|key| !PARTS.contains(key)) {
        return key;
    }
    let own = manifest.text_of(other.node, "name").filter(|_| other.key.is_none());
    let whole = || object.name.or_else(|| manifest.text_of(object.node, "name"));
    own.or_else(whole).or(key).unwrap_or("values")
}

fn volumes<'a>(manifest: &'a Manifest, node: Node<'a>) -> Volumes<'a> {
    let lists = VOLUMES.iter().filter_map(|(volumes, _)| split(node, volumes));
    let volumes = lists
        .flat_map(|(holder, key)| list(holder, key))
        .filter_map(|node| Some(Volume { name: manifest.text_of(node, "name")?, node, is_claim: false }));
    Volumes::new(manifest, volumes)
}

/// A size field in or around a mapping of which nobody knows what is made, and that nobody knows.
fn unknown_maker<'a>(
    pod: &Pod<'a>,
    tree: &ObjectTree<'a>,
    other: &Other<'a>,
    sizes: &mut Sizes,
    (in_object, object): (bool, Object<'a>),
) -> Vec<LocatedSetting> {
    let mut size = None;
    let mut next = Some(other.frame);
    while let Some(index) = next
        && let Some(frame) = tree.frames.get(index)
        && size.is_none()
    {
        // The mappings around are those of many.
        let path = *sizes.entry(index).or_insert_with(|| custom::size_field(frame.node));
        size = path.and_then(|path| custom::size_of_some_kind(pod, frame.node, path));
        next = frame.outer;
    }
    let span = other.key.map_or(other.node.span(), Node::span);
    let why = if in_object {
        format!("nothing in the file shows what becomes of a {}", object.kind)
    } else {
        "nothing in the file shows what becomes of these values".to_owned()
    };
    size.into_iter().chain([pod.unread(&why, span)]).collect()
}

/// The holder of the last key of a path, and that key.
fn split<'a, 'p>(node: Node<'a>, path: &'p str) -> Option<(Node<'a>, &'p str)> {
    match path.rsplit_once('.') {
        Some((way, key)) => Some((at(node, way)?, key)),
        None => Some((node, path)),
    }
}
