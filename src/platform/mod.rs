//! The platforms: each turns a unit of files into workloads, and a wanted change into edits in the files' own style.
//!
//! A platform is one [`Kind`] in the table [`KINDS`]: which files are its own, how they are read, and how an edited text
//! is held against the one before.

pub mod compose;
pub mod embedded;
pub mod host;
pub mod kind;
pub mod kubernetes;
pub mod live;
pub mod options;
pub mod remarks;
pub mod run;

use kind::Kind;

/// All kinds; the first that claims a file has it.
pub static KINDS: &[&Kind] = &[
    &compose::COMPOSE,
    &host::shell::KIND,
    &host::DOCUMENT,
    &host::DOCKERFILE,
    &host::MAKEFILE,
    &host::DEVCONTAINER,
    &host::JENKINSFILE,
    &host::NOTEBOOK,
    &host::PACKAGE,
    &host::UNIT,
    &host::QUADLET,
    &host::CI,
    // Before Kubernetes, which takes any JSON.
    &live::KIND,
    &kubernetes::KIND,
];

#[cfg(test)]
mod tests {
    use super::kind::EVERYWHERE;
    use super::*;

    #[test]
    fn what_matters_everywhere_is_looked_for_by_every_kind() {
        for kind in KINDS.iter().filter(|kind| !kind.words.is_empty()) {
            let missing = EVERYWHERE.iter().find(|word| !kind.words.iter().any(|other| other == **word));
            assert_eq!(missing, None, "{}", kind.name);
        }
    }
}
