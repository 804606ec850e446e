//! Finds what starts containers by its shape, in objects of any kind: pod specs (a mapping with a list of containers),
//! Argo's templates, and mappings that ask for a GPU without naming containers (custom resources, values of charts).

use std::collections::HashSet;

use super::custom;
use super::gpu;
use super::kinds::Custom;
use super::manifest::{Manifest, find, get};
use crate::source::Span;
use crate::syntax::yaml::{Kind, Layout, Node, NodeId, Style};

/// The lists of a pod spec that hold containers. `sidecars` are Argo's.
pub(super) const CONTAINER_LISTS: &[&str] =
    &["initContainers", "containers", "ephemeralContainers", "sidecars"];

/// The keys of an Argo template that hold its container.
const ARGO_CONTAINERS: &[&str] = &["container", "script"];

/// A mapping or list on the way to what was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) node: Node<'a>,
    /// The key that it stands under; empty for list items and roots.
    pub(super) key: &'a str,
    /// The node of that key.
    pub(super) key_node: Option<Node<'a>>,
    /// What holds it.
    pub(super) outer: Option<usize>,
    /// The object that it is a part of.
    pub(super) object: Option<usize>,
}

/// Everything that was found in one document.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) frames: Vec<Frame<'a>>,
    /// Frames of pod specs.
    pub(super) pods: Vec<usize>,
    /// Mappings that stand for a container without naming one.
    pub(super) others: Vec<Other<'a>>,
    /// Their addresses.
    known: HashSet<NodeId>,
    /// Frames of objects: mappings with a kind.
    pub(super) objects: Vec<usize>,
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

/// What one object says of itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object<'a> {
    pub(super) node: Node<'a>,
    pub(super) kind: &'a str,
    pub(super) api: &'a str,
    pub(super) name: Option<&'a str>,
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

impl<'a> Tree<'a> {
    /// Walks one document. Takes time linear in its nodes; aliases are not followed, so nothing is found twice.
    pub(super) fn of(manifest: &'a Manifest, root: Node<'a>) -> Self {
        let first = Frame { node: root, key: "", key_node: None, outer: None, object: None };
        let mut tree = Self {
            manifest,
            frames: vec![first],
            pods: Vec::new(),
            others: Vec::new(),
            known: HashSet::new(),
            objects: Vec::new(),
            embedded: Vec::new(),
        };
        let mut next = 0;
        while let Some(frame) = tree.frames.get(next).copied() {
            match frame.node.kind() {
                Kind::Mapping(_) => tree.mapping(next, frame),
                Kind::Sequence(_) => tree.sequence(next, frame),
                _ => {}
            }
            next += 1;
        }
        tree
    }

    fn mapping(&mut self, index: usize, frame: Frame<'a>) {
        let mut object = frame.object;
        let (mut kind, mut api, mut pod) = (None, None, false);
        for entry in frame.node.entries() {
            match entry.key.str() {
                Some("kind") => kind = entry.value.str(),
                Some("apiVersion") => api = entry.value.str(),
                Some(key) if CONTAINER_LISTS.contains(&key) => pod |= holds_containers(entry.value),
                _ => {}
            }
        }
        let is_object = kind.is_some() && (api.is_some() || frame.outer.is_none());
        if is_object {
            object = Some(index);
            self.objects.push(index);
            if let Some(frame) = self.frames.get_mut(index) {
                frame.object = object;
            }
        }
        if is_object || frame.outer.is_none() {
            for named in custom::of_object(self.object_at(index)) {
                self.other(Other { node: named.node, key: named.key, frame: index, row: Some(named.row) });
            }
        }
        let argo = object.is_some_and(|object| self.object_at(object).api.starts_with("argoproj.io/"));
        pod |= argo && argo_container(frame.node).is_some();
        if pod {
            self.pods.push(index);
        }
        for entry in frame.node.entries() {
            let key = entry.key.str().unwrap_or_default();
            match entry.value.kind() {
                // Nothing of interest nests in a container.
                Kind::Mapping(_) | Kind::Sequence(_) if pod && holds_container(key, argo) => {}
                Kind::Mapping(_) | Kind::Sequence(_) => {
                    let (key_node, outer) = (Some(entry.key), Some(index));
                    self.frames.push(Frame { node: entry.value, key, key_node, outer, object });
                }
                Kind::Scalar(Style::Literal) if may_hold_manifest(entry.value) => {
                    self.embedded.push(entry.value);
                }
                _ => {}
            }
        }
        if gpu::asks_beside_pod(self.manifest, frame.node, object.is_some()) {
            self.other(Other { node: frame.node, key: frame.key_node, frame: index, row: None });
        }
    }

