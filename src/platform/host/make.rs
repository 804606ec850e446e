//! Makefiles and justfiles as a kind of file.

use std::sync::Arc;

use super::Script;
use super::makefile::{read, recipes};
use super::prose::lines;
use super::same::same_but_for;
use crate::platform::kind::{Claim, EVERYWHERE, Kind};
use crate::platform::remarks::lies_in;
use crate::platform::run::{ENGINES, Givens, starts_containers};
use crate::text::filename::FileName;
use crate::text::layer::Layer;
use crate::text::scan::Words;
use crate::text::source::Span;

/// Makefiles and justfiles.
pub static KIND: Kind = Kind {
    name: "makefile",
    claim,
    words: Words::new(&[EVERYWHERE, ENGINES]),
    relevant: |text, _, every_container| starts_containers(text, every_container),
    in_projects: None,
    read: |unit, context| super::read(unit, context, scripts),
    same_but_for: |before, after, edits| same_but_for(before, after, edits, scripts),
    remarks: |source, starts| {
        let own = own_lines(source.text());
        super::remarks(source, starts, scripts, |at| lies_in(&own, at))
    },
};

fn claim(file: &FileName<'_>) -> Claim {
    let begins = |name: &str| {
        let start = file.name.get(..name.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    let is_make = file.name.eq_ignore_ascii_case("makefile")
        || file.name.eq_ignore_ascii_case("gnumakefile")
        || begins("makefile.")
        || file.ends_in(&["mk", "mak", "make"]);
    if is_make || is_just(file) { Claim::ByName } else { Claim::No }
}

/// The lines that make reads itself: no recipes, and no text of a `define`.
fn own_lines(text: &str) -> Vec<Span> {
    let mut is_text = false;
    let own = lines(text).filter(|line| {
        let written = line.span.of(text);
        let word = written.split_whitespace().next().unwrap_or_default();
        is_text = (is_text || word == "define") && word != "endef";
        !is_text && !written.starts_with('\t')
    });
    own.map(|line| line.span).collect()
}

fn is_just(file: &FileName<'_>) -> bool {
    file.ends_in(&["just", "justfile"]) || file.name.eq_ignore_ascii_case("justfile")
}

fn scripts(path: &str, file: &Layer) -> Vec<Script> {
    let just = is_just(&FileName::new(path));
    let made = read(file, just);
    // A command line that stands in a variable counts where no recipe was seen to use it.
    let variables = made.variables.iter().filter(|given| starts_containers(given.value.text(), true));
    let variables: Vec<Layer> = variables.map(|given| given.value.clone()).collect();
    let given = Givens::new(made.variables, None);
    let script = |layer| Script { given: Some(Arc::clone(&given)), ..Script::new(layer, recipes(just)) };
    let spare = variables.into_iter().map(|layer| Script { is_spare: true, ..script(layer) });
    made.recipes.into_iter().map(script).chain(spare).collect()
}
