//! What every mode of `shmlint check` shares: where it reads, what it is asked, and how it ends.

use std::io;
use std::sync::Arc;

use super::args::{CheckArgs, FailOn, InputArgs};
use super::config_args::{fail_on, settle};
use super::console::Console;
use super::github;
use super::outputs::{Outputs, to_stderr};
use super::progress::Progress;
use super::status::{CLEAN, FAILED, FINDINGS};
use crate::config::Settled;
use crate::config::problem::Failure;
use crate::container::finding::Severity;
use crate::fix::fixes::Fixes;
use crate::lint::around::Surroundings;
use crate::lint::check::Request;
use crate::lint::report::Report;
use crate::lint::run::Lint;
use crate::report::human::summary::statistics;
use crate::report::{Format, View, count};
use crate::text::files::{Disk, Files, MAX_SIZE, Overlay};
use crate::text::open::{read_pipe, read_text};
use crate::text::source::Source;

/// The name that standard input has in reports where none is given.
const STDIN: &str = "<stdin>";

/// The names that standard input has on the command line.
const STDIN_PATHS: [&str; 4] = ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];

/// A check as it was asked for.
pub(super) struct Job<'a> {
    pub(super) args: &'a CheckArgs,
    pub(super) console: &'a Console,
    pub(super) settled: Settled,
    pub(super) input: Input,
    pub(super) outputs: Outputs,
    fail_on: FailOn,
}

impl<'a> Job<'a> {
    /// Reads what is to be known before any file is. The error is a sentence about an option.
    pub(super) fn new(args: &'a CheckArgs, console: &'a Console) -> Result<Self, Failure> {
        let settled = settle(&args.input, Some(args), console)?;
        let outputs = Outputs::new(&args.output)?;
        let baseline = args.suppress.write_baseline.then(|| settled.baseline_file());
        outputs.check_targets(&args.paths, baseline.as_deref())?;
        Ok(Self {
            args,
            console,
            input: Input::new(&args.paths, &args.input, &settled)?,
            outputs,
            fail_on: fail_on(args, &settled),
            settled,
        })
    }

    /// Looks at everything, proves fixes, and makes some.
    pub(super) fn lint(&self, prove: Fixes, make: Fixes) -> Report {
        let request = Request {
            prove,
            make,
            workloads: false,
            counts: self.outputs.counts(),
            looked: self.console.is_verbose() || self.args.output.show_files,
        };
        self.input.lint(&self.settled, request, self.console)
    }

    /// What a format is to show.
    pub(super) fn view<'r>(&'r self, report: &'r Report, fixed: &'r str) -> View<'r> {
        View {
            report,
            fixed,
            look: self.console.stdout(),
            unsafe_fixes: self.args.unsafe_fixes,
            quiet: self.console.is_quiet(),
            statistics: self.args.output.statistics,
            repository: &self.outputs.repository,
        }
    }

    /// Writes the reports, says what failed besides, and gives the exit status.
    pub(super) fn finish(&self, report: &Report, fixed: &str, mut failures: Vec<String>) -> u8 {
        let view = self.view(report, fixed);
        failures.extend(self.outputs.write(self.console, &view));
        if view.statistics && self.outputs.main != Format::Human {
            // What machines read has its shape; the counts are for whoever watches.
            let view = View { look: self.console.stderr(), ..view };
            to_stderr(|out| statistics(out, &view));
        }
        if self.outputs.main == Format::Github {
            failures.extend(github::tell(self, &view));
        }
        self.end(report, &failures)
    }

    /// Says what failed, and gives the exit status for what is left.
    pub(super) fn end(&self, report: &Report, failures: &[String]) -> u8 {
        for problem in self.settled.unused(&self.input.paths) {
            self.console.show(&problem, Severity::Warning);
        }
        for warning in &report.warnings {
            self.console.warn(warning);
        }
        let failed = !report.errors.is_empty() || !failures.is_empty();
        for message in report.errors.iter().chain(failures) {
            self.console.complain(message);
        }
        match failed {
            true => FAILED,
            false if self.is_bad(report) => FINDINGS,
            false => CLEAN,
        }
    }

    /// Whether a finding at or above `--fail-on` is there.
    pub(super) fn is_bad(&self, report: &Report) -> bool {
        report.findings.iter().any(|finding| self.fail_on.fails(finding.severity))
    }

    /// Whether findings are to make no difference to the exit status.
    pub(super) fn never_fails(&self) -> bool {
        self.fail_on == FailOn::Never
    }
}

