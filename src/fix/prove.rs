//! The proof of a fix: the edited text goes through the same pipeline again, and the only difference in meaning must be
//! the intended one.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::container::finding::{Change, Finding, Fix, Safety, Severity, Wanted};
use crate::container::workload::{Says, Setting, Shm, Workload};
use crate::platform::kind::Unit;
use crate::platform::kind::{Context, Reading};
use crate::rules::judge_all;
use crate::rules::options::JudgeOptions;
use crate::text::edits::Edit;
use crate::text::files::Overlay;
use crate::text::source::Source;

use super::apply::edited;

/// Which fixes a run is to prove.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fixes {
    /// None: proofs cost as much as the rest.
    #[default]
    None,
    /// Those that are made without being asked for by name.
    Safe,
    /// The unsafe ones, too.
    All,
}

impl Fixes {
    /// Whether fixes of this safety are wanted.
    pub fn hold(self, safety: Safety) -> bool {
        match self {
            Self::None => false,
            Self::Safe => safety == Safety::Safe,
            Self::All => true,
        }
    }
}

/// How often a unit is read again at most. Enough to bisect thousands of fixes with a few bad ones; fixes that are not
/// proven by then are not offered.
const READINGS: usize = 256;

/// How many bytes are read again at most, but for a few readings of whatever size: a large unit gets fewer attempts.
const BYTES: usize = 32 << 20;

/// What one finding wants, and the ways to write it.
struct Task {
    /// Index of the workload, and of the finding among those of the workload.
    at: (usize, usize),
    wanted: Wanted,
    candidates: Vec<Vec<Edit>>,
}

/// A file as it is, and as it is once it is edited.
pub type Patch = (Arc<Source>, Arc<Source>);

/// What is left of a unit once all its safe fixes are made.
pub struct Left {
    /// What the rules say then, by workload.
    pub findings: Vec<Vec<Finding>>,
    /// The files that change.
    pub patches: Vec<Patch>,
}

/// A task with the edits that are to do it.
type Attempt<'t> = (&'t Task, &'t [Edit]);

/// Gives every finding that wants a change of these the first of its platform's edits that passes the proof.
///
/// All safe tasks are proven together first, and so are the others, each with its best candidate; only where that fails are
/// they split, down to single ones with their further candidates. So a file in which every fix is sound is read two to four
/// times, however many it has. The fixes that are given hold together as well as alone.
///
/// Returns what is left once all the safe ones are made, where the proof has shown it.
pub fn fixes(
    unit: &Unit,
    context: &Context<'_>,
    judging: &JudgeOptions,
    reading: &Reading,
    findings: &mut [Vec<Finding>],
    fixes: Fixes,
) -> Option<Left> {
    let mut wishes = Vec::new();
    for (workload, findings) in findings.iter().enumerate() {
        for (index, finding) in findings.iter().enumerate() {
            let wanted = finding.wanted.as_ref().filter(|wanted| fixes.hold(wanted.safety));
            wishes.extend(wanted.map(|wanted| ((workload, index), wanted.clone())));
        }
    }
    let mut changes: Vec<_> =
        wishes.iter().map(|((workload, _), wanted)| (*workload, wanted.change.clone())).collect();
    let written = reading.write_all(&mut changes);
    let tasks: Vec<Task> = wishes
        .into_iter()
        .zip(changes.into_iter().zip(written))
        .filter(|(_, (_, candidates))| !candidates.is_empty())
        .map(|((at, wanted), ((_, change), candidates))| Task {
            at,
            wanted: Wanted { change, ..wanted },
            candidates,
        })
        .collect();
    if tasks.is_empty() {
        return None;
    }
    // What was read once is not read again.
    let mut unit = unit.clone();
    for member in unit.members.iter_mut().filter(|member| member.source.is_none()) {
        member.source = reading.sources.iter().find(|source| source.path() == member.path).cloned();
    }
    let before = Before { unit: &unit, context, judging, reading, findings };
    let bytes: usize = reading.sources.iter().map(|source| source.text().len()).sum();
    let mut budget = READINGS.min(8 + BYTES / bytes.max(1));
    let mut groups = Vec::new();
    // Safe fixes are made without the others as a rule, so they are proven without them.
    let (safe, others): (Vec<Task>, Vec<Task>) =
        tasks.into_iter().partition(|task| task.wanted.safety == Safety::Safe);
    let left = before.split(&safe, &mut budget, &mut groups);
    before.split(&others, &mut budget, &mut groups);
    let proven: Vec<_> = before
        .together(groups, &mut budget)
        .iter()
        .filter_map(|(task, edits)| Some((task.at, fix(task, reading.workloads.get(task.at.0)?, edits))))
        .collect();
    for ((workload, index), fix) in proven {
        if let Some(finding) = findings.get_mut(workload).and_then(|findings| findings.get_mut(index)) {
            finding.fix = Some(fix);
        }
    }
    left
}

