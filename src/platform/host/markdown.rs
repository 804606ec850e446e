//! Markdown: command lines in fenced and in indented code. Inline code and prose are no invocations.

use super::indented::Indented;
use super::page::{CodeBlock, Page};
use super::prose::{Line, lines};
use crate::text::layer::Layer;
use crate::text::source::Span;

/// What opens code where Jekyll and Hugo make a site of the document.
const TEMPLATES: [&str; 3] = ["{% highlight ", "{{< highlight ", "{{% highlight "];

/// How many comments of one line are looked at.
const MAX_INLINE: usize = 16;

/// Stands for the mark of such code.
const TEMPLATE: char = '%';

/// What switches the text between them off. Comments begin a line, or they are inline and end on it.
const SWITCHED_OFF: [(&str, &str); 3] =
    [("<!--", "-->"), ("{/*", "*/}"), ("{% comment %}", "{% endcomment %}")];

/// An open fence.
struct Fence<'t> {
    mark: char,
    length: usize,
    /// What stands before the fence on its line: indent, `>` of quotes, the marker of a list.
    indent: usize,
    quoted: bool,
    prefix: Option<&'t str>,
    block: CodeBlock,
}

/// The blocks of code in a document, and its comments.
pub(super) fn read(document: &Layer) -> Page {
    let text = document.text();
    let mut page = Page::default();
    let mut open: Option<Fence<'_>> = None;
    // Behind the comment that a line began.
    let mut off = 0;
    let mut indented = Indented::default();
    for line in lines(text) {
        let written = line.span.of(text);
        match &mut open {
            None if line.span.start < off => {}
            None => {
                let fence = opening(written, line.span);
                let comment = fence.is_none().then(|| comment(text, line.span)).flatten();
                let is_code = fence.is_none() && comment.is_none();
                let ended = if is_code { indented.take(line, text) } else { indented.end() };
                page.blocks.extend(ended.map(|code| code.block(text)));
                if let Some(comment) = comment {
                    off = comment.end;
                    page.comments.push(comment);
                } else if fence.is_none() && !indented.is_open() {
                    page.comments.extend(inline_comments(text, line.span));
                }
                open = fence;
            }
            Some(fence) if fence.closes(written) => {
                fence.block.span.end = line.next;
                page.blocks.extend(open.take().map(Fence::finish));
            }
            Some(fence) => fence.take(line, text),
        }
    }
    page.blocks.extend(open.map(Fence::finish));
    page.blocks.extend(indented.end().map(|code| code.block(text)));
    page
}

/// The comment that a line begins, to its end or that of the text.
fn comment(text: &str, line: Span) -> Option<Span> {
    let written = line.of(text);
    let begun = written.trim_start_matches([' ', '\t', '>']);
    // Deeper it is code.
    if written.starts_with("    ") || written.starts_with('\t') {
        return None;
    }
    let (open, close) = SWITCHED_OFF.iter().find(|(open, _)| begun.starts_with(open))?;
    let start = line.end - begun.len();
    let rest = text.get(start + open.len()..).unwrap_or_default();
    let end = rest.find(close).map_or(text.len(), |end| start + open.len() + end + close.len());
    Some(Span::new(start, end))
}

/// The comments within a line, but for those in inline code.
fn inline_comments(text: &str, line: Span) -> Vec<Span> {
    let written = line.of(text);
    let found = written.match_indices("<!--").filter_map(|(at, open)| {
        let before = written.get(..at)?;
        let end = written.get(at..)?.find("-->")? + "-->".len();
        let is_code = before.matches('`').count() % 2 == 1;
        (!is_code && open.len() < end).then(|| Span::new(line.start + at, line.start + at + end))
    });
    found.take(MAX_INLINE).collect()
}

