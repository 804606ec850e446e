//! `shmlint check`: which of its modes is meant, and the plain one that only reports.

use super::args::CheckArgs;
use super::console::Console;
use super::job::Job;
use super::{diff, fix};

/// Checks, and fixes where that is asked for. Gives the exit status.
pub(super) fn run(args: &CheckArgs, console: &Console) -> Result<u8, String> {
    let job = Job::new(args, console)?;
    if args.diff {
        Ok(diff::run(&job))
    } else if args.fix {
        fix::run(&job)
    } else {
        let report = job.lint(job.outputs.show_fixes(), &[]);
        Ok(job.finish(&report, 0, Vec::new()))
    }
}
