//! What the names of services, containers and home-made images tell.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::command::Program;
use super::image::Reference;
use super::table::WORDS;
use super::{KnowledgeEntry, NeedRule};

/// The entry whose words stand in the own name of an image, in one of the workload's, or in that of its program or script.
/// Of several the one that needs memory wins: `whisper-finetune` is a training job.
pub(super) fn entry(
    image: Option<&Reference<'_>>,
    programs: &[Program<'_>],
    names: &[&str],
) -> Option<&'static KnowledgeEntry> {
    let mut running = programs.iter().filter(|program| !program.is_neutral());
    // Of several programs one that needs none says nothing of the others.
    let alone = running.clone().nth(1).is_none();
    let weightiest = |best: Option<&'static KnowledgeEntry>, entry: &'static KnowledgeEntry| {
        best.filter(|best| best.rule.weight() >= entry.rule.weight()).or(Some(entry))
    };
    let told = image.into_iter().map(Reference::name).chain(names.iter().copied()).filter_map(of_name);
    let best = told.fold(None, weightiest);
    // Training code of TensorFlow is that of TensorFlow.
    if best.is_some_and(|best| best.rule.weight() > NeedRule::No.weight()) {
        return best;
    }
    let scripts = running.by_ref().filter_map(Program::script).filter_map(of_name);
    scripts.filter(|entry| alone || entry.rule.weight() > NeedRule::No.weight()).fold(best, weightiest)
}

/// The weightiest entry whose words stand in a name.
fn of_name(name: &str) -> Option<&'static KnowledgeEntry> {
    all(name).into_iter().max_by_key(|entry| entry.rule.weight())
}

/// The entries whose words stand in a name. Where several begin with the same word, the longest counts.
pub(super) fn all(name: &str) -> Vec<&'static KnowledgeEntry> {
    let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
    let name = if is_lower { Cow::Borrowed(name) } else { Cow::Owned(name.to_ascii_lowercase()) };
    let words: SmallVec<[&str; 8]> = words(&name).collect();
    // A word behind `=` is the whole name.
    if let [word] = words.as_slice()
        && let Some(entry) = WORDS.whole(word)
    {
        return vec![entry];
    }
    let begins = (0..words.len()).filter_map(|at| words.get(at..));
    let told = begins.filter_map(|rest| {
        let candidates = WORDS.candidates(rest.first()?).filter(|(wanted, _)| starts_with(rest, wanted));
        candidates.max_by_key(|(wanted, _)| wanted.len()).map(|(_, entry)| entry)
    });
    told.collect()
}

/// The words of a name, without trailing numbers: `vllm-node_2` is `vllm`, `node`.
fn words(name: &str) -> impl Iterator<Item = &str> {
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric());
    parts.map(without_number).filter(|word| !word.is_empty())
}

/// A word without the number behind it. One letter with a number is a name: `a1111`.
fn without_number(part: &str) -> &str {
    let word = part.trim_end_matches(|c: char| c.is_ascii_digit());
    if word.len() == 1 { part } else { word }
}

/// Whether `words` begin with those of `wanted` (`nvidia-smi`).
fn starts_with(words: &[&str], wanted: &str) -> bool {
    let mut words = words.iter();
    wanted.split('-').all(|wanted| words.next().is_some_and(|word| *word == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        let words = |name| words(name).collect::<Vec<_>>();
        assert_eq!(words("vllm-node_2"), ["vllm", "node"]);
        assert_eq!(words("${TRAIN_IMAGE}"), ["TRAIN", "IMAGE"]);
        assert_eq!(words("a1111-ui2-3"), ["a1111", "ui"]);
    }

    #[test]
    fn words_of_an_entry_stand_together() {
        let named = |name| entry(None, &[], &[name]).map(|entry| entry.name);
        assert_eq!(named("gpu-nvidia-smi-1"), Some("GPU query"));
        assert_eq!(named("smi-nvidia"), None);
        assert_eq!(named("nvidia"), None);
        assert_eq!(named("whisper-finetune"), named("finetune"));
    }

    #[test]
    fn a_word_that_means_much_tells_something_only_as_the_whole_name() {
        let named = |name| entry(None, &[], &[name]).map(|entry| entry.name);
        assert_eq!(named("gpus_8"), Some("Service template"));
        assert_eq!(named("miner-2"), Some("Miner"));
        for name in ["run_8_gpus.sh", "multi-gpus", "text-miner", "carla-agent"] {
            assert_eq!(named(name), None, "{name}");
        }
    }
}
