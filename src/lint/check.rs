//! One unit's way through the pipeline: read it, judge its workloads, and prove the fixes that are asked for.

use std::sync::Arc;

use crate::container::finding::Finding;
use crate::container::workload::{Shm, Verdict, Workload};
use crate::fix::apply::edited;
use crate::fix::prove::Fixes;
use crate::fix::prove::{self, Left, Patch};
use crate::lint::options::Options;
use crate::lint::suppress::{self, Ignores};
use crate::platform::kind::Unit;
use crate::platform::kind::{Context, Kind, Reading};
use crate::rules::case::Case;
use crate::rules::options::JudgeOptions;
use crate::rules::{self, unreadable_file};
use crate::text::source::Source;

/// What a run is to give.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Which findings come with a proven fix.
    pub fixes: Fixes,
    /// The workloads themselves.
    pub workloads: bool,
    /// What became of each file.
    pub looked: bool,
}

/// What one unit gives.
#[derive(Default)]
pub struct UnitReport {
    /// Its workloads, where they were asked for.
    pub listed: Vec<Listed>,
    /// What the rules say, not sorted; also what is suppressed.
    pub findings: Vec<Finding>,
    /// What it is once all its safe fixes are made, where that was asked for and no other look has to tell.
    pub mended: Option<Outcome>,
    /// The ignore comments of its files.
    pub ignores: Vec<Ignores>,
    /// The files that were read for it.
    pub sources: Vec<Arc<Source>>,
    /// How many workloads it has.
    pub workloads: usize,
    /// How many of them ask for a GPU.
    pub gpu_workloads: usize,
}

/// What becomes of a unit, or of all, by safe fixes.
#[derive(Default)]
pub struct Outcome {
    /// What the rules still say.
    pub findings: Vec<Finding>,
    /// The files that change.
    pub patches: Vec<Patch>,
}

/// A workload with what was judged of it.
pub struct Listed {
    /// The workload.
    pub workload: Workload,
    /// Whether it needs more than the default: `yes`, `no` or `unknown`.
    pub needs_shm: &'static str,
    /// The size to recommend, in bytes.
    pub recommended: u64,
    /// Why it is or is not reported.
    pub why: String,
}

/// Reads and judges units. Fixes are proven only where they are wanted: most reports print none.
///
/// Each sort of work is done for all of them before the next begins: its code does not fit into the processor's first cache
/// together with that of the others, and would have to be fetched for every unit anew.
pub fn check(units: &[Unit], context: &Context<'_>, options: &Options, wanted: Wanted) -> Vec<UnitReport> {
    units.iter().for_each(parse);
    let read = |unit: &Unit| {
        let reading = (unit.kind.read)(unit, context);
        let findings = rules::judge_all(&reading.workloads, &options.judge);
        (reading, findings)
    };
    let judged: Vec<_> = units.iter().map(read).collect();
    let judged = units.iter().zip(judged);
    judged
        .map(|(unit, (reading, findings))| report(unit, context, options, wanted, reading, findings))
        .collect()
}

/// Makes the trees of a unit's files, where its kind knows how.
fn parse(unit: &Unit) {
    let Some(projects) = unit.kind.in_projects else { return };
    unit.members.iter().filter_map(|member| member.source.as_deref()).for_each(projects.parse);
}