/// The state that edits are held against.
struct Before<'a> {
    unit: &'a Unit,
    context: &'a Context<'a>,
    judging: &'a JudgeOptions,
    reading: &'a Reading,
    findings: &'a [Vec<Finding>],
}

impl Before<'_> {
    /// Proves tasks together, or in halves. Each group of attempts that comes out was proven as a whole. Returns what is left
    /// where all hold together.
    fn split<'t>(
        &self,
        tasks: &'t [Task],
        budget: &mut usize,
        groups: &mut Vec<Vec<Attempt<'t>>>,
    ) -> Option<Left> {
        let best: Vec<Attempt<'t>> =
            tasks.iter().filter_map(|task| Some((task, task.candidates.first()?.as_slice()))).collect();
        if best.is_empty() || *budget == 0 {
            return None;
        }
        *budget -= 1;
        let left = self.holds(&best);
        if left.is_some() {
            groups.push(best);
        } else if let [task] = tasks {
            groups.extend(self.further(task, budget).map(|attempt| vec![attempt]));
        } else {
            let (left, right) = tasks.split_at(tasks.len() / 2);
            self.split(left, budget, groups);
            self.split(right, budget, groups);
        }
        left
    }

    /// The first of a task's further candidates that passes.
    fn further<'t>(&self, task: &'t Task, budget: &mut usize) -> Option<Attempt<'t>> {
        for edits in task.candidates.iter().skip(1) {
            *budget = budget.checked_sub(1)?;
            if self.holds(&[(task, edits)]).is_some() {
                return Some((task, edits));
            }
        }
        None
    }

    /// All groups that hold together: those that break what was proven before them are left out.
    fn together<'t>(&self, groups: Vec<Vec<Attempt<'t>>>, budget: &mut usize) -> Vec<Attempt<'t>> {
        let single = groups.len() < 2;
        let all: Vec<Attempt<'t>> = groups.iter().flatten().copied().collect();
        if single || self.holds(&all).is_some() {
            return all;
        }
        let mut kept = Vec::new();
        for group in groups {
            let known = kept.len();
            kept.extend(group);
            if known > 0 && (*budget == 0 || self.holds(&kept).is_none()) {
                kept.truncate(known);
            }
            *budget = budget.saturating_sub(1);
        }
        kept
    }

    /// What is left once the edits are made, if they change what they are meant to change, and nothing else.
    fn holds(&self, made: &[Attempt<'_>]) -> Option<Left> {
        let edits = made.iter().flat_map(|(_, edits)| *edits);
        let (reading, patches) = read_patched(self.unit, self.context, edits)?;
        let findings = judge_all(&reading.workloads, self.judging);
        reading.sources.iter().for_each(|source| source.forget_parsed());
        self.only_intended(made, &reading, &findings).then_some(Left { findings, patches })
    }

    /// Holds the second reading against the first.
    fn only_intended(&self, made: &[Attempt<'_>], after: &Reading, findings: &[Vec<Finding>]) -> bool {
        let (old, new) = (&self.reading.workloads, &after.workloads);
        if old.len() != new.len() || self.reading.problems.len() != after.problems.len() {
            return false;
        }
        let mut meant: HashMap<usize, Vec<&Task>> = HashMap::new();
        let mut joined = HashSet::new();
        for (task, _) in made {
            meant.entry(task.at.0).or_default().push(task);
            joined.extend(old.get(task.at.0).and_then(|workload| workload.joins));
        }
        let none = Vec::new();
        old.iter().zip(new).enumerate().all(|(index, (old, new))| {
            let was = self.findings.get(index).unwrap_or(&none);
            let now = findings.get(index).unwrap_or(&none);
            same_container(old, new)
                && match meant.get(&index) {
                    Some(tasks) => tasks.iter().all(|task| mended(task, old, new, was, now)),
                    // The /dev/shm of another is mended where that one has it.
                    None if joined.contains(&index) => old.command == new.command,
                    // The same container at another place becomes what it becomes there.
                    None if is_twin(old, new, &after.workloads) => old.command == new.command,
                    None => untouched_or_mended_too(old, new, was, now),
                }
        })
    }
}

/// What a unit holds once edits are made; nothing where one of the files then means something else besides.
pub fn reread<'e>(
    unit: &Unit,
    context: &Context<'_>,
    edits: impl IntoIterator<Item = &'e Edit>,
) -> Option<Reading> {
    read_patched(unit, context, edits).map(|(reading, _)| reading)
}

