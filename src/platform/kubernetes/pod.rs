//! From a pod spec to the workloads it starts.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::custom;
use super::describe::{describe, finish};
use super::gpu;
use super::live::LivePod;
use super::manifest::{Manifest, at, find, get, list};
use super::mpi;
use super::read::{FoundContainer, Neighbours};
use super::shape::{Container, Object, ObjectTree, ShapeFrame};
use super::shm::{self, LocatedSetting, Pod, VolumeUser};
use super::volumes::{Volume, Volumes};
use super::write::ContainerSpot;
use crate::container::accelerator::{self, AcceleratorSign};
use crate::container::mount::mounts_shm;
use crate::container::workload::{Engine, Gpu, Platform, Workload};
use crate::need::reach::inside::CONFIG_MAP;
use crate::syntax::yaml::{Node, NodeId, ScalarStyle};
use crate::text::source::Span;

/// CRI-O's own size, which counts only where the runtime handler allows the annotation:
/// <https://github.com/cri-o/cri-o/pull/4402>.
const CRI_O: &str = "io.kubernetes.cri-o.ShmSize";

/// So many mappings around a pod spec are looked into for the fields of an operator.
const HOLDERS: usize = 4;

/// The workloads of the pod spec at a frame, each with its container.
pub(super) fn workloads<'a>(
    manifest: &Arc<Manifest>,
    tree: &ObjectTree<'a>,
    index: usize,
    around: &Neighbours<'_>,
) -> Vec<(FoundContainer, Node<'a>)> {
    let Some(context) = PodContext::new(tree, index, around) else { return Vec::new() };
    let items = context.containers.iter().map(|container| {
        let item = context.item(manifest, container, around);
        (item, container.node)
    });
    items.collect()
}

/// The names of the volumes of the pod spec at a frame, and whether there is one twice.
pub(super) fn volume_names(tree: &ObjectTree<'_>, index: usize) -> (BTreeSet<String>, bool) {
    let volumes = tree.frames.get(index).and_then(|frame| frame.volumes);
    let names =
        volumes.into_iter().flat_map(Node::items).filter_map(|item| item.resolve().get("name")?.str());
    let (mut known, mut twice) = (BTreeSet::new(), false);
    names.for_each(|name| twice |= !known.insert(name.to_owned()));
    (known, twice)
}

/// A pod spec with what stands around it.
struct PodContext<'a> {
    pod: Pod<'a>,
    containers: Vec<Container<'a>>,
    object: Object<'a>,
    /// From the pod spec upwards to its object, without that.
    way: Vec<ShapeFrame<'a>>,
    annotations: Vec<Node<'a>>,
    /// The first of the containers that run side by side.
    first: Option<NodeId>,
    /// The claims that the pod lists, by the names that its containers call them by.
    claims: gpu::ListedResource<'a>,
    /// Argo's patch of the pod spec.
    patch: Option<Node<'a>>,
    memory_limit: Option<(u64, Node<'a>)>,
    /// The pod itself, where it runs.
    live: Option<LivePod<'a>>,
    /// The mapping that volumes are added to.
    holder: Node<'a>,
}

