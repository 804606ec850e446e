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

/// Finds the objects: those at the top, in arrays at the top, or under `items` of one at the top, as lists of Kubernetes have
/// them.
pub(super) fn objects(text: &str) -> Objects {
    let bytes = text.as_bytes();
    let mut found = Objects { spans: Vec::new(), unclosed: None };
    let (mut at, mut depth, mut start) = (0, 0_usize, 0);
    // Where the object begins whose items are being read.
    let (mut list, mut is_list) = (None, false);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let end = string_end(bytes, at);
                if depth == 1
                    && list.is_none()
                    && bytes.get(at..end) == Some(b"\"items")
                    && let Some(inside) = array_after(bytes, end + 1)
                {
                    (list, depth, at) = (Some(start), 0, inside);
                } else {
                    at = end;
                }
            }
            b'{' => {
                if depth == 0 {
                    start = at;
                }
                depth += 1;
            }
            b'}' if depth > 0 => {
                depth -= 1;
                if depth == 0 && !std::mem::take(&mut is_list) {
                    found.spans.push(Span::new(start, at + 1));
                }
            }
            // Behind its items a list has nothing of interest.
            b']' if depth == 0 => {
                if let Some(outer) = list.take() {
                    (depth, start, is_list) = (1, outer, true);
                }
            }
            _ => {}
        }
        at += 1;
    }
    found.unclosed =
        (depth > 0 || list.is_some()).then_some(if depth > 0 { start } else { list.unwrap_or(start) });
    found
}

/// The byte of the bracket with which a value begins that is an array; `at` is behind its key.
fn array_after(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let colon =
        rest.iter().position(|byte| !byte.is_ascii_whitespace()).filter(|at| rest.get(*at) == Some(&b':'))?;
    let value = rest.iter().skip(colon + 1).position(|byte| !byte.is_ascii_whitespace())? + colon + 1;
    (rest.get(value) == Some(&b'[')).then_some(at + value)
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
        let list = r#"{"kind": "List", "items": [{"a": [1]}, {"items": [{}]}], "metadata": {"x": 1}}"#;
        assert_eq!(texts(&format!("{list}{{}}")), [r#"{"a": [1]}"#, r#"{"items": [{}]}"#, "{}"]);
        assert_eq!(texts(r#"{"items": {"a": 1}}"#), [r#"{"items": {"a": 1}}"#]);
    }

    #[test]
    fn an_object_that_is_cut_off_is_told() {
        let cut = objects(r#"[{"a": 1}, {"b": {"c": "#);
        assert_eq!((cut.spans.len(), cut.unclosed), (1, Some(11)));
        assert_eq!(objects(r#"{"a": "x"#).unclosed, Some(0));
        assert_eq!(objects(r#"{"items": [{"a": 1}, {"#).unclosed, Some(21));
        assert_eq!(objects(r#"{"items": [{"a": 1}"#).unclosed, Some(0));
    }

    #[test]
    fn an_entry_is_found_by_its_key() {
        let object = "{\n  \"Name\": \"/x\",\n  \"ShmSize\": 67108864\n}";
        assert_eq!(entry(object, 0, "ShmSize").of(object), "\"ShmSize\": 67108864");
        assert_eq!(entry(object, 7, "None"), Span::at(7));
    }
}
