//! Looking keys up as Compose's reader does: aliases and merge keys are followed, never copied.
//!
//! All steps of one reading are paid from one [`Fuel`], so that a file of any shape (merge keys that fan out, thousands of
//! services that share one anchor) costs time linear in its length.

use std::cell::Cell;

use crate::syntax::yaml::{Node, NodeId};

/// How many merge keys may stand behind each other. Real files use up to three.
const MERGE_DEPTH: usize = 64;

/// Steps that a reading may make for each byte of its files; real ones make less than one.
const STEPS_PER_BYTE: usize = 16;

/// How much text is taken over for one step.
const BYTES_PER_STEP: usize = 8;

/// The steps that a reading may still make.
#[derive(Debug)]
pub(super) struct Fuel(Cell<usize>);

impl Fuel {
    /// So many steps.
    pub(super) fn new(steps: usize) -> Self {
        Self(Cell::new(steps))
    }

    /// Adds what a file of so many bytes may cost.
    pub(super) fn add(&self, bytes: usize) {
        self.0.set(self.0.get().saturating_add(bytes.saturating_mul(STEPS_PER_BYTE)));
    }

    /// Pays for one step; `false` where nothing is left.
    pub(super) fn burn(&self) -> bool {
        let left = self.0.get();
        self.0.set(left.saturating_sub(1));
        left > 0
    }

    /// Pays for taking over a text, which an alias may bring to thousands of places; `false` where not enough is left.
    pub(super) fn take_over(&self, text: &str) -> bool {
        let left = self.0.get().checked_sub(text.len() / BYTES_PER_STEP);
        self.0.set(left.unwrap_or_default());
        left.is_some()
    }

    /// Whether a step could not be paid.
    pub(super) fn is_empty(&self) -> bool {
        self.0.get() == 0
    }
}

/// A key of a mapping, and where it really stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'a> {
    /// The mapping that the key stands in: the one that was asked, or one that is merged into it.
    pub(super) holder: Node<'a>,
    /// The key.
    pub(super) key: Node<'a>,
    /// The value as it is written: perhaps an alias.
    pub(super) value: Node<'a>,
}

/// The value of `key`: the mapping's own, else that of the first merged mapping that has one.
pub(super) fn find<'a>(mapping: Node<'a>, key: &str, fuel: &Fuel) -> Option<Found<'a>> {
    let mut found = None;
    each(mapping, fuel, &mut |candidate| {
        if candidate.key.str() == Some(key) {
            found = Some(candidate);
        }
        found.is_none()
    });
    found
}

/// Every key of a mapping and of what is merged into it, stronger ones first; a key may come again. Ends where `visit`
/// says `false`.
pub(super) fn each<'a>(mapping: Node<'a>, fuel: &Fuel, visit: &mut dyn FnMut(Found<'a>) -> bool) {
    walk(mapping.resolve(), fuel, MERGE_DEPTH, visit);
}

fn walk<'a>(mapping: Node<'a>, fuel: &Fuel, depth: usize, visit: &mut dyn FnMut(Found<'a>) -> bool) -> bool {
    let mut merges = None;
    for entry in mapping.entries() {
        if !fuel.burn() {
            return false;
        }
        if entry.is_merge() {
            merges = merges.or(Some(entry.value.resolve()));
        } else if !visit(Found { holder: mapping, key: entry.key, value: entry.value }) {
            return false;
        }
    }
    let Some((below, depth)) = merges.zip(depth.checked_sub(1)) else { return true };
    if below.is_mapping() {
        return walk(below, fuel, depth, visit);
    }
    below.items().all(|source| fuel.burn() && walk(source.resolve(), fuel, depth, visit))
}

macro_rules! keys {
    ($($(#[$doc:meta])* $key:ident = $name:literal,)*) => {
        /// The keys of a service that matter here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Key { $($(#[$doc])* $key,)* }

        impl Key {
            /// How many there are.
            const COUNT: usize = [$(Self::$key),*].len();

            fn of(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$key),)*
                    _ => is_misspelt(name).then_some(Self::Misspelt),
                }
            }

            /// As it is written.
            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$key => $name,)* }
            }
        }
    };
}

keys! {
    Build = "build",
    Command = "command",
    ContainerName = "container_name",
    Deploy = "deploy",
    Devices = "devices",
    Entrypoint = "entrypoint",
    Environment = "environment",
    Extends = "extends",
    Gpus = "gpus",
    Image = "image",
    Ipc = "ipc",
    MemLimit = "mem_limit",
    /// A key that Compose does not know and that was meant for `shm_size`.
    Misspelt = "shm-size",
    Runtime = "runtime",
    ShmSize = "shm_size",
    StdinOpen = "stdin_open",
    Tmpfs = "tmpfs",
    Volumes = "volumes",
    VolumesFrom = "volumes_from",
    WorkingDir = "working_dir",
}

/// Whether a key is spelt like `shm_size` but for its case and what parts its words.
fn is_misspelt(name: &str) -> bool {
    let letters = name.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase());
    (7..=9).contains(&name.len()) && letters.eq(*b"shmsize") && name != Key::ShmSize.name()
}

/// Where a key stands; its tree is known from the context.
#[derive(Clone, Copy, Debug)]
pub(super) struct Where {
    pub(super) holder: NodeId,
    pub(super) key: NodeId,
    pub(super) value: NodeId,
}

/// The keys of one service in one file, its merge keys followed.
#[derive(Clone, Debug, Default)]
pub(super) struct Table([Option<Where>; Key::COUNT]);

impl Table {
    /// Looks through a service's mapping once.
    pub(super) fn of(service: Node<'_>, fuel: &Fuel) -> Self {
        let mut table = Self::default();
        each(service, fuel, &mut |found| {
            let slot = found.key.str().and_then(Key::of).and_then(|key| table.0.get_mut(key as usize));
            if let Some(slot @ None) = slot {
                let (holder, key, value) = (found.holder.id(), found.key.id(), found.value.id());
                *slot = Some(Where { holder, key, value });
            }
            true
        });
        table
    }

    /// Where a key stands.
    pub(super) fn get(&self, key: Key) -> Option<Where> {
        self.0.get(key as usize).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::yaml::Yaml;

    fn value(text: &str, key: &str) -> Option<String> {
        let yaml = Yaml::parse(text);
        let service = yaml.root(text)?.get("s")?;
        find(service, key, &Fuel::new(1000))
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
        assert!(find(service, "none", &fuel).is_none());
        assert!(fuel.is_empty());
    }
}
