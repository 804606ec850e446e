//! What a text says of images that are built: `docker build -t NAME -f FILE CONTEXT`, the steps of `docker/build-push-action`,
//! and Compose services with `build` and `image`. It is a scan for words, which the files of all kinds are read by.

use std::sync::Arc;

use memchr::memmem;

use super::builds::BuiltImage;
use crate::container::workload::Build;
use crate::text::place::Place;
use crate::text::source::{Source, Span};

/// A command that is longer than this builds nothing that people write.
const LONGEST: usize = 4096;

/// More images than this are built by no text that people write.
const MOST: usize = 200;

/// How often a variable's value may be made of others.
const IN_TURN: usize = 2;

/// A value that is longer is none of a name.
const LONGEST_VALUE: usize = 300;

/// So many bytes before the command that builds it a page shows a Dockerfile.
const SHOWN: usize = 2000;

/// Engines whose `build` makes an image.
const ENGINES: [&str; 6] = ["docker", "podman", "nerdctl", "buildx", "DOCKER", "PODMAN"];

/// What stands in every text that builds an image.
pub const BUILDS: &[&str] = &["build"];

/// Options of `build` that take no value.
#[rustfmt::skip]
const SWITCHES: [&str; 12] = [
    "--no-cache", "--pull", "--push", "--load", "--rm", "--force-rm", "-q", "--quiet", "--squash", "--debug", "-D", "--compress",
];

/// What a text says of images that it builds; a literal scan tells most texts.
pub fn of_text(source: &Arc<Source>) -> Vec<BuiltImage> {
    let text = source.text();
    let is_page = [".md", ".mdx", ".rst", ".adoc"].iter().any(|ending| source.path().ends_with(ending));
    let mut found = Vec::new();
    let mut behind = 0;
    for at in memmem::find_iter(text.as_bytes(), b"build") {
        if at < behind {
            continue;
        }
        if found.len() > MOST {
            break;
        }
        // Lines of machines may be as long as the file.
        let from = at.saturating_sub(LONGEST);
        let start = memchr::memrchr(b'\n', text.as_bytes().get(from..at).unwrap_or_default())
            .map_or(from, |end| from + end + 1);
        let line = text.get(start..at).unwrap_or_default();
        let span = Span::new(at - line.len(), at + "build".len());
        if line.ends_with("docker/")
            && text.get(at..).is_some_and(|rest| rest.starts_with("build-push-action"))
        {
            behind = of_action(source, span, &mut found);
        } else if ENGINES.iter().any(|engine| line.contains(engine)) && line.ends_with([' ', '\t']) {
            let above = text.as_bytes().get(at.saturating_sub(SHOWN)..at).unwrap_or_default();
            let shows = is_page && memmem::find(above, b"\nFROM ").is_some();
            behind = of_command(source, span, line, shows, &mut found);
        } else if line.trim().is_empty() && text.get(at..).is_some_and(|rest| rest.starts_with("build:")) {
            of_service(source, span, line.len(), &mut found);
        }
    }
    found
}

/// A `docker build` whose last word so far ends at `span`; gives the byte behind the command.
/// Where the page `shows` a Dockerfile of its own just before, it builds that, and none of the repository.
fn of_command(
    source: &Arc<Source>,
    span: Span,
    line: &str,
    shows: bool,
    found: &mut Vec<BuiltImage>,
) -> usize {
    let text = source.text();
    let (words, end) = words(text, span.end);
    if shows && !words.iter().any(|word| word == "-f") {
        return end;
    }
    let (mut tags, mut file, mut target, mut context) = (Vec::new(), None, None, None);
    let mut rest = words.into_iter().peekable();
    while let Some(word) = rest.next() {
        let (name, mut value) = match word.split_once('=') {
            Some((name, value)) if word.starts_with('-') => (name.to_owned(), Some(value.to_owned())),
            _ => (word.clone(), None),
        };
        if word.starts_with('-') && word.len() > 1 {
            if value.is_none() && !SWITCHES.contains(&name.as_str()) {
                value = rest.next_if(|next| !next.starts_with("--"));
            }
            match name.as_str() {
                "-t" | "--tag" => tags.extend(value),
                "-f" | "--file" => file = value,
                "--target" => target = value,
                _ => {}
            }
        } else {
            context = Some(word);
        }
    }
    // The folder that the same line or the one before goes to.
    let before = text.get(..span.start).unwrap_or_default().trim_end();
    let above = before.get(before.rfind('\n').map_or(0, |at| at + 1)..).unwrap_or_default();
    let goes = |line: &str| {
        Some(line.rsplit_once("cd ")?.1.split_whitespace().next()?.trim_matches(['"', '\'', ';']).to_owned())
    };
    let folder = goes(line)
        .or_else(|| above.trim_start_matches(['$', '#', ' ']).starts_with("cd ").then(|| goes(above))?);
    let place = Place::new(source, span);
    for tag in tags {
        let build = Build {
            from: source.path().to_owned(),
            folder: folder.clone(),
            context: filled(text, context.as_deref().unwrap_or(".")),
            file: file.as_deref().map(|file| filled(text, file)),
            target: target.clone(),
        };
        push(text, &tag, build, &place, found);
    }
    end
}