/// As [`reread`], with the files that change.
fn read_patched<'e>(
    unit: &Unit,
    context: &Context<'_>,
    edits: impl IntoIterator<Item = &'e Edit>,
) -> Option<(Reading, Vec<Patch>)> {
    let mut patches = Vec::new();
    let mut overlay = Overlay::new(context.files);
    let mut unit = unit.clone();
    for (before, after, edits) in edited(edits) {
        if !(unit.kind.same_but_for)(&before, &after, &edits) {
            return None;
        }
        for member in &mut unit.members {
            if member.path == after.path() {
                member.source = Some(after.clone());
            }
        }
        patches.push((before, Arc::clone(&after)));
        overlay.lay(after);
    }
    let context = Context { files: &overlay, ..*context };
    Some(((unit.kind.read)(&unit, &context), patches))
}

/// Whether two readings of a unit hold the same workloads, as they must when only comments differ.
pub fn same_meaning(before: &Reading, after: &Reading) -> bool {
    let same = |(old, new): (&Workload, &Workload)| {
        same_container(old, new)
            && old.command == new.command
            && old.shm == new.shm
            && old.settings.len() == new.settings.len()
    };
    before.problems.len() == after.problems.len()
        && before.workloads.len() == after.workloads.len()
        && before.workloads.iter().zip(&after.workloads).all(same)
}

/// The fix that a proven candidate makes.
fn fix(task: &Task, workload: &Workload, edits: &[Edit]) -> Fix {
    let title = title(&task.wanted.change, workload);
    match task.wanted.safety {
        Safety::Safe => Fix::safe(title, edits.to_vec()),
        Safety::Unsafe => Fix::with_unsafe_effects(title, edits.to_vec()),
    }
}

/// What a change does, as an order.
fn title(change: &Change, workload: &Workload) -> String {
    use crate::size::human;
    let text = |setting: &usize| workload.settings.get(*setting).map_or("", |setting| &setting.text);
    match change {
        Change::SetSize { bytes } => format!("give it {} of /dev/shm", human(*bytes)),
        Change::ReplaceSize { bytes, .. } => format!("write the size as {}", human(*bytes)),
        Change::Remove { setting } => format!("take out `{}`", text(setting)),
        Change::MoveFlag { .. } => "move the flag to where the engine reads it".into(),
        Change::MountVolume { .. } => "mount the volume on /dev/shm".into(),
        Change::SetMedium { .. } => "keep the volume in memory".into(),
        Change::Limit { bytes, .. } => format!("limit it to {}", human(*bytes)),
        Change::ReplaceBySize { bytes, setting } => {
            format!("give it {} of its own instead of `{}`", human(*bytes), text(setting))
        }
    }
}

/// Everything but `/dev/shm` is as it was.
fn same_container(old: &Workload, new: &Workload) -> bool {
    old.name == new.name
        && old.platform == new.platform
        && old.image == new.image
        && old.environment == new.environment
        && old.gpu.verdict == new.gpu.verdict
        && old.gpu.evidence.len() == new.gpu.evidence.len()
        && old.memory_limit.as_ref().map(|limit| limit.0) == new.memory_limit.as_ref().map(|limit| limit.0)
}

