//! The comments that speak to shmlint: `# shmlint: ignore[missing-shm] reason` and its kin, found by a literal scan.

use memchr::memmem;

use crate::container::finding::Rule;
use crate::rules;
use crate::text::near::{did_you_mean, near};
use crate::text::source::Span;

/// What every such comment holds.
const MARK: &str = "shmlint:";

/// How a comment begins and ends. An end of nothing is the end of the line.
struct CommentStyle {
    open: &'static str,
    close: &'static str,
    /// Whether it is one only at the beginning of a line.
    at_start: bool,
}

const fn style(open: &'static str, close: &'static str, at_start: bool) -> CommentStyle {
    CommentStyle { open, close, at_start }
}

/// The comments of all languages that shmlint reads; longer beginnings stand before those that they end in.
const STYLES: &[CommentStyle] = &[
    style("<!--", "-->", false),
    style("{{- /*", "*/ -}}", false),
    style("{{/*", "*/}}", false),
    style("{#", "#}", false),
    style("@#", "", true),
    style("/*", "*/", false),
    style("//", "", false),
    style("#", "", false),
    style("::", "", true),
    style("@rem", "", true),
    style("rem", "", true),
    style("..", "", true),
    style(";", "", true),
];

/// A comment that speaks to shmlint.
#[derive(Debug)]
pub(super) struct Comment {
    /// From its beginning to its end.
    pub(super) span: Span,
    /// Whether nothing stands before it on its line.
    pub(super) alone: bool,
    /// Whether blank lines may lie between it and what it stands above, as in documents.
    pub(super) far: bool,
    /// Whether it stands in an example of a document: nobody forgot it there, and it speaks of no whole file.
    pub(super) is_example: bool,
    /// What it says.
    pub(super) says: CommentContent,
}

/// What a comment says.
#[derive(Debug)]
pub(super) enum CommentContent {
    /// `ignore[…]`, or `ignore-file[…]` for the whole file.
    Ignore {
        /// Whether it holds for the whole file.
        file: bool,
        /// From `[` to `]`.
        brackets: Span,
        /// What stands between them.
        names: Vec<Name>,
    },
    /// Something that is probably meant to be one of these: a sentence about it.
    Mistake(String),
}

/// A rule as it is named in a comment.
#[derive(Debug)]
pub(super) struct Name {
    /// As it is written.
    pub(super) span: Span,
    /// The rule, or a sentence that says that there is none, and the nearest name.
    pub(super) rule: Result<&'static Rule, (String, Option<&'static str>)>,
}

/// Whether a line begins with a comment.
pub(super) fn begins(line: &str) -> bool {
    STYLES.iter().any(|style| {
        let Some((head, rest)) = line.split_at_checked(style.open.len()) else { return false };
        // `remove` is no remark.
        let word = style.open.ends_with('m') && rest.starts_with(|c: char| c.is_alphanumeric());
        head.eq_ignore_ascii_case(style.open) && !word
    })
}

/// What looks like a comment in a text, in its order. `in_strings` tells that every line of the text is a string of JSON, as
/// in a notebook.
pub(super) fn comments(text: &str, in_strings: bool) -> Vec<Comment> {
    memmem::find_iter(text.as_bytes(), MARK).filter_map(|at| comment(text, at, in_strings)).collect()
}

/// The comment whose mark stands at `at`.
fn comment(text: &str, at: usize, in_strings: bool) -> Option<Comment> {
    let line = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let before = text.get(line..at)?;
    let (open, style) = opening(before)?;
    let start = line + open;
    let body = at + MARK.len();
    let rest = text.get(body..)?;
    let rest = rest.get(..rest.find(['\n', '\r']).unwrap_or(rest.len()))?;
    let (inner, end) = match style.close {
        "" if in_strings => {
            let end = rest.find(['"', '\\']).unwrap_or(rest.len());
            (rest.get(..end)?, end)
        }
        "" => (rest, rest.trim_end().len()),
        close => match rest.split_once(close) {
            Some((inner, _)) => (inner, inner.len() + close.len()),
            None => (rest, rest.trim_end().len()),
        },
    };
    let says = says(inner, body)?;
    let alone =
        before.get(..open)?.trim_matches(|c: char| c.is_whitespace() || (in_strings && c == '"')).is_empty();
    let far = style.open == "<!--";
    Some(Comment { span: Span::new(start, body + end), alone, far, is_example: false, says })
}

