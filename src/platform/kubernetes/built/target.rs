//! Which objects a patch of a kustomization is for.

use std::collections::HashMap;

use super::accumulate::BuiltObject;
use crate::platform::kubernetes::manifest::get;
use crate::syntax::yaml::Node;

/// What a patch is for.
#[derive(Default)]
pub(super) struct PatchTarget {
    pub(super) kind: Option<String>,
    pub(super) name: Option<String>,
    /// Whether labels or annotations choose, which is not followed.
    pub(super) chosen: bool,
}

impl PatchTarget {
    pub(super) fn of(node: Node<'_>) -> Self {
        let text =
            |key| get(node, key).and_then(Node::str).filter(|text| !text.is_empty()).map(str::to_owned);
        let chosen = ["labelSelector", "annotationSelector"].iter().any(|key| get(node, key).is_some());
        Self { kind: text("kind"), name: text("name"), chosen }
    }

    /// Whether it names a kind and an object.
    pub(super) fn is_literal(&self) -> bool {
        let literal = |word: &Option<String>| word.as_ref().is_some_and(|word| word.bytes().all(is_literal));
        literal(&self.kind) && literal(&self.name)
    }

    /// The objects that it means.
    pub(super) fn among(
        &self,
        objects: &[BuiltObject],
        by_name: &HashMap<(String, String), Vec<usize>>,
        fuel: &mut usize,
    ) -> Vec<usize> {
        if let (Some(kind), Some(name)) = (&self.kind, &self.name)
            && let Some(known) = by_name.get(&(kind.clone(), name.clone()))
        {
            return known.clone();
        }
        if self.is_literal() {
            return Vec::new();
        }
        *fuel = fuel.saturating_sub(objects.len());
        let fits = |object: &BuiltObject| {
            self.kind.as_ref().is_none_or(|kind| fits(kind, &object.kind))
                && self.name.as_ref().is_none_or(|name| object.names.iter().any(|known| fits(name, known)))
        };
        objects.iter().enumerate().filter(|(_, object)| fits(object)).map(|(index, _)| index).collect()
    }
}

pub(super) fn is_literal(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

/// Whether a name fits a regular expression over all of it, of which `.*`, `.+` and `|` are read.
fn fits(pattern: &str, name: &str) -> bool {
    pattern.split('|').any(|pattern| {
        let pattern = pattern.trim_matches(['^', '$', '(', ')']).replace(".+", ".*");
        let mut parts = pattern.split(".*");
        let Some(mut rest) = parts.next().and_then(|head| name.strip_prefix(head)) else { return false };
        let parts: Vec<&str> = parts.collect();
        let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
        for part in middle {
            let Some(at) = rest.find(part) else { return false };
            rest = rest.get(at + part.len()..).unwrap_or_default();
        }
        rest.ends_with(last)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_targets_are_expressions() {
        assert!(fits("a", "a") && fits(".*", "a") && fits("^tr.*er$", "trainer") && fits("a|b", "b"));
        assert!(!fits("a", "ab") && !fits("tr.*x", "trainer"));
    }
}