/// Adds an image by its name as far as literal variables fill it in, which whoever runs it may write alike, and as far as
/// those made of others do.
fn push(text: &str, tag: &str, build: Build, place: &Place, found: &mut Vec<BuiltImage>) {
    let (image, whole) = (filled(text, tag), filled_in_turn(text, tag, IN_TURN));
    let add = |image| BuiltImage { image, build: build.clone(), place: place.clone() };
    found.extend(Some(whole).filter(|whole| *whole != image).map(add));
    found.push(BuiltImage { image, build, place: place.clone() });
}

/// The words of a command from a byte on, up to its end, and the byte behind them. Lines that go on, in whatever shell, are
/// one.
fn words(text: &str, from: usize) -> (Vec<String>, usize) {
    let (mut words, mut word, mut quote, mut at) = (Vec::new(), String::new(), None, from);
    let rest = text.get(from..).unwrap_or_default();
    let mut letters = rest.char_indices().peekable();
    while let Some((offset, letter)) = letters.next() {
        at = from + offset;
        if offset > LONGEST {
            break;
        }
        let next = letters.peek().map(|(_, next)| *next);
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (Some(_), '\n') => break,
            (Some(_), _) => word.push(letter),
            (None, '\\' | '^' | '`') if matches!(next, Some('\n' | '\r')) => {
                while letters.next_if(|(_, next)| next.is_whitespace()).is_some() {}
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            // `\n` at the end of a string in a notebook.
            (None, '\n' | ';' | '|' | '&' | '`' | '#' | ')') if letter != ')' || !word.contains('(') => break,
            (None, '\\') if next == Some('n') => break,
            (None, '"' | '\'') => quote = Some(letter),
            (None, _) if letter.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            (None, _) => word.push(letter),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    (words, at)
}

/// A step of `docker/build-push-action`: the keys of its `with`, down to the next step.
fn of_action(source: &Arc<Source>, span: Span, found: &mut Vec<BuiltImage>) -> usize {
    let text = source.text();
    let line = text.get(span.start..).unwrap_or_default();
    let indent = line.len() - line.trim_start_matches([' ', '-']).len();
    let (mut context, mut file, mut target, mut tags) = (None, None, None, Vec::new());
    let (mut end, mut in_tags) = (span.end, false);
    for line in text.get(span.end..).unwrap_or_default().split_inclusive('\n').skip(1).take(60) {
        let inner = line.trim();
        let own = line.len() - line.trim_start().len();
        if !inner.is_empty() && (own < indent || (own < indent + 2 && inner.starts_with("- "))) {
            break;
        }
        end += line.len();
        let (key, value) = inner.split_once(':').unwrap_or(("", inner));
        let value = value.trim().trim_matches(['"', '\'']);
        match key.trim() {
            "context" => context = Some(value.to_owned()),
            "file" => file = Some(value.to_owned()),
            "target" => target = Some(value.to_owned()),
            "tags" => {
                in_tags = true;
                tags.extend(value.split(',').map(|tag| tag.trim().to_owned()));
                continue;
            }
            _ if in_tags && !inner.is_empty() && !inner.contains(": ") => {
                tags.push(inner.trim_start_matches("- ").to_owned())
            }
            _ => {}
        }
        in_tags = in_tags && !inner.contains(": ");
    }
    // The step that makes the tags names the images.
    if tags.iter().any(|tag| tag.contains(".outputs.tags") || tag.contains("DOCKER_METADATA_OUTPUT")) {
        let at = memmem::find(text.as_bytes(), b"images:");
        let images = at.and_then(|at| text.get(at + 7..)).unwrap_or_default();
        let first = images
            .split('\n')
            .map(|line| line.trim().trim_start_matches(['|', '>', '-', ' ']).trim_matches(['"', '\'']));
        tags.extend(first.take(3).find(|line| !line.is_empty()).map(str::to_owned));
    }
    let place = Place::new(source, span);
    for tag in tags
        .iter()
        .filter(|tag| tag.contains(|c: char| c.is_ascii_alphabetic()) && !tag.contains("outputs.tags"))
    {
        let build = Build {
            from: source.path().to_owned(),
            folder: None,
            context: filled(text, context.as_deref().unwrap_or(".")),
            file: file.as_deref().map(|file| filled(text, file)),
            target: target.clone(),
        };
        push(text, tag, build, &place, found);
    }
    end
}

/// A service with `build`, whose indent is known, if it has an `image`, too.
fn of_service(source: &Arc<Source>, span: Span, indent: usize, found: &mut Vec<BuiltImage>) {
    let text = source.text();
    let of = |line: &str| line.len() - line.trim_start().len();
    let value = |line: &str, key: &str| {
        let value = line.trim().strip_prefix(key)?.split(" #").next()?.trim().trim_matches(['"', '\'']);
        (!value.is_empty()).then(|| value.to_owned())
    };
    let before = text.get(..span.start).unwrap_or_default().lines().rev().take(60);
    let before = before.take_while(|line| of(line) >= indent || line.trim().is_empty());
    let behind = text.get(span.start..).unwrap_or_default().lines().take(60);
    let behind: Vec<&str> = behind.take_while(|line| of(line) >= indent || line.trim().is_empty()).collect();
    let own = |line: &&str| of(line) == indent;
    let image =
        before.filter(own).chain(behind.iter().copied().filter(own)).find_map(|line| value(line, "image:"));
    let Some(image) = image else { return };
    let inner = || behind.iter().skip(1).take_while(|line| of(line) > indent);
    let find = |key| inner().find_map(|line| value(line, key));
    let build = Build {
        from: source.path().to_owned(),
        folder: None,
        context: behind
            .first()
            .and_then(|line| value(line, "build:"))
            .or_else(|| find("context:"))
            .unwrap_or_else(|| ".".into()),
        file: None,
        target: find("target:"),
    };
    // A Dockerfile is named from the context on.
    let file = find("dockerfile:").map(|file| format!("{}/{file}", build.context.trim_end_matches('/')));
    push(text, &image, Build { file, ..build }, &Place::new(source, span), found);
}

/// A text with its variables filled in as far as the same file gives them literally.
fn filled(text: &str, written: &str) -> String {
    filled_in_turn(text, written, 0)
}

/// The same, also by values that are made of other variables, so many times over.
fn filled_in_turn(text: &str, written: &str, turns: usize) -> String {
    let mut out = String::new();
    let mut rest = written;
    for _ in 0..8 {
        let Some(at) = rest.find(['$', '%']) else { break };
        out.push_str(rest.get(..at).unwrap_or_default());
        let inner = rest.get(at + 1..).unwrap_or_default();
        let close = [("{{", "}}"), ("{", "}"), ("(", ")")].iter().find_map(|(open, close)| {
            let inside = inner.strip_prefix(open)?;
            let end = inside.find(close)?;
            Some((inside.get(..end)?, open.len() + end + close.len()))
        });
        let name =
            |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        let (inside, length) = close.unwrap_or_else(|| {
            let end = name(inner);
            let percent = usize::from(rest.get(at..).is_some_and(|rest| rest.starts_with('%')));
            (inner.get(..end).unwrap_or_default(), end + percent)
        });
        let (variable, default) =
            inside.split_once(":-").map_or((inside, None), |(name, value)| (name, Some(value)));
        let variable = variable.trim().rsplit(['.', ':']).next().unwrap_or_default();
        match assigned(text, variable).or(default) {
            Some(value) if !value.contains('$') => out.push_str(value),
            Some(value) if turns > 0 => out.push_str(&filled_in_turn(text, value, turns - 1)),
            _ => out.push_str(rest.get(at..=at + length).unwrap_or_default()),
        }
        rest = rest.get(at + 1 + length..).unwrap_or_default();
    }
    out + rest
}

/// The first literal value that a text gives a variable: `NAME=x`, `NAME := x`, `NAME: x`, `$NAME = "x"`.
fn assigned<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    if name.is_empty() {
        return None;
    }
    memmem::find_iter(text.as_bytes(), name.as_bytes()).take(200).find_map(|at| {
        let before = text.get(..at)?.bytes().next_back();
        if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'{') {
            return None;
        }
        let behind = text.get(at + name.len()..)?.trim_start_matches([' ', '\t', ':', '?']);
        let is_set =
            text.get(at + name.len()..)?.trim_start_matches([' ', '\t']).starts_with([':', '=', '?']);
        let behind = behind.strip_prefix('=').unwrap_or(behind).trim_start_matches([' ', '\t']);
        let end = behind.bytes().take(LONGEST_VALUE).position(|byte| byte == b'\n');
        let line = behind.get(..end.unwrap_or(behind.len().min(LONGEST_VALUE)))?;
        let value = match line.chars().next()? {
            quote @ ('"' | '\'') => line.get(1..)?.split(quote).next()?,
            _ => line.split(|c: char| c.is_whitespace() || c == ';').next()?,
        };
        (is_set && !value.is_empty()).then_some(value)
    })
}
