//! reStructuredText: command lines in `.. code-block::` and in the literal blocks behind `::`.

use super::page::{CodeBlock, Page};
use super::prose::{Line, lines};
use crate::text::layer::Layer;
use crate::text::source::Span;

/// Directives whose body is code.
const DIRECTIVES: [&str; 5] = ["code-block::", "code::", "sourcecode::", "prompt::", "parsed-literal::"];

/// The literal blocks of a document, and its comments: `.. ` with neither a directive nor a target behind it.
pub(super) fn read(document: &Layer) -> Page {
    let text = document.text();
    let mut page = Page::default();
    // A block whose lines are being collected, and the indent of what announces it; its own lines are deeper.
    let mut open: Option<(CodeBlock, usize)> = None;
    for line in lines(text) {
        let written = line.span.of(text);
        let indent = written.len() - written.trim_start().len();
        if let Some((block, outer)) = &mut open {
            if written.trim().is_empty() || indent > *outer {
                block.lines.push(line);
                continue;
            }
            page.blocks.extend(open.take().map(|(block, _)| finish(block, text)));
        }
        let word = announced(written.trim());
        if word.is_none() && written.trim_start().starts_with(".. ") && !written.contains("::") {
            page.comments.push(line.span);
        }
        open = word.map(|word| {
            let word = word.to_owned();
            (
                CodeBlock {
                    span: line.span,
                    word,
                    lines: Vec::new(),
                    prefix: String::new(),
                    is_loose: false,
                },
                indent,
            )
        });
    }
    page.blocks.extend(open.map(|(block, _)| finish(block, text)));
    page
}

/// The language of the block that a line announces.
fn announced(line: &str) -> Option<&str> {
    if let Some(directive) = line.strip_prefix(".. ") {
        let argument = DIRECTIVES.iter().find_map(|name| directive.strip_prefix(name))?;
        return Some(argument.split_whitespace().next().unwrap_or_default());
    }
    line.ends_with("::").then_some("")
}

/// The block without its directive's options and its indent.
fn finish(mut found: CodeBlock, text: &str) -> CodeBlock {
    while found.lines.last().is_some_and(|line| line.span.of(text).trim().is_empty()) {
        found.lines.pop();
    }
    found.span.end = found.lines.last().map_or(found.span.end, |line| line.next);
    // Options of the directive, `:linenos:`, stand before the first empty line.
    let body = found.lines.iter().position(|line| !line.span.of(text).trim_start().starts_with(':'));
    found.lines.drain(..body.unwrap_or(0));
    let written = |line: &Line| !line.span.of(text).trim().is_empty();
    let indent = |line: &Line| line.span.len() - line.span.of(text).trim_start().len();
    let least = found.lines.iter().filter(|line| written(line)).map(indent).min().unwrap_or(0);
    let first = found.lines.iter().find(|line| written(line));
    let prefix = first.and_then(|line| line.span.of(text).get(..least)).unwrap_or_default();
    found.prefix = prefix.to_owned();
    for line in &mut found.lines {
        line.span = Span::new((line.span.start + least).min(line.span.end), line.span.end);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::source::Source;

    fn code(text: &str) -> Vec<String> {
        let layer = Layer::file(Source::new("a.rst", text.as_bytes().to_vec()));
        read(&layer).scripts(&layer).iter().map(|(layer, _)| layer.text().trim().to_owned()).collect()
    }

    #[test]
    fn blocks_are_read_without_their_indent() {
        let text = "Run::\n\n  docker run x\n\nand\n\n.. code-block:: bash\n   :linenos:\n\n   a \\\n     b\n\n.. code:: python\n\n   c\n";
        assert_eq!(code(text), ["docker run x", "a \\\n  b"]);
    }
}
