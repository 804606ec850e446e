//! Between the protocol's words and shmlint's: places in a text, and files by their addresses.

use std::path::{Path, PathBuf};

use lsp_types::{Position, Range, Uri};

use crate::text::source::Span;

/// How a client counts columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum PositionEncoding {
    /// In units of UTF-16, unless the client agrees to something else.
    #[default]
    Utf16,
    /// In bytes.
    Utf8,
}

impl PositionEncoding {
    fn width(self, c: char) -> usize {
        match self {
            Self::Utf16 => c.len_utf16(),
            Self::Utf8 => c.len_utf8(),
        }
    }
}

/// A text with its lines.
pub(super) struct LineTable<'t> {
    text: &'t str,
    starts: Vec<usize>,
    encoding: PositionEncoding,
}

impl<'t> LineTable<'t> {
    pub(super) fn of(text: &'t str, encoding: PositionEncoding) -> Self {
        let behind = |(at, byte): (usize, u8)| {
            let is_end = match byte {
                b'\n' => true,
                // A lone carriage return ends a line in the protocol, too.
                b'\r' => text.as_bytes().get(at + 1) != Some(&b'\n'),
                _ => false,
            };
            is_end.then_some(at + 1)
        };
        let starts = std::iter::once(0).chain(text.bytes().enumerate().filter_map(behind)).collect();
        Self { text, starts, encoding }
    }

    /// The place of a byte; one beyond the text stands for its end.
    pub(super) fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let before = self.text.get(start..offset).unwrap_or_default();
        let column = before.chars().map(|c| self.encoding.width(c)).sum();
        Position { line: number(line), character: number(column) }
    }

    /// The byte at a place. A column beyond its line stands for the line's end, a line beyond the text for the text's.
    pub(super) fn offset(&self, place: Position) -> usize {
        let line = usize::try_from(place.line).unwrap_or(usize::MAX);
        let Some(&start) = self.starts.get(line) else { return self.text.len() };
        let end = self.starts.get(line.saturating_add(1)).copied().unwrap_or(self.text.len());
        let text = self.text.get(start..end).unwrap_or_default().trim_end_matches(['\r', '\n']);
        let mut left = usize::try_from(place.character).unwrap_or(usize::MAX);
        for (at, c) in text.char_indices() {
            if left == 0 {
                return start + at;
            }
            left = left.saturating_sub(self.encoding.width(c));
        }
        start + text.len()
    }

    pub(super) fn range(&self, span: Span) -> Range {
        Range { start: self.position(span.start), end: self.position(span.end) }
    }

    pub(super) fn span(&self, range: Range) -> Span {
        Span::new(self.offset(range.start), self.offset(range.end))
    }
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// The path of a file's address, seen from the working directory; nothing for what is no file (`untitled:`).
pub(super) fn path(uri: &Uri, folder: &Path) -> Option<String> {
    let path = plain(uri.as_str())?;
    let shown = Path::new(&path).strip_prefix(folder).ok().and_then(Path::to_str);
    Some(shown.map_or(path.clone(), str::to_owned))
}

/// The path in an address, with what stands for characters decoded.
pub(super) fn plain(uri: &str) -> Option<String> {
    let rest = uri.strip_prefix("file://")?;
    let rest = rest.strip_prefix("localhost").unwrap_or(rest);
    let mut bytes = Vec::with_capacity(rest.len());
    let mut left = rest.as_bytes();
    while let [first, tail @ ..] = left {
        let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let decoded =
            digits.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(decoded.unwrap_or(*first));
        left = if decoded.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    let path = String::from_utf8(bytes).ok()?;
    // `/c:/x` is `c:/x` on Windows.
    let drive = path.strip_prefix('/').filter(|rest| cfg!(windows) && rest.as_bytes().get(1) == Some(&b':'));
    Some(drive.map_or(path.clone(), str::to_owned))
}

/// The address of a path.
pub(super) fn uri(path: &str, folder: &Path) -> Option<Uri> {
    let whole: PathBuf = folder.join(path);
    let whole = whole.to_str()?.replace('\\', "/");
    let mut text = String::from(if whole.starts_with('/') { "file://" } else { "file:///" });
    for byte in whole.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~:".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn columns_are_counted_as_the_client_counts() {
        let text = "a\r\né𝄞x\ry";
        let utf16 = LineTable::of(text, PositionEncoding::Utf16);
        let at = text.find('x').unwrap();
        assert_eq!(utf16.position(at), Position { line: 1, character: 3 });
        assert_eq!(
            LineTable::of(text, PositionEncoding::Utf8).position(at),
            Position { line: 1, character: 6 }
        );
        assert_eq!(utf16.offset(Position { line: 1, character: 3 }), at);
        assert_eq!(utf16.offset(Position { line: 1, character: 99 }), at + 1);
        assert_eq!(utf16.position(text.len()), Position { line: 2, character: 1 });
        assert_eq!(utf16.offset(Position { line: 99, character: 0 }), text.len());
    }

    #[test]
    fn addresses_and_paths_lead_to_each_other() {
        let folder = Path::new("/home/me/a b");
        let address = uri("dir/é#1.yaml", folder).unwrap();
        assert_eq!(address.as_str(), "file:///home/me/a%20b/dir/%C3%A9%231.yaml");
        assert_eq!(path(&address, folder).as_deref(), Some("dir/é#1.yaml"));
        assert_eq!(path(&"file:///etc/x".parse().unwrap(), folder).as_deref(), Some("/etc/x"));
        assert_eq!(path(&"untitled:1".parse().unwrap(), folder), None);
    }

    proptest! {
        #[test]
        fn every_place_is_found_again(text in "[a-z\u{e9}\u{1d11e}\r\n]{0,40}", at in 0usize..60) {
            for encoding in [PositionEncoding::Utf8, PositionEncoding::Utf16] {
                let lines = LineTable::of(&text, encoding);
                let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
                let found = lines.offset(lines.position(at));
                // Between the two bytes of a line end there is no place.
                prop_assert!(found == at || text[found..at].chars().all(|c| c == '\r' || c == '\n'));
            }
        }
    }
}
