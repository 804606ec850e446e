//! `shmlint --fix`: writes what can be fixed and reports what is left.

use std::collections::BTreeSet;

use super::FINDINGS;
use super::job::Job;
use super::mend::Mended;
use super::outputs::{to_stderr, to_stdout};
use crate::fix::write::replace;
use crate::report::{Format, View, write};

/// What came of writing.
pub(super) struct Written<'m> {
    /// Sentences that name the files which could not be written, and why.
    pub(super) failures: Vec<String>,
    /// Their paths.
    unwritten: BTreeSet<&'m str>,
    /// How many findings were mended in the files that were written.
    pub(super) fixed: usize,
}

/// Writes every file that changes, but for standard input.
pub(super) fn write_files<'m>(job: &Job<'_>, mended: &'m Mended) -> Written<'m> {
    let mut failures = Vec::new();
    let mut unwritten: BTreeSet<&str> = BTreeSet::new();
    for (before, after) in &mended.patches {
        let from_stdin = job.input.stdin.as_ref().is_some_and(|stdin| stdin.path() == before.path());
        if from_stdin {
            continue;
        }
        let target = job.input.disk.target(before.path()).map_err(|error| error.to_string());
        if let Err(why) = target.and_then(|target| replace(before, &target, after.bytes())) {
            failures.push(format!("{}: {why}", before.path()));
            unwritten.insert(before.path());
        }
    }
    let done = |paths: &[String]| paths.iter().all(|path| !unwritten.contains(path.as_str()));
    let fixed = mended.made.iter().filter(|(_, paths)| done(paths)).count();
    Written { failures, unwritten, fixed }
}

/// Fixes. Gives the exit status.
pub(super) fn run(job: &Job<'_>) -> Result<u8, String> {
    let mended = Mended::of(job);
    let Written { failures, unwritten, fixed } = write_files(job, &mended);
    // What was not written is as it was: only another look tells what is left.
    let left = if unwritten.is_empty() { mended.left } else { job.lint(true, &[]) };
    let status = if let Some(stdin) = &job.input.stdin {
        let patched = mended.patches.iter().find(|(before, _)| before.path() == stdin.path());
        let text = patched.map_or(stdin, |(_, after)| after);
        to_stdout(|out| out.write_all(text.bytes()))?;
        let view = View { look: job.console.stderr(), ..job.view(&left, fixed) };
        to_stderr(|out| write(Format::Human, out, &view));
        job.end(&left, &failures)
    } else {
        job.finish(&left, fixed, failures)
    };
    Ok(if fixed > 0 && job.args.exit_non_zero_on_fix { status.max(FINDINGS) } else { status })
}
