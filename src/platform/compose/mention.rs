//! Which Compose files go together, as scripts, documents and pipelines of the tree write it:
//! `docker compose -f a.yml -f b.yml`, `docker stack deploy -c a.yml`, `COMPOSE_FILE=a.yml:b.yml`, `dockerComposeFile`.

use crate::platform::kind::Mention;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::names::is_yaml;
use crate::text::place::Place;
use crate::text::scan::Words;
use crate::text::source::{Source, Span};

/// The words that begin a mention.
static MARKS: Words = Words::new(&[&["compose", "stack deploy", "COMPOSE_FILE=", "\"dockerComposeFile\""]]);

/// How many variables of a text are followed.
const MAX_VARIABLES: usize = 256;

/// How far behind a mark its files may stand, in bytes.
const REACH: usize = 2000;

/// The mentions in a text. Most texts have none and cost one scan.
pub fn mentions(source: &Arc<Source>) -> Vec<Mention> {
    let text = source.text();
    let marks = MARKS.all_in(text);
    if marks.is_empty() {
        return Vec::new();
    }
    let (variables, mut out) = assigned(source);
    for (start, mark) in marks {
        let end = start + mark.len();
        let rest = &*variables.fill(window(text, end));
        let found = match mark {
            "compose" => options(rest, &["-f", "--file"]).filter(|files| files.len() > 1),
            "stack deploy" => options(rest, &["-c", "--compose-file"]),
            "COMPOSE_FILE=" => variable(rest),
            _ => array(rest),
        };
        if let Some(files) = found {
            let place = Place::new(source, Span::new(start, end));
            out.push(Mention { place, files, stack: mark == "stack deploy" });
        }
    }
    out
}

/// The variables of a text, as far as they may name Compose files.
#[derive(Default)]
struct Variables<'t>(BTreeMap<&'t str, String>);

impl Variables<'_> {
    /// A text with its variables filled in, also those of make and arrays of a shell. What is not known stays.
    fn fill<'r>(&self, text: &'r str) -> Cow<'r, str> {
        if self.0.is_empty() || !text.contains('$') {
            return Cow::Borrowed(text);
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('$') {
            out.push_str(before);
            let inner = behind.trim_start_matches(['{', '(']);
            let end = inner.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(inner.len());
            let (name, after) = inner.split_at_checked(end).unwrap_or((inner, ""));
            match self.0.get(name).filter(|value| out.len() + value.len() < REACH) {
                Some(value) => {
                    out.push_str(value);
                    let after =
                        after.strip_prefix("[@]").or_else(|| after.strip_prefix("[*]")).unwrap_or(after);
                    rest = if inner.len() < behind.len() {
                        after.strip_prefix(['}', ')']).unwrap_or(after)
                    } else {
                        after
                    };
                }
                None => {
                    out.push('$');
                    rest = behind;
                }
            }
        }
        out.push_str(rest);
        Cow::Owned(out)
    }
}

/// The variables that lines of a text set to options or commands of Compose, and what those name that are put together of
/// several lines: `X = docker compose -f a`, `X := $(X) -f b`, `FILES+=(-f c)`.
fn assigned(source: &Arc<Source>) -> (Variables<'_>, Vec<Mention>) {
    let text = source.text();
    let (mut variables, mut out) = (Variables::default(), Vec::new());
    if !["-f", "--file", ".y"].iter().all(|word| text.contains(word) || *word == "--file")
        || !text.contains('$')
    {
        return (variables, out);
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let place = Span::new(at, at + line.trim_end().len());
        at += line.len();
        let Some((name, value)) =
            line.split_once('=').filter(|_| line.contains(".y") || line.contains("compose"))
        else {
            continue;
        };
        let adds = name.trim_end().ends_with('+');
        let name = name.trim_end_matches(['+', ':', '?', ' ', '\t']);
        let name = name.rsplit([' ', '\t']).next().unwrap_or_default();
        let is_name =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name || variables.0.len() >= MAX_VARIABLES {
            continue;
        }
        let value = value.trim().trim_matches(['"', '\'', '(', ')']);
        let mut filled = variables.fill(value).into_owned();
        if let Some(before) = variables.0.get(name).filter(|_| adds) {
            filled = format!("{before} {filled}");
        }
        filled.truncate(
            (0..=REACH.min(filled.len())).rev().find(|end| filled.is_char_boundary(*end)).unwrap_or(0),
        );
        let command = filled.split_once("compose").filter(|_| filled != value).map(|(_, rest)| rest);
        if let Some(files) =
            command.and_then(|rest| options(rest, &["-f", "--file"])).filter(|files| files.len() > 1)
        {
            out.push(Mention { place: Place::new(source, place), files, stack: false });
        }
        variables.0.insert(name, filled);
    }
    (variables, out)
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
        let attached = names.iter().find_map(|name| {
            let value = word.strip_prefix(name).filter(|value| !value.is_empty())?;
            value.strip_prefix('=').or(Some(value).filter(|_| !name.starts_with("--")))
        });
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
            "docker compose -fa.yml -fb.yml up",
            "A=a.yml\nB=\"b.yml\"\ndocker compose -f $A -f ${B} up",
            "F=(-f a.yml)\nF+=(-f b.yml)\ndocker compose \"${F[@]}\" up",
            "FILES = -f a.yml -f b.yml\nup:\n\tdocker compose $(FILES) up",
            "C = docker compose -f a.yml\nC := $(C) -f b.yml\nup:\n\t$(C) up",
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
