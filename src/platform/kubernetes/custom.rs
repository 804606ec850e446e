//! Reads the table of kinds: which row is about an object, a pod spec or a mapping, and what it says of `/dev/shm`.

use super::kinds::{Custom, Gives, KINDS, Which};
use super::manifest::{at, find, find_at, get, quantity};
use super::shape::{Container, Object, ShapeFrame};
use super::shm::{LocatedSetting, Nodes, Pod};
use crate::container::engine::DOCKER_DEFAULT;
use crate::container::workload::Says;
use crate::platform::options::ReadOptions;
use crate::size::{Dialect, MIB, Size};
use crate::syntax::yaml::Node;
use crate::text::source::Span;

/// The fields that size `/dev/shm` in charts and custom resources, whoever reads them.
const SIZES: &[&str] = &[
    "shmSize",
    "shm_size",
    "sharedMemory.size",
    "sharedMemorySize",
    "sharedMemorySizeLimit",
    "sharedMemory.sizeLimit",
    "storage.sharedMemorySizeLimit",
    "shm.size",
    "shm.sizeLimit",
    "dshm.sizeLimit",
    "volumes.sharedMemorySize",
];

/// A mapping that a row names, with the key it stands under.
pub(super) struct Named<'a> {
    pub(super) row: &'static Custom,
    pub(super) node: Node<'a>,
    pub(super) key: Option<Node<'a>>,
}

impl Custom {
    fn is_about(&self, object: Object<'_>) -> bool {
        object.api.starts_with(self.api) && (self.kinds.is_empty() || self.kinds.contains(&object.kind))
    }
}

/// The mappings of an object that stand for containers.
pub(super) fn of_object<'a>(object: Object<'a>) -> Vec<Named<'a>> {
    let mut found = Vec::new();
    for row in KINDS.iter().filter(|row| !row.at.is_empty() && row.is_about(object)) {
        for path in row.at {
            let mut nodes = vec![(None, object.node)];
            for key in path.split('.') {
                nodes = nodes.into_iter().flat_map(|(_, node)| step(node, key)).collect();
            }
            let needed = |node: Node<'a>| row.needs.is_empty() || get(node, row.needs).is_some();
            let nodes = nodes.into_iter().filter(|(_, node)| node.is_mapping() && needed(*node));
            found.extend(nodes.map(|(key, node)| Named { row, node, key }));
        }
    }
    found
}

/// The values of a key, or of all keys and items for `*`.
fn step<'a>(node: Node<'a>, key: &str) -> Vec<(Option<Node<'a>>, Node<'a>)> {
    if key != "*" {
        let entry = find(node, key);
        return entry.map(|entry| (Some(entry.key), entry.value.resolve())).into_iter().collect();
    }
    let values = node.entries().map(|entry| (Some(entry.key), entry.value.resolve()));
    values.chain(node.items().map(|item| (None, item.resolve()))).collect()
}

/// The row that is about a container of a pod spec. `way` holds the frames from the pod spec up to its object.
pub(super) fn of_container(
    object: Object<'_>,
    way: &[ShapeFrame<'_>],
    container: &Container<'_>,
) -> Option<&'static Custom> {
    KINDS.iter().find(|row| {
        row.at.is_empty()
            && row.is_about(object)
            && (row.under.is_empty() || way.iter().any(|frame| row.under.contains(&frame.key)))
            && match row.container {
                Which::First => container.list == "containers" && container.index == 0,
                Which::Named(name) => container.name == name,
            }
    })
}