/// Where in the text before a mark the comment begins, and its style.
fn opening(before: &str) -> Option<(usize, &'static CommentStyle)> {
    let trimmed = before.trim_end();
    STYLES.iter().find_map(|style| {
        let from = trimmed.len().checked_sub(style.open.len())?;
        let written = trimmed.get(from..)?;
        if !written.eq_ignore_ascii_case(style.open) {
            return None;
        }
        // `##` is one beginning.
        let head = trimmed.get(..from)?;
        let head = if style.open == "#" { head.trim_end_matches('#') } else { head };
        let fits = match head.chars().next_back() {
            None => true,
            Some(_) if style.at_start => head.trim().is_empty(),
            Some('"' | ',' | '[' | '{' | ']' | '}') => true,
            Some(last) => last.is_whitespace() || !style.close.is_empty(),
        };
        fits.then_some((head.len(), style))
    })
}

/// What the text behind a mark says; `at` is its place. Nothing where it is no word to shmlint.
fn says(text: &str, at: usize) -> Option<CommentContent> {
    let skipped = text.len() - text.trim_start().len();
    let rest = text.get(skipped..)?;
    let word = rest.get(..rest.find(|c: char| !c.is_ascii_alphabetic() && c != '-').unwrap_or(rest.len()))?;
    let file = match word {
        "ignore" => false,
        "ignore-file" => true,
        "" => return None,
        word => {
            let known =
                ["ignore", "ignore-file", "ignore-line", "ignore-next-line", "disable", "disable-file"];
            let meant = near(word, known);
            let hint = "write 'shmlint: ignore[RULES] reason' or 'shmlint: ignore-file[RULES] reason'";
            return (!meant.is_empty())
                .then(|| CommentContent::Mistake(format!("unknown comment 'shmlint: {word}': {hint}")));
        }
    };
    let behind = rest.get(word.len()..)?;
    let open = at + skipped + word.len() + (behind.len() - behind.trim_start().len());
    let Some(inside) = behind.trim_start().strip_prefix('[') else {
        return Some(CommentContent::Mistake(format!(
            "'shmlint: {word}' names no rule: write '{word}[missing-shm]'"
        )));
    };
    let Some((inside, _)) = inside.split_once(']') else {
        return Some(CommentContent::Mistake(format!("the '[' after 'shmlint: {word}' is never closed")));
    };
    let names = names(inside, open + 1);
    if names.is_empty() {
        return Some(CommentContent::Mistake(format!(
            "'shmlint: {word}[]' names no rule: write '{word}[missing-shm]'"
        )));
    }
    Some(CommentContent::Ignore { file, brackets: Span::new(open, open + inside.len() + 2), names })
}

/// The names between the brackets; `at` is the place of the first byte.
fn names(inside: &str, at: usize) -> Vec<Name> {
    let mut out = Vec::new();
    let mut start = at;
    for part in inside.split(',') {
        let word = part.trim();
        if !word.is_empty() {
            let from = start + (part.len() - part.trim_start().len());
            out.push(Name { span: Span::new(from, from + word.len()), rule: rule(word) });
        }
        start += part.len() + 1;
    }
    out
}

