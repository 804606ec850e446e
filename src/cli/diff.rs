//! `shmlint --diff`: shows what `--fix` would write, and writes nothing.

use super::inert::Syntax;
use super::job::Job;
use super::mend::Mended;
use super::outputs::to_stderr;
use super::status::{CLEAN, FINDINGS};
use crate::lint::parallel::shared_out;
use crate::report::{diff, plain};

/// How many files' diffs are made before they are written.
const PATCHES: usize = 1000;

/// Prints the diff on stdout and the rest on stderr. Gives the exit status.
pub(super) fn run(job: &Job<'_>) -> u8 {
    let mended = Mended::of(job);
    let mut failures = Vec::new();
    let files = mended.files(&job.input.disk);
    let printed = job.outputs.main(job.console, Syntax::Text, |out, look| {
        // Not all at once, so that the diffs of many files take no memory to speak of.
        for patches in files.chunks(PATCHES) {
            let texts = shared_out(patches, |(before, after)| {
                let mut text = Vec::new();
                diff::write(&mut text, before.path(), before, after, look).map(|()| text)
            });
            for text in texts {
                out.write_all(&text?)?;
            }
        }
        Ok(())
    });
    failures.extend(printed.err());
    if !job.console.is_quiet() {
        to_stderr(|out| plain::write(out, &mended.left.findings));
        if !mended.left.patches.is_empty() {
            job.console.say(&format!("Would fix {}", mended.told(&mended.left, files.len())));
        }
    }
    let status = job.end(&mended.left, &failures);
    let changes = if mended.left.patches.is_empty() || job.never_fails() { CLEAN } else { FINDINGS };
    status.max(changes)
}