impl<'a> PodContext<'a> {
    fn new(tree: &ObjectTree<'a>, index: usize, around: &Neighbours<'_>) -> Option<Self> {
        let manifest = tree.manifest;
        let frame = tree.frames.get(index)?;
        let spec = frame.node;
        let object = tree.object_of(frame);
        let mut way = Vec::new();
        let mut whole = Vec::new();
        for frame in tree.upwards(index) {
            whole.push(*frame);
            if frame.node.id() == object.node.id() {
                break;
            }
            way.push(*frame);
        }
        let containers = tree.containers(frame);
        let memory_limit = shm::memory_limit(manifest, spec, &containers);
        let outer = frame.outer.and_then(|outer| tree.frames.get(outer)).map(|outer| outer.node);
        let holders = [outer.filter(|_| frame.key == "spec"), Some(spec)].into_iter().flatten();
        let annotations = holders.flat_map(|holder| {
            ["metadata.annotations", "annotations"].into_iter().filter_map(move |path| at(holder, path))
        });
        let pod = Pod {
            manifest,
            spec,
            volumes: volumes(manifest, object, &whole),
            memory_limit: memory_limit.map(|(bytes, _)| bytes),
            on_shm: HashMap::new(),
            uses: uses(manifest, &containers),
            unread: None,
        };
        let mut context = Self {
            annotations: annotations.collect(),
            first: containers
                .iter()
                .find(|container| container.list != "initContainers")
                .map(|container| container.node.id()),
            claims: gpu::listed_claims(manifest, spec),
            patch: whole.iter().find_map(|frame| frame.patch).filter(|_| object.is_argo()),
            // Argo's sets of containers have the volumes of their template.
            holder: outer.filter(|_| frame.key == "containerSet").unwrap_or(spec),
            pod,
            containers,
            object,
            way,
            memory_limit,
            live: LivePod::of(manifest, object),
        };
        // Steps of Buildkite have a pod spec of their own: https://github.com/buildkite/agent-stack-k8s
        let is_step = frame.key == "podSpec" && whole.iter().any(|frame| frame.key == "plugins");
        context.pod.unread = context.unread(frame.object.is_some() || is_step);
        context.pod.on_shm = context.on_shm(around);
        Some(context)
    }

    /// The volumes that containers mount on `/dev/shm`. Of two containers that mount one, that with a GPU is named.
    fn on_shm(&self, around: &Neighbours<'_>) -> HashMap<&'a str, VolumeUser<'a>> {
        let manifest = self.pod.manifest;
        let mut users: HashMap<&str, VolumeUser<'a>> = HashMap::new();
        for container in &self.containers {
            for mount in list(container.node, "volumeMounts") {
                let path = manifest.text_of(mount, "mountPath");
                let volume = manifest.text_of(mount, "name").filter(|_| path.is_some_and(shm::is_shm));
                let Some(volume) = volume else { continue };
                let gpu = self.gpu(container, around).is_yes();
                let user = VolumeUser { name: container.name, gpu };
                let known = users.entry(volume).or_insert(user);
                if gpu && !known.gpu {
                    *known = user;
                }
            }
        }
        users
    }

    /// What asks for a GPU for a container.
    fn gpu(&self, container: &Container<'a>, around: &Neighbours<'_>) -> Gpu {
        let manifest = self.pod.manifest;
        let claims = (&self.claims, around.claims);
        let is_first = self.first == Some(container.node.id());
        let mut gpu = gpu::of_container(manifest, container, &self.annotations, claims, is_first);
        if !gpu.is_yes() {
            gpu::of_runtime(manifest, self.pod.spec, container.node, &mut gpu);
        }
        self.devices(container, &mut gpu);
        if let Some(patch) = self.patch {
            patched_gpu(manifest, patch, container.name, &mut gpu);
        }
        match self.idle().filter(|_| gpu.is_yes()) {
            Some(why) => {
                let mut idle = Gpu { count: gpu.count, ..Gpu::default() };
                for evidence in gpu.evidence {
                    idle.unsure(why, evidence.text, evidence.place);
                }
                idle
            }
            None => gpu,
        }
    }

    /// Devices of the host that a privileged container mounts: whatever starts it has no other say in it.
    fn devices(&self, container: &Container<'a>, gpu: &mut Gpu) {
        let manifest = self.pod.manifest;
        if at(container.node, "securityContext.privileged").and_then(Node::str) != Some("true") {
            return;
        }
        for mount in list(container.node, "volumeMounts") {
            let volume = manifest.text_of(mount, "name").and_then(|name| self.pod.volumes.get(name));
            let Some(path) = volume.and_then(|volume| at(volume.node, "hostPath.path")) else { continue };
            if let Some(device) = path.str()
                && matches!(accelerator::device(device, &|_| false), AcceleratorSign::Yes(_))
            {
                gpu.unsure(
                    "a privileged container mounts the device",
                    manifest.line(path.span()),
                    manifest.place(path.span()),
                );
            }
        }
    }

