//! Writes changes into pod specs: a volume in memory and its mount, in the style of what stands around them.

use std::collections::HashMap;
use std::sync::Arc;

use super::manifest::{Manifest, find, get};
use super::overlay::{Beside, PatchSpot};
use super::shm::{Nodes, Pod};
use super::volumes::Volume;
use crate::container::finding::Change;
use crate::container::workload::{Platform, Workload};
use crate::platform::kind::Writer;
use crate::size::Dialect;
use crate::syntax::yaml::{Editor, EntryPosition, Insertion, NewValue, Node, NodeId};
use crate::text::edits::Edit;
use crate::text::source::Span;

/// Names for a new volume, in the order in which they are tried.
const NAMES: &[&str] = &["dshm", "shm", "dev-shm", "shared-memory", "dshm-memory"];

/// So many containers of one pod are given a volume by one edit.
const MOST_BESIDE: usize = 16;

/// Where a workload stands, for edits.
#[derive(Debug)]
pub(super) struct ContainerSpot {
    manifest: Arc<Manifest>,
    /// The mapping with the volumes.
    pod: NodeId,
    container: NodeId,
    /// Where the container begins: what its edits add must be written whenever that is.
    base: usize,
    /// A memory volume that another container mounts on `/dev/shm`.
    shared: Option<NodeId>,
    /// A name that no volume has yet.
    free: Option<&'static str>,
    /// Volumes that are mounted elsewhere, too, or in other containers: they keep what they are.
    busy: Vec<NodeId>,
    /// Those that are mounted elsewhere than on `/dev/shm`: they keep their size.
    elsewhere: Vec<NodeId>,
    /// The nodes of the workload's settings, one each.
    pub(super) settings: Vec<Nodes>,
    /// What each build that lacks a size can get it by in place of this one: where another build of this container must not.
    pub(super) patches: Vec<PatchSpot>,
}

impl ContainerSpot {
    /// Where a container, whose head begins at `base`, stands in a pod: the mapping with the volumes, and its own.
    pub(super) fn new(
        pod: &Pod<'_>,
        manifest: &Arc<Manifest>,
        (holder, container): (Node<'_>, Node<'_>),
        base: usize,
    ) -> Self {
        // What stands around the pod is for others as well.
        let is_own = |volume: &Volume<'_>| holder.span().contains(volume.node.span());
        let used = |test: &dyn Fn(&Volume<'_>, (usize, usize)) -> bool| {
            let volumes = pod.on_shm.keys().filter_map(|name| pod.volumes.get(name));
            let test =
                |volume: &&Volume<'_>| test(volume, pod.uses.get(volume.name).copied().unwrap_or_default());
            volumes.filter(test).map(|volume| volume.node.id()).collect()
        };
        let shared = pod.volumes.memory().find(|volume| pod.on_shm.contains_key(volume.name));
        Self {
            manifest: Arc::clone(manifest),
            pod: holder.id(),
            container: container.id(),
            base,
            shared: shared.map(|volume| volume.node.id()),
            free: NAMES.iter().find(|name| pod.volumes.get(name).is_none()).copied(),
            busy: used(&|volume, uses| uses.0 > 1 || !is_own(volume)),
            elsewhere: used(&|volume, uses| uses.1 > 0 || !is_own(volume)),
            settings: Vec::new(),
            patches: Vec::new(),
        }
    }
}

impl ContainerSpot {
    /// The name of a new volume.
    pub(super) fn free(&self) -> Option<&'static str> {
        self.free
    }

    /// Gives a new volume another name than those that are taken elsewhere.
    pub(super) fn avoid(&mut self, taken: impl Fn(&str) -> bool) {
        let from = NAMES.iter().position(|name| Some(*name) == self.free).unwrap_or(NAMES.len());
        self.free = NAMES.iter().skip(from).find(|name| !taken(name)).copied();
    }
}

/// Writes for the workloads of one unit.
#[derive(Debug)]
pub(super) struct PodWriter {
    spots: Vec<ContainerSpot>,
}

impl PodWriter {
    pub(super) fn new(spots: Vec<ContainerSpot>) -> Self {
        Self { spots }
    }

    /// A volume and its mount in each of the patches that stand for a spot; by operations also the mounts of those `beside`.
    fn in_patches(&self, spot: &ContainerSpot, beside: &Beside<'_>, bytes: u64) -> Option<Vec<Edit>> {
        let edits = spot.patches.iter().map(|patch| {
            if let Some(index) = patch.merged {
                let spot = self.spots.get(index)?;
                let editor = Editor::new(&spot.manifest.yaml, spot.manifest.text());
                return ManifestWriter { spot, editor: &editor }.new_volume(bytes).into_iter().next();
            }
            let overlay = patch.operated.as_deref()?;
            let all = beside.get(&overlay.pod()).filter(|all| all.len() <= MOST_BESIDE);
            Some(vec![overlay.edit(all.unwrap_or(&vec![overlay]), bytes)?])
        });
        let mut edits: Vec<Edit> = edits.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
        // Two builds may have one patch.
        edits.sort_by_cached_key(|edit| (edit.source.path().to_owned(), edit.span));
        edits.dedup_by(|one, other| one.same_as(other));
        (!edits.is_empty()).then_some(edits)
    }
}

