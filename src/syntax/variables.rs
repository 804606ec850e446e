//! `${NAME:-default}` in values, as Compose and Dockerfiles fill it in.
//!
//! What a shell has set when somebody starts the project is not known here. So a variable that is not set and has no default
//! leaves a [`HOLE`] in the text, and the name of the first one tells why; or it stays as it is written.

use std::borrow::Cow;

pub use crate::size::HOLE;

/// How deep defaults may stand in each other.
const MAX_DEPTH: usize = 32;

/// How many bytes variables may bring into one value; beyond, they are not known. No size, image or command comes near, and
/// variables that are made of each other would double with every line.
pub const ROOM: usize = 4096;

/// A value with its variables filled in.
#[derive(Clone, Debug)]
pub struct Filled<'a> {
    /// The text, with a [`HOLE`] for each variable that is not known.
    pub text: Cow<'a, str>,
    /// The first variable that is neither set nor has a default.
    pub unset: Option<String>,
    /// Whether a value of `.env` went into it, which reports do not show.
    pub from_env: bool,
    /// Whether Compose refuses it: invalid interpolation format.
    pub malformed: bool,
}

impl<'a> Filled<'a> {
    /// A text without variables.
    pub fn plain(text: &'a str) -> Self {
        Self { text: Cow::Borrowed(text), unset: None, from_env: false, malformed: false }
    }

    /// The text, if all of it is known.
    pub fn known(&self) -> Option<&str> {
        (self.unset.is_none() && !self.malformed).then_some(self.text.as_ref())
    }
}

/// What a variable is set to.
pub type Lookup<'e> = &'e dyn Fn(&str) -> Option<&'e str>;

/// Fills in the variables of a value as Compose does; they may bring in as many bytes as there is room for.
pub fn fill<'a>(text: &'a str, lookup: Lookup<'_>, room: &mut usize) -> Filled<'a> {
    if memchr::memchr(b'$', text.as_bytes()).is_none() {
        return Filled::plain(text);
    }
    let (out, state) = (String::with_capacity(text.len()), Filled::plain(""));
    let mut filling = Filling { lookup, out, room, state, keeps: false };
    filling.text(text, MAX_DEPTH);
    Filled { text: Cow::Owned(filling.out), ..filling.state }
}

/// As [`fill`] for a Dockerfile: a variable without a value, or for which there is no room, stays as it is written.
pub fn fill_known(text: &str, lookup: Lookup<'_>, room: &mut usize) -> String {
    let mut filling = Filling { lookup, out: String::new(), room, state: Filled::plain(""), keeps: true };
    filling.text(text, MAX_DEPTH);
    filling.out
}

/// Where the default of the one reference that `text` consists of is written, as in `${SIZE:-8g}`.
pub fn default_of(text: &str) -> Option<std::ops::Range<usize>> {
    let body = text.strip_prefix("${")?;
    if closing(body)? + 3 != text.len() {
        return None;
    }
    let name = name_len(body);
    let operator = body.get(name..)?;
    let skip = if operator.starts_with(":-") { 2 } else { usize::from(operator.starts_with('-')) };
    (name > 0 && skip > 0).then_some(2 + name + skip..text.len() - 1)
}

struct Filling<'e, 'r> {
    lookup: Lookup<'e>,
    out: String,
    room: &'r mut usize,
    state: Filled<'static>,
    /// Whether what is not known stays as it is written.
    keeps: bool,
}

impl Filling<'_, '_> {
    fn text(&mut self, text: &str, depth: usize) {
        let mut rest = text;
        while let Some(at) = memchr::memchr(b'$', rest.as_bytes()) {
            self.out.push_str(rest.get(..at).unwrap_or_default());
            let reference = rest.get(at..).unwrap_or_default();
            let behind = reference.get(1..).unwrap_or_default();
            let name = name_len(behind);
            let length = if behind.starts_with('$') && !self.keeps {
                self.out.push('$');
                2
            } else if let Some(body) = behind.strip_prefix('{') {
                let Some(end) = closing(body) else {
                    self.malformed(reference);
                    return;
                };
                let written = reference.get(..end + 3).unwrap_or_default();
                self.braced(body.get(..end).unwrap_or_default(), written, depth);
                end + 3
            } else if name > 0 {
                self.variable(
                    behind.get(..name).unwrap_or_default(),
                    reference.get(..=name).unwrap_or_default(),
                );
                name + 1
            } else {
                self.out.push('$');
                1
            };
            rest = reference.get(length..).unwrap_or_default();
        }
        self.out.push_str(rest);
    }

