//! What a workload needs of `/dev/shm`, told by evidence: what its command, its program, its image and its neighbours in the
//! repository say ([`evidence`], [`own`]), what that says together ([`verdict`]), and how large it should be ([`recommend`]).
//!
//! What fills it is measured ([`loader`]) or read in the sources of the programs ([`users`]).

pub mod around;
pub mod evidence;
pub mod hints;
pub mod loader;
pub mod own;
pub mod practice;
pub mod python;
pub mod question;
mod ranks;
pub mod reach;
pub mod users;
mod variables;
pub mod verdict;

use crate::container::workload::GpuCount;
use crate::knowledge::command::Program;
use crate::knowledge::{Formula, KnowledgeEntry};
use crate::size::{GIB, MIB, human};
use evidence::{Claim, Evidence};
use hints::Hints;
use users::Share;
use verdict::{Need, Verdict};

/// What Docker gives where nothing is set.
pub const DEFAULT_SHM: u64 = 64 * MIB;

/// The size that is recommended where nothing more is known: 2 GiB.
pub const DEFAULT_SIZE: u64 = 2 << 30;

/// What is known of one workload.
#[derive(Debug)]
pub struct Facts<'a> {
    /// Whether it needs memory, and what tells that.
    pub need: &'a Need,
    /// The programs of its command, see [`crate::knowledge::command::programs`].
    pub programs: &'a [Program<'a>],
    /// Its environment variables.
    pub environment: &'a [(String, String)],
    /// How many GPUs it asks for.
    pub gpus: GpuCount,
    /// Its memory limit in bytes.
    pub memory_limit: Option<u64>,
    /// The size to recommend where nothing more is known, in bytes.
    pub default: u64,
}

/// A size for one workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recommendation {
    /// The size to set, in bytes: one that people write.
    pub bytes: u64,
    /// The bytes without which it is known not to work; nothing where that is not known.
    pub needed: Option<u64>,
    /// Whether the memory limit leaves no room for it: then there is nothing to set, only numbers to tell.
    pub too_large: bool,
    /// As the repository itself writes this size.
    pub spelling: Option<String>,
    /// Why, as [`because`] puts it: what decided.
    pub reason: String,
}

/// The size to set for a workload: the largest of what its evidence and its command tell, else what the repository gives the
/// like, else the default; but at most half of the memory limit, against which every page in `/dev/shm` counts.
pub fn recommend(facts: &Facts<'_>) -> Recommendation {
    let hints = Hints::read(facts.programs, facts.environment);
    let mut shares: Vec<Share> = Vec::new();
    if facts.need.verdict != Verdict::No {
        shares.extend(facts.need.evidence.iter().filter_map(|evidence| share(facts, evidence, &hints)));
    }
    shares.extend(users::loaders(&hints, facts.gpus));
    shares.extend(
        hints.shm_size.map(|bytes| Share::of(bytes, format!("its own command asks for {}", human(bytes)))),
    );
    let practice = practice(&facts.need.evidence);
    // What the repository does counts for more than a rule of thumb.
    if practice.is_some() {
        shares.retain(|share| !share.usual);
    }
    let needed = shares.iter().filter_map(|share| share.needed).max();
    shares.sort_by_key(|share| std::cmp::Reverse(share.bytes));
    let largest = shares.first().map_or(0, |share| share.bytes);
    let default = practice.as_ref().map_or(facts.default, |(bytes, ..)| *bytes);
    let bytes = round_up(largest);
    let (bytes, spelling, reason) = match (shares.into_iter().next(), practice) {
        (Some(share), _) if bytes >= default && largest > 0 => (bytes, None, share.why),
        (_, Some(practice)) => practice,
        (share, None) => (default.max(DEFAULT_SHM), None, usual(share.as_ref())),
    };
    limited(Recommendation { bytes, needed, too_large: false, spelling, reason }, facts.memory_limit)
}

/// Why a size is the usual one: nothing tells another, or what does takes less.
fn usual(share: Option<&Share>) -> String {
    match share.filter(|share| share.bytes > 0 && !goes_on(&share.why)) {
        Some(share) => format!("a usual size: {}", share.why),
        None => "a usual size, since nothing more is known".into(),
    }
}

/// Whether a reason goes on with the size, instead of being a clause of its own.
fn goes_on(reason: &str) -> bool {
    reason.starts_with("as ") || reason.starts_with("a ")
}

/// A size with its reason: a clause of its own behind a colon, or one that goes on with the size.
pub fn because(bytes: u64, reason: &str) -> String {
    let link = if goes_on(reason) { "," } else { ":" };
    format!("{}{link} {reason}", human(bytes))
}

/// What the repository gives the like: bytes, their spelling, and the place as a reason. The same image counts before a
/// sibling, and that before anything else.
fn practice(evidence: &[Evidence]) -> Option<(u64, Option<String>, String)> {
    let sized = evidence.iter().filter_map(|one| match &one.claim {
        Claim::Practice { bytes: Some(bytes), spelling, same } => Some((*same, *bytes, spelling, one)),
        _ => None,
    });
    let (same, bytes, spelling, one) = sized.max_by_key(|(same, bytes, ..)| (*same, *bytes))?;
    let like = same.called();
    let (path, line) = (one.place.path(), one.place.start().line);
    Some((bytes, spelling.clone(), format!("as {path}:{line} does for {like}")))
}

