//! New values, and how they are spelled in the style of the place that they are written to.

use std::borrow::Cow;
use std::fmt::Write as _;

/// What an edit writes: a small tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewValue {
    /// A text that YAML reads as a text without quotes: `Memory`. JSON quotes it all the same.
    Plain(Cow<'static, str>),
    /// A text in quotes, of the kind that its neighbours have.
    Quoted(Cow<'static, str>),
    /// A number, `true` or `null`: never in quotes.
    Bare(Cow<'static, str>),
    /// Keys with values.
    Mapping(Vec<(Cow<'static, str>, NewValue)>),
    /// A list.
    Sequence(Vec<NewValue>),
    /// A text that is YAML itself: a mapping or a list.
    Document(Box<NewValue>),
}

impl NewValue {
    /// A mapping of these.
    pub fn mapping<const N: usize>(pairs: [(&'static str, Self); N]) -> Self {
        Self::Mapping(pairs.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// A text that needs no quotes in YAML.
    pub fn plain(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Plain(text.into())
    }

    /// A text in quotes.
    pub fn quoted(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Quoted(text.into())
    }
}

/// How block lines are written.
pub(super) struct BlockStyle<'s> {
    /// The line end.
    pub(super) eol: &'s str,
    /// By how many columns a nested mapping is indented.
    pub(super) step: &'s dyn Fn() -> usize,
    /// By how many columns the dashes below a key are indented.
    pub(super) dash: &'s dyn Fn(&str) -> usize,
    /// How many blanks stand behind a dash.
    pub(super) gap: usize,
    /// `'` or `"`.
    pub(super) quote: char,
}

impl BlockStyle<'_> {
    /// `key: value`, the key standing in `column`; its further lines are indented, the first one is not.
    pub(super) fn pair(&self, out: &mut String, key: &str, value: &NewValue, column: usize) {
        push_key(out, key, self.quote);
        out.push(':');
        self.nested(out, key, value, column);
    }

    /// What stands behind the colon of a key in `column`.
    pub(super) fn nested(&self, out: &mut String, key: &str, value: &NewValue, column: usize) {
        match value {
            NewValue::Mapping(pairs) if !pairs.is_empty() => {
                for (key, value) in pairs {
                    let column = column + (self.step)();
                    self.line(out, column);
                    self.pair(out, key, value, column);
                }
            }
            NewValue::Sequence(items) if !items.is_empty() => {
                let column = column + (self.dash)(key);
                for item in items {
                    self.line(out, column);
                    self.item(out, item, column);
                }
            }
            NewValue::Document(document) => {
                out.push_str(" |-");
                let column = column + (self.step)();
                self.line(out, column);
                self.members(out, document, column);
            }
            scalar => {
                out.push(' ');
                FlowStyle::of_block(self.quote).value(out, scalar);
            }
        }
    }

    /// `- value`, the dash standing in `column`.
    pub(super) fn item(&self, out: &mut String, value: &NewValue, column: usize) {
        out.push('-');
        push_blanks(out, self.gap);
        self.members(out, value, column + 1 + self.gap);
    }

    /// A value whose members stand in `column`, where the first line begins already.
    fn members(&self, out: &mut String, value: &NewValue, column: usize) {
        match value {
            NewValue::Mapping(pairs) if !pairs.is_empty() => {
                for (at, (key, value)) in pairs.iter().enumerate() {
                    if at > 0 {
                        self.line(out, column);
                    }
                    self.pair(out, key, value, column);
                }
            }
            NewValue::Sequence(items) if !items.is_empty() => {
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.line(out, column);
                    }
                    self.item(out, item, column);
                }
            }
            scalar => FlowStyle::of_block(self.quote).value(out, scalar),
        }
    }

    fn line(&self, out: &mut String, column: usize) {
        out.push_str(self.eol);
        push_blanks(out, column);
    }
}

/// How flow collections are written.
#[derive(Clone, Copy)]
pub(super) struct FlowStyle<'s> {
    /// Keys and texts stand in double quotes, as JSON wants.
    pub(super) json: bool,
    /// Between key and value.
    pub(super) colon: &'s str,
    /// Between two members on one line.
    pub(super) comma: &'s str,
    /// Whether a mapping has blanks inside its braces.
    pub(super) padded: bool,
    /// `'` or `"`.
    pub(super) quote: char,
    /// Where each member has a line of its own.
    pub(super) lines: Option<FlowLines<'s>>,
}

/// The lines of a flow collection that is written over many.
#[derive(Clone, Copy)]
pub(super) struct FlowLines<'s> {
    pub(super) eol: &'s str,
    /// The members' column.
    pub(super) column: usize,
    pub(super) step: usize,
}

impl FlowStyle<'_> {
    fn of_block(quote: char) -> Self {
        Self { json: false, colon: ": ", comma: ", ", padded: false, quote, lines: None }
    }

    /// `key: value`.
    pub(super) fn pair(&self, out: &mut String, key: &str, value: &NewValue) {
        if self.json {
            push_quoted(out, key, '"');
        } else {
            push_key(out, key, self.quote);
        }
        out.push_str(self.colon);
        self.value(out, value);
    }

    /// The value alone.
    pub(super) fn value(&self, out: &mut String, value: &NewValue) {
        match value {
            NewValue::Plain(text) if !self.json => out.push_str(text),
            NewValue::Plain(text) | NewValue::Quoted(text) if self.json => push_quoted(out, text, '"'),
            NewValue::Plain(text) | NewValue::Quoted(text) => push_quoted(out, text, self.quote),
            NewValue::Bare(text) => out.push_str(text),
            NewValue::Mapping(pairs) => self.members(out, '{', pairs, '}', |style, out, (key, value)| {
                style.pair(out, key, value);
            }),
            NewValue::Sequence(items) => self.members(out, '[', items, ']', Self::value),
            NewValue::Document(document) => {
                let mut text = String::new();
                Self { json: true, lines: None, ..*self }.value(&mut text, document);
                push_quoted(out, &text, if self.json { '"' } else { '\'' });
            }
        }
    }

    fn members<T>(
        &self,
        out: &mut String,
        open: char,
        members: &[T],
        close: char,
        write: impl Fn(&Self, &mut String, &T),
    ) {
        let inner = Self {
            lines: self.lines.map(|lines| FlowLines { column: lines.column + lines.step, ..lines }),
            ..*self
        };
        let pad =
            if self.padded && open == '{' && self.lines.is_none() && !members.is_empty() { " " } else { "" };
        out.push(open);
        out.push_str(pad);
        for (at, member) in members.iter().enumerate() {
            match &inner.lines {
                Some(lines) => {
                    out.push_str(if at > 0 { "," } else { "" });
                    lines.begin(out);
                }
                None => out.push_str(if at > 0 { self.comma } else { "" }),
            }
            write(&inner, out, member);
        }
        if let Some(lines) = &self.lines {
            lines.begin(out);
        }
        out.push_str(pad);
        out.push(close);
    }
}

impl FlowLines<'_> {
    /// Begins a line.
    pub(super) fn begin(&self, out: &mut String) {
        out.push_str(self.eol);
        push_blanks(out, self.column);
    }
}

pub(super) fn push_blanks(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n(' ', count));
}

/// Keys are quoted only where they hold anything but what is harmless everywhere.
fn push_key(out: &mut String, key: &str, quote: char) {
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/');
    let plain = key.bytes().all(harmless)
        && key.starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '_' | '/'));
    if plain { out.push_str(key) } else { push_quoted(out, key, quote) }
}

fn push_quoted(out: &mut String, text: &str, quote: char) {
    // Single quotes know no escapes, so they cannot hold a line end.
    let quote = if text.contains(char::is_control) { '"' } else { quote };
    out.push(quote);
    for character in text.chars() {
        match character {
            '\'' if quote == '\'' => out.push_str("''"),
            '"' | '\\' if quote == '"' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            control if control.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            _ => out.push(character),
        }
    }
    out.push(quote);
}
