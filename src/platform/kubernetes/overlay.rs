//! Gives a container a volume where an overlay is written: by operations of JSON Patch (RFC 6902), in a list that the overlay
//! has for the object, or in a patch of its own. So nothing changes for others that build on the same base.

use std::collections::HashMap;
use std::sync::Arc;

use super::manifest::{Manifest, get};
use super::write::empty_dir;
use crate::syntax::yaml::{Editor, EntryPosition, Insertion, NewValue, Node, NodeId};
use crate::text::edits::Edit;
use crate::text::source::Span;

/// Where an overlay can give a container that it builds a volume.
#[derive(Clone, Debug)]
pub(super) struct OverlaySpot {
    /// What builds it.
    pub(super) kustomization: Arc<Manifest>,
    /// The lists of operations that it has for the object already.
    pub(super) operations: Vec<(Arc<Manifest>, NodeId)>,
    /// The kind and name of the object.
    pub(super) target: (String, String),
    /// Where in the object its pod stands, as a JSON pointer, and whether that has volumes.
    pub(super) pod: (String, bool),
    /// Where the container stands, and whether that has mounts.
    pub(super) container: (String, bool),
    /// A name that no volume has yet.
    pub(super) name: Option<&'static str>,
}

/// What tells a pod that an overlay builds from others.
pub(super) type OverlaidPod = (*const Manifest, String);

/// Where overlays can give volumes, by their pods.
pub(super) type Beside<'s> = HashMap<OverlaidPod, Vec<&'s OverlaySpot>>;

/// Where one build of a container can get a size.
#[derive(Debug)]
pub(super) struct PatchSpot {
    /// The container of a strategic merge that belongs to builds that lack it alone: its index.
    pub(super) merged: Option<usize>,
    /// What builds it.
    pub(super) operated: Option<Box<OverlaySpot>>,
}

impl OverlaySpot {
    /// The pod, as one that is built there.
    pub(super) fn pod(&self) -> OverlaidPod {
        let (kind, name) = &self.target;
        (Arc::as_ptr(&self.kustomization), format!("{kind} {name} {}", self.pod.0))
    }

    /// Adds one volume for containers of one pod, of which this is one.
    pub(super) fn edit(&self, containers: &[&Self], bytes: u64) -> Option<Edit> {
        let name = self.name?;
        let name = || NewValue::plain(name);
        let volume = NewValue::mapping([("name", name()), ("emptyDir", empty_dir(bytes))]);
        let mount = || NewValue::mapping([("name", name()), ("mountPath", NewValue::plain("/dev/shm"))]);
        let mounts = containers.iter().map(|it| add(&it.container, "volumeMounts", mount()));
        let operations: Vec<NewValue> =
            [add(&self.pod, "volumes", volume)].into_iter().chain(mounts).collect();
        let manifest = self.operations.last().map_or(&self.kustomization, |(manifest, _)| manifest);
        let editor = Editor::new(&manifest.yaml, manifest.text());
        let edits: Vec<Insertion> = match self.operations.last() {
            // All go to the place behind the last one.
            Some((_, list)) => {
                operations.iter().map(|it| editor.append(manifest.node(*list), it)).collect::<Option<_>>()?
            }
            None => vec![self.patch(&editor, NewValue::Sequence(operations))?],
        };
        let text: String = edits.iter().map(|edit| edit.text.as_str()).collect();
        manifest.layer.edit(Span::at(edits.first()?.at), &text)
    }

    /// A new patch in the kustomization.
    fn patch(&self, editor: &Editor<'_>, operations: NewValue) -> Option<Insertion> {
        let (kind, name) = &self.target;
        let text = |text: &str| NewValue::plain(text.to_owned());
        let target = NewValue::mapping([("kind", text(kind)), ("name", text(name))]);
        let patch = NewValue::mapping([("target", target), ("patch", NewValue::Document(operations.into()))]);
        let root = self.kustomization.yaml.root(self.kustomization.text())?;
        match get(root, "patches") {
            Some(patches) => editor.append(patches, &patch),
            None => editor.insert(root, EntryPosition::Last, "patches", &NewValue::Sequence(vec![patch])),
        }
    }
}

/// The operation that adds an item to a list of what stands at a pointer; a list of its own where there is none.
fn add((holder, has): &(String, bool), list: &str, item: NewValue) -> NewValue {
    let (behind, value) = if *has { ("/-", item) } else { ("", NewValue::Sequence(vec![item])) };
    let path = NewValue::plain(format!("{holder}/{list}{behind}"));
    NewValue::mapping([("op", NewValue::plain("add")), ("path", path), ("value", value)])
}

/// Where a node stands below another, as a JSON pointer.
pub(super) fn pointer(root: Node<'_>, below: Node<'_>) -> String {
    let mut pointer = String::new();
    let mut at = root;
    let within = |node: Node<'_>| node.span().contains(below.span());
    while at.id() != below.id() {
        let key = at.entries().find(|entry| within(entry.value));
        let item = || at.items().enumerate().find(|(_, item)| within(*item));
        let (key, next) = match key.map(|entry| (entry.key.str().unwrap_or_default(), entry.value)) {
            Some((key, value)) => (key.replace('~', "~0").replace('/', "~1"), value),
            None => match item() {
                Some((index, item)) => (index.to_string(), item),
                None => break,
            },
        };
        pointer.push('/');
        pointer.push_str(&key);
        at = next;
    }
    pointer
}
