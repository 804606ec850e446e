//! Makefiles and justfiles as a kind of file.

use std::sync::Arc;

use super::makefile::{RECIPES, read};
use super::same::same_but_for;
use super::{Script, file_name};
use crate::layer::Layer;
use crate::platform::run::{Givens, starts_containers};
use crate::platform::{Claim, Kind};

/// Makefiles and justfiles.
pub static KIND: Kind = Kind {
    name: "makefile",
    claim,
    relevant: |text, _, every_container| starts_containers(text, every_container),
    in_projects: None,
    read: |unit, context| super::read(unit, context, scripts),
    same_but_for: |before, after, edits| same_but_for(before, after, edits, scripts),
};

fn claim(path: &str) -> Claim {
    let name = file_name(path).to_ascii_lowercase();
    let is_make = matches!(name.as_str(), "makefile" | "gnumakefile") || name.starts_with("makefile.");
    let by_ending = [".mk", ".mak", ".make", ".just"].iter().any(|ending| name.ends_with(ending));
    if is_make || by_ending || is_just(&name) { Claim::ByName } else { Claim::No }
}

fn is_just(name: &str) -> bool {
    matches!(name, "justfile" | ".justfile") || name.ends_with(".just")
}

fn scripts(path: &str, file: &Layer) -> Vec<Script> {
    let made = read(file, is_just(&file_name(path).to_ascii_lowercase()));
    // A command line that stands in a variable counts where no recipe was seen to use it.
    let variables = made.variables.iter().filter(|given| starts_containers(given.value.text(), true));
    let variables: Vec<Layer> = variables.map(|given| given.value.clone()).collect();
    let given = Givens::new(made.variables, None);
    let script = |layer| Script { given: Some(Arc::clone(&given)), ..Script::new(layer, RECIPES) };
    made.recipes.into_iter().chain(variables).map(script).collect()
}