    /// Why nothing runs that is written here.
    fn idle(&self) -> Option<&'static str> {
        if self.object.kind == "PodTemplate" && self.object.api == "v1" {
            return Some("a PodTemplate starts nothing itself");
        }
        // RFC 2606: nobody serves an API of this group.
        if self.object.api.starts_with("example.com/") {
            return Some("example.com stands for an API that is none");
        }
        // https://kwok.sigs.k8s.io/docs/user/kwok-manage-nodes-and-pods/
        let says = |node: Node<'_>, word: &str| node.span().of(self.pod.manifest.text()).contains(word);
        let placed =
            ["nodeSelector", "tolerations", "affinity"].iter().filter_map(|key| get(self.pod.spec, key));
        let simulated = placed.into_iter().any(|node| says(node, "kwok"))
            || self.annotations.iter().any(|node| says(*node, "kwok.x-k8s.io"));
        simulated.then_some("KWOK only simulates the node, where nothing runs")
    }

    /// Why the pod may get more than is written here.
    fn unread(&self, in_object: bool) -> Option<(String, Span)> {
        let manifest = self.pod.manifest;
        let spec = self.pod.spec;
        let head = self.containers.first().map_or(spec.span(), |container| container.head);
        if !in_object {
            return Some(("nothing in the file shows what becomes of these values".into(), head));
        }
        if manifest.may_gain(spec) {
            return Some(("a template writes a part of the pod".into(), head));
        }
        if let Some(defaults) = self.defaults() {
            return Some(("defaults for all of its containers hold volume mounts".into(), defaults.span()));
        }
        let annotation = self.annotations.iter().find_map(|annotations| find(*annotations, CRI_O));
        if let Some(entry) = annotation {
            return Some(("CRI-O may heed the annotation for its size".into(), entry.span()));
        }
        let patch = self.patch.filter(|patch| {
            let text = patch.str().unwrap_or_default();
            text.contains("volume") || text.contains("hostIPC")
        })?;
        Some(("podSpecPatch changes the volumes".into(), patch.span()))
    }

    /// The volume mounts that all containers have: in Argo's `templateDefaults`, in Tekton's `stepTemplate`.
    fn defaults(&self) -> Option<Node<'a>> {
        let argo = ["container", "script"].iter().find_map(|key| {
            let path = format!("spec.templateDefaults.{key}.volumeMounts");
            at(self.object.node, &path).filter(|_| self.object.is_argo())
        });
        argo.or_else(|| at(self.pod.spec, "stepTemplate.volumeMounts"))
    }

    /// The workload of one container.
    fn item(
        &self,
        manifest: &Arc<Manifest>,
        container: &Container<'a>,
        around: &Neighbours<'_>,
    ) -> FoundContainer {
        let node = container.node;
        let gpu = self.gpu(container, around);
        let mut found = self.pod.settings(container, &[(node, "volumeMounts")]);
        found.extend(self.outside(container, around));
        let hook = get(node, "lifecycle").map(Node::span);
        if let Some(place) = hook.filter(|hook| mounts_shm(hook.of(manifest.text()))) {
            found.push(self.pod.unread("a hook mounts it anew", place));
        }
        let builds = around.builds.at(&manifest.place(node.span()));
        if builds.is_empty() && get(node, "image").is_none() && !manifest.may_gain(node) {
            found
                .push(self.pod.unread("a patch: the rest of the container stands elsewhere", container.head));
        } else if around.builds.is_exhausted() {
            found.push(self.pod.unread("kustomizations build more than is followed", container.head));
        }
        let own_limit = || {
            let limit = at(node, "resources.limits.memory")?;
            Some((manifest.bytes(node, "resources.limits.memory")?, limit))
        };
        let name = if container.name.is_empty() { container.list } else { container.name };
        let mut workload =
            Workload::new(Platform::Kubernetes, Engine::Kubernetes, name, manifest.place(container.head));
        describe(manifest, node, &mut workload);
        workload.inside.mounts = self.pod.maps(node);
        if let Some(live) = &self.live {
            workload.platform = Platform::Live;
            workload.running = Some(Box::new(live.container(container.name)));
        }
        workload.inside.later.extend(mpi::worker(manifest, self.object, self.pod.spec));
        workload.kind = Some(self.object.kind).filter(|kind| !kind.is_empty()).map(str::to_owned);
        workload.gpu = gpu;
        workload.memory_limit =
            self.memory_limit.or_else(own_limit).map(|(bytes, node)| (bytes, manifest.place(node.span())));
        let spot = ContainerSpot::new(&self.pod, manifest, (self.holder, node), container.head.start);
        let mut item = finish(workload, found, spot);
        if !builds.is_empty() {
            item.is_built(builds);
        }
        item
    }

    /// What operators, webhooks and the files that this one patches may add.
    fn outside(&self, container: &Container<'a>, around: &Neighbours<'_>) -> Vec<LocatedSetting> {
        let node = container.node;
        // What webhooks and operators add stands in a pod that runs.
        if self.live.is_some() {
            return Vec::new();
        }
        let mut found = custom::configured(&self.pod, around.options, self.object, container.head);
        if let Some(row) = custom::of_container(self.object, &self.way, container) {
            let frames = self.way.iter().map(|frame| frame.node).chain([self.object.node]);
            let holders: Vec<Node<'a>> = frames.filter(|node| node.is_mapping()).take(HOLDERS).collect();
            found.extend(custom::settings(&self.pod, row, &holders, node));
        }
        found
    }
}

