//! Indented code of Markdown: lines with an indent of four columns and more, behind an empty line.

use super::page::CodeBlock;
use super::prose::Line;
use crate::text::source::Span;

/// How many columns deeper than the text around it code stands.
const STEP: usize = 4;

/// Finds indented code, line by line, in what stands outside of fences.
#[derive(Default)]
pub(super) struct Indented {
    /// The columns in which the text of the open list items begins, the innermost last.
    items: Vec<usize>,
    /// Whether the line before is not empty, so that an indented line goes on with its paragraph.
    is_paragraph: bool,
    open: Option<Code>,
}

/// A piece of indented code.
pub(super) struct Code {
    /// The column in which its lines begin.
    column: usize,
    /// Whether it is a paragraph of a list item to those who go by the rules. Many who write mean code all the same, so that
    /// a line which begins as a command line is one.
    is_loose: bool,
    lines: Vec<Line>,
}

impl Indented {
    /// Takes the next line; the code that it ends.
    pub(super) fn take(&mut self, line: Line, text: &str) -> Option<Code> {
        let written = line.span.of(text);
        if written.trim().is_empty() {
            self.is_paragraph = false;
            if let Some(code) = &mut self.open {
                code.lines.push(line);
            }
            return None;
        }
        let indent = column(written, usize::MAX).0;
        if let Some(code) = self.open.as_mut().filter(|code| indent >= code.column) {
            code.push(line, written);
            return None;
        }
        let ended = self.open.take();
        self.begin(line, written, indent);
        // A heading is no paragraph that goes on.
        self.is_paragraph = !written.starts_with('#');
        ended
    }

    /// What stands open where the document or a fence ends it.
    pub(super) fn end(&mut self) -> Option<Code> {
        self.is_paragraph = false;
        self.open.take()
    }

    /// Whether the line before is code.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Looks at a line that goes on with no code.
    fn begin(&mut self, line: Line, written: &str, indent: usize) {
        if !self.is_paragraph {
            self.items.retain(|item| *item <= indent);
        }
        let base = self.items.last().copied().unwrap_or(0);
        let item = item(written, indent).filter(|_| indent < base + STEP);
        if let Some(text) = item {
            self.items.retain(|item| *item <= indent);
            self.items.push(text);
        } else if !self.is_paragraph && indent >= STEP {
            let is_loose = indent < base + STEP;
            let column = if is_loose { indent } else { base + STEP };
            let mut code = Code { column, is_loose, lines: Vec::new() };
            code.push(line, written);
            self.open = Some(code);
        }
    }
}

impl Code {
    fn push(&mut self, line: Line, written: &str) {
        let (_, skip) = column(written, self.column);
        self.lines.push(Line { span: Span::new(line.span.start + skip, line.span.end), next: line.next });
    }

    /// The block that it is.
    pub(super) fn block(mut self, text: &str) -> CodeBlock {
        while self.lines.last().is_some_and(|line| line.span.of(text).trim().is_empty()) {
            self.lines.pop();
        }
        let start = self.lines.first().map_or(0, |line| line.span.start);
        let before = text.get(..start).unwrap_or_default();
        let line = before.rfind('\n').map_or(0, |end| end + 1);
        let prefix = before.get(line..).unwrap_or_default().to_owned();
        let span = Span::new(line, self.lines.last().map_or(start, |line| line.next));
        CodeBlock { span, word: String::new(), lines: self.lines, prefix, is_loose: self.is_loose }
    }
}

/// The column to which the blanks reach that a line begins with, at most `until`, and their bytes.
fn column(line: &str, until: usize) -> (usize, usize) {
    let mut at = 0;
    for (bytes, byte) in line.bytes().enumerate() {
        match byte {
            _ if at >= until => return (at, bytes),
            b' ' => at += 1,
            b'\t' => at += STEP - at % STEP,
            _ => return (at, bytes),
        }
    }
    (at, line.len())
}

/// The column in which the text of a list item begins, where a line is the first one of an item.
fn item(line: &str, indent: usize) -> Option<usize> {
    let rest = line.trim_start();
    let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let behind = match rest.len() - digits.len() {
        0 => rest.strip_prefix(['-', '*', '+'])?,
        1..=9 => digits.strip_prefix(['.', ')'])?,
        _ => return None,
    };
    let marker = rest.len() - behind.len();
    let blanks = behind.len() - behind.trim_start().len();
    (blanks > 0).then(|| indent + marker + if blanks > STEP { 1 } else { blanks })
}

#[cfg(test)]
mod tests {
    use super::super::markdown::read;
    use crate::text::layer::Layer;
    use crate::text::source::Source;

    fn code(text: &str) -> Vec<String> {
        let layer = Layer::file(Source::new("a.md", text.as_bytes().to_vec()));
        read(&layer).scripts(&layer).iter().map(|(layer, _)| layer.text().trim_end().to_owned()).collect()
    }

    #[test]
    fn indented_lines_behind_an_empty_one_are_code() {
        assert_eq!(code("Run\n\n    docker run \\\n      x\n\n    a\n\nend\n"), ["docker run \\\n  x\n\na"]);
        assert_eq!(code("Run\n\n\tdocker run x\n"), ["docker run x"]);
        assert_eq!(code("Run\n    docker run x\n"), [""; 0]);
        assert_eq!(code("a\n\n   docker run x\n"), [""; 0]);
    }

    #[test]
    fn in_a_list_item_code_stands_deeper() {
        assert_eq!(code("1. a\n\n       docker run x\n"), ["docker run x"]);
        assert_eq!(code("- a\n\n- b\n\n      cd c\n"), ["cd c"]);
        // Too shallow for code, but a command line.
        assert_eq!(code("1. a\n\n    docker run x\n    and\n"), ["docker run x"]);
        assert_eq!(code("1. a\n\n    - docker run x\n"), [""; 0]);
    }

    #[test]
    fn fences_come_first() {
        assert_eq!(code("a\n\n    ```sh\n    b\n    ```\n\n    c\n"), ["b", "c"]);
    }
}
