//! Scripts inside of scripts: strings that a command hands to another shell, and here-documents that are fed to one.

use super::engines::names_engine;
use super::environment::ScopedScript;
use super::fields::{Field, Knowledge};
use super::find::{does, program};
use crate::knowledge::programs::{HANDS_ON_STRING, SCRIPT_SHELLS};
use crate::syntax::shell::{HereDocument, Quote, ShellDialect, SimpleCommand, Word};
use crate::text::layer::{Embed, Encoding, Layer};
use crate::text::source::Span;

/// The option that takes a script where it takes it behind `=`.
const COMMAND: &str = "--command=";

/// The script that a command runs from its arguments, as a layer of the text that they stand in.
pub(super) fn script(unit: &ScopedScript<'_>, fields: &[Field]) -> Option<Layer> {
    let command;
    let parts = match script_fields(fields)? {
        // `gcloud compute ssh HOST --command="…"`, `alias NAME="…"`
        [field]
            if field.value.starts_with(COMMAND)
                || fields.first().map(program).as_deref() == Some("alias") =>
        {
            let value = field.value.find('=').map_or(0, |at| at + 1);
            command = [field.slice(Span::new(value, field.value.len()))];
            &command[..]
        }
        parts => parts,
    };
    let text: usize = parts.iter().map(|field| field.value.len()).sum();
    if text == 0 || !parts.iter().any(|field| names_engine(&field.value)) {
        return None;
    }
    let mut embed = unit.layer.embed(encoding(parts));
    for (index, field) in parts.iter().enumerate() {
        if index > 0 {
            gap(&mut embed, field);
        }
        put(&mut embed, unit, field)?;
    }
    Some(embed.finish())
}

/// The fields that together are a script.
fn script_fields(fields: &[Field]) -> Option<&[Field]> {
    let spaced = |field: &Field| field.value.trim().contains(char::is_whitespace);
    let behind = |at: usize| fields.get(at..).unwrap_or_default();
    for (at, field) in fields.iter().enumerate() {
        let name = program(field);
        if SCRIPT_SHELLS.contains(&name.as_str()) {
            // Its options before that are few.
            let flag = behind(at + 1).iter().take(8).position(|field| {
                let value = field.value.as_str();
                value.eq_ignore_ascii_case("/c")
                    || value == "-Command"
                    || (value.starts_with('-') && !value.starts_with("--") && value.ends_with('c'))
                    || value == "--command"
            });
            if let Some(flag) = flag {
                return fields.get(at + flag + 2..at + flag + 3);
            }
        }
        if HANDS_ON_STRING.contains(&name.as_str()) {
            let first = at + 1 + behind(at + 1).iter().position(spaced)?;
            return if ["eval", "ssh", "iex", "invoke-expression"].contains(&name.as_str()) {
                fields.get(first..)
            } else {
                fields.get(first..=first)
            };
        }
    }
    // A function of the script that runs what it gets: `run_cmd "docker run …"`.
    let at = fields.iter().skip(1).position(spaced)? + 1;
    does(fields).then(|| fields.get(at..=at)).flatten()
}

/// How new text in a script must be spelt where its fields stand.
fn encoding(fields: &[Field]) -> Encoding {
    let quote = fields.first().and_then(Field::quote);
    if !fields.iter().all(|field| field.quote() == quote && !field.is_through()) {
        return Encoding::ReadOnly;
    }
    match quote {
        Some(Quote::Single | Quote::Double) => Encoding::Foreign,
        Some(Quote::None) => Encoding::Verbatim,
        _ => Encoding::ReadOnly,
    }
}

/// The blank between two fields that are joined.
fn gap(embed: &mut Embed, field: &Field) {
    let at = field.spot().map_or(0, |spot| spot.span.start);
    embed.replace(Span::at(at), " ");
}

/// Puts a field's text into a layer; what is not known stays as it is written, to be read there.
fn put(embed: &mut Embed, unit: &ScopedScript<'_>, field: &Field) -> Option<()> {
    for part in &field.parts {
        if !std::ptr::eq(part.spot.layer.text(), unit.layer.text()) {
            return None;
        }
        let value = part.inner.of(&field.value);
        if part.known == Knowledge::Text && part.spot.text() != value {
            embed.replace(part.spot.span, value);
        } else {
            embed.copy(part.spot.span);
        }
    }
    Some(())
}

