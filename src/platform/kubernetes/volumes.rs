//! The volumes of a pod.

use std::collections::HashMap;

use super::manifest::{Manifest, get, one_line};
use crate::syntax::yaml::Node;

/// A volume of a pod.
#[derive(Clone, Copy)]
pub(super) struct Volume<'a> {
    pub(super) name: &'a str,
    pub(super) node: Node<'a>,
    /// Whether it is a claim template, which gives a disk.
    pub(super) is_claim: bool,
}

/// The volumes of a pod.
#[derive(Default)]
pub(super) struct Volumes<'a> {
    by_name: HashMap<&'a str, Volume<'a>>,
    /// Those of memory, in the order of the file.
    memory: Vec<Volume<'a>>,
}

/// No pod has so many volumes of memory.
const MOST_MEMORY: usize = 32;

impl<'a> Volumes<'a> {
    /// The volumes of one pod. Of two with one name the first counts.
    pub(super) fn new(manifest: &'a Manifest, volumes: impl Iterator<Item = Volume<'a>>) -> Self {
        let mut all = Self::default();
        for volume in volumes {
            let empty_dir = get(volume.node, "emptyDir").filter(|_| !volume.is_claim);
            let empty_dir = empty_dir.filter(|it| manifest.text_of(*it, "medium") == Some("Memory"));
            if empty_dir.is_some() && all.memory.len() < MOST_MEMORY {
                all.memory.push(volume);
            }
            all.by_name.entry(volume.name).or_insert(volume);
        }
        all
    }

    /// The memory volumes.
    pub(super) fn memory(&self) -> impl Iterator<Item = &Volume<'a>> {
        self.memory.iter()
    }

    /// The volume of a name.
    pub(super) fn get(&self, name: &str) -> Option<&Volume<'a>> {
        self.by_name.get(name)
    }
}

/// Whether a memory volume was meant for `/dev/shm`, by its name or by where it is mounted.
pub(super) fn meant_for_shm(name: &str, path: Option<&str>) -> bool {
    let mut name = name.to_ascii_lowercase();
    name.retain(|c| c.is_ascii_alphanumeric());
    let says_shm = |text: &str| text.contains("shm") || text.contains("sharedmem");
    match path {
        None => says_shm(&name),
        Some(path) if path.starts_with("/dev/shm/") => says_shm(&name),
        // A path such as /cache has a purpose of its own, whatever the volume is called; one in /dev is a slip of the fingers.
        Some(path) => path.contains("shm") || (path.starts_with("/dev/") && says_shm(&name)),
    }
}

/// A volume in a few words: `volume 'dshm' on /dev/shm: emptyDir {medium: Memory, sizeLimit: 8Gi}`.
pub(super) fn describe(manifest: &Manifest, volume: &Volume<'_>, path: &str) -> String {
    let source = volume.node.entries().find(|entry| entry.key.str() != Some("name"));
    let source = source.map(|entry| {
        let inner = entry.value.resolve().entries();
        let inner: Vec<String> = inner.map(|entry| manifest.line(entry.span())).collect();
        format!("{} {{{}}}", entry.key.str().unwrap_or_default(), inner.join(", "))
    });
    let on = if path.is_empty() { String::new() } else { format!(" on {path}") };
    one_line(&format!("volume '{}'{on}: {}", volume.name, source.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_is_meant_for_shm_by_its_name_or_its_path() {
        assert!(meant_for_shm("dshm", None));
        assert!(meant_for_shm("shared-memory", None));
        assert!(meant_for_shm("x", Some("/dev/shm2")));
        assert!(meant_for_shm("dshm", Some("/dev/smh")));
        assert!(!meant_for_shm("dshm", Some("/cache")));
        assert!(!meant_for_shm("cache", Some("/dev/shm/cache")));
        assert!(!meant_for_shm("tmp", None));
    }
}
