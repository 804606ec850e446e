//! Sizes as the Go programs read them: `strconv.ParseFloat` and go-units' `RAMInBytes`, with their error texts.
//!
//! Facts: pkg.go.dev/strconv#ParseFloat and docker/go-units `size.go` (0.5), checked against running engines.

/// Reads `text` as go-units' `RAMInBytes` does: a number up to the last digit, dot or space, then at most three
/// letters; every unit counts in powers of 1024. The error is go-units' own.
pub(super) fn ram_in_bytes(text: &str) -> Result<i64, String> {
    let invalid = || format!("invalid size: '{text}'");
    let split = text.rfind(|c: char| c.is_ascii_digit() || c == '.' || c == ' ').ok_or_else(invalid)?;
    // All three sorts of character are one byte long.
    let (mut number, suffix) = text.split_at(split + 1);
    number = number.strip_suffix(' ').unwrap_or(number);
    let size = parse_float(number)?;
    if size < 0.0 {
        return Err(invalid());
    }
    Ok(to_int64(size * unit(suffix)?))
}

/// The factor that a suffix stands for.
fn unit(suffix: &str) -> Result<f64, String> {
    if suffix.len() > 3 {
        return Err(format!("invalid suffix: '{suffix}'"));
    }
    let suffix = suffix.to_lowercase();
    let (power, rest) = match suffix.as_bytes() {
        [] | [b'b'] => (0, [].as_slice()),
        [b'k', rest @ ..] => (1, rest),
        [b'm', rest @ ..] => (2, rest),
        [b'g', rest @ ..] => (3, rest),
        [b't', rest @ ..] => (4, rest),
        [b'p', rest @ ..] => (5, rest),
        _ => return Err(format!("invalid suffix: '{suffix}'")),
    };
    match rest {
        [] | b"b" | b"ib" => Ok(1024_f64.powi(power)),
        _ => Err(format!("invalid suffix: '{suffix}'")),
    }
}

/// Go's conversion of a float to `int64` on amd64: whatever does not fit becomes the smallest number.
#[allow(clippy::cast_possible_truncation, reason = "the range is checked, and the fraction is meant to go")]
fn to_int64(number: f64) -> i64 {
    const BOUND: f64 = 9_223_372_036_854_775_808.0;
    if (-BOUND..BOUND).contains(&number) { number as i64 } else { i64::MIN }
}

/// Rounds up to whole bytes, and caps at the largest number, as a Kubernetes quantity does.
#[allow(clippy::cast_possible_truncation, reason = "`as` saturates, which is meant")]
pub(super) fn to_int64_capped(number: f64) -> i64 {
    if number < 0.0 { number.floor() as i64 } else { number.ceil() as i64 }
}

/// Go's `strconv.ParseFloat(text, 64)`: decimal and hexadecimal numbers, `inf`, `nan`, and `_` between digits.
pub(super) fn parse_float(text: &str) -> Result<f64, String> {
    let failed = |why: &str| format!("strconv.ParseFloat: parsing {}: {why}", quoted(text));
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or_default()),
        Some(b'+') => (false, text.get(1..).unwrap_or_default()),
        _ => (false, text),
    };
    let signed = |number: f64| if negative { -number } else { number };
    if digits.eq_ignore_ascii_case("inf") || digits.eq_ignore_ascii_case("infinity") {
        return Ok(signed(f64::INFINITY));
    }
    if text.eq_ignore_ascii_case("nan") {
        return Ok(f64::NAN);
    }
    let hex = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let without = without_underscores(hex.unwrap_or(digits), hex.is_some());
    let number = without.and_then(|digits| if hex.is_some() { hex_float(&digits) } else { decimal(&digits) });
    match number {
        None => Err(failed("invalid syntax")),
        Some(number) if number.is_infinite() => Err(failed("value out of range")),
        Some(number) => Ok(signed(number)),
    }
}

