//! From the readings of one command, one for each value of its variables, to one invocation.

use std::collections::{HashMap, HashSet};

use super::command_line::{OptionUse, RunArguments};
use super::environment::ScopedScript;
use super::fields::{Field, Spot};
use super::find::EngineCall;
use super::invocation::Invocation;
use crate::syntax::shell::SimpleCommand;
use crate::text::source::Span;

/// One reading of a command that starts a container.
pub(super) struct Way {
    pub(super) found: EngineCall,
    /// The field that names the engine.
    pub(super) engine: Field,
    /// The field that says `run`.
    pub(super) run: Field,
    pub(super) arguments: RunArguments,
}

/// The invocations of a command, each with the word it stands in: one, unless branches give the command different strings
/// of which each is a whole command. None where no reading starts a container.
pub(super) fn merge(
    unit: &ScopedScript<'_>,
    command: &SimpleCommand,
    ways: Vec<Way>,
) -> Vec<(Invocation, Spot)> {
    let mut groups: Vec<Vec<Way>> = Vec::new();
    for way in ways {
        let string = way.string(true);
        let group =
            groups.iter_mut().find(|group| match (&string, group.first().and_then(|way| way.string(true))) {
                (Some(one), Some(other)) => same(one, &other),
                (None, None) => true,
                _ => false,
            });
        match group {
            Some(group) => group.push(way),
            None => groups.push(vec![way]),
        }
    }
    groups.into_iter().filter_map(|ways| merged(unit, command, ways)).collect()
}

impl Way {
    /// Where the command stands in a string: the engine and its `run` in one string are a command there; the engine alone is
    /// just a name. With `whole` only if the image stands in the string, too.
    fn string(&self, whole: bool) -> Option<Spot> {
        let word = self.engine.written.as_ref()?;
        let holds = |field: &Field| field.written.as_ref().is_some_and(|other| same(word, other));
        let image = !whole || self.arguments.image.as_ref().is_some_and(holds);
        let (engine, run) = (self.engine.spot()?, self.run.spot()?);
        if !holds(&self.run) || !image || same(&engine, word) {
            return None;
        }
        // `"$DOCKER run …"`: the engine's name itself stands elsewhere.
        let between = Span::new(engine.span.end, run.span.start.max(engine.span.end));
        let near = engine.beside(&run) && !between.of(run.layer.text()).contains(['"', '\'', '$', '\n']);
        Some(if near { engine } else { run })
    }
}

fn merged(unit: &ScopedScript<'_>, command: &SimpleCommand, ways: Vec<Way>) -> Option<(Invocation, Spot)> {
    let first = ways.first()?;
    let fallback = Spot { layer: unit.layer.clone(), span: command.span };
    let written = first.engine.written.clone().unwrap_or_else(|| fallback.clone());
    // Recipes share the variables of their makefile, and so a string only where it is a whole command.
    let string = |way: &Way| way.string(unit.options.make || unit.options.just);
    let string = string(first)
        .filter(|spot| ways.iter().all(|way| string(way).is_some_and(|other| same(&other, spot))));
    let word = string.unwrap_or_else(|| written.clone());
    let mut invocation = Invocation {
        engine: first.found.engine,
        nvidia: ways.iter().any(|way| way.found.nvidia),
        word,
        own: unit.own_or(command.span),
        ..Invocation::default()
    };
    let mut known: HashMap<OptionIdentity, usize> = HashMap::new();
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
        // What may be options or an image decides nothing.
        let is_open = |image: &Field| arguments.unread.iter().any(|other| other.field.value == image.value);
        let is_set = arguments
            .image
            .as_ref()
            .is_some_and(|image| !is_open(image) && stands_before(image, invocation.image.as_ref()));
        let new = arguments.unread.into_iter().filter(|argument| unread.insert(argument.field.value.clone()));
        invocation.unread.extend(new);
        // Where the variable of the image is set what stands behind it is no image.
        if invocation.image.is_none()
            || (skipped && !arguments.skipped && arguments.image.is_some())
            || is_set
        {
            skipped = arguments.skipped;
            invocation.image = arguments.image;
            invocation.command = arguments.command;
            // Of a command in a string the image is no word by itself.
            let run = way.run.written;
            let word = |image: &mut Field| {
                image.written.take_if(|word| run.as_ref().is_some_and(|run| same(run, word)))
            };
            invocation.image.as_mut().map(word);
        }
    }
    let Invocation { options, ways, .. } = &mut invocation;
    for (index, option) in options.iter_mut().enumerate() {
        option.conditional |= !ways.iter().all(|way| way.get(index) == Some(&true));
    }
    // A file may hold thousands of them.
    options.shrink_to_fit();
    invocation.command.shrink_to_fit();
    Some((invocation, written))
}

/// Whether the word of one image stands before that of another.
fn stands_before(image: &Field, other: Option<&Field>) -> bool {
    let other = other.and_then(|other| other.written.as_ref());
    let both = image.written.as_ref().zip(other);
    both.is_some_and(|(one, other)| one.beside(other) && one.span.start < other.span.start)
}

/// What makes two options the same one: the text they stand in, the place, name and value.
type OptionIdentity = (usize, Span, String, Option<String>);

fn key(option: &OptionUse) -> OptionIdentity {
    let (text, span) = option
        .flag
        .spot()
        .map_or((0, Span::default()), |spot| (spot.layer.text().as_ptr().addr(), spot.span));
    (text, span, option.name.clone(), option.value.as_ref().map(|value| value.value.clone()))
}

fn same(one: &Spot, other: &Spot) -> bool {
    one.beside(other) && one.span == other.span
}
