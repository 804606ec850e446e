//! Words as Compose, systemd and Dockerfiles part them: quotes and backslashes as in a shell, and nothing else.

use crate::text::source::Span;

/// The words of a text, each with where it is written.
pub fn words(text: &str) -> Vec<(Span, String)> {
    let mut found = Vec::new();
    let mut word: Option<(usize, String)> = None;
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if quote.is_none() && c.is_whitespace() {
            found.extend(word.take().map(|(start, word)| (Span::new(start, at), word)));
            continue;
        }
        let (_, word) = word.get_or_insert_with(|| (at, String::new()));
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None | Some('"'), '\\') => word.extend(chars.next().map(|(_, c)| c)),
            (_, c) => word.push(c),
        }
    }
    found.extend(word.map(|(start, word)| (Span::new(start, text.len()), word)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parted_as_a_shell_parts_them() {
        let read = |text| words(text).into_iter().map(|(_, word)| word).collect::<Vec<_>>();
        assert_eq!(
            read("sh -c \"echo $X | b\"  'a b'c \\\"d ''"),
            ["sh", "-c", "echo $X | b", "a bc", "\"d", ""]
        );
        assert_eq!(read("open 'quote x"), ["open", "quote x"]);
    }

    #[test]
    fn places_hold_the_quotes() {
        let text = "A=1 \"B=2 3\"  C='x'";
        let places: Vec<&str> = words(text).iter().map(|(span, _)| span.of(text)).collect();
        assert_eq!(places, ["A=1", "\"B=2 3\"", "C='x'"]);
    }
}
