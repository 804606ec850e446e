//! Keys that stand twice in one mapping. YAML forbids them; which readers refuse them is for the platforms to know.

use super::node::Node;
use super::record::{NodeId, NodeKind};
use super::tree::Yaml;

/// A key that stands twice in one mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DuplicateKey {
    /// The first key of the name.
    pub first: NodeId,
    /// A later one.
    pub again: NodeId,
}

/// From how many keys on sorting is cheaper than comparing each with each.
const MANY: usize = 12;

impl Yaml {
    /// The duplicate keys of all mappings, in the order of the text. Keys are equal where their values are, however
    /// they are quoted; collections and aliases as keys are not compared. Takes n log n time for n keys.
    pub fn duplicate_keys(&self, text: &str) -> Vec<DuplicateKey> {
        let mut found = Vec::new();
        let mut keys: Vec<SeenKey<'_>> = Vec::new();
        let mut look_at = |id: NodeId| {
            keys.clear();
            keys.extend(self.node(text, id).entries().filter_map(|entry| SeenKey::of(entry.key)));
            if keys.len() < MANY { among_few(&keys, &mut found) } else { among_many(&mut keys, &mut found) }
        };
        self.mappings().for_each(&mut look_at);
        found.sort_by_key(|duplicate| duplicate.again);
        found
    }

    fn mappings(&self) -> impl Iterator<Item = NodeId> {
        let ids = (0..).map(NodeId).zip(&self.records);
        ids.filter(|(_, record)| matches!(record.kind, NodeKind::Mapping(_))).map(|(id, _)| id)
    }
}

/// A key: its length and last letter, which tell most of them apart, its name, and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct SeenKey<'a> {
    hint: (usize, Option<u8>),
    name: &'a str,
    id: NodeId,
}

impl<'a> SeenKey<'a> {
    fn of(key: Node<'a>) -> Option<Self> {
        let name = key.str()?;
        Some(Self { hint: (name.len(), name.as_bytes().last().copied()), name, id: key.id() })
    }

    fn is_same(&self, other: &Self) -> bool {
        self.hint == other.hint && self.name == other.name
    }
}

fn among_few(keys: &[SeenKey<'_>], found: &mut Vec<DuplicateKey>) {
    for (at, again) in keys.iter().enumerate() {
        let before = keys.get(..at).unwrap_or_default();
        if let Some(first) = before.iter().find(|other| other.is_same(again)) {
            found.push(DuplicateKey { first: first.id, again: again.id });
        }
    }
}

fn among_many(keys: &mut [SeenKey<'_>], found: &mut Vec<DuplicateKey>) {
    keys.sort_unstable();
    for same in keys.chunk_by(SeenKey::is_same) {
        let Some((first, rest)) = same.split_first() else { continue };
        found.extend(rest.iter().map(|again| DuplicateKey { first: first.id, again: again.id }));
    }
}

impl DuplicateKey {
    /// The two keys as nodes.
    pub fn nodes<'a>(self, yaml: &'a Yaml, text: &'a str) -> (Node<'a>, Node<'a>) {
        (yaml.node(text, self.first), yaml.node(text, self.again))
    }
}
