//! Sizes written out: for a file in its dialect, and for a reader.

use super::{Dialect, GIB, KIB, MIB};

const UNITS: [(u64, &str); 4] = [(1 << 40, "T"), (GIB, "G"), (MIB, "M"), (KIB, "K")];

impl Dialect {
    /// `bytes` as somebody spelt them, with a unit, where this dialect reads that so; else as [`Dialect::write`] does.
    pub fn spell(self, bytes: u64, spelling: Option<&str>) -> String {
        let same = |spelling: &&str| {
            spelling.ends_with(|c: char| c.is_ascii_alphabetic())
                && self.read(spelling).bytes() == Some(bytes)
        };
        let same = spelling.filter(same);
        same.map_or_else(|| self.write(bytes), str::to_owned)
    }

    /// Writes `bytes` as people write it in this dialect: with the largest unit that divides it, else as a plain number
    /// (`2g`, `2gb`, `2Gi`, `2147483648`). MiB are rounded up.
    pub fn write(self, bytes: u64) -> String {
        if self == Self::Mebibytes {
            return bytes.div_ceil(MIB).to_string();
        }
        match UNITS.iter().find(|(unit, _)| bytes > 0 && bytes.is_multiple_of(*unit)) {
            Some((unit, letter)) => format!("{}{}", bytes / unit, self.unit(letter)),
            None => bytes.to_string(),
        }
    }

    /// How this dialect spells the unit with the capital `letter`: `K`, `M`, `G` or `T`.
    pub(super) fn unit(self, letter: &str) -> String {
        match self {
            Self::Kubernetes => format!("{letter}i"),
            Self::Compose => format!("{}b", letter.to_lowercase()),
            _ => letter.to_lowercase(),
        }
    }
}

/// `bytes` for a reader, with at most two decimals: `64 MiB`, `1.5 GiB`, `2 bytes`.
pub fn human(bytes: u64) -> String {
    let Some((unit, letter)) = UNITS.iter().find(|(unit, _)| bytes >= *unit) else {
        return if bytes == 1 { "1 byte".into() } else { format!("{bytes} bytes") };
    };
    let hundredths = (u128::from(bytes) * 100 + u128::from(*unit) / 2) / u128::from(*unit);
    if hundredths.is_multiple_of(100) {
        return format!("{} {letter}iB", hundredths / 100);
    }
    let number = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    format!("{} {letter}iB", number.trim_end_matches('0'))
}

/// About `bytes`, for a reader: three digits are enough.
pub fn about(bytes: u64) -> String {
    match human(bytes).split_once(' ') {
        Some((number, unit)) if number.len() > 4 && number.contains('.') => {
            let digits = number.find('.').map_or(0, |point| 3_usize.saturating_sub(point));
            number.parse::<f64>().map_or_else(|_| human(bytes), |number| format!("{number:.digits$} {unit}"))
        }
        _ => human(bytes),
    }
}

/// Stands in a text for a variable that is not known. A character that no configuration holds.
pub const HOLE: char = '\u{fffc}';

/// Whether a value, or a part of it, is to be filled in by something else: a variable of a shell, a template's action, a
/// placeholder of a document (`<size>`, `[8g]`, `SIZE`, `@SHM@`, `%SHM%`).
pub fn is_open(text: &str) -> bool {
    let placeholder = text.len() > 2 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let marks = ['$', '{', '<', '[', '`', '@', HOLE];
    placeholder || text.contains(marks) || text.contains("XX") || text.matches('%').count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_has_three_digits() {
        for (bytes, text) in [(64 << 20, "64 MiB"), (668_876_800, "638 MiB"), (1_814_000_000, "1.69 GiB")] {
            assert_eq!(about(bytes), text);
        }
        assert_eq!((about(13_700_000), about(1_073_000_000)), ("13.1 MiB".into(), "1023 MiB".into()));
    }

    #[test]
    fn placeholders_are_told_from_values() {
        for open in
            ["$X", "${X}g", "{{ shm }}", "<size>", "[8g]", "SIZE", "XXg", "@SHM@", "__SHM__", "%SHM%", "`x`"]
        {
            assert!(is_open(open), "{open}");
        }
        for value in ["", "8g", "8GB", "50%", "max", "2 gb", "0x10"] {
            assert!(!is_open(value), "{value}");
        }
    }
}
