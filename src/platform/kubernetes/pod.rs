//! From a pod spec, or a mapping that stands for one, to the workloads it starts.

use std::sync::Arc;

use super::custom;
use super::gpu::{self, Claims};
use super::manifest::{Manifest, at, find, get, list};
use super::read::Item;
use super::shape::{Container, Frame, Object, Other, Tree};
use super::shm::{self, Found, Pod, Volume};
use super::write::Spot;
use crate::engine::{DOCKER_DEFAULT, decide};
use crate::source::Span;
use crate::syntax::yaml::{Node, Style};
use crate::workload::{Engine, Evidence, Gpu, Platform, Workload};

/// Lists of volumes and of mounts in custom resources and values of charts, each list with the mounts that use it.
const VOLUMES: &[(&str, &str)] = &[
    ("volumes", "volumeMounts"),
    ("extraVolumes", "extraVolumeMounts"),
    ("storage.extraVolumes", "storage.extraVolumeMounts"),
    ("extraPodSpec.volumes", "extraPodSpec.mainContainer.volumeMounts"),
];

/// CRI-O's own size, which counts only where the runtime handler allows the annotation:
/// <https://github.com/cri-o/cri-o/pull/4402>.
const CRI_O: &str = "io.kubernetes.cri-o.ShmSize";

/// The workloads of one document.
pub(super) fn workloads(manifest: &Arc<Manifest>, tree: &Tree<'_>, claims: &Claims<'_>) -> Vec<Item> {
    let rendered = rendered_from(tree);
    let mut items = Vec::new();
    for index in &tree.pods {
        let Some(context) = PodContext::new(tree, *index) else { continue };
        let mut main = 0;
        for container in &context.containers {
            let is_first = container.list != "initContainers" && main == 0;
            main += usize::from(container.list != "initContainers");
            items.push(context.item(manifest, container, claims, is_first, rendered.as_ref()));
        }
    }
    for other in &tree.others {
        items.push(beside_pod(manifest, tree, other, rendered.as_ref()));
    }
    items
}

/// A pod spec with what stands around it.
struct PodContext<'a> {
    pod: Pod<'a>,
    containers: Vec<Container<'a>>,
    object: Object<'a>,
    /// From the pod spec upwards to its object, without that.
    way: Vec<Frame<'a>>,
    annotations: Vec<Node<'a>>,
    memory_limit: Option<(u64, Node<'a>)>,
    /// The mapping that volumes are added to.
    holder: Node<'a>,
}

impl<'a> PodContext<'a> {
    fn new(tree: &Tree<'a>, index: usize) -> Option<Self> {
        let manifest = tree.manifest;
        let frame = tree.frames.get(index)?;
        let spec = frame.node;
        let object = tree.object_at(frame.object.unwrap_or(0));
        let way: Vec<Frame<'a>> =
            tree.upwards(index).take_while(|frame| frame.node.id() != object.node.id()).copied().collect();
        let containers = tree.containers(index);
        let memory_limit = shm::memory_limit(manifest, spec, &containers);
        let outer = frame.outer.and_then(|outer| tree.frames.get(outer)).map(|outer| outer.node);
        let holders = [outer.filter(|_| frame.key == "spec"), Some(spec)].into_iter().flatten();
        let annotations = holders.flat_map(|holder| {
            ["metadata.annotations", "annotations"].into_iter().filter_map(move |path| at(holder, path))
        });
        let annotations = annotations.collect();
        // Argo's sets of containers have the volumes of their template.
        let holder = outer.filter(|_| frame.key == "containerSet").unwrap_or(spec);
        let pod = Pod {
            manifest,
            spec,
            volumes: volumes(manifest, object, &way, spec),
            memory_limit: memory_limit.map(|(bytes, _)| bytes),
            on_shm: on_shm(manifest, &containers),
            unread: None,
        };
        let mut context = Self { pod, containers, object, way, annotations, memory_limit, holder };
        context.pod.unread = context.unread(frame.object.is_some());
        Some(context)
    }

    /// Why the pod may get more than is written here.
    fn unread(&self, in_object: bool) -> Option<(String, Span)> {
        let manifest = self.pod.manifest;
        let spec = self.pod.spec;
        let head = self.containers.first().map_or(spec.span(), |container| container.head);
        if !in_object {
            return Some(("what a chart makes of these values is not to be seen here".into(), head));
        }
        if manifest.may_gain(spec) {
            return Some(("a template writes a part of the pod".into(), head));
        }
        let annotation = self.annotations.iter().find_map(|annotations| find(*annotations, CRI_O));
        if let Some(entry) = annotation {
            return Some(("CRI-O may heed the annotation for its size".into(), entry.span()));
        }
        let patch = self.pod_spec_patch().filter(|patch| {
            let text = patch.str().unwrap_or_default();
            text.contains("volume") || text.contains("hostIPC")
        })?;
        Some(("podSpecPatch changes the volumes".into(), patch.span()))
    }

