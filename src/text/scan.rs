//! Literal scans: whether a text is worth parsing at all.

use std::sync::OnceLock;

use aho_corasick::packed::{Config, Searcher};
use memchr::{memchr2_iter, memmem};

/// How often each letter stands in English text and in code, rarest first; what is no letter is rarer than all of them.
const BY_RARITY: &[u8] = b"qzjxkvwybghfmpucdlnirsoate";

/// Where a word first stands in a text, exactly as it is written.
pub fn find(text: &str, word: &str) -> Option<usize> {
    memmem::find(text.as_bytes(), word.as_bytes())
}

/// Whether a word stands in a text, exactly as it is written.
pub fn holds(text: &str, word: &str) -> bool {
    find(text, word).is_some()
}

/// Words that are looked for together, in one pass over a text, exactly as they are written.
pub struct Words {
    lists: &'static [&'static [&'static str]],
    /// Made when the first text asks; nothing where the machine has no instructions for it.
    searcher: OnceLock<Option<Searcher>>,
}

impl Words {
    /// The words of all these lists: of two letters or more, and few, or the pass is slow.
    pub const fn new(lists: &'static [&'static [&'static str]]) -> Self {
        Self { lists, searcher: OnceLock::new() }
    }

    /// The words.
    pub fn iter(&self) -> impl Iterator<Item = &'static str> {
        self.lists.iter().copied().flatten().copied()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Whether one of them stands in `text`.
    pub fn stand_in(&self, text: &str) -> bool {
        match self.searcher() {
            Some(searcher) if text.len() >= searcher.minimum_len() => searcher.find(text).is_some(),
            _ => self.iter().any(|word| memmem::find(text.as_bytes(), word.as_bytes()).is_some()),
        }
    }
}

impl Words {
    /// Where words begin in `text`, and which: the first that fits at each place, none within another.
    pub fn all_in(&self, text: &str) -> Vec<(usize, &'static str)> {
        let word = |pattern: usize| self.iter().nth(pattern).unwrap_or_default();
        if let Some(searcher) = self.searcher() {
            return searcher
                .find_iter(text)
                .map(|found| (found.start(), word(found.pattern().as_usize())))
                .collect();
        }
        let each = |word: &'static str| memmem::find_iter(text.as_bytes(), word).map(move |at| (at, word));
        let mut found: Vec<(usize, &'static str)> = self.iter().flat_map(each).collect();
        found.sort_by_key(|(at, _)| *at);
        found
    }

    fn searcher(&self) -> Option<&Searcher> {
        self.searcher.get_or_init(|| Config::new().builder().extend(self.iter()).build()).as_ref()
    }
}

/// Whether `pattern`, in which `*` stands for any characters, matches the whole of `text`.
pub fn glob(pattern: &str, text: &str) -> bool {
    let Some((start, mut pattern)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut rest) = text.strip_prefix(start) else { return false };
    while let Some((piece, others)) = pattern.split_once('*') {
        // The leftmost place leaves the most room for what follows.
        let Some(behind) = behind(rest, piece) else { return false };
        (rest, pattern) = (behind, others);
    }
    rest.ends_with(pattern)
}

/// What stands behind the first `piece` of a text. Both are short, so that nothing is made ready for the search.
fn behind<'t>(text: &'t str, piece: &str) -> Option<&'t str> {
    let mut starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    starts.find_map(|at| text.get(at..)?.strip_prefix(piece))
}

/// Whether one of `words` stands in `text` in any case of letters. The words are ASCII and in lower case.
///
/// Jumps from one place of a word's rarest letter to the next, which is several times as fast as an automaton that folds
/// the case, and needs nothing to be built first.
pub fn holds_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| holds_folded(text.as_bytes(), word.as_bytes()))
}

fn holds_folded(text: &[u8], word: &[u8]) -> bool {
    let rarity = |(_, byte): &(usize, &u8)| BY_RARITY.iter().position(|letter| letter == *byte);
    let Some((at, &rarest)) = word.iter().enumerate().min_by_key(rarity) else { return true };
    memchr2_iter(rarest, rarest.to_ascii_uppercase(), text).any(|found| {
        let start = found.checked_sub(at);
        let candidate = start.and_then(|start| text.get(start..start + word.len()));
        candidate.is_some_and(|candidate| candidate.eq_ignore_ascii_case(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_case_and_at_both_ends() {
        assert!(holds_any("run DOCKER now", &["podman", "docker"]));
        assert!(holds_any("docker", &["docker"]) && holds_any("x --IPC", &["--ipc"]));
        assert!(!holds_any("docke r, ocker, kkkk", &["docker"]));
        assert!(!holds_any("", &["a"]));
    }

    #[test]
    fn words_are_found_together_in_short_and_long_texts() {
        static WORDS: Words = Words::new(&[&["run:", "services"], &["ontainers\""]]);
        for word in WORDS.iter() {
            for around in ["", "x", &"run service container ".repeat(50)] {
                assert!(WORDS.stand_in(&format!("{around}{word}{around}")), "{word}");
                assert!(!WORDS.stand_in(&format!("{around}{}", &word[1..])), "{word}");
            }
        }
    }
}
