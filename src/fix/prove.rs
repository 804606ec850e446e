//! The proof of edits: the edited text goes through the same pipeline again, as any text does, and the only difference in
//! meaning must be the intended one. Fixes, ignore comments and removals of comments are all proven here.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::apply::edited;
use crate::container::finding::Finding;
use crate::container::workload::{Overlaid, Workload};
use crate::platform::kind::{Context, Reading, Unit};
use crate::rules::judge_all;
use crate::rules::options::JudgeOptions;
use crate::text::edits::Edit;
use crate::text::files::Overlay;
use crate::text::source::Source;

/// How often a unit is read again at most. Enough to bisect thousands of edits with a few bad ones; edits that are not
/// proven by then are not offered.
const READINGS: usize = 256;

/// How many bytes are read again at most, but for a few readings of whatever size: a large unit gets fewer attempts.
const BYTES: usize = 32 << 20;

/// So many edits are tried in their second way together before they are split.
const MANY: usize = 8;

/// A file as it is, and as it is once it is edited.
pub type Patch = (Arc<Source>, Arc<Source>);

/// A unit, what it holds, and what the rules say of each of its workloads.
pub struct State {
    /// The unit, with the texts that were read.
    pub unit: Unit,
    /// What it holds.
    pub reading: Reading,
    /// What the rules say, by workload.
    pub findings: Vec<Vec<Finding>>,
    /// The files that differ from those of the state before.
    pub patches: Vec<Patch>,
}

impl State {
    /// Reads and judges a unit.
    pub fn of(mut unit: Unit, context: &Context<'_>, judging: &JudgeOptions) -> Self {
        let reading = unit.read(context);
        // What was read once is not read again.
        for member in unit.members.iter_mut().filter(|member| member.source.is_none()) {
            member.source = reading.sources.iter().find(|source| source.path() == member.path).cloned();
        }
        let findings = judge_all(&reading.workloads, &reading.evidence, judging, context.around);
        Self { unit, reading, findings, patches: Vec::new() }
    }

    /// The state once files are patched.
    pub fn patched(&self, patches: Vec<Patch>, context: &Context<'_>, judging: &JudgeOptions) -> Self {
        let mut unit = self.unit.clone();
        let mut overlay = Overlay::new(context.files);
        for (_, after) in &patches {
            for member in unit.members.iter_mut().filter(|member| member.path == after.path()) {
                member.source = Some(Arc::clone(after));
            }
            overlay.lay(Arc::clone(after));
        }
        let context = Context { files: &overlay, ..*context };
        Self { patches, ..Self::of(unit, &context, judging) }
    }
}

/// Something to be done, and the ways to do it, best first.
pub struct Task<T> {
    /// What is to be done.
    pub what: T,
    /// Lists of edits that each do it.
    pub ways: Vec<Vec<Edit>>,
}

/// A task with the edits that are to do it.
pub type Attempt<'t, T> = (&'t Task<T>, &'t [Edit]);

