//! `.env` files, as Compose reads them for interpolation.
//!
//! Facts: seen with compose-go (quotes, `export`, blanks, trailing comments, references to earlier lines), and its
//! dotenv reader for the rest.

use std::collections::HashMap;

use crate::syntax::variables::{HOLE, ROOM, fill};

/// Variables of a project: those of its own `.env`, above those of an including project.
#[derive(Debug, Default)]
pub(super) struct Env {
    own: HashMap<String, String>,
}

impl Env {
    /// Those of a `.env` text.
    pub(super) fn parse(text: &str) -> Self {
        let mut env = Self::default();
        env.add(text);
        env
    }

    /// These, and beneath them those of the `.env` texts of an included file: what is set already stays.
    pub(super) fn with(&self, texts: &[&str]) -> Self {
        let mut env = Self { own: self.own.clone() };
        for text in texts {
            let below = Self::parse(text);
            for (name, value) in below.own {
                env.own.entry(name).or_insert(value);
            }
        }
        env
    }

    /// The value of a variable, if it is set; perhaps to nothing.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.own.get(name).map(String::as_str)
    }

    fn add(&mut self, text: &str) {
        let mut rest = text.trim_start_matches('\u{feff}');
        let mut room = ROOM + text.len();
        while !rest.is_empty() {
            rest = rest.trim_start();
            if rest.starts_with('#') {
                rest = behind_line(rest);
                continue;
            }
            let line = rest.lines().next().unwrap_or_default();
            let Some((name, start)) = name(line) else {
                rest = behind_line(rest);
                continue;
            };
            let name = name.to_owned();
            let (value, behind) = self.value(rest.get(start..).unwrap_or_default(), &mut room);
            self.own.insert(name, value);
            rest = behind;
        }
    }

    /// The value that begins here, and what stands behind it.
    fn value<'t>(&self, text: &'t str, room: &mut usize) -> (String, &'t str) {
        let text = text.trim_start_matches([' ', '\t']);
        let quote = text.chars().next().filter(|first| matches!(first, '"' | '\''));
        if let Some((quote, end)) = quote.and_then(|quote| Some((quote, closing(text, quote)?))) {
            let inner = text.get(1..end).unwrap_or_default();
            let behind = behind_line(text.get(end + 1..).unwrap_or_default());
            let value = if quote == '"' { self.expand(&unescape(inner), room) } else { inner.to_owned() };
            return (value, behind);
        }
        let line = text.lines().next().unwrap_or_default();
        let end = line.find(" #").unwrap_or(line.len());
        let value = line.get(..end).unwrap_or_default().trim_end();
        let value = if value.starts_with('#') { "" } else { value };
        (self.expand(value, room), behind_line(text))
    }

    /// References to variables above, with nothing for those that are not there, or for which the file has no room left:
    /// each may stand for two that are as long as itself.
    fn expand(&self, value: &str, room: &mut usize) -> String {
        fill(value, &|name| self.get(name), room).text.replace(HOLE, "")
    }
}

/// The name that a line sets, and where its value begins.
fn name(line: &str) -> Option<(&str, usize)> {
    let at = line.find(['=', ':'])?;
    let name = line.get(..at)?.trim();
    let name = name.strip_prefix("export ").map_or(name, str::trim_start);
    let valid =
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    valid.then_some((name, at + 1))
}

/// The quote that closes the one at the start of `text`; it may stand lines below.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            c if c == quote => return Some(at),
            _ => {}
        }
    }
    None
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('t') => out.push('\t'),
                // Kept for the interpolation, which reads `$$` as a dollar.
                Some('$') => out.push_str("$$"),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    out
}

fn behind_line(text: &str) -> &str {
    memchr::memchr(b'\n', text.as_bytes()).and_then(|end| text.get(end + 1..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_compose_reads_them() {
        let env = Env::parse(concat!(
            "# comment\nexport A=1\nB= 2 # two\nC=\"x # y\\n\"\r\nD='a$A'\n  E=${A}g\nF=\n",
            "G=a#b\nH: yaml\nbroken line\nI=\"two\nlines\"\nJ=${NONE}z\nK=\"open\n",
        ));
        let wanted = [
            ("A", "1"),
            ("B", "2"),
            ("C", "x # y\n"),
            ("D", "a$A"),
            ("E", "1g"),
            ("F", ""),
            ("G", "a#b"),
            ("H", "yaml"),
            ("I", "two\nlines"),
            ("J", "z"),
            ("K", "\"open"),
        ];
        for (name, value) in wanted {
            assert_eq!(env.get(name), Some(value), "{name}");
        }
        assert_eq!(env.get("broken line"), None);
    }

    #[test]
    fn an_including_project_wins_over_the_included_files_own() {
        let outer = Env::parse("A=1");
        let inner = outer.with(&["A=2\nB=3"]);
        assert_eq!((inner.get("A"), inner.get("B")), (Some("1"), Some("3")));
    }

    #[test]
    fn variables_that_double_stay_small() {
        let text = format!("A=ab\n{}B=$A$A\n", "A=$A$A\n".repeat(100));
        let env = Env::parse(&text);
        assert!(env.get("A").unwrap().len() <= ROOM + text.len());
        let env = Env::parse("A=0123456789");
        let long = "$A".repeat(10_000);
        let filled = fill(&long, &|name| env.get(name), &mut ROOM.clone());
        assert_eq!(filled.unset.as_deref(), Some("A"), "what does not fit is not known");
        assert!(filled.text.len() <= ROOM + 3 * long.len());
    }
}
