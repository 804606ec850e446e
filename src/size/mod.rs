//! Sizes as people write them, read the way each engine reads them.
//!
//! The same text means different things: `2G` is 2 GiB to Docker and 2,000,000,000 bytes to Kubernetes, `2Gi` is an
//! error to Docker, `512m` is half a byte to Kubernetes. A [`Dialect`] reads a size as its engine does, says what was
//! probably meant ([`suggest`]) and writes sizes ([`Dialect::write`]).

mod go;
mod plain;
mod quantity;
mod suggest;
mod text;
mod tmpfs;

pub use plain::Style;
pub use suggest::{Suggestion, suggest};
pub use text::{HOLE, about, human, is_open};

/// One kibibyte in bytes.
pub const KIB: u64 = 1 << 10;
/// One mebibyte in bytes.
pub const MIB: u64 = 1 << 20;
/// One gibibyte in bytes.
pub const GIB: u64 = 1 << 30;

/// What an engine makes of a written size.
#[derive(Clone, Debug, PartialEq)]
pub enum Size {
    /// So many bytes. Zero and negative numbers are kept: [`Dialect::zero`] says what a zero means.
    Bytes(i64),
    /// So many percent of the machine's memory (a tmpfs mount option).
    Percent(u64),
    /// Accepted, and then taken for 0: Compose does this to a plain YAML float, timestamp or huge integer.
    Dropped,
    /// A YAML null: an error in a lone Compose file, and "leave the value below" in an override. No size in Kubernetes.
    Null,
    /// Not to be known: a variable or a placeholder stands there.
    Unknown,
    /// An error, in the engine's own words.
    Refused(String),
}

impl Size {
    /// The number of bytes that takes effect: nothing for zero, negative, relative, dropped and refused sizes.
    pub fn bytes(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => u64::try_from(*bytes).ok().filter(|&bytes| bytes > 0),
            _ => None,
        }
    }

    /// The engine's error.
    pub fn error(&self) -> Option<&str> {
        match self {
            Self::Refused(message) => Some(message),
            _ => None,
        }
    }
}

/// What a size of zero asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zero {
    /// The engine's default, 64 MiB with Docker.
    Default,
    /// No bound of its own.
    Unlimited,
}

/// Who reads the size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `docker run --shm-size`, `nerdctl run --shm-size`: go-units' `RAMInBytes`.
    Docker,
    /// `podman run --shm-size` and Quadlet's `ShmSize=`: as Docker, and `2Gi` passes too.
    Podman,
    /// A string in a Compose file; [`compose`] reads scalars with their YAML style.
    Compose,
    /// A Kubernetes quantity.
    Kubernetes,
    /// The `size=` option of a tmpfs mount (`--tmpfs /dev/shm:size=1g`), which the Linux kernel reads.
    TmpfsOption,
    /// `tmpfs-size=` of `docker run --mount type=tmpfs`.
    TmpfsSize,
    /// A bare number of MiB (`sharedMemorySize` of ECS and AWS Batch).
    Mebibytes,
}

impl Dialect {
    /// What the engine makes of `text`.
    pub fn read(self, text: &str) -> Size {
        match self {
            Self::Docker => or_refused(go::ram_in_bytes(text)),
            Self::Podman => podman(text),
            Self::Compose => compose_text(text),
            Self::Kubernetes => or_refused(quantity::parse(text)),
            Self::TmpfsOption => tmpfs::parse(text),
            Self::TmpfsSize => or_refused(
                go::ram_in_bytes(text).map_err(|_| format!("invalid value for tmpfs-size: {text}")),
            ),
            Self::Mebibytes => or_refused(mebibytes(text)),
        }
    }

    /// What the engine takes a zero for. Docker: seen with `df` in a running container; Podman: `podman run(1)`;
    /// Kubernetes: the kubelet bounds a memory `emptyDir` only by a limit above zero; tmpfs: tmpfs(5).
    pub fn zero(self) -> Zero {
        match self {
            Self::Docker | Self::Compose | Self::Mebibytes => Zero::Default,
            Self::Podman | Self::Kubernetes | Self::TmpfsOption | Self::TmpfsSize => Zero::Unlimited,
        }
    }
}

