//! The programs that supervisord starts: the `command` of each `[program:NAME]` of its files.
//!
//! <http://supervisord.org/configuration.html>

use super::inside::{File, place};
use super::{DEPTH, Reach, Route};
use crate::text::place::Place;
use crate::text::source::Span;

/// Where its settings are where no option says so, and where systems keep one file for each program.
const USUAL: [&str; 4] = [
    "supervisord.conf",
    "/etc/supervisord.conf",
    "/etc/supervisor/supervisord.conf",
    "/etc/supervisor/conf.d",
];

/// More programs than this are started by no container.
const MOST_PROGRAMS: usize = 16;

impl Reach<'_> {
    /// Follows the programs that a command has supervised; false where none of them is in the repository.
    pub(super) fn supervises(&mut self, words: &[String], route: Route<'_>) -> bool {
        if words.first().is_none_or(|word| word.rsplit('/').next() != Some("supervisord")) {
            return false;
        }
        let option = words.iter().position(|word| word == "-c" || word == "--configuration");
        let written = option.and_then(|at| words.get(at + 1)).map(|path| route.path(path));
        let mut paths: Vec<String> = match written {
            Some(path) => vec![path],
            None => USUAL.iter().map(|path| route.path(path)).collect(),
        };
        let copies = self.layout.image.into_iter().flat_map(|image| &image.built.copies);
        let targets = copies.map(|copied| &copied.target);
        paths.extend(targets.filter(|path| path.contains("supervisor") && path.ends_with(".conf")).cloned());
        paths.dedup();
        let mut files: Vec<File> = paths.iter().filter_map(|path| self.layout.find(path)).collect();
        files.dedup_by(|a, b| a.source.path() == b.source.path());
        files.retain(|file| self.affords(file));
        for file in files.iter().filter(|_| route.depth + 1 < DEPTH) {
            for (line, span) in commands(file.text()).take(MOST_PROGRAMS) {
                let via: Vec<Place> = route.via.iter().cloned().chain([place(file, span)]).collect();
                let route = Route { via: &via, depth: route.depth + 1, ..route.through(file) };
                self.commands(&["sh".to_owned(), "-c".to_owned(), line.to_owned()], route);
            }
        }
        !files.is_empty()
    }
}

/// The command lines of a file of settings, and where they are.
fn commands(text: &str) -> impl Iterator<Item = (&str, Span)> {
    let (mut at, mut in_program) = (0, false);
    text.split_inclusive('\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        if line.starts_with('[') {
            in_program = line.starts_with("[program:");
        }
        let (key, command) = line.split_once('=').filter(|_| in_program)?;
        let command = command.split(" ;").next().unwrap_or(command).trim();
        (key.trim() == "command").then(|| (command, Span::new(start, start + line.trim_end().len())))
    })
}

#[cfg(test)]
mod tests {
    use super::commands;

    #[test]
    fn programs_have_commands() {
        let text = "[supervisord]\nnodaemon=true\n[program:api]\ncommand = uvicorn a:app ; the server\nuser=x\n\
                    [eventlistener:x]\ncommand=y\n[program:b]\ncommand=python b.py";
        assert_eq!(
            commands(text).map(|(line, _)| line).collect::<Vec<_>>(),
            ["uvicorn a:app", "python b.py"]
        );
    }
}
