//! Jenkinsfiles: the shell text of `sh '…'` steps, and the containers that `agent { docker { … } }` and
//! `docker.image('…').inside('…')` run steps in.

use std::sync::Arc;

use super::command_line::CommandLine;
use super::inner;
use super::read::{Host, kind, remarks};
use super::script::{HostScript, StartedContainer};
use crate::container::workload::Platform;
use crate::platform::kind::{FileClaim, Kind};
use crate::platform::remarks::{Remarks, lies_in};
use crate::platform::run::starts_containers;
use crate::syntax::shell::{ShellDialect, ShellOptions};
use crate::text::filename::FileName;
use crate::text::layer::{Encoding, Layer};
use crate::text::source::{Source, Span};

/// Jenkinsfiles.
pub static KIND: Kind = kind::<Jenkinsfile>();

struct Jenkinsfile;

impl Host for Jenkinsfile {
    const NAME: &'static str = "Jenkinsfile";

    fn claim(file: &FileName<'_>) -> FileClaim {
        let is = file.name.starts_with("Jenkinsfile") || file.ends_in(&["jenkinsfile"]);
        FileClaim::by_name(is)
    }

    fn relevant(text: &str, _: FileClaim, every_container: bool) -> bool {
        starts_containers(text, every_container)
            || text.contains("docker")
            || inner::may_hold(text, every_container)
    }

    fn scripts(_: &str, file: &Layer) -> Vec<HostScript> {
        let text = file.text();
        let literals = literals(text);
        let mut found = Vec::new();
        let mut image: Option<Literal> = None;
        let mut at = 0;
        while let Some(&literal) = literals.get(at) {
            let joined = joined(text, literals.get(at..).unwrap_or_default());
            at += joined.count;
            let word = literal.word.of(text);
            let dialect = match word {
                "bat" => ShellDialect::Batch,
                "pwsh" | "powershell" => ShellDialect::PowerShell,
                _ => ShellDialect::Posix,
            };
            match word {
                "sh" | "script" | "bat" | "pwsh" | "powershell" => {
                    found.push(HostScript::new(
                        joined.layer(file),
                        ShellOptions { dialect, ..ShellOptions::default() },
                    ));
                }
                "image" | "dockerfile" | "filename" => image = Some(literal),
                // The pod that an agent of Kubernetes is.
                "yaml" | "podTemplate" => found.extend(inner::dedented(&joined.layer(file))),
                // Behind a comma stands what the container runs.
                "args" | "inside" | "withRun" | "run" if !literal.is_second => {
                    found.push(container(file, literal, &joined, image));
                }
                _ => {}
            }
        }
        found
    }

    fn remarks(source: &Arc<Source>, starts: &[usize]) -> Remarks {
        let strings: Vec<Span> = literals(source.text()).iter().map(|literal| literal.inside).collect();
        remarks(source, starts, Self::scripts, |at| !lies_in(&strings, at))
    }
}

/// A string of Groovy with the word before it.
#[derive(Clone, Copy)]
struct Literal {
    /// Between the quotes.
    inside: Span,
    /// With its quotes.
    outside: Span,
    /// Whether a comma stands before it, so that it is not the word's first argument.
    is_second: bool,
    /// `'` or `"`.
    quote: u8,
    /// The word that the string is an argument of: `sh`, `args`, `image`, `inside`.
    word: Span,
}

/// What `args '…'` gives to the container of the image named before it.
fn container(file: &Layer, args: Literal, joined: &Joined, image: Option<Literal>) -> HostScript {
    let text = file.text();
    let image = image.filter(|image| args.inside.start - image.inside.end < 2_000);
    let name = image.map_or("dockerfile", |image| image.inside.of(text));
    let options = joined.layer(file);
    let mut line = CommandLine::run(file, options.encoding().clone(), args.inside.start);
    line.text(&options);
    let line = line.image(name);
    let container = Some(StartedContainer {
        name: name.to_owned(),
        is_image: false,
        place: args.word,
        gpu_label: None,
        platform: Platform::CiContainer,
        keys: None,
    });
    HostScript { container, ..HostScript::new(line, ShellOptions::default()) }
}

/// Strings and other values that are joined to one text: `'a ' + 'b'`, `['a', 'b'].join(' ')`, `'a '.concat(b)`.
struct Joined {
    parts: Vec<StringPart>,
    /// How many strings were used up.
    count: usize,
}

/// A part of a joined text.
#[derive(Clone, Copy)]
enum StringPart {
    String(Literal),
    /// What another expression gives.
    Unread(Span),
    /// A blank that nobody wrote, and its place.
    Blank(usize),
}

