//! What a size was probably meant to be, where its engine refuses it or reads something tiny.

use super::{Dialect, MIB, Size, go};

/// A reading of a size that its engine does not take as it was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The size in bytes.
    pub bytes: u64,
    /// The same size as the dialect spells it, with the digits that were written wherever they can stay.
    pub text: String,
    /// Whether this is the only sensible reading: `8Gi` for Docker can only be 8 GiB; a bare `8` may be anything.
    pub certain: bool,
}

/// The meaning of `text` that makes sense, where `dialect` refuses it or makes something tiny of it: a bare number below
/// 1 MiB, a fraction of a byte, a float that Compose takes for zero (pass what the engine read as `read`). Nothing where
/// the size works as written, or where no reading is better than another.
pub fn suggest(dialect: Dialect, text: &str, read: &Size) -> Option<Suggestion> {
    let (number, unit) = split(text.trim())?;
    let amount = go::parse_float(&number.replace(',', "."))
        .ok()
        .filter(|amount| amount.is_finite() && *amount > 0.0)?;
    let milli = dialect == Dialect::Kubernetes && unit == "m";
    let misread = match read {
        Size::Bytes(bytes) => milli || (unit.is_empty() && (1..MIB.cast_signed()).contains(bytes)),
        Size::Dropped | Size::Refused(_) => true,
        Size::Percent(_) | Size::Null | Size::Unknown => false,
    };
    if !misread {
        return None;
    }
    if unit.is_empty() {
        return bare(dialect, number, amount);
    }
    let letter = unit_letter(unit)?;
    let bytes = scaled(amount, letter)?;
    as_read(dialect, bytes, written(dialect, number, amount, letter), !number.contains(','))
}

/// What is suggested is what the engine then reads, which may round the other way.
fn as_read(dialect: Dialect, bytes: u64, text: String, certain: bool) -> Option<Suggestion> {
    let Size::Bytes(again) = dialect.read(&text) else { return None };
    let again = again.cast_unsigned();
    (again.abs_diff(bytes) <= 1).then_some(Suggestion { bytes: again, text, certain })
}

/// A number without a unit: large ones are bytes, small ones are GiB or MiB by their size.
fn bare(dialect: Dialect, number: &str, amount: f64) -> Option<Suggestion> {
    let in_bytes = scaled(amount, "")?;
    if in_bytes >= MIB {
        return as_read(dialect, in_bytes, in_bytes.to_string(), true);
    }
    // Nobody gives a container 64 GiB and more by a bare number, or less than 64 MiB: /dev/shm has that anyway.
    let letter = if amount < 64.0 { "G" } else { "M" };
    let bytes = scaled(amount, letter)?;
    as_read(dialect, bytes, written(dialect, number, amount, letter), false)
}

/// The size in `dialect`, with the digits as they were written where these are plain.
fn written(dialect: Dialect, number: &str, amount: f64, letter: &str) -> String {
    let whole = amount.fract() == 0.0;
    if dialect == Dialect::Mebibytes || (dialect == Dialect::TmpfsOption && !whole) {
        return scaled(amount, letter).map(|bytes| dialect.write(bytes)).unwrap_or_default();
    }
    let unit = match (letter, dialect) {
        ("", _) => String::new(),
        (_, Dialect::Kubernetes) => dialect.unit(letter),
        // Compose too takes `g` for `gb`.
        _ => letter.to_lowercase(),
    };
    let plain =
        number.bytes().all(|b| b.is_ascii_digit() || (b == b'.' && !whole)) && !number.starts_with('0');
    if plain { format!("{number}{unit}") } else { format!("{amount}{unit}") }
}

/// Splits a liberal spelling into the number and the unit: `2 GB`, `1,5g`, `2e9`, `64megabytes`.
fn split(text: &str) -> Option<(&str, &str)> {
    let mut end = text.rfind(|c: char| c.is_ascii_digit() || c == '.')? + 1;
    // In `1e9` the `e` belongs to the number, in `0x1f` the letters do: both are found by what they parse as.
    if go::parse_float(text).is_ok() {
        end = text.len();
    }
    let (number, unit) = text.split_at(end);
    Some((number, unit.trim()))
}

/// The capital letter of a unit in any spelling; nothing for bytes and for what is no unit of memory.
fn unit_letter(unit: &str) -> Option<&'static str> {
    let unit = unit.to_ascii_lowercase();
    let rest = |names: &[&str]| names.iter().any(|name| unit == *name);
    if rest(&["k", "kb", "ki", "kib", "kilobyte", "kilobytes", "kbytes"]) {
        Some("K")
    } else if rest(&["m", "mb", "mi", "mib", "megabyte", "megabytes", "mbytes", "meg"]) {
        Some("M")
    } else if rest(&["g", "gb", "gi", "gib", "gigabyte", "gigabytes", "gbytes", "gig", "gigs"]) {
        Some("G")
    } else if rest(&["t", "tb", "ti", "tib", "terabyte", "terabytes"]) {
        Some("T")
    } else if rest(&["b", "byte", "bytes"]) {
        Some("")
    } else {
        None
    }
}

/// `amount` units in whole bytes; nothing beyond 1 EiB, which is no size of memory.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn scaled(amount: f64, letter: &str) -> Option<u64> {
    let power = ["", "K", "M", "G", "T"].into_iter().position(|unit| unit == letter)?;
    let bytes = amount * 1024_f64.powi(i32::try_from(power).ok()?);
    (bytes >= 1.0 && bytes < 1024_f64.powi(6)).then_some(bytes as u64)
}