impl Writer for PodWriter {
    fn write(&self, index: usize, workload: &Workload, change: &Change) -> Vec<Vec<Edit>> {
        let Some(spot) = self.spots.get(index) else { return Vec::new() };
        let editor = Editor::new(&spot.manifest.yaml, spot.manifest.text());
        ManifestWriter { spot, editor: &editor }.write(workload, change)
    }

    /// Containers of one pod share the volume, so that it is as large as the largest wish.
    fn write_all(&self, wanted: &mut [(usize, &Workload, Change)]) -> Vec<Vec<Vec<Edit>>> {
        let mut largest: HashMap<(*const Manifest, NodeId), u64> = HashMap::new();
        let pod = |index: usize| {
            let spot = self.spots.get(index)?;
            Some((Arc::as_ptr(&spot.manifest), spot.pod))
        };
        for (index, _, change) in wanted.iter() {
            if let (Change::SetSize { bytes, .. }, Some(pod)) = (change, pod(*index)) {
                let known = largest.entry(pod).or_default();
                *known = (*known).max(*bytes);
            }
        }
        let mut beside = Beside::default();
        let spots = wanted.iter().filter_map(|(index, ..)| self.spots.get(*index));
        for overlay in spots.flat_map(|it| &it.patches).filter_map(|it| it.operated.as_deref()) {
            beside.entry(overlay.pod()).or_default().push(overlay);
        }
        // What a file does is looked at once, however many its containers are.
        let mut editors: HashMap<*const Manifest, Editor<'_>> = HashMap::new();
        let mut written = Vec::with_capacity(wanted.len());
        for (index, workload, change) in wanted {
            // A pod that runs is changed where it was made.
            let Some(spot) = self.spots.get(*index).filter(|_| workload.platform != Platform::Live) else {
                written.push(Vec::new());
                continue;
            };
            if let Change::SetSize { bytes, .. } = change {
                let pod = pod(*index).and_then(|pod| largest.get(&pod));
                *bytes = pod.copied().unwrap_or(*bytes);
            }
            let manifest = &spot.manifest;
            let editor = editors
                .entry(Arc::as_ptr(manifest))
                .or_insert_with(|| Editor::new(&manifest.yaml, manifest.text()));
            let mut ways = ManifestWriter { spot, editor }.write(workload, change);
            if let Change::SetSize { bytes, .. } = change {
                let patched = [&beside, &Beside::default()].map(|it| self.in_patches(spot, it, *bytes));
                let second = ways.len().min(1);
                ways.splice(second..second, patched.into_iter().flatten());
            }
            written.push(ways);
        }
        written
    }
}

/// Writes for one workload.
struct ManifestWriter<'p, 'a> {
    spot: &'a ContainerSpot,
    editor: &'p Editor<'a>,
}

