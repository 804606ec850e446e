//! The configuration: `shmlint.toml`, `.shmlint.toml` or `[tool.shmlint]` of a pyproject.toml.
//!
//! The nearest one from the working folder up to the repository's root holds for the whole run. [`keys`] is the one
//! table of all keys, [`value`] checks what is written against it, [`settle`] turns the result into [`Options`].
//!
//! [`Options`]: crate::lint::options::Options

mod find;
pub mod keys;
pub mod problem;
pub mod schema;
mod settle;
pub mod value;

use std::path::PathBuf;
use std::sync::Arc;

use toml::de::DeTable;

use crate::container::finding::Rule;
use crate::text::place::Place;
use crate::text::source::{Source, Span};
use problem::{ConfigProblem, Failure};
use value::{ConfigReader, Item, Key};

pub use settle::Settled;

/// Which rules one layer (a file, a `--config`, the command line) chooses.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Only these, in place of what the layers before chose.
    pub select: Option<Vec<&'static Rule>>,
    /// These too.
    pub extend: Vec<&'static Rule>,
    /// Not these.
    pub ignore: Vec<&'static Rule>,
}

/// What the files and the command line ask for together. Nothing stands for the default.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "each field is the key of the same name, whose meaning stands in `keys`")]
pub struct Config {
    /// The folder of the file that was read; paths and globs in it are relative to this one.
    pub folder: PathBuf,
    /// One for each layer, in order.
    pub choices: Vec<Choice>,
    /// That of the layer which is being read.
    pub choice: Choice,
    /// What was written for each key, in the order of the layers.
    pub written: Vec<(&'static str, Item)>,
    pub severity: Vec<(Item, Item)>,
    pub pedantic: Option<bool>,
    pub fail_on: Option<String>,
    pub size: Option<u64>,
    pub minimum: Option<u64>,
    pub default_shm_size: Option<u64>,
    pub default_runtime: Option<String>,
    pub include: Vec<Item>,
    pub exclude: Vec<Item>,
    /// `--exclude`, relative to the working folder.
    pub also_exclude: Vec<String>,
    pub force_exclude: Option<bool>,
    pub gitignore: Option<bool>,
    /// Whether the programs that containers run are read.
    pub programs: Option<bool>,
    pub docs: Option<bool>,
    pub max_file_size: Option<u64>,
    pub baseline: Option<PathBuf>,
    pub per_file_ignores: Vec<(Item, Item)>,
    pub images: Vec<Item>,
    pub provides_shm: Vec<Item>,
    pub shm_fields: Vec<Item>,
}

/// What was read, and what is worth telling about it.
#[derive(Debug, Default)]
pub struct Loaded {
    /// What is asked for.
    pub config: Config,
    /// The file that was read, if any, as reports show it.
    pub file: Option<String>,
    /// Sentences for stderr.
    pub warnings: Vec<String>,
}

/// Reads the configuration of a run. `given` are the values of `--config`, each a file or a `key = value`; with `isolated`
/// no file is looked for. The error tells every mistake that was found, each at its place.
pub fn load(isolated: bool, given: &[String]) -> Result<Loaded, Failure> {
    let (files, inline): (Vec<&String>, Vec<&String>) = given.iter().partition(|given| find::is_file(given));
    let mut loaded = Loaded::default();
    let mut problems = Vec::new();
    let found = match files.as_slice() {
        [] if isolated => None,
        [] => find::nearest(&mut loaded.warnings)?,
        [_, ..] if isolated => {
            return Err(Failure::Said(
                "--isolated reads no configuration file, so it excludes --config FILE".into(),
            ));
        }
        [file] => Some(find::named(file)?),
        [_, second, ..] => {
            return Err(format!("--config {second}: only one configuration file can be given").into());
        }
    };
    if let Some(source) = found {
        loaded.file = Some(source.path().to_owned());
        loaded.config.folder = find::folder(source.path());
        loaded.config.read(&source, &mut problems);
    }
    for text in inline {
        let source = Source::new("--config", text.clone().into_bytes());
        loaded.config.read(&source, &mut problems);
    }
    if problems.is_empty() { Ok(loaded) } else { Err(told(problems)) }
}

/// All mistakes in the order of the files.
fn told(mut problems: Vec<ConfigProblem>) -> Failure {
    problems.sort_by(|a, b| (a.place.path(), a.place.span).cmp(&(b.place.path(), b.place.span)));
    // Of brackets that are left open each is told at the end of the text.
    problems.dedup_by_key(|problem| problem.to_string());
    Failure::Wrong(problems)
}

impl Config {
    /// The configuration that a text holds by itself. The error tells every mistake, each at its place.
    pub fn parse(source: &Arc<Source>) -> Result<Self, Failure> {
        let (mut config, mut problems) = (Self::default(), Vec::new());
        config.read(source, &mut problems);
        if problems.is_empty() { Ok(config) } else { Err(told(problems)) }
    }

    /// A baseline is named relative to the file that names it.
    fn set_baseline(&mut self, item: &Item) {
        self.baseline = item.text().map(|path| self.folder.join(path));
    }

    /// Reads one source on top of what is known already.
    fn read(&mut self, source: &Arc<Source>, problems: &mut Vec<ConfigProblem>) {
        let (document, errors) = DeTable::parse_recoverable(source.text());
        let place = |span: std::ops::Range<usize>| Place::new(source, Span::new(span.start, span.end));
        let mut broken = Vec::new();
        for error in errors {
            let place = place(error.span().unwrap_or_default());
            let line = place.start().line;
            // Of one mistake the parser makes several on a line: the first says most.
            if !broken.contains(&line) {
                problems.push(ConfigProblem::new(place, error.message()));
            }
            broken.push(line);
        }
        let Some(table) = find::own_table(source.path(), &document) else { return };
        let mut wrong = Vec::new();
        let keys: Vec<Key> = keys::ROWS.iter().map(|row| row.key).collect();
        let mut reader = ConfigReader { source: Arc::clone(source), problems: &mut wrong };
        let items = reader.table(&keys, table, &Place::new(source, Span::at(0)), source.path());
        // What stands on a line that TOML itself refuses is not what was meant.
        problems.extend(wrong.into_iter().filter(|problem| !broken.contains(&problem.place.start().line)));
        for (name, item) in items {
            if let Some(row) = keys::ROWS.iter().find(|row| row.key.name == name) {
                self.written.push((name, item.clone()));
                (row.set)(self, item);
            }
        }
        let choice = std::mem::take(&mut self.choice);
        self.choices.push(choice);
    }
}

#[cfg(test)]
mod tests;
