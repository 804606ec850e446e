//! The report for people.

use std::io::{self, Write};

use super::{View, plain};

/// Writes the report.
pub fn write(out: &mut dyn Write, view: &View<'_>) -> io::Result<()> {
    plain::write(out, &view.report.findings)
}
