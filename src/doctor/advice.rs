//! What is to be said of an examination: a verdict, a size, and what to do, in the order in which it matters.

use super::Examination;
use super::mount::Kind;
use super::torch::allocates_first;
use crate::need::{DEFAULT_SHM, DEFAULT_SIZE, round_up};
use crate::size::{Dialect, human};

/// Whether `/dev/shm` is large enough for what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Fine,
    /// It is not.
    TooSmall,
    /// It is used up.
    Full,
    /// There is none that can be written.
    Missing,
    /// Nothing is known.
    Unknown,
}

impl Verdict {
    /// The word of the JSON contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::TooSmall => "too-small",
            Self::Full => "full",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
        }
    }
}

/// A verdict with what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// The verdict.
    pub verdict: Verdict,
    /// Bytes without which it is known not to work.
    pub needed: Option<u64>,
    /// Bytes to give it.
    pub recommended: u64,
    /// One sentence each.
    pub advice: Vec<String>,
}

/// Judges what was seen.
pub fn diagnose(seen: &Examination) -> Diagnosis {
    let needed = needed(seen);
    let verdict = verdict(seen, needed);
    let recommended = recommended(seen, verdict, needed);
    let mut advice = Vec::new();
    match verdict {
        Verdict::Missing | Verdict::Full => advice.extend(blocked(seen, recommended)),
        Verdict::TooSmall => advice.push(give(recommended)),
        Verdict::Fine | Verdict::Unknown => {}
    }
    advice.extend(notes(seen, recommended));
    Diagnosis { verdict, needed, recommended, advice }
}

/// What is known to be needed: the data loader that was asked about, or what was refused beside what is used.
fn needed(seen: &Examination) -> Option<u64> {
    let loader = seen.wanted.as_ref().map(|(_, answer)| answer.dataloader);
    let used = seen.shm.used().unwrap_or(0);
    let refused = seen.users.refused.iter().max().map(|largest| used.saturating_add(*largest));
    loader.max(refused)
}

fn verdict(seen: &Examination, needed: Option<u64>) -> Verdict {
    let Some(space) = seen.shm.space else { return Verdict::Missing };
    if seen.shm.read_only || !seen.shm.may_write {
        return Verdict::Missing;
    }
    if seen.shm.kind == Kind::Unlimited {
        return if seen.memory.left() == Some(0) { Verdict::Full } else { Verdict::Fine };
    }
    let is_full = space.used > space.size / 20 * 19 || (space.inodes > 0 && space.inodes_free == 0);
    let limit = seen.memory.limit.unwrap_or(u64::MAX);
    if is_full {
        Verdict::Full
    } else if match needed {
        Some(needed) => needed > space.size.min(limit) || !seen.users.refused.is_empty(),
        None => space.size <= DEFAULT_SHM && !seen.accelerators.is_empty(),
    } {
        Verdict::TooSmall
    } else {
        Verdict::Fine
    }
}

/// The size to set: with room for what is known, and never less than there is.
fn recommended(seen: &Examination, verdict: Verdict, needed: Option<u64>) -> u64 {
    let asked = seen.wanted.as_ref().map(|(_, answer)| answer.recommended);
    let seen_need = needed.filter(|_| !seen.users.refused.is_empty());
    let with_room = seen_need.map(|bytes| round_up(bytes.saturating_add(bytes / 4)));
    let size = seen.shm.size().unwrap_or(0);
    let known = asked.max(with_room);
    match verdict {
        // What the host or a disk has is nobody's choice for this container.
        Verdict::Fine if matches!(seen.shm.kind, Kind::Default | Kind::Size | Kind::Memory) => {
            known.unwrap_or(size).max(size)
        }
        Verdict::Full | Verdict::TooSmall => known
            .filter(|&known| known > size)
            .unwrap_or_else(|| round_up(size.saturating_add(1)).max(DEFAULT_SIZE)),
        _ => known.unwrap_or(DEFAULT_SIZE),
    }
}

