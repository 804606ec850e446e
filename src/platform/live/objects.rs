//! The objects of a JSON document one by one: an array of them, a single one, or many one behind the other, as
//! `docker inspect` prints them in its several forms. A document of 50 MB is never held as one tree.

use crate::text::source::Span;

/// The spans of the outermost objects of a text, and where the text ends inside of one.
pub(super) struct Objects {
    /// Whole objects, in order.
    pub(super) spans: Vec<Span>,
    /// The byte at which an object begins that is never closed.
    pub(super) unclosed: Option<usize>,
}

/// Finds the objects: those at the top, or in arrays at the top.
pub(super) fn objects(text: &str) -> Objects {
    let bytes = text.as_bytes();
    let mut found = Objects { spans: Vec::new(), unclosed: None };
    let (mut at, mut depth, mut start) = (0, 0_usize, 0);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => at = string_end(bytes, at),
            b'{' => {
                if depth == 0 {
                    start = at;
                }
                depth += 1;
            }
            b'}' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    found.spans.push(Span::new(start, at + 1));
                }
            }
            _ => {}
        }
        at += 1;
    }
    found.unclosed = (depth > 0).then_some(start);
    found
}

/// The byte of the quote that ends the string whose opening quote is at `at`.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while let Some(found) = bytes.get(end..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        end += found;
        if bytes.get(end) == Some(&b'"') {
            return end;
        }
        end += 2;
    }
    bytes.len()
}

/// The span of the first entry of a key in an object, key and value, on the key's line; `at` is where the object begins in the
/// file. The object itself where there is none.
pub(super) fn entry(object: &str, at: usize, key: &str) -> Span {
    let quoted = format!("\"{key}\":");
    let Some(start) = memchr::memmem::find(object.as_bytes(), quoted.as_bytes()) else {
        return Span::at(at);
    };
    let rest = object.get(start..).unwrap_or_default();
    // What the value is, as far as its first line shows it.
    let end = rest.find([',', '\n', '}']).unwrap_or(rest.len());
    Span::new(at + start, at + start + rest.get(..end).unwrap_or_default().trim_end().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        objects(text).spans.into_iter().map(|span| span.of(text)).collect()
    }

    #[test]
    fn objects_are_found_in_every_form_that_engines_print() {
        assert_eq!(
            texts(r#"[{"a": {"b": []}}, {"c": "}\"{"}]"#),
            [r#"{"a": {"b": []}}"#, r#"{"c": "}\"{"}"#]
        );
        assert_eq!(texts("{\"a\": 1}\n{\"b\": 2}\n"), ["{\"a\": 1}", "{\"b\": 2}"]);
        assert_eq!(texts("[]\n"), [""; 0]);
        assert_eq!(texts("[\n]\n[{}]"), ["{}"]);
    }

    #[test]
    fn an_object_that_is_cut_off_is_told() {
        let cut = objects(r#"[{"a": 1}, {"b": {"c": "#);
        assert_eq!((cut.spans.len(), cut.unclosed), (1, Some(11)));
        assert_eq!(objects(r#"{"a": "x"#).unclosed, Some(0));
    }

    #[test]
    fn an_entry_is_found_by_its_key() {
        let object = "{\n  \"Name\": \"/x\",\n  \"ShmSize\": 67108864\n}";
        assert_eq!(entry(object, 0, "ShmSize").of(object), "\"ShmSize\": 67108864");
        assert_eq!(entry(object, 7, "None"), Span::at(7));
    }
}
