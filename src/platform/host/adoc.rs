//! AsciiDoc: command lines in listings and literal blocks, and texts without any markup.

use super::page::{CodeBlock, Page};
use super::prose::{Line, lines};
use crate::platform::remarks::lies_in;
use crate::text::layer::Layer;
use crate::text::source::Span;

/// What is open where a line begins.
enum Open {
    /// Between two equal lines: `----`, `....`, or a fence of backticks.
    Delimited(String, CodeBlock),
    /// Up to the next empty line: behind `[source]`, or indented.
    Paragraph(CodeBlock),
    /// `////`: switched off.
    Comment(String),
}

/// The blocks of code in a document, and its comments.
pub(super) fn read(document: &Layer) -> Page {
    let text = document.text();
    let mut page = Page::default();
    let mut open: Option<Open> = None;
    // The language that an attribute list above names, and where that stands.
    let mut announced: Option<(String, Span)> = None;
    let mut after_blank = true;
    for line in lines(text) {
        let written = line.span.of(text);
        let trimmed = written.trim();
        match &mut open {
            Some(Open::Comment(mark)) => {
                if trimmed == mark.as_str() {
                    open = None;
                }
                continue;
            }
            Some(Open::Delimited(mark, block)) => {
                block.span.end = line.next;
                if trimmed != mark.as_str() {
                    block.lines.push(without_callouts(line, text));
                    continue;
                }
            }
            Some(Open::Paragraph(block)) if !trimmed.is_empty() => {
                block.span.end = line.next;
                block.lines.push(without_callouts(line, text));
                continue;
            }
            _ => {}
        }
        let was_open = open.is_some();
        if let Some(Open::Delimited(_, block) | Open::Paragraph(block)) = open.take() {
            page.blocks.push(block);
        }
        if was_open {
            after_blank = trimmed.is_empty();
            continue;
        }
        open = opening(trimmed, line.span, &mut announced);
        if let Some(style) = style(trimmed) {
            announced = Some((style.to_owned(), line.span));
        } else if open.is_none() && trimmed.starts_with("//") {
            page.comments.push(line.span);
        } else if open.is_none() && !trimmed.is_empty() {
            let styled = announced.take();
            if styled.is_some() || (after_blank && written.starts_with([' ', '\t'])) {
                let is_loose = styled.is_none();
                let (word, start) = styled.unwrap_or((String::new(), line.span));
                let mut block = new(word, start.join(Span::new(line.span.start, line.next)));
                block.is_loose = is_loose;
                block.lines.push(without_callouts(line, text));
                open = Some(Open::Paragraph(block));
            }
        }
        after_blank = trimmed.is_empty();
    }
    if let Some(Open::Delimited(_, block) | Open::Paragraph(block)) = open {
        page.blocks.push(block);
    }
    page
}

/// The text of a page without blocks as one: only lines that begin as command lines, or with a prompt, are commands.
pub(super) fn plain(text: &str, page: Page) -> Page {
    let lines = lines(text).filter(|line| !lies_in(&page.comments, line.span.start)).collect();
    let block = CodeBlock { lines, is_loose: true, ..new(String::new(), Span::new(0, text.len())) };
    Page { blocks: vec![block], ..page }
}

fn new(word: String, span: Span) -> CodeBlock {
    CodeBlock { span, word, lines: Vec::new(), prefix: String::new(), is_loose: false }
}

/// What a line opens.
fn opening(line: &str, span: Span, announced: &mut Option<(String, Span)>) -> Option<Open> {
    let mark = line.chars().next()?;
    let length = line.len() - line.trim_start_matches(mark).len();
    let fence = mark == '`' && length == 3;
    if !fence && (length < 4 || length != line.len()) {
        return None;
    }
    let (word, start) = announced.take().unwrap_or((line.get(length..)?.trim().to_owned(), span));
    match mark {
        '/' => Some(Open::Comment(line.to_owned())),
        '-' | '.' | '`' => {
            let close = line.get(..length)?.to_owned();
            Some(Open::Delimited(close, new(word, start.join(span))))
        }
        _ => None,
    }
}

/// The language in `[source,bash]`, `[source%linenums,shell]`, `[,sh]`; empty in `[listing]` and the like.
fn style(line: &str) -> Option<&str> {
    let inside = line.strip_prefix('[')?.strip_suffix(']')?;
    let (style, rest) = inside.split_once(',').unwrap_or((inside, ""));
    let name = style.split(['%', '#', '.']).next().unwrap_or_default().trim();
    let is_code = matches!(name, "source" | "listing" | "literal") || (name.is_empty() && !rest.is_empty());
    is_code.then(|| rest.split(',').next().unwrap_or_default().trim().trim_matches('"'))
}

/// A line without the marks of explanations at its end: `<1> <2>`.
fn without_callouts(line: Line, text: &str) -> Line {
    let mut code = line.span.of(text).trim_end();
    while let Some(before) =
        code.strip_suffix('>').map(|code| code.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'))
        && let Some(before) = before.strip_suffix('<')
        && before.ends_with(' ')
    {
        code = before.trim_end();
    }
    let end = line.span.start + code.len();
    Line { span: Span::new(line.span.start, end), ..line }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::source::Source;

    fn code(text: &str) -> Vec<String> {
        let layer = Layer::file(Source::new("a.adoc", text.as_bytes().to_vec()));
        read(&layer).scripts(&layer).iter().map(|(layer, _)| layer.text().trim().to_owned()).collect()
    }

    #[test]
    fn listings_and_literal_blocks_are_code() {
        assert_eq!(code("[source,sh]\n----\na \\ <1>\n  b <.>\n----\n<1> why\n"), ["a \\\n  b"]);
        assert_eq!(code("....\n$ a\nout\n....\n\n[source,bash]\na b\nc\n\nd\n"), ["a", "a b\nc"]);
        assert_eq!(code("Text:\n\n docker run x\n\ndocker run prose\n"), ["docker run x"]);
        assert_eq!(code("////\n----\na\n----\n////\n```sh\nb\n```\n"), ["b"]);
        assert_eq!(code("[source,python]\n----\na\n----\n"), [""; 0]);
    }
}