fn rule(word: &str) -> Result<&'static Rule, (String, Option<&'static str>)> {
    rules::find(word).ok_or_else(|| {
        let known = || rules::all().iter().flat_map(|rule| [rule.name, rule.code]);
        let told = format!("this comment names the unknown rule '{word}'{}", did_you_mean(word, known()));
        (told, near(word, known()).first().copied())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `start..end: what it says`, for each comment.
    fn found(text: &str) -> Vec<String> {
        let told = |comment: &Comment| {
            let says = match &comment.says {
                CommentContent::Ignore { file, brackets, names } => {
                    let names: Vec<String> = names
                        .iter()
                        .map(|name| match &name.rule {
                            Ok(rule) => rule.code.to_owned(),
                            Err(_) => format!("?{}", name.span.of(text)),
                        })
                        .collect();
                    assert!(brackets.of(text).starts_with('[') && brackets.of(text).ends_with(']'));
                    format!("{}{}", if *file { "file " } else { "" }, names.join("+"))
                }
                CommentContent::Mistake(told) => told.clone(),
            };
            format!("{}|{says}", comment.span.of(text))
        };
        comments(text, false).iter().map(told).collect()
    }

    #[test]
    fn comments_of_all_languages_are_found() {
        for (open, close) in [
            ("#", ""),
            ("##  ", ""),
            ("//", ""),
            ("/*", " */"),
            ("<!--", " -->"),
            ("REM", ""),
            ("::", ""),
            ("@rem", ""),
            ("@#", ""),
            ("{#", " #}"),
            ("{{/*", " */}}"),
            ("{{- /*", " */ -}}"),
        ] {
            let comment = format!("{open} shmlint: ignore[SHM001] why{close}");
            for text in [comment.clone(), format!("x\n  {comment}\r\ny"), format!("\t{comment}  ")] {
                assert_eq!(found(&text), [format!("{comment}|SHM001")], "{text:?}");
            }
        }
        assert_eq!(
            found("a: b # shmlint:ignore [missing-shm, shm002]"),
            ["# shmlint:ignore [missing-shm, shm002]|SHM001+SHM002"]
        );
        assert_eq!(found("{ \"a\": 1,// shmlint: ignore[SHM001]"), ["// shmlint: ignore[SHM001]|SHM001"]);
        assert_eq!(
            found("# x # shmlint: ignore-file[SHM001]"),
            ["# shmlint: ignore-file[SHM001]|file SHM001"]
        );
    }

    #[test]
    fn what_is_no_comment_is_left_alone() {
        for text in [
            "`# shmlint: ignore[SHM001]`",
            "a#shmlint: ignore[SHM001]",
            "http:// shmlint: ignore[SHM001]",
            "x :: shmlint: ignore[SHM001]",
            "- shmlint: ignore[SHM001]",
            "# shmlint: it finds the containers",
            "shmlint:",
            "# shmlint:",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn mistakes_are_told() {
        assert_eq!(
            found("# shmlint: ignore because"),
            ["# shmlint: ignore because|'shmlint: ignore' names no rule: write 'ignore[missing-shm]'"]
        );
        assert_eq!(
            found("# shmlint: ignore[a"),
            ["# shmlint: ignore[a|the '[' after 'shmlint: ignore' is never closed"]
        );
        assert!(found("# shmlint: ingore[SHM001]")[0].contains("unknown comment 'shmlint: ingore': write"));
        assert!(found("# shmlint: ignore[ , ]")[0].contains("names no rule"));
        assert_eq!(found("# shmlint: ignore[mising-shm]"), ["# shmlint: ignore[mising-shm]|?mising-shm"]);
    }

    #[test]
    fn a_notebooks_line_ends_with_its_string() {
        let text = "\"!docker run x  # shmlint: ignore[SHM001] why\\n\",\n\"# shmlint: ignore[SHM002]\"";
        let spans: Vec<&str> = comments(text, true).iter().map(|comment| comment.span.of(text)).collect();
        assert_eq!(spans, ["# shmlint: ignore[SHM001] why", "# shmlint: ignore[SHM002]"]);
        assert!(comments(text, true)[1].alone);
    }
}