/// The volumes that containers of a pod spec can mount: its own, and for Argo those of the templates and workflow around it.
/// `frames` lead from the pod spec to its object.
fn volumes<'a>(manifest: &'a Manifest, object: Object<'a>, frames: &[ShapeFrame<'a>]) -> Volumes<'a> {
    let named = |node: Node<'a>, is_claim: bool| {
        let name = match get(node, "metadata").filter(|_| is_claim) {
            Some(metadata) => manifest.text_of(metadata, "name"),
            None => manifest.text_of(node, "name"),
        };
        Some(Volume { name: name?, node, is_claim })
    };
    let reach = if object.is_argo() { frames.len() } else { 1 };
    let lists = frames.iter().take(reach).filter_map(|frame| frame.volumes);
    let volumes = lists.flat_map(Node::items).filter_map(|node| named(node.resolve(), false));
    let claims = get(object.node, "spec").into_iter().flat_map(|spec| list(spec, "volumeClaimTemplates"));
    Volumes::new(manifest, volumes.chain(claims.filter_map(|node| named(node, true))))
}

impl Pod<'_> {
    /// The `ConfigMap`s that a container mounts, with their paths.
    fn maps(&self, container: Node<'_>) -> Vec<(String, String)> {
        let manifest = self.manifest;
        let map = |volume: &str| {
            let named = |node: &Node<'_>| manifest.text_of(*node, "name") == Some(volume);
            let volume = list(self.spec, "volumes").find(named)?;
            manifest.text_of(get(volume, "configMap")?, "name").map(str::to_owned)
        };
        let mounts = list(container, "volumeMounts").filter_map(|mount| {
            let (name, path) = (manifest.text_of(mount, "name")?, manifest.text_of(mount, "mountPath")?);
            let key = manifest.text_of(mount, "subPath").map(|key| format!("/{key}")).unwrap_or_default();
            Some((format!("{CONFIG_MAP}{}{key}", map(name)?), path.to_owned()))
        });
        mounts.collect()
    }
}

/// How often the containers of a pod mount each volume, and how often elsewhere than on `/dev/shm`.
fn uses<'a>(manifest: &'a Manifest, containers: &[Container<'a>]) -> HashMap<&'a str, (usize, usize)> {
    let mut uses: HashMap<&str, (usize, usize)> = HashMap::new();
    for mount in containers.iter().flat_map(|container| list(container.node, "volumeMounts")) {
        if let Some(name) = manifest.text_of(mount, "name") {
            let uses = uses.entry(name).or_default();
            uses.0 += 1;
            uses.1 += usize::from(!manifest.text_of(mount, "mountPath").is_some_and(shm::is_shm));
        }
    }
    uses
}

/// The GPUs that a `podSpecPatch` gives a container.
fn patched_gpu(manifest: &Manifest, patch: Node<'_>, container: &str, gpu: &mut Gpu) {
    let text = patch.str().unwrap_or_default();
    if !super::words::speaks_of_us(text) {
        return;
    }
    let literal = patch.style() == Some(ScalarStyle::Literal);
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
