//! How text meets a terminal: colours, links, width, and characters that must not reach it.

use std::borrow::Cow;
use std::fmt;

use unicode_width::UnicodeWidthStr;

use crate::container::finding::Severity;
use crate::text::paths::raw_byte;

/// How a text for people may look where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether colours are shown.
    pub color: bool,
    /// Whether links can be shown (OSC 8).
    pub links: bool,
    /// Columns of a line.
    pub width: usize,
    /// Whether it goes to a terminal, where what is too long for a line is better cut.
    pub terminal: bool,
}

impl Look {
    /// For a file or a pipe.
    pub const PLAIN: Self = Self { color: false, links: false, width: 120, terminal: false };

    /// `text` in a style, where colours are shown.
    pub fn paint<T: fmt::Display>(self, style: Palette, text: T) -> Painted<T> {
        Painted { style: self.color.then_some(style), text }
    }

    /// A text in lines that fit behind `indent` columns. On a terminal a word that is longer than a line, such as an image with
    /// its registry and digest, goes on in the next one; addresses stay whole, to be followed.
    pub fn wrap(self, text: &str, indent: usize) -> Vec<String> {
        let width = self.width.saturating_sub(indent).max(1);
        let lines = wrapped(text, width).into_iter();
        let fold = |line: String| match self.terminal && line.width() > width && !line.contains("://") {
            true => folded(&line, width),
            false => vec![line],
        };
        lines.flat_map(fold).collect()
    }

    /// `text` as a link to `url`, where links can be shown.
    pub fn link<T: fmt::Display>(self, url: &str, text: T) -> Link<'_, T> {
        Link { url: self.links.then_some(url), text }
    }
}

/// The parts of a report that differ in colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    /// An error's word and its place.
    Error,
    /// A warning's.
    Warning,
    /// A note's.
    Note,
    /// What must be seen first.
    Strong,
    /// What stands in the second row.
    Faint,
    /// A line that comes.
    Added,
    /// A line that goes.
    Removed,
    /// The place of a hunk.
    Hunk,
}

impl Palette {
    /// That of a severity's word and place.
    pub fn of(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Error,
            Severity::Warning => Self::Warning,
            Severity::Note => Self::Note,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Error => "1;31",
            Self::Warning => "1;33",
            Self::Note => "1;36",
            Self::Strong => "1",
            Self::Faint => "2",
            Self::Added => "32",
            Self::Removed => "31",
            Self::Hunk => "36",
        }
    }
}

/// A text in a style.
pub struct Painted<T> {
    style: Option<Palette>,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.style {
            Some(style) => {
                write!(f, "\x1b[{}m", style.code())?;
                self.text.fmt(f)?;
                f.write_str("\x1b[0m")
            }
            None => self.text.fmt(f),
        }
    }
}

/// A text that leads somewhere.
pub struct Link<'a, T> {
    url: Option<&'a str>,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Link<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.url {
            Some(url) => write!(f, "\x1b]8;;{url}\x1b\\{}\x1b]8;;\x1b\\", self.text),
            None => self.text.fmt(f),
        }
    }
}

/// Whether a character would move the cursor, change colours, turn the direction of the text about it, or is none.
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || raw_byte(c).is_some()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// One line of text without characters that could lead a terminal astray: names come from files, and files from anybody.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(' '),
            c if raw_byte(c).is_some() => out.extend(raw_byte(c).map(|byte| format!("\\x{byte:02X}"))),
            c if is_unsafe(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// A text in lines of at most `width` columns, as far as its words allow, broken at spaces but not inside of code that fits a line; nothing where there
/// is no text.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut in_code = false;
    let pieces = text.split(|c: char| {
        in_code ^= c == '`';
        c == ' ' && !in_code
    });
    let breakable = |piece: &&str| piece.width() <= width;
    let words = pieces.flat_map(|piece| match breakable(&piece) {
        true => vec![piece],
        false => piece.split(' ').collect(),
    });
    for word in words.filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => line.extend([" ", word]),
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A long word in pieces of at most `width` columns, which end where its parts do, as far as these fit.
fn folded(word: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for part in word.split_inclusive(['/', '@', ':', ',', '=']) {
        for letters in std::iter::once(part)
            .filter(|part| part.width() <= width)
            .map(str::to_owned)
            .chain(part.chars().filter(|_| part.width() > width).map(String::from))
        {
            match lines.last_mut() {
                Some(line) if line.width() + letters.width() <= width => line.push_str(&letters),
                _ => lines.push(letters),
            }
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_terminal_a_long_word_goes_on_in_the_next_line() {
        let look = Look { width: 12, terminal: true, ..Look::PLAIN };
        let image = "registry:50/team/x@sha256:0123456789abcdef";
        assert_eq!(look.wrap(image, 0), ["registry:50/", "team/x@", "sha256:01234", "56789abcdef"]);
        assert_eq!(look.wrap("see https://example.org/x/y", 2), ["see", "https://example.org/x/y"]);
        assert_eq!(Look { width: 12, ..Look::PLAIN }.wrap(image, 0), [image]);
    }

    #[test]
    fn text_is_wrapped_at_spaces_outside_of_code() {
        assert_eq!(wrapped("aa bb `c d e` ff", 8), ["aa bb", "`c d e`", "ff"]);
        assert_eq!(wrapped("`aa bb cc dd`", 8), ["`aa bb", "cc dd`"]);
        assert_eq!(wrapped("größe numbers", 5), ["größe", "numbers"]);
        assert_eq!(wrapped("", 8), [""; 0]);
    }

    #[test]
    fn nothing_of_a_file_can_steer_the_terminal() {
        assert_eq!(clean("service 'a'"), "service 'a'");
        assert_eq!(clean("a\u{1b}[2Jb\nc\u{202e}d\u{9b}"), r"a\u{1b}[2Jb c\u{202e}d\u{9b}");
    }

    #[test]
    fn without_colours_no_byte_is_added() {
        assert_eq!(Look::PLAIN.paint(Palette::Error, "x").to_string(), "x");
        assert_eq!(Look::PLAIN.link("https://x", "y").to_string(), "y");
        let look = Look { color: true, links: true, width: 80, terminal: true };
        assert_eq!(look.paint(Palette::Error, "x").to_string(), "\x1b[1;31mx\x1b[0m");
        assert_eq!(look.link("u", "y").to_string(), "\x1b]8;;u\x1b\\y\x1b]8;;\x1b\\");
    }
}
