//! Going through a script and the scripts inside it for command lines that start containers.

use std::collections::HashMap;
use std::rc::Rc;

use super::budget::Shared;
use super::build::{ImageBuild, attach, build, by_image, volume};
use super::command_line::arguments;
use super::engines::names_engine;
use super::environment::{ScopedScript, Vantage};
use super::expand::Expander;
use super::fields::{Field, Spot};
use super::find::{find, talks};
use super::given::Givens;
use super::invocation::Invocation;
use super::merge::{Way, merge};
use super::nested;
use crate::syntax::shell::{PieceKind, ShellOptions, SimpleCommand, Word};
use crate::text::layer::Layer;
use crate::text::source::Span;

/// How deep scripts are followed into each other: `ssh host "bash -c '…'"` is two.
const MAX_DEPTH: usize = 4;

/// The command lines that start containers in the script `layer`. `given` are variables from outside of it.
///
/// Scripts inside of it (`bash -c '…'`, a here-document fed to a shell) count too. The order is that of the text. The
/// scripts of one file share what `shared` holds.
pub fn invocations(
    layer: &Layer,
    options: ShellOptions,
    given: Option<&Givens>,
    shared: &Shared,
) -> Vec<Invocation> {
    let mut search = Search::new(shared);
    search.script(&ScopedScript::new(layer, options, None, given), 0);
    let Search { mut found, builds, volumes, .. } = search;
    let builds = by_image(&builds);
    let volumes: Rc<HashMap<String, String>> = Rc::new(volumes.into_iter().collect());
    for (invocation, _) in &mut found {
        attach(&builds, invocation);
        invocation.volumes = Rc::clone(&volumes);
    }
    place_by_use(&mut found, &shared.read_in);
    found.sort_by_key(|hit| hit.0.word.layer.map(hit.0.word.span).start);
    found.dedup_by_key(|hit| hit.0.word.layer.map(hit.0.word.span));
    found.into_iter().map(|(invocation, _)| invocation).collect()
}

/// The comments of a script and of the scripts inside it, as spans of the file.
pub fn comments(layer: &Layer, options: ShellOptions) -> Vec<Span> {
    let shared = Shared::of(layer.text().len());
    let mut search = Search { comments: Some(Vec::new()), ..Search::new(&shared) };
    search.script(&ScopedScript::new(layer, options, None, None), 0);
    search.comments.unwrap_or_default()
}

/// An invocation and the word of the command that it was found in.
type Hit = (Invocation, Spot);

/// A command that stands in a string is reported there, unless several commands use the string for different images:
/// then each of them is a container of its own. What stands in a file that is read in is that file's, and a command whose
/// words come from there stands where it is used.
fn place_by_use(found: &mut Vec<Hit>, read_in: &[Span]) {
    let place = |hit: &Hit| hit.0.word.layer.map(hit.0.word.span);
    let is_in = |span: Span| read_in.iter().any(|place| place.contains(span));
    found.retain(|hit| !is_in(hit.0.own));
    for hit in found.iter_mut().filter(|hit| is_in(place(hit))) {
        hit.0.word = hit.1.clone();
    }
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
    shared: &'b Shared,
    found: Vec<Hit>,
    builds: Vec<ImageBuild>,
    /// Volumes of memory, with the options that they are made with.
    volumes: Vec<(String, String)>,
    /// The comments of the scripts, where they are asked for.
    comments: Option<Vec<Span>>,
}

impl<'b> Search<'b> {
    fn new(shared: &'b Shared) -> Self {
        let expander = Expander { budget: &shared.budget };
        Self { expander, shared, found: Vec::new(), builds: Vec::new(), volumes: Vec::new(), comments: None }
    }

    fn script<'u>(&mut self, unit: &'u ScopedScript<'u>, depth: usize) {
        if let Some(comments) = &mut self.comments {
            comments.extend(unit.script.comments.iter().map(|comment| unit.layer.map(*comment)));
        }
        if !unit.concerns() {
            return;
        }
        let before = self.found.len();
        for command in &unit.script.commands {
            if concerns(unit, command) {
                self.command(unit, command, depth);
            }
        }
        for body in &unit.script.here_documents {
            let Some(command) = unit.script.commands.get(body.command) else { continue };
            if depth < MAX_DEPTH && names_engine(unit.script.slice(body.body)) {
                let at = Vantage { pos: command.span.start, scope: command.scope };
                for layer in nested::fed(unit, command, body) {
                    let own = unit.own_or(body.body);
                    self.script(&ScopedScript::within(&layer, unit, at, own), depth + 1);
                }
            }
        }
        if self.found.len() > before {
            self.shared.readers.borrow_mut().note(unit);
        }
    }

    fn command<'u>(&mut self, unit: &'u ScopedScript<'u>, command: &SimpleCommand, depth: usize) {
        let at = Vantage { pos: command.span.start, scope: command.scope };
        let ways = self.expander.command(unit, &command.words, at);
        if ways.iter().any(|fields| find(fields).is_some()) {
            let found: Vec<Way> = ways.into_iter().filter_map(way).collect();
            let found = merge(unit, command, found);
            let hits: Vec<&Invocation> = found.iter().map(|(found, _)| found).collect();
            self.shared.readers.borrow_mut().take(unit, command, &hits);
            self.found.extend(found);
        } else if let Some(build) = ways.iter().find_map(|fields| build(fields)) {
            self.builds.push(build);
        } else if let Some(volume) = ways.iter().find_map(|fields| volume(fields)) {
            self.volumes.push(volume);
        } else if depth < MAX_DEPTH {
            let before = self.found.len();
            for fields in &ways {
                let script = if talks(fields) {
                    nested::echoed(unit, command, fields)
                } else {
                    nested::script(unit, fields)
                };
                if let Some(layer) = script {
                    let own = unit.own_or(command.span);
                    self.script(&ScopedScript::within(&layer, unit, at, own), depth + 1);
                }
            }
            let hits: Vec<&Invocation> = self.found.iter().skip(before).map(|(found, _)| found).collect();
            if !hits.is_empty() {
                self.shared.readers.borrow_mut().take_nested(unit, command, &hits);
            }
        }
    }
}

/// One reading of a command's fields, if it starts a container.
fn way(mut fields: Vec<Field>) -> Option<Way> {
    let mut found = find(&fields)?;
    let behind = fields.split_off(found.arguments.min(fields.len()));
    let arguments = arguments(found.engine, behind);
    // The wrapper of NERSC brings the GPUs in by an option of its own.
    found.nvidia |= arguments.options.iter().any(|option| option.known && option.name == "gpu");
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
fn concerns(unit: &ScopedScript<'_>, command: &SimpleCommand) -> bool {
    if names_engine(unit.script.slice(command.span)) {
        return true;
    }
    let mut pieces = command.words.iter().take(8).flat_map(Word::pieces);
    pieces.any(|piece| match &piece.kind {
        PieceKind::Variable(variable) => unit.may_hold_engine(unit.script.slice(variable.name)),
        _ => false,
    })
}
