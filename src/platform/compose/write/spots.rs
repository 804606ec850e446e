//! Where a size may be written for a service, best place first.

use std::sync::Arc;

use super::touches;
use crate::container::workload::Engine;
use crate::platform::compose::container::ResolvedService;
use crate::platform::compose::layers::{FileStore, ServiceLayer, Slot};
use crate::platform::compose::lower::Origin;
use crate::platform::compose::tree::ServiceKey;
use crate::syntax::yaml::{EntryPosition, Node, NodeId, Yaml};
use crate::text::edits::Edit;
use crate::text::source::Source;

/// A mapping that an edit may go into, and the key that it goes behind.
#[derive(Clone, Copy, Debug)]
pub(super) struct InsertionSpot {
    pub(super) file: usize,
    pub(super) mapping: NodeId,
    after: Option<NodeId>,
    /// Whether it is the service's own mapping.
    pub(super) own: bool,
    /// The list of volumes that the service has in this file, if any.
    pub(super) volumes: Option<NodeId>,
}

impl InsertionSpot {
    /// Where in the mapping.
    pub(super) fn place(self) -> EntryPosition {
        self.after.map_or(EntryPosition::Last, EntryPosition::After)
    }

    /// The same mapping, behind the key that stands before what goes.
    pub(super) fn elsewhere(self, gone: &Edit, files: &[(Arc<Source>, Arc<Yaml>)]) -> Option<Self> {
        let (source, yaml) =
            files.get(self.file).filter(|(source, _)| source.path() == gone.source.path())?;
        let mapping = yaml.node(source.text(), self.mapping);
        let before = mapping.entries().take_while(|entry| !touches(gone, entry.key.span())).last()?;
        Some(Self { after: Some(before.key.id()), ..self })
    }
}

/// Where a workload may be edited.
pub(in crate::platform::compose) struct Sited {
    /// Best first: where the GPU is asked for, if others share that place; the service itself; the other files that speak
    /// of it.
    pub(super) spots: Vec<InsertionSpot>,
    /// Where each setting stands.
    pub(super) origins: Vec<Option<Origin>>,
    /// The index of the workload whose `/dev/shm` it joins.
    pub(super) joins: Option<usize>,
    pub(super) swarm: bool,
}

impl Sited {
    /// The places of the service that is written at `value` of a file. The container gives its origins away.
    pub(in crate::platform::compose) fn new(
        store: &FileStore,
        (file, value): (usize, NodeId),
        container: &mut ResolvedService,
        joins: Option<usize>,
    ) -> Self {
        // An alias for a whole service has no place of its own.
        let own = store.node(file, value).filter(|value| value.is_mapping()).map(|value| (file, value.id()));
        let asks = |slot: &Slot| (slot.file, slot.root.holder);
        let shared = container.sites.iter().map(asks).filter(|site| Some(*site) != own);
        let layers = container.layers.iter().rev().map(|layer| (layer.file, layer.service));
        let mut spots: Vec<InsertionSpot> = Vec::new();
        for (file, mapping) in shared.chain(own).chain(layers) {
            let known = spots.iter().any(|spot| (spot.file, spot.mapping) == (file, mapping));
            let listed = store.files.get(file).is_some_and(|file| file.editable);
            if !known && listed {
                spots.push(spot(store, container, (file, mapping), own));
            }
        }
        Self {
            spots,
            origins: std::mem::take(&mut container.origins),
            joins,
            swarm: container.engine() == Engine::Swarm,
        }
    }
}

fn spot(
    store: &FileStore,
    container: &ResolvedService,
    (file, mapping): (usize, NodeId),
    own: Option<(usize, NodeId)>,
) -> InsertionSpot {
    let asks = container.sites.iter().find(|slot| (slot.file, slot.root.holder) == (file, mapping));
    let layer = container.layers.iter().rev().find(|layer| (layer.file, layer.service) == (file, mapping));
    let after = asks.map(|slot| slot.root.key).or_else(|| layer.and_then(behind));
    let volumes = layer.and_then(|layer| layer.table.get(ServiceKey::Volumes));
    let list = volumes.and_then(|at| store.node(file, at.value)).map(Node::resolve);
    InsertionSpot { file, mapping, after, own: own == Some((file, mapping)), volumes: list.map(Node::id) }
}

/// The key that a size goes behind where no GPU is asked for.
fn behind(layer: &ServiceLayer) -> Option<NodeId> {
    let keys = [ServiceKey::Image, ServiceKey::Build, ServiceKey::Extends].into_iter();
    let mut own = keys.filter_map(|key| layer.table.get(key)).filter(|at| at.holder == layer.service);
    own.next().map(|at| at.key)
}
