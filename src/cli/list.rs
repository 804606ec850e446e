//! `shmlint list`: every container that was found.

use super::args::{ListArgs, TextOrJson};
use super::config_args::settle;
use super::console::Console;
use super::job::Input;
use super::outputs::to_stdout;
use super::status::{CLEAN, FAILED};
use crate::config::problem::{ConfigProblem, Failure};
use crate::container::finding::Severity;
use crate::lint::check::Request;
use crate::report;

/// Lists what was found. Gives the exit status.
pub(super) fn run(args: &ListArgs, console: &Console) -> Result<u8, Failure> {
    let settled = settle(&args.input, None, console)?;
    let input = Input::new(&args.paths, &args.input, &settled)?;
    let request = Request { workloads: true, looked: console.is_verbose(), ..Request::default() };
    let report = input.lint(&settled, request, console);
    to_stdout(args.format.syntax(), |out| match args.format {
        TextOrJson::Json => report::json::write_list(out, &report.workloads),
        TextOrJson::Human => report::list::write(out, &report.workloads, console.stdout()),
    })?;
    // What cannot be read has no line in the list.
    for finding in report.findings.iter().filter(|finding| finding.rule.name == "unreadable-file") {
        console.show(&ConfigProblem::new(finding.place.clone(), finding.message.clone()), Severity::Warning);
    }
    for error in &report.errors {
        console.complain(error);
    }
    Ok(if report.errors.is_empty() { CLEAN } else { FAILED })
}