/// The scripts in a here-document: all of it where a shell reads it or it becomes a script, the commands of a systemd unit
/// where it is one. Other text is text.
pub(super) fn fed(unit: &ScopedScript<'_>, command: &SimpleCommand, body: &HereDocument) -> Vec<Layer> {
    let layer = fed_text(unit, body);
    if let Some(lines) = unit_commands(layer.text()) {
        return lines.into_iter().map(|line| layer.part(line, Encoding::Verbatim)).collect();
    }
    let shell = command.words.iter().any(|word| {
        let name = word.literal(unit.script.text()).unwrap_or_default();
        let name = name.rsplit('/').next().unwrap_or_default();
        SCRIPT_SHELLS.contains(&name) || matches!(name, "ssh" | "sbatch" | "qsub" | "at" | "batch")
    });
    // `tee run.sh <<EOF`
    let file = becomes_script(unit, command) || command.words.iter().any(|word| names_script(unit, word));
    let script = file || is_script(layer.text());
    if shell || script { vec![layer] } else { Vec::new() }
}

/// The text of a here-document as its reader gets it: without a quoted delimiter the shell takes the backslash before a
/// backslash, a dollar sign or a backtick away. Variables stay as they are written, to be looked up.
fn fed_text(unit: &ScopedScript<'_>, body: &HereDocument) -> Layer {
    let text = unit.script.slice(body.body);
    if body.literal || unit.options.dialect != ShellDialect::Posix || !text.contains('\\') {
        return unit.layer.part(body.body, Encoding::Verbatim);
    }
    let mut embed = unit.layer.embed(Encoding::HereDocument);
    let mut from = body.body.start;
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', text.as_bytes().get(at..).unwrap_or_default()) {
        at += found + 1;
        if let Some(meant) = text.get(at..at + 1).filter(|meant| ["\\", "$", "`"].contains(meant)) {
            let escape = body.body.start + at;
            embed.copy(Span::new(from, escape - 1));
            embed.replace(Span::new(escape - 1, escape + 1), meant);
            from = escape + 1;
            at += 1;
        }
    }
    embed.copy(Span::new(from, body.body.end));
    embed.finish()
}

/// Whether a command writes a script: its output goes to a file with a script's ending.
fn becomes_script(unit: &ScopedScript<'_>, command: &SimpleCommand) -> bool {
    let mut written = command.redirections.iter().filter_map(|redirection| redirection.target.as_ref());
    written.any(|target| names_script(unit, target))
}

fn names_script(unit: &ScopedScript<'_>, word: &Word) -> bool {
    let name = unit.script.slice(word.span).trim_end_matches(['"', '\'']);
    [".sh", ".bash", ".sbatch", ".slurm", ".command"].iter().any(|ending| name.ends_with(ending))
}

/// Whether a text begins as a script does.
fn is_script(text: &str) -> bool {
    let first = text.trim_start().lines().next().unwrap_or_default();
    first.starts_with("#!") && first.ends_with("sh")
}

/// The text that `echo` writes into a script.
pub(super) fn echoed(unit: &ScopedScript<'_>, command: &SimpleCommand, fields: &[Field]) -> Option<Layer> {
    let name = program(fields.first()?);
    let field = fields.get(1..)?.iter().find(|field| names_engine(&field.value))?;
    if !matches!(name.as_str(), "echo" | "printf") || !becomes_script(unit, command) {
        return None;
    }
    let mut embed = unit.layer.embed(encoding(std::slice::from_ref(field)));
    put(&mut embed, unit, field)?;
    Some(embed.finish())
}

/// The command lines of a systemd unit; nothing where the text is none.
pub fn unit_commands(text: &str) -> Option<Vec<Span>> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut open: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        let kept = line.trim_end();
        if open.is_none()
            && let Some((key, value)) = kept.split_once('=')
            && key.trim().starts_with("Exec")
        {
            // Marks before the program: `-`, `@`, `+`, `!`.
            let value = value.trim_start().trim_start_matches(['-', '@', '+', '!', ':']);
            open = Some(start + kept.len() - value.len());
        }
        if let Some(from) = open
            && !kept.ends_with('\\')
        {
            lines.push(Span::new(from, start + kept.len()));
            open = None;
        }
        start = end;
    }
    lines.extend(open.map(|from| Span::new(from, text.trim_end().len().max(from))));
    (!lines.is_empty()).then_some(lines)
}
