//! What go-yaml takes a plain scalar for: an integer, a float, a date … or a string.
//!
//! The Go tools (Compose, kubectl) share this reader, which is half YAML 1.1: `020` is 16, `1_000` is 1000, `08` is a
//! float, `yes` is a string. Facts: yaml/go-yaml `resolve.go`, checked against compose-go's answers.

use super::go;

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes, straight from the file: its text decides its type.
    Plain,
    /// In quotes, a block scalar, or the result of an interpolation: a string.
    Quoted,
}

/// The type, and for numbers the value, of a scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum PlainValue {
    Int(i64),
    /// Also an integer beyond 64 bits with sign.
    Float(f64),
    Timestamp,
    Bool,
    Null,
    Text,
}

/// Finds the type of a scalar from its text, its style and its explicit tag. An error is a tag that does not fit.
pub(super) fn resolve(text: &str, style: Style, tag: Option<&str>) -> Result<PlainValue, String> {
    let tag = tag.and_then(core_tag);
    if matches!(tag, Some("str" | "binary")) || (tag.is_none() && style == Style::Quoted) {
        return Ok(PlainValue::Text);
    }
    let found = untagged(text, tag.is_none() || tag == Some("timestamp"));
    let name = match found {
        PlainValue::Int(_) => "int",
        PlainValue::Float(_) => "float",
        PlainValue::Timestamp => "timestamp",
        PlainValue::Bool => "bool",
        PlainValue::Null => "null",
        PlainValue::Text => "str",
    };
    match (tag, found) {
        (None, _) => Ok(found),
        (Some(tag), _) if tag == name => Ok(found),
        #[allow(clippy::cast_precision_loss, reason = "the number is only known to be a float")]
        (Some("float"), PlainValue::Int(number)) => Ok(PlainValue::Float(number as f64)),
        (Some(tag), _) => Err(format!("cannot construct !!{name} `{text}` as a !!{tag}")),
    }
}

/// The name of a tag of YAML's core types; other tags (`!foo`) leave a scalar as it is.
fn core_tag(tag: &str) -> Option<&'static str> {
    let name = tag.strip_prefix("!!").or_else(|| tag.strip_prefix("tag:yaml.org,2002:"))?;
    ["str", "binary", "int", "float", "bool", "null", "timestamp"].into_iter().find(|&core| core == name)
}

/// The type that the text alone gives.
fn untagged(text: &str, dates: bool) -> PlainValue {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return PlainValue::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => return PlainValue::Bool,
        ".nan" | ".NaN" | ".NAN" => return PlainValue::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return PlainValue::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return PlainValue::Float(f64::NEG_INFINITY),
        _ => {}
    }
    match text.as_bytes().first() {
        Some(b'.') => go::parse_float(text).map_or(PlainValue::Text, PlainValue::Float),
        Some(b'0'..=b'9' | b'+' | b'-') if dates && is_timestamp(text) => PlainValue::Timestamp,
        Some(b'0'..=b'9' | b'+' | b'-') => number(text),
        _ => PlainValue::Text,
    }
}

/// A text that starts like a number: underscores anywhere are dropped, as in YAML 1.1.
fn number(text: &str) -> PlainValue {
    let digits = text.replace('_', "");
    match integer(&digits) {
        // Compose and JSON alike have no use for an integer that does not fit: it goes the way of the floats.
        #[allow(clippy::cast_precision_loss, reason = "only its size matters")]
        Some(whole) => i64::try_from(whole).map_or(PlainValue::Float(whole as f64), PlainValue::Int),
        None if is_yaml_float(&digits) => {
            go::parse_float(&digits).map_or(PlainValue::Text, PlainValue::Float)
        }
        None => PlainValue::Text,
    }
}

/// An integer with Go's prefixes: `0x`, `0o`, `0b`, and a bare `0` for octal. Nothing beyond 64 bits.
fn integer(text: &str) -> Option<i128> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, text.get(1..)?),
        b'+' => (1, text.get(1..)?),
        _ => (1, text),
    };
    let prefixed = |prefix: &str| digits.get(..2).filter(|start| start.eq_ignore_ascii_case(prefix));
    let (radix, digits) = if prefixed("0x").is_some() {
        (16, digits.get(2..)?)
    } else if prefixed("0b").is_some() {
        (2, digits.get(2..)?)
    } else if prefixed("0o").is_some() {
        (8, digits.get(2..)?)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (8, digits.get(1..)?)
    } else {
        (10, digits)
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let whole = sign * i128::from(u64::from_str_radix(digits, radix).ok()?);
    (whole >= i128::from(i64::MIN)).then_some(whole)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_yaml_float(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mantissa = match (whole, fraction) {
        ("", fraction) => mantissa.starts_with('.') && digits(fraction),
        (whole, "") => digits(whole),
        (whole, fraction) => digits(whole) && digits(fraction),
    };
    mantissa && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

/// `2001-1-2`, alone or before a time of day that is set off by `T`, `t` or a space.
fn is_timestamp(text: &str) -> bool {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let mut part = |lengths: std::ops::RangeInclusive<usize>, values: std::ops::RangeInclusive<u32>| {
        parts.next().is_some_and(|part| {
            lengths.contains(&part.len())
                && part.bytes().all(|b| b.is_ascii_digit())
                && part.parse().is_ok_and(|number| values.contains(&number))
        })
    };
    let date = part(4..=4, 0..=9999) && part(1..=2, 1..=12) && part(1..=2, 1..=31) && parts.next().is_none();
    date && time
        .is_none_or(|time| time.starts_with(|c: char| c.is_ascii_digit()) && time.matches(':').count() >= 2)
}
