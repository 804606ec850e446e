//! The proof of a fix: the workload has what its rule wanted, the rule is silent, and everything else is as it was.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use super::prove::{Attempt, Prover, State, Task, same_but_gpus, same_container};
use crate::container::finding::{Change, Finding, Fix, Safety, Severity, Wanted};
use crate::container::workload::{Effect, Overlaid, Says, Setting, Shm, Why, Workload};
use crate::platform::kind::Context;
use crate::rules::options::JudgeOptions;
use crate::text::edits::Edit;

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

/// What one finding wants: the index of its workload, its own among those of the workload, and the change.
struct Wish {
    workload: usize,
    finding: usize,
    wanted: Wanted,
}

/// Gives every finding of a state that wants a change of these the first of its platform's edits that passes the proof. The
/// fixes that are given hold together as well as alone.
///
/// Returns the state once all safe ones are made, where the proof has read it.
pub fn fixes(
    state: &mut State,
    context: &Context<'_>,
    judging: &JudgeOptions,
    fixes: Fixes,
) -> Option<State> {
    let tasks = tasks(state, fixes);
    if tasks.is_empty() {
        return None;
    }
    // Safe fixes are made without the others as a rule, so they are proven without them.
    let (safe, others): (Vec<Task<Wish>>, Vec<Task<Wish>>) =
        tasks.into_iter().partition(|task| task.what.wanted.safety == Safety::Safe);
    // What only advice asks for is proven by itself, so that every other edit is the same with and without it.
    let (advice, safe): (Vec<Task<Wish>>, Vec<Task<Wish>>) =
        safe.into_iter().partition(|task| is_advice(state, &task.what));
    let mut prover = Prover::new(state, context, judging);
    let forbidden = RefCell::default();
    let holds = |made: &[Attempt<'_, Wish>], after: &State| only_intended(state, made, after, &forbidden);
    let mut groups = Vec::new();
    let loud = prover.split(&safe, &holds, &mut groups);
    let quiet = prover.split(&advice, &holds, &mut groups);
    let left = if advice.is_empty() { loud } else { quiet.filter(|_| safe.is_empty()) };
    prover.split(&others, &holds, &mut groups);
    let proven = prover.together(groups, &holds);
    let fix = |(task, edits): &Attempt<'_, Wish>| {
        let Wish { workload, finding, .. } = task.what;
        Some((workload, finding, fix(&task.what.wanted, state.reading.workloads.get(workload)?, edits)))
    };
    let proven: Vec<_> = proven.iter().filter_map(fix).collect();
    for (workload, finding, fix) in proven {
        if let Some(finding) = state.findings.get_mut(workload).and_then(|all| all.get_mut(finding)) {
            finding.fix = Some(fix);
        }
    }
    for (workload, finding, why) in forbidden.into_inner() {
        let finding = state.findings.get_mut(workload).and_then(|all| all.get_mut(finding));
        if let Some(finding) = finding.filter(|found| found.fix.is_none() && !found.help.contains(&why)) {
            finding.help = format!("{} {why}", finding.help).trim_start().to_owned();
        }
    }
    left
}

/// Whether a state wants further fixes.
pub fn wants_more(state: &State, fixes: Fixes) -> bool {
    let wanted = state.findings.iter().flatten().filter_map(|finding| finding.wanted.as_ref());
    wanted.into_iter().any(|wanted| fixes.hold(wanted.safety))
}

/// Whether a finding is shown only where advice is asked for.
fn is_advice(state: &State, wish: &Wish) -> bool {
    let finding = state.findings.get(wish.workload).and_then(|all| all.get(wish.finding));
    finding.is_some_and(|finding| finding.severity == Severity::Note)
}

/// Findings without an edit, by workload and number, and why: another container would get it, too.
type Forbidden = RefCell<Vec<(usize, usize, String)>>;

/// What the findings of a state want, each with the ways to write it.
fn tasks(state: &mut State, fixes: Fixes) -> Vec<Task<Wish>> {
    let mut wishes = Vec::new();
    for (workload, findings) in state.findings.iter().enumerate() {
        for (finding, found) in findings.iter().enumerate() {
            let wanted = found.wanted.clone().filter(|wanted| fixes.hold(wanted.safety));
            wishes.extend(wanted.map(|wanted| Wish { workload, finding, wanted }));
        }
    }
    let mut changes: Vec<_> = wishes.iter().map(|wish| (wish.workload, wish.wanted.change.clone())).collect();
    let written = state.reading.write_all(&mut changes);
    state.reading.forget_writers();
    for (wish, (_, change)) in wishes.iter_mut().zip(changes) {
        wish.wanted.change = change;
    }
    let kept = wishes.into_iter().zip(written).map(|(what, mut ways)| {
        let workload = state.reading.workloads.get(what.workload);
        ways.retain(|edits| edits.iter().all(|edit| !is_made_anew(edit, workload)));
        Task { what, ways }
    });
    kept.filter(|task| !task.ways.is_empty()).collect()
}

