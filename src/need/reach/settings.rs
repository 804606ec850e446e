//! The files of settings that a Python program is given or names: YAML, JSON and TOML, and the Python files of `OpenMMLab`,
//! which build on others by `_base_`.
//!
//! <https://mmengine.readthedocs.io/en/latest/advanced_tutorials/config.html>

use super::inside::File;
use super::runs::has_ending;
use super::{Reach, Route};
use crate::need::python::Given;
use crate::syntax::python::{Binding, Module};
use crate::text::paths::join;

/// Endings of files of settings.
const SETTINGS: [&str; 4] = ["yaml", "yml", "json", "toml"];

/// More files of settings are read for no program.
const MOST_SETTINGS: usize = 6;

/// A file of settings builds on others no deeper than this.
const BASE_DEPTH: usize = 4;

/// Libraries whose settings are Python files.
const IN_PYTHON: [&str; 2] = ["mmengine", "mmcv"];

/// What such settings say of loaders; the first of a file is that of the loader that trains.
const OF_LOADERS: [&str; 4] = ["num_workers", "workers_per_gpu", "batch_size", "samples_per_gpu"];

impl Reach<'_> {
    /// Reads the files of settings that are given or named in the script.
    pub(super) fn settings(
        &mut self,
        words: &[String],
        script: Option<&Module<'_>>,
        route: Route<'_>,
        given: &mut Given,
    ) {
        let named =
            script.into_iter().flat_map(|module| (0..module.len()).filter_map(|token| module.string(token)));
        let named: Vec<&str> = named
            .filter(|text| text.len() < 200 && has_ending(text, &SETTINGS))
            .take(MOST_SETTINGS)
            .collect();
        let written = words.iter().map(|word| word.split_once('=').map_or(word.as_str(), |(_, value)| value));
        let in_python = script.is_some_and(|script| {
            let roots =
                script.imports.iter().map(|import| import.module.split('.').next().unwrap_or_default());
            roots.into_iter().any(|root| IN_PYTHON.contains(&root))
        });
        let is_settings = |word: &&str| has_ending(word, &SETTINGS) || in_python && has_ending(word, &["py"]);
        let written: Vec<&str> = written.filter(is_settings).collect();
        let paths = if written.is_empty() { named } else { written };
        for path in paths.into_iter().take(MOST_SETTINGS) {
            let Some(file) = self.layout.find(&route.path(path)) else { continue };
            if !self.affords(&file) {
                continue;
            }
            if has_ending(path, &["py"]) {
                self.python_settings(&file, given, BASE_DEPTH);
            } else {
                keys(file.text(), given);
            }
        }
    }

    /// Reads settings that are a Python file, after those that it builds on.
    fn python_settings(&mut self, file: &File, given: &mut Given, depth: usize) {
        let text = file.text().to_owned();
        let module = Module::read(&text);
        let bases = module.bindings.get("_base_").map(Vec::as_slice).unwrap_or_default();
        let bases =
            bases.iter().filter_map(|base| if let Binding::Value(at) = base { Some(*at) } else { None });
        for base in bases.filter(|_| depth > 0) {
            let listed = || module.arguments(base).take(MOST_SETTINGS).map(|element| element.value);
            let written: Vec<usize> = if module.is(base, b'[') { listed().collect() } else { vec![base] };
            for path in written.into_iter().filter_map(|token| module.string(token)) {
                let path = join(file.source.path(), path);
                let source = self.layout.files.read_inside(self.layout.from, &path).ok();
                let base = source.map(|source| File { source, part: None, guessed: file.guessed });
                if let Some(base) = base.filter(|base| self.affords(base)) {
                    self.python_settings(&base, given, depth - 1);
                }
            }
        }
        for name in OF_LOADERS {
            let values = text.match_indices(name).filter_map(|(at, _)| {
                let rest = text.get(at + name.len()..)?.trim_start_matches(['"', '\'', ' ']);
                let value = rest.strip_prefix(['=', ':'])?.trim_start();
                let length = value.bytes().take_while(u8::is_ascii_digit).count();
                value.get(..length).filter(|digits| !digits.is_empty())
            });
            if let Some(value) = values.into_iter().next() {
                let name = if name == "workers_per_gpu" { "num_workers" } else { name };
                given.set(if name == "samples_per_gpu" { "batch_size" } else { name }, value);
            }
        }
    }
}

/// The keys of a file of settings with simple values: YAML, JSON and TOML write them alike, one a line.
fn keys(text: &str, given: &mut Given) {
    for line in text.lines() {
        let Some((key, value)) = line.split_once([':', '=']) else { continue };
        let clean = |text: &str| {
            text.split(" #")
                .next()
                .unwrap_or(text)
                .trim()
                .trim_matches([',', '"', '\'', '-', ' ', '{'])
                .to_owned()
        };
        let (key, value) = (clean(key), clean(value));
        if !key.is_empty() && !value.is_empty() && !key.starts_with('#') && !key.contains(' ') {
            given.set(&key, &value);
        }
    }
}
