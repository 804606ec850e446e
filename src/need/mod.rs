//! How large `/dev/shm` should be, and why.
//!
//! What fills it is measured ([`loader`]) or read in the sources of the programs ([`users`]); [`recommend`] puts together
//! what the table of images, the command line and the memory limit of one workload tell.

pub mod hints;
pub mod loader;
pub mod question;
pub mod users;

use crate::container::workload::GpuCount;
use crate::knowledge::command::Program;
use crate::knowledge::{Formula, Need, Told, Verdict};
use crate::size::{MIB, human};
use hints::Hints;
use users::Share;

/// What Docker gives where nothing is set.
pub const DEFAULT_SHM: u64 = 64 * MIB;

/// The size that is recommended where nothing more is known: 2 GiB.
pub const DEFAULT_SIZE: u64 = 2 << 30;

/// What is known of one workload.
#[derive(Debug)]
pub struct Facts<'a> {
    /// What the table of images says of it.
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
    /// Why, one clause each, the most telling first.
    pub reasons: Vec<String>,
}

/// The size to set for a workload: the largest of the default, what its image is known to want, and what its command and
/// environment tell; but at most half of the memory limit, against which every page in `/dev/shm` counts.
pub fn recommend(facts: &Facts<'_>) -> Recommendation {
    let hints = Hints::read(facts.programs, facts.environment);
    let mut shares = Vec::new();
    if facts.need.verdict != Verdict::No {
        shares.extend(facts.need.size.and_then(|formula| known(facts, formula, &hints)));
    }
    shares.extend(users::loaders(&hints, facts.gpus));
    shares.extend(
        hints.shm_size.map(|bytes| Share::of(bytes, format!("its own command asks for {}", human(bytes)))),
    );
    let needed = shares.iter().filter_map(|share| share.needed).max();
    let largest = shares.iter().map(|share| share.bytes).max().unwrap_or(0);
    let mut reasons: Vec<String> = shares.into_iter().map(|share| share.why).collect();
    if round_up(largest) < facts.default {
        let default = human(facts.default);
        reasons.push(format!("{default} is what containers that load data for one GPU usually get by with"));
    }
    let bytes = round_up(largest.max(facts.default));
    limited(Recommendation { bytes, needed, too_large: false, reasons }, facts.memory_limit)
}

/// What the image or command is known to want.
fn known(facts: &Facts<'_>, formula: Formula, hints: &Hints) -> Option<Share> {
    match formula {
        Formula::Fixed(bytes) if facts.need.told == Told::Configuration => {
            Some(Share::of(bytes, "the configuration says so".into()))
        }
        Formula::Fixed(bytes) => Some(Share::of(bytes, "the figure of its own documentation".into())),
        Formula::Loader => Some(users::training(hints, facts.gpus)),
        Formula::Nccl => Some(users::nccl(hints, facts.gpus)),
        Formula::Vllm => users::vllm(hints, facts.gpus),
        Formula::Sglang => Some(users::sglang(hints, facts.gpus)),
        Formula::Ray => Some(users::ray(facts.memory_limit)),
    }
}

/// Brings a recommendation below half of the memory limit, or says that there is no room.
fn limited(mut wanted: Recommendation, limit: Option<u64>) -> Recommendation {
    let Some(limit) = limit.filter(|limit| wanted.bytes > limit / 2) else { return wanted };
    let half = limit / 2;
    let least = wanted.needed.unwrap_or(DEFAULT_SHM + 1);
    let reason = if let Some(bytes) = round_down(half).filter(|&bytes| bytes >= least) {
        wanted.bytes = bytes;
        format!("at most half of the memory limit of {}, since its pages count against it", human(limit))
    } else {
        wanted.too_large = true;
        format!(
            "the memory limit of {} leaves no room: /dev/shm counts against it beside the program",
            human(limit)
        )
    };
    wanted.reasons.push(reason);
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
