//! One line for each finding, for `grep` and for editors: `path:line:column: severity[rule] message`.

use std::io::{self, Write};

use crate::finding::Finding;

/// Writes one line for each finding.
pub fn write(out: &mut dyn Write, findings: &[Finding]) -> io::Result<()> {
    for finding in findings {
        let start = finding.place.start();
        let (path, severity, rule) = (finding.place.path(), finding.severity.as_str(), finding.rule.name);
        writeln!(out, "{path}:{}:{}: {severity}[{rule}] {}", start.line, start.column, finding.message)?;
    }
    Ok(())
}
