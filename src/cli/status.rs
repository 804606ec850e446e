//! Exit statuses.

/// Nothing at or above `--fail-on` is left.
pub const CLEAN: u8 = 0;
/// Something at or above `--fail-on` is left.
pub const FINDINGS: u8 = 1;
/// The run itself failed.
pub const FAILED: u8 = 2;