/// As much as is read of what is piped in, which nobody meets by accident: ten thousand containers are 50 MB.
const MAX_STREAM: u64 = 512 << 20;

/// Where a run reads from.
pub(super) struct Input {
    pub(super) disk: Disk,
    pub(super) stdin: Option<Arc<Source>>,
    /// What was read from pipes that were named as files, which cannot be read twice.
    pub(super) pipes: Vec<Arc<Source>>,
    /// Whether nothing came over standard input, which whoever wrote the pipe wants to know.
    is_empty: bool,
    paths: Vec<String>,
}

impl Input {
    pub(super) fn new(paths: &[String], args: &InputArgs, settled: &Settled) -> Result<Self, String> {
        let limit = settled.max_file_size.unwrap_or(MAX_SIZE);
        let streamed = settled.max_file_size.unwrap_or(MAX_STREAM);
        let mut paths = paths.to_vec();
        let (mut stdin, mut pipes, mut is_empty) = (None, Vec::new(), false);
        for path in &mut paths {
            if STDIN_PATHS.contains(&path.as_str()) {
                *path = args.stdin_filename.clone().unwrap_or_else(|| STDIN.into());
                if stdin.is_none() {
                    let bytes = read_text(io::stdin().lock(), streamed);
                    let bytes = bytes.map_err(|error| format!("standard input: {error}"))?;
                    is_empty |= bytes.iter().all(u8::is_ascii_whitespace);
                    stdin = Some(Source::new(path.clone(), bytes));
                }
            } else if let Some(read) = read_pipe(path, streamed) {
                let bytes = read.map_err(|error| format!("{path}: {error}"))?;
                pipes.push(Source::new(path.clone(), bytes));
            }
        }
        if stdin.is_none() && args.stdin_filename.is_some() {
            return Err("--stdin-filename: standard input is read only where a path is `-`".into());
        }
        if paths.is_empty() {
            paths.push(".".into());
        }
        Ok(Self { disk: Disk::new(limit), stdin, pipes, is_empty, paths })
    }

    /// Looks at everything.
    pub(super) fn lint(&self, settled: &Settled, request: Request, console: &Console) -> Report {
        if self.is_empty {
            console.warn("standard input is empty");
        }
        let mut overlay = Overlay::new(&self.disk);
        self.stdin.iter().chain(&self.pipes).for_each(|source| overlay.lay(Arc::clone(source)));
        let laid = self.stdin.is_some() || !self.pipes.is_empty();
        let files: &dyn Files = if laid { &overlay } else { &self.disk };
        let progress = Progress::start(console);
        let reads = settled.options.programs.then_some(&settled.options.read);
        let around = &Surroundings::new(files, &settled.walk, reads);
        let lint = Lint { files, options: &settled.options, around, request, seen: &progress.seen };
        let report = lint.run(&settled.walk, &self.paths);
        drop(progress);
        if console.is_verbose() {
            tell(&report, console);
        }
        report
    }
}

/// Says what became of each file.
fn tell(report: &Report, console: &Console) {
    for looked in &report.looked {
        console.detail(&match looked.read {
            Ok(kind) => format!("{}: read as {kind}", looked.path),
            Err(why) => format!("{}: skipped, {why}", looked.path),
        });
    }
    let counts = report.counts;
    console.detail(&format!(
        "looked at {} and read {}: {}, {} with a GPU",
        count(counts.seen, "file"),
        counts.files,
        count(counts.workloads, "container"),
        counts.gpu_workloads
    ));
}
