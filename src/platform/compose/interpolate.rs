//! `${NAME:-default}` in values, as Compose fills it in.
//!
//! Variables come from `.env` alone: what a shell has set when somebody starts the project is not known here. So a variable
//! that is not set and has no default leaves a [`HOLE`] in the text, and the name of the first one tells why.

use std::borrow::Cow;

use super::dotenv::Env;
pub(super) use crate::size::HOLE;

/// How deep defaults may stand in each other.
const MAX_DEPTH: usize = 32;

/// How many bytes variables may bring into one value; beyond, they are not known. No size, image or command comes near, and
/// variables that are made of each other would double with every line.
pub(super) const ROOM: usize = 4096;

/// A value with its variables filled in.
#[derive(Clone, Debug)]
pub(super) struct Filled<'a> {
    /// The text, with a [`HOLE`] for each variable that is not known.
    pub(super) text: Cow<'a, str>,
    /// The first variable that is neither set nor has a default.
    pub(super) unset: Option<String>,
    /// Whether a value of `.env` went into it, which reports do not show.
    pub(super) from_env: bool,
    /// Whether Compose refuses it: invalid interpolation format.
    pub(super) malformed: bool,
}

impl<'a> Filled<'a> {
    /// A text without variables.
    pub(super) fn plain(text: &'a str) -> Self {
        Self { text: Cow::Borrowed(text), unset: None, from_env: false, malformed: false }
    }

    /// The text, if all of it is known.
    pub(super) fn known(&self) -> Option<&str> {
        (self.unset.is_none() && !self.malformed).then_some(self.text.as_ref())
    }
}

/// Fills in the variables of a value.
pub(super) fn fill<'a>(text: &'a str, env: &Env) -> Filled<'a> {
    fill_within(text, env, &mut ROOM.clone())
}

/// As [`fill`], where variables may bring in as many bytes as there is room for.
pub(super) fn fill_within<'a>(text: &'a str, env: &Env, room: &mut usize) -> Filled<'a> {
    if memchr::memchr(b'$', text.as_bytes()).is_none() {
        return Filled::plain(text);
    }
    let mut filling = Filling { env, out: String::with_capacity(text.len()), room, state: Filled::plain("") };
    filling.text(text, MAX_DEPTH);
    Filled { text: Cow::Owned(filling.out), ..filling.state }
}

/// Where the default of the one reference that `text` consists of is written, as in `${SIZE:-8g}`.
pub(super) fn default_of(text: &str) -> Option<std::ops::Range<usize>> {
    let body = text.strip_prefix("${")?;
    if closing(body)? + 3 != text.len() {
        return None;
    }
    let name = name_len(body);
    let operator = body.get(name..)?;
    let skip = if operator.starts_with(":-") { 2 } else { usize::from(operator.starts_with('-')) };
    (name > 0 && skip > 0).then_some(2 + name + skip..text.len() - 1)
}

struct Filling<'e> {
    env: &'e Env,
    out: String,
    room: &'e mut usize,
    state: Filled<'static>,
}

impl Filling<'_> {
    fn text(&mut self, text: &str, depth: usize) {
        let mut rest = text;
        while let Some(at) = memchr::memchr(b'$', rest.as_bytes()) {
            self.out.push_str(rest.get(..at).unwrap_or_default());
            rest = rest.get(at + 1..).unwrap_or_default();
            let name = name_len(rest);
            if let Some(behind) = rest.strip_prefix('$') {
                self.out.push('$');
                rest = behind;
            } else if let Some(body) = rest.strip_prefix('{') {
                let Some(end) = closing(body) else {
                    self.state.malformed = true;
                    return;
                };
                self.braced(body.get(..end).unwrap_or_default(), depth);
                rest = body.get(end + 1..).unwrap_or_default();
            } else if name > 0 {
                self.variable(rest.get(..name).unwrap_or_default());
                rest = rest.get(name..).unwrap_or_default();
            } else {
                self.out.push('$');
            }
        }
        self.out.push_str(rest);
    }

    /// What stands between `${` and `}`.
    fn braced(&mut self, body: &str, depth: usize) {
        let (name, operation) = body.split_at(name_len(body));
        let value = self.env.get(name);
        let filled = value.is_some_and(|value| !value.is_empty());
        let (holds, operation) = match operation.strip_prefix(':') {
            Some(operation) => (filled, operation),
            None => (value.is_some(), operation),
        };
        match operation.chars().next() {
            _ if name.is_empty() => self.state.malformed = true,
            None if body.len() == name.len() => self.variable(name),
            Some('-') if holds => self.variable(name),
            Some('-') => match depth.checked_sub(1) {
                Some(depth) => self.text(operation.get(1..).unwrap_or_default(), depth),
                None => self.hole(name),
            },
            Some('?') if holds => self.variable(name),
            Some('+') if holds => match depth.checked_sub(1) {
                Some(depth) => self.text(operation.get(1..).unwrap_or_default(), depth),
                None => self.hole(name),
            },
            Some('?' | '+') => self.hole(name),
            _ => self.state.malformed = true,
        }
    }

    fn variable(&mut self, name: &str) {
        let value = self.env.get(name).and_then(|value| Some((value, self.room.checked_sub(value.len())?)));
        match value {
            Some((value, room)) => {
                self.out.push_str(value);
                *self.room = room;
                self.state.from_env = true;
            }
            None => self.hole(name),
        }
    }

    fn hole(&mut self, name: &str) {
        self.out.push(HOLE);
        self.state.unset.get_or_insert_with(|| name.to_owned());
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

    #[test]
    fn values_are_filled_in_as_compose_does() {
        let env = Env::parse("SET=v\nEMPTY=\n");
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
            assert_eq!(fill(text, &env).known(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_not_set_leaves_a_hole() {
        for text in ["${X}", "$X", "${X:?need}", "${X?}", "${X:+1g}", "${SET:-${X}}"] {
            let filled = fill(text, &Env::default());
            assert_eq!((filled.unset.as_deref(), filled.text.as_ref()), (Some("X"), "\u{fffc}"), "{text}");
        }
    }

    #[test]
    fn bad_formats_are_malformed() {
        for text in [
            "${", "${}", "${1A}", "${X:-2g", "${X }", "${ X}", "${X:=2}", "${X=2}", "${X/x/y}", "${X:0:2}",
            "${#X}", "${!X}", "${X:-${}",
        ] {
            assert!(fill(text, &Env::default()).malformed, "{text}");
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
    fn variables_that_double_stay_small() {
        let text = format!("A=ab\n{}B=$A$A\n", "A=$A$A\n".repeat(100));
        let env = Env::parse(&text);
        assert!(env.get("A").unwrap().len() <= ROOM + text.len());
        let env = Env::parse("A=0123456789");
        let long = "$A".repeat(10_000);
        let filled = fill(&long, &env);
        assert_eq!(filled.unset.as_deref(), Some("A"), "what does not fit is not known");
        assert!(filled.text.len() <= ROOM + 3 * long.len());
    }

    #[test]
    fn deep_nesting_ends() {
        let text = format!("{}x{}", "${A:-".repeat(10_000), "}".repeat(10_000));
        assert!(fill(&text, &Env::default()).unset.is_some());
    }
}
