//! What programs other than a known data loader take of `/dev/shm`.
//!
//! Figures without another source were read in the programs' own code: NCCL 2.30.7 (`transport/shm.cc`, `init.cc`,
//! `proxy.cc`), vLLM 0.33 (`shm_broadcast.py`, `multiproc_executor.py`, `shared_offload_region.py`), SGLang 0.5.23
//! (`parallel_state.py`), Ray 2.60 (`services.py`, `ray_constants.py`).

use super::LEAST_FOR_LOADERS;
use super::evidence::{Data, Loads};
use super::hints::Hints;
use super::loader::{Loader, Sample};
use crate::container::workload::GpuCount;
use crate::knowledge::Formula;
use crate::size::{GIB, MIB, human};

/// What training with nothing known takes for one GPU: batches of 64 images of 224 x 224 in single precision, with up to
/// 16 workers.
const FOR_ONE_GPU: u64 = 2 * GIB;
/// NCCL's pool of operations per rank, once several machines take part.
const NCCL_POOL: u64 = 33 * MIB;
/// The largest ring of a vLLM worker: where it does not fit, two workers and more do not start.
const VLLM_RING: u64 = 240 * MIB;
/// vLLM's rings for all workers of one engine together.
const VLLM_SHARED: u64 = 184 * MIB;
/// The largest object store that Ray starts by itself is 10 GB; with this much it is content.
const RAY_MOST: u64 = 10_600_000_000;
/// What a command that does not tell its samples is taken to load.
const ASSUMED_SHAPE: &str = "3x224x224";
const ASSUMED_BATCH: u64 = 64;
/// An estimate from assumed samples goes no further than this for one process.
const MOST_ASSUMED: u64 = 16 * GIB;

/// What one user of shared memory wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Bytes to recommend.
    pub bytes: u64,
    /// Bytes without which it is known to fail.
    pub needed: Option<u64>,
    /// Whether it is a rule of thumb, for want of anything known.
    pub usual: bool,
    /// Why.
    pub why: String,
}

impl Share {
    /// A share that is not known to be needed in full.
    pub(super) fn of(bytes: u64, why: String) -> Self {
        Self { bytes, needed: None, usual: false, why }
    }

    /// A share that is known to be needed in full.
    pub(super) fn needed(bytes: u64, why: String) -> Self {
        Self { needed: Some(bytes), ..Self::of(bytes, why) }
    }

    /// A share of a number of processes that nothing tells: not known to be needed.
    pub(super) fn guessed(self) -> Self {
        Self { needed: None, ..self }
    }
}

/// Training processes in the container: as its launcher says, else one for every GPU; nothing where neither is known.
fn processes(hints: &Hints, gpus: GpuCount) -> Option<u64> {
    let gpus = match gpus {
        GpuCount::Exactly(count) if count > 0 => Some(count.min(64)),
        _ => None,
    };
    hints.ranks.or(gpus)
}

/// Training of which nothing more is known.
pub(super) fn training(hints: &Hints, gpus: GpuCount) -> Share {
    let ranks = processes(hints, gpus).unwrap_or(1);
    let bytes = ranks * FOR_ONE_GPU;
    let why = match ranks {
        1 => "a usual size for training".into(),
        _ => format!("{}, a usual size for training, for each of its {ranks} GPUs", human(FOR_ONE_GPU)),
    };
    Share { usual: true, ..Share::of(bytes, why) }
}

/// Data loaders whose workers the command or environment tells.
pub(super) fn loaders(hints: &Hints, gpus: GpuCount) -> Option<Share> {
    let workers = hints.workers.filter(|&workers| workers > 0)?;
    let loads =
        Loads { workers, assumed: false, batch: None, sample: None, data: Data::Unknown, prefetch: None };
    loads_share(&loads, hints, processes(hints, gpus).unwrap_or(1))
}

/// A data loader that a program has; what its command says counts before what the program says.
pub(super) fn loads(loads: &Loads, hints: &Hints) -> Option<Share> {
    loads_share(loads, hints, hints.ranks.unwrap_or(1))
}

