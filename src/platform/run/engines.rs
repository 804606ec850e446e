//! The names of engines: literal scans that tell whether a text may start a container.

use crate::container::accelerator;
use crate::text::scan::{Words, holds, holds_any};

/// The names of engines, as people write them: without one of these no container is started.
pub const ENGINES: &[&str] =
    &["docker", "Docker", "DOCKER", "podman", "Podman", "PODMAN", "nerdctl", "Nerdctl", "NERDCTL"];

/// Words without which no rule speaks of a container, besides those of the accelerators.
const INTEREST: &[&str] = &["shm", "--ipc", "/dev/", "--runtime", "nvidia", "source ", "\n. ", "\n-include "];

/// Whether a text holds a word without which no rule speaks of its containers.
fn speaks_of_interest(text: &str) -> bool {
    let includes = || text.starts_with("include ") || holds(text, "\ninclude ");
    holds_any(text, INTEREST) || accelerator::stands_in(text) || includes()
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
