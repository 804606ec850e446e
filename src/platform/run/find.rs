//! Finding the engine among the fields of a command, and the scripts that a command hands to another shell.

use super::engines::client;
use super::fields::Field;
use super::options::global_takes_value;
use crate::container::workload::Engine;
use crate::knowledge::programs::{DOERS, TALKERS};

/// Where an engine is told to start a container.
#[derive(Clone, Copy, Debug)]
pub(super) struct EngineCall {
    pub(super) engine: Engine,
    /// Whether the command itself brings the GPUs in, as `nvidia-docker` does.
    pub(super) nvidia: bool,
    /// The field that names the engine.
    pub(super) word: usize,
    /// The first argument behind `run`.
    pub(super) arguments: usize,
}

/// The name of a program without its folder and ending.
pub(super) fn program(field: &Field) -> String {
    program_name(&field.value)
}

pub(super) fn program_name(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
    name.strip_suffix(".exe").map_or_else(|| name.clone(), str::to_owned)
}

/// Whether a command only speaks of its arguments.
pub(super) fn talks(fields: &[Field]) -> bool {
    let Some(first) = fields.first() else { return false };
    let name = program(first);
    let has = |words: &[&str]| name.split(['_', '-', '.', ':']).any(|part| words.contains(&part));
    TALKERS.contains(&name.as_str()) || (has(TALKERS) && !has(DOERS))
}

/// Whether a command is a function or program that runs what it is handed as one string.
pub(super) fn does(fields: &[Field]) -> bool {
    let name = fields.first().map(program).unwrap_or_default();
    name.split(['_', '-']).any(|part| DOERS.contains(&part))
}

/// Finds the engine and its `run` or `create`. Whatever stands before it hands the rest on, as `sudo` does, unless it
/// only speaks of it.
pub(super) fn find(fields: &[Field]) -> Option<EngineCall> {
    let found = fields.iter().enumerate().find_map(|(at, field)| {
        let (engine, nvidia, runs) = engine(field)?;
        let arguments =
            if runs { Some(at + 1) } else { behind(fields, at + 1, &["run", "create"], &["container"]) };
        arguments.map(|arguments| EngineCall { engine, nvidia, word: at, arguments })
    })?;
    let before = fields.get(..found.word).unwrap_or_default();
    // `sudo echo …`: any of the programs on the way may be the one that only speaks.
    let silent = before.iter().any(|field| ["echo", "printf"].contains(&program(field).as_str()));
    (!silent && !talks(before)).then_some(found)
}

/// Which engine a word names, whether that brings GPUs in, and whether it holds `run` already.
fn engine(field: &Field) -> Option<(Engine, bool, bool)> {
    if field.unread().is_some() {
        return engine_variable(&field.value);
    }
    client(&program(field)).map(|(engine, nvidia)| (engine, nvidia, false))
}

/// The same for a variable that nothing in the file sets: its name tells.
fn engine_variable(source: &str) -> Option<(Engine, bool, bool)> {
    let name = source.to_ascii_lowercase();
    let is = |word: &str| name.contains(word);
    let engine = if is("podman") {
        Engine::Podman
    } else if is("nerdctl") {
        Engine::Nerdctl
    } else if is("docker") || is("container") || is("engine") {
        Engine::Docker
    } else {
        return None;
    };
    if ["opt", "arg", "flag", "image", "file", "name", "host", "dir", "path"].iter().any(|word| is(word)) {
        return None;
    }
    Some((engine, is("nvidia"), is("run") && !is("runtime")))
}

/// The place behind a command of the engine: behind its own options and the group that the command belongs to.
fn behind(fields: &[Field], from: usize, commands: &[&str], groups: &[&str]) -> Option<usize> {
    let mut at = from;
    while let Some(field) = fields.get(at) {
        at += 1;
        match field.value.as_str() {
            word if commands.contains(&word) => return Some(at),
            word if groups.contains(&word) => {}
            option if option.starts_with('-') => at += usize::from(global_takes_value(option)),
            _ => return None,
        }
    }
    None
}

/// The arguments behind `docker volume create`.
pub(super) fn find_volume(fields: &[Field]) -> Option<&[Field]> {
    let (at, _) = fields.iter().enumerate().find(|(_, field)| engine(field).is_some())?;
    let group = behind(fields, at + 1, &["volume"], &[])?;
    let from = behind(fields, group, &["create"], &[])?;
    fields.get(from..).filter(|_| !talks(fields))
}

/// The arguments behind `docker build`.
pub(super) fn find_build(fields: &[Field]) -> Option<&[Field]> {
    let (at, _) = fields.iter().enumerate().find(|(_, field)| engine(field).is_some())?;
    let from = behind(fields, at + 1, &["build"], &["buildx", "image", "builder"])?;
    fields.get(from..).filter(|_| !talks(fields))
}
