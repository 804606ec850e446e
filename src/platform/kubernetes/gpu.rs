//! What asks for a GPU: resources of device plugins, claims of device classes, annotations of schedulers.

use std::collections::HashMap;

use super::kinds::Custom;
use super::manifest::{
    Manifest, at, entries_with_merged, find, find_at, get, list, quantity as read_quantity,
};
use super::shape::{Container, Object};
use crate::container::accelerator::{self, AcceleratorKind, AcceleratorSign, GPU, device_class, resource};
use crate::container::workload::{Gpu, GpuCount};
use crate::size::Size;
use crate::syntax::yaml::{Entry, Node};
use crate::text::source::Span;

/// Annotations that give one container of the pod a share of a GPU: <https://github.com/NVIDIA/KAI-Scheduler>.
const ANNOTATIONS: &[&str] = &["gpu-fraction", "gpu-memory", "runai/gpu-fraction", "runai/gpu-memory"];
/// Which container that is; the first one where it is not said.
const ANNOTATED_CONTAINER: &str = "gpu-fraction-container-name";

/// Fields of charts and custom resources that hold a number of GPUs, whatever their vendor; `requestGPU` is
/// that of vLLM's production stack.
const COUNTS: &[&str] = &["gpus", "gpuCount", "gpu_count", "numGpus", "numGPUs", "num_gpus", "requestGPU"];

/// Fields of charts that name an image.
const IMAGES: &[&str] = &["image", "repository", "imageRepository"];

/// Where a container lists its resources; the second is Tekton's.
const RESOURCE_KEYS: &[&str] = &["resources", "computeResources"];

/// The device classes behind the claims that the unit's files define, by the name of the claim or template.
pub(super) type Claims<'a> = HashMap<&'a str, Vec<&'a str>>;

/// The claims or templates that a pod lists, by their names there.
pub(super) type ListedResource<'a> = HashMap<&'a str, &'a str>;

/// Fields that count GPUs, as words of a text.
pub(super) fn counts() -> impl Iterator<Item = &'static str> {
    COUNTS.iter().copied()
}

