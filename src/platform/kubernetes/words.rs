//! Words by which a text is worth parsing, found by literal scans.

use crate::text::filename::FileName;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::gpu;
use super::kinds::KINDS;
use crate::container::accelerator::{self, scanner};
use crate::platform::kind::EVERYWHERE;
use crate::text::scan::Words;

/// Without one of these no pod spec is there: `containers:` and its kin, in YAML and JSON; Argo names single containers.
const PODS: &[&str] = &["ontainers:", "ontainers\"", "argoproj.io/"];

/// Words of GPUs and of `/dev/shm` that are in no resource's name.
const OURS: &[&str] = &[
    "gpu",
    "GPU",
    "resourceClaims",
    "shm",
    "Shm",
    "sharedMemory",
    "hostIPC",
    "accelerators",
    "runtimeClassName",
];

/// Parts of the words that are beside pods: each has one of these.
const PARTS: &[&str] =
    &["gpu", "Gpu", "GPU", "ccelerator", "serving.k", ".com/", ".ai/", ".io/", ".sh/", ".org/"];

/// Words without one of which nothing here is ours.
pub(super) const ANY: &[&[&str]] = &[EVERYWHERE, PODS, PARTS, BUILDS];

/// What kustomizations list.
const BUILDS: &[&str] = &["resources:", "bases:", "components:"];

static OUR: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| scanner(OURS.iter().copied().chain(accelerator::resource_words())));

/// Custom resources and values of charts that name no containers.
static BESIDE: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| scanner(beside()));

fn beside() -> impl Iterator<Item = &'static str> {
    let apis = KINDS.iter().map(|row| row.api).filter(|api| !api.is_empty());
    apis.chain(["accelerators:"]).chain(accelerator::resource_words()).chain(gpu::counts())
}

fn has(words: &LazyLock<Option<AhoCorasick>>, text: &str) -> bool {
    words.as_ref().is_some_and(|words| words.is_match(text))
}

/// Whether a text may hold a pod spec.
pub(super) fn speaks_of_pods(text: &str) -> bool {
    static WORDS: Words = Words::new(&[PODS]);
    WORDS.stand_in(text)
}

/// Whether a text speaks of a GPU or of `/dev/shm`.
pub(super) fn speaks_of_us(text: &str) -> bool {
    has(&OUR, text)
}

/// Whether a text may hold a custom resource or values that ask for a GPU without naming containers.
pub(super) fn speaks_beside_pods(text: &str) -> bool {
    // Rules most texts out at a fraction of the cost.
    static WORDS: Words = Words::new(&[PARTS]);
    WORDS.stand_in(text) && has(&BESIDE, text)
}

/// Endings of manifests.
pub(super) const ENDINGS: &[&str] = &["yaml", "yml", "json"];

/// Whether something else fills the file in before Kubernetes reads it.
pub(super) fn is_template(file: &FileName<'_>) -> bool {
    match file.ending.strip_suffix("-template") {
        Some(ending) => ENDINGS.contains(&ending),
        // Helm's own helpers end in `.tpl` alone.
        None => file.ends_in(&["tpl"]) || file.finished().is_some_and(|file| file.ends_in(ENDINGS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_ruled_out() {
        for word in beside() {
            assert!(Words::new(&[PARTS]).stand_in(&format!("a: {word}")), "{word}");
        }
        assert!(!Words::new(ANY).stand_in("see /usr/share and a/b.json\n"));
    }
}