/// What one piece of evidence takes.
fn share(facts: &Facts<'_>, evidence: &Evidence, hints: &Hints) -> Option<Share> {
    let decides = || facts.need.deciding.iter().any(|one| one.claim == evidence.claim);
    match &evidence.claim {
        Claim::Loader(loads) if evidence.strength.may_raise() => users::loads(loads, hints),
        Claim::Loader(loads) => users::loads(loads, hints).map(Share::guessed),
        Claim::Ranks { count, size } => users::ranks(*size, *count, hints),
        Claim::RanksByGpus { size } => match facts.gpus {
            GpuCount::Exactly(count) => users::ranks(*size, count.min(64), hints),
            GpuCount::All | GpuCount::Unknown if *size == Formula::Loader => {
                Some(users::training(hints, facts.gpus))
            }
            // All GPUs of an unknown machine: two are enough to share memory.
            GpuCount::All | GpuCount::Unknown => users::ranks(*size, 2, hints).map(Share::guessed),
        },
        Claim::Ray => Some(users::ray(facts.memory_limit)),
        Claim::SharedMemory { bytes: Some(bytes) } => {
            Some(Share::needed(*bytes, format!("its program shares {}", human(*bytes))))
        }
        Claim::Caches { .. } => users::caches(hints),
        Claim::PythonBackend { instances } => {
            let why = "Triton's tutorials give containers with its Python back end up to 1 GiB".into();
            Some(Share::of((*instances).clamp(1, 8) * GIB, why))
        }
        Claim::Configured { bytes: Some(bytes), .. } => {
            Some(Share::of(*bytes, "as the configuration says".into()))
        }
        // What is only probably run asks for nothing.
        Claim::Known(_) if !evidence.strength.may_raise() => None,
        Claim::Known(entry) => of_entry(entry, hints, facts.gpus, facts.memory_limit),
        Claim::Named(entry) if decides() => of_entry(entry, hints, facts.gpus, facts.memory_limit),
        _ => None,
    }
}

/// What an entry of the table wants.
fn of_entry(
    entry: &KnowledgeEntry,
    hints: &Hints,
    gpus: GpuCount,
    memory_limit: Option<u64>,
) -> Option<Share> {
    let count = match gpus {
        GpuCount::Exactly(count) => count.clamp(1, 64),
        GpuCount::All | GpuCount::Unknown => 2,
    };
    match entry.size? {
        Formula::Fixed(bytes) => {
            Some(Share::of(bytes, format!("as the documentation of {} recommends", entry.name)))
        }
        Formula::Loader => Some(users::training(hints, gpus)),
        Formula::Ray => Some(users::ray(memory_limit)),
        size => users::ranks(size, count, hints).map(Share::guessed),
    }
}

/// Brings a recommendation below half of the memory limit, or says that there is no room.
fn limited(mut wanted: Recommendation, limit: Option<u64>) -> Recommendation {
    let Some(limit) = limit.filter(|limit| wanted.bytes > limit / 2) else { return wanted };
    let half = limit / 2;
    let least = wanted.needed.unwrap_or(DEFAULT_SHM + 1);
    wanted.spelling = None;
    wanted.reason = if let Some(bytes) = round_down(half).filter(|&bytes| bytes >= least) {
        wanted.bytes = bytes;
        format!("at most half of its memory limit of {}, against which /dev/shm counts", human(limit))
    } else {
        wanted.too_large = true;
        format!(
            "its memory limit of {}, against which /dev/shm counts, leaves no room beside the program",
            human(limit)
        )
    };
    wanted
}

/// The next size that people write: 64m, 128m, 256m, 512m, 1g, 2g, 4g and so on.
pub fn round_up(bytes: u64) -> u64 {
    bytes.max(DEFAULT_SHM).checked_next_power_of_two().unwrap_or(1 << 63)
}

/// The last size that people write at or below `bytes`; nothing below 64 MiB.
pub fn round_down(bytes: u64) -> Option<u64> {
    let size = 1_u64 << bytes.checked_ilog2()?;
    (size >= DEFAULT_SHM).then_some(size)
}

/// The least that is recommended for data loaders: below it, labels and semaphores matter.
const LEAST_FOR_LOADERS: u64 = 256 * MIB;

/// The size to set for data loaders whose bound is known exactly: a quarter more, for the rests of a second loader, and
/// what NCCL takes between several ranks.
fn recommended_for(bound: u64, ranks: u64) -> u64 {
    if bound == 0 {
        return DEFAULT_SHM;
    }
    let nccl = if ranks > 1 { users::nccl_bytes(ranks, 1) } else { 0 };
    round_up(bound.saturating_add(bound / 4).saturating_add(nccl).max(LEAST_FOR_LOADERS))
}

#[cfg(test)]
mod tests;
