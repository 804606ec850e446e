//! Words by which a text is worth parsing, found by literal scans.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::gpu;
use super::kinds::KINDS;
use crate::scan::holds_exactly;

/// Without one of these no pod spec is there: `containers:` and its kin, in YAML and JSON; Argo names single containers.
const PODS: &[&str] = &["ontainers:", "ontainers\"", "argoproj.io/"];

/// Words of GPUs and of `/dev/shm` that are in no resource's name.
const OURS: &[&str] =
    &["gpu", "GPU", "resourceClaims", "shm", "Shm", "sharedMemory", "hostIPC", "accelerators"];

/// Parts of the words that are beside pods and name no domain.
const PARTS: &[&str] = &["gpu", "Gpu", "GPU", "accelerator", "Accelerator", "serving.k"];

static OUR: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| scanner(OURS.iter().copied().chain(gpu::words())));

/// Custom resources and values of charts that name no containers.
static BESIDE: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| scanner(beside()));

fn beside() -> impl Iterator<Item = &'static str> {
    let apis = KINDS.iter().map(|row| row.api).filter(|api| !api.is_empty());
    apis.chain(["accelerators:"]).chain(gpu::words()).chain(gpu::counts())
}

/// A scanner that is quick to build: it often reads one small file.
fn scanner(words: impl Iterator<Item = &'static str>) -> Option<AhoCorasick> {
    let mut needed: Vec<&str> = Vec::new();
    for word in words {
        // A word that holds another is found by that.
        if !needed.iter().any(|known| word.contains(known)) {
            needed.push(word);
        }
    }
    AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(needed).ok()
}

fn has(words: &LazyLock<Option<AhoCorasick>>, text: &str) -> bool {
    words.as_ref().is_some_and(|words| words.is_match(text))
}

/// Whether a text may hold a pod spec.
pub(super) fn speaks_of_pods(text: &str) -> bool {
    holds_exactly(text, PODS)
}

/// Whether a text speaks of a GPU or of `/dev/shm`.
pub(super) fn speaks_of_us(text: &str) -> bool {
    has(&OUR, text)
}

/// Whether a text may hold a custom resource or values that ask for a GPU without naming containers.
pub(super) fn speaks_beside_pods(text: &str) -> bool {
    may_speak_beside_pods(text) && has(&BESIDE, text)
}

/// Rules most texts out at a fraction of the cost: each of the words either has one of these parts, or a domain's ending
/// before its slash.
fn may_speak_beside_pods(text: &str) -> bool {
    let domain = |at: usize| {
        let before = text.as_bytes().get(..at).unwrap_or_default();
        [&b".com"[..], b".ai", b".io", b".sh", b".org"].iter().any(|ending| before.ends_with(ending))
    };
    memchr::memchr_iter(b'/', text.as_bytes()).any(domain) || holds_exactly(text, PARTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_ruled_out() {
        for word in beside() {
            assert!(may_speak_beside_pods(&format!("a: {word}")), "{word}");
        }
        assert!(!may_speak_beside_pods("see /usr/share and a/b.json\n"));
    }
}
