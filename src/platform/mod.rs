//! The platforms: each turns a unit of files into workloads, and a wanted change into edits in the files' own style.
//!
//! A platform is one [`Kind`] in the table [`KINDS`]: which files are its own, how they are read, and how an edited text
//! is held against the one before.

pub mod compose;
pub mod embedded;
pub mod host;
pub mod kubernetes;
pub mod mount;
pub mod run;

use std::sync::Arc;

use crate::filename::FileName;
use crate::files::Files;
use crate::finding::{Change, Edit};
use crate::options::Options;
use crate::project::{Index, Member, Unit};
use crate::scan::Words;
use crate::source::Source;
use crate::workload::{Place, Workload};

/// Whether a file of some name can be of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// No.
    No,
    /// If its text says so.
    ByContent,
    /// By its name alone, which makes it certainly ours: not being able to read it is a finding.
    ByName,
}

/// The paths of the files that a file may belong together with, whichever of them names the other.
pub type Links = fn(member: &Member, index: &Index, files: &dyn Files) -> Vec<String>;

/// How files of one kind belong together.
#[derive(Clone, Copy)]
pub struct Projects {
    /// Which ones do.
    pub links: Links,
    /// Reads the syntax of a text, which the text then keeps. Done for several files before they are read in earnest.
    pub parse: fn(source: &Source),
}

/// One sort of file and how it is read.
pub struct Kind {
    /// A word for it, as messages say it: `Compose file`.
    pub name: &'static str,
    /// What a file's name tells.
    pub claim: fn(file: &FileName<'_>) -> Claim,
    /// A text without one of these words is not relevant, whatever was claimed: most texts are told by this one pass. With
    /// those of [`EVERYWHERE`]; empty where no words tell.
    pub words: Words,
    /// Whether a text is worth parsing; a few literal scans. `claim` is what the name told. Where `every_container` is
    /// asked for (the list), any container is of interest; else only those that speak of a GPU or of `/dev/shm`.
    pub relevant: fn(text: &str, claim: Claim, every_container: bool) -> bool,
    /// For files that belong together in projects and wait until all of them are known. Nothing where each stands alone.
    pub in_projects: Option<Projects>,
    /// From a unit to its workloads.
    pub read: fn(unit: &Unit, context: &Context<'_>) -> Reading,
    /// Whether `after` means what `before` means but for the edits: the structural half of a proof. `edits` are those
    /// that made `after`, in order.
    pub same_but_for: fn(before: &Source, after: &Source, edits: &[Edit]) -> bool,
}

/// Words that matter in the files of any kind: they begin what a text says of Compose files elsewhere, and ignore comments.
pub const EVERYWHERE: &[&str] = &["ompose", "OMPOSE_FILE", "stack deploy", "shmlint:"];

/// All kinds; the first that claims a file has it.
pub static KINDS: &[&Kind] = &[
    &compose::COMPOSE,
    &host::shell::KIND,
    &host::DOCUMENT,
    &host::MAKEFILE,
    &host::DEVCONTAINER,
    &host::JENKINSFILE,
    &host::NOTEBOOK,
    &host::PACKAGE,
    &host::UNIT,
    &host::QUADLET,
    &host::CI,
    &kubernetes::KIND,
];

/// How much of a text tells its kind.
const HEAD: usize = 64 << 10;

/// What a text may be of which the name does not tell, best guess first: standard input, a file of any suffix.
pub fn by_text(path: &str, text: &str) -> Vec<(&'static Kind, Claim)> {
    let head = text.get(..text.floor_char_boundary(HEAD)).unwrap_or(text);
    let has = |word: &str| memchr::memmem::find(head.as_bytes(), word.as_bytes()).is_some();
    let any = |test: fn(&str) -> bool| head.lines().any(test);
    let is_json = head.trim_start().starts_with(['{', '[']);
    let is_fence = |line: &str| ["```", "~~~", ".. code"].iter().any(|sign| line.starts_with(sign));
    let is_recipe = |line: &str| line.starts_with('\t') && run::starts_containers(line, true);
    let is_command = |line: &str| {
        let line = line.trim_start().trim_start_matches("$ ").trim_start_matches("sudo ");
        run::ENGINES.iter().any(|engine| line.starts_with(engine))
    };
    let first =
        head.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#')).unwrap_or_default();
    let is_key = |key: &str| !key.contains(|c: char| !c.is_alphanumeric() && !"\"'_-./".contains(c));
    let is_yaml = first.starts_with("---")
        || first.trim_start().starts_with(['{', '[', '-'])
        || first
            .split_once(':')
            .is_some_and(|(key, rest)| is_key(key) && (rest.is_empty() || rest.starts_with(' ')));
    let names_keys = is_yaml || FileName::new(path).ends_in(&["yaml", "yml", "json"]);
    let guesses: [(bool, &'static Kind, Claim); 12] = [
        (head.starts_with("#!"), &host::shell::KIND, Claim::ByContent),
        (has("[Container]"), &host::QUADLET, Claim::ByName),
        (any(|line| line.starts_with("ExecStart=")), &host::UNIT, Claim::ByName),
        (is_json && has("\"nbformat\""), &host::NOTEBOOK, Claim::ByName),
        (is_json && (has("\"runArgs\"") || has("\"hostRequirements\"")), &host::DEVCONTAINER, Claim::ByName),
        (any(is_fence), &host::DOCUMENT, Claim::ByName),
        (names_keys, &compose::COMPOSE, Claim::ByContent),
        (names_keys, &host::CI, Claim::ByContent),
        (names_keys, &kubernetes::KIND, Claim::ByContent),
        (
            any(|line| line.starts_with("pipeline {") || line.starts_with("node")),
            &host::JENKINSFILE,
            Claim::ByName,
        ),
        (any(is_recipe), &host::MAKEFILE, Claim::ByName),
        (!names_keys && any(is_command), &host::shell::KIND, Claim::ByName),
    ];
    let fitting = guesses.into_iter().filter(|(fits, ..)| *fits);
    fitting.map(|(_, kind, claim)| (kind, claim)).collect()
}

/// What a reading may ask of the world.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Texts by path.
    pub files: &'a dyn Files,
    /// What is known of the other files of the run.
    pub index: &'a Index,
    /// The options of the run.
    pub options: &'a Options,
    /// Whether every container is wanted, not only those that a rule could speak of.
    pub every_container: bool,
}

/// A part of a file that cannot be read though it is certainly ours.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The exact place.
    pub place: Place,
    /// What is wrong there, in one sentence.
    pub message: String,
}

/// Writes changes of the workloads of one reading in the style of the files they stand in.
pub trait Writer {
    /// The ways to write `change` for the workload at `index`, best place first; each is a list of edits that make it
    /// together. Nothing where the platform has no such change. The caller proves each before it is offered.
    fn write(&self, index: usize, workload: &Workload, change: &Change) -> Vec<Vec<Edit>>;

