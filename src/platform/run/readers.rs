//! Who reads a variable: text that several readers share is edited only where each of them is known and takes it as options
//! of a container, or hands it on to such.
//!
//! What the scripts of a file do with their variables is noted while command lines are looked for. Whether a variable has
//! other readers is told from the text of the whole file: a name that stands anywhere else, be it in a comparison, a
//! condition of the host, a length or an index, counts as one.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::command_line::OptionUse;
use super::environment::ScopedScript;
use super::find::program_name;
use super::invocation::Invocation;
use crate::syntax::shell::{
    AssignedValue, Assigning, End, Modifier, Piece, PieceKind, Quote, ScopeKind, Script, ShellOptions,
    SimpleCommand, Variable, Word,
};
use crate::text::layer::Layer;
use crate::text::source::Span;

/// How many names of one file are looked up.
const MAX_NAMES: usize = 64;

/// How deep operands are followed into each other.
const MAX_DEPTH: usize = 8;

/// Programs that only show their arguments.
const SHOWERS: [&str; 3] = ["echo", "printf", "print"];

/// Words before a name that hand it to somebody else, or let somebody else set it.
const HANDING: [&str; 6] = ["export", "unset", "read", "printenv", "mapfile", "readarray"];

/// The uses of variables in the scripts of one file, each by the byte of the file where the name stands.
#[derive(Default)]
pub struct Readers {
    /// Those among the options of a container command, and whether each becomes words of its own there.
    taken: HashMap<usize, bool>,
    /// Those in the value of another variable: its name, and whether each may become words of its own.
    spliced: HashMap<usize, (String, bool)>,
    /// Those that are only shown to the user.
    shown: HashSet<usize>,
    /// Where values begin and end, and the names that they are given to.
    held: BTreeMap<usize, (usize, String)>,
    /// Texts of other files that see the variables.
    others: String,
    /// The variables of hosts that were looked through, by where they lie.
    givens: HashSet<usize>,
    /// What was found out so far.
    known: HashMap<(String, Edited), bool>,
}

/// How a value is to be edited.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Edited {
    /// Words are added, not only changed.
    pub(super) grows: bool,
    /// It may be shown to the user besides.
    pub(super) shown: bool,
}

impl Readers {
    /// Adds a text of another file that sees the variables of this one.
    pub(super) fn add_text(&mut self, text: &str) {
        self.others.push_str(text);
        self.others.push('\n');
    }

    /// Notes how a command that starts containers uses variables: up to the image.
    pub(super) fn take(&mut self, unit: &ScopedScript<'_>, command: &SimpleCommand, hits: &[&Invocation]) {
        // A container that has a setting of its own wants no other.
        let set = |option: &OptionUse| option.known && ["shm-size", "ipc"].contains(&option.name.as_str());
        let wants = !hits.iter().any(|hit| hit.options.iter().any(set));
        let image = hits.iter().filter_map(|hit| hit.image.as_ref()?.written.as_ref());
        let image = image.map(|image| image.span.start).max().unwrap_or(usize::MAX);
        for word in command.words.iter().filter(|word| word.span.start <= image) {
            each_variable(word.pieces(), MAX_DEPTH, &mut |piece, variable| {
                if variable.modifier != Modifier::Other {
                    self.taken.insert(place(unit, variable.name), wants && is_split(unit, piece, variable));
                }
            });
        }
    }

    /// Notes how a command uses variables whose words hold a script in which containers are started.
    pub(super) fn take_nested(
        &mut self,
        unit: &ScopedScript<'_>,
        command: &SimpleCommand,
        hits: &[&Invocation],
    ) {
        let extents: Vec<Span> = hits.iter().filter_map(|hit| extent(hit)).collect();
        for word in &command.words {
            let own = unit.layer.map(word.span);
            // The command begins in the variable, or in the word before it.
            let through = |span: Span| {
                let before = Span::new(word.span.start, span.start);
                !extents.iter().any(|extent| own.contains(*extent))
                    && !unit.script.slice(before).contains([';', '|', '&', '\n'])
            };
            each_variable(word.pieces(), MAX_DEPTH, &mut |piece, variable| {
                let at = place(unit, variable.name);
                let inside =
                    extents.iter().any(|extent| own.contains(*extent) && extent.contains(Span::at(at)));
                if variable.modifier != Modifier::Other && (inside || through(piece.span)) {
                    self.taken.insert(at, true);
                }
            });
        }
    }

