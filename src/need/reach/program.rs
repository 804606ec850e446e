//! Reading the Python program that a command runs: its script, the modules of the repository that it imports, and the files of
//! settings that it is given.

use super::builds::under;
use super::inside::{File, Layout, place};
use super::runs::has_ending;
use super::{DEPTH, Reach, Route};
use crate::need::python::{Given, read};
use crate::syntax::python::{Import, Module, TokenKind};
use crate::text::place::Place;

/// How far imports are followed.
const IMPORT_DEPTH: usize = 2;

impl Reach<'_> {
    /// Reads a script with its words; false where a bound forbids it. `entry` is the function that is called where it is not run
    /// as a script.
    pub(super) fn python(&mut self, file: File, entry: &str, rest: &[String], route: Route<'_>) -> bool {
        if !self.affords(&file) {
            return false;
        }
        let route = route.through(&file);
        let (files, importers, complete) = self.modules(file, route.folder);
        let modules: Vec<Module<'_>> = files.iter().map(|file| Module::read(file.text())).collect();
        let mut given = Given::new(rest.iter().map(String::as_str), &self.workload.environment);
        given.enter(entry);
        self.settings(rest, modules.first(), route, &mut given);
        let reading = read(&modules, &importers, &given, complete);
        let at = |(module, token): (usize, usize)| {
            let (file, module) = (files.get(module)?, modules.get(module)?);
            Some(place(file, module.span(token)))
        };
        for found in reading.found {
            let mut places = found.places.iter().filter_map(|place| at(*place));
            let Some(own) = places.next() else { continue };
            let via: Vec<Place> = route.via.iter().cloned().chain(places).collect();
            self.push(found.claim, own, &via, route.strength);
        }
        for (words, token) in reading.starts.iter().filter(|_| route.depth + 1 < DEPTH) {
            let is_program = words
                .iter()
                .any(|word| has_ending(word, &["py", "sh"]) || word.contains("python") || word == "-m");
            if let Some(place) = at(*token).filter(|_| is_program) {
                let via: Vec<Place> = route.via.iter().cloned().chain([place]).collect();
                self.commands(words, Route { via: &via, depth: route.depth + 1, ..route });
            }
        }
        true
    }

    /// The script and the modules that it imports, with the modules that import each; and whether all were read.
    fn modules(&mut self, script: File, folder: &str) -> (Vec<File>, Vec<Vec<usize>>, bool) {
        let roots: Vec<String> =
            [Some(folder.to_owned()), self.layout.folder(folder)].into_iter().flatten().collect();
        let (mut files, mut importers, mut levels) = (vec![script], vec![Vec::new()], vec![0]);
        let (mut complete, mut at) = (true, 0);
        while let Some(file) = files.get(at) {
            let level = levels.get(at).copied().unwrap_or(IMPORT_DEPTH);
            let (path, text) = (file.source.path().to_owned(), file.text().to_owned());
            let is_part = file.part.is_some();
            let module = Module::read(&text);
            for import in used(&module) {
                let Some(found) = self.imported(import, &path, &roots).filter(|_| !is_part) else {
                    // A module of the program's own that is not there.
                    complete &= !import.module.starts_with('.');
                    continue;
                };
                for found in found {
                    let known =
                        files.iter().position(|file: &File| file.source.path() == found.source.path());
                    match known {
                        Some(known) if known != at => {
                            if let Some(importers) = importers.get_mut(known).filter(|by| !by.contains(&at)) {
                                importers.push(at);
                            }
                        }
                        Some(_) => {}
                        None if level < IMPORT_DEPTH && self.affords(&found) => {
                            files.push(found);
                            importers.push(vec![at]);
                            levels.push(level + 1);
                        }
                        // What stands deeper rarely loads, but may; a bound that is reached leaves it open.
                        None => complete &= level >= IMPORT_DEPTH && self.files < super::MOST_FILES,
                    }
                }
            }
            at += 1;
        }
        (files, importers, complete)
    }

    /// The files that an import of the module at `path` may mean; nothing where none of the repository is.
    fn imported(&self, import: &Import<'_>, path: &str, roots: &[String]) -> Option<Vec<File>> {
        let dots = import.module.bytes().take_while(|byte| *byte == b'.').count();
        let name = import.module.get(dots..)?.replace('.', "/");
        let own = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let base = |up: usize| {
            (0..up).try_fold(own, |folder, _| {
                (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(above, _)| above))
            })
        };
        let bases: Vec<String> = if dots > 0 {
            vec![base(dots - 1)?.to_owned()]
        } else {
            // The folder of the script, those above it that may be the root of its package, and what the container has there.
            (0..4).filter_map(|up| base(up).map(str::to_owned)).chain(roots.iter().cloned()).collect()
        };
        let read = |path: String| {
            let source = self.layout.files.read_inside(self.layout.from, &path).ok()?;
            Some(File { source, part: None, guessed: false })
        };
        bases.iter().find_map(|base| {
            // `from . import a` names no module before the item.
            let below = |name: &str| under(base, name.trim_start_matches('/'));
            let module = if name.is_empty() { None } else { read(below(&format!("{name}.py"))) };
            let package = || read(below(&format!("{name}/__init__.py")));
            let item = import.item.filter(|item| *item != "*").and_then(|item| {
                let file = read(below(&format!("{name}/{item}.py")));
                file.or_else(|| read(below(&format!("{name}/{item}/__init__.py"))))
            });
            let found: Vec<File> = module.or_else(package).into_iter().chain(item).collect();
            (!found.is_empty()).then_some(found)
        })
    }
}

