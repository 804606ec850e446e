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

use crate::text::filename::FileName;
use crate::text::scan::holds;
use kind::{FileClaim, Kind};

/// Compose files, and the command lines in their comments.
static COMPOSE: Kind = compose::read_by(|unit, context| {
    let mut reading = (compose::COMPOSE.read)(unit, context);
    host::add_remarked(&mut reading, unit, context);
    reading
});

/// Manifests, and what the data of their `ConfigMap`s start.
static KUBERNETES: Kind = kubernetes::read_by(
    |unit, context| {
        let mut reading = (kubernetes::KIND.read)(unit, context);
        host::add_mapped(&mut reading, unit, context);
        reading
    },
    |text, claim, every_container| {
        (kubernetes::KIND.relevant)(text, claim, every_container)
            || host::may_be_mapped(text, every_container)
    },
);

/// All kinds; the first that claims a file has it.
pub static KINDS: &[&Kind] = &[
    &COMPOSE,
    &host::SCRIPT,
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
    &KUBERNETES,
];

/// How much of a text tells its kind.
const HEAD: usize = 64 << 10;

/// Endings of programs in other languages, in which a line that begins like a command is none.
const CODE: [&str; 10] = ["py", "rs", "go", "js", "ts", "rb", "java", "c", "cpp", "toml"];

/// What a text may be of which the name does not tell, best guess first: standard input, a file of any suffix.
pub fn by_text(path: &str, text: &str) -> Vec<(&'static Kind, FileClaim)> {
    let end = (0..=HEAD.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let head = text.get(..end).unwrap_or_default();
    let has = |word: &str| holds(head, word);
    let any = |test: fn(&str) -> bool| head.lines().any(test);
    let is_json = head.trim_start().starts_with(['{', '[']);
    let is_fence = |line: &str| ["```", "~~~", ".. code"].iter().any(|sign| line.starts_with(sign));
    // YAML refuses a tab there, and a script has no colon above it.
    let is_recipe = |(target, recipe): (&str, &str)| {
        target.contains(':') && !target.starts_with([' ', '\t']) && recipe.starts_with('\t')
    };
    let is_make = head.lines().zip(head.lines().skip(1)).any(is_recipe);
    let is_command = |line: &str| {
        let line = line.trim_start().trim_start_matches("$ ");
        let is_before = |word: &&str| *word == "sudo" || *word == "env" || word.contains('=');
        let line = line.split_whitespace().find(|word| !is_before(word)).unwrap_or_default();
        run::ENGINES.iter().any(|engine| line.starts_with(engine))
    };
    let first =
        head.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#')).unwrap_or_default();
    let is_key = |key: &str| !key.contains(|c: char| !c.is_alphanumeric() && !"\"'_-./".contains(c));
    let is_yaml = first.starts_with("---")
        || first.trim_start().starts_with(['{', '[', '-'])
        || first
            .split_once(':')
            .is_some_and(|(key, rest)| is_key(key) && (rest.is_empty() || rest.starts_with(' ')));
    let file = FileName::new(path);
    let names_keys = is_yaml || file.ends_in(&["yaml", "yml", "json"]);
    let guesses: [(bool, &'static Kind, FileClaim); 15] = [
        (head.starts_with("#!"), &host::SCRIPT, FileClaim::ByContent),
        (has("[Container]"), &host::QUADLET, FileClaim::ByName),
        (any(|line| line.starts_with("ExecStart=")), &host::UNIT, FileClaim::ByName),
        (is_json && has("\"nbformat\""), &host::NOTEBOOK, FileClaim::ByName),
        (
            is_json && (has("\"runArgs\"") || has("\"hostRequirements\"")),
            &host::DEVCONTAINER,
            FileClaim::ByName,
        ),
        (is_json, &live::KIND, FileClaim::ByContent),
        (is_make, &host::MAKEFILE, FileClaim::ByName),
        (any(is_fence), &host::DOCUMENT, FileClaim::ByName),
        (any(|line| line.starts_with("FROM ")), &host::DOCKERFILE, FileClaim::ByName),
        (names_keys && has("\njobs:") && has("runs-on:"), &host::CI, FileClaim::ByName),
        (names_keys, &COMPOSE, FileClaim::ByContent),
        (names_keys, &host::CI, FileClaim::ByContent),
        (names_keys, &KUBERNETES, FileClaim::ByContent),
        (
            any(|line| line.starts_with("pipeline {") || line.starts_with("node")),
            &host::JENKINSFILE,
            FileClaim::ByName,
        ),
        (!names_keys && !file.ends_in(&CODE) && any(is_command), &host::SCRIPT, FileClaim::ByName),
    ];
    let fitting = guesses.into_iter().filter(|(fits, ..)| *fits);
    fitting.map(|(_, kind, claim)| (kind, claim)).collect()
}

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
