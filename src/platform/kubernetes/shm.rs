//! What a pod spec says of a container's `/dev/shm`: the volume mounted there, `hostIPC`, and what may add to them.

use std::collections::HashMap;

use super::manifest::{Manifest, at, find, get, list, quantity};
use super::shape::Container;
use super::volumes::{Volume, Volumes, describe, meant_for_shm};
use crate::container::workload::{Effect, Ipc, Mounted, Says, Setting, Target};
use crate::size::{Dialect, Size};
use crate::syntax::yaml::{Node, NodeId};
use crate::text::paths::join;
use crate::text::source::Span;

/// The path that decides.
pub(super) const SHM: &str = "/dev/shm";

/// A setting with the nodes that hold it, for edits.
pub(super) struct LocatedSetting {
    pub(super) setting: Setting,
    pub(super) nodes: Nodes,
}

/// The nodes that a setting was read from.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Nodes {
    /// The item of `volumes`.
    pub(super) volume: Option<NodeId>,
    /// The value alone: a size, `true`.
    pub(super) value: Option<NodeId>,
    /// The mapping that holds the setting, and its key there.
    pub(super) entry: Option<(NodeId, NodeId)>,
}

/// The volumes and the pod of a container.
pub(super) struct Pod<'a> {
    pub(super) manifest: &'a Manifest,
    /// The pod spec; where volumes and containers stand in different mappings, that with the volumes.
    pub(super) spec: Node<'a>,
    pub(super) volumes: Volumes<'a>,
    /// The pod's memory limit as a kubelet works it out.
    pub(super) memory_limit: Option<u64>,
    /// The volumes that are mounted on `/dev/shm`.
    pub(super) on_shm: HashMap<&'a str, VolumeUser<'a>>,
    /// How often each volume is mounted, and how often elsewhere than on `/dev/shm`.
    pub(super) uses: HashMap<&'a str, (usize, usize)>,
    /// Why the pod may have more than is written.
    pub(super) unread: Option<(String, Span)>,
}

/// A container that mounts a volume on `/dev/shm`.
#[derive(Clone, Copy)]
pub(super) struct VolumeUser<'a> {
    pub(super) name: &'a str,
    /// Whether it asks for a GPU: then the volume has its use, and others may do without.
    pub(super) gpu: bool,
}

impl<'a> Pod<'a> {
    /// A setting of this pod that takes effect.
    pub(super) fn found(
        &self,
        says: Says,
        text: String,
        value: &str,
        span: Span,
        nodes: Nodes,
    ) -> LocatedSetting {
        let place = self.manifest.place(span);
        let setting = Setting { says, text, value: value.to_owned(), place, effect: Effect::Effective };
        LocatedSetting { setting, nodes }
    }

