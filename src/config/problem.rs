//! A mistake in a configuration, shown at the place where it stands.

use crate::text::place::Place;
use crate::text::source::Span;

/// How many characters of a line are shown.
const WIDTH: usize = 120;

/// What is wrong, and where.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What, in one sentence.
    pub message: String,
}

impl Problem {
    /// A mistake at a place.
    pub fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into() }
    }

    /// `path:line:column: message`, the line, and a caret under the place.
    pub fn render(&self) -> String {
        let start = self.place.start();
        let (path, Span { start: from, end: to }) = (self.place.path(), self.place.span);
        let text = self.place.source.text();
        // A long line is shown from a little before the place; no more of it is looked at, for it may hold thousands.
        let skip = if start.column > WIDTH { start.column - 21 } else { 0 };
        let back = start.column - 1 - skip;
        let before = text.get(..from).unwrap_or_default().char_indices().rev();
        let first = before.take(back).last().map_or(from.min(text.len()), |(at, _)| at);
        let rest = text.get(first..).unwrap_or_default().chars().take_while(|c| *c != '\n').take(WIDTH);
        let shown: String = rest.map(|c| if c == '\t' { ' ' } else { c }).collect();
        let shown = shown.trim_end_matches('\r');
        let marked = text.get(from..to).unwrap_or_default().lines().next().unwrap_or_default();
        let carets = marked.chars().count().clamp(1, WIDTH.saturating_sub(back).max(1));
        let number = start.line.to_string();
        let margin = " ".repeat(number.len());
        format!(
            "{path}:{number}:{column}: {message}\n{margin} |\n{number} | {shown}\n{margin} | {indent}{carets}",
            column = start.column,
            message = self.message,
            indent = " ".repeat(back),
            carets = "^".repeat(carets),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::source::Source;

    fn rendered(text: &str, span: Span) -> String {
        Problem::new(Place::new(&Source::new("shmlint.toml", text.into()), span), "no").render()
    }

    #[test]
    fn the_caret_stands_under_the_place() {
        let text = "a = 1\nsize = 'é' # x\n";
        assert_eq!(
            rendered(text, Span::new(13, 17)),
            "shmlint.toml:2:8: no\n  |\n2 | size = 'é' # x\n  |        ^^^"
        );
    }

    #[test]
    fn long_lines_and_the_end_of_the_file_are_no_trouble() {
        let long = format!("a = \"{}\" oops", "x".repeat(5000));
        let at = long.len() - 4;
        let shown = rendered(&long, Span::new(at, at + 4));
        assert!(shown.ends_with("xxxx\" oops\n  |                     ^^^^"), "{shown}");
        assert!(rendered("a = ", Span::at(4)).ends_with("1 | a = \n  |     ^"));
        assert!(rendered("", Span::at(9)).starts_with("shmlint.toml:1:1: no"));
    }
}
