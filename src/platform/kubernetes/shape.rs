//! Finds what starts containers by its shape, in objects of any kind: pod specs (a mapping with a list of containers),
//! Argo's templates, and mappings that ask for a GPU without naming containers (custom resources, values of charts).

use std::collections::HashSet;

use super::custom;
use super::gpu;
use super::kinds::Custom;
use super::live;
use super::manifest::{Manifest, find, get};
use crate::syntax::yaml::{CollectionLayout, Node, NodeId, NodeKind, ScalarStyle};
use crate::text::scan::holds;
use crate::text::source::Span;

/// The lists of a pod spec that hold containers. `sidecars` are Argo's.
pub(super) const CONTAINER_LISTS: &[&str] =
    &["initContainers", "containers", "ephemeralContainers", "sidecars"];

/// The list of a Tekton task that holds its containers.
const STEPS: &str = "steps";

/// The keys of an Argo template that hold its container.
const ARGO_CONTAINERS: &[&str] = &["container", "script"];

/// A mapping or list on the way to what was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShapeFrame<'a> {
    pub(super) node: Node<'a>,
    /// The key that it stands under; empty for list items and roots.
    pub(super) key: &'a str,
    /// The node of that key.
    pub(super) key_node: Option<Node<'a>>,
    /// What holds it.
    pub(super) outer: Option<usize>,
    /// The object that it is a part of, or is itself.
    pub(super) object: Option<usize>,
    /// Its `volumes`.
    pub(super) volumes: Option<Node<'a>>,
    /// Its `podSpecPatch`: Argo's patch of pod specs, a text.
    pub(super) patch: Option<Node<'a>>,
}

/// Everything that was found in one document.
#[derive(Debug)]
pub(super) struct ObjectTree<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) frames: Vec<ShapeFrame<'a>>,
    /// Frames of pod specs.
    pub(super) pods: Vec<usize>,
    /// Mappings that stand for a container without naming one.
    pub(super) others: Vec<Other<'a>>,
    /// Their addresses.
    known: HashSet<NodeId>,
    /// Mappings with a kind.
    pub(super) objects: Vec<Object<'a>>,
    /// Block scalars that hold manifests.
    pub(super) embedded: Vec<Node<'a>>,
}

/// A mapping that stands for a container without naming one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Other<'a> {
    pub(super) node: Node<'a>,
    /// The key that it stands under.
    pub(super) key: Option<Node<'a>>,
    /// Its frame, or that of its object where the table of kinds names it.
    pub(super) frame: usize,
    /// The row that names it.
    pub(super) row: Option<&'static Custom>,
}

/// What one object says of itself; all but the node is empty where a document is none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object<'a> {
    pub(super) node: Node<'a>,
    pub(super) kind: &'a str,
    pub(super) api: &'a str,
    pub(super) name: Option<&'a str>,
    pub(super) namespace: Option<&'a str>,
}

impl Object<'_> {
    /// Whether Argo runs it.
    pub(super) fn is_argo(&self) -> bool {
        self.api.starts_with("argoproj.io/")
    }

    /// Whether Tekton runs it: <https://github.com/tektoncd/pipeline/blob/043e8a1d7e124be33bdfc47a5ef41e9014cfa097/docs/tasks.md>.
    fn is_tekton(&self) -> bool {
        self.api.starts_with("tekton.dev/")
    }

    /// The lists that hold containers in its pod specs.
    fn container_lists(&self) -> impl Iterator<Item = &'static str> + use<> {
        CONTAINER_LISTS.iter().copied().chain(self.is_tekton().then_some(STEPS))
    }

    /// Whether containers of a pod spec stand under a key.
    fn holds_container(&self, key: Node<'_>) -> bool {
        let Some(key) = key.str() else { return false };
        self.container_lists().any(|list| list == key) || (self.is_argo() && ARGO_CONTAINERS.contains(&key))
    }
}

/// One container of a pod spec.
#[derive(Clone, Debug)]
pub(super) struct Container<'a> {
    pub(super) node: Node<'a>,
    pub(super) name: &'a str,
    /// From its dash, or its key, to the end of that line.
    pub(super) head: Span,
    /// Which list it stands in, or the key of Argo's.
    pub(super) list: &'static str,
    /// Its place in that list.
    pub(super) index: usize,
}

/// What one look at the keys of a mapping shows.
#[derive(Default)]
struct Keys<'a> {
    kind: Option<Node<'a>>,
    api: Option<Node<'a>>,
    metadata: Option<Node<'a>>,
    volumes: Option<Node<'a>>,
    patch: Option<Node<'a>>,
    lists_containers: bool,
    lists_steps: bool,
    may_ask: bool,
}