/// What a row says of a container: a size that is written for the operator, or what it gives by itself. `holders` are the
/// mappings in which its fields may stand, the nearest first.
pub(super) fn settings(
    pod: &Pod<'_>,
    row: &Custom,
    holders: &[Node<'_>],
    container: Node<'_>,
) -> Vec<LocatedSetting> {
    let manifest = pod.manifest;
    let find = |path: &str| holders.iter().find_map(|holder| at(*holder, path));
    let says = |(path, value): (&str, &str)| {
        !path.is_empty() && find(path).is_some_and(|node| value.is_empty() || node.str() == Some(value))
    };
    if says(row.off) {
        return Vec::new();
    }
    let own = if row.size.is_empty() { None } else { holders.iter().find_map(|it| size(pod, *it, row.size)) };
    let place = container.entries().next().map_or(container.span(), |entry| entry.key.span());
    let bytes = match row.gives {
        _ if own.is_some() => return own.into_iter().collect(),
        Gives::Unknown => {
            let why = format!("nothing in the file shows what {} makes of it", row.operator);
            return vec![pod.unread(&why, place)];
        }
        Gives::Bytes(bytes) => Some(bytes),
        Gives::Memory => {
            let memory = |list| manifest.bytes(container, list);
            memory("resources.requests.memory").or_else(|| memory("resources.limits.memory"))
        }
        // 64 MiB where there is no limit.
        Gives::HalfOfMemory => {
            let limit = manifest.bytes(container, "resources.limits.memory");
            Some(limit.map_or(DOCKER_DEFAULT, |bytes| bytes / 2))
        }
        Gives::Unbounded => None,
    };
    if !row.on.0.is_empty() && !says(row.on) {
        let why = format!("nothing in the file shows what {} makes of it", row.operator);
        return vec![pod.unread(&why, place)];
    }
    let (name, reference) = (row.operator.to_owned(), row.reference.to_owned());
    let says = Says::Provider { name, reference, bytes };
    vec![pod.found(says, row.operator.to_owned(), "", place, Nodes::default())]
}

/// What the configuration says of an object: a field that sizes `/dev/shm`, or somebody who mounts it.
pub(super) fn configured(
    pod: &Pod<'_>,
    options: &ReadOptions,
    object: Object<'_>,
    place: Span,
) -> Vec<LocatedSetting> {
    let mut found = Vec::new();
    for field in options.fields_of(object.kind) {
        if let Some(size) = size(pod, object.node, &field.path.join(".")) {
            field.used.mark();
            found.push(size);
        }
    }
    let path = pod.manifest.layer.source().path();
    if let Some(provider) = options.provider(object.kind, object.namespace, path) {
        let (name, reference) = (provider.by.clone(), "the configuration (`provides-shm`)".to_owned());
        let text = name.clone();
        let says = Says::Provider { name, reference, bytes: provider.bytes };
        found.push(pod.found(says, text, "", place, Nodes::default()));
    }
    found
}

/// The path of a field that sizes `/dev/shm`, in a chart's values or in a custom resource.
pub(super) fn size_field(holder: Node<'_>) -> Option<&'static str> {
    SIZES.iter().copied().find(|path| at(holder, path).is_some_and(|node| !node.is_missing()))
}

/// A size that nobody knows the reader of. What is no sound quantity may become one in the chart
/// (`{{ .Values.shmSize }}Gi`).
pub(super) fn size_of_some_kind(pod: &Pod<'_>, holder: Node<'_>, path: &str) -> Option<LocatedSetting> {
    let mut found = size(pod, holder, path)?;
    let size = found.setting.size().and_then(|(_, size)| size.bytes());
    if size.is_none_or(|bytes| bytes < MIB) {
        found.setting.says = Says::Unread("the chart may read the size in its own way".into());
    }
    Some(found)
}

/// The size at a path below a mapping.
fn size(pod: &Pod<'_>, holder: Node<'_>, path: &str) -> Option<LocatedSetting> {
    let manifest = pod.manifest;
    let (holder, entry) = find_at(holder, path)?;
    let value = entry.value.resolve();
    let way = path.rfind('.').and_then(|dot| path.get(..=dot)).unwrap_or_default();
    let text = format!("{way}{}", manifest.line(entry.span()));
    let nodes =
        Nodes { value: Some(value.id()), entry: Some((holder.id(), entry.key.id())), ..Nodes::default() };
    let written = manifest.str(value)?;
    let size = if manifest.is_open(value) {
        // A template's own default is what it comes to where nothing else is given.
        match default_of(written).map(|text| Dialect::Kubernetes.read(text)) {
            Some(size @ Size::Bytes(_)) => size,
            _ => {
                return Some(pod.found(
                    Says::Unread("a template writes the size".into()),
                    text,
                    "",
                    entry.span(),
                    nodes,
                ));
            }
        }
    } else {
        quantity(value).filter(|size| *size != Size::Null)?
    };
    Some(pod.found(Says::Size(Dialect::Kubernetes, size), text, written, entry.span(), nodes))
}

/// The text behind `| default "16Gi"` of a template action.
fn default_of(action: &str) -> Option<&str> {
    let (_, behind) = action.split_once("default")?;
    behind.trim_start().strip_prefix('"')?.split('"').next()
}
