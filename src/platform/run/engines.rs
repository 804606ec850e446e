//! The names of engines: literal scans that tell whether a text may start a container.

use memchr::memmem;

use crate::container::accelerator;
use crate::container::workload::Engine;
use crate::text::scan::{Words, holds, holds_any};

/// The names of engines, as people write them: without one of these no container is started.
pub const ENGINES: &[&str] =
    &["docker", "Docker", "DOCKER", "podman", "Podman", "PODMAN", "nerdctl", "Nerdctl", "NERDCTL"];

/// The clients of engines by the names of their programs, and whether each brings the GPUs in by itself.
const CLIENTS: [(&str, Engine, bool); 8] = [
    ("docker", Engine::Docker, false),
    ("docker-ce", Engine::Docker, false),
    ("nvidia-docker", Engine::Docker, true),
    ("nvidia-docker2", Engine::Docker, true),
    ("podman", Engine::Podman, false),
    ("podman-remote", Engine::Podman, false),
    ("podman-hpc", Engine::Podman, false),
    ("nerdctl", Engine::Nerdctl, false),
];

/// The engine whose client a program is, and whether that brings the GPUs in.
pub fn client(program: &str) -> Option<(Engine, bool)> {
    let (_, engine, brings) = CLIENTS.iter().find(|(name, ..)| *name == program)?;
    Some((*engine, *brings))
}

/// Words without which no rule speaks of a container, besides those of the accelerators.
const INTEREST: &[&str] = &["shm", "--ipc", "/dev/", "--runtime", "nvidia"];

/// Whether a text holds a word without which no rule speaks of its containers, or reads in another that may.
fn speaks_of_interest(text: &str) -> bool {
    holds_any(text, INTEREST) || accelerator::stands_in(text) || may_source(text) || may_include(text)
}

/// Whether a word of a text is `source` or `.`, and the file behind it may be one of the repository: no environment of Python,
/// nothing of the system's or of somebody's home.
pub fn may_source(text: &str) -> bool {
    ["source ", ". "].iter().any(|word| {
        let mut found = memmem::find_iter(text.as_bytes(), word);
        found.any(|at| {
            let before = text.get(..at).unwrap_or_default();
            let file = text.get(at + word.len()..).unwrap_or_default().trim_start_matches('"');
            let file = file.split([' ', '\n', ';', '"']).next().unwrap_or_default();
            let is_word = before.is_empty() || before.ends_with(is_boundary);
            is_word && !file.starts_with(['/', '~']) && !file.ends_with("/activate")
        })
    })
}

fn is_boundary(letter: char) -> bool {
    letter.is_whitespace() || "&|;(){}\"'`".contains(letter)
}

/// Whether a text has a line by which make reads in another file.
pub fn may_include(text: &str) -> bool {
    let mut found = memmem::find_iter(text.as_bytes(), "include ");
    found.any(|at| {
        let before = text.get(..at).unwrap_or_default();
        let before = before.strip_suffix(['-', 's']).unwrap_or(before);
        before.is_empty() || before.ends_with('\n')
    })
}

/// Whether a text holds the name of an engine.
pub(super) fn names_engine(text: &str) -> bool {
    static WORDS: Words = Words::new(&[ENGINES]);
    WORDS.stand_in(text)
}

/// Whether a text may start a container; a few literal scans. Without `every_container` it must also speak of a GPU or
/// of `/dev/shm`.
pub fn starts_containers(text: &str, every_container: bool) -> bool {
    names_engine(text)
        && ["run", "RUN", "create"].iter().any(|word| holds(text, word))
        && (every_container || speaks_of_interest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scan_for_engines_finds_every_client() {
        assert!(CLIENTS.iter().all(|(name, ..)| names_engine(name)));
    }

    #[test]
    fn files_of_the_repository_are_read_in() {
        for text in ["source env.sh", "x\n. ./a.sh", "a && . $D/a", "if x; then source \"$D/a.sh\"; fi"] {
            assert!(may_source(text), "{text}");
        }
        for text in [
            "source venv/bin/activate",
            "It ends. Next.",
            ". /opt/ros/setup.sh",
            "source ~/.bashrc",
            "resource x",
        ] {
            assert!(!may_source(text), "{text}");
        }
        assert!(["include a.mk", "x\n-include b", "a\nsinclude c"].iter().all(|text| may_include(text)));
        assert!(!["we include it", "#include <a>"].iter().any(|text| may_include(text)));
    }
}
