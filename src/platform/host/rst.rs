//! reStructuredText: command lines in `.. code-block::` and in the literal blocks behind `::`.

use super::prose::{Language, Line, block, language, lines};
use crate::syntax::shell::Options;
use crate::text::layer::Layer;
use crate::text::source::Span;

/// Directives whose body is code.
const DIRECTIVES: [&str; 5] = ["code-block::", "code::", "sourcecode::", "prompt::", "parsed-literal::"];

/// A block that was announced and whose lines are being collected.
struct Block {
    language: Language,
    /// The indent of what announces it; its own lines are deeper.
    outer: usize,
    lines: Vec<Line>,
}

/// The shell text of every literal block in a document, in order.
pub(super) fn scripts(document: &Layer) -> Vec<(Layer, Options)> {
    let text = document.text();
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for line in lines(text) {
        let written = line.span.of(text);
        let indent = written.len() - written.trim_start().len();
        if let Some(block) = &mut open {
            if written.trim().is_empty() || indent > block.outer {
                block.lines.push(line);
                continue;
            }
            found.extend(open.take().and_then(|block| finish(&block, document)));
        }
        open = announced(written.trim()).map(|language| Block { language, outer: indent, lines: Vec::new() });
    }
    found.extend(open.and_then(|block| finish(&block, document)));
    found
}

/// How the block is read that a line announces.
fn announced(line: &str) -> Option<Language> {
    if let Some(directive) = line.strip_prefix(".. ") {
        let argument = DIRECTIVES.iter().find_map(|name| directive.strip_prefix(name))?;
        return language(argument.split_whitespace().next().unwrap_or_default());
    }
    if line.ends_with("::") { language("") } else { None }
}

fn finish(found: &Block, document: &Layer) -> Option<(Layer, Options)> {
    let text = document.text();
    // Options of the directive, `:linenos:`, stand before the first empty line.
    let body = found.lines.iter().position(|line| !line.span.of(text).trim_start().starts_with(':'));
    let body = found.lines.get(body.unwrap_or(0)..).unwrap_or_default();
    let indents = body.iter().map(|line| line.span.of(text)).filter(|line| !line.trim().is_empty());
    let indent = indents.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let cut: Vec<Line> = body
        .iter()
        .map(|line| {
            let start = (line.span.start + indent).min(line.span.end);
            Line { span: Span::new(start, line.span.end), next: line.next }
        })
        .collect();
    let prefix = body.iter().find_map(|line| {
        let written = line.span.of(text);
        if written.trim().is_empty() { None } else { written.get(..indent) }
    });
    let Language { options, is_foreign } = found.language;
    Some((block(document, &cut, prefix.unwrap_or_default(), is_foreign)?, options))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::source::Source;

    fn code(text: &str) -> Vec<String> {
        let layer = Layer::file(Source::new("a.rst", text.as_bytes().to_vec()));
        scripts(&layer).iter().map(|(layer, _)| layer.text().trim().to_owned()).collect()
    }

    #[test]
    fn blocks_are_read_without_their_indent() {
        let text = "Run::\n\n  docker run x\n\nand\n\n.. code-block:: bash\n   :linenos:\n\n   a \\\n     b\n\n.. code:: python\n\n   c\n";
        assert_eq!(code(text), ["docker run x", "a \\\n  b"]);
    }
}
