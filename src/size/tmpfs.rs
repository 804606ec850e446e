//! The `size=` option of a tmpfs mount, as the Linux kernel reads it.
//!
//! Facts: tmpfs(5); `memparse` in the kernel's `lib/cmdline.c` (one letter k m g t p e in either case, powers of 1024;
//! a leading `0x` or `0` as in C) and `shmem_parse_one` in `mm/shmem.c` (a `%` of the machine's memory).

use super::Size;

/// Reads `1g`, `256m`, `1048576`, `50%`. Zero means no bound.
pub(super) fn parse(text: &str) -> Size {
    let refused = || Size::Refused(format!("tmpfs: Bad value for 'size': '{text}'"));
    let (radix, digits) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, text.get(2..).unwrap_or_default()),
        [b'0', b'0'..=b'9', ..] => (8, text.get(1..).unwrap_or_default()),
        _ => (10, text),
    };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let (number, suffix) = digits.split_at(end);
    let Ok(number) = u64::from_str_radix(number, radix) else { return refused() };
    let shift = match suffix.to_ascii_lowercase().as_str() {
        "" => 0,
        "%" => return Size::Percent(number),
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        "p" => 50,
        "e" => 60,
        _ => return refused(),
    };
    let bytes = i64::try_from(u128::from(number) << shift);
    bytes.map_or_else(|_| refused(), Size::Bytes)
}