    /// What stands between `${` and `}`.
    fn braced(&mut self, body: &str, written: &str, depth: usize) {
        let (name, operation) = body.split_at(name_len(body));
        let value = (self.lookup)(name);
        let filled = value.is_some_and(|value| !value.is_empty());
        let (holds, operation) = match operation.strip_prefix(':') {
            Some(operation) => (filled, operation),
            None => (value.is_some(), operation),
        };
        match (operation.chars().next(), depth.checked_sub(1)) {
            _ if name.is_empty() => self.malformed(written),
            (None, _) if body.len() == name.len() => self.variable(name, written),
            (Some('-' | '?'), _) if holds => self.variable(name, written),
            (Some('-'), Some(depth)) => self.text(operation.get(1..).unwrap_or_default(), depth),
            (Some('+'), Some(depth)) if holds => self.text(operation.get(1..).unwrap_or_default(), depth),
            (Some('-' | '?' | '+'), _) => self.hole(name, written),
            _ => self.malformed(written),
        }
    }

    fn variable(&mut self, name: &str, written: &str) {
        let value = (self.lookup)(name).and_then(|value| Some((value, self.room.checked_sub(value.len())?)));
        match value {
            Some((value, room)) => {
                self.out.push_str(value);
                *self.room = room;
                self.state.from_env = true;
            }
            None => self.hole(name, written),
        }
    }

    fn hole(&mut self, name: &str, written: &str) {
        if self.keeps {
            self.out.push_str(written);
        } else {
            self.out.push(HOLE);
        }
        self.state.unset.get_or_insert_with(|| name.to_owned());
    }

    fn malformed(&mut self, written: &str) {
        self.state.malformed = true;
        if self.keeps {
            self.out.push_str(written);
        }
    }
}

/// The length of the variable's name at the start of `text`.
fn name_len(text: &str) -> usize {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    if starts { end } else { 0 }
}

/// The brace that closes a `${` right before `text`; only further `${` open others.
fn closing(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut open, mut at) = (1_usize, 0);
    while let Some(byte) = bytes.get(at) {
        if *byte == b'}' {
            open -= 1;
            if open == 0 {
                return Some(at);
            }
        } else if *byte == b'$' && bytes.get(at + 1) == Some(&b'{') {
            open += 1;
            at += 1;
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled<'t>(text: &'t str, set: &[(&str, &str)]) -> Filled<'t> {
        let lookup = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        fill(text, &lookup, &mut ROOM.clone())
    }

    #[test]
    fn values_are_filled_in_as_compose_does() {
        let env = [("SET", "v"), ("EMPTY", "")];
        for (text, wanted) in [
            ("a", "a"),
            ("$SET.${SET}", "v.v"),
            ("${X:-2g}b", "2gb"),
            ("${EMPTY:-d}${EMPTY-d}", "d"),
            ("${A:-${B:-3g}}", "3g"),
            ("${SET:+1g}${SET+2}", "1g2"),
            ("$$SET", "$SET"),
            ("a$", "a$"),
            ("$1 $ {X}", "$1 $ {X}"),
            ("${X:-$$}", "$"),
            ("${X:-\"2g\"}", "\"2g\""),
        ] {
            assert_eq!(filled(text, &env).known(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_not_set_leaves_a_hole() {
        for text in ["${X}", "$X", "${X:?need}", "${X?}", "${X:+1g}", "${SET:-${X}}"] {
            let filled = filled(text, &[]);
            assert_eq!((filled.unset.as_deref(), filled.text.as_ref()), (Some("X"), "\u{fffc}"), "{text}");
        }
    }

    #[test]
    fn bad_formats_are_malformed() {
        for text in [
            "${", "${}", "${1A}", "${X:-2g", "${X }", "${ X}", "${X:=2}", "${X=2}", "${X/x/y}", "${X:0:2}",
            "${#X}", "${!X}", "${X:-${}",
        ] {
            assert!(filled(text, &[]).malformed, "{text}");
        }
    }

    #[test]
    fn the_default_of_a_lone_reference_has_a_place() {
        let at = |text| default_of(text).and_then(|range| str::get(text, range));
        assert_eq!(at("${SIZE:-8g}"), Some("8g"));
        assert_eq!(at("${SIZE-8g}"), Some("8g"));
        assert_eq!(at("${SIZE}"), None);
        assert_eq!(at("${N:-8}g"), None);
        assert_eq!(at("${A:-1}${B:-2}"), None);
    }

    #[test]
    fn deep_nesting_ends() {
        let text = format!("{}x{}", "${A:-".repeat(10_000), "}".repeat(10_000));
        assert!(filled(&text, &[]).unset.is_some());
    }
}
