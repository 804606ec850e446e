//! A unified diff that `git apply` and `patch -p1` accept.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::ops::Range;

use super::hunks::{DiffTag, Hunk, hunks};
use super::style::{Look, Palette, is_unsafe};
use crate::text::paths::raw_byte;
use crate::text::source::Source;

/// Lines around a change, as everywhere.
const CONTEXT: usize = 3;

/// Writes the diff of one file, which is named `path`.
pub fn write(out: &mut dyn Write, path: &str, before: &Source, after: &Source, look: Look) -> io::Result<()> {
    let hunks = hunks(before.bytes(), after.bytes(), CONTEXT);
    if hunks.is_empty() {
        return Ok(());
    }
    let head = |side: &str| name(&format!("{side}/{}", path.trim_start_matches('/')));
    writeln!(out, "{}", look.paint(Palette::Strong, format!("--- {}", head("a"))))?;
    writeln!(out, "{}", look.paint(Palette::Strong, format!("+++ {}", head("b"))))?;
    hunks.iter().try_for_each(|hunk| write_hunk(out, hunk, look))
}

fn write_hunk(out: &mut dyn Write, hunk: &Hunk<'_>, look: Look) -> io::Result<()> {
    let place = format!("@@ -{} +{} @@", range(&hunk.old), range(&hunk.new));
    writeln!(out, "{}", look.paint(Palette::Hunk, place))?;
    for line in &hunk.lines {
        let (sign, style) = match line.tag {
            DiffTag::Same => (" ", None),
            DiffTag::Removed => ("-", Some(Palette::Removed)),
            DiffTag::Added => ("+", Some(Palette::Added)),
        };
        let (text, ended) = match line.bytes.split_last() {
            Some((b'\n', text)) => (text, true),
            _ => (line.bytes, false),
        };
        match style {
            // What goes to a terminal is looked at, not applied: there nothing may steer it.
            Some(style) if look.color => {
                let shown: String = shown(text);
                write!(out, "{}", look.paint(style, format_args!("{sign}{shown}")))?;
            }
            None if look.color => write!(out, " {}", shown(text))?,
            _ => {
                out.write_all(sign.as_bytes())?;
                out.write_all(text)?;
            }
        }
        out.write_all(b"\n")?;
        if !ended {
            out.write_all(b"\\ No newline at end of file\n")?;
        }
    }
    Ok(())
}

/// A line for a terminal.
fn shown(text: &[u8]) -> String {
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let safe = |c: char| if c != '\t' && is_unsafe(c) { char::REPLACEMENT_CHARACTER } else { c };
    String::from_utf8_lossy(text).chars().map(safe).collect()
}

/// `first,count` as the format wants it: an empty range names the line before it.
fn range(lines: &Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start + 1),
        count => format!("{},{count}", lines.start + 1),
    }
}

/// A path as git writes it: quoted as in C where it holds what would end it or hide, with a tab behind it where it holds a
/// space, so that `patch` reads all of it.
fn name(path: &str) -> String {
    if !path.contains(|c: char| c.is_control() || c == '"' || c == '\\' || raw_byte(c).is_some()) {
        return if path.contains(' ') { format!("{path}\t") } else { path.to_owned() };
    }
    let mut out = String::from('"');
    let bytes = |c: char| match raw_byte(c) {
        Some(byte) => vec![byte],
        None => c.encode_utf8(&mut [0; 4]).bytes().collect(),
    };
    for byte in path.chars().flat_map(bytes) {
        match byte {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(byte));
            }
            b'\n' => out.push_str("\\n"),
            b'\t' => out.push_str("\\t"),
            0x20..=0x7e => out.push(char::from(byte)),
            _ => {
                // A string takes whatever is written.
                let _ = write!(out, "\\{byte:03o}");
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests;