    fn sequence(&mut self, index: usize, frame: Frame<'a>) {
        for item in frame.node.items() {
            if item.is_mapping() || item.is_sequence() {
                let outer = Some(index);
                let object = frame.object;
                self.frames.push(Frame { node: item, key: "", key_node: None, outer, object });
            }
        }
    }

    /// Notes a mapping that stands for a container, once.
    fn other(&mut self, other: Other<'a>) {
        if self.known.insert(other.node.id()) {
            self.others.push(other);
        }
    }

    /// The object at a frame.
    pub(super) fn object_at(&self, index: usize) -> Object<'a> {
        let node = self.frames.get(index).or(self.frames.first()).map(|frame| frame.node);
        let node = node.unwrap_or_else(|| self.manifest.node(NodeId::default()));
        let text = |key| self.manifest.text_of(node, key).unwrap_or_default();
        let metadata = get(node, "metadata");
        let name = metadata.and_then(|metadata| {
            self.manifest.text_of(metadata, "name").or(self.manifest.text_of(metadata, "generateName"))
        });
        Object { node, kind: text("kind"), api: text("apiVersion"), name }
    }

    /// The frames from one upwards, itself first.
    pub(super) fn upwards(&self, index: usize) -> impl Iterator<Item = &Frame<'a>> {
        std::iter::successors(self.frames.get(index), |frame| self.frames.get(frame.outer?))
    }

    /// The containers of the pod spec at a frame, in the order of the lists above.
    pub(super) fn containers(&self, index: usize) -> Vec<Container<'a>> {
        let Some(frame) = self.frames.get(index) else { return Vec::new() };
        let mut found = Vec::new();
        for list in CONTAINER_LISTS {
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
        let object = frame.object.map(|object| self.object_at(object));
        if object.is_some_and(|object| object.api.starts_with("argoproj.io/"))
            && let Some((list, key, node)) = argo_container(frame.node)
        {
            // Argo's executor calls it so.
            let name = self.manifest.text_of(node, "name").unwrap_or("main");
            found.push(Container { node, name, head: key.span(), list, index: 0 });
        }
        found
    }
}

/// The mapping under `container` or `script` of an Argo template.
fn argo_container(node: Node<'_>) -> Option<(&'static str, Node<'_>, Node<'_>)> {
    ARGO_CONTAINERS.iter().find_map(|key| {
        let entry = find(node, key)?;
        let container = entry.value.resolve();
        (container.is_mapping() && node.get("name").is_some()).then_some((*key, entry.key, container))
    })
}

/// Whether containers of a pod spec stand under a key.
fn holds_container(key: &str, argo: bool) -> bool {
    CONTAINER_LISTS.contains(&key) || (argo && ARGO_CONTAINERS.contains(&key))
}

/// Whether a value is a list of mappings.
fn holds_containers(value: Node<'_>) -> bool {
    value.resolve().items().next().is_some_and(|first| first.resolve().is_mapping())
}

/// Whether a block scalar is worth reading as a manifest.
fn may_hold_manifest(scalar: Node<'_>) -> bool {
    let text = scalar.str().unwrap_or_default();
    memchr::memmem::find(text.as_bytes(), b"containers:").is_some()
        && memchr::memmem::find(text.as_bytes(), b"image:").is_some()
}

/// From the dash of a list item to the end of its first line; for a flow list the item's bracket. `behind` is where the
/// item before it ends.
fn head(text: &str, list: Node<'_>, behind: usize, item: Node<'_>) -> Span {
    let start = item.start_with_properties();
    if list.layout() != Some(Layout::Block) {
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
