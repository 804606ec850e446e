//! What the names of services, containers and home-made images tell.

use super::Entry;
use super::image::Reference;
use super::table::WORDS;

/// The entry whose words stand in the own name of an image or of the workload. Of several the one that needs memory wins:
/// `whisper-finetune` is a training job.
pub(super) fn entry(images: &[Reference<'_>], name: &str) -> Option<&'static Entry> {
    let mut best: Option<&'static Entry> = None;
    for name in images.iter().map(Reference::name).chain([name]) {
        let words = words(name);
        let mut rest = words.as_slice();
        while let [word, behind @ ..] = rest {
            for (_, entry) in WORDS.candidates(word).filter(|(wanted, _)| starts_with(rest, wanted)) {
                if best.is_none_or(|best| entry.rule.weight() > best.rule.weight()) {
                    best = Some(entry);
                }
            }
            rest = behind;
        }
    }
    best
}

/// The words of a name in lower case, without trailing numbers: `vLLM-node_2` is `vllm`, `node`.
fn words(name: &str) -> Vec<String> {
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric());
    let words = parts.map(|part| part.trim_end_matches(|c: char| c.is_ascii_digit()));
    words.filter(|word| !word.is_empty()).map(str::to_ascii_lowercase).collect()
}

/// Whether `words` begin with those of `wanted` (`nvidia-smi`).
fn starts_with(words: &[String], wanted: &str) -> bool {
    let mut words = words.iter();
    wanted.split('-').all(|wanted| words.next().is_some_and(|word| word == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        assert_eq!(words("vLLM-node_2"), ["vllm", "node"]);
        assert_eq!(words("${TRAIN_IMAGE}"), ["train", "image"]);
    }

    #[test]
    fn words_of_an_entry_stand_together() {
        let named = |name| entry(&[], name).map(|entry| entry.name);
        assert_eq!(named("gpu-nvidia-smi-1"), Some("GPU query"));
        assert_eq!(named("smi-nvidia"), None);
        assert_eq!(named("nvidia"), None);
        assert_eq!(named("whisper-finetune"), named("finetune"));
    }
}
