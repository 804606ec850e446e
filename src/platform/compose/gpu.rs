//! What shows that a service asks for a GPU: `gpus`, device reservations, a runtime, devices, generic resources of Swarm, and
//! the variables that a GPU runtime reads.

use super::environment::Variable;
use super::layers::{Layer, Slot, Slots};
use super::resolve::{Item, Resolver, unique};
use super::tree::Key;
use crate::container::workload::{Citation, Gpu, GpuCount};
use crate::syntax::yaml::Node;
use crate::text::place::Place;

/// Drivers of device requests that give a GPU whatever capabilities stand beside them.
const DRIVERS: &[&str] = &["nvidia", "amd", "rocm", "cdi", "habana"];

/// Container runtimes that give GPUs: what a name begins with.
const RUNTIMES: &[&str] = &["nvidia", "habana", "amd", "ascend"];

/// Device files and CDI kinds that are GPUs: what a source or target begins with.
const DEVICES: &[&str] = &[
    "/dev/nvidia",
    "/dev/kfd",
    "/dev/davinci",
    "nvidia.com/gpu",
    "nvidia.com/mig",
    "amd.com/gpu",
    "habana.ai/",
    "huawei.com/",
];

/// Device files that are mostly video, or no more than a hint: what a source or target begins with.
const HINTS: &[&str] = &["/dev/dri", "/dev/dxg", "/dev/accel", "intel.com/gpu"];

/// The variables by which a runtime chooses GPUs.
const VISIBLE: &[&str] =
    &["NVIDIA_VISIBLE_DEVICES", "HABANA_VISIBLE_DEVICES", "AMD_VISIBLE_DEVICES", "ASCEND_VISIBLE_DEVICES"];

/// What was found of a service.
#[derive(Default)]
pub(super) struct Found {
    pub(super) gpu: Gpu,
    /// The service's keys that ask for it.
    pub(super) sites: Slots,
    /// A key that only Swarm knows.
    pub(super) swarm: Option<Citation>,
}

/// Looks through a service. `variables` are its environment.
pub(super) fn find(resolver: &Resolver<'_>, layers: &[Layer], variables: &[Variable<'_>]) -> Found {
    let mut search = Search { resolver, variables, found: Found::default(), counts: Vec::new() };
    let reservations = resolver.path(resolver.slots(layers, Key::Deploy), &["resources", "reservations"]);
    search.gpus(&resolver.slots(layers, Key::Gpus));
    search.reserved(&resolver.children(&reservations, "devices"));
    search.generic(&resolver.children(&reservations, "generic_resources"));
    search.devices(&resolver.slots(layers, Key::Devices));
    search.runtime(&resolver.slots(layers, Key::Runtime));
    search.visible();
    search.found.gpu.count = sum(&search.counts);
    search.found
}

struct Search<'r, 'a> {
    resolver: &'r Resolver<'a>,
    variables: &'r [Variable<'a>],
    found: Found,
    /// How many each request asks for.
    counts: Vec<GpuCount>,
}

