//! What calls and imports say of shared memory: the table made of `rules/python.yaml`.

use crate::syntax::python::{CallExpression, Import, Module};

/// What a sign says; the words stand in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the table says it")]
pub(super) enum Means {
    Loader,
    Brings,
    Trainer,
    Configured,
    Threads,
    SeveralGpus,
    Spawn,
    Devices,
    Parallel,
    Ray,
    Shared,
    Server,
    Starts,
    Dynamic,
    Images,
    Text,
}

/// A row of the table.
#[derive(Debug)]
pub(super) struct Sign {
    pub(super) means: Means,
    /// Workers and samples in a batch where the call gives none.
    pub(super) workers: Option<u64>,
    pub(super) batch: Option<u64>,
    pub(super) prefetch: Option<u64>,
    /// One sample: shape and type.
    pub(super) sample: Option<&'static str>,
}

include!(concat!(env!("OUT_DIR"), "/python.rs"));

/// What a call says. A row of a library holds for what is imported from it; of what a library trains, also for the methods
/// of objects in a module that imports it.
pub(super) fn of_call(module: &Module<'_>, call: &CallExpression) -> Option<&'static Sign> {
    let last = module.name(call.name);
    let name = module.import_of(last).and_then(|import| import.item).unwrap_or(last);
    let from = CALLS.partition_point(|(known, ..)| *known < name);
    let mut rows = CALLS.iter().skip(from).take_while(|(known, ..)| *known == name).peekable();
    rows.peek()?;
    let full = module.full_name(call.name);
    let root =
        || module.dotted(call.name).0.split('.').next().and_then(|root| module.import_of(root)).is_some();
    let mut fitting = rows.filter_map(|(_, library, row)| Some((*library, SIGNS.get(*row)?)));
    let found = fitting.find(|(library, sign)| {
        let is_from =
            library.is_empty() || full.strip_prefix(library).is_some_and(|rest| rest.starts_with('.'));
        is_from || (sign.means == Means::Brings && !root() && imports(module, library))
    });
    found.map(|(_, sign)| sign)
}

/// Whether a module imports a library or a part of it.
fn imports(module: &Module<'_>, library: &str) -> bool {
    module.imports.iter().any(|import| below(import.module, library))
}

/// Whether a module is another or a part of it.
fn below(module: &str, library: &str) -> bool {
    module.strip_prefix(library).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// What an import says.
pub(super) fn of_import(import: &Import<'_>) -> impl Iterator<Item = &'static Sign> {
    let Import { module, item, .. } = *import;
    let names = move |known: &str| {
        below(module, known) || item.is_some_and(|item| known.rsplit_once('.') == Some((module, item)))
    };
    IMPORTS.iter().filter(move |(known, _)| names(known)).filter_map(|(_, row)| SIGNS.get(*row))
}