/// What Compose makes of a scalar in the file: `style` is how it is written, and `tag` its explicit YAML tag
/// (`!!str`, `!!float`, …), if any. A value that came out of `${…}` is [`Style::Quoted`], however it was written.
pub fn compose(text: &str, style: Style, tag: Option<&str>) -> Size {
    const WRONG_TYPE: &str = "must be a number or string";
    match plain::resolve(text, style, tag) {
        Ok(plain::PlainValue::Text) => compose_text(text),
        Ok(plain::PlainValue::Int(bytes)) => Size::Bytes(bytes),
        Ok(plain::PlainValue::Float(number)) if number.is_nan() => {
            Size::Refused("json: unsupported value: NaN".into())
        }
        Ok(plain::PlainValue::Float(number)) if number.is_infinite() => {
            Size::Refused(format!("json: unsupported value: {}Inf", if number < 0.0 { '-' } else { '+' }))
        }
        Ok(plain::PlainValue::Float(_) | plain::PlainValue::Timestamp) => Size::Dropped,
        Ok(plain::PlainValue::Null) => Size::Null,
        Ok(plain::PlainValue::Bool) => Size::Refused(WRONG_TYPE.into()),
        Err(message) => Size::Refused(message),
    }
}

/// What Kubernetes makes of a scalar in the file; parameters as for [`compose`]. Numbers of YAML become numbers of
/// JSON, which a quantity accepts: `1e9` and `0x10` are sizes here.
pub fn kubernetes(text: &str, style: Style, tag: Option<&str>) -> Size {
    match plain::resolve(text, style, tag) {
        Ok(plain::PlainValue::Text | plain::PlainValue::Timestamp) => Dialect::Kubernetes.read(text),
        Ok(plain::PlainValue::Int(bytes)) => Size::Bytes(bytes),
        Ok(plain::PlainValue::Float(number)) if number.is_finite() => {
            Size::Bytes(go::to_int64_capped(number))
        }
        Ok(plain::PlainValue::Null) => Size::Null,
        Ok(plain::PlainValue::Float(_) | plain::PlainValue::Bool) => {
            Size::Refused(quantity::FORMAT_WRONG.into())
        }
        Err(message) => Size::Refused(message),
    }
}

/// Reads a size given to shmlint itself, in Docker's spelling or, where Docker has none, in Kubernetes': `2g`, `2GB`,
/// `2Gi`, `2147483648`. The error says what would be understood.
pub fn parse_any(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let bytes = Dialect::Docker.read(text).bytes();
    let bytes = bytes.or_else(|| Dialect::Kubernetes.read(text).bytes());
    bytes.ok_or_else(|| format!("'{text}' is not a size above zero: write it like 2g, 512m or 2Gi"))
}

/// compose-go tries a plain integer first, so that `-1` and `+2` pass, and go-units after that.
fn compose_text(text: &str) -> Size {
    match text.parse::<i64>() {
        Ok(bytes) => Size::Bytes(bytes),
        Err(_) => or_refused(go::ram_in_bytes(text)),
    }
}

/// Podman 4.3.1 takes the `i` without its `B`, as go-units did before 0.5.
fn podman(text: &str) -> Size {
    let without_i =
        text.strip_suffix(['i', 'I']).filter(|rest| rest.ends_with(|unit: char| "kKmMgGtTpP".contains(unit)));
    or_refused(go::ram_in_bytes(without_i.unwrap_or(text)))
}

fn mebibytes(text: &str) -> Result<i64, String> {
    let number = text.trim().parse::<i64>().ok();
    number
        .and_then(|number| number.checked_mul(i64::try_from(MIB).ok()?))
        .ok_or_else(|| format!("a whole number is needed here, not '{text}'"))
}

fn or_refused(read: Result<i64, String>) -> Size {
    read.map_or_else(Size::Refused, Size::Bytes)
}

#[cfg(test)]
mod tests;
