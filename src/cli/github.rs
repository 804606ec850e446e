//! The page of a step of a GitHub workflow.

use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use super::job::Job;
use super::outputs::to_stderr;
use crate::report::style::Look;
use crate::report::{Format, View, write};

/// Adds what annotations cannot hold: the report for people in the log, and a table with the diff on the step's page.
pub(super) fn tell(job: &Job<'_>, view: &View<'_>) -> Option<String> {
    if job.outputs.is_by_itself() {
        to_stderr(|out| write(Format::Human, out, &View { look: job.console.stderr(), ..*view }));
    }
    let page = env::var_os("GITHUB_STEP_SUMMARY").filter(|page| !page.is_empty())?;
    let page = Path::new(&page);
    let mut text = Vec::new();
    let view = View { look: Look::PLAIN, ..*view };
    write(Format::Markdown, &mut text, &view)
        .and_then(|()| OpenOptions::new().append(true).create(true).open(page)?.write_all(&text))
        .err()
        .map(|error| format!("{}: cannot be written: {error} ($GITHUB_STEP_SUMMARY)", page.display()))
}
