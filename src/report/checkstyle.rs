//! Checkstyle XML, which older servers and reviewers read.

use std::io::{self, Write};

use super::View;
use super::junit::escaped;

/// Writes the report.
pub(super) fn write(out: &mut dyn Write, view: &View<'_>) -> io::Result<()> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">")?;
    for file in view.report.findings.chunk_by(|a, b| a.place.path() == b.place.path()) {
        let Some(first) = file.first() else { continue };
        writeln!(out, "  <file name=\"{}\">", escaped(&view.in_repository(first.place.path())))?;
        for finding in file {
            let start = finding.place.start();
            // Checkstyle has no notes.
            let severity = match finding.severity.as_str() {
                "note" => "info",
                severity => severity,
            };
            writeln!(
                out,
                "    <error line=\"{}\" column=\"{}\" severity=\"{severity}\" message=\"{}\" source=\"shmlint.{}\"/>",
                start.line,
                start.column,
                escaped(&finding.message),
                finding.rule.name,
            )?;
        }
        writeln!(out, "  </file>")?;
    }
    writeln!(out, "</checkstyle>")
}