impl<'a> ManifestWriter<'_, 'a> {
    fn manifest(&self) -> &'a Manifest {
        &self.spot.manifest
    }

    fn nodes(&self, setting: usize) -> Option<Nodes> {
        self.spot.settings.get(setting).copied()
    }

    fn write(&self, workload: &Workload, change: &Change) -> Vec<Vec<Edit>> {
        let one = |edits: Option<Vec<Edit>>| edits.into_iter().collect();
        match change {
            Change::SetSize { bytes, .. } => {
                let shared = self.mount_volume(self.spot.shared);
                shared.into_iter().chain(self.new_volume(*bytes)).collect()
            }
            Change::MountVolume { setting, bytes } => {
                let volume = self.nodes(*setting).and_then(|nodes| nodes.volume);
                let larger = bytes.and_then(|bytes| self.limit(*setting, bytes));
                let ways = self.mount_volume(volume).into_iter();
                ways.map(|edits| {
                    in_order(edits.into_iter().chain(larger.clone().unwrap_or_default()).collect())
                })
                .collect()
            }
            Change::ReplaceSize { setting, .. }
            | Change::SetMedium { setting }
            | Change::Limit { setting, .. }
                if self.is_for_others(*setting, change) =>
            {
                Vec::new()
            }
            Change::ReplaceSize { setting, bytes } => one(self.replace_size(workload, *setting, *bytes)),
            Change::AskForGpus => Vec::new(),
            Change::SetMedium { setting } => one(self.set_medium(*setting)),
            Change::Limit { setting, bytes } => one(self.limit(*setting, *bytes)),
            Change::ReplaceBySize { setting, .. } if self.is_for_others(*setting, change) => Vec::new(),
            Change::Remove { setting } => one(self.remove(*setting).map(|edit| vec![edit])),
            Change::ReplaceBySize { setting, bytes } => self.replace_by_size(*setting, *bytes),
            Change::MoveFlag { .. } => Vec::new(),
        }
    }

    /// A volume and its mount, at each pair of places where they can stand.
    fn new_volume(&self, bytes: u64) -> Vec<Vec<Edit>> {
        let Some(name) = self.spot.free else { return Vec::new() };
        let volume = NewValue::mapping([("name", NewValue::plain(name)), ("emptyDir", empty_dir(bytes))]);
        let pod = self.manifest().node(self.spot.pod);
        let volumes = self.listed(pod, "volumes", &volume, "containers");
        let mounts = self.mounts(name.to_owned());
        // Both have their best place first; other pairs are tried where a proof fails.
        let pairs = volumes.iter().flat_map(|volume| mounts.iter().map(move |mount| (volume, mount)));
        pairs.map(|(volume, mount)| in_order(vec![volume.clone(), mount.clone()])).collect()
    }

    /// A mount of a volume that is there already.
    fn mount_volume(&self, volume: Option<NodeId>) -> Vec<Vec<Edit>> {
        let volume = volume.map(|id| self.manifest().node(id));
        let Some(name) = volume.and_then(|volume| self.manifest().text_of(volume, "name")) else {
            return Vec::new();
        };
        self.mounts(name.to_owned()).into_iter().map(|edit| vec![edit]).collect()
    }

    /// The ways to mount a volume on `/dev/shm` in the container.
    fn mounts(&self, name: String) -> Vec<Edit> {
        let mount =
            NewValue::mapping([("name", NewValue::plain(name)), ("mountPath", NewValue::plain("/dev/shm"))]);
        let container = self.manifest().node(self.spot.container);
        self.listed(container, "volumeMounts", &mount, "resources")
    }

    /// The ways to add an item to the list under a key of a mapping, which is made where it is not there: behind the
    /// key `near`, at the end, behind any other.
    fn listed(&self, mapping: Node<'a>, key: &str, item: &NewValue, near: &str) -> Vec<Edit> {
        // Of two equal keys the last one counts.
        let found = match mapping.entries().filter(|entry| entry.key.str() == Some(key)).last() {
            Some(entry) if entry.value.is_missing() => self
                .editor
                .fill(mapping, entry, &NewValue::Sequence(vec![item.clone()]))
                .into_iter()
                .collect(),
            Some(entry) => self.editor.append(entry.value, item).into_iter().collect(),
            None => self.keyed(mapping, key, &NewValue::Sequence(vec![item.clone()]), near),
        };
        let manifest = self.manifest();
        let text = manifest.layer.text();
        let literal = |edit: &Insertion| manifest.template.is_literal_spot(text, edit.at, self.spot.base);
        let edits = found.into_iter().filter(literal);
        edits.filter_map(|edit| manifest.layer.edit(Span::at(edit.at), &edit.text)).collect()
    }

    /// The ways to add a key to a mapping.
    fn keyed(&self, mapping: Node<'a>, key: &str, value: &NewValue, near: &str) -> Vec<Insertion> {
        const MOST: usize = 8;
        let near = mapping.entry(near).map(|entry| EntryPosition::After(entry.key.id()));
        let others = if self.manifest().template.has_actions() { MOST } else { 0 };
        let mut others: Vec<EntryPosition> =
            mapping.entries().take(others).map(|entry| EntryPosition::After(entry.key.id())).collect();
        others.reverse();
        let templates = self.manifest().template.has_actions().then_some(EntryPosition::First);
        let last = Some(EntryPosition::Last);
        // A mount stands beside the resources, volumes at the end of the pod.
        let first = if key == "volumes" { [last, near] } else { [near, last] };
        let mut found: Vec<Insertion> = Vec::new();
        for place in first.into_iter().flatten().chain(others).chain(templates) {
            let edit = self.editor.insert(mapping, place, key, value);
            found.extend(edit.filter(|edit| !found.contains(edit)));
        }
        found
    }

    /// Whether what a change makes of a setting's volume is felt elsewhere, too.
    fn is_for_others(&self, setting: usize, change: &Change) -> bool {
        let volumes =
            if matches!(change, Change::ReplaceSize { .. }) { &self.spot.elsewhere } else { &self.spot.busy };
        self.nodes(setting).and_then(|nodes| nodes.volume).is_some_and(|volume| volumes.contains(&volume))
    }

    fn replace_size(&self, workload: &Workload, setting: usize, bytes: u64) -> Option<Vec<Edit>> {
        let text = workload.settings.get(setting)?.spell(bytes)?;
        let value = self.manifest().node(self.nodes(setting)?.value?);
        Some(vec![self.rewrite(value, &text)?])
    }

    /// Puts another text in place of a scalar, in the quotes that it has.
    fn rewrite(&self, value: Node<'a>, text: &str) -> Option<Edit> {
        let (span, inner) = (value.span(), value.inner_span()?);
        let quote = Span::new(span.start, inner.start).of(self.manifest().text());
        self.manifest().layer.edit(span, &format!("{quote}{text}{quote}"))
    }

    /// The `emptyDir` of the volume that a setting is about, and the volume.
    fn empty_dir(&self, setting: usize) -> Option<(Node<'a>, Node<'a>)> {
        let volume = self.manifest().node(self.nodes(setting)?.volume?);
        Some((volume, get(volume, "emptyDir")?))
    }

    fn set_medium(&self, setting: usize) -> Option<Vec<Edit>> {
        let (volume, empty_dir) = self.empty_dir(setting)?;
        if let Some(medium) = find(empty_dir, "medium").filter(|medium| !medium.value.is_missing()) {
            return Some(vec![self.rewrite(medium.value, "Memory")?]);
        }
        let memory = NewValue::plain("Memory");
        let edit = match find(empty_dir, "medium") {
            Some(medium) => self.editor.fill(empty_dir, medium, &memory)?,
            None if empty_dir.is_missing() => self.editor.fill(
                volume,
                find(volume, "emptyDir")?,
                &NewValue::mapping([("medium", memory)]),
            )?,
            None => self.editor.insert(empty_dir, EntryPosition::First, "medium", &memory)?,
        };
        Some(vec![self.manifest().layer.edit(Span::at(edit.at), &edit.text)?])
    }

    fn limit(&self, setting: usize, bytes: u64) -> Option<Vec<Edit>> {
        let (_, empty_dir) = self.empty_dir(setting)?;
        let text = Dialect::Kubernetes.write(bytes);
        let edit = match find(empty_dir, "sizeLimit") {
            Some(entry) if entry.value.is_missing() => {
                self.editor.fill(empty_dir, entry, &NewValue::plain(text))?
            }
            // What a template or a tool fills in stays.
            Some(entry) if self.manifest().is_open(entry.value.resolve()) => return None,
            Some(entry) => return Some(vec![self.rewrite(entry.value, &text)?]),
            None => {
                self.editor.insert(empty_dir, EntryPosition::Last, "sizeLimit", &NewValue::plain(text))?
            }
        };
        Some(vec![self.manifest().layer.edit(Span::at(edit.at), &edit.text)?])
    }

    fn remove(&self, setting: usize) -> Option<Edit> {
        let (mapping, key) = self.nodes(setting)?.entry?;
        self.take_out(self.manifest().node(mapping), key)
    }

    fn take_out(&self, mapping: Node<'a>, key: NodeId) -> Option<Edit> {
        let span = self.editor.remove(mapping, key)?;
        self.manifest().layer.edit(span, "")
    }

    /// The host's memory goes: `hostIPC`, or the volume's `hostPath`, for which memory of the pod's own stands then.
    fn replace_by_size(&self, setting: usize, bytes: u64) -> Vec<Vec<Edit>> {
        let Some(nodes) = self.nodes(setting) else { return Vec::new() };
        if let Some(volume) = nodes.volume.map(|id| self.manifest().node(id)) {
            let before = volume.entries().take_while(|entry| entry.key.str() != Some("hostPath")).last();
            let edits = find(volume, "hostPath").and_then(|host| {
                let place = before.map_or(EntryPosition::First, |entry| EntryPosition::After(entry.key.id()));
                let edit = self.editor.insert(volume, place, "emptyDir", &empty_dir(bytes))?;
                let new = self.manifest().layer.edit(Span::at(edit.at), &edit.text)?;
                Some(vec![self.take_out(volume, host.key.id())?, new])
            });
            return edits.into_iter().collect();
        }
        let Some(gone) = self.remove(setting) else { return Vec::new() };
        let ways = self.new_volume(bytes).into_iter();
        ways.map(|edits| in_order(edits.into_iter().chain([gone.clone()]).collect())).collect()
    }
}

/// Edits in the order of the file. Of two at one place the one with the deeper lines comes first: it belongs to what ends
/// there.
fn in_order(mut edits: Vec<Edit>) -> Vec<Edit> {
    edits.sort_by(|a, b| (a.span, &a.text).cmp(&(b.span, &b.text)));
    edits
}

pub(super) fn empty_dir(bytes: u64) -> NewValue {
    let size = Dialect::Kubernetes.write(bytes);
    NewValue::mapping([("medium", NewValue::plain("Memory")), ("sizeLimit", NewValue::plain(size))])
}
