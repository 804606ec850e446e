//! `shmlint --add-suppressions`: writes a comment for every finding that hides it, and changes nothing else.

use super::job::Job;
use super::mend::Mended;
use super::outputs::to_stdout;
use super::{CLEAN, FAILED, FINDINGS, fix};
use crate::report::count;

/// Writes the comments. Gives the exit status.
pub(super) fn run(job: &Job<'_>) -> Result<u8, String> {
    let mended = Mended::of(job);
    let written = fix::write_files(job, &mended);
    if let Some(stdin) = &job.input.stdin {
        let patched = mended.patches.iter().find(|(before, _)| before.path() == stdin.path());
        let text = patched.map_or(stdin, |(_, after)| after);
        to_stdout(|out| out.write_all(text.bytes()))?;
    }
    let files = count(mended.patches.len() - written.failures.len(), "file");
    job.console.say(&format!("Ignored {} in {files}", count(written.fixed, "finding")));
    for finding in &mended.left.findings {
        let place = &finding.place;
        job.console.complain(&format!(
            "{}:{}: no comment that ignores {} can stand here and leave the rest as it is: use per-file-ignores or a baseline",
            place.path(),
            place.start().line,
            finding.rule.name,
        ));
    }
    for failure in mended.left.errors.iter().chain(&written.failures) {
        job.console.complain(failure);
    }
    Ok(match () {
        () if !written.failures.is_empty() || !mended.left.errors.is_empty() => FAILED,
        () if job.is_bad(&mended.left) => FINDINGS,
        () => CLEAN,
    })
}
