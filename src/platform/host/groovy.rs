//! Jenkinsfiles: the shell text of `sh '…'` steps, and the containers that `agent { docker { … } }` and
//! `docker.image('…').inside('…')` run steps in.

use super::same::same_but_for;
use super::{Container, Script};
use crate::platform::kind::{Claim, EVERYWHERE, Kind};
use crate::platform::remarks::lies_in;
use crate::platform::run::{ENGINES, starts_containers};
use crate::syntax::shell::Options;
use crate::text::layer::{Encoding, Layer};
use crate::text::scan::Words;
use crate::text::source::Span;

/// Jenkinsfiles.
pub static KIND: Kind = Kind {
    name: "Jenkinsfile",
    claim: |file| {
        let is = file.name.starts_with("Jenkinsfile") || file.ends_in(&["jenkinsfile"]);
        if is { Claim::ByName } else { Claim::No }
    },
    words: Words::new(&[EVERYWHERE, ENGINES]),
    relevant: |text, _, every_container| starts_containers(text, every_container) || text.contains("docker"),
    in_projects: None,
    read: |unit, context| super::read(unit, context, scripts),
    same_but_for: |before, after, edits| same_but_for(before, after, edits, scripts),
    remarks: |source, starts| {
        let strings: Vec<Span> = literals(source.text()).iter().map(|literal| literal.inside).collect();
        super::remarks(source, starts, scripts, |at| !lies_in(&strings, at))
    },
};

/// A string of Groovy with the word before it.
#[derive(Clone, Copy)]
struct Literal {
    /// Between the quotes.
    inside: Span,
    /// `'` or `"`.
    quote: u8,
    /// The word that the string is an argument of: `sh`, `args`, `image`, `inside`.
    word: Span,
}

fn scripts(_: &str, file: &Layer) -> Vec<Script> {
    let text = file.text();
    let mut found = Vec::new();
    let mut image: Option<Literal> = None;
    for literal in literals(text) {
        match literal.word.of(text) {
            "sh" | "script" | "bat" => found.push(Script::new(layer(file, literal), Options::default())),
            "image" | "dockerfile" | "filename" => image = Some(literal),
            "args" | "inside" | "withRun" | "run" => found.push(container(file, literal, image)),
            _ => {}
        }
    }
    found
}

/// What `args '…'` gives to the container of the image named before it.
fn container(file: &Layer, args: Literal, image: Option<Literal>) -> Script {
    let text = file.text();
    let image = image.filter(|image| args.inside.start - image.inside.end < 2_000);
    let name = image.map_or("dockerfile", |image| image.inside.of(text));
    let line = super::line(file, Some(&layer(file, args)), args.inside.start, name);
    let container = Some(Container { name: name.to_owned(), is_image: false, place: args.word });
    Script { container, ..Script::new(line, Options::default()) }
}

/// The text of a string. Both kinds of Groovy's strings know the same escapes.
fn layer(file: &Layer, literal: Literal) -> Layer {
    let encoding = if literal.quote == b'"' { Encoding::DoubleQuoted } else { Encoding::ShellSingle };
    let mut embed = file.embed(encoding);
    let written = literal.inside.of(file.text());
    let mut from = 0;
    while let Some(found) = written.get(from..).and_then(|rest| rest.find('\\')) {
        let at = from + found;
        let next = written.get(at + 1..).and_then(|rest| rest.chars().next());
        let meant = match next {
            Some(c @ ('\\' | '\'' | '"' | '$')) => c.to_string(),
            Some('n') => "\n".to_owned(),
            _ => {
                embed.copy(Span::new(literal.inside.start + from, literal.inside.start + at + 1));
                from = at + 1;
                continue;
            }
        };
        embed.copy(Span::new(literal.inside.start + from, literal.inside.start + at));
        embed.replace(Span::new(literal.inside.start + at, literal.inside.start + at + 2), &meant);
        from = at + 2;
    }
    embed.copy(Span::new(literal.inside.start + from, literal.inside.end));
    embed.finish()
}

/// Every string that is an argument of a word, comments left out.
fn literals(text: &str) -> Vec<Literal> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut word = Span::at(0);
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        let end = |needle: &[u8], from: usize| {
            let found = rest.get(from..).and_then(|rest| memchr::memmem::find(rest, needle));
            found.map_or(rest.len(), |found| from + found)
        };
        at += match byte {
            b'/' if rest.starts_with(b"//") => end(b"\n", 2),
            b'/' if rest.starts_with(b"/*") => (end(b"*/", 2) + 2).min(rest.len()),
            b'\'' | b'"' => {
                let marks = if rest.get(..3).is_some_and(|marks| marks.iter().all(|mark| *mark == byte)) {
                    3
                } else {
                    1
                };
                let inside = closed(rest, byte, marks);
                found.push(Literal { inside: Span::new(at + marks, at + inside), quote: byte, word });
                (inside + marks).min(rest.len())
            }
            byte if byte.is_ascii_alphabetic() => {
                let length =
                    rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
                word = Span::new(at, at + length);
                length
            }
            _ => 1,
        };
    }
    found
}

/// Where the string ends that begins here with `marks` quotes.
fn closed(rest: &[u8], quote: u8, marks: usize) -> usize {
    let mut at = marks;
    while let Some(found) = rest.get(at..).and_then(|rest| memchr::memchr2(quote, b'\\', rest)) {
        at += found;
        let here = rest.get(at..).unwrap_or_default();
        if here.first() == Some(&b'\\') {
            at += 2;
        } else if here.iter().take(marks).filter(|byte| **byte == quote).count() == marks {
            return at;
        } else {
            at += 1;
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_found_with_the_word_before_them() {
        let text =
            "sh 'a \\' b' // sh 'no'\nsh \"\"\"x \"y\" z\"\"\"\ndocker { image \"i\"\n args '--gpus all' }";
        let found: Vec<(&str, &str)> =
            literals(text).iter().map(|literal| (literal.word.of(text), literal.inside.of(text))).collect();
        assert_eq!(found, [("sh", "a \\' b"), ("sh", "x \"y\" z"), ("image", "i"), ("args", "--gpus all")]);
    }
}