/// What is to be said of a unit: what is not hidden, with the fixes that are wanted.
fn report(
    unit: &Unit,
    context: &Context<'_>,
    options: &Options,
    wanted: Wanted,
    reading: Reading,
    mut findings: Vec<Vec<Finding>>,
) -> UnitReport {
    let problems = reading.problems.iter();
    let mut problems: Vec<Finding> =
        problems.filter_map(|problem| unreadable_file::finding(problem, &options.judge)).collect();
    let mut ignores = Vec::new();
    if options.suppressions {
        ignores = suppress::read(&reading.sources, unit.kind);
        suppress::hide(options, &reading, &mut findings, &mut problems, &ignores);
    }
    if !ignores.is_empty() {
        suppress::mark_used(options, &reading, &mut ignores);
    }
    let mut left = None;
    match &options.ignore_because {
        _ if wanted.fixes == Fixes::None => {}
        Some(reason) => suppress::add::comments(unit, context, options, &reading, &mut findings, reason),
        None => {
            left = prove::fixes(unit, context, &options.judge, &reading, &mut findings, wanted.fixes);
            for ignores in &mut ignores {
                let removals = ignores.removals();
                let same = |after: Reading| prove::same_meaning(&reading, &after);
                ignores.set_removable(prove::reread(unit, context, &removals).is_some_and(same));
            }
        }
    }
    let listed = if wanted.workloads { list(&reading, &findings, &options.judge) } else { Vec::new() };
    let mut flat: Vec<Finding> = findings.into_iter().flatten().collect();
    let containers = || reading.workloads.iter().filter(|workload| workload.same_as.is_none());
    // Findings hold their texts to the end of the run, but nobody reads these again.
    reading.sources.iter().for_each(|source| source.forget_parsed());
    // What else has a say in the findings is asked in another look at the edited texts.
    let left = left.filter(|_| problems.is_empty() && options.per_file_ignores.is_empty());
    flat.extend(problems);
    let settled = wanted.fixes != Fixes::None && ignores.is_empty();
    let mended = settled.then(|| once_mended(left, &flat, wanted.fixes)).flatten();
    UnitReport {
        listed,
        findings: flat,
        mended,
        ignores,
        workloads: containers().count(),
        gpu_workloads: containers().filter(|workload| workload.gpu.is_yes()).count(),
        sources: reading.sources,
    }
}

/// What a unit is once its safe fixes are made: as the proof left it, unless a further fix waits.
fn once_mended(left: Option<Left>, findings: &[Finding], fixes: Fixes) -> Option<Outcome> {
    if !findings.iter().any(Finding::is_fixed_safely) {
        let shown = findings.iter().filter(|finding| finding.suppressed.is_none());
        return Some(Outcome { findings: shown.cloned().collect(), patches: Vec::new() });
    }
    let Left { findings, patches } = left?;
    let findings: Vec<Finding> = findings.into_iter().flatten().collect();
    let waits = |finding: &Finding| finding.wanted.as_ref().is_some_and(|wanted| fixes.hold(wanted.safety));
    (!findings.iter().any(waits)).then_some(Outcome { findings, patches })
}

/// What a file gives that holds nothing for the rules: its ignore comments, if it has any, which can hide nothing.
pub fn check_comments(
    source: &Arc<Source>,
    kind: &Kind,
    options: &Options,
    wanted: Wanted,
) -> Option<UnitReport> {
    if !options.suppressions {
        return None;
    }
    let mut ignores = Ignores::of(source, kind)?;
    if wanted.fixes != Fixes::None {
        let removals = ignores.removals();
        let same =
            edited(&removals).iter().all(|(before, after, edits)| (kind.same_but_for)(before, after, edits));
        ignores.set_removable(same);
    }
    Some(UnitReport { ignores: vec![ignores], ..UnitReport::default() })
}

fn list(reading: &Reading, findings: &[Vec<Finding>], options: &JudgeOptions) -> Vec<Listed> {
    let unit = &reading.workloads;
    let judged = unit.iter().zip(findings);
    judged
        .map(|(workload, findings)| {
            let case = Case::new(workload, unit, options);
            Listed {
                needs_shm: case.needs_shm(),
                recommended: case.recommended(),
                why: why(workload, unit, findings),
                workload: workload.clone(),
            }
        })
        .collect()
}

/// Why a workload is or is not reported.
fn why(workload: &Workload, unit: &[Workload], findings: &[Finding]) -> String {
    if let Some(twin) = workload.same_as.and_then(|twin| unit.get(twin)) {
        return format!("judged at {}:{}", twin.place.path(), twin.place.start().line);
    }
    if let Some(finding) = findings.iter().find(|finding| finding.suppressed.is_none()) {
        return format!("{}: {}", finding.rule.name, finding.message);
    }
    if let Some(finding) = findings.first() {
        return format!("{} is ignored: {}", finding.rule.name, finding.message);
    }
    if workload.is_off {
        return "is commented out".into();
    }
    match (&workload.gpu.verdict, &workload.shm) {
        (Verdict::No, _) => "asks for no GPU".into(),
        (Verdict::Unknown(why), _) => format!("may have a GPU: {why}"),
        (Verdict::Yes, Shm::Unknown(why)) => format!("/dev/shm is not known: {why}"),
        (Verdict::Yes, Shm::Default { .. }) => "is known not to need more than the default".into(),
        (Verdict::Yes, _) => match workload.deciding() {
            Some(setting) => format!("set by {}", setting.text),
            None => String::new(),
        },
    }
}