/// The fence that a line opens.
fn opening<'t>(line: &str, span: Span) -> Option<Fence<'t>> {
    let mut rest = line.trim_start_matches([' ', '\t', '>']);
    let quoted = line.get(..line.len() - rest.len())?.contains('>');
    // A fence may open right behind the marker of a list: `1. ```bash`.
    let marker =
        rest.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches(['.', ')', '-', '*', '+']);
    if marker.starts_with(' ') && rest.len() - marker.len() <= 4 {
        rest = marker.trim_start();
    }
    let (mark, info) = match rest.chars().next()? {
        mark @ ('`' | '~') => (mark, rest.trim_start_matches(mark)),
        '{' => (TEMPLATE, TEMPLATES.iter().find_map(|opening| rest.strip_prefix(opening))?),
        _ => return None,
    };
    let length = rest.len() - info.len();
    if length < 3 || (mark == '`' && info.contains('`')) {
        return None;
    }
    let word = word(info).to_owned();
    let block = CodeBlock { span, word, lines: Vec::new(), prefix: String::new(), is_loose: false };
    Some(Fence { mark, length, indent: line.len() - rest.len(), quoted, prefix: None, block })
}

/// The language in an info string: `bash`, `{code-block} bash`, `{.sh}`, `bash,copy title="x"`.
fn word(info: &str) -> &str {
    let info = info.trim();
    let info = match info.split_once('}') {
        Some((directive, rest)) if directive.starts_with('{') && !rest.trim().is_empty() => rest.trim(),
        _ => info.trim_start_matches(['{', '.']),
    };
    let end = info.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(info.len());
    info.get(..end).unwrap_or_default()
}

impl<'t> Fence<'t> {
    fn closes(&self, line: &str) -> bool {
        if self.mark == TEMPLATE {
            return line.contains("endhighlight") || line.contains("/highlight");
        }
        let line = line.trim_start_matches([' ', '\t', '>']).trim_end();
        line.len() >= self.length && line.chars().all(|c| c == self.mark)
    }

    /// Adds a line, without the indent and the `>` that the fence has.
    fn take(&mut self, line: Line, text: &'t str) {
        let written = line.span.of(text);
        let mut skip = 0;
        for c in written.chars() {
            let part = skip < self.indent && (c == ' ' || c == '\t' || (self.quoted && c == '>'));
            if !part {
                break;
            }
            skip += c.len_utf8();
        }
        if !written.trim().is_empty() {
            self.prefix = self.prefix.or(written.get(..skip));
        }
        self.block
            .lines
            .push(Line { span: Span::new(line.span.start + skip, line.span.end), next: line.next });
        self.block.span.end = line.next;
    }

    fn finish(self) -> CodeBlock {
        CodeBlock { prefix: self.prefix.unwrap_or_default().to_owned(), ..self.block }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::source::Source;

    fn code(text: &str) -> Vec<String> {
        let layer = Layer::file(Source::new("a.md", text.as_bytes().to_vec()));
        read(&layer).scripts(&layer).iter().map(|(layer, _)| layer.text().to_owned()).collect()
    }

    #[test]
    fn fences_of_shells_are_read_and_others_are_not() {
        assert_eq!(code("```bash\na\n```\n\n```python\nb\n```\n~~~\nc\n```\n~~~\n"), ["a\n", "c\n```\n"]);
        assert_eq!(code("``` {.sh .copy}\na\n```\n```{code-block} bash\nb\n```\n"), ["a\n", "b\n"]);
        assert_eq!(code("run `docker run x` and ```inline``` code\n"), Vec::<String>::new());
    }

    #[test]
    fn indents_quotes_and_list_markers_are_taken_away() {
        assert_eq!(code("1. ```bash\n   a \\\n     b\n   ```\n"), ["a \\\n  b\n"]);
        assert_eq!(code("> ```sh\n> a\n> b\n> ```\n"), ["a\nb\n"]);
        assert_eq!(code("  ```sh\n  a\n b\n\n  c\n  ```\n"), ["a\nb\n\nc\n"]);
    }

    #[test]
    fn the_tags_of_site_builders_are_fences() {
        assert_eq!(code("{% highlight bash %}\na\n{% endhighlight %}\nb\n"), ["a\n"]);
        assert_eq!(code("{{< highlight sh \"linenos=1\" >}}\na\n{{< /highlight >}}\n"), ["a\n"]);
        assert_eq!(code("{% highlight python %}\na\n{% endhighlight %}\n"), Vec::<String>::new());
    }

    #[test]
    fn an_open_fence_ends_with_the_document() {
        assert_eq!(code("```sh\na"), ["a"]);
    }
}
