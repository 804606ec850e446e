//! The list of containers for people.

use std::io::{self, Write};

use super::style::Look;
use crate::check::Listed;

/// Writes the list.
pub fn write(out: &mut dyn Write, listed: &[Listed], look: Look) -> io::Result<()> {
    let _ = look;
    super::json::write_list(out, listed)
}
