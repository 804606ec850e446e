//! Merge keys (`<<`): a mapping's keys with those of the mappings that are merged into it. Aliases and merge keys are followed,
//! never copied.
//!
//! All steps of one reading are paid from one [`Fuel`], so that a file of any shape (merge keys that fan out, thousands of
//! mappings that share one anchor) costs time linear in its length.

use std::cell::Cell;

use super::node::Node;

/// How many merge keys may stand behind each other. Real files use up to three.
const MERGE_DEPTH: usize = 64;

/// Steps that a reading may make for each byte of its files; real ones make less than one.
const STEPS_PER_BYTE: usize = 16;

/// How much text is taken over for one step.
const BYTES_PER_STEP: usize = 8;

/// The steps that a reading may still make.
#[derive(Debug)]
pub struct Fuel(Cell<usize>);

impl Fuel {
    /// So many steps.
    pub fn new(steps: usize) -> Self {
        Self(Cell::new(steps))
    }

    /// Adds what a file of so many bytes may cost.
    pub fn add(&self, bytes: usize) {
        self.0.set(self.0.get().saturating_add(bytes.saturating_mul(STEPS_PER_BYTE)));
    }

    /// Pays for one step; `false` where nothing is left.
    pub fn burn(&self) -> bool {
        let left = self.0.get();
        self.0.set(left.saturating_sub(1));
        left > 0
    }

    /// Pays for taking over a text, which an alias may bring to thousands of places; `false` where not enough is left.
    pub fn take_over(&self, text: &str) -> bool {
        let left = self.0.get().checked_sub(text.len() / BYTES_PER_STEP);
        self.0.set(left.unwrap_or_default());
        left.is_some()
    }

    /// Whether a step could not be paid.
    pub fn is_empty(&self) -> bool {
        self.0.get() == 0
    }
}

/// A key of a mapping with its value, and where it really stands.
#[derive(Clone, Copy, Debug)]
pub struct MergedEntry<'a> {
    /// The mapping that the key stands in: the one that was asked, or one that is merged into it.
    pub holder: Node<'a>,
    /// The key.
    pub key: Node<'a>,
    /// The value as it is written: perhaps an alias.
    pub value: Node<'a>,
}

/// The value of `key`: the mapping's own, else that of the first merged mapping that has one.
pub fn find_merged<'a>(mapping: Node<'a>, key: &str, fuel: &Fuel) -> Option<MergedEntry<'a>> {
    let mut found = None;
    each_merged(mapping, fuel, &mut |candidate| {
        if candidate.key.str() == Some(key) {
            found = Some(candidate);
        }
        found.is_none()
    });
    found
}

/// Every key of a mapping and of what is merged into it, stronger ones first; a key may come again. Ends where `visit`
/// says `false`.
pub fn each_merged<'a>(mapping: Node<'a>, fuel: &Fuel, visit: &mut dyn FnMut(MergedEntry<'a>) -> bool) {
    walk(mapping.resolve(), fuel, MERGE_DEPTH, visit);
}

fn walk<'a>(
    mapping: Node<'a>,
    fuel: &Fuel,
    depth: usize,
    visit: &mut dyn FnMut(MergedEntry<'a>) -> bool,
) -> bool {
    let mut merges = None;
    for entry in mapping.entries() {
        if !fuel.burn() {
            return false;
        }
        if entry.is_merge() {
            merges = merges.or(Some(entry.value.resolve()));
        } else if !visit(MergedEntry { holder: mapping, key: entry.key, value: entry.value }) {
            return false;
        }
    }
    let Some((below, depth)) = merges.zip(depth.checked_sub(1)) else { return true };
    if below.is_mapping() {
        return walk(below, fuel, depth, visit);
    }
    below.items().all(|source| fuel.burn() && walk(source.resolve(), fuel, depth, visit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::yaml::Yaml;

    fn value(text: &str, key: &str) -> Option<String> {
        let yaml = Yaml::parse(text);
        let service = yaml.root(text)?.get("s")?;
        find_merged(service, key, &Fuel::new(1000))
            .map(|found| found.value.resolve().str().unwrap_or("?").to_owned())
    }

    #[test]
    fn the_own_key_wins_and_then_the_first_merged_one() {
        let base = "a: &a {k: 1, l: 1}\nb: &b {k: 2, m: 2}\n";
        assert_eq!(value(&format!("{base}s: {{<<: [*a, *b], m: 3}}\n"), "k").as_deref(), Some("1"));
        assert_eq!(value(&format!("{base}s: {{<<: [*a, *b]}}\n"), "m").as_deref(), Some("2"));
        assert_eq!(value(&format!("{base}s: {{<<: *b, k: 3}}\n"), "k").as_deref(), Some("3"));
        assert_eq!(value(&format!("{base}s: {{\"<<\": *b}}\n"), "k"), None);
        assert_eq!(value(&format!("{base}c: &c [*a]\ns: {{<<: *c}}\n"), "k").as_deref(), Some("1"));
    }

    #[test]
    fn merges_that_fan_out_end_when_the_fuel_does() {
        let mut text = String::from("a0: &a0 {k: 1}\n");
        for level in 1..60 {
            let below = level - 1;
            let line = format!("a{level}: &a{level} {{<<: [*a{below}, *a{below}, *a{below}]}}\n");
            text.push_str(&line);
        }
        text.push_str("s: {<<: *a59}\n");
        let yaml = Yaml::parse(&text);
        let fuel = Fuel::new(text.len());
        let service = yaml.root(&text).and_then(|root| root.get("s")).unwrap();
        assert!(find_merged(service, "none", &fuel).is_none());
        assert!(fuel.is_empty());
    }
}