/// Takes out single underscores between digits (in a hexadecimal number also right behind the prefix); nothing where
/// one stands elsewhere.
fn without_underscores(text: &str, hex: bool) -> Option<String> {
    let mut digits = String::with_capacity(text.len());
    let mut after_digit = hex;
    let mut open = false;
    for c in text.chars() {
        let digit = if hex { c.is_ascii_hexdigit() } else { c.is_ascii_digit() };
        match c {
            '_' if after_digit => (open, after_digit) = (true, false),
            '_' => return None,
            _ if open && !digit => return None,
            _ => {
                digits.push(c);
                (open, after_digit) = (false, digit);
            }
        }
    }
    (!open).then_some(digits)
}

/// A decimal number without sign: digits with at most one dot, and an exponent.
fn decimal(text: &str) -> Option<f64> {
    let starts = text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    // Rust's grammar is Go's from here on, but for the words and the sign that `starts` keeps out.
    if starts { text.parse().ok() } else { None }
}

/// The part of a hexadecimal number behind `0x`: digits with at most one dot, then `p` and a decimal exponent of two.
fn hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if unsigned.is_empty() || !unsigned.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let exponent =
        exponent.parse::<i64>().unwrap_or(if exponent.starts_with('-') { -100_000 } else { 100_000 });
    let mut value: u64 = 0;
    let mut shift: i64 = 0;
    for (digit, scale) in whole.chars().map(|c| (c, 0)).chain(fraction.chars().map(|c| (c, -4))) {
        let digit = u64::from(digit.to_digit(16)?);
        shift += scale;
        if value >> 59 == 0 {
            value = value << 4 | digit;
        } else {
            // Beyond 59 bits a digit can only decide a tie: the last bit remembers that there was something.
            value |= u64::from(digit != 0);
            shift += 4;
        }
    }
    let power = i32::try_from((exponent + shift).clamp(-2_040, 2_040)).ok()?;
    #[allow(clippy::cast_precision_loss, reason = "rounding to nearest is what is wanted here")]
    let value = value as f64;
    // In two steps, since 2 to a power below -1022 alone would be rounded to nothing.
    Some(value * 2_f64.powi(power / 2) * 2_f64.powi(power - power / 2))
}

/// `text` in quotes, as Go's `strconv.Quote` shows it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_control() => quoted.extend(c.escape_default()),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_read_as_go_reads_them() {
        for (text, number) in [
            ("1_000", 1000.0),
            ("1_0.5_0", 10.5),
            ("0x1p4", 16.0),
            ("0x_1p4", 16.0),
            ("0X1.8P1", 3.0),
            ("0x10000000000000000p0", 18_446_744_073_709_551_616.0),
            ("0x1p-2", 0.25),
            (".5", 0.5),
            ("1.", 1.0),
            ("+2e3", 2000.0),
            ("-0", 0.0),
            ("1e-400", 0.0),
            ("0x0p99999999999999999999", 0.0),
        ] {
            assert_eq!(parse_float(text), Ok(number), "{text}");
        }
        assert!(parse_float("nan").is_ok_and(f64::is_nan));
        assert_eq!(parse_float("-Inf"), Ok(f64::NEG_INFINITY));
    }

    #[test]
    fn what_go_refuses_is_refused_in_its_words() {
        for text in
            ["", "+", ".", "1__0", "_1", "1_", "1_.0", "0x10", "0x", "0xp1", "0x1p", "1e", "+nan", "++1", "١"]
        {
            assert_eq!(
                parse_float(text),
                Err(format!("strconv.ParseFloat: parsing {text:?}: invalid syntax"))
            );
        }
        let far = "strconv.ParseFloat: parsing \"1e400\": value out of range";
        assert_eq!(parse_float("1e400"), Err(far.to_owned()));
        assert!(parse_float("0x1p5000").is_err_and(|error| error.ends_with("value out of range")));
    }

    #[test]
    fn words_before_a_space_are_numbers_too() {
        assert_eq!(ram_in_bytes("inf g"), Ok(i64::MIN));
        assert_eq!(ram_in_bytes("nan "), Ok(i64::MIN));
        assert_eq!(ram_in_bytes("-1"), Err("invalid size: '-1'".into()));
    }
}