/// Whether an edit would be lost: a program writes the file, or Helm rendered the workload from a template.
fn is_made_anew(edit: &Edit, workload: Option<&Workload>) -> bool {
    let rendered = workload.and_then(|workload| workload.rendered_from.as_ref());
    edit.source.generated().is_some()
        || rendered.is_some_and(|template| template.place.path() == edit.source.path())
}

/// Holds the second reading against the first.
fn only_intended(before: &State, made: &[Attempt<'_, Wish>], after: &State, forbidden: &Forbidden) -> bool {
    let (old, new) = (&before.reading.workloads, &after.reading.workloads);
    if old.len() != new.len() || before.reading.problems.len() != after.reading.problems.len() {
        return false;
    }
    let mut meant: HashMap<usize, Vec<&Wish>> = HashMap::new();
    let mut joined = HashSet::new();
    for (task, _) in made {
        meant.entry(task.what.workload).or_default().push(&task.what);
        joined.extend(old.get(task.what.workload).and_then(|workload| workload.joins));
    }
    let none = Vec::new();
    let advice = made.iter().all(|(task, _)| is_advice(before, &task.what));
    let loud = made.iter().all(|(task, _)| !is_advice(before, &task.what));
    let same_sort = |finding: &Finding| if finding.severity == Severity::Note { !loud } else { !advice };
    // The same container at another place is meant, too; a flag that went astray is no more wanted there than elsewhere.
    let strays = |wish: &&Wish| matches!(wish.wanted.change, Change::MoveFlag { .. });
    let wants = |index: &usize| meant.get(index).is_some_and(|wishes| !wishes.iter().all(strays));
    let is_meant =
        |index: usize, old: &Workload| wants(&index) || old.same_as.is_some_and(|twin| wants(&twin));
    let heir = |(index, (old, new)): (usize, (&Workload, &Workload))| {
        unwanted_size(old, new).filter(|_| !is_meant(index, old)).or_else(|| unwanted_build(old, new))
    };
    if let Some(why) = old.iter().zip(new).enumerate().find_map(heir) {
        if let [(task, _)] = made {
            forbidden.borrow_mut().push((task.what.workload, task.what.finding, why));
        }
        return false;
    }
    old.iter().zip(new).enumerate().all(|(index, (old, new))| {
        let was = before.findings.get(index).unwrap_or(&none);
        let now = after.findings.get(index).unwrap_or(&none);
        let asks = |wishes: &Vec<&Wish>| wishes.iter().any(|wish| wish.wanted.change == Change::AskForGpus);
        let asked = meant.get(&index).is_some_and(asks);
        (same_container(old, new) || (asked && same_but_gpus(old, new)))
            // Two fixes that write a size at one place are one too many; a flag that is moved was there before.
            && (sizes(new) <= sizes(old).max(1) || meant.get(&index).is_some_and(|wishes| wishes.iter().any(strays)))
            && match meant.get(&index) {
                Some(wishes) => wishes.iter().all(|wish| is_done(wish, old, new, was, now)),
                // The /dev/shm of another is there where that one has it.
                None if joined.contains(&index) => old.command == new.command,
                // The same container at another place becomes what it becomes there.
                None if is_twin(old, new, &after.reading.workloads) => old.command == new.command,
                None => untouched_or_helped_too(old, new, was, now, &same_sort),
            }
    })
}

/// The fix that a proven candidate makes.
fn fix(wanted: &Wanted, workload: &Workload, edits: &[Edit]) -> Fix {
    let title = title(&wanted.change, workload);
    match wanted.safety {
        Safety::Safe => Fix::safe(title, edits.to_vec()),
        Safety::Unsafe => Fix::with_unsafe_effects(title, edits.to_vec()),
    }
}

/// What a change does, as an order.
fn title(change: &Change, workload: &Workload) -> String {
    use crate::size::human;
    let text = |setting: &usize| workload.settings.get(*setting).map_or("", |setting| &setting.text);
    match change {
        Change::SetSize { bytes, .. } => format!("give it {} of /dev/shm", human(*bytes)),
        Change::ReplaceSize { bytes, .. } => format!("write the size as {}", human(*bytes)),
        Change::Remove { setting } => format!("remove `{}`", text(setting)),
        Change::MoveFlag { setting } => {
            let setting = workload.settings.get(*setting);
            match setting.map(|setting| (&setting.says, &setting.effect)) {
                Some((Says::Flag { meant }, Effect::None(Why::Misspelt))) => {
                    format!("change it to `{meant}`")
                }
                Some((_, Effect::None(Why::SwallowedBy(option)))) => format!("remove `{option}`"),
                Some((Says::Flag { meant }, _)) => format!("move `{meant}` before the image"),
                _ => "move it before the image".into(),
            }
        }
        Change::MountVolume { bytes: None, .. } => "mount the volume on /dev/shm".into(),
        Change::MountVolume { bytes: Some(bytes), .. } => {
            format!("mount the volume on /dev/shm, with {}", human(*bytes))
        }
        Change::AskForGpus => "ask for all GPUs".into(),
        Change::SetMedium { .. } => "keep the volume in memory".into(),
        Change::Limit { bytes, .. } => format!("limit /dev/shm to {}", human(*bytes)),
        Change::ReplaceBySize { bytes, setting } => {
            format!("give it {} of its own instead of `{}`", human(*bytes), text(setting))
        }
    }
}

/// The workload has what was wanted, and its rule is silent.
fn is_done(wish: &Wish, old: &Workload, new: &Workload, was: &[Finding], now: &[Finding]) -> bool {
    let Some(finding) = was.get(wish.finding) else { return false };
    let quieter = count(now, finding) < count(was, finding);
    let as_wanted = match wish.wanted.change {
        // A volume that is there already may have no bound.
        Change::SetSize { .. } if new.shm == (Shm::Tmpfs { bytes: None }) => true,
        Change::SetSize { bytes, .. } | Change::Limit { bytes, .. } | Change::ReplaceBySize { bytes, .. } => {
            new.shm.bytes().is_some_and(|got| got >= bytes)
        }
        // What another setting overrules can be written too. A fraction may be rounded either way.
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
        Change::MountVolume { bytes, .. } => {
            bytes.is_none_or(|bytes| new.shm.bytes().is_some_and(|got| got >= bytes))
        }
        Change::AskForGpus => new.gpu.refused.is_none() && new.settings.len() == old.settings.len(),
        Change::SetMedium { .. } => true,
    };
    quieter
        && as_wanted
        && !is_worse(was, now)
        && (old.command == new.command || matches!(wish.wanted.change, Change::MoveFlag { .. }))
}

/// Whether the engine reads a flag as it was meant.
fn is_read(flag: &Setting, workload: &Workload) -> bool {
    let Says::Flag { meant } = &flag.says else { return false };
    let read = |setting: &Setting| {
        let (name, value) = setting.text.split_once(['=', ' ']).unwrap_or((&setting.text, ""));
        let value = Some(value.trim_matches(['"', '\'']));
        let as_meant = meant.strip_prefix(name).is_some_and(|rest| rest.strip_prefix(['=', ' ']) == value);
        as_meant && !matches!(setting.says, Says::Flag { .. })
    };
    workload.settings.iter().any(read)
}

/// Whether there is more to say of a workload than before, or an error that was none: a flag in its right place may have a
/// value that the engine refuses.
fn is_worse(was: &[Finding], now: &[Finding]) -> bool {
    let is_new =
        |finding: &Finding| finding.severity == Severity::Error && count(now, finding) > count(was, finding);
    loud(now) > loud(was) || now.iter().any(is_new)
}

/// Whether a workload is judged at another place, and is what it is there.
fn is_twin(old: &Workload, new: &Workload, after: &[Workload]) -> bool {
    let twin = old.same_as.and_then(|twin| after.get(twin));
    old.same_as == new.same_as && twin.is_some_and(|twin| twin.shm == new.shm)
}

/// Why a container must not get a size that it did not have: it has another `/dev/shm`, beside which the size does nothing,
/// or which Podman refuses.
fn unwanted_size(old: &Workload, new: &Workload) -> Option<String> {
    let own = !matches!(old.shm, Shm::Default { .. } | Shm::Explicit { .. } | Shm::Unknown(_));
    let other = old.deciding().filter(|setting| own && !matches!(setting.says, Says::Size(..)))?;
    (sizes(new) > sizes(old)).then(|| {
        format!(
            "There is no fix: {} ({}:{}) would get the size too, but has `{}`.",
            old.title(),
            old.place.path(),
            old.place.start().line,
            other.text
        )
    })
}

/// What is built of it and has a `/dev/shm` of its own, which would be another with the edit.
fn unwanted_build(old: &Workload, new: &Workload) -> Option<String> {
    let is_own = |was: &Overlaid| !matches!(was.shm, Shm::Default { .. } | Shm::Unknown(_));
    let mut builds = old.builds.iter().zip(&new.builds);
    let (built, _) = builds.find(|(was, is)| was.shm != is.shm && was.shm != old.shm && is_own(was))?;
    Some(format!("There is no fix here: {} builds on it, with a /dev/shm of its own.", built.name))
}

/// How often a container is given a size.
fn sizes(workload: &Workload) -> usize {
    workload.settings.iter().filter(|setting| matches!(setting.says, Says::Size(..))).count()
}

/// A workload that was not meant is as it was, or had the same need and is helped by the same edit. `same_sort` tells which
/// needs count.
fn untouched_or_helped_too(
    old: &Workload,
    new: &Workload,
    was: &[Finding],
    now: &[Finding],
    same_sort: &dyn Fn(&Finding) -> bool,
) -> bool {
    let shares = matches!(old.shm, Shm::Shared { .. }) && matches!(new.shm, Shm::Shared { .. });
    let helped = || {
        let same = was.iter().filter(|finding| finding.wanted.is_some() && same_sort(finding));
        same.into_iter().any(|finding| count(now, finding) < count(was, finding))
    };
    // Where a GPU has the default, a size more is no harm, whether or not somebody would speak of it.
    let unharmed = || old.gpu.is_yes() && matches!(old.shm, Shm::Default { .. });
    old.command == new.command
        && loud(now) <= loud(was)
        && (old.shm == new.shm || shares || unharmed() || helped())
}

/// How many findings are more than advice, which is not always asked for and so decides nothing.
fn loud(findings: &[Finding]) -> usize {
    findings.iter().filter(|finding| finding.severity > Severity::Note).count()
}

/// How many findings are of the same rule.
fn count(findings: &[Finding], like: &Finding) -> usize {
    findings.iter().filter(|finding| finding.rule == like.rule).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::apply::edited;
    use crate::need::around::Alone;
    use crate::platform::KINDS;
    use crate::platform::kind::{FileClaim, Index, Unit};
    use crate::platform::options::ReadOptions;
    use crate::text::files::{Disk, MAX_SIZE};
    use crate::text::source::Source;

    /// Whether the proof takes a text that `change` makes of the fixed one.
    fn is_proven(change: impl Fn(&str) -> String) -> bool {
        let kind = KINDS.iter().find(|kind| kind.name == "script").expect("a kind");
        let (disk, options, index) = (Disk::new(MAX_SIZE), ReadOptions::default(), Index::default());
        let context = Context {
            files: &disk,
            index: &index,
            options: &options,
            every_container: false,
            around: &Alone,
        };
        let judging = JudgeOptions::default();
        let read = |text: &str| {
            let source = Source::new("run.sh", text.into());
            State::of(Unit::lone(kind, "run.sh", FileClaim::ByName, Some(source)), &context, &judging)
        };
        let mut before = read("docker run --gpus all pytorch/pytorch torchrun --nproc_per_node=2 t.py\n");
        let tasks = tasks(&mut before, Fixes::Safe);
        let made: Vec<Attempt<'_, Wish>> = tasks.iter().map(|task| (task, task.ways[0].as_slice())).collect();
        let (_, fixed, _) = edited(made[0].1).swap_remove(0);
        only_intended(&before, &made, &read(&change(fixed.text())), &RefCell::default())
    }

    #[test]
    fn a_fix_writes_one_size_and_nothing_else() {
        assert!(is_proven(str::to_owned));
        assert!(!is_proven(|fixed| fixed.replace("--shm-size", "--shm-size=1g --shm-size")), "a second size");
        assert!(!is_proven(|fixed| fixed.replace("--gpus", "--device /dev/nvidia0 --gpus")), "a device");
        assert!(!is_proven(|fixed| fixed.replace("pytorch/", "other/")), "another image");
        assert!(!is_proven(|fixed| fixed.replace("--gpus", "-e A=b --gpus")), "a variable");
    }
}
