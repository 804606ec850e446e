//! `shmlint check`: which of its modes is meant, and the plain one that only reports.

use super::args::CheckArgs;
use super::console::Console;
use super::inert::Syntax;
use super::job::Job;
use super::{baseline, diff, fix, suppress, watch};
use crate::config::problem::Failure;
use crate::fix::fixes::Fixes;
use crate::lint::report::Report;
use crate::report::style::clean;

/// Checks, and fixes where that is asked for. Gives the exit status.
pub(super) fn run(args: &CheckArgs, console: &Console) -> Result<u8, Failure> {
    if args.output.watch {
        return watch::run(args, console);
    }
    let job = Job::new(args, console)?;
    if args.output.show_files {
        return Ok(show_files(&job));
    }
    if args.diff {
        Ok(diff::run(&job))
    } else if args.suppress.write_baseline {
        baseline::run(&job)
    } else if args.suppress.add_suppressions.is_some() {
        suppress::run(&job)
    } else if args.fix {
        fix::run(&job)
    } else {
        Ok(once(&job))
    }
}

/// Checks and reports.
pub(super) fn once(job: &Job<'_>) -> u8 {
    let report = job.lint(job.outputs.shown_fixes(), Fixes::None);
    job.finish(&report, "", Vec::new())
}

/// Prints the files that are read.
fn show_files(job: &Job<'_>) -> u8 {
    let report = Report { findings: Vec::new(), ..job.lint(Fixes::None, Fixes::None) };
    let read = || report.looked.iter().filter(|looked| looked.read.is_ok());
    let printed = job.outputs.main(job.console, Syntax::Text, |out, _| {
        read().try_for_each(|looked| writeln!(out, "{}", clean(&looked.path)))
    });
    job.end(&report, printed.err().as_slice())
}
