//! One line for each finding, for `grep` and for editors: `path:line:column: severity[rule] message`.

use std::io::{self, Write};

use super::style::clean;
use crate::container::finding::Finding;

/// Writes one line for each finding.
pub fn write(out: &mut dyn Write, findings: &[Finding]) -> io::Result<()> {
    for finding in findings {
        let start = finding.place.start();
        let (path, message) = (clean(finding.place.path()), clean(&finding.message));
        let (severity, rule) = (finding.severity.as_str(), finding.rule.name);
        writeln!(out, "{path}:{}:{}: {severity}[{rule}] {message}", start.line, start.column)?;
    }
    Ok(())
}