impl<'a> Search<'_, 'a> {
    fn yes(&mut self, slot: Slot, evidence: Option<(String, Place)>) {
        if let Some((text, place)) = evidence {
            self.found.gpu.found(text, place);
            self.found.sites.push(slot);
        }
    }

    fn unsure(&mut self, why: &str, evidence: Option<(String, Place)>) {
        if let Some((text, place)) = evidence {
            self.found.gpu.unsure(why, text, place);
        }
    }

    /// `gpus: all`, or a list of requests. What Compose refuses asks for one all the same.
    fn gpus(&mut self, slots: &[Slot]) {
        for item in self.resolver.items(slots) {
            if item.node.is_mapping() {
                if let Some(count) = self.count(&item) {
                    self.counts.push(count);
                    self.yes(item.slot, self.resolver.item_place(&item));
                }
                continue;
            }
            let entry = self.resolver.entry(item.slot);
            match self.resolver.text(&item).as_ref().map(|text| text.known()) {
                Some(None) => self.unsure("`gpus` depends on a variable that is not set", entry),
                None | Some(Some("" | "none" | "0" | "false")) => {}
                Some(Some(word)) => {
                    self.counts.push(word.parse().map_or(GpuCount::All, GpuCount::Exactly));
                    self.yes(item.slot, entry);
                }
            }
        }
    }

    /// `deploy.resources.reservations.devices`.
    fn reserved(&mut self, slots: &[Slot]) {
        for item in self.resolver.items(slots) {
            let Some(count) = self.count(&item).filter(|_| item.node.is_mapping()) else { continue };
            let driver = self.resolver.text_of(&item, "driver");
            let driver = driver.as_ref().map_or("", |driver| driver.text.as_ref());
            let (gpu, other) = self.capabilities(&item);
            let evidence = self.resolver.item_place(&item);
            if gpu || DRIVERS.contains(&driver) {
                self.counts.push(count);
                self.yes(item.slot, evidence);
            } else if other || !driver.is_empty() {
                self.unsure("the device that it reserves may be no GPU", evidence);
            }
        }
    }

    /// Whether a request wants a `gpu`, and whether it wants anything else.
    fn capabilities(&self, item: &Item<'a>) -> (bool, bool) {
        let Some((slot, _)) = self.resolver.of_item(item, "capabilities") else { return (false, false) };
        let (mut gpu, mut other) = (false, false);
        for word in self.resolver.items(&[slot]) {
            // Docker's own form is a list of lists. Compose refuses it, but what is meant is plain.
            let word = Item { node: word.node.items().next().map_or(word.node, Node::resolve), ..word };
            let wanted = self.resolver.text(&word).is_some_and(|word| word.text.eq_ignore_ascii_case("gpu"));
            gpu |= wanted;
            other |= !wanted;
        }
        (gpu, other)
    }

    /// How many devices a request asks for; nothing where it asks for none.
    fn count(&self, request: &Item<'a>) -> Option<GpuCount> {
        if let Some((slot, _)) = self.resolver.of_item(request, "device_ids") {
            let slots = [slot];
            let ids = self.resolver.items(&slots).filter_map(|id| self.resolver.text(&id));
            let counts: Vec<_> = ids.map(|id| id.known().map_or(GpuCount::Unknown, listed)).collect();
            if !counts.is_empty() {
                return Some(sum(&counts));
            }
        }
        let Some(count) = self.resolver.text_of(request, "count") else { return Some(GpuCount::All) };
        match count.known().map(str::trim) {
            None => Some(GpuCount::Unknown),
            Some(word) if word.eq_ignore_ascii_case("all") || word == "-1" => Some(GpuCount::All),
            Some(word) => some(word.parse().map_or(GpuCount::Unknown, GpuCount::Exactly)),
        }
    }

    /// `generic_resources`: only Swarm knows them, and their kinds are what its nodes were told to call their GPUs.
    fn generic(&mut self, slots: &[Slot]) {
        for item in self.resolver.items(slots) {
            let Some((inner, _)) = self.resolver.of_item(&item, "discrete_resource_spec") else { continue };
            let Some((text, place)) = self.resolver.item_place(&item) else { continue };
            let kind = self.resolver.scalar(&self.resolver.children(&[inner], "kind"));
            let kind = kind.map(|(_, _, kind)| kind.text.to_ascii_lowercase()).unwrap_or_default();
            self.found.swarm = Some(Citation { text: text.clone(), place: place.clone() });
            if ["gpu", "nvidia", "cuda"].iter().any(|word| kind.contains(word)) {
                let count = self.resolver.scalar(&self.resolver.children(&[inner], "value"));
                let count = count.and_then(|(_, _, count)| count.known()?.parse().ok());
                if let Some(count) = some(count.map_or(GpuCount::Unknown, GpuCount::Exactly)) {
                    self.counts.push(count);
                    self.yes(item.slot, Some((text, place)));
                }
            }
        }
    }

    /// `devices`: either side may tell.
    fn devices(&mut self, slots: &[Slot]) {
        let items = unique(self.resolver.items(slots).collect(), |item| self.device(item)?.pop());
        for item in items {
            let Some(sides) = self.device(&item) else { continue };
            let begins =
                |starts: &[&str]| sides.iter().any(|side| starts.iter().any(|start| side.starts_with(start)));
            let evidence = self.resolver.item_place(&item);
            if begins(DEVICES) {
                let one = sides.first().is_some_and(|side| side.ends_with(|c: char| c.is_ascii_digit()));
                if one {
                    self.counts.push(GpuCount::Exactly(1));
                }
                self.counts
                    .extend(sides.first().filter(|side| side.ends_with("=all")).map(|_| GpuCount::All));
                self.yes(item.slot, evidence);
            } else if begins(HINTS) {
                self.unsure("the device is mostly used for video", evidence);
            } else if sides.iter().any(|side| side.starts_with(super::interpolate::HOLE)) {
                self.unsure("a device depends on a variable that is not set", evidence);
            }
        }
    }

    /// The source and target of a device.
    fn device(&self, item: &Item<'a>) -> Option<Vec<String>> {
        if item.node.is_mapping() {
            let side = |key| self.resolver.text_of(item, key).map(|side| side.text.into_owned());
            let source = side("source")?;
            return Some(vec![source.clone(), side("target").unwrap_or(source)]);
        }
        let text = self.resolver.text(item)?;
        let mut sides = text.text.split(':');
        let source = sides.next()?.to_owned();
        let target = sides.next().map_or_else(|| source.clone(), str::to_owned);
        Some(vec![source, target])
    }

    /// `runtime: nvidia`; `NVIDIA_VISIBLE_DEVICES` can take its GPUs away.
    fn runtime(&mut self, slots: &[Slot]) {
        let Some((slot, _, runtime)) = self.resolver.scalar(slots) else { return };
        let entry = self.resolver.entry(slot);
        let Some(name) = runtime.known() else {
            return self.unsure("its runtime depends on a variable that is not set", entry);
        };
        if !RUNTIMES.iter().any(|start| name.starts_with(start)) {
            return;
        }
        let chosen = self.chosen();
        if chosen.iter().any(|(_, value)| value.is_some_and(is_none)) {
            return;
        }
        if self.counts.is_empty() {
            let counts = chosen.iter().map(|(_, value)| value.map_or(GpuCount::Unknown, listed));
            self.counts = counts.collect();
        }
        self.yes(slot, entry);
    }

    /// The variables that choose GPUs, with their values where these are known.
    fn chosen(&self) -> Vec<(&Variable<'a>, Option<&str>)> {
        let chosen = self.variables.iter().filter(|variable| VISIBLE.contains(&variable.name.as_ref()));
        chosen.map(|variable| (variable, variable.known())).collect()
    }

    /// `NVIDIA_VISIBLE_DEVICES` alone gives a GPU only where the daemon's default runtime reads it.
    fn visible(&mut self) {
        if self.found.gpu.is_yes() {
            return;
        }
        let by_default = self.resolver.options.default_runtime.as_deref();
        let chosen = self.chosen();
        let chosen = chosen.into_iter().rev().find(|(_, value)| !value.is_some_and(is_none));
        let Some((slot, evidence, count)) = chosen.and_then(|(variable, value)| {
            let item = variable.item?;
            Some((item.slot, self.resolver.item_place(&item), value.map_or(GpuCount::Unknown, listed)))
        }) else {
            return;
        };
        if by_default.is_some_and(|runtime| RUNTIMES.iter().any(|start| runtime.starts_with(start))) {
            self.counts.push(count);
            self.yes(slot, evidence);
        } else {
            self.unsure(
                "the GPUs that its environment names come only from the daemon's default runtime",
                evidence,
            );
        }
    }
}