/// What the resources, claims and annotations of a container say.
pub(super) fn of_container(
    manifest: &Manifest,
    container: &Container<'_>,
    annotations: &[Node<'_>],
    claims: (&ListedResource<'_>, &Claims<'_>),
    is_first: bool,
) -> Gpu {
    let mut gpu = Gpu::default();
    let base = container.head.start;
    for entry in RESOURCE_KEYS.iter().filter_map(|key| find(container.node, key)) {
        resources(manifest, container.node, entry, base, &mut gpu);
        claimed(manifest, entry.value.resolve(), claims, &mut gpu);
    }
    for annotations in annotations {
        annotated(manifest, *annotations, base, (container.name, is_first), &mut gpu);
    }
    gpu
}

/// The limits and requests under a `resources` key of `holder`. What stands in a condition that does not hold the byte
/// `base` is no certain evidence.
pub(super) fn resources(manifest: &Manifest, holder: Node<'_>, entry: Entry<'_>, base: usize, gpu: &mut Gpu) {
    let lists = entry.value.resolve();
    for list in ["limits", "requests"].iter().filter_map(|key| find(lists, key)) {
        listed(manifest, list.value.resolve(), base, gpu);
        if manifest.value_may_gain(lists, list) {
            unsure(manifest, list, "a template writes the resources", gpu);
        }
    }
    if manifest.value_may_gain(holder, entry) {
        unsure(manifest, entry, "a template writes the resources", gpu);
    }
}

/// The accelerators in a list of resources.
fn listed(manifest: &Manifest, list: Node<'_>, base: usize, gpu: &mut Gpu) {
    for item in entries_with_merged(list) {
        if let Some((kind, counts)) = item.key.str().and_then(resource) {
            count(manifest, item, (kind, counts), base, gpu);
        } else if manifest.is_open(item.key) {
            unsure(manifest, item, "a template names the resource", gpu);
        }
    }
}

fn unsure(manifest: &Manifest, entry: Entry<'_>, why: &str, gpu: &mut Gpu) {
    gpu.unsure(why, manifest.line(entry.span()), manifest.place(entry.span()));
}

/// One `nvidia.com/gpu: 1`, or whatever else holds a number of GPUs.
pub(super) fn count(
    manifest: &Manifest,
    entry: Entry<'_>,
    (kind, counts): (AcceleratorKind, bool),
    base: usize,
    gpu: &mut Gpu,
) {
    let value = entry.value.resolve();
    if manifest.template.is_conditional(entry.key.span().start, base) {
        return unsure(manifest, entry, "a condition of the template decides", gpu);
    }
    if manifest.is_open(value) {
        // The key asks for it; only how many is open.
        gpu.found(kind, manifest.line(entry.span()), manifest.place(entry.span()));
        return;
    }
    match read_quantity(value) {
        Some(Size::Bytes(0)) => {}
        // A resource is asked for by its name; only how many is left open.
        None | Some(Size::Null) => unsure(manifest, entry, "no number is given", gpu),
        Some(Size::Refused(_)) if !entry.key.str().is_some_and(|key| key.contains('/')) => {
            unsure(manifest, entry, "no number is given", gpu);
        }
        size => {
            if let (true, Some(Size::Bytes(count)), GpuCount::Unknown) = (counts, size, gpu.count) {
                gpu.count = u64::try_from(count).map_or(GpuCount::Unknown, GpuCount::Exactly);
            }
            gpu.found(kind, manifest.line(entry.span()), manifest.place(entry.span()));
        }
    }
}

/// NVIDIA's runtime brings the GPUs that a variable of the container names, without any resource: so pods share one.
pub(super) fn of_runtime(manifest: &Manifest, spec: Node<'_>, container: Node<'_>, gpu: &mut Gpu) {
    let class = manifest.text_of(spec, "runtimeClassName").map(accelerator::runtime);
    let Some(AcceleratorSign::Yes(kind)) = class else { return };
    let variables = list(container, "env");
    let mut chosen =
        variables.filter(|item| manifest.text_of(*item, "name") == Some("NVIDIA_VISIBLE_DEVICES"));
    let Some(entry) = chosen.next().and_then(|variable| find(variable, "value")) else { return };
    let Some(value) = entry.value.resolve().str().filter(|value| !accelerator::takes_away(value)) else {
        return;
    };
    gpu.count = accelerator::in_list(value);
    gpu.found(kind, format!("NVIDIA_VISIBLE_DEVICES={value}"), manifest.place(entry.span()));
}

/// The claims that a container names, by what the pod and the claims' own objects say of them.
fn claimed(
    manifest: &Manifest,
    resources: Node<'_>,
    (listed, claims): (&ListedResource<'_>, &Claims<'_>),
    gpu: &mut Gpu,
) {
    for claim in list(resources, "claims") {
        let Some(name) = manifest.text_of(claim, "name") else { continue };
        let object = listed.get(name).copied();
        let text = format!("claim {name}");
        let place = manifest.place(claim.span());
        match object.and_then(|object| claims.get(object)) {
            Some(classes) => match classes.iter().find_map(|class| Some((class, device_class(class)?))) {
                Some((class, Some(kind))) => gpu.found(kind, format!("{text}: {class}"), place),
                Some((_, None)) => {}
                None => gpu.unsure("the claim's device class is not known", text, place),
            },
            None => match [Some(name), object].into_iter().flatten().find_map(device_class) {
                Some(Some(kind)) => gpu.found(kind, text, place),
                Some(None) => {}
                None => gpu.unsure("the claim is defined elsewhere", text, place),
            },
        }
    }
}

/// The claims that a pod lists: the claim or template behind each, by the name that its containers call it by.
pub(super) fn listed_claims<'a>(manifest: &'a Manifest, pod: Node<'a>) -> ListedResource<'a> {
    let listed = list(pod, "resourceClaims");
    let named = listed
        .filter_map(|listed| Some((manifest.text_of(listed, "name")?, claim_object(manifest, listed)?)));
    named.collect()
}

/// The name of the claim or template behind an entry of `resourceClaims`.
fn claim_object<'a>(manifest: &'a Manifest, listed: Node<'a>) -> Option<&'a str> {
    const KEYS: [&str; 2] = ["resourceClaimTemplateName", "resourceClaimName"];
    // Before Kubernetes 1.31 they stood under `source`.
    let holders = [Some(listed), get(listed, "source")];
    holders.into_iter().flatten().find_map(|node| KEYS.iter().find_map(|key| manifest.text_of(node, key)))
}

/// Adds the device classes that a claim or claim template asks for.
pub(super) fn define_claim<'a>(manifest: &'a Manifest, object: Object<'a>, claims: &mut Claims<'a>) {
    let spec = match object.kind {
        "ResourceClaim" => "spec.devices",
        "ResourceClaimTemplate" => "spec.spec.devices",
        _ => return,
    };
    let (Some(name), Some(devices)) = (object.name, at(object.node, spec)) else { return };
    let classes = claims.entry(name).or_default();
    for request in list(devices, "requests") {
        let exactly = get(request, "exactly");
        let holders = [Some(request), exactly].into_iter().flatten();
        let holders = holders.chain(list(request, "firstAvailable"));
        classes.extend(holders.filter_map(|holder| manifest.text_of(holder, "deviceClassName")));
    }
}

