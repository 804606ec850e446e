//! Sizes written out: for a file in its dialect, and for a reader.

use super::{Dialect, GIB, KIB, MIB};

const UNITS: [(u64, &str); 4] = [(1 << 40, "T"), (GIB, "G"), (MIB, "M"), (KIB, "K")];

impl Dialect {
    /// Writes `bytes` as people write it in this dialect: with the largest unit that divides it, else as a plain number
    /// (`2g`, `2gb`, `2Gi`, `2147483648`). MiB are rounded up.
    pub fn write(self, bytes: u64) -> String {
        match self {
            Self::Bytes => return bytes.to_string(),
            Self::Mebibytes => return bytes.div_ceil(MIB).to_string(),
            _ => {}
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