/// What is joined to the first of some strings.
fn joined(text: &str, literals: &[Literal]) -> Joined {
    let mut joined = Joined { parts: Vec::new(), count: 0 };
    let Some(first) = literals.first() else { return Joined { count: 1, ..joined } };
    let before = |at: usize| text.get(..at).unwrap_or_default().trim_end();
    let mut listed = before(first.outside.start).ends_with('[');
    // `args opts + ' --gpus all'`: what stands before is unknown, too.
    if let Some(head) = before(first.outside.start).strip_suffix('+') {
        let head = head.len();
        joined
            .parts
            .extend([StringPart::Unread(Span::new(head.saturating_sub(1), head)), StringPart::Blank(head)]);
    }
    let mut rest = literals.iter();
    let mut next = rest.next();
    while let Some(literal) = next {
        joined.parts.push(StringPart::String(*literal));
        joined.count += 1;
        let behind = literal.outside.end;
        next = None;
        let mut from = behind;
        while let Some(operator) = operator(text, from, listed) {
            if operator.ends_list {
                listed = false;
                from = operator.end;
                continue;
            }
            if listed {
                joined.parts.push(StringPart::Blank(from));
            }
            if rest.as_slice().first().is_some_and(|literal| literal.outside.start == operator.end) {
                next = rest.next();
                break;
            }
            let end = expression(text, operator.end);
            if end == operator.end {
                break;
            }
            joined.parts.push(StringPart::Unread(Span::new(operator.end, end)));
            from = end;
        }
    }
    // The separator of `join` is a string, too.
    let end = joined.end();
    if let Some(separator) = literals.get(joined.count)
        && text.get(end..separator.outside.start).is_some_and(|between| between.contains(".join("))
        && separator.outside.start - end < 40
    {
        joined.count += 1;
    }
    joined
}

/// What joins a value to the next.
struct Operator {
    /// Where the next value begins.
    end: usize,
    /// It is the bracket at the end of a list, behind which the text may go on.
    ends_list: bool,
}

fn operator(text: &str, from: usize, listed: bool) -> Option<Operator> {
    let rest = text.get(from..)?;
    let code = rest.trim_start();
    let at = from + rest.len() - code.len();
    let length = match code.as_bytes() {
        [b'+', b'=', ..] => return None,
        [b'+', ..] => 1,
        [b',', ..] if listed => 1,
        [b']', ..] if listed => {
            let end =
                text.get(at..)?.find(')').filter(|_| code.starts_with("].join(")).map_or(1, |end| end + 1);
            return Some(Operator { end: at + end, ends_list: true });
        }
        _ if code.starts_with(".concat(") => ".concat(".len(),
        [b')', ..] if code.get(1..)?.trim_start().starts_with(".concat(") => {
            1 + code.get(1..)?.find('(')? + 1
        }
        _ => return None,
    };
    let behind = text.get(at + length..)?;
    Some(Operator { end: at + length + behind.len() - behind.trim_start().len(), ends_list: false })
}

/// Where an expression ends that is no string: a name with its calls and fields.
fn expression(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let mut depth = 0_usize;
    for (at, c) in rest.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' if depth == 0 => return from + at,
            ')' | ']' => depth -= 1,
            _ if depth > 0 => {}
            c if c.is_alphanumeric() || "_.?:!".contains(c) => {}
            _ => return from + at,
        }
    }
    text.len()
}

impl Joined {
    /// Where the last part ends.
    fn end(&self) -> usize {
        let ends = self.parts.iter().map(|part| match part {
            StringPart::String(literal) => literal.outside.end,
            StringPart::Unread(span) => span.end,
            StringPart::Blank(_) => 0,
        });
        ends.max().unwrap_or(0)
    }

    /// The whole text.
    fn layer(&self, file: &Layer) -> Layer {
        if let [StringPart::String(literal)] = self.parts.as_slice() {
            return layer(file, *literal);
        }
        let strings = || {
            self.parts.iter().filter_map(|part| match part {
                StringPart::String(literal) => Some(layer(file, *literal)),
                _ => None,
            })
        };
        let encoding = strings().next().map(|layer| layer.encoding().clone());
        let encoding = encoding.filter(|encoding| strings().all(|layer| layer.encoding() == encoding));
        let mut embed = file.embed(encoding.unwrap_or(Encoding::ReadOnly));
        for part in &self.parts {
            match part {
                StringPart::String(literal) => embed.append(&layer(file, *literal), 0),
                StringPart::Unread(span) => embed.replace(*span, "$args"),
                StringPart::Blank(at) => embed.replace(Span::at(*at), " "),
            }
        }
        embed.finish()
    }
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
                let outside = Span::new(at, at + (inside + marks).min(rest.len()));
                let before = text.get(..at).unwrap_or_default().trim_end();
                let is_second = before.ends_with(',');
                let inside_span = Span::new(at + marks, at + inside);
                found.push(Literal { inside: inside_span, outside, is_second, quote: byte, word });
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
