//! What programs other than a known data loader take of `/dev/shm`.
//!
//! Figures without another source were read in the programs' own code: NCCL 2.30.7 (`transport/shm.cc`, `init.cc`,
//! `proxy.cc`), vLLM 0.33 (`shm_broadcast.py`, `multiproc_executor.py`, `shared_offload_region.py`), SGLang 0.5.23
//! (`parallel_state.py`), Ray 2.60 (`services.py`, `ray_constants.py`).

use super::hints::Hints;
use super::loader::{Loader, Sample};
use crate::container::workload::GpuCount;
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
    /// Why.
    pub why: String,
}

impl Share {
    /// A share that is not known to be needed in full.
    pub(super) fn of(bytes: u64, why: String) -> Self {
        Self { bytes, needed: None, why }
    }
}

/// Training processes in the container: as its launcher says, else one for every GPU; nothing where neither is known.
fn ranks(hints: &Hints, gpus: GpuCount) -> Option<u64> {
    let gpus = match gpus {
        GpuCount::Exactly(count) if count > 0 => Some(count.min(64)),
        _ => None,
    };
    hints.ranks.or(gpus)
}

/// Training of which nothing more is known.
pub(super) fn training(hints: &Hints, gpus: GpuCount) -> Share {
    let ranks = ranks(hints, gpus).unwrap_or(1);
    let each = human(FOR_ONE_GPU);
    let why = if ranks > 1 {
        format!("{each} for the data loaders of each of its {ranks} processes")
    } else {
        format!("{each} hold what 16 workers keep ahead of batches of 64 images")
    };
    Share::of(ranks * FOR_ONE_GPU, why)
}

/// Data loaders whose workers the command or environment tells.
pub(super) fn loaders(hints: &Hints, gpus: GpuCount) -> Option<Share> {
    let workers = hints.workers.filter(|&workers| workers > 0)?;
    let loader = Loader {
        workers,
        prefetch: hints.prefetch.unwrap_or(2),
        batch: hints.batch.unwrap_or(ASSUMED_BATCH),
        sample: Sample::new(ASSUMED_SHAPE, "float32").ok()?,
        held: 0,
        ranks: 1,
    };
    let one = loader.bound().ok()?.min(MOST_ASSUMED);
    let ranks = ranks(hints, gpus).unwrap_or(1);
    let processes = if ranks > 1 { format!("{ranks} processes with ") } else { String::new() };
    let size = if hints.batch.is_some() { "" } else { "say " };
    Some(Share::of(
        ranks * (one + one / 4),
        format!(
            "{processes}{workers} data loader workers keep up to {} batches of {size}{} images of {ASSUMED_SHAPE} in /dev/shm: {}",
            loader.batches().ok()?,
            loader.batch,
            human(ranks * one)
        ),
    ))
}

/// NCCL between `ranks` processes of one machine, and to others where there are several: about 9.2 MiB for each of its
/// connections. NVIDIA's own advice is 1 GB.
pub(super) fn nccl_bytes(ranks: u64, nodes: u64) -> u64 {
    let one_machine = if ranks > 4 { 2 * GIB } else { GIB };
    one_machine + if nodes > 1 { ranks * NCCL_POOL } else { 0 }
}

/// A program that talks NCCL.
pub(super) fn nccl(hints: &Hints, gpus: GpuCount) -> Share {
    let ranks = ranks(hints, gpus).or(hints.parallel).unwrap_or(1);
    let bytes = nccl_bytes(ranks, hints.nodes.unwrap_or(1));
    Share::of(bytes, "NCCL takes 9.2 MiB for every connection between GPUs without a direct link".into())
}

/// vLLM: nothing with one worker and text, else rings for the messages of its workers; caches where options put them
/// there.
pub(super) fn vllm(hints: &Hints, gpus: GpuCount) -> Option<Share> {
    let (workers, surely) = match (hints.parallel, gpus) {
        (Some(parallel), _) => (parallel.min(64), true),
        (None, GpuCount::Exactly(count)) => (count.clamp(1, 64), true),
        // All GPUs of an unknown machine: two are enough to want rings.
        (None, GpuCount::All | GpuCount::Unknown) => (2, false),
    };
    let copies = hints.data_parallel.unwrap_or(1);
    let rings = if workers > 1 { copies * (VLLM_SHARED + VLLM_RING * workers) + GIB } else { 0 };
    let caches = hints.caches.bytes();
    let bytes = rings.saturating_add(caches);
    let ring = if surely && workers > 1 { VLLM_RING } else { 0 };
    let needed = Some(hints.caches.offload.saturating_add(ring)).filter(|&needed| needed > 0);
    let mut why = Vec::new();
    if rings > 0 {
        why.push(format!(
            "rings between its {workers} workers, the largest of {}, and NCCL",
            human(VLLM_RING)
        ));
    }
    if caches > 0 {
        why.push(format!("caches of {} that its options put into /dev/shm", human(caches)));
    }
    (bytes > 0).then(|| Share { bytes, needed, why: why.join("; ") })
}

/// SGLang: a ring of 24 MiB for every group of ranks, NCCL, and images on their way.
pub(super) fn sglang(hints: &Hints, gpus: GpuCount) -> Share {
    let several =
        hints.parallel.is_some_and(|parallel| parallel > 1) || matches!(gpus, GpuCount::Exactly(2..));
    let bytes = if several { 4 * GIB } else { GIB };
    Share::of(bytes, "NCCL, rings between its ranks, and images on their way to the model".into())
}

/// Ray: its object store takes 30 % of the memory, but no more than 10 GB unless told, and goes to disk where /dev/shm is
/// smaller.
pub(super) fn ray(memory_limit: Option<u64>) -> Share {
    let of_limit = memory_limit.map(|limit| limit / 100 * 33);
    let bytes = of_limit.map_or(RAY_MOST, |bytes| bytes.min(RAY_MOST));
    Share::of(bytes, format!("its object store wants {}: 30 % of the memory and at most 10 GB", human(bytes)))
}