    /// Everything that speaks of the `/dev/shm` of a container. `mounts` are the lists of its volume mounts: what holds
    /// them, and their keys.
    pub(super) fn settings(
        &self,
        container: &Container<'a>,
        mounts: &[(Node<'a>, &str)],
    ) -> Vec<LocatedSetting> {
        let manifest = self.manifest;
        let mut found = Vec::new();
        let all: Vec<Node<'a>> = mounts.iter().flat_map(|(holder, key)| list(*holder, key)).collect();
        for mount in &all {
            self.mount(container, *mount, &mut found);
        }
        self.unmounted(&all, &mut found);
        self.host_ipc(container, &mut found);
        let lists = mounts.iter().filter_map(|(holder, key)| Some((*holder, find(*holder, key)?)));
        let mut gains = lists.filter(|(holder, entry)| manifest.value_may_gain(*holder, *entry));
        if let Some((_, mounts)) = gains.next() {
            found.push(self.unread("a template writes volume mounts", mounts.key.span()));
        } else if manifest.may_gain(container.node) {
            found.push(self.unread("a template writes a part of the container", container.head));
        }
        if let Some((why, span)) = &self.unread {
            found.push(self.unread(why, *span));
        }
        found
    }

    /// Something that cannot be read and may set it.
    pub(super) fn unread(&self, why: &str, span: Span) -> LocatedSetting {
        self.found(Says::Unread(why.to_owned()), self.manifest.line(span), "", span, Nodes::default())
    }

    /// One volume mount.
    fn mount(&self, container: &Container<'a>, mount: Node<'a>, found: &mut Vec<LocatedSetting>) {
        let manifest = self.manifest;
        let path = get(mount, "mountPath");
        let name = manifest.text_of(mount, "name").unwrap_or_default();
        let volume = self.volumes.get(name);
        let Some(path) = path.filter(|path| !manifest.is_open(*path)).and_then(Node::str) else {
            // A disk is mounted anywhere but there.
            let disk = volume.is_some_and(|volume| matches!(self.mounted(volume, mount), Mounted::Disk(_)));
            if !disk && (manifest.may_gain(mount) || path.is_some()) {
                found.push(self.unread("a template writes where a volume is mounted", mount.span()));
            }
            return;
        };
        let target = match absolute(path).as_str() {
            SHM => Target::Shm,
            "/dev" => Target::Dev,
            path if path.starts_with("/dev/shm/") => Target::BelowShm,
            _ => return,
        };
        let base = container.head.start;
        let conditional = |node: Node<'_>| manifest.template.is_conditional(node.span().start, base);
        let what = match volume {
            _ if conditional(mount) => {
                Mounted::Unknown("a condition of the template decides whether it is mounted".into())
            }
            Some(volume) if conditional(volume.node) => {
                Mounted::Unknown("a condition of the template decides which volume it is".into())
            }
            Some(volume) => self.mounted(volume, mount),
            None => Mounted::Unknown(format!("no volume '{name}' stands here")),
        };
        let text = match volume {
            Some(volume) => describe(manifest, volume, path),
            None => format!("mountPath: {path}"),
        };
        let nodes = Nodes { volume: volume.map(|volume| volume.node.id()), ..Nodes::default() };
        let read_only = manifest.text_of(mount, "readOnly") == Some("true");
        let memory = matches!(what, Mounted::Memory(_));
        let span = if target == Target::Shm {
            volume.map_or(mount.span(), |it| it.node.span())
        } else {
            mount.span()
        };
        let says = Says::Mount { target, what, read_only };
        found.push(self.found(says, text, "", span, nodes));
        if let Some(volume) = volume.filter(|_| target == Target::Shm) {
            if memory {
                self.size_limit(volume, nodes, found);
            }
            self.bad_medium(volume, nodes, found);
        }
    }

    /// A medium that no kubelet knows, such as `memory`: the pod never starts.
    fn bad_medium(&self, volume: &Volume<'a>, nodes: Nodes, found: &mut Vec<LocatedSetting>) {
        let entry = get(volume.node, "emptyDir").and_then(|empty_dir| find(empty_dir, "medium"));
        let Some((entry, medium)) = entry.and_then(|entry| Some((entry, entry.value.resolve().str()?)))
        else {
            return;
        };
        let known = ["", "Memory", "HugePages"].contains(&medium) || medium.starts_with("HugePages-");
        if known || self.manifest.is_open(entry.value.resolve()) {
            return;
        }
        let says = Says::Medium { meant: medium.eq_ignore_ascii_case("Memory") };
        found.push(self.found(says, self.manifest.line(entry.span()), medium, entry.span(), nodes));
    }

    /// What a volume puts where it is mounted.
    fn mounted(&self, volume: &Volume<'a>, mount: Node<'a>) -> Mounted {
        let manifest = self.manifest;
        if volume.is_claim {
            return Mounted::Disk("a persistent volume".into());
        }
        if let Some(empty_dir) = get(volume.node, "emptyDir") {
            return self.empty_dir(volume, empty_dir);
        }
        if let Some(host) = get(volume.node, "hostPath") {
            let path = get(host, "path");
            let Some(path) = path.filter(|path| !manifest.is_open(*path)).and_then(Node::str) else {
                return Mounted::Unknown("a template writes the hostPath".into());
            };
            let sub = manifest.text_of(mount, "subPath").unwrap_or_default();
            let full = format!("{}/{sub}", path.trim_end_matches('/'));
            return match full.trim_end_matches('/') {
                SHM => Mounted::Host,
                full => Mounted::Disk(format!("hostPath {full}")),
            };
        }
        let source = volume.node.entries().find(|entry| entry.key.str() != Some("name"));
        match source.and_then(|entry| entry.key.str()) {
            _ if manifest.may_gain(volume.node) => Mounted::Unknown("a template writes the volume".into()),
            Some(source @ ("csi" | "flexVolume")) => {
                Mounted::Unknown(format!("the driver of the {source} volume decides what it is"))
            }
            Some("persistentVolumeClaim" | "ephemeral" | "volumeClaimTemplate") => {
                Mounted::Disk("a persistent volume".into())
            }
            Some(source) => Mounted::Disk(format!("a {source} volume")),
            // A volume without a source is a disk-backed emptyDir.
            None => Mounted::Disk("a disk-backed emptyDir".into()),
        }
    }

    /// The kubelet: memory is `Memory` and nothing else, the size is the smallest of sizeLimit, the pod's memory limit and
    /// what the node has (`calculateEmptyDirMemorySize` in
    /// <https://github.com/kubernetes/kubernetes/blob/0379063428171859a1f4f50bd2f5e392513d2ed0/pkg/volume/emptydir/empty_dir.go>).
    fn empty_dir(&self, volume: &Volume<'a>, empty_dir: Node<'a>) -> Mounted {
        let manifest = self.manifest;
        let medium = find(empty_dir, "medium");
        let open = manifest.may_gain(empty_dir)
            || find(volume.node, "emptyDir").is_some_and(|it| manifest.value_may_gain(volume.node, it));
        let Some(medium) = medium else {
            return if open {
                Mounted::Unknown("a template writes the emptyDir".into())
            } else {
                Mounted::Disk("a disk-backed emptyDir".into())
            };
        };
        let conditional = manifest.template.is_conditional(medium.key.span().start, volume.node.span().start);
        if conditional || manifest.is_open(medium.value.resolve()) {
            return Mounted::Unknown("a template writes the medium".into());
        }
        match medium.value.resolve().str().unwrap_or_default() {
            "Memory" => {
                let size = manifest.bytes(empty_dir, "sizeLimit");
                Mounted::Memory([size, self.memory_limit].into_iter().flatten().min())
            }
            "" => Mounted::Disk("a disk-backed emptyDir".into()),
            medium if medium.starts_with("HugePages") => Mounted::Unknown(
                "files on huge pages are as large as whole pages, and cannot be written to".into(),
            ),
            medium => Mounted::Unknown(format!("the kubelet refuses the medium '{medium}'")),
        }
    }

    /// The sizeLimit of a memory volume, as a setting of its own.
    fn size_limit(&self, volume: &Volume<'a>, nodes: Nodes, found: &mut Vec<LocatedSetting>) {
        let Some(empty_dir) = get(volume.node, "emptyDir") else { return };
        let Some(entry) = find(empty_dir, "sizeLimit") else { return };
        let value = entry.value.resolve();
        let nodes = Nodes { value: Some(value.id()), entry: Some((empty_dir.id(), entry.key.id())), ..nodes };
        let text = self.manifest.line(entry.span());
        if self.manifest.is_open(value) {
            found.push(self.found(
                Says::Unread("a template writes the size".into()),
                text,
                "",
                entry.span(),
                nodes,
            ));
            return;
        }
        let Some(size) = quantity(value).filter(|size| *size != Size::Null) else { return };
        let written = value.str().unwrap_or_default();
        let says = Says::MountSize(Dialect::Kubernetes, size);
        found.push(self.found(says, text, written, entry.span(), nodes));
    }

    /// Memory volumes made for shm that this container does not mount there.
    fn unmounted(&self, mounts: &[Node<'a>], found: &mut Vec<LocatedSetting>) {
        let manifest = self.manifest;
        for volume in self.volumes.memory() {
            let own = mounts.iter().filter(|mount| manifest.text_of(**mount, "name") == Some(volume.name));
            let paths: Vec<&str> = own.filter_map(|mount| manifest.text_of(*mount, "mountPath")).collect();
            if paths.iter().any(|path| is_shm(path)) {
                continue;
            }
            let user = self.on_shm.get(volume.name);
            let in_use = paths.is_empty() && user.is_some_and(|user| user.gpu);
            if in_use || (user.is_none() && !meant_for_shm(volume.name, paths.first().copied())) {
                continue;
            }
            let here = paths.first().map(|path| format!("on `{path}`"));
            let mounted = here.or_else(|| user.map(|user| format!("in container '{}'", user.name)));
            let bytes = get(volume.node, "emptyDir").and_then(|dir| manifest.bytes(dir, "sizeLimit"));
            let says = Says::Volume { name: volume.name.to_owned(), mounted, bytes };
            let nodes = Nodes { volume: Some(volume.node.id()), ..Nodes::default() };
            let text = describe(manifest, volume, "");
            found.push(self.found(says, text, "", volume.node.span(), nodes));
        }
    }

    /// `hostIPC: true`.
    fn host_ipc(&self, container: &Container<'a>, found: &mut Vec<LocatedSetting>) {
        let manifest = self.manifest;
        let Some(entry) = find(self.spec, "hostIPC") else { return };
        let value = entry.value.resolve();
        let (at, base) = (entry.key.span().start, container.head.start);
        let ipc = match value.str() {
            _ if manifest.is_open(value) || manifest.template.is_conditional(at, base) => {
                Ipc::Unknown("a template writes hostIPC".into())
            }
            Some("true") => Ipc::Host,
            _ => return,
        };
        let nodes = Nodes {
            value: Some(value.id()),
            entry: Some((self.spec.id(), entry.key.id())),
            ..Nodes::default()
        };
        let written = manifest.str(value).unwrap_or_default();
        found.push(self.found(Says::Ipc(ipc), manifest.line(entry.span()), written, entry.span(), nodes));
    }
}

/// A mount path as the kubelet takes it, which makes a relative one absolute (`MakeAbsolutePath` in
/// <https://github.com/kubernetes/kubernetes/blob/0379063428171859a1f4f50bd2f5e392513d2ed0/pkg/kubelet/kubelet_pods.go>).
fn absolute(path: &str) -> String {
    join("", &format!("/{path}"))
}

/// Whether a path is that of shared memory itself.
pub(super) fn is_shm(path: &str) -> bool {
    absolute(path) == SHM
}

/// The memory limit of a pod: that of the pod itself, else the sum over its containers where every one has a limit
/// (`ResourceConfigForPod` in `pkg/kubelet/cm/helpers_linux.go` of Kubernetes 1.34).
pub(super) fn memory_limit<'a>(
    manifest: &'a Manifest,
    spec: Node<'a>,
    containers: &[Container<'a>],
) -> Option<(u64, Node<'a>)> {
    const LIMIT: &str = "resources.limits.memory";
    if let Some(node) = at(spec, LIMIT)
        && let Some(bytes) = manifest.bytes(spec, LIMIT)
    {
        return Some((bytes, node));
    }
    let mut sum = 0_u64;
    let mut first = None;
    for container in containers {
        let bytes = manifest.bytes(container.node, LIMIT)?;
        // Init containers run before the others, so theirs count only where they are larger: never so in practice.
        if container.list != "initContainers" {
            sum = sum.saturating_add(bytes);
            first = first.or_else(|| at(container.node, LIMIT));
        }
    }
    Some((sum, first?))
}