fn loads_share(loads: &Loads, hints: &Hints, ranks: u64) -> Option<Share> {
    let sample = loads.sample.clone();
    let (known, batch) = (sample.is_some(), hints.batch.or(loads.batch));
    let loader = Loader {
        workers: hints.workers.filter(|&workers| workers > 0).unwrap_or(loads.workers),
        prefetch: hints.prefetch.or(loads.prefetch).unwrap_or(2),
        batch: batch.unwrap_or(ASSUMED_BATCH),
        sample: sample.or_else(|| Sample::new(ASSUMED_SHAPE, "float32").ok())?,
        held: 0,
        ranks: 1,
    };
    let one = loader.bound().ok()?;
    let one = if known { one } else { one.min(MOST_ASSUMED) };
    let bytes = ranks.saturating_mul(one.saturating_add(one / 4)).max(LEAST_FOR_LOADERS);
    let bytes = if ranks > 1 { bytes.saturating_add(nccl_bytes(ranks, 1)) } else { bytes };
    let workers = loader.workers;
    let (batches, batch_size, sample) = (loader.batches().ok()?, loader.batch, &loader.sample);
    let held = match (known, batch) {
        (true, Some(_)) => format!("up to {batches} batches of {batch_size} samples ({sample})"),
        (false, Some(_)) => format!("up to {batches} batches of {batch_size} samples (assuming {sample})"),
        _ => format!("up to {batches} batches (assuming {batch_size} samples of {sample} in each)"),
    };
    let total = human(ranks.saturating_mul(one));
    let why = match (ranks, workers) {
        (..=1, 1) => format!("1 data loader worker keeps {held}, {total}"),
        (..=1, _) => format!("{workers} data loader workers keep {held}, {total}"),
        _ => format!("each of {ranks} processes with {workers} workers keeps {held}, {total} in all"),
    };
    let needed = (known && batch.is_some()).then(|| ranks.saturating_mul(one));
    Some(Share { needed, ..Share::of(bytes, why) })
}

/// NCCL between `ranks` processes of one machine, and to others where there are several: about 9.2 MiB for each of its
/// connections. NVIDIA's own advice is 1 GB.
pub(super) fn nccl_bytes(ranks: u64, nodes: u64) -> u64 {
    let one_machine = if ranks > 4 { 2 * GIB } else { GIB };
    one_machine + if nodes > 1 { ranks * NCCL_POOL } else { 0 }
}

/// Processes that share memory with each other, so many of them.
pub(super) fn ranks(size: Formula, count: u64, hints: &Hints) -> Option<Share> {
    let nodes = hints.nodes.unwrap_or(1);
    match size {
        _ if count < 2 && nodes < 2 => None,
        Formula::Vllm => Some(vllm(count.min(64))),
        Formula::Sglang => {
            Some(Share::of(4 * GIB, format!("SGLang's {count} processes use NCCL and queues of their own")))
        }
        Formula::Ray => None,
        Formula::Loader => {
            let bytes = nccl_bytes(count, nodes).max(count.min(64) * FOR_ONE_GPU);
            let usual = human(FOR_ONE_GPU);
            Some(Share {
                usual: true,
                ..Share::of(bytes, format!("{usual}, a usual size, for each of its {count} processes"))
            })
        }
        Formula::Fixed(bytes) => {
            Some(Share::of(bytes, format!("as its documentation recommends for {count} processes")))
        }
        Formula::Nccl => {
            let bytes = nccl_bytes(count, nodes);
            Some(Share::of(bytes, format!("NCCL between {count} processes takes up to {}", human(bytes))))
        }
    }
}

/// vLLM's workers: rings for their messages, and NCCL.
fn vllm(workers: u64) -> Share {
    let rings = VLLM_SHARED + VLLM_RING * workers;
    let why = format!(
        "the message queues of vLLM's {workers} workers take up to {}, and NCCL needs room beside them",
        human(rings)
    );
    Share { needed: Some(VLLM_RING), ..Share::of(rings + GIB, why) }
}

/// Caches that options of vLLM put there.
pub(super) fn caches(hints: &Hints) -> Option<Share> {
    let bytes = hints.caches.bytes();
    let needed = Some(hints.caches.offload).filter(|&offload| offload > 0);
    let why = format!("its options put caches of {} into /dev/shm", human(bytes));
    (bytes > 0).then(|| Share { needed, ..Share::of(bytes, why) })
}

/// Ray: its object store takes 30 % of the memory, but no more than 10 GB unless told, and goes to disk where /dev/shm is
/// smaller.
pub(super) fn ray(memory_limit: Option<u64>) -> Share {
    let of_limit = memory_limit.map(|limit| limit / 100 * 33);
    let bytes = of_limit.map_or(RAY_MOST, |bytes| bytes.min(RAY_MOST));
    Share::of(bytes, "Ray's object store takes 30 % of the memory, at most 10 GB".into())
}
