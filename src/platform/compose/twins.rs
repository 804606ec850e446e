//! Containers that are listed at more than one place, and the place at which each is judged.

use std::collections::{BTreeMap, HashMap};

use super::load::LoadedUnit;
use super::units::Service;
use crate::container::workload::GpuVerdict;
use crate::syntax::yaml::NodeId;

/// For each service, the one at which the same container is reported: a container that stands in several files is reported
/// where it asks for the GPU, and a base that cannot run by itself where it is extended.
pub(super) fn twins(
    loaded: &LoadedUnit,
    services: &[Service],
    at: &BTreeMap<(usize, &str), Vec<usize>>,
) -> Vec<Option<usize>> {
    let mut out = vec![None; services.len()];
    // Where each service is made of one layer, and no two go by one name, none is the same as another.
    if at.len() == services.len() && services.iter().all(|service| service.container.layers.len() < 2) {
        return out;
    }
    for same in at.values().filter(|same| same.len() > 1) {
        let asks = |index: &&usize| services.get(**index).is_some_and(|service| asks_itself(loaded, service));
        let Some(chosen) = same.iter().find(asks).or(same.first()) else { continue };
        for index in same.iter().filter(|index| *index != chosen) {
            if let Some(slot) = out.get_mut(*index) {
                *slot = Some(*chosen);
            }
        }
    }
    let by_name: HashMap<(usize, &str), usize> = services
        .iter()
        .enumerate()
        .map(|(index, service)| ((service.file, service.name.as_str()), index))
        .collect();
    let mut heirs: HashMap<(usize, NodeId), usize> = HashMap::new();
    for (index, service) in services.iter().enumerate() {
        for layer in service.container.layers.iter().rev().skip(1) {
            heirs.entry((layer.file, layer.service)).or_insert(index);
        }
    }
    for (index, service) in services.iter().enumerate() {
        let twin = elsewhere(loaded, services, service, &by_name).or_else(|| {
            let node = loaded.store.node(service.file, service.value)?.resolve().id();
            let bare = service.container.workload.image.is_none() && !service.container.has_build;
            heirs.get(&(service.file, node)).copied().filter(|_| bare)
        });
        let same_shm = |twin: &usize| {
            services
                .get(*twin)
                .is_some_and(|twin| twin.container.workload.shm == service.container.workload.shm)
        };
        if let Some(slot @ None) = out.get_mut(index) {
            *slot = twin.filter(|twin| *twin != index && same_shm(twin));
        }
    }
    for index in 0..out.len() {
        shorten(&mut out, index);
    }
    out
}

/// Whether the first evidence of a GPU stands in the file of the service.
fn asks_itself(loaded: &LoadedUnit, service: &Service) -> bool {
    let path = loaded.store.files.get(service.file).map(|file| file.source.path());
    let evidence = service.container.workload.gpu.evidence.first();
    service.container.workload.gpu.verdict == GpuVerdict::Yes
        && evidence.map(|evidence| evidence.place.path()) == path
}

/// The service of the same name in the file that asks for all of a service's GPUs, where that is another file.
fn elsewhere(
    loaded: &LoadedUnit,
    services: &[Service],
    service: &Service,
    by_name: &HashMap<(usize, &str), usize>,
) -> Option<usize> {
    let own = loaded.store.files.get(service.file)?.source.path();
    let evidence = &service.container.workload.gpu.evidence;
    if evidence.iter().any(|evidence| evidence.place.path() == own) {
        return None;
    }
    let file = loaded.store.position(evidence.first()?.place.path())?;
    let twin = *by_name.get(&(file, service.name.as_str()))?;
    services.get(twin).filter(|twin| twin.container.workload.gpu.is_yes()).map(|_| twin)
}

/// Leads a chain of twins to its end. A circle is broken at the first of its members that is asked.
fn shorten(twins: &mut [Option<usize>], index: usize) {
    let mut end = None;
    let mut next = twins.get(index).copied().flatten();
    for _ in 0..8 {
        let Some(twin) = next.filter(|twin| *twin != index) else { break };
        end = Some(twin);
        next = twins.get(twin).copied().flatten();
    }
    if let Some(slot) = twins.get_mut(index) {
        *slot = if next == Some(index) { None } else { end };
    }
}
