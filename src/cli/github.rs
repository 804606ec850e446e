//! What is different where GitHub runs us: the format of stdout, where paths start, and the page of the step.

use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use super::job::Job;
use super::outputs::to_stderr;
use crate::report::style::Look;
use crate::report::{Format, View, write};

/// Whether this is a step of a GitHub workflow.
pub(super) fn is_here() -> bool {
    env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// Where the working folder stands below the workspace, from which annotations count paths; empty where it is the
/// workspace, or elsewhere.
pub(super) fn workspace() -> String {
    let below = || {
        let root = Path::new(&env::var_os("GITHUB_WORKSPACE")?).canonicalize().ok()?;
        let folder = env::current_dir().ok()?.canonicalize().ok()?;
        Some(folder.strip_prefix(root).ok()?.to_string_lossy().replace('\\', "/"))
    };
    below().unwrap_or_default()
}

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