/// The setting in the three spellings.
pub fn give(bytes: u64) -> String {
    format!(
        "Give the container {}: `--shm-size={}`, Compose `shm_size: {}`, or in Kubernetes an emptyDir with `medium: Memory` and \
         `sizeLimit: {}` mounted on /dev/shm; then recreate it.",
        human(bytes),
        Dialect::Docker.write(bytes),
        Dialect::Compose.write(bytes),
        Dialect::Kubernetes.write(bytes)
    )
}

/// Why nothing can be written, and what helps.
fn blocked(seen: &Examination, recommended: u64) -> Vec<String> {
    let Some(space) = seen.shm.space else {
        return vec![
            "There is no /dev/shm here: the container was started with `--ipc=none`, or it was unmounted."
                .into(),
            give(recommended),
        ];
    };
    if seen.shm.read_only {
        return vec!["/dev/shm is mounted read-only: mount it without `ro`, or remove that mount.".into()];
    }
    if !seen.shm.may_write {
        return vec![
            "This user may not write into /dev/shm: mount it with `mode=1777`, as engines do.".into(),
        ];
    }
    if space.inodes > 0 && space.inodes_free == 0 {
        let count = space.inodes;
        return vec![format!(
            "All {count} inodes are in use, so no file can be created though {} are free: remove leftovers, or mount it without \
             `nr_inodes={count}`.",
            human(space.free)
        )];
    }
    let mut advice = Vec::new();
    let dead: u64 = seen.users.users.iter().filter(|user| user.is_dead).map(|user| user.bytes).sum();
    if dead > space.used / 2 {
        advice.push(format!(
            "{} belong to processes that are gone: remove those files, or recreate the container.",
            human(dead)
        ));
    }
    if seen.shm.kind == Kind::Host {
        advice.push("This is the host's /dev/shm, which every process on the host can fill.".into());
    } else {
        advice.push(give(recommended));
    }
    advice
}

/// What else is good to know, whatever the verdict is.
fn notes(seen: &Examination, recommended: u64) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(largest) = seen.users.refused.iter().max() {
        let count = seen.users.refused.len();
        let (allocations, were) = if count == 1 { ("allocation", "was") } else { ("allocations", "were") };
        notes.push(format!(
            "{count} {allocations} of up to {} {were} refused: PyTorch left the empty files behind.",
            human(*largest)
        ));
    }
    if let (Some(limit), Some(size)) = (seen.memory.limit, seen.shm.size())
        && limit <= size.max(recommended)
    {
        notes.push(format!(
            "The memory limit is {}: pages in /dev/shm count against it, and beyond it the container is killed.",
            human(limit)
        ));
    }
    match seen.shm.kind {
        Kind::Disk => notes.push(
            "/dev/shm lies on a disk: it works, slowly; mount a memory volume (tmpfs, or an emptyDir with `medium: Memory`).".into(),
        ),
        Kind::Directory => notes.push(
            "Nothing is mounted on /dev/shm: it is a directory of the container's /dev, which is as small as 64 MiB.".into(),
        ),
        _ => {}
    }
    if let Some((loader, _)) = &seen.wanted
        && let (Ok(batch), Some(size)) = (loader.batch_bytes(), seen.shm.size())
    {
        notes.push(format!(
            "One batch takes {}; {} fit into {}.",
            human(batch),
            size / batch.max(1),
            human(size)
        ));
    }
    if let Some(first) = seen.torch.as_deref().and_then(allocates_first) {
        let version = seen.torch.as_deref().unwrap_or_default();
        notes.push(if first {
            format!("When it is full, PyTorch {version} says \"unable to allocate shared memory(shm)\", or waits forever where a \
                     custom collate_fn loses the batch.")
        } else {
            format!("When it is full, a worker of PyTorch {version} dies: \"Unexpected bus error encountered in worker\".")
        });
    }
    if let Some(open) = seen.open_files.filter(|&open| open <= 1024) {
        notes.push(format!(
            "A process may open {open} files here: \"received 0 items of ancdata\" comes from that limit (`ulimit -n`), not from \
             the size of /dev/shm."
        ));
    }
    notes
}