    /// Notes what a script does with its variables besides.
    pub(super) fn note(&mut self, unit: &ScopedScript<'_>) {
        for assignment in &unit.script.assignments {
            let name = unit.script.slice(assignment.name);
            self.hold(unit.layer.map(assignment.span), name);
            let (words, split) = match &assignment.value {
                AssignedValue::Word(word) if assignment.store != Assigning::Element => {
                    (std::slice::from_ref(word), false)
                }
                AssignedValue::Array(words) | AssignedValue::Each(words) => (words.as_slice(), true),
                AssignedValue::Source(span) => {
                    let layer = unit.layer.part(*span, crate::text::layer::Encoding::Verbatim);
                    self.splice(&layer, unit.options, name);
                    continue;
                }
                _ => continue,
            };
            for word in words {
                each_variable(word.pieces(), MAX_DEPTH, &mut |piece, variable| {
                    if variable.modifier != Modifier::Other {
                        let split = !split || is_split(unit, piece, variable);
                        self.spliced.insert(place(unit, variable.name), (name.to_owned(), split));
                    }
                });
            }
        }
        for command in &unit.script.commands {
            let program = command.words.first().and_then(|word| word.plain(unit.script.text()));
            let scope = unit.script.scopes.get(command.scope).map(|scope| scope.kind);
            let shows = program.is_some_and(|program| SHOWERS.contains(&program_name(program).as_str()))
                && command.end != End::Pipe
                && scope != Some(ScopeKind::Substitution)
                && command.redirections.is_empty();
            for word in command.words.iter().filter(|_| shows) {
                each_variable(word.pieces(), MAX_DEPTH, &mut |_, variable| {
                    self.shown.insert(place(unit, variable.name));
                });
            }
        }
        for level in unit.given.iter().flat_map(|given| given.levels()) {
            if self.givens.insert(std::ptr::from_ref(level).addr()) {
                for given in &level.list {
                    let whole = Span::new(0, given.value.text().len());
                    self.hold(given.value.map(whole), &given.name);
                    self.splice(&given.value, unit.options, &given.name);
                }
            }
        }
    }

    fn hold(&mut self, value: Span, name: &str) {
        self.held.insert(value.start, (value.end, name.to_owned()));
    }

    /// Notes the variables in a value that is put in place as it is written.
    fn splice(&mut self, value: &Layer, options: ShellOptions, name: &str) {
        let script = Script::read(value.text(), options);
        for word in script.commands.iter().flat_map(|command| &command.words) {
            each_variable(word.pieces(), MAX_DEPTH, &mut |_, variable| {
                if variable.modifier != Modifier::Other {
                    self.spliced.insert(value.map(variable.name).start, (name.to_owned(), true));
                }
            });
        }
    }

    /// Whether the value at a place may be edited there.
    pub(super) fn allow(&mut self, place: Span, text: &str, options: ShellOptions, edited: Edited) -> bool {
        let before = self.held.range(..=place.start).rev().take(MAX_DEPTH);
        let names: Vec<String> =
            before.filter(|(_, (end, _))| place.end <= *end).map(|(_, (_, name))| name.clone()).collect();
        !names.is_empty() && names.iter().all(|name| self.allows(name, text, options, edited, MAX_DEPTH))
    }

    fn allows(
        &mut self,
        name: &str,
        text: &str,
        options: ShellOptions,
        edited: Edited,
        depth: usize,
    ) -> bool {
        let key = (name.to_owned(), edited);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        if depth == 0 || self.known.len() >= MAX_NAMES {
            return false;
        }
        // `A="$A …"` refers to itself.
        self.known.insert(key.clone(), true);
        let mut others = Vec::new();
        let is_read = |at| !is_no_reader(&self.others, at, name.len(), options);
        let is_seen = occurrences(&self.others, name, options.ignores_case()).any(is_read);
        let are_fine = !is_seen
            && occurrences(text, name, options.ignores_case()).all(|at| {
                match (self.taken.get(&at), self.spliced.get(&at)) {
                    (Some(split), _) if *split || !edited.grows => true,
                    (None, Some((other, split))) if *split || !edited.grows => {
                        others.push(other.clone());
                        true
                    }
                    _ => {
                        (edited.shown && self.shown.contains(&at))
                            || is_no_reader(text, at, name.len(), options)
                    }
                }
            });
        let allowed =
            are_fine && others.iter().all(|other| self.allows(other, text, options, edited, depth - 1));
        self.known.insert(key, allowed);
        allowed
    }
}

