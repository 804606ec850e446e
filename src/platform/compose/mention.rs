//! Which Compose files go together, as scripts, documents and pipelines of the tree write it:
//! `docker compose -f a.yml -f b.yml`, `docker stack deploy -c a.yml`, `COMPOSE_FILE=a.yml:b.yml`, `dockerComposeFile`.

use crate::platform::kind::Mention;
use std::sync::{Arc, OnceLock};

use aho_corasick::AhoCorasick;

use super::names::is_yaml;
use crate::text::place::Place;
use crate::text::scan::Words;
use crate::text::source::{Source, Span};

/// The words that begin a mention.
const MARKS: [&str; 4] = ["compose", "stack deploy", "COMPOSE_FILE=", "\"dockerComposeFile\""];

/// A text without any of these has no mark.
static MAY_MENTION: Words = Words::new(&[&["ompose", "OMPOSE_FILE", "stack deploy"]]);

/// How far behind a mark its files may stand, in bytes.
const REACH: usize = 2000;

/// The mentions in a text. Most texts have none and cost one scan.
pub fn mentions(source: &Arc<Source>) -> Vec<Mention> {
    static FINDER: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    let text = source.text();
    if !MAY_MENTION.stand_in(text) {
        return Vec::new();
    }
    let Some(finder) = FINDER.get_or_init(|| AhoCorasick::new(MARKS).ok()) else { return Vec::new() };
    let mut out: Vec<Mention> = Vec::new();
    for mark in finder.find_iter(text) {
        let rest = window(text, mark.end());
        let found = match MARKS.get(mark.pattern().as_usize()) {
            Some(&"compose") => options(rest, &["-f", "--file"]).filter(|files| files.len() > 1),
            Some(&"stack deploy") => options(rest, &["-c", "--compose-file"]),
            Some(&"COMPOSE_FILE=") => variable(rest),
            _ => array(rest),
        };
        if let Some(files) = found {
            let place = Place::new(source, Span::new(mark.start(), mark.end()));
            out.push(Mention { place, files, stack: mark.pattern().as_usize() == 1 });
        }
    }
    out
}

/// What stands behind a mark, up to the reach.
fn window(text: &str, at: usize) -> &str {
    let mut end = text.len().min(at + REACH);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(at..end).unwrap_or_default()
}

/// The files that options of a command name. Words may be a shell's, or the strings of a list.
fn options(rest: &str, names: &[&str]) -> Option<Vec<String>> {
    let mut files = Vec::new();
    let mut words = words(rest);
    while let Some(word) = words.next() {
        let attached = names.iter().find_map(|name| word.strip_prefix(name)?.strip_prefix('='));
        let file = match attached {
            Some(file) => file,
            None if names.contains(&word) => words.next()?,
            None if word.starts_with('-') || !files.is_empty() => {
                // The first word that is no option ends them, but for the value of one.
                if word.starts_with('-') {
                    continue;
                }
                break;
            }
            None => continue,
        };
        files.push(literal(file)?.to_owned());
    }
    (!files.is_empty()).then_some(files)
}

/// The words of one command: to the end of its line, over continued lines, without quotes and list marks.
fn words(rest: &str) -> impl Iterator<Item = &str> {
    let mut end = rest.len();
    let mut from = 0;
    while let Some(at) = rest.get(from..).and_then(|rest| rest.find(['\n', ';', '|', '&', '#', '`'])) {
        let at = from + at;
        let continued = rest.get(..at).is_some_and(|line| line.trim_end().ends_with('\\'));
        if rest.as_bytes().get(at) != Some(&b'\n') || !continued {
            end = at;
            break;
        }
        from = at + 1;
    }
    let command = rest.get(..end).unwrap_or_default();
    command
        .split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '[' | ']' | '(' | ')'))
        .filter(|word| !word.is_empty() && *word != "\\")
}

/// A path that says itself which file it is.
fn literal(file: &str) -> Option<&str> {
    let plain = !file.contains(['$', '{', '}', '<', '*', '%']) && is_yaml(file);
    plain.then_some(file)
}

/// `COMPOSE_FILE=a.yml:b.yml`, in a script or a `.env`.
pub(super) fn variable(rest: &str) -> Option<Vec<String>> {
    let value = rest.trim_start_matches(['"', '\'']);
    let value = value.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '&')).next()?;
    let files: Option<Vec<String>> = value
        .split([':', ';', ','])
        .filter(|file| !file.is_empty())
        .map(|file| literal(file).map(str::to_owned))
        .collect();
    files.filter(|files| files.len() > 1)
}

/// The strings of a JSON list behind a key.
fn array(rest: &str) -> Option<Vec<String>> {
    let list = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('[')?;
    let list = list.get(..list.find(']')?)?;
    let files: Vec<String> =
        list.split('"').skip(1).step_by(2).map(|file| file.replace("\\/", "/")).collect();
    (files.len() > 1 && files.iter().all(|file| literal(file).is_some())).then_some(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(text: &str) -> Vec<Vec<String>> {
        mentions(&Source::new("x", text.into())).into_iter().map(|mention| mention.files).collect()
    }

    #[test]
    fn commands_tell_which_files_go_together() {
        for text in [
            "docker compose -f a.yml -f b.yml up -d",
            "sudo docker-compose --file=a.yml --file b.yml config",
            "docker compose --profile x -f 'a.yml' \\\n  -f \"b.yml\" up",
            "[\"docker\", \"compose\", \"-f\", \"a.yml\", \"-f\", \"b.yml\"]",
            "export COMPOSE_FILE=a.yml:b.yml\n",
            "{\"dockerComposeFile\": [\"a.yml\",\n \"b.yml\"]}",
            "docker stack deploy -c a.yml --compose-file b.yml s",
            "`docker compose -f a.yml -f b.yml up`",
        ] {
            assert_eq!(files(text), [["a.yml", "b.yml"]], "{text}");
        }
    }

    #[test]
    fn what_names_one_file_or_a_variable_tells_nothing() {
        for text in [
            "docker compose -f a.yml up; docker compose -f b.yml up",
            "docker compose -f a.yml -f $EXTRA up",
            "docker compose -f a.yml exec x tail -f b.yml",
            "COMPOSE_FILE=a.yml",
            "compose",
        ] {
            assert!(files(text).is_empty(), "{text}: {:?}", files(text));
        }
    }

    #[test]
    fn a_stack_is_told_by_one_file() {
        let found = mentions(&Source::new("x", "docker stack deploy --prune -c stack.yml app".into()));
        assert_eq!(found.len(), 1);
        assert!(found[0].stack && found[0].files == ["stack.yml"]);
    }
}
