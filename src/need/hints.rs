//! What a workload's command and environment tell of its data loaders and processes.

use crate::knowledge::command::Program;
use crate::knowledge::options::{VllmCaches, option};
use crate::size;

/// More workers than this are no number of workers.
pub(super) const MOST_WORKERS: u64 = 1024;
/// A larger batch is counted in something else than samples.
const MOST_SAMPLES: u64 = 1 << 16;
/// More processes than this do not run in one container.
const MOST_RANKS: u64 = 64;

/// The numbers that were found; nothing for those that were not, are no numbers, or are beyond belief.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// Workers of a data loader. 0 is a number, too: somebody gave them up.
    pub workers: Option<u64>,
    /// Samples in a batch.
    pub batch: Option<u64>,
    /// Batches that each worker keeps ahead.
    pub prefetch: Option<u64>,
    /// Training processes in the container.
    pub ranks: Option<u64>,
    /// Machines that train together.
    pub nodes: Option<u64>,
    /// Caches that options of vLLM put into `/dev/shm`.
    pub(super) caches: VllmCaches,
    /// A size that the command itself asks for, as launchers of jobs do.
    pub shm_size: Option<u64>,
}

/// Options that are of a data loader's workers and of nobody else's.
pub(super) const LOADER_WORKERS: &[&str] =
    &["--num-workers", "--dataloader-num-workers", "--num-data-workers"];
const WORKERS: &[&str] = &[
    "--num-workers",
    "--workers",
    "-j",
    "--n-workers",
    "--nworkers",
    "--dataloader-num-workers",
    "--num-data-workers",
    "num-workers",
    "workers",
];
const BATCH: &[&str] = &[
    "--batch-size",
    "--batch",
    "--train-batch-size",
    "--per-device-train-batch-size",
    "--micro-batch-size",
    "batch-size",
    "batch",
];
const PREFETCH: &[&str] = &["--prefetch-factor", "--dataloader-prefetch-factor", "prefetch-factor"];
const RANKS: &[&str] = &["--nproc-per-node", "--num-processes", "--num-gpus", "-np"];
const NODES: &[&str] = &["--nnodes", "--num-machines", "--num-nodes"];

/// Programs whose workers are processes that answer requests.
const WEB_SERVERS: &[&str] =
    &["uvicorn", "gunicorn", "celery", "hypercorn", "granian", "fastapi", "make", "ninja"];

impl Hints {
    /// Reads options in all common spellings, then the environment variables of the same name.
    pub fn read(programs: &[Program<'_>], environment: &[(String, String)]) -> Self {
        let serves = |program: &Program<'_>| {
            let module = program.args().nth(1).filter(|_| program.args().next() == Some("-m"));
            WEB_SERVERS.contains(&program.name())
                || module.is_some_and(|module| WEB_SERVERS.contains(&module))
        };
        let trains: Vec<Program<'_>> = programs.iter().filter(|program| !serves(program)).cloned().collect();
        let variable = |name: &str| {
            environment.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
        };
        let number = |names: &[&str], variables: &[&str], most: u64| {
            let written = option(&trains, names).or_else(|| variables.iter().find_map(|name| variable(name)));
            written.and_then(|value| value.trim().parse::<u64>().ok()).filter(|&number| number <= most)
        };
        Self {
            workers: number(WORKERS, &["NUM_WORKERS", "DATALOADER_NUM_WORKERS"], MOST_WORKERS),
            batch: number(BATCH, &["BATCH_SIZE"], MOST_SAMPLES).filter(|&batch| batch > 0),
            prefetch: number(PREFETCH, &["PREFETCH_FACTOR"], MOST_WORKERS).filter(|&prefetch| prefetch > 0),
            ranks: number(RANKS, &["NPROC_PER_NODE"], MOST_RANKS).filter(|&ranks| ranks > 0),
            nodes: number(NODES, &["NNODES"], u64::MAX).filter(|&nodes| nodes > 0),
            caches: VllmCaches::read(&trains),
            shm_size: option(&trains, &["--shm-size"]).and_then(|text| size::parse_any(text).ok()),
        }
    }
}