    /// Argo's patch of the pod spec, a text.
    fn pod_spec_patch(&self) -> Option<Node<'a>> {
        let holders = self.way.iter().map(|frame| frame.node);
        holders.chain([self.object.node]).find_map(|node| get(node, "podSpecPatch"))
    }

    /// The workload of one container.
    fn item(
        &self,
        manifest: &Arc<Manifest>,
        container: &Container<'a>,
        claims: &Claims<'_>,
        is_first: bool,
        rendered: Option<&Evidence>,
    ) -> Item {
        let node = container.node;
        let mut gpu =
            gpu::of_container(manifest, container, self.pod.spec, &self.annotations, claims, is_first);
        if let Some(patch) = self.pod_spec_patch() {
            patched_gpu(manifest, patch, container.name, &mut gpu);
        }
        let mut found = self.pod.settings(container, &[(node, "volumeMounts")]);
        let row = custom::of_container(self.object, &self.way, container);
        if let Some(row) = row {
            let mut holders: Vec<Node<'a>> = self.way.iter().map(|frame| frame.node).collect();
            holders.push(self.object.node);
            found.extend(custom::settings(&self.pod, row, &holders, node));
        } else if get(node, "image").is_none() && !manifest.may_gain(node) {
            found
                .push(self.pod.unread("a patch: the rest of the container stands elsewhere", container.head));
        }
        let own_limit = || {
            let limit = at(node, "resources.limits.memory")?;
            Some((manifest.bytes(node, "resources.limits.memory")?, limit))
        };
        let name = if container.name.is_empty() { container.list } else { container.name };
        let mut workload =
            Workload::new(Platform::Kubernetes, Engine::Kubernetes, name, manifest.place(container.head));
        describe(manifest, node, &mut workload);
        workload.gpu = gpu;
        workload.rendered_from = rendered.cloned();
        workload.memory_limit =
            self.memory_limit.or_else(own_limit).map(|(bytes, node)| (bytes, manifest.place(node.span())));
        let spot = Spot::new(manifest, self.holder.id(), node.id(), container.head.start, &self.pod.volumes);
        finish(workload, found, spot)
    }
}

/// The volumes that containers mount on `/dev/shm`, each with the name of the container.
fn on_shm<'a>(manifest: &'a Manifest, containers: &[Container<'a>]) -> Vec<(&'a str, &'a str)> {
    let mounts = containers.iter().flat_map(|container| {
        let mounts = list(container.node, "volumeMounts");
        let mounts = mounts.filter(|mount| manifest.text_of(*mount, "mountPath").is_some_and(shm::is_shm));
        mounts.filter_map(|mount| Some((manifest.text_of(mount, "name")?, container.name)))
    });
    mounts.collect()
}

/// The volumes that containers of a pod spec can mount: its own, and for Argo those of the templates and workflow around it.
fn volumes<'a>(
    manifest: &'a Manifest,
    object: Object<'a>,
    way: &[Frame<'a>],
    spec: Node<'a>,
) -> Vec<Volume<'a>> {
    let named = |is_claim: bool| {
        move |node: Node<'a>| {
            let name = match get(node, "metadata").filter(|_| is_claim) {
                Some(metadata) => manifest.text_of(metadata, "name"),
                None => manifest.text_of(node, "name"),
            };
            Some(Volume { name: name?, node, is_claim })
        }
    };
    let mut found: Vec<Volume<'a>> = list(spec, "volumes").filter_map(named(false)).collect();
    if object.api.starts_with("argoproj.io/") {
        for frame in way.iter().skip(1) {
            found.extend(list(frame.node, "volumes").filter_map(named(false)));
        }
    }
    if let Some(spec) = get(object.node, "spec") {
        found.extend(list(spec, "volumeClaimTemplates").filter_map(named(true)));
    }
    found
}

/// The GPUs that a `podSpecPatch` gives a container.
fn patched_gpu(manifest: &Manifest, patch: Node<'_>, container: &str, gpu: &mut Gpu) {
    let text = patch.str().unwrap_or_default();
    if !super::words::speaks_of_us(text) {
        return;
    }
    let literal = patch.style() == Some(Style::Literal);
    let Some(inner) = manifest.embedded(patch).filter(|_| literal).map(Manifest::of) else {
        return gpu.unsure("podSpecPatch may ask for one", "podSpecPatch", manifest.place(patch.span()));
    };
    let Some(root) = inner.yaml.root(inner.text()) else { return };
    for patched in list(root, "containers") {
        if inner.text_of(patched, "name") == Some(container)
            && let Some(entry) = find(patched, "resources")
        {
            gpu::resources(&inner, patched, entry, 0, gpu);
        }
    }
}