/// A count that asks for something: one of 0, however it is written (`00`, `+0`), does not.
fn some(count: GpuCount) -> Option<GpuCount> {
    (count != GpuCount::Exactly(0)).then_some(count)
}

/// Whether a value of `NVIDIA_VISIBLE_DEVICES` means no GPU (NVIDIA Container Toolkit, "GPU Enumeration").
fn is_none(value: &str) -> bool {
    matches!(value, "" | "void" | "none")
}

/// How many devices a list of ids names: `all`, `0,1`, `nvidia.com/gpu=all`.
fn listed(ids: &str) -> GpuCount {
    let mut count = 0;
    for id in ids.split(',').map(str::trim).filter(|id| !id.is_empty()) {
        if id == "all" || id.ends_with("=all") {
            return GpuCount::All;
        }
        count += 1;
    }
    GpuCount::Exactly(count)
}

/// How many all requests ask for together.
fn sum(counts: &[GpuCount]) -> GpuCount {
    let add = |total, count: &GpuCount| match (total, *count) {
        (GpuCount::All, _) | (_, GpuCount::All) => GpuCount::All,
        (GpuCount::Exactly(one), GpuCount::Exactly(two)) => GpuCount::Exactly(one + two),
        _ => GpuCount::Unknown,
    };
    counts.iter().skip(1).fold(counts.first().copied().unwrap_or_default(), add)
}