impl<'a> Keys<'a> {
    fn of(node: Node<'a>) -> Self {
        let mut keys = Self::default();
        for entry in node.entries() {
            let Some(key) = entry.key.str() else { continue };
            match key {
                "kind" => keys.kind = Some(entry.value),
                "apiVersion" => keys.api = Some(entry.value),
                "metadata" => keys.metadata = Some(entry.value.resolve()),
                "volumes" => keys.volumes = Some(entry.value.resolve()),
                "podSpecPatch" => keys.patch = Some(entry.value.resolve()),
                STEPS => keys.lists_steps = holds_containers(entry.value),
                _ if CONTAINER_LISTS.contains(&key) => keys.lists_containers |= holds_containers(entry.value),
                _ => keys.may_ask |= gpu::may_ask(key),
            }
        }
        keys
    }
}

impl<'a> ObjectTree<'a> {
    /// Walks one document. Takes time linear in its nodes; aliases are not followed, so nothing is found twice.
    pub(super) fn of(manifest: &'a Manifest, root: Node<'a>) -> Self {
        let mut tree = Self {
            manifest,
            frames: Vec::new(),
            pods: Vec::new(),
            others: Vec::new(),
            known: HashSet::new(),
            objects: Vec::new(),
            embedded: Vec::new(),
        };
        tree.push(root, None, None, None);
        let mut next = 0;
        while let Some(frame) = tree.frames.get(next).copied() {
            match frame.node.kind() {
                NodeKind::Mapping(_) => tree.mapping(next, frame),
                NodeKind::Sequence(_) => {
                    for item in frame.node.items().filter(|item| item.is_mapping() || item.is_sequence()) {
                        tree.push(item, None, Some(next), frame.object);
                    }
                }
                _ => {}
            }
            next += 1;
        }
        tree
    }

    fn push(&mut self, node: Node<'a>, key: Option<Node<'a>>, outer: Option<usize>, object: Option<usize>) {
        let name = key.and_then(Node::str).unwrap_or_default();
        self.frames.push(ShapeFrame {
            node,
            key: name,
            key_node: key,
            outer,
            object,
            volumes: None,
            patch: None,
        });
    }

    fn mapping(&mut self, index: usize, mut frame: ShapeFrame<'a>) {
        let keys = Keys::of(frame.node);
        (frame.volumes, frame.patch) = (keys.volumes, keys.patch);
        // A raw list of the API names no kinds.
        let is_item = keys.kind.is_none() && keys.metadata.is_some() && live::is_pod(frame.node);
        if is_item || (keys.kind.is_some() && (keys.api.is_some() || frame.outer.is_none())) {
            frame.object = Some(self.objects.len());
            let kind = if is_item { "Pod" } else { "" };
            self.objects.push(self.object(frame.node, &keys, kind));
        }
        if let Some(kept) = self.frames.get_mut(index) {
            *kept = frame;
        }
        let object = self.object_of(&frame);
        if object.node.id() == frame.node.id() {
            for named in custom::of_object(object) {
                self.other(Other { node: named.node, key: named.key, frame: index, row: Some(named.row) });
            }
        }
        let pod = keys.lists_containers
            || (keys.lists_steps && object.is_tekton())
            || (object.is_argo() && argo_container(frame.node).is_some());
        if pod {
            self.pods.push(index);
        }
        for entry in frame.node.entries() {
            match entry.value.kind() {
                // Nothing of interest nests in a container.
                NodeKind::Mapping(_) | NodeKind::Sequence(_) if pod && object.holds_container(entry.key) => {}
                // What was observed of an object is no order to start it, and a schema's examples are text.
                _ if is_told(&object, &frame, entry.key) => {}
                NodeKind::Mapping(_) | NodeKind::Sequence(_) => {
                    self.push(entry.value, Some(entry.key), Some(index), frame.object);
                }
                NodeKind::Scalar(ScalarStyle::Literal) if may_hold_manifest(entry.value) => {
                    self.embedded.push(entry.value);
                }
                _ => {}
            }
        }
        if keys.may_ask && gpu::asks_beside_pod(self.manifest, frame.node, frame.object.is_some()) {
            self.other(Other { node: frame.node, key: frame.key_node, frame: index, row: None });
        }
    }

