//! JSON with comments as a located tree.
//!
//! JSON is YAML in flow style but for its comments, and for tabs, which YAML does not take everywhere. Both are blanked
//! out, byte for byte, so that every span of the tree is one of the file.

use crate::syntax::yaml::Yaml;

/// The tree of a text, and the text that it was read from, which is as long.
pub(super) fn parse(text: &str) -> (Yaml, String) {
    let blanked = blank(text);
    (Yaml::parse(&blanked), blanked)
}

/// The text with blanks for comments and tabs outside of strings.
fn blank(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        let length = match byte {
            b'"' => string(rest),
            b'/' if rest.starts_with(b"//") => memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
            b'/' if rest.starts_with(b"/*") => {
                memchr::memmem::find(rest, b"*/").map_or(rest.len(), |end| end + 2)
            }
            _ => 1,
        };
        let part = rest.get(..length).unwrap_or(rest);
        let kept = byte == b'"' || (part.len() == 1 && byte != b'\t');
        out.extend(part.iter().map(|&byte| if kept || byte == b'\n' || byte == b'\r' { byte } else { b' ' }));
        at += part.len();
    }
    // Comments are blanked whole, so that no character is cut.
    String::from_utf8(out).unwrap_or_default()
}

/// How long the string is that begins here, with its quotes.
fn string(rest: &[u8]) -> usize {
    let mut at = 1;
    while let Some(found) = rest.get(at..).and_then(|rest| memchr::memchr3(b'"', b'\\', b'\n', rest)) {
        match rest.get(at + found) {
            Some(b'\\') => at += found + 2,
            Some(b'"') => return at + found + 1,
            _ => return at + found,
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_tabs_go_and_places_stay() {
        let text = "{\n\t// \"é\"\n\t\"a\": \"x // y\\\" /* z\", /* c\n d */ \"b\": [1,],\n}";
        let (yaml, blanked) = parse(text);
        assert_eq!(blanked.len(), text.len());
        let root = yaml.root(&blanked).unwrap();
        assert_eq!(root.get("a").unwrap().str(), Some("x // y\" /* z"));
        assert_eq!(root.get("b").unwrap().items().count(), 1);
    }
}
