//! From the readings of one command, one for each value of its variables, to one invocation.

use super::Invocation;
use super::command_line::{Arguments, OptionUse};
use super::environment::Unit;
use super::fields::{Field, Spot};
use super::find::Found;
use crate::syntax::shell::Command;

/// One reading of a command that starts a container.
pub(super) struct Way {
    pub(super) found: Found,
    /// The field that names the engine.
    pub(super) engine: Field,
    /// The field that says `run`.
    pub(super) run: Field,
    pub(super) arguments: Arguments,
}

/// The invocation of a command and the word it stands in; nothing where no reading starts a container.
pub(super) fn merge(unit: &Unit<'_>, command: &Command, ways: Vec<Way>) -> Option<(Invocation, Spot)> {
    let first = ways.first()?;
    let fallback = Spot { layer: unit.layer.clone(), span: command.span };
    let written = first.engine.written.clone().unwrap_or_else(|| fallback.clone());
    // The engine and its `run` in one string are a command in a string; the engine alone is just a name.
    let together =
        matches!((&first.engine.written, &first.run.written), (Some(engine), Some(run)) if same(engine, run));
    let string = first.engine.spot().filter(|spot| {
        let alike = ways.iter().all(|way| way.engine.spot().is_some_and(|other| same(&other, spot)));
        together && alike && !unit.options.make
    });
    let word = string.unwrap_or_else(|| written.clone());
    let mut invocation = Invocation {
        engine: first.found.engine,
        nvidia: ways.iter().any(|way| way.found.nvidia),
        word,
        options: Vec::new(),
        ways: Vec::new(),
        unread: Vec::new(),
        image: None,
        command: Vec::new(),
        loose: command.loose,
    };
    for way in ways {
        let arguments = way.arguments;
        let mut there = Vec::with_capacity(arguments.options.len());
        for option in arguments.options {
            let known = invocation.options.iter().position(|known| alike(known, &option));
            let index = known.unwrap_or_else(|| {
                invocation.options.push(option);
                invocation.options.len() - 1
            });
            there.push(index);
        }
        invocation.ways.push(there);
        for unread in arguments.unread {
            if !invocation.unread.iter().any(|known| known.field.value == unread.field.value) {
                invocation.unread.push(unread);
            }
        }
        if invocation.image.as_ref().is_none_or(|image| image.value.is_empty()) {
            invocation.image = arguments.image;
            invocation.command = arguments.command;
        }
    }
    let everywhere = |index: usize| invocation.ways.iter().all(|way| way.contains(&index));
    let conditional: Vec<bool> = (0..invocation.options.len()).map(|index| !everywhere(index)).collect();
    for (option, conditional) in invocation.options.iter_mut().zip(conditional) {
        option.conditional |= conditional;
    }
    Some((invocation, written))
}

/// Whether two options are the same one, written at the same place with the same value.
fn alike(one: &OptionUse, other: &OptionUse) -> bool {
    let value = |option: &OptionUse| option.value.as_ref().map(|value| value.value.clone());
    let place = match (one.flag.spot(), other.flag.spot()) {
        (Some(one), Some(other)) => same(&one, &other),
        _ => false,
    };
    place && one.name == other.name && value(one) == value(other)
}

fn same(one: &Spot, other: &Spot) -> bool {
    one.beside(other) && one.span == other.span
}
