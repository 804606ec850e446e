//! One unit's way through the pipeline: read, judge, propose, prove, and what is left once the fixes are made that a run is
//! to make.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::container::finding::{Finding, NeedReport};
use crate::container::workload::{GpuVerdict, Shm, Workload};
use crate::fix::apply::edited;
use crate::fix::choose::patches;
use crate::fix::fixes::{fixes, wants_more};
use crate::fix::prove::{Patch, State};
use crate::lint::options::Options;
use crate::lint::suppress::{self, Ignores};
use crate::need::around::Around;
use crate::platform::kind::{Context, Kind, Unit};
use crate::rules::case::Case;
use crate::rules::options::JudgeOptions;
use crate::rules::unreadable_file;
use crate::text::files::Overlay;
use crate::text::place::shed;
use crate::text::source::{Source, Span};

pub use crate::fix::fixes::Fixes;

/// How often the edited texts are looked at again. Fixes that overlap wait for the next round; real files need two.
const ROUNDS: usize = 8;

/// What a run is to give.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request {
    /// Which findings come with a proven fix.
    pub prove: Fixes,
    /// Which fixes are made: the report then tells what is left, and which files change.
    pub make: Fixes,
    /// The workloads themselves.
    pub workloads: bool,
    /// How many workloads there are, also in files that ask for no GPU and say nothing of `/dev/shm`.
    pub counts: bool,
    /// What became of each file.
    pub looked: bool,
}

/// What one unit gives.
#[derive(Default)]
pub struct Checked {
    /// Its workloads, where they were asked for.
    pub listed: Vec<Listed>,
    /// What the rules say once all is made that is to be made, by place; also what is suppressed.
    pub findings: Vec<Finding>,
    /// What was found before anything was made: what tells each from others, and its rule. Only where something is made.
    pub found: Vec<(u64, &'static str)>,
    /// The files that change.
    pub patches: Vec<Patch>,
    /// The files that were read for it and may be edited.
    pub files: Vec<String>,
    /// How many workloads it has.
    pub workloads: usize,
    /// How many of them ask for a GPU.
    pub gpu_workloads: usize,
}

/// A workload with what was judged of it.
pub struct Listed {
    /// The workload.
    pub workload: Workload,
    /// Whether it needs more than the default: `yes`, `no` or `unknown`.
    pub needs_shm: &'static str,
    /// The size to recommend, in bytes.
    pub recommended: u64,
    /// What is known of its need.
    pub need: NeedReport,
    /// Why it is or is not reported.
    pub why: String,
}

impl Listed {
    /// Everything that it says of files.
    fn places(&mut self) -> impl Iterator<Item = (&mut Arc<Source>, Span)> {
        self.workload.places().chain(self.need.places())
    }
}

/// Reads and judges a unit, and goes on with the edited texts as long as there are fixes to make. Fixes are proven only where
/// they are wanted: most reports print none.
pub fn check(unit: &Unit, context: &Context<'_>, options: &Options, request: Request) -> Checked {
    let mut checked = Checked::default();
    let mut overlay = Overlay::new(context.files);
    let mut state = State::of(unit.clone(), context, &options.judge);
    if context.around.is_missed() {
        return checked;
    }
    for round in 0.. {
        let context = Context { files: &overlay, ..*context };
        let (findings, after) = told(&mut state, &context, options, request);
        let chosen = match request.make {
            Fixes::None => Vec::new(),
            make => patches(&findings, make == Fixes::All),
        };
        if round == 0 && request.make != Fixes::None {
            let shown = findings.iter().filter(|finding| finding.suppressed.is_none());
            checked.found = shown.map(|finding| (key(finding), finding.rule.code)).collect();
        }
        if chosen.is_empty() || round == ROUNDS {
            checked.fill(&state, findings, &context, options, request);
            break;
        }
        // The proof has read what comes of it already, unless a fix waits for another.
        let same = |after: &State| texts(&after.patches).eq(texts(&chosen));
        state = match after {
            // What is left may have other places, which somebody has to write into.
            Some(after) if same(&after) && !wants_more(&after, request.prove) => after,
            _ => state.patched(chosen, &context, &options.judge),
        };
        for (before, after) in std::mem::take(&mut state.patches) {
            overlay.lay(Arc::clone(&after));
            match checked.patches.iter_mut().find(|(first, _)| first.path() == before.path()) {
                Some((_, last)) => *last = after,
                None => checked.patches.push((before, after)),
            }
        }
    }
    checked
}

/// What patches make of files.
fn texts(patches: &[Patch]) -> impl Iterator<Item = (&str, &[u8])> {
    patches.iter().map(|(_, after)| (after.path(), after.bytes()))
}

/// What is to be said of a state, with the fixes that are wanted, and the state once all safe ones are made, where a proof
/// has read it.
fn told(
    state: &mut State,
    context: &Context<'_>,
    options: &Options,
    request: Request,
) -> (Vec<Finding>, Option<State>) {
    let problems = state.reading.problems.iter();
    let mut others: Vec<Finding> =
        problems.filter_map(|problem| unreadable_file::finding(problem, &options.judge)).collect();
    let mut ignores = Vec::new();
    if options.suppressions {
        ignores = suppress::read(&state.reading.sources, state.unit.kind);
        suppress::hide(options, &state.reading, &mut state.findings, &mut others, &ignores);
    }
    if !ignores.is_empty() {
        suppress::mark_used(options, context.around, &state.reading, &mut ignores);
    }
    let mut after = None;
    match &options.ignore_because {
        _ if request.prove == Fixes::None => {}
        Some(reason) => suppress::add::comments(state, context, options, reason),
        None => {
            after = fixes(state, context, &options.judge, request.prove);
            // Nobody goes on with what is not made.
            after.take_if(|_| request.make == Fixes::None);
            suppress::prove_removals(&mut ignores, state, context, options);
        }
    }
    others.extend(suppress::unused(&mut ignores, options));
    if request.workloads || request.make != Fixes::None {
        others.extend(state.findings.iter().flatten().cloned());
    } else {
        others.extend(state.findings.iter_mut().flat_map(std::mem::take));
    }
    let mut findings = in_order(others);
    if let Some(baseline) = options.baseline.as_ref().filter(|_| options.suppressions) {
        baseline.hide(&mut findings);
    }
    (findings, after)
}

/// What a file gives that holds nothing for the rules: its ignore comments, if it has any, which can hide nothing.
pub fn check_comments(
    source: &Arc<Source>,
    kind: &Kind,
    options: &Options,
    request: Request,
) -> Option<Checked> {
    let told = |source: &Arc<Source>| {
        let mut ignores = Ignores::of(source, kind).filter(|_| options.suppressions)?;
        if request.prove != Fixes::None {
            let edited = edited(&ignores.removals());
            let same = edited.iter().all(|(before, after, edits)| (kind.same_but_for)(before, after, edits));
            ignores.set_removable(same);
        }
        Some(in_order(suppress::unused(&mut [ignores], options)))
    };
    let mut checked = Checked { findings: told(source)?, ..Checked::default() };
    if request.make != Fixes::None {
        checked.found = checked.findings.iter().map(|finding| (key(finding), finding.rule.code)).collect();
        checked.patches = patches(&checked.findings, request.make == Fixes::All);
        if let Some((_, after)) = checked.patches.first() {
            checked.findings = told(after).unwrap_or_default();
        }
    }
    shed(checked.findings.iter_mut().flat_map(Finding::places));
    Some(checked)
}

impl Checked {
    /// Takes over what is said of the last state. Of its texts no more is kept than reports show.
    fn fill(
        &mut self,
        state: &State,
        findings: Vec<Finding>,
        context: &Context<'_>,
        options: &Options,
        request: Request,
    ) {
        let reading = &state.reading;
        let containers = || reading.workloads.iter().filter(|workload| workload.same_as.is_none());
        self.workloads = reading.workloads.len();
        self.gpu_workloads = containers().filter(|workload| workload.gpu.is_yes()).count();
        self.files = reading.sources.iter().map(|source| source.path().to_owned()).collect();
        if request.workloads {
            self.listed = list(state, &options.judge, context.around);
        }
        self.findings = findings;
        let listed = self.listed.iter_mut().flat_map(|listed| listed.places());
        shed(self.findings.iter_mut().flat_map(Finding::places).chain(listed));
    }
}

/// What a finding says and where: findings are sorted by this, and alike where it is the same.
fn said(finding: &Finding) -> (&str, Span, &str, &str) {
    (finding.place.path(), finding.place.span, finding.rule.code, &finding.message)
}

/// The setting that a finding would change.
fn setting(finding: &Finding) -> Option<usize> {
    finding.wanted.as_ref().and_then(|wanted| wanted.change.setting())
}

/// What tells a finding from others of the run.
fn key(finding: &Finding) -> u64 {
    let mut hasher = DefaultHasher::new();
    (said(finding), setting(finding)).hash(&mut hasher);
    hasher.finish()
}

/// The findings by place. Two units that share a file may say the same of it; that which can be fixed comes first, and the
/// other goes. One mistake may stand twice in one command line, too, which are two findings.
pub fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    let order = |finding: &Finding| (setting(finding), finding.fix.is_none());
    findings.sort_by(|a, b| said(a).cmp(&said(b)).then_with(|| order(a).cmp(&order(b))));
    findings.dedup_by(|later, earlier| said(later) == said(earlier) && setting(later) == setting(earlier));
    findings
}

