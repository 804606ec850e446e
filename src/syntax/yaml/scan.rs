//! Looking over the text between nodes: blanks, line ends, comments, indicators.

/// The byte at `at`.
pub(super) fn byte(text: &str, at: usize) -> Option<u8> {
    text.as_bytes().get(at).copied()
}

/// Behind the spaces and tabs at `at`.
pub(super) fn skip_blanks(text: &str, mut at: usize) -> usize {
    while let Some(b' ' | b'\t') = byte(text, at) {
        at += 1;
    }
    at
}

/// The end of the line that `at` stands in, before its line break.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    at + memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())
}

/// The first byte of the line that `at` stands in.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    memchr::memrchr2(b'\n', b'\r', before).map_or(0, |end| end + 1)
}

/// Behind the line break at `at`, if one stands there.
pub(super) fn skip_break(text: &str, at: usize) -> usize {
    match (byte(text, at), byte(text, at + 1)) {
        (Some(b'\r'), Some(b'\n')) => at + 2,
        (Some(b'\r' | b'\n'), _) => at + 1,
        _ => at,
    }
}

/// The length of the line break that ends before `at`.
pub(super) fn break_before(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    if before.ends_with("\r\n") { 2 } else { usize::from(before.ends_with(['\n', '\r'])) }
}

/// Behind blanks, line breaks and comments: where the next thing is written.
pub(super) fn skip_space(text: &str, mut at: usize) -> usize {
    loop {
        match byte(text, at) {
            Some(b' ' | b'\t' | b'\r' | b'\n') => at += 1,
            Some(b'#') => at = line_end(text, at),
            _ => return at,
        }
    }
}

/// Behind the space, and the anchors and tags, at `at`.
pub(super) fn skip_properties(text: &str, mut at: usize) -> usize {
    loop {
        at = skip_space(text, at);
        match byte(text, at) {
            Some(b'&' | b'!') => at += word_len(text, at),
            _ => return at,
        }
    }
}

fn word_len(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    rest.iter().position(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).unwrap_or(rest.len())
}

/// Where the block scalar is announced whose `|` or `>` is the first one from `at` on, outside comments and properties.
pub(super) fn block_header(text: &str, mut at: usize) -> Option<usize> {
    loop {
        at = skip_properties(text, at);
        match byte(text, at)? {
            b'|' | b'>' => return Some(at),
            _ => at += 1,
        }
    }
}

/// Behind the blank lines that begin at the line start `at`.
pub(super) fn skip_blank_lines(text: &str, mut at: usize) -> usize {
    loop {
        let end = skip_blanks(text, at);
        let next = skip_break(text, end);
        if next == end {
            return if end == text.len() { end } else { at };
        }
        at = next;
    }
}
