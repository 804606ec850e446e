//! `shmlint --write-baseline`: puts the findings of now into a file, so that only new ones are reported.

use std::path::Path;

use super::job::Job;
use super::status::{CLEAN, FAILED};
use crate::config::problem::Failure;
use crate::fix::fixes::Fixes;
use crate::fix::write::write;
use crate::lint::baseline;
use crate::report::count;

/// Writes the file. Gives the exit status.
pub(super) fn run(job: &Job<'_>) -> Result<u8, Failure> {
    let path = job.settled.baseline_file();
    let report = job.lint(Fixes::None, Fixes::None);
    for error in &report.errors {
        job.console.complain(error);
    }
    let shown = display(&path);
    let text = baseline::text(&path, &report.findings);
    write(&path, text.as_bytes()).map_err(|error| format!("{shown}: {error}"))?;
    let use_it = if path == Path::new(baseline::DEFAULT) {
        "runs in this directory hide them from now on".to_owned()
    } else {
        format!("hide them with `--baseline {shown}`, or `baseline = \"{shown}\"` in shmlint.toml")
    };
    job.console.say(&format!("Wrote {} to {shown}; {use_it}.", count(report.findings.len(), "finding")));
    Ok(if report.errors.is_empty() { CLEAN } else { FAILED })
}

/// The path as it would be typed here, where it lies below.
fn display(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    crate::text::paths::shown(path.strip_prefix(here).unwrap_or(path)).into_owned()
}
