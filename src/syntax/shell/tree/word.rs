//! A word of a command and the pieces it is made of: text, parameters, substitutions, what cannot be read.

use std::borrow::Cow;
use std::ops::Range;

use crate::text::source::Span;

/// How a piece of a word is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quote {
    /// Not at all: its blanks split words, its value is split into fields.
    None,
    /// One character behind an escape character (`\ `, `^&`).
    Escaped,
    /// `'…'`.
    Single,
    /// `"…"`.
    Double,
    /// `$'…'`, with C escapes.
    AnsiC,
}

/// What stands behind a parameter's name in `${…}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modifier {
    /// Nothing: the value itself.
    None,
    /// `:-`, `-`, `:=` or `=`: the operand where the parameter is unset.
    Default,
    /// `:+` or `+`: the operand where the parameter is set.
    Alternative,
    /// `:?` or `?`: the value, or the script ends.
    Required,
    /// `[2]`: one element of a list.
    Index(usize),
    /// Anything that makes another value of it: trimming, replacing, length, indirection.
    Other,
}

/// A reference to a parameter: `$A`, `${A:-x}`, `${A[@]}`, `$1`, `%A%`, `$(A)` of make.
#[derive(Clone, Debug)]
pub struct Variable {
    /// The name alone.
    pub name: Span,
    /// Whether all elements are meant, each a word of its own where it is quoted: `${A[@]}`, `$@`, PowerShell's `@A`.
    pub elements: bool,
    /// What the braces make of it.
    pub modifier: Modifier,
    /// The word behind the modifier.
    pub operand: Option<Word>,
    /// Whether a string in it is split where the shell splits none: `${=A}` of zsh.
    pub splits: bool,
    /// Whether make or just expands it, before any shell sees the line.
    pub make: bool,
}

/// The sort of a piece.
#[derive(Clone, Debug)]
pub enum PieceKind {
    /// The bytes under the span are the value.
    Text,
    /// A parameter.
    Variable(Box<Variable>),
    /// `$(…)`, `` `…` ``, `<(…)`: the commands inside, as a range of [`Script::commands`].
    Substitution(Range<usize>),
    /// `$((…))`.
    Arithmetic,
    /// Text whose value nobody can tell.
    Opaque,
}

/// A part of a word with one meaning and one quoting.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Where it stands: for text the bytes of the value (without quotes), else the whole expression.
    pub span: Span,
    /// How it is quoted.
    pub quote: Quote,
    /// What it is.
    pub kind: PieceKind,
}

/// The pieces of one word; nearly all words have exactly one.
#[derive(Clone, Debug, Default)]
enum Pieces {
    #[default]
    None,
    One(Piece),
    Many(Vec<Piece>),
}

/// One word of a command as it is written.
#[derive(Clone, Debug, Default)]
pub struct Word {
    /// From its first to its last byte, quotes included.
    pub span: Span,
    pieces: Pieces,
}

impl Word {
    /// A word without pieces at `at`.
    pub(in crate::syntax::shell) fn empty(at: usize) -> Self {
        Self { span: Span::at(at), pieces: Pieces::None }
    }

    /// Adds a piece; text that goes on where text of the same quoting ended becomes one piece with it.
    pub(in crate::syntax::shell) fn push(&mut self, piece: Piece) {
        if let Some(last) = self.last_mut()
            && matches!((&last.kind, &piece.kind), (PieceKind::Text, PieceKind::Text))
            && last.quote == piece.quote
            && last.quote != Quote::Escaped
            && last.span.end == piece.span.start
        {
            last.span.end = piece.span.end;
            return;
        }
        self.pieces = match std::mem::take(&mut self.pieces) {
            Pieces::None => Pieces::One(piece),
            Pieces::One(first) => Pieces::Many(vec![first, piece]),
            Pieces::Many(mut all) => {
                all.push(piece);
                Pieces::Many(all)
            }
        };
    }

    /// Forgets all but the first `count` pieces.
    pub(in crate::syntax::shell) fn truncate(&mut self, count: usize) {
        match &mut self.pieces {
            Pieces::Many(all) => all.truncate(count),
            one if count == 0 => *one = Pieces::None,
            _ => {}
        }
    }

    fn last_mut(&mut self) -> Option<&mut Piece> {
        match &mut self.pieces {
            Pieces::None => None,
            Pieces::One(piece) => Some(piece),
            Pieces::Many(all) => all.last_mut(),
        }
    }

    /// Its pieces in order. Quotes and continuations between them belong to none.
    pub fn pieces(&self) -> &[Piece] {
        match &self.pieces {
            Pieces::None => &[],
            Pieces::One(piece) => std::slice::from_ref(piece),
            Pieces::Many(all) => all,
        }
    }

    /// The word's text where it is one run of unquoted text, as the words that steer a shell are.
    pub fn plain<'t>(&self, text: &'t str) -> Option<&'t str> {
        match &self.pieces {
            Pieces::One(Piece { span, quote: Quote::None, kind: PieceKind::Text }) => Some(span.of(text)),
            _ => None,
        }
    }

    /// Its value where it is all text.
    pub fn literal<'t>(&self, text: &'t str) -> Option<Cow<'t, str>> {
        if let [piece @ Piece { kind: PieceKind::Text, .. }] = self.pieces()
            && piece.quote != Quote::AnsiC
        {
            return Some(Cow::Borrowed(piece.span.of(text)));
        }
        let mut value = String::new();
        for piece in self.pieces() {
            match piece.kind {
                PieceKind::Text => value.push_str(&piece.text(text)),
                _ => return None,
            }
        }
        Some(Cow::Owned(value))
    }

    /// Whether any part of it is quoted.
    pub fn is_quoted(&self) -> bool {
        self.pieces().iter().any(|piece| piece.quote != Quote::None)
    }
}

impl Piece {
    /// The value of a piece of text; of any other piece its source.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let raw = self.span.of(text);
        match self.quote {
            Quote::AnsiC if raw.contains('\\') => Cow::Owned(unescaped(raw)),
            _ => Cow::Borrowed(raw),
        }
    }
}

/// The value of the inside of `$'…'`. Numeric escapes stay as they are written: no option is spelled with them.
fn unescaped(raw: &str) -> String {
    let mut value = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            value.push(char);
            continue;
        }
        match chars.next() {
            Some('n') => value.push('\n'),
            Some('t') => value.push('\t'),
            Some('r') => value.push('\r'),
            Some(other @ ('\\' | '\'' | '"' | '?')) => value.push(other),
            Some(other) => value.extend(['\\', other]),
            None => value.push('\\'),
        }
    }
    value
}
