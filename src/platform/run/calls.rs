//! When assignments take effect: those of functions where these are called, those of other files where they are read in.

use std::collections::HashMap;

use crate::syntax::shell::{AssignedValue, ScopeKind, Script};
use crate::text::source::Span;

/// How many calls of one function are looked at.
const MAX_SITES: usize = 32;

/// How far calls of functions by functions are followed.
const MAX_ROUNDS: usize = 4;

/// A call of a function.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Site {
    /// The function that the call stands in.
    pub(super) caller: Option<Span>,
    pub(super) pos: usize,
    pub(super) scope: usize,
    /// Whether the function surely runs where the command does: nothing decides about it, and no other function lies between.
    pub(super) sure: bool,
}

/// The calls of a script's functions, by name.
#[derive(Default)]
pub(super) struct Calls<'t>(HashMap<&'t str, Vec<Site>>);

impl<'t> Calls<'t> {
    pub(super) fn of(script: &Script<'t>) -> Self {
        let functions = script.scopes.iter().filter(|scope| scope.kind == ScopeKind::Function);
        let mut calls: HashMap<&str, Vec<Site>> =
            functions.filter_map(|scope| Some((script.slice(scope.function?), Vec::new()))).collect();
        if calls.is_empty() {
            return Self::default();
        }
        for command in &script.commands {
            let name = command.words.first().and_then(|word| word.plain(script.text())).unwrap_or_default();
            let Some(sites) = calls.get_mut(name).filter(|sites| sites.len() < MAX_SITES) else { continue };
            let caller = script.scopes.get(command.scope).and_then(|scope| scope.function);
            let (pos, scope) = (command.span.start, command.scope);
            sites.push(Site { caller, pos, scope, sure: !command.conditional });
        }
        // `main` calls `parse`: what that one assigns is there behind the call of `main`, too.
        let names: Vec<&str> = calls.keys().copied().collect();
        for _ in 0..MAX_ROUNDS {
            for name in &names {
                let sites = calls.get(name).map_or(&[][..], Vec::as_slice);
                let through = sites.iter().filter_map(|site| calls.get(script.slice(site.caller?)));
                let through: Vec<Site> =
                    through.flatten().map(|site| Site { sure: false, ..*site }).take(MAX_SITES).collect();
                let Some(sites) = calls.get_mut(name) else { continue };
                for site in through {
                    if sites.len() < MAX_SITES && !sites.contains(&site) {
                        sites.push(site);
                    }
                }
            }
        }
        for sites in calls.values_mut() {
            sites.sort_by_key(|site| site.pos);
        }
        Self(calls)
    }

    /// The calls of a function, in the order of the text.
    pub(super) fn to(&self, name: &str) -> &[Site] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }
}

/// When an assignment was made, in the order in which values replace each other at one place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum AssignedWhen {
    /// By the script, before it called the function at hand.
    Before,
    /// By another function, before that.
    Within,
    /// Where it stands, or where the function that makes it is called.
    At(usize),
    /// Nobody knows.
    Sometime,
}

/// Whether a value is empty as it is written.
pub(super) fn is_empty(value: &AssignedValue) -> bool {
    match value {
        AssignedValue::Word(word) => word.pieces().iter().all(|piece| piece.span.is_empty()),
        AssignedValue::Array(words) => words.is_empty(),
        AssignedValue::Source(span) => span.is_empty(),
        AssignedValue::Each(_) | AssignedValue::Unread => false,
    }
}

/// The places where a script reads in another file: `source FILE`, `. FILE`.
pub(super) fn reads_in(script: &Script<'_>) -> Vec<usize> {
    let reads = script.commands.iter().filter(|command| {
        let name = command.words.first().and_then(|word| word.plain(script.text()));
        matches!(name, Some("source" | ".")) && command.words.len() > 1
    });
    reads.map(|command| command.span.start).collect()
}
