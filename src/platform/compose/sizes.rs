//! Sizes in the scalars of a service: what Compose makes of one, and where it can be written anew.

use crate::size::{self, Dialect, Size};
use crate::syntax::variables::{Filled, default_of};
use crate::syntax::yaml::{Node, ScalarStyle};
use crate::text::source::Span;

/// What Compose makes of a scalar of which all is known.
pub(super) fn read(node: Node<'_>, filled: &Filled<'_>) -> Size {
    let untouched = node.str() == Some(filled.text.as_ref());
    let plain = node.style() == Some(ScalarStyle::Plain) && untouched;
    if node.is_tagged("binary") {
        return Dialect::Compose.read(&base64(&filled.text).unwrap_or_default());
    }
    let style = if plain { size::Style::Plain } else { size::Style::Quoted };
    size::compose(&filled.text, style, node.tag().filter(|_| untouched))
}

pub(super) fn malformed(node: Node<'_>) -> Size {
    Size::Refused(format!("invalid interpolation format: {}", node.str().unwrap_or_default()))
}

/// The part of a value that is the size, and where it can be written anew: the default, where the value is a variable that
/// falls back to it; nowhere, where a variable gives it.
pub(super) fn literal<'a>(node: Node<'a>, filled: &Filled<'_>) -> (&'a str, Option<Span>) {
    let text = node.str().unwrap_or_default();
    if let (Some(range), Some(inner)) = (default_of(text), node.inner_span())
        && text.get(range.clone()) == Some(filled.text.as_ref())
    {
        let span = Span::new(inner.start + range.start, inner.start + range.end);
        return (text.get(range).unwrap_or_default(), Some(span));
    }
    (text, node.inner_span().filter(|_| !text.contains('$') || filled.malformed))
}

/// Where a part of a scalar is written, if it is written as it reads.
pub(super) fn within(node: Node<'_>, part: &str) -> Option<Span> {
    let inner = node.inner_span()?;
    let at = node.str()?.rfind(part)?;
    Some(Span::new(inner.start + at, inner.start + at + part.len()))
}

/// The text that a `!!binary` scalar stands for.
fn base64(text: &str) -> Option<String> {
    let (mut bits, mut have, mut out) = (0_u32, 0, Vec::new());
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(digit)) & 0xFFFF;
        have += 6;
        if have >= 8 {
            have -= 8;
            out.push(u8::try_from(bits >> have & 0xFF).ok()?);
        }
    }
    String::from_utf8(out).ok()
}