/// The imports of a module whose names it uses.
fn used<'m, 't>(module: &'m Module<'t>) -> Vec<&'m Import<'t>> {
    let own: std::collections::HashSet<usize> = module.imports.iter().map(|import| import.at).collect();
    let tokens =
        (0..module.len()).filter(|token| module.kind(*token) == TokenKind::Name && !own.contains(token));
    let names: std::collections::HashSet<&str> = tokens.map(|token| module.name(token)).collect();
    module.imports.iter().filter(|import| import.alias == "*" || names.contains(import.alias)).collect()
}

/// The module and the function behind a command that the repository's own package installs, `module:function`:
/// `[project.scripts]` of pyproject.toml, or `console_scripts` of setup.cfg and setup.py.
pub(super) fn console_script(layout: &Layout<'_>, name: &str) -> Option<String> {
    let contexts = layout.image.map(|image| image.context.as_str()).into_iter().chain([layout.root]);
    contexts.into_iter().find_map(|folder| {
        ["pyproject.toml", "setup.cfg", "setup.py"].iter().find_map(|file| {
            let source = layout.files.read_inside(layout.from, &under(folder, file)).ok()?;
            source.text().lines().find_map(|line| entry_point(line, name))
        })
    })
}

/// What a line of such a file calls for a command: `train = "a.cli:main"`, `"console_scripts": ["train=a.cli:main"]`.
fn entry_point(line: &str, command: &str) -> Option<String> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let quotes = [' ', '"', '\''];
    line.match_indices(command).find_map(|(at, _)| {
        let (before, after) = (line.get(..at)?, line.get(at + command.len()..)?);
        let value = after.trim_start_matches(quotes).strip_prefix('=')?.trim_start_matches(quotes);
        let end = value.bytes().position(|byte| !is_part(byte) && byte != b':').unwrap_or(value.len());
        let (called, is_whole) = (value.get(..end)?, !before.bytes().last().is_some_and(is_part));
        let (module, function) = called.split_once(':')?;
        (is_whole && !module.is_empty() && !function.is_empty()).then(|| called.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::entry_point;

    #[test]
    fn commands_of_a_package_call_its_functions() {
        for line in [
            "train = \"a.cli:main\"",
            "    train=a.cli:main",
            "entry_points={'console_scripts': ['pretrain=b:c', 'train=a.cli:main']},",
            "\"train\" = 'a.cli:main'",
        ] {
            assert_eq!(entry_point(line, "train").as_deref(), Some("a.cli:main"), "{line}");
        }
        for line in ["pretrain = \"a:main\"", "train = true", "train = \"a\"", "train:main"] {
            assert_eq!(entry_point(line, "train"), None, "{line}");
        }
    }
}