/// The annotations of a pod that give a container a share of a GPU.
fn annotated(
    manifest: &Manifest,
    annotations: Node<'_>,
    base: usize,
    (container, is_first): (&str, bool),
    gpu: &mut Gpu,
) {
    let named = manifest.text_of(annotations, ANNOTATED_CONTAINER);
    if named.map_or(!is_first, |named| named != container) {
        return;
    }
    for key in ANNOTATIONS {
        let Some(entry) = find(annotations, key) else { continue };
        let conditional = manifest.template.is_conditional(entry.key.span().start, base);
        let zero = entry.value.str().is_some_and(|value| value.parse() == Ok(0.0_f64));
        if conditional || entry.value.is_missing() {
            unsure(manifest, entry, "a condition of the template decides", gpu);
        } else if !zero {
            gpu.found(GPU, manifest.line(entry.span()), manifest.place(entry.span()));
        }
    }
}

/// Whether something below a key can ask for a GPU where no container is named.
pub(super) fn may_ask(key: &str) -> bool {
    key.contains("esource") || COUNTS.contains(&key)
}

/// Whether a mapping that is no pod spec asks for a GPU: resources with an accelerator, or, outside of any object, a field
/// that counts GPUs.
pub(super) fn asks_beside_pod(manifest: &Manifest, node: Node<'_>, in_object: bool) -> bool {
    beside_pod(manifest, node, in_object).is_yes()
}

/// What a mapping that is no pod spec says, see [`asks_beside_pod`].
pub(super) fn beside_pod(manifest: &Manifest, node: Node<'_>, in_object: bool) -> Gpu {
    let mut gpu = Gpu::default();
    let base = node.span().start;
    // Settings of training programs count GPUs too; those of a chart name an image beside.
    let chart = !in_object && IMAGES.iter().any(|key| node.get(key).is_some());
    for entry in node.entries() {
        let Some(key) = entry.key.str() else { continue };
        if chart && COUNTS.contains(&key) {
            count(manifest, entry, (GPU, true), base, &mut gpu);
        } else if key.contains("esource") {
            resources(manifest, node, entry, base, &mut gpu);
            // KubeSpawner's `extra_resource_limits` and its kin hold the resources themselves.
            if !in_object {
                listed(manifest, entry.value.resolve(), base, &mut gpu);
            }
        }
    }
    gpu
}

/// Where such a mapping is reported if it stands under no key: the key that asks.
pub(super) fn head(node: Node<'_>) -> Span {
    let asks = |entry: &Entry<'_>| entry.key.str().is_some_and(may_ask);
    let entry = node.entries().find(asks).or_else(|| node.entries().next());
    entry.map_or(node.span(), |entry| entry.key.span())
}

/// What a mapping that the table of kinds names says.
pub(super) fn of_custom(manifest: &Manifest, object: Object<'_>, row: &Custom, node: Node<'_>) -> Gpu {
    let mut gpu = beside_pod(manifest, node, true);
    for path in row.counts {
        let (holder, path) = path.strip_prefix('^').map_or((node, *path), |path| (object.node, path));
        let Some((_, entry)) = find_at(holder, path) else { continue };
        let value = entry.value.resolve();
        match value.str() {
            // A list of accelerators to choose from.
            None => gpu.found(GPU, manifest.line(entry.span()), manifest.place(entry.span())),
            // The name of a machine or of an accelerator.
            Some(text) if text.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                if !text.starts_with("cpu") {
                    gpu.found(GPU, manifest.line(entry.span()), manifest.place(entry.span()));
                }
            }
            _ => count(manifest, entry, (GPU, true), node.span().start, &mut gpu),
        }
    }
    gpu
}