/// Calls `visit` with every variable among some pieces and their operands.
fn each_variable(pieces: &[Piece], depth: usize, visit: &mut impl FnMut(&Piece, &Variable)) {
    for piece in pieces {
        if let PieceKind::Variable(variable) = &piece.kind {
            visit(piece, variable);
            let operand = variable.operand.as_ref().map_or(&[][..], Word::pieces);
            if depth > 0 {
                each_variable(operand, depth - 1, visit);
            }
        }
    }
}

/// Whether the value of a variable becomes words of their own where it stands.
fn is_split(unit: &ScopedScript<'_>, piece: &Piece, variable: &Variable) -> bool {
    let joined = || piece.quote != Quote::None && unit.script.slice(piece.span).contains('*');
    let splits = || {
        variable.elements
            || variable.splits
            || unit.options.splits_strings()
            || unit.is_list(unit.script.slice(variable.name))
    };
    let read = matches!(variable.modifier, Modifier::None | Modifier::Default | Modifier::Required)
        && (piece.quote == Quote::None || variable.elements || variable.make)
        && !joined()
        && splits();
    // Whether there is a value at all does not change.
    read || variable.modifier == Modifier::Alternative
}

/// Where a name stands in the file.
fn place(unit: &ScopedScript<'_>, name: Span) -> usize {
    unit.layer.map(name).start
}

/// From the engine's word to the image, in the file.
fn extent(hit: &Invocation) -> Option<Span> {
    let image = hit.image.as_ref()?.spot()?;
    let (start, end) = (hit.word.layer.map(hit.word.span), image.layer.map(image.span));
    (start.start < end.end).then(|| Span::new(start.start, end.end))
}

/// Where a name stands by itself in a text.
fn occurrences<'t>(text: &'t str, name: &str, ignores_case: bool) -> impl Iterator<Item = usize> + 't {
    let (low, needle) = if ignores_case {
        (Some(text.to_ascii_lowercase()), name.to_ascii_lowercase())
    } else {
        (None, name.to_owned())
    };
    let found: Vec<usize> =
        memchr::memmem::find_iter(low.as_deref().unwrap_or(text).as_bytes(), needle.as_bytes()).collect();
    let in_name = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let (bytes, length) = (text.as_bytes(), name.len());
    found.into_iter().filter(move |&at| {
        length > 0 && !in_name(bytes.get(at.wrapping_sub(1))) && !in_name(bytes.get(at + length))
    })
}

/// Whether a name that stands at a place reads nothing: it is given a value there, stands in a comment, or in prose.
fn is_no_reader(text: &str, at: usize, length: usize, options: ShellOptions) -> bool {
    let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + length..).unwrap_or_default());
    let line = before.rsplit('\n').next().unwrap_or_default();
    let mark = before.chars().next_back().unwrap_or(' ');
    let trimmed = line.trim_start();
    if trimmed.starts_with('#')
        || (options.ignores_case() && trimmed.to_ascii_lowercase().starts_with("rem "))
    {
        return true;
    }
    let mut words = line.split_whitespace();
    let handed = words.clone().any(|word| HANDING.contains(&word.trim_start_matches('@')))
        || words.clone().next_back() == Some("-v")
        || (words.next().is_some_and(|first| ["set", "declare", "typeset"].contains(&first))
            && words.any(|word| word.starts_with('-') && word.contains('x')));
    if handed {
        return false;
    }
    let after = match after.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((_, rest)) => rest,
        None => after,
    };
    let is_assigned = |after: &str| {
        let operator = after.trim_start_matches(['+', ':', '?', '!']);
        operator.starts_with('=') && !operator.starts_with("==")
    };
    let sigil = "${(%!.#@:".contains(mark);
    let own_sigil = mark == '$' && options.ignores_case();
    let set = is_assigned(after) || ((!sigil || own_sigil) && is_assigned(after.trim_start()));
    set || !sigil
}
