//! Kubernetes quantities: `2Gi`, `2G`, `1.5e9`, `400m`.
//!
//! Facts: k8s.io/apimachinery `pkg/api/resource/quantity.go` and `suffix.go`; a value is rounded up to whole bytes and
//! capped at the largest 64-bit number.

/// The error of a text that is no quantity at all.
pub(super) const FORMAT_WRONG: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_WRONG: &str = "unable to parse quantity's suffix";

/// Reads a quantity to whole bytes, rounded away from zero. The errors are Kubernetes' own.
pub(super) fn parse(text: &str) -> Result<i64, String> {
    if text.is_empty() {
        return Err(FORMAT_WRONG.into());
    }
    let (negative, unsigned) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or_default()),
        Some(b'+') => (false, text.get(1..).unwrap_or_default()),
        _ => (false, text),
    };
    let (whole, rest) = split_digits(unsigned);
    let (fraction, suffix) = rest.strip_prefix('.').map_or(("", rest), split_digits);
    let (scale, power) = read_suffix(suffix)?;
    let bytes = scaled(whole, fraction, scale, power);
    Ok(if negative { -bytes } else { bytes })
}

/// The digits at the start of `text`, and what follows.
fn split_digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// The base and the exponent that a suffix stands for.
fn read_suffix(suffix: &str) -> Result<(u32, i64), String> {
    let known = match suffix {
        "" => Some((10, 0)),
        "n" => Some((10, -9)),
        "u" => Some((10, -6)),
        "m" => Some((10, -3)),
        "k" => Some((10, 3)),
        "M" => Some((10, 6)),
        "G" => Some((10, 9)),
        "T" => Some((10, 12)),
        "P" => Some((10, 15)),
        "E" => Some((10, 18)),
        "Ki" => Some((2, 10)),
        "Mi" => Some((2, 20)),
        "Gi" => Some((2, 30)),
        "Ti" => Some((2, 40)),
        "Pi" => Some((2, 50)),
        "Ei" => Some((2, 60)),
        _ => None,
    };
    if let Some(known) = known {
        return Ok(known);
    }
    let letters = suffix.trim_start_matches(|c: char| "eEinumkKMGTP".contains(c));
    let digits = letters.strip_prefix(['+', '-']).unwrap_or(letters);
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(FORMAT_WRONG.into());
    }
    let exponent = suffix.strip_prefix(['e', 'E']).and_then(|exponent| exponent.parse::<i64>().ok());
    exponent.map(|exponent| (10, exponent)).ok_or_else(|| SUFFIX_WRONG.into())
}

/// `whole.fraction` times `base` to the `power`, rounded up and capped.
fn scaled(whole: &str, fraction: &str, base: u32, power: i64) -> i64 {
    let digits: String = whole.chars().chain(fraction.chars()).collect();
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return 0;
    }
    let (Ok(length), Ok(places)) = (i64::try_from(digits.len()), i64::try_from(fraction.len())) else {
        return i64::MAX;
    };
    let ten_power = if base == 10 { power.clamp(-1_000_000, 1_000_000) } else { 0 } - places;
    // The value lies below 10 to this power; a power of two adds at most nineteen digits.
    let magnitude = length.saturating_add(ten_power);
    if magnitude > 20 {
        return i64::MAX;
    }
    if magnitude < -19 {
        return 1;
    }
    // Twenty digits say it all; what is cut off can only make it a little larger, and it is rounded up anyway.
    let kept = digits.get(..digits.len().min(20)).unwrap_or_default();
    let cut = digits.len() - kept.len();
    let value = kept.parse::<u128>().unwrap_or(0) + u128::from(cut > 0);
    let power_of_two: u128 = if base == 2 { 1 << power } else { 1 };
    let ten_power = ten_power.saturating_add(i64::try_from(cut).unwrap_or(i64::MAX));
    // Below 10^20 times 2^60: this fits.
    let value = value * power_of_two;
    let ten = u32::try_from(ten_power.unsigned_abs()).ok().and_then(|power| 10_u128.checked_pow(power));
    let bytes = match ten {
        Some(ten) if ten_power >= 0 => value.saturating_mul(ten),
        Some(ten) => value.div_ceil(ten),
        None if ten_power >= 0 => u128::MAX,
        None => 1,
    };
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_to_the_byte() {
        for (text, bytes) in [
            ("2Gi", 2 << 30),
            ("2G", 2_000_000_000),
            ("1e9", 1_000_000_000),
            ("1E9", 1_000_000_000),
            ("1e+3", 1000),
            ("1.5Gi", 3 << 29),
            (".5Gi", 1 << 29),
            ("1.Gi", 1 << 30),
            ("400m", 1),
            ("1500m", 2),
            ("1n", 1),
            ("1e-30", 1),
            ("-1500m", -2),
            ("+2Mi", 2 << 20),
            ("0", 0),
            ("0Gi", 0),
            ("0.1Ki", 103),
            ("0.1Gi", 107_374_183),
            ("1e400", i64::MAX),
            ("99999999999Gi", i64::MAX),
            ("9223372036854775807", i64::MAX),
            ("00002Ki", 2048),
            ("0.000000000000000000000000000001Ei", 1),
            ("1.0000000000000000000000000000000000001k", 1001),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_kubernetes_refuses_is_refused_in_its_words() {
        for text in
            ["", "2g", "2gb", "2GB", "2GiB", "2Gib", " 2Gi", "2 Gi", "1.1.M", "max", "2_0Gi", "1e5x", "50%"]
        {
            assert_eq!(parse(text), Err(FORMAT_WRONG.into()), "{text}");
        }
        for text in ["2K", "2MM", "1i", "1e", "1Ge3"] {
            assert_eq!(parse(text), Err(SUFFIX_WRONG.into()), "{text}");
        }
    }
}
