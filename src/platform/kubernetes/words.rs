//! Words by which a text is worth parsing, found by literal scans.

use crate::text::filename::FileName;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::gpu;
use super::kinds::APIS;
use crate::container::accelerator::{self, MAKERS, scanner};
use crate::platform::kind::EVERYWHERE;
use crate::text::scan::{Words, holds};

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

/// Parts of the words that are beside pods: each has one of these, or the domain of a maker or an operator.
const PARTS: &[&str] = &["gpu", "Gpu", "GPU", "ccelerator", "deviceclass."];

/// Words without one of which nothing here is ours.
pub(super) const ANY: &[&[&str]] = &[EVERYWHERE, PODS, PARTS, MAKERS, APIS, BUILDS, &["ConfigMap"]];

/// What kustomizations list.
const BUILDS: &[&str] = &["resources:", "bases:", "components:"];

static OUR: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| scanner(OURS.iter().copied().chain(accelerator::resource_words())));

/// Custom resources and values of charts that name no containers.
static BESIDE: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| scanner(beside()));

fn beside() -> impl Iterator<Item = &'static str> {
    APIS.iter().copied().chain(["accelerators:"]).chain(accelerator::resource_words()).chain(gpu::counts())
}

fn has(words: &LazyLock<Option<AhoCorasick>>, text: &str) -> bool {
    words.as_ref().is_some_and(|words| words.is_match(text))
}

/// Whether a text may hold a pod spec: a list of containers, or what a template puts in its place. Schemas and vocabularies
/// have the word and no list behind it.
pub(super) fn speaks_of_pods(text: &str) -> bool {
    let lists = |word: &str| {
        memchr::memmem::find_iter(text.as_bytes(), word).any(|at| holds_list(text.get(at + word.len()..)))
    };
    PODS.iter().any(|word| if word.ends_with('/') { holds(text, word) } else { lists(word) })
        && !defines_resources(text)
}

/// Whether a list, an alias or a template's action comes next, behind blanks, comments and the `:` of JSON.
fn holds_list(rest: Option<&str>) -> bool {
    let mut rest = rest.unwrap_or_default().trim_start_matches([':', ' ', '\t', '\r', '\n']);
    while let Some(comment) = rest.strip_prefix('#') {
        rest = comment.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
    }
    let is_list = rest.starts_with(['-', '[', '*', '&', '!', '<', '%', '$', '|', '>']);
    is_list || rest.starts_with("{{") || rest.starts_with("{%")
}

/// Whether a text may hold what starts a container: a pod spec, or what asks for a GPU beside one.
pub(super) fn may_start(text: &str) -> bool {
    speaks_of_pods(text) || speaks_beside_pods(text)
}

/// Whether every object of a text is a `CustomResourceDefinition`: schemas of hundreds of kilobytes, which start nothing.
fn defines_resources(text: &str) -> bool {
    let mut kinds = memchr::memmem::find_iter(text.as_bytes(), "\nkind:").peekable();
    let defines = |at: usize| {
        let rest = text.get(at + "\nkind:".len()..).unwrap_or_default();
        rest.trim_start_matches([' ', '"', '\'']).starts_with("CustomResourceDefinition")
    };
    !text.starts_with("kind:") && kinds.peek().is_some() && kinds.all(defines)
}

/// Whether a text speaks of a GPU or of `/dev/shm`.
pub(super) fn speaks_of_us(text: &str) -> bool {
    has(&OUR, text)
}

/// Whether a text may hold a custom resource or values that ask for a GPU without naming containers.
pub(super) fn speaks_beside_pods(text: &str) -> bool {
    // Rules most texts out at a fraction of the cost.
    static WORDS: Words = Words::new(&[PARTS, MAKERS, APIS]);
    let is_data = text.starts_with('{') && !text.starts_with("{{") && !holds(text, "\"apiVersion\"");
    !is_data && WORDS.stand_in(text) && has(&BESIDE, text) && !defines_resources(text)
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
            assert!(Words::new(&[PARTS, MAKERS, APIS]).stand_in(&format!("a: {word}")), "{word}");
        }
        assert!(!Words::new(ANY).stand_in("see /usr/share and a/b.json\n"));
        // The packed search takes no more, and looks for each by itself beyond.
        assert!(Words::new(ANY).iter().count() <= 64);
    }

    #[test]
    fn definitions_of_resources_start_nothing() {
        let schema = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n  containers:\n  - a\n";
        let pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - a\n";
        assert!(!may_start(schema) && !may_start(&format!("{schema}---\n{schema}")));
        assert!(
            may_start(pod)
                && may_start(&format!("{schema}---\n{pod}"))
                && may_start(&format!("{pod}---\n{schema}"))
        );
        assert!(may_start("kind: Pod\nspec:\n  containers:\n  - a\n") && may_start("containers:\n- a\n"));
    }

    #[test]
    fn schemas_speak_of_no_pods() {
        for text in [
            "containers:\n  - a",
            "\"containers\": [",
            "containers:  # a\n  # b\n  {{ x }}",
            "containers: *a",
        ] {
            assert!(speaks_of_pods(text), "{text}");
        }
        for text in ["containers:\n  description: x", "\"containers\": {\"type\":1}", "\"containers\", 5"] {
            assert!(!speaks_of_pods(text), "{text}");
        }
    }
}
