//! Keeps text of files from being taken for commands where GitHub reads what a step prints: `##[` anywhere in a line
//! (`ActionCommand.TryParse` of actions/runner) and `::` at its start (`TryParseV2`).

use std::io::{self, Write};

use super::forge;
use crate::report::Format;

/// What kind of text is printed, which says how a sign can be parted and still mean the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// The text of a file itself, which is not changed.
    Raw,
    /// For people: a space parts the sign.
    Text,
    /// An escape stands for its last character.
    Json,
    /// A character reference does.
    Xml,
    /// Commands of our own, which begin with `::`.
    Commands,
}

impl Syntax {
    /// That of a format.
    pub(super) fn of(format: Format) -> Self {
        match format {
            Format::Human | Format::Plain | Format::Markdown => Self::Text,
            Format::Github => Self::Commands,
            Format::Junit | Format::Checkstyle => Self::Xml,
            Format::JsonLines | Format::Json | Format::Sarif | Format::Gitlab | Format::Rdjson => Self::Json,
        }
    }

    /// What is written in place of the last character of a sign.
    fn parted(self, byte: u8) -> &'static [u8] {
        match (self, byte) {
            (Self::Json, b'[') => b"\\u005b",
            (Self::Json, _) => b"\\u003a",
            (Self::Xml, b'[') => b"&#91;",
            (Self::Xml, _) => b"&#58;",
            (_, b'[') => b" [",
            _ => b" :",
        }
    }
}

/// Parts the signs on their way to `out`; elsewhere than on GitHub everything passes as it is.
pub(super) struct Inert<W> {
    out: W,
    syntax: Syntax,
    last: [u8; 2],
}

impl<W: Write> Inert<W> {
    pub(super) fn new(out: W, syntax: Syntax) -> Self {
        let syntax = if forge::is_here() { syntax } else { Syntax::Raw };
        Self { out, syntax, last: [0; 2] }
    }
}

impl<W: Write> Write for Inert<W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        if self.syntax == Syntax::Raw {
            return self.out.write(text);
        }
        let mut from = 0;
        for (at, byte) in text.iter().enumerate() {
            let is_sign = match byte {
                b'[' => self.last == *b"##",
                b':' => self.last[1] == b':' && self.syntax != Syntax::Commands,
                _ => false,
            };
            if is_sign {
                self.out.write_all(text.get(from..at).unwrap_or_default())?;
                self.out.write_all(self.syntax.parted(*byte))?;
                from = at + 1;
            }
            self.last = [self.last[1], *byte];
        }
        self.out.write_all(text.get(from..).unwrap_or_default())?;
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(syntax: Syntax, text: &str) -> String {
        let mut inert = Inert { out: Vec::new(), syntax, last: [0; 2] };
        text.bytes().for_each(|byte| inert.write_all(&[byte]).unwrap());
        String::from_utf8(inert.out).unwrap()
    }

    #[test]
    fn signs_are_parted_as_the_syntax_can() {
        assert_eq!(written(Syntax::Text, "a ##[x] ::y\n"), "a ## [x] : :y\n");
        assert_eq!(written(Syntax::Json, r###"{"a":"##[x::"}"###), r###"{"a":"##\u005bx:\u003a"}"###);
        assert_eq!(written(Syntax::Xml, "<a>##[::</a>"), "<a>##&#91;:&#58;</a>");
        assert_eq!(written(Syntax::Commands, "::error::##[x"), "::error::## [x");
        assert_eq!(written(Syntax::Text, " :::a\n"), " : : :a\n");
    }
}
