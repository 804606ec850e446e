//! Here-documents of a Dockerfile.

use std::borrow::Cow;

use memchr::memmem;

/// The text with here-documents made into blanks of the same length, and their `<<` into letters: the reader of
/// Dockerfiles knows them only as the first word of an instruction. Nothing where one does not end, which Docker refuses.
pub(super) fn without_here_documents(text: &str) -> Option<Cow<'_, str>> {
    if memmem::find(text.as_bytes(), b"<<").is_none() {
        return Some(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut open: Vec<Announced<'_>> = Vec::new();
    let mut lines = text.split_inclusive('\n');
    // Inside of an instruction that takes here-documents, which ends with a line that does not go on.
    let mut inside = false;
    while let Some(line) = lines.next() {
        let written = line.trim_end();
        let begins = written.split_whitespace().next().unwrap_or_default();
        let takes = ["RUN", "COPY", "ADD"].iter().any(|name| name.eq_ignore_ascii_case(begins));
        inside = inside || takes;
        if inside {
            let from = out.len();
            out.push_str(line);
            for announced in announced(line) {
                let at = from + announced.at;
                out.replace_range(at..at + 2, "xx");
                open.push(announced);
            }
        } else {
            out.push_str(line);
        }
        if inside && !written.ends_with(['\\', '`']) && !written.is_empty() && !begins.starts_with('#') {
            inside = false;
            for announced in open.drain(..) {
                loop {
                    let body = lines.next()?;
                    out.extend(body.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
                    let body = body.trim_end_matches(['\n', '\r']);
                    let body = if announced.strips_tabs { body.trim_start_matches('\t') } else { body };
                    if body == announced.delimiter {
                        break;
                    }
                }
            }
        }
    }
    Some(Cow::Owned(out))
}

/// A here-document that a line announces.
struct Announced<'a> {
    /// The byte of its `<<` in the line.
    at: usize,
    delimiter: &'a str,
    strips_tabs: bool,
}

/// The here-documents that a line announces: words such as `<<EOF`, `3<<-"EOF"`, as `BuildKit` takes them.
fn announced(line: &str) -> impl Iterator<Item = Announced<'_>> {
    let mut end = 0;
    line.split_whitespace().filter_map(move |word| {
        let start = end + line.get(end..)?.find(word)?;
        end = start + word.len();
        let marked = word.trim_start_matches(|c: char| c.is_ascii_digit());
        let name = marked.strip_prefix("<<")?;
        let bare = name.strip_prefix('-').unwrap_or(name);
        let delimiter = bare.trim_end_matches(';').trim_matches(['"', '\'']);
        let fits = !delimiter.is_empty() && !delimiter.contains('<');
        let at = start + word.len() - marked.len();
        fits.then_some(Announced { at, delimiter, strips_tabs: bare.len() < name.len() })
    })
}
