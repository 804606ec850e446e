//! Text in the scalars of YAML and the strings of JSON, as layers: a `run: |` block, a quoted `script:`, an item of `runArgs`.

use crate::syntax::yaml::{Node, ScalarStyle};
use crate::text::layer::{Embed, Encoding, Layer};
use crate::text::source::Span;

/// The text of a scalar in `file`, mapped to where it is written. Nothing for nodes that are no scalars.
pub fn scalar(file: &Layer, node: Node<'_>) -> Option<Layer> {
    let span = node.span();
    let inside = |span: Span| Span::new(span.start + 1, span.end.saturating_sub(1));
    match node.style()? {
        ScalarStyle::Plain => Some(lines(file, span, false)),
        ScalarStyle::SingleQuoted => Some(lines(file, inside(span), true)),
        ScalarStyle::DoubleQuoted => Some(string(file, inside(span))),
        ScalarStyle::Literal => block(file, node, false),
        ScalarStyle::Folded => block(file, node, true),
    }
}

/// The text between the double quotes of YAML or JSON.
pub fn string(file: &Layer, inside: Span) -> Layer {
    let text = file.text();
    let written = inside.of(text);
    let mut embed = file.embed(Encoding::DoubleQuoted);
    let mut from = 0;
    while let Some(found) = written.get(from..).and_then(|rest| rest.find(['\\', '\n'])) {
        let at = from + found;
        if written.as_bytes().get(at) == Some(&b'\n') {
            from = fold(&mut embed, inside, written, from, at);
            continue;
        }
        embed.copy(Span::new(inside.start + from, inside.start + at));
        let (length, meant) = escape(written.get(at..).unwrap_or_default());
        embed.replace(Span::new(inside.start + at, inside.start + at + length), &meant);
        from = at + length;
    }
    embed.copy(Span::new(inside.start + from, inside.end));
    embed.finish()
}

/// A scalar without escapes but for `''`, on one line or folded over several.
fn lines(file: &Layer, span: Span, quoted: bool) -> Layer {
    let written = span.of(file.text());
    let mut embed = file.embed(Encoding::Foreign);
    let mut from = 0;
    while let Some(found) =
        written.get(from..).and_then(|rest| rest.find(|c| c == '\n' || (quoted && c == '\'')))
    {
        let at = from + found;
        if written.as_bytes().get(at) == Some(&b'\n') {
            from = fold(&mut embed, span, written, from, at);
        } else {
            embed.copy(Span::new(span.start + from, span.start + at));
            embed.replace(Span::new(span.start + at, (span.start + at + 2).min(span.end)), "'");
            from = (at + 2).min(written.len());
        }
    }
    embed.copy(Span::new(span.start + from, span.end));
    embed.finish()
}

/// Copies up to the line end at `at` and folds it with the blanks around it: to a blank, or to line ends where empty lines
/// follow. Gives where the next line's text begins.
fn fold(embed: &mut Embed, span: Span, written: &str, from: usize, at: usize) -> usize {
    let line = written.get(from..at).unwrap_or_default().trim_end();
    embed.copy(Span::new(span.start + from, span.start + from + line.len()));
    let rest = written.get(at..).unwrap_or_default();
    let blanks = rest.len() - rest.trim_start().len();
    let ends = rest.get(..blanks).unwrap_or_default().matches('\n').count();
    let meant = if ends > 1 { "\n".repeat(ends - 1) } else { " ".to_owned() };
    embed.replace(Span::new(span.start + from + line.len(), span.start + at + blanks), &meant);
    at + blanks
}

/// A block scalar without its indent. A folded one has a blank where a line goes on.
fn block(file: &Layer, node: Node<'_>, folded: bool) -> Option<Layer> {
    let block = node.block_scalar()?;
    let indent = block.indent.unwrap_or(0);
    let body = block.body.of(file.text());
    let encoding = if folded { Encoding::Foreign } else { Encoding::Indented(" ".repeat(indent)) };
    let mut embed = file.embed(encoding);
    let mut at = block.body.start;
    let mut rows = body.split_inclusive('\n').peekable();
    while let Some(row) = rows.next() {
        let skip = indent.min(row.len() - row.trim_start_matches(' ').len());
        let text = row.trim_end_matches(['\n', '\r']);
        let text_end = (at + text.len()).max(at + skip);
        let goes_on = |row: &str| {
            let row = row.get(indent..).unwrap_or_default();
            !row.trim().is_empty() && !row.starts_with([' ', '\t'])
        };
        if folded && goes_on(text) && rows.peek().is_some_and(|next| goes_on(next)) {
            embed.copy(Span::new(at + skip, text_end));
            embed.replace(Span::new(text_end, at + row.len()), " ");
        } else {
            embed.copy(Span::new(at + skip, at + row.len()));
        }
        at += row.len();
    }
    Some(embed.finish())
}

/// How long an escape is, and the text that it means.
fn escape(written: &str) -> (usize, String) {
    let mut letters = written.chars().skip(1);
    let Some(letter) = letters.next() else { return (written.len(), "\\".into()) };
    let digits = match letter {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => 0,
    };
    if digits > 0 {
        let code = written.get(2..2 + digits).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        return match code.and_then(char::from_u32) {
            Some(c) => (2 + digits, c.to_string()),
            None => (2, char::REPLACEMENT_CHARACTER.to_string()),
        };
    }
    if letter == '\n' || letter == '\r' {
        // The line goes on without a blank.
        let rest = written.get(1..).unwrap_or_default();
        return (1 + rest.len() - rest.trim_start().len(), String::new());
    }
    let meant = match letter {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '0' => '\0',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'e' => '\u{1b}',
        other => other,
    };
    (1 + letter.len_utf8(), meant.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::yaml::Yaml;
    use crate::text::source::Source;

    fn layer(text: &str) -> (Layer, String) {
        let file = Layer::file(Source::new("a.yml", text.as_bytes().to_vec()));
        let yaml = Yaml::parse(text);
        let node = yaml.root(text).unwrap().get("a").unwrap();
        (scalar(&file, node).unwrap(), node.str().unwrap().to_owned())
    }

    #[test]
    fn layers_hold_what_the_tree_says() {
        for text in [
            "a: b c\n",
            "a: b\n   c\n\n   d\n",
            "a: 'it''s'\n",
            "a: 'x\n  y'\n",
            "a: \"b\\n\\\"c\\\" \\u00e9 \\\\\"\n",
            "a: \"b\n  c \\\n  d\"\n",
            "a: |\n  b\n    c\n\n  d\n",
            "a: >\n  b\n  c\n\n  d\n    e\n  f\n",
            "a: >-\n  b\n  c",
        ] {
            let (layer, value) = layer(text);
            // How many line ends stand together makes no difference to a shell.
            let lines = |text: &str| {
                text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>()
            };
            assert_eq!(lines(layer.text()), lines(&value), "{text:?}");
        }
    }

    #[test]
    fn edits_land_in_the_scalar() {
        let (layer, _) = layer("a: |\n  docker run \\\n    x\n");
        let edit = layer.edit(Span::at(12), "\n  -q \\").unwrap();
        assert_eq!((edit.span.start, edit.text.as_str()), (19, "\n    -q \\"));
    }
}
