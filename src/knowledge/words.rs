//! What the names of services, containers and home-made images tell.

use super::image::Reference;
use super::{Entry, Rule, TABLE};

/// The entry whose words stand in the image's own name or in the workload's. Of several the one that needs memory wins:
/// `whisper-finetune` is a training job.
pub(super) fn entry(image: Option<&Reference<'_>>, name: &str) -> Option<&'static Entry> {
    let names = [words(image.map_or("", Reference::name)), words(name)];
    let told = TABLE
        .iter()
        .filter(|entry| entry.words.iter().any(|wanted| names.iter().any(|words| contains(words, wanted))));
    // The first of equals, so that the file's order decides.
    told.reduce(|best, entry| if rank(entry) > rank(best) { entry } else { best })
}

fn rank(entry: &Entry) -> u8 {
    if entry.rule == Rule::Idle { 0 } else { entry.rule.weight() }
}

/// The words of a name in lower case, without trailing numbers: `vLLM-node_2` is `vllm`, `node`.
fn words(name: &str) -> Vec<String> {
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric());
    let words = parts.map(|part| part.trim_end_matches(|c: char| c.is_ascii_digit()));
    words.filter(|word| !word.is_empty()).map(str::to_ascii_lowercase).collect()
}

/// Whether the words of `wanted` (`nvidia-smi`) follow each other in `words`.
fn contains(words: &[String], wanted: &str) -> bool {
    let length = wanted.split('-').count();
    words.windows(length).any(|window| window.iter().map(String::as_str).eq(wanted.split('-')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        assert_eq!(words("vLLM-node_2"), ["vllm", "node"]);
        assert_eq!(words("${TRAIN_IMAGE}"), ["train", "image"]);
        let smi = words("gpu-nvidia-smi-1");
        assert!(contains(&smi, "nvidia-smi") && contains(&smi, "nvidia") && !contains(&smi, "smi-nvidia"));
        assert!(!contains(&words("x"), "nvidia-smi"));
    }
}
