//! Going through a script and the scripts inside it for command lines that start containers.

use std::collections::HashMap;

use super::budget::Budget;
use super::build::{Build, attach, build, by_image};
use super::command_line::arguments;
use super::environment::{At, Unit};
use super::expand::Expander;
use super::fields::{Field, Spot};
use super::find::{find, talks};
use super::given::Givens;
use super::merge::{Way, merge};
use super::{ENGINES, Invocation, nested};
use crate::syntax::shell::{Command, Options, PieceKind, Word};
use crate::text::layer::Layer;
use crate::text::scan::{Words, holds_any};
use crate::text::source::Span;

/// How deep scripts are followed into each other: `ssh host "bash -c '…'"` is two.
const MAX_DEPTH: usize = 4;

/// Words without which no rule speaks of a container.
const INTEREST: &[&str] = &["gpu", "nvidia", "shm", "--ipc", "/dev/", "habana", "--runtime"];

/// Whether a text holds a word without which no rule speaks of its containers.
pub(super) fn speaks_of_interest(text: &str) -> bool {
    holds_any(text, INTEREST)
}

/// Whether a text holds the name of an engine.
pub(super) fn names_engine(text: &str) -> bool {
    static WORDS: Words = Words::new(&[ENGINES]);
    WORDS.stand_in(text)
}

pub(super) fn search(
    layer: &Layer,
    options: Options,
    given: Option<&Givens>,
    budget: &Budget,
) -> Vec<Invocation> {
    let mut search = Search::new(budget);
    search.script(&Unit::new(layer, options, None, given), 0);
    let (mut found, builds) = (search.found, search.builds);
    let builds = by_image(&builds);
    for (invocation, _) in &mut found {
        attach(&builds, invocation);
    }
    place_by_use(&mut found);
    found.sort_by_key(|hit| hit.0.word.layer.map(hit.0.word.span).start);
    found.dedup_by_key(|hit| hit.0.word.layer.map(hit.0.word.span));
    found.into_iter().map(|(invocation, _)| invocation).collect()
}

/// The comments of a script and of the scripts inside it, as spans of the file.
pub(super) fn comments(layer: &Layer, options: Options, budget: &Budget) -> Vec<Span> {
    let mut search = Search { comments: Some(Vec::new()), ..Search::new(budget) };
    search.script(&Unit::new(layer, options, None, None), 0);
    search.comments.unwrap_or_default()
}

/// An invocation and the word of the command that it was found in.
type Hit = (Invocation, Spot);

/// A command that stands in a string is reported there, unless several commands use the string for different images:
/// then each of them is a container of its own.
fn place_by_use(found: &mut [Hit]) {
    let place = |hit: &Hit| hit.0.word.layer.map(hit.0.word.span);
    let image = |hit: &Hit| hit.0.image.as_ref().map(|image| image.value.clone());
    let mut images: HashMap<Span, Vec<Option<String>>> = HashMap::new();
    for hit in found.iter() {
        let images = images.entry(place(hit)).or_default();
        let image = image(hit);
        if images.len() < 2 && !images.contains(&image) {
            images.push(image);
        }
    }
    for hit in found.iter_mut().filter(|hit| images.get(&place(hit)).is_some_and(|images| images.len() > 1)) {
        hit.0.word = hit.1.clone();
    }
}

struct Search<'b> {
    expander: Expander<'b>,
    found: Vec<Hit>,
    builds: Vec<Build>,
    /// The comments of the scripts, where they are asked for.
    comments: Option<Vec<Span>>,
}

impl<'b> Search<'b> {
    fn new(budget: &'b Budget) -> Self {
        Self { expander: Expander { budget }, found: Vec::new(), builds: Vec::new(), comments: None }
    }

    fn script<'u>(&mut self, unit: &'u Unit<'u>, depth: usize) {
        if let Some(comments) = &mut self.comments {
            comments.extend(unit.script.comments.iter().map(|comment| unit.layer.map(*comment)));
        }
        if !unit.concerns() {
            return;
        }
        for command in &unit.script.commands {
            if concerns(unit, command) {
                self.command(unit, command, depth);
            }
        }
        for body in &unit.script.here_documents {
            let Some(command) = unit.script.commands.get(body.command) else { continue };
            if depth < MAX_DEPTH && names_engine(unit.script.slice(body.body)) {
                let at = At { pos: command.span.start, scope: command.scope };
                for layer in nested::fed(unit, command, body) {
                    self.script(&Unit::new(&layer, unit.options, Some((unit, at)), None), depth + 1);
                }
            }
        }
    }

    fn command<'u>(&mut self, unit: &'u Unit<'u>, command: &Command, depth: usize) {
        let at = At { pos: command.span.start, scope: command.scope };
        let ways = self.expander.command(unit, &command.words, at);
        if ways.iter().any(|fields| find(fields).is_some()) {
            let found: Vec<Way> = ways.into_iter().filter_map(way).collect();
            self.found.extend(merge(unit, command, found));
        } else if let Some(build) = ways.iter().find_map(|fields| build(fields)) {
            self.builds.push(build);
        } else if depth < MAX_DEPTH {
            for fields in &ways {
                let script = if talks(fields) {
                    nested::echoed(unit, command, fields)
                } else {
                    nested::script(unit, fields)
                };
                if let Some(layer) = script {
                    self.script(&Unit::new(&layer, unit.options, Some((unit, at)), None), depth + 1);
                }
            }
        }
    }
}

/// One reading of a command's fields, if it starts a container.
fn way(mut fields: Vec<Field>) -> Option<Way> {
    let found = find(&fields)?;
    let behind = fields.split_off(found.arguments.min(fields.len()));
    let arguments = arguments(found.engine, behind);
    let help = arguments.options.iter().any(|option| option.name == "help");
    // `docker run [OPTIONS] IMAGE` is a synopsis.
    let synopsis = arguments.image.as_ref().is_none_or(|image| image.value.starts_with(['[', '(']));
    if help || (synopsis && arguments.unread.is_empty()) {
        return None;
    }
    let run = fields.last()?.clone();
    let engine = fields.into_iter().nth(found.word)?;
    Some(Way { found, engine, run, arguments })
}

/// Whether a command may start a container: it names an engine, or a variable that may hold one.
fn concerns(unit: &Unit<'_>, command: &Command) -> bool {
    if names_engine(unit.script.slice(command.span)) {
        return true;
    }
    let mut pieces = command.words.iter().take(8).flat_map(Word::pieces);
    pieces.any(|piece| match &piece.kind {
        PieceKind::Variable(variable) => unit.may_hold_engine(unit.script.slice(variable.name)),
        _ => false,
    })
}
