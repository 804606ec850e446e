//! Keys that stand twice in one mapping. YAML forbids them; which readers refuse them is for the platforms to know.

use super::{Kind, Node, NodeId, Yaml};

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
        let mut keys = Vec::new();
        let ids = (0u32..).map(NodeId).zip(&self.records);
        for (id, _) in ids.filter(|(_, record)| matches!(record.kind, Kind::Mapping(_))) {
            keys.clear();
            let entries = self.node(text, id).entries();
            keys.extend(entries.filter_map(|entry| Some((entry.key.str()?, entry.key.id()))));
            if keys.len() < MANY { among_few(&keys, &mut found) } else { among_many(&mut keys, &mut found) }
        }
        found.sort_by_key(|duplicate| duplicate.again);
        found
    }
}

type Key<'a> = (&'a str, NodeId);

fn among_few(keys: &[Key<'_>], found: &mut Vec<DuplicateKey>) {
    for (at, (name, again)) in keys.iter().enumerate() {
        let before = keys.get(..at).unwrap_or_default();
        if let Some((_, first)) = before.iter().find(|(other, _)| other == name) {
            found.push(DuplicateKey { first: *first, again: *again });
        }
    }
}

fn among_many(keys: &mut [Key<'_>], found: &mut Vec<DuplicateKey>) {
    keys.sort_unstable();
    for same in keys.chunk_by(|(a, _), (b, _)| a == b) {
        let Some(((_, first), rest)) = same.split_first() else { continue };
        found.extend(rest.iter().map(|(_, again)| DuplicateKey { first: *first, again: *again }));
    }
}

impl DuplicateKey {
    /// The two keys as nodes.
    pub fn nodes<'a>(&self, yaml: &'a Yaml, text: &'a str) -> (Node<'a>, Node<'a>) {
        (yaml.node(text, self.first), yaml.node(text, self.again))
    }
}
