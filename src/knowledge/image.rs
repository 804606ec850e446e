//! Image references and the globs that match them.
//!
//! A glob names the end of a repository's path: `vllm/vllm-openai` matches `vllm/vllm-openai` on Docker Hub, on any
//! registry and below any mirror's prefix, and `ollama` the image of this name whoever built it. `*` stands for any
//! characters but `/` and `:`. Without `:tag` a glob matches every tag; a digest never matters.

use crate::text::scan::glob;

/// More than any reference is long, in bytes, with all that variables may add: a name has at most 255 and a tag 128.
/// <https://pkg.go.dev/github.com/distribution/reference>
pub const MAX_REFERENCE: usize = 4096;

/// The parts of an image reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference<'a> {
    /// Registry and path, without tag and digest.
    pub(super) repository: &'a str,
    /// The tag, if one is written.
    pub(super) tag: Option<&'a str>,
}

impl<'a> Reference<'a> {
    /// Takes a reference apart. Variables and template actions stay as they are written, in whatever part they stand.
    pub(super) fn parse(text: &'a str) -> Self {
        let text = if text.len() > MAX_REFERENCE { "" } else { text };
        let text = text.trim().trim_matches(['"', '\'']);
        let text = text.strip_prefix("docker://").unwrap_or(text);
        let (text, _digest) = text.split_once("@sha256:").unwrap_or((text, ""));
        let path_end = last_outside_braces(text, b'/').map_or(0, |at| at + 1);
        let colon = last_outside_braces(text, b':').filter(|&at| at >= path_end);
        match colon {
            Some(at) => Self { repository: text.get(..at).unwrap_or(text), tag: text.get(at + 1..) },
            None => Self { repository: text, tag: None },
        }
    }

    /// The last part of the repository's path.
    pub(super) fn name(&self) -> &'a str {
        let start = last_outside_braces(self.repository, b'/').map_or(0, |at| at + 1);
        self.repository.get(start..).unwrap_or(self.repository)
    }

    /// The words of the tag without versions: `omni-cuda` of `omni-cuda-v1.2`; `latest` and the like say nothing.
    pub(super) fn tag_words(&self) -> Vec<&'a str> {
        let words = self.tag.unwrap_or_default().split(['-', '_', '.']);
        let is_word = |word: &&str| {
            let version = word.trim_start_matches(['v', 'V', 'r']).bytes().all(|byte| byte.is_ascii_digit());
            let is_channel = ["latest", "local", "main", "stable", "nightly"].contains(word);
            !word.is_empty() && !is_channel && !version
        };
        words.filter(is_word).collect()
    }

    /// Whether the glob matches.
    pub(super) fn matches(&self, pattern: &str) -> bool {
        // Most patterns are nothing but the end of a path.
        if memchr::memchr2(b'*', b':', pattern.as_bytes()).is_none() {
            let before = self.repository.strip_suffix(pattern);
            return before.is_some_and(|before| before.is_empty() || before.ends_with('/'));
        }
        let (path, tag) = match pattern.split_once(':') {
            Some((path, tag)) => (path, Some(tag)),
            None => (pattern, None),
        };
        let (mut wanted, mut written) = (Some(path), Some(self.repository));
        while let Some(rest) = wanted {
            let Some(path) = written else { return false };
            let ((above, part), (outer, own)) = (last_part(rest), last_part(path));
            if !glob(part, own) {
                return false;
            }
            (wanted, written) = (above, outer);
        }
        tag.is_none_or(|tag| self.tag.is_some_and(|written| glob(tag, written)))
    }
}

/// What stands before the last `/` of a path, and what behind it.
fn last_part(path: &str) -> (Option<&str>, &str) {
    match path.bytes().rposition(|byte| byte == b'/') {
        Some(at) => (path.get(..at), path.get(at + 1..).unwrap_or_default()),
        None => (None, path),
    }
}

/// The last `wanted` that does not stand inside `{…}`, where a variable's default may hold one.
fn last_outside_braces(text: &str, wanted: u8) -> Option<usize> {
    let mut depth = 0_usize;
    let mut last = None;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ if byte == wanted && depth == 0 => last = Some(at),
            _ => {}
        }
    }
    last
}

/// How many characters of a pattern are not `*`: the more, the narrower it is.
pub(super) fn literal(pattern: &str) -> usize {
    pattern.bytes().filter(|&byte| byte != b'*').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_taken_apart() {
        let parts = |text| {
            let reference = Reference::parse(text);
            (reference.repository, reference.tag, reference.name())
        };
        assert_eq!(parts("ollama"), ("ollama", None, "ollama"));
        assert_eq!(parts("localhost:5000/a/b"), ("localhost:5000/a/b", None, "b"));
        assert_eq!(parts("reg:5000/a/b:c@sha256:0f"), ("reg:5000/a/b", Some("c"), "b"));
        assert_eq!(parts("docker://x/y:1"), ("x/y", Some("1"), "y"));
        assert_eq!(parts("${R:-a/b}/c:${T:-1}"), ("${R:-a/b}/c", Some("${T:-1}"), "c"));
        assert_eq!(parts(""), ("", None, ""));
    }

    #[test]
    fn a_glob_matches_below_any_registry() {
        let matches = |glob: &str, image| Reference::parse(image).matches(glob);
        for image in
            ["vllm/vllm-openai", "docker.io/vllm/vllm-openai:v1", "h.corp:443/hub/vllm/vllm-openai@sha256:00"]
        {
            assert!(matches("vllm/vllm-openai*", image), "{image}");
        }
        assert!(!matches("vllm/vllm-openai", "other/vllm-openai"));
        assert!(!matches("vllm/vllm-openai", "vllm-openai"));
        assert!(!matches("ollama", "acme/my-ollama") && !matches("m/vllm-openai", "vllm/vllm-openai"));
        assert!(matches("nvidia/cuda:*-base*", "nvcr.io/nvidia/cuda:12.4.1-base-ubuntu22.04"));
        assert!(!matches("nvidia/cuda:*-base*", "nvidia/cuda"));
        assert!(matches("ollama", "$REGISTRY/ollama:latest"));
    }

    #[test]
    fn stars_stand_for_any_characters() {
        for (pattern, text) in
            [("*", ""), ("a*c", "abc"), ("a*b*c", "aXbYbZc"), ("*-base*", "12-base"), ("a", "a")]
        {
            assert!(glob(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a", "ab"), ("a*c", "ab"), ("ab*ba", "aba"), ("*x", "xy"), ("", "a")] {
            assert!(!glob(pattern, text), "{pattern} {text}");
        }
    }
}