    /// As [`Writer::write`] for all changes of a reading. A change may be made larger where workloads share what is
    /// written.
    fn write_all(&self, wanted: &mut [(usize, &Workload, Change)]) -> Vec<Vec<Vec<Edit>>> {
        wanted.iter().map(|(index, workload, change)| self.write(*index, workload, change)).collect()
    }
}

/// What one unit holds.
#[derive(Default)]
pub struct Reading {
    /// Its workloads, in the order of the files.
    pub workloads: Vec<Workload>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// The files that were read for it and may be edited.
    pub sources: Vec<Arc<Source>>,
    /// Who writes changes: the index of the first workload of each writer, in order.
    writers: Vec<(usize, Box<dyn Writer>)>,
}

impl Reading {
    /// Adds workloads and who writes changes for them; the writer counts them from 0.
    pub fn add(&mut self, workloads: Vec<Workload>, writer: Box<dyn Writer>) {
        self.writers.push((self.workloads.len(), writer));
        let joined: Vec<usize> = workloads.iter().filter_map(|workload| workload.joins).collect();
        self.workloads.extend(workloads);
        for index in joined {
            if let Some(owner) = self.workloads.get_mut(index) {
                owner.is_joined = true;
            }
        }
    }

    /// The ways to write each change for the workload at its index, best place first. `wanted` is sorted by index; a
    /// change may come back larger where workloads share what is written.
    pub fn write_all(&self, wanted: &mut [(usize, Change)]) -> Vec<Vec<Vec<Edit>>> {
        let mut written = Vec::with_capacity(wanted.len());
        let mut rest = wanted;
        for (position, (first, writer)) in self.writers.iter().enumerate() {
            let end = self.writers.get(position + 1).map_or(usize::MAX, |(next, _)| *next);
            let (own, others) = rest.split_at_mut(rest.partition_point(|(index, _)| *index < end));
            rest = others;
            let ask = |(index, change): &(usize, Change)| {
                Some((index.checked_sub(*first)?, self.workloads.get(*index)?, change.clone()))
            };
            let mut asked: Vec<(usize, &Workload, Change)> = own.iter().filter_map(ask).collect();
            written.extend(writer.write_all(&mut asked));
            for ((_, change), (_, _, agreed)) in own.iter_mut().zip(asked) {
                *change = agreed;
            }
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_everywhere_is_looked_for_by_every_kind() {
        for kind in KINDS.iter().filter(|kind| !kind.words.is_empty()) {
            let missing = EVERYWHERE.iter().find(|word| !kind.words.iter().any(|other| other == **word));
            assert_eq!(missing, None, "{}", kind.name);
        }
    }
}
