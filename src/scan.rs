//! Literal scans: whether a text is worth parsing at all.

use memchr::memchr2_iter;

/// How often each letter stands in English text and in code, rarest first; what is no letter is rarer than all of them.
const BY_RARITY: &[u8] = b"qzjxkvwybghfmpucdlnirsoate";

/// Whether one of `words` stands in `text` in any case of letters. The words are ASCII and in lower case.
///
/// Jumps from one place of a word's rarest letter to the next, which is several times as fast as an automaton that folds
/// the case, and needs nothing to be built first.
pub fn holds_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| holds(text.as_bytes(), word.as_bytes()))
}

/// Whether one of `words` stands in `text` exactly as it is.
pub fn holds_exactly(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some())
}

fn holds(text: &[u8], word: &[u8]) -> bool {
    let rarity = |byte: u8| BY_RARITY.iter().position(|letter| *letter == byte).map_or(0, |at| at + 1);
    let Some((at, &rarest)) = word.iter().enumerate().min_by_key(|(_, byte)| rarity(**byte)) else {
        return true;
    };
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
}