fn list(state: &State, options: &JudgeOptions, around: &dyn Around) -> Vec<Listed> {
    let unit = &state.reading.workloads;
    let judged = unit.iter().zip(&state.findings);
    judged
        .enumerate()
        .map(|(index, (workload, findings))| {
            let case = Case::new(workload, unit, options, around).read(&state.reading.evidence, index);
            Listed {
                needs_shm: case.needs_shm(),
                recommended: case.recommended(),
                why: why(workload, unit, findings, &case.need_report()),
                need: case.need_report(),
                workload: workload.clone(),
            }
        })
        .collect()
}

/// Why a workload is or is not reported.
fn why(workload: &Workload, unit: &[Workload], findings: &[Finding], need: &NeedReport) -> String {
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
        (GpuVerdict::No, _) => "asks for no GPU".into(),
        (GpuVerdict::Unknown(why), _) => format!("may have a GPU: {why}"),
        (GpuVerdict::Yes, Shm::Unknown(why)) => format!("/dev/shm is not known: {why}"),
        (GpuVerdict::Yes, Shm::Default { .. }) if need.why.is_empty() => {
            "is known to need no shared memory".into()
        }
        (GpuVerdict::Yes, Shm::Default { .. }) => {
            format!("needs no more than the default: {}", told_by(need))
        }
        (GpuVerdict::Yes, _) => match workload.deciding() {
            Some(setting) => format!("set by {}", setting.text),
            None => String::new(),
        },
    }
}

/// Why a workload needs what it needs, with the place that tells it.
fn told_by(need: &NeedReport) -> String {
    match need.evidence.first() {
        Some(first) => format!("{} ({}:{})", need.why, first.place.path(), first.place.start().line),
        None => need.why.clone(),
    }
}
