//! `shmlint --add-suppressions`: writes a comment for every finding that hides it, and changes nothing else.

use super::fix;
use super::fixed::Fixed;
use super::job::Job;
use super::status::{CLEAN, FAILED, FINDINGS};
use crate::config::problem::Failure;
use crate::fix::fixes::Fixes;
use crate::report::count;

/// Writes the comments. Gives the exit status.
pub(super) fn run(job: &Job<'_>) -> Result<u8, Failure> {
    let fixed = Fixed::of(job);
    let failures = fix::write_files(job, &fixed);
    fix::write_stdin(job, &fixed)?;
    // What was not written is as it was: only another look tells what is left.
    let again = (!failures.is_empty()).then(|| job.lint(Fixes::All, Fixes::None));
    let left = again.as_ref().unwrap_or(&fixed.left);
    let hidden: usize = fixed.fixed(&left.findings).into_values().sum();
    let files = count(fixed.left.patches.len() - failures.len(), "file");
    job.console.say(&format!("Ignored {} in {files}", count(hidden, "finding")));
    for finding in &fixed.left.findings {
        let place = &finding.place;
        job.console.complain(&format!(
            "{}:{}: no comment that ignores {} can stand here and leave the rest as it is: use per-file-ignores or a baseline",
            place.path(),
            place.start().line,
            finding.rule.name,
        ));
    }
    for failure in fixed.left.errors.iter().chain(&failures) {
        job.console.complain(failure);
    }
    Ok(match () {
        () if !failures.is_empty() || !fixed.left.errors.is_empty() => FAILED,
        () if job.is_bad(&fixed.left) => FINDINGS,
        () => CLEAN,
    })
}