/// Whether edits did what they were meant to, and nothing else: the tasks, and the state that came of them.
pub type Holds<'h, T> = &'h dyn Fn(&[Attempt<'_, T>], &State) -> bool;

/// At how many places something is edited.
fn places<T>(made: &[Attempt<'_, T>]) -> usize {
    let edits = made.iter().flat_map(|(_, edits)| *edits);
    edits.map(|edit| (edit.source.path(), edit.span.start)).collect::<BTreeSet<_>>().len()
}

/// Proves edits of a unit.
pub struct Prover<'a> {
    before: &'a State,
    context: &'a Context<'a>,
    judging: &'a JudgeOptions,
    budget: usize,
}

impl<'a> Prover<'a> {
    /// A prover of edits of `before`.
    pub fn new(before: &'a State, context: &'a Context<'a>, judging: &'a JudgeOptions) -> Self {
        let bytes: usize = before.reading.sources.iter().map(|source| source.text().len()).sum();
        Self { before, context, judging, budget: READINGS.min(8 + BYTES / bytes.max(1)) }
    }

    /// Adds to `groups` the tasks that can be done, each group with edits that were proven as a whole.
    ///
    /// All tasks are proven together first, each in its best way; only where that fails are they split, down to single ones
    /// with their further ways. So a file in which every edit is sound is read once more, however many it has. Returns the
    /// state once all are done, where all hold together.
    pub fn split<'t, T>(
        &mut self,
        tasks: &'t [Task<T>],
        holds: Holds<'_, T>,
        groups: &mut Vec<Vec<Attempt<'t, T>>>,
    ) -> Option<State> {
        let way = |at: usize| -> Vec<Attempt<'t, T>> {
            let way = |task: &'t Task<T>| Some((task, task.ways.get(at).or(task.ways.first())?.as_slice()));
            tasks.iter().filter_map(way).collect()
        };
        let mut made = way(0);
        if made.is_empty() {
            return None;
        }
        let mut state = self.attempt(&made, holds);
        // What forbids one edit forbids those beside it as a rule.
        if state.is_none() && tasks.len() >= MANY && tasks.iter().any(|task| task.ways.len() > 1) {
            let second = way(1);
            // An edit that many share is worth finding out who does not.
            if places(&second) <= places(&made) {
                state = self.attempt(&second, holds);
                made = second;
            }
        }
        if state.is_some() {
            groups.push(made);
        } else if let [task] = tasks {
            let further = task.ways.iter().skip(1).map(|edits| (task, edits.as_slice()));
            let found = further.take(self.budget).find(|attempt| self.attempt(&[*attempt], holds).is_some());
            groups.extend(found.map(|attempt| vec![attempt]));
        } else if self.budget > 0 {
            let (left, right) = tasks.split_at(tasks.len() / 2);
            self.split(left, holds, groups);
            self.split(right, holds, groups);
        }
        state
    }

    /// All groups that hold together: those that break what was proven before them are left out.
    pub fn together<'t, T>(
        &mut self,
        groups: Vec<Vec<Attempt<'t, T>>>,
        holds: Holds<'_, T>,
    ) -> Vec<Attempt<'t, T>> {
        let all: Vec<Attempt<'t, T>> = groups.iter().flatten().copied().collect();
        self.budget = self.budget.max(1);
        if groups.len() < 2 || self.attempt(&all, holds).is_some() {
            return all;
        }
        let mut kept = Vec::new();
        for group in groups {
            let known = kept.len();
            kept.extend(group);
            if known > 0 && self.attempt(&kept, holds).is_none() {
                kept.truncate(known);
            }
        }
        kept
    }

    /// The state once edits are made, if they change what they are meant to change, and nothing else.
    fn attempt<T>(&mut self, made: &[Attempt<'_, T>], holds: Holds<'_, T>) -> Option<State> {
        self.budget = self.budget.checked_sub(1)?;
        let state = self.edited(made.iter().flat_map(|(_, edits)| *edits))?;
        holds(made, &state).then_some(state)
    }

    /// The state once edits are made; nothing where one of the files then means something else besides.
    fn edited<'e>(&self, edits: impl IntoIterator<Item = &'e Edit>) -> Option<State> {
        let same_but_for = self.before.unit.kind.same_but_for;
        let files = edited(edits);
        let same = files.iter().all(|(before, after, edits)| same_but_for(before, after, edits));
        let patches = files.into_iter().map(|(before, after, _)| (before, after)).collect();
        same.then(|| self.before.patched(patches, self.context, self.judging))
    }
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

/// Everything but `/dev/shm` is as it was.
pub(super) fn same_container(old: &Workload, new: &Workload) -> bool {
    same_but_gpus(old, new)
        && old.gpu.verdict == new.gpu.verdict
        && old.gpu.evidence.len() == new.gpu.evidence.len()
}

/// Everything but `/dev/shm` and the GPUs is as it was.
pub(super) fn same_but_gpus(old: &Workload, new: &Workload) -> bool {
    old.name == new.name
        && old.platform == new.platform
        && old.image == new.image
        && old.environment == new.environment
        && old.memory_limit.as_ref().map(|limit| limit.0) == new.memory_limit.as_ref().map(|limit| limit.0)
        && same_builds(old, new)
}

/// What is built of it is as it was, but for `/dev/shm` where that was as it is judged.
fn same_builds(old: &Workload, new: &Workload) -> bool {
    let same = |(was, is): (&Overlaid, &Overlaid)| {
        let shm = was.shm == is.shm || (was.shm == old.shm && is.shm == new.shm);
        was.name == is.name && was.rest == is.rest && shm
    };
    old.builds.len() == new.builds.len() && old.builds.iter().zip(&new.builds).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::need::around::Alone;
    use crate::platform::compose;
    use crate::platform::kind::FileClaim;
    use crate::platform::kind::Index;
    use crate::platform::options::ReadOptions;
    use crate::text::files::{Disk, MAX_SIZE};

    /// Whether a text is taken as the same but for `put` at the first `at`, which no workload shows.
    fn is_read(at: &str, put: &str) -> bool {
        let text = "services:\n  a:\n    image: x\n    gpus: all\n    labels: [l]\n";
        let source = Source::new("compose.yaml", text.into());
        let unit = Unit::lone(&compose::COMPOSE, "compose.yaml", FileClaim::ByName, Some(source.clone()));
        let (disk, options, index) = (Disk::new(MAX_SIZE), ReadOptions::default(), Index::default());
        let alone = Alone;
        let context = Context {
            files: &disk,
            index: &index,
            options: &options,
            every_container: false,
            around: &alone,
        };
        let judging = JudgeOptions::default();
        let edit = Edit::insertion(&source, text.find(at).unwrap(), put);
        let before = State::of(unit, &context, &judging);
        Prover::new(&before, &context, &judging).edited([&edit]).is_some()
    }

    #[test]
    fn an_edit_that_says_something_else_besides_is_refused() {
        assert!(is_read("    labels", "    shm_size: 2gb\n"));
        assert!(!is_read("labels", "x-"), "a key is renamed");
        assert!(!is_read("    labels", "    shm_size: 2gb\n  b:\n"), "the keys below go to another service");
        assert!(!is_read("[l]", "&anchor "), "a value gets an anchor");
    }
}
