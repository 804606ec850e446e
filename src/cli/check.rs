//! `shmlint check` and `shmlint list`.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Read, Write};
use std::sync::Arc;

use super::args::{CheckArgs, FailOn, Format, InputArgs, ListArgs};
use super::{CLEAN, FAILED, FINDINGS, complain};
use crate::files::{Disk, Files, MAX_SIZE, Overlay};
use crate::finding::{Edit, Finding, Safety};
use crate::fix::apply::{apply, sorted};
use crate::fix::write;
use crate::lint::{Lint, Report, Wanted};
use crate::options::Options;
use crate::report;
use crate::size::parse_any;
use crate::source::Source;

/// The name that standard input has in reports where none is given.
const STDIN: &str = "<stdin>";

/// Checks, and fixes where that is asked for.
pub(super) fn run(args: &CheckArgs) -> Result<u8, String> {
    let options = options(args)?;
    let format = args.format.unwrap_or(Format::Human);
    let fixes = args.fix || args.diff || format != Format::Plain;
    let wanted = Wanted { fixes, workloads: false };
    let input = Input::new(&args.paths, &args.input)?;
    let mut report = input.lint(&options, wanted, &args.input)?;
    let mut status = CLEAN;
    if args.diff || args.fix {
        let patches = patches(&report.findings, args.unsafe_fixes);
        if args.diff {
            return diff(&patches, &report, args.fail_on);
        }
        if let Some(stdin) = &input.stdin {
            let after =
                patches.values().next().map_or_else(|| stdin.bytes().to_vec(), |(_, after)| after.clone());
            print(|out| out.write_all(&after))?;
            return Ok(CLEAN);
        }
        let mut changed = 0;
        for (before, after) in patches.values() {
            let written = input.disk.target(before.path()).map_err(|error| error.to_string());
            match written.and_then(|target| write::replace(before, &target, after)) {
                Ok(()) => changed += 1,
                Err(why) => {
                    complain(&format!("{}: {why}", before.path()));
                    status = FAILED;
                }
            }
        }
        if changed > 0 {
            report = input.lint(&options, Wanted { fixes: false, workloads: false }, &args.input)?;
        }
        if changed > 0 && args.exit_non_zero_on_fix {
            status = status.max(FINDINGS);
        }
    }
    print(|out| match format {
        Format::Json => report::json::write(out, &report),
        Format::Human | Format::Plain => report::plain::write(out, &report.findings),
    })?;
    for error in &report.errors {
        complain(error);
        status = FAILED;
    }
    let fail_on = if args.exit_zero { FailOn::Never } else { args.fail_on };
    if report.findings.iter().any(|finding| fail_on.fails(finding.severity)) {
        status = status.max(FINDINGS);
    }
    Ok(status)
}

/// Lists what was found.
pub(super) fn list(args: &ListArgs) -> Result<u8, String> {
    let options = Options::default();
    let input = Input::new(&args.paths, &args.input)?;
    let report = input.lint(&options, Wanted { fixes: false, workloads: true }, &args.input)?;
    print(|out| report::json::write_list(out, &report.workloads))?;
    for error in &report.errors {
        complain(error);
    }
    Ok(if report.errors.is_empty() { CLEAN } else { FAILED })
}

/// Where a run reads from.
struct Input {
    disk: Disk,
    stdin: Option<Arc<Source>>,
    paths: Vec<String>,
}

impl Input {
    fn new(paths: &[String], args: &InputArgs) -> Result<Self, String> {
        let limit = match &args.max_file_size {
            Some(size) => parse_any(size).map_err(|error| format!("--max-file-size: {error}"))?,
            None => MAX_SIZE,
        };
        let mut paths = paths.to_vec();
        let mut stdin = None;
        if paths.iter().any(|path| path == "-") {
            let name = args.stdin_filename.clone().unwrap_or_else(|| STDIN.into());
            let mut bytes = Vec::new();
            io::stdin()
                .take(limit)
                .read_to_end(&mut bytes)
                .map_err(|error| format!("standard input: {error}"))?;
            for path in paths.iter_mut().filter(|path| *path == "-") {
                path.clone_from(&name);
            }
            stdin = Some(Source::new(name, bytes));
        }
        if paths.is_empty() {
            paths.push(".".into());
        }
        Ok(Self { disk: Disk::new(limit), stdin, paths })
    }

    fn lint(&self, options: &Options, wanted: Wanted, args: &InputArgs) -> Result<Report, String> {
        let mut overlay = Overlay::new(&self.disk);
        let files: &dyn Files = match &self.stdin {
            Some(source) => {
                overlay.lay(Arc::clone(source));
                &overlay
            }
            None => &self.disk,
        };
        Lint { files, options, wanted }.run(&args.walk(), &self.paths)
    }
}

fn options(args: &CheckArgs) -> Result<Options, String> {
    let mut options = Options { pedantic: args.pedantic, ..Options::default() };
    if let Some(size) = &args.size {
        options.size = parse_any(size).map_err(|error| format!("--size: {error}"))?;
        options.size_is_asked = true;
    }
    let known = |words: &[String]| -> Result<Vec<_>, String> {
        let find =
            |word: &String| crate::rules::find(word).ok_or_else(|| format!("no rule is called '{word}'"));
        words.iter().map(find).collect()
    };
    let (select, ignore) = (known(&args.select)?, known(&args.ignore)?);
    options.rules.retain(|(rule, _)| (select.is_empty() || select.contains(rule)) && !ignore.contains(rule));
    Ok(options)
}

/// The edited bytes of every file that the fixes touch, by path.
fn patches(findings: &[Finding], with_unsafe: bool) -> BTreeMap<String, (Arc<Source>, Vec<u8>)> {
    let mut edits: BTreeMap<String, Vec<Edit>> = BTreeMap::new();
    for fix in findings.iter().filter_map(|finding| finding.fix.as_ref()) {
        if fix.safety == Safety::Safe || with_unsafe {
            for edit in &fix.edits {
                edits.entry(edit.source.path().to_owned()).or_default().push(edit.clone());
            }
        }
    }
    let mut out = BTreeMap::new();
    for (path, edits) in edits {
        let edits = sorted(edits);
        if let Some(source) = edits.first().map(|edit| Arc::clone(&edit.source)) {
            let after = apply(&source, &edits);
            out.insert(path, (source, after));
        }
    }
    out
}

fn diff(
    patches: &BTreeMap<String, (Arc<Source>, Vec<u8>)>,
    report: &Report,
    fail_on: FailOn,
) -> Result<u8, String> {
    print(|out| {
        for (path, (before, after)) in patches {
            let after = String::from_utf8_lossy(after);
            let old: Vec<&str> = before.text().split_inclusive('\n').collect();
            let new: Vec<&str> = after.split_inclusive('\n').collect();
            let diff = similar::TextDiff::from_slices(&old, &new);
            write!(out, "{}", diff.unified_diff().header(&format!("a/{path}"), &format!("b/{path}")))?;
        }
        Ok(())
    })?;
    let left = report.findings.iter().any(|finding| fail_on.fails(finding.severity));
    Ok(if patches.is_empty() && !left { CLEAN } else { FINDINGS })
}

/// Writes to stdout; a reader that went away is no error.
fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), String> {
    let mut out = BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("standard output: {error}")),
        _ => Ok(()),
    }
}