/// The workload has what was wanted, and its rule is silent.
fn mended(task: &Task, old: &Workload, new: &Workload, was: &[Finding], now: &[Finding]) -> bool {
    let Some(finding) = was.get(task.at.1) else { return false };
    let quieter = count(now, finding) < count(was, finding);
    let as_wanted = match task.wanted.change {
        // A volume that is there already may have no bound.
        Change::SetSize { .. } if new.shm == (Shm::Tmpfs { bytes: None }) => true,
        Change::SetSize { bytes } | Change::Limit { bytes, .. } | Change::ReplaceBySize { bytes, .. } => {
            new.shm.bytes().is_some_and(|got| got >= bytes)
        }
        // What another setting overrules can be mended too. A fraction may be rounded either way.
        Change::ReplaceSize { bytes, setting } => {
            let size = new.settings.get(setting).and_then(|setting| setting.size()?.1.bytes());
            size.is_some_and(|got| got.abs_diff(bytes) <= 1)
        }
        // Without what decided, the size takes effect that stands beside it.
        Change::Remove { setting } if old.decided_by == Some(setting) => {
            matches!(new.shm, Shm::Explicit { .. })
        }
        Change::Remove { .. } => new.shm == old.shm,
        Change::MoveFlag { setting } => old.settings.get(setting).is_some_and(|flag| is_read(flag, new)),
        Change::MountVolume { .. } | Change::SetMedium { .. } => true,
    };
    quieter
        && as_wanted
        && !is_worse(was, now)
        && (old.command == new.command || matches!(task.wanted.change, Change::MoveFlag { .. }))
}

/// Whether the engine reads a flag as it was meant.
fn is_read(flag: &Setting, workload: &Workload) -> bool {
    let Says::Flag { meant } = &flag.says else { return false };
    let read = |setting: &Setting| {
        let (name, value) = setting.text.split_once(['=', ' ']).unwrap_or((&setting.text, ""));
        let as_meant = meant.strip_prefix(name).is_some_and(|rest| rest.strip_prefix('=') == Some(value));
        as_meant && !matches!(setting.says, Says::Flag { .. })
    };
    workload.settings.iter().any(read)
}

/// Whether there is more to say of a workload than before, or an error that was none: a flag in its right place may have a
/// value that the engine refuses.
fn is_worse(was: &[Finding], now: &[Finding]) -> bool {
    let is_new =
        |finding: &Finding| finding.severity == Severity::Error && count(now, finding) > count(was, finding);
    now.len() > was.len() || now.iter().any(is_new)
}

/// Whether a workload is judged at another place, and is what it is there.
fn is_twin(old: &Workload, new: &Workload, after: &[Workload]) -> bool {
    let twin = old.same_as.and_then(|twin| after.get(twin));
    old.same_as == new.same_as && twin.is_some_and(|twin| twin.shm == new.shm)
}

/// A workload that was not meant is as it was, or had the same need and is mended by the same edit.
fn untouched_or_mended_too(old: &Workload, new: &Workload, was: &[Finding], now: &[Finding]) -> bool {
    let shares = matches!(old.shm, Shm::Shared { .. }) && matches!(new.shm, Shm::Shared { .. });
    let mended =
        || was.iter().any(|finding| finding.wanted.is_some() && count(now, finding) < count(was, finding));
    // A size that is ignored beside the host's /dev/shm, or that Podman refuses there, is a new finding.
    old.command == new.command && now.len() <= was.len() && (old.shm == new.shm || shares || mended())
}

/// How many findings are of the same rule.
fn count(findings: &[Finding], like: &Finding) -> usize {
    findings.iter().filter(|finding| finding.rule == like.rule).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::compose;
    use crate::platform::kind::Claim;
    use crate::platform::kind::Index;
    use crate::platform::options::ReadOptions;
    use crate::text::files::{Disk, MAX_SIZE};

    /// Whether a text is taken as the same but for `put` at the first `at`, which no workload shows.
    fn is_read(at: &str, put: &str) -> bool {
        let text = "services:\n  a:\n    image: x\n    gpus: all\n    labels: [l]\n";
        let source = Source::new("compose.yaml", text.into());
        let unit = Unit::lone(&compose::COMPOSE, "compose.yaml", Claim::ByName, Some(source.clone()));
        let (disk, options, index) = (Disk::new(MAX_SIZE), ReadOptions::default(), Index::default());
        let context = Context { files: &disk, index: &index, options: &options, every_container: false };
        let edit = Edit::insertion(&source, text.find(at).unwrap(), put);
        reread(&unit, &context, [&edit]).is_some()
    }

    #[test]
    fn an_edit_that_says_something_else_besides_is_refused() {
        assert!(is_read("    labels", "    shm_size: 2gb\n"));
        assert!(!is_read("labels", "x-"), "a key is renamed");
        assert!(!is_read("    labels", "    shm_size: 2gb\n  b:\n"), "the keys below go to another service");
        assert!(!is_read("[l]", "&anchor "), "a value gets an anchor");
    }
}