    fn object(&self, node: Node<'a>, keys: &Keys<'a>, kind: &'a str) -> Object<'a> {
        let text = |node: Option<Node<'a>>| node.and_then(Node::str).unwrap_or_default();
        let metadata = |key| keys.metadata.and_then(|metadata| self.manifest.text_of(metadata, key));
        Object {
            node,
            kind: keys.kind.map_or(kind, |node| text(Some(node))),
            api: text(keys.api),
            name: metadata("name").or_else(|| metadata("generateName")),
            namespace: metadata("namespace"),
        }
    }

    /// The object that a frame is a part of; for one that is in none, an empty one at the root.
    pub(super) fn object_of(&self, frame: &ShapeFrame<'a>) -> Object<'a> {
        let known = frame.object.and_then(|object| self.objects.get(object)).copied();
        let root = self.frames.first().map_or(frame.node, |root| root.node);
        known.unwrap_or(Object { node: root, kind: "", api: "", name: None, namespace: None })
    }

    /// Notes a mapping that stands for a container, once.
    fn other(&mut self, other: Other<'a>) {
        if self.known.insert(other.node.id()) {
            self.others.push(other);
        }
    }

    /// The frames from one upwards, itself first.
    pub(super) fn upwards(&self, index: usize) -> impl Iterator<Item = &ShapeFrame<'a>> {
        std::iter::successors(self.frames.get(index), |frame| self.frames.get(frame.outer?))
    }

    /// The containers of the pod spec at a frame, in the order of the lists above.
    pub(super) fn containers(&self, frame: &ShapeFrame<'a>) -> Vec<Container<'a>> {
        let mut found = Vec::new();
        let object = self.object_of(frame);
        for list in object.container_lists() {
            let Some(items) = get(frame.node, list).filter(|items| items.is_sequence()) else {
                continue;
            };
            let mut behind = items.span().start;
            for (index, item) in items.items().enumerate() {
                let head = head(self.manifest.text(), items, behind, item);
                behind = item.span().end;
                let node = item.resolve();
                if node.is_mapping() {
                    let name = self.manifest.text_of(node, "name").unwrap_or("");
                    found.push(Container { node, name, head, list, index });
                }
            }
        }
        if object.is_argo()
            && let Some((list, key, node)) = argo_container(frame.node)
        {
            // Argo's executor calls it so.
            let name = self.manifest.text_of(node, "name").unwrap_or("main");
            found.push(Container { node, name, head: key.span(), list, index: 0 });
        }
        found
    }
}

/// Whether what stands under a key of an object tells about it and starts nothing: the status, schemas.
fn is_told(object: &Object<'_>, frame: &ShapeFrame<'_>, key: Node<'_>) -> bool {
    let is_root = object.node.id() == frame.node.id();
    (is_root && key.str() == Some("status")) || object.kind == "CustomResourceDefinition"
}

/// The mapping under `container` or `script` of an Argo template.
fn argo_container(node: Node<'_>) -> Option<(&'static str, Node<'_>, Node<'_>)> {
    ARGO_CONTAINERS.iter().find_map(|key| {
        let entry = find(node, key)?;
        let container = entry.value.resolve();
        (container.is_mapping() && node.get("name").is_some()).then_some((*key, entry.key, container))
    })
}

/// Whether a value is a list of mappings.
fn holds_containers(value: Node<'_>) -> bool {
    value.resolve().items().next().is_some_and(|first| first.resolve().is_mapping())
}

/// Whether a block scalar is worth reading as a manifest.
fn may_hold_manifest(scalar: Node<'_>) -> bool {
    let text = scalar.str().unwrap_or_default();
    let has = |word: &str| holds(text, word);
    // A patch of a kustomization names no image.
    has("containers:") && (has("image:") || has("resources:"))
}

/// From the dash of a list item to the end of its first line; for a flow list the item's bracket. `behind` is where the
/// item before it ends.
fn head(text: &str, list: Node<'_>, behind: usize, item: Node<'_>) -> Span {
    let start = item.start_with_properties();
    if list.layout() != Some(CollectionLayout::Block) {
        return Span::new(start, start + 1);
    }
    let gap = text.get(behind..start).unwrap_or_default();
    let mut dash = start;
    let mut at = start;
    for line in gap.split('\n').rev() {
        at -= line.len();
        if line.trim_start().starts_with('-') {
            dash = at + (line.len() - line.trim_start().len());
            break;
        }
        at = at.saturating_sub(1);
    }
    let first = item.resolve().entries().next();
    let end = first.map_or(item.span().end, |entry| entry.span().end);
    let line = text.get(dash..end).unwrap_or_default();
    Span::new(dash, dash + line.find(['\n', '\r']).unwrap_or(line.len()))
}