/// The workload of a mapping that stands for a container: a custom resource, or values of a chart.
fn beside_pod(
    manifest: &Arc<Manifest>,
    tree: &Tree<'_>,
    other: &Other<'_>,
    rendered: Option<&Evidence>,
) -> Item {
    let node = other.node;
    let frame = tree.frames.get(other.frame);
    let in_object = frame.is_some_and(|frame| frame.object.is_some());
    let object = tree.object_at(frame.and_then(|frame| frame.object).unwrap_or(0));
    // Keys that name a part of an object rather than what runs.
    let key = other.key.and_then(Node::str).filter(|key| !["spec", "resources"].contains(key));
    let own = manifest.text_of(node, "name").filter(|_| other.key.is_none());
    let whole = || object.name.or_else(|| manifest.text_of(object.node, "name"));
    let name = key.or(own).or_else(whole).unwrap_or("values");
    let head = other.key.map_or_else(|| gpu::head(node), Node::span);
    let container = Container { node, name, head, list: "", index: 0 };
    let gpu = match other.row {
        Some(row) => gpu::of_custom(manifest, object, row, node),
        None => gpu::beside_pod(manifest, node, in_object),
    };
    let lists =
        VOLUMES.iter().filter_map(|(volumes, _)| {
            let (holder, key) = split(node, volumes)?;
            Some(list(holder, key).filter_map(|node| {
                Some(Volume { name: manifest.text_of(node, "name")?, node, is_claim: false })
            }))
        });
    let pod = Pod {
        manifest,
        spec: node,
        volumes: lists.flatten().collect(),
        memory_limit: None,
        on_shm: Vec::new(),
        unread: None,
    };
    let mounts: Vec<(Node<'_>, &str)> =
        VOLUMES.iter().filter_map(|(_, mounts)| split(node, mounts)).collect();
    let mut found = pod.settings(&container, &mounts);
    match other.row {
        Some(row) => found.extend(custom::settings(&pod, row, &[node, object.node], node)),
        None => found.extend(unknown_maker(&pod, tree, other, in_object, object)),
    }
    let mut workload = Workload::new(Platform::Kubernetes, Engine::Kubernetes, name, manifest.place(head));
    describe(manifest, node, &mut workload);
    if let Some(row) = other.row.filter(|row| !row.image.is_empty()) {
        workload.image = at(node, row.image).and_then(|image| manifest.str(image)).map(str::to_owned);
    }
    workload.gpu = gpu;
    workload.rendered_from = rendered.cloned();
    let limit = "resources.limits.memory";
    if let Some((bytes, limit)) = manifest.bytes(node, limit).zip(at(node, limit)) {
        workload.memory_limit = Some((bytes, manifest.place(limit.span())));
    }
    let spot = Spot::new(manifest, node.id(), node.id(), head.start, &pod.volumes);
    finish(workload, found, spot)
}

/// A size field near a mapping of which nobody knows what is made, and that nobody knows.
fn unknown_maker<'a>(
    pod: &Pod<'a>,
    tree: &Tree<'a>,
    other: &Other<'a>,
    in_object: bool,
    object: Object<'a>,
) -> Vec<Found> {
    let holders = tree.upwards(other.frame).map(|frame| frame.node);
    let size = holders.into_iter().find_map(|holder| custom::any_size(pod, holder));
    let span = other.key.map_or(other.node.span(), Node::span);
    let why = if in_object {
        format!("what becomes of a {} is not to be seen here", object.kind)
    } else {
        "what a chart makes of these values is not to be seen here".to_owned()
    };
    let unread = pod.unread(&why, span);
    size.into_iter().chain([unread]).collect()
}

/// The holder of the last key of a path, and that key.
fn split<'a, 'p>(node: Node<'a>, path: &'p str) -> Option<(Node<'a>, &'p str)> {
    match path.rsplit_once('.') {
        Some((way, key)) => Some((at(node, way)?, key)),
        None => Some((node, path)),
    }
}

/// Image, command and environment, where they are written as in a container.
fn describe(manifest: &Manifest, node: Node<'_>, workload: &mut Workload) {
    workload.image = manifest.text_of(node, "image").map(str::to_owned);
    for key in ["command", "args"] {
        let Some(words) = get(node, key) else { continue };
        let words = words.items().map(Node::resolve).filter_map(|word| manifest.str(word));
        workload.command.extend(words.map(str::to_owned));
    }
    workload.command.extend(manifest.text_of(node, "source").map(str::to_owned));
    for variable in list(node, "env") {
        let value = get(variable, "value").filter(|value| !manifest.is_open(*value));
        if let (Some(name), Some(value)) = (manifest.text_of(variable, "name"), value.and_then(Node::str)) {
            workload.environment.push((name.to_owned(), value.to_owned()));
        }
    }
}

/// Lets the engine decide.
fn finish(mut workload: Workload, found: Vec<Found>, mut spot: Spot) -> Item {
    let (mut settings, nodes): (Vec<_>, Vec<_>) =
        found.into_iter().map(|found| (found.setting, found.nodes)).unzip();
    let (shm, decided_by) = decide(Engine::Kubernetes, DOCKER_DEFAULT, &mut settings);
    workload.shm = shm;
    workload.decided_by = decided_by;
    workload.settings = settings;
    spot.settings = nodes;
    Item { workload, spot }
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
