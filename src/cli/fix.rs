//! `shmlint --fix`: writes what can be fixed and reports what is left.

use super::fixed::Fixed;
use super::inert::Syntax;
use super::job::Job;
use super::outputs::{to_stderr, to_stdout};
use super::status::FINDINGS;
use crate::config::problem::Failure;
use crate::fix::fixes::Fixes;
use crate::fix::write::replace;
use crate::report::{View, write};

/// Writes every file that changes, but for standard input. The errors are sentences that name the files.
pub(super) fn write_files(job: &Job<'_>, fixed: &Fixed) -> Vec<String> {
    let mut failures = Vec::new();
    for (before, after) in fixed.files(&job.input.disk) {
        let from_stdin = job.input.stdin.as_ref().is_some_and(|stdin| stdin.path() == before.path());
        if from_stdin {
            continue;
        }
        if job.input.pipes.iter().any(|pipe| pipe.path() == before.path()) {
            failures.push(format!(
                "{}: a pipe cannot be fixed in place; pipe it into `shmlint --fix -`",
                before.path()
            ));
            continue;
        }
        let target = job.input.disk.target(before.path()).map_err(|error| error.to_string());
        if let Err(why) = target.and_then(|target| replace(before, &target, after.bytes())) {
            failures.push(format!("{}: {why}", before.path()));
        }
    }
    failures
}

/// Writes standard input, as it is after all fixes, to standard output; nothing where it was not read.
pub(super) fn write_stdin(job: &Job<'_>, fixed: &Fixed) -> Result<(), String> {
    let Some(stdin) = &job.input.stdin else { return Ok(()) };
    let patched = fixed.left.patches.iter().find(|(before, _)| before.path() == stdin.path());
    let text = patched.map_or(stdin, |(_, after)| after);
    to_stdout(Syntax::Raw, |out| out.write_all(text.bytes()))
}

/// Fixes. Gives the exit status.
pub(super) fn run(job: &Job<'_>) -> Result<u8, Failure> {
    let fixed = Fixed::of(job);
    let mut failures = write_files(job, &fixed);
    // What was not written is as it was: only another look tells what is left.
    let again = (!failures.is_empty()).then(|| job.lint(Fixes::All, Fixes::None));
    let left = again.as_ref().unwrap_or(&fixed.left);
    let written = fixed.left.patches.len() - failures.len().min(fixed.left.patches.len());
    let told = fixed.told(left, written);
    if job.input.stdin.is_none() {
        for (before, _) in fixed.files(&job.input.disk) {
            let is_written = !failures.iter().any(|failure| failure.starts_with(before.path()));
            is_written.then(|| job.console.say(&format!("Fixed {}", before.path())));
        }
    }
    let status = if job.input.stdin.is_some() {
        write_stdin(job, &fixed)?;
        // The fixed text has taken stdout, so what is left is told on stderr.
        let view = job.view(left, &told);
        failures.extend(job.outputs.write_files(job.console, &view));
        to_stderr(|out| write(job.outputs.main, out, &View { look: job.console.stderr(), ..view }));
        job.end(left, &failures)
    } else {
        job.finish(left, &told, failures)
    };
    Ok(if !told.is_empty() && job.args.exit_non_zero_on_fix { status.max(FINDINGS) } else { status })
}
