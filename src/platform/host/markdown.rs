//! Markdown: command lines in fenced and in indented code. Inline code and prose are no invocations.

use super::indented::Indented;
use super::prose::{Language, Line, block, language, lines};
use crate::syntax::shell::Options;
use crate::text::layer::Layer;
use crate::text::source::Span;

/// What opens code where Jekyll and Hugo make a site of the document.
const TEMPLATES: [&str; 3] = ["{% highlight ", "{{< highlight ", "{{% highlight "];

/// Stands for the mark of such code.
const TEMPLATE: char = '%';

/// An open fence.
struct Fence<'t> {
    mark: char,
    length: usize,
    /// What stands before the fence on its line: indent, `>` of quotes, the marker of a list.
    indent: usize,
    quoted: bool,
    language: Option<Language>,
    prefix: Option<&'t str>,
    lines: Vec<Line>,
}

/// The shell text of every piece of code in a document, in order.
pub(super) fn scripts(document: &Layer) -> Vec<(Layer, Options)> {
    let text = document.text();
    let mut found = Vec::new();
    let mut open: Option<Fence<'_>> = None;
    let mut indented = Indented::default();
    for line in lines(text) {
        match &mut open {
            None => {
                open = opening(line.span.of(text));
                let ended = if open.is_some() { indented.end() } else { indented.take(line, text) };
                found.extend(ended.and_then(|code| code.finish(document)));
            }
            Some(fence) if fence.closes(line.span.of(text)) => {
                found.extend(open.take().and_then(|fence| fence.finish(document)));
            }
            Some(fence) => fence.take(line, text),
        }
    }
    found.extend(open.and_then(|fence| fence.finish(document)));
    found.extend(indented.end().and_then(|code| code.finish(document)));
    found
}

/// The fence that a line opens.
fn opening(line: &str) -> Option<Fence<'_>> {
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
    let indent = line.len() - rest.len();
    Some(Fence {
        mark,
        length,
        indent,
        quoted,
        language: language(word(info)),
        prefix: None,
        lines: Vec::new(),
    })
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
        if self.language.is_none() {
            return;
        }
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
        self.lines.push(Line { span: Span::new(line.span.start + skip, line.span.end), next: line.next });
    }

    fn finish(self, document: &Layer) -> Option<(Layer, Options)> {
        let Language { options, is_foreign } = self.language?;
        Some((block(document, &self.lines, self.prefix.unwrap_or_default(), is_foreign)?, options))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::source::Source;

    fn code(text: &str) -> Vec<String> {
        let layer = Layer::file(Source::new("a.md", text.as_bytes().to_vec()));
        scripts(&layer).iter().map(|(layer, _)| layer.text().to_owned()).collect()
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
