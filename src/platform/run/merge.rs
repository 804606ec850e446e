//! From the readings of one command, one for each value of its variables, to one invocation.

use std::collections::{HashMap, HashSet};

use super::Invocation;
use super::command_line::{Arguments, OptionUse};
use super::environment::Unit;
use super::fields::{Field, Spot};
use super::find::Found;
use crate::source::Span;
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
    // The engine and its `run` in one string are a command in a string; the engine alone is just a name. Recipes share the
    // variables of their makefile, and so a string only where the image stands in it, too.
    let in_string = |way: &Way| {
        let word = way.engine.written.as_ref();
        let holds = |field: &Field| match (word, &field.written) {
            (Some(word), Some(other)) => same(word, other),
            _ => false,
        };
        holds(&way.run) && (!unit.options.make || way.arguments.image.as_ref().is_some_and(holds))
    };
    let string = first.engine.spot().filter(|spot| {
        let alike = |way: &Way| way.engine.spot().is_some_and(|other| same(&other, spot));
        ways.iter().all(|way| in_string(way) && alike(way))
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
        build_size: None,
        loose: command.loose,
    };
    let mut known: HashMap<Key, usize> = HashMap::new();
    let mut unread = HashSet::new();
    let mut skipped = false;
    for way in ways {
        let arguments = way.arguments;
        let mut there = vec![false; invocation.options.len()];
        for option in arguments.options {
            let index = *known.entry(key(&option)).or_insert(invocation.options.len());
            if index == invocation.options.len() {
                invocation.options.push(option);
            }
            there.resize(invocation.options.len(), false);
            if let Some(there) = there.get_mut(index) {
                *there = true;
            }
        }
        invocation.ways.push(there);
        let new = arguments.unread.into_iter().filter(|argument| unread.insert(argument.field.value.clone()));
        invocation.unread.extend(new);
        // Where the variable of the image is set what stands behind it is no image.
        if invocation.image.is_none() || (skipped && !arguments.skipped && arguments.image.is_some()) {
            skipped = arguments.skipped;
            invocation.image = arguments.image;
            invocation.command = arguments.command;
        }
    }
    let Invocation { options, ways, .. } = &mut invocation;
    for (index, option) in options.iter_mut().enumerate() {
        option.conditional |= !ways.iter().all(|way| way.get(index) == Some(&true));
    }
    Some((invocation, written))
}

/// What makes two options the same one: the text they stand in, the place, name and value.
type Key = (usize, Span, String, Option<String>);

fn key(option: &OptionUse) -> Key {
    let (text, span) = option
        .flag
        .spot()
        .map_or((0, Span::default()), |spot| (spot.layer.text().as_ptr().addr(), spot.span));
    (text, span, option.name.clone(), option.value.as_ref().map(|value| value.value.clone()))
}

fn same(one: &Spot, other: &Spot) -> bool {
    one.beside(other) && one.span == other.span
}
