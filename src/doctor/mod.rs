//! `shmlint doctor`: what `/dev/shm` is where this process runs, who fills it, and what it should be.
//!
//! It looks and never tries: an allocation on a tmpfs takes the pages, and in a container with a memory limit that ends
//! the training (seen: 100 MiB under a limit of 64 MiB, killed). What is left is computed instead.

pub mod advice;
pub mod memory;
pub mod mount;
pub mod system;
mod torch;
pub mod users;
pub mod watch;

use crate::container::accelerator::{AcceleratorSign, device};
use crate::need::loader::Loader;
use crate::need::question::{Answer, Question};
use memory::Memory;
use mount::Shm;
use system::System;
use users::Users;

/// Everything that was seen.
#[derive(Clone, Debug)]
pub struct Examination {
    /// What `/dev/shm` is.
    pub shm: Shm,
    /// The memory that it counts against.
    pub memory: Memory,
    /// Who fills it.
    pub users: Users,
    /// The accelerators' device files.
    pub accelerators: Vec<String>,
    /// The version of PyTorch that is installed.
    pub torch: Option<String>,
    /// How many files a process may have open.
    pub open_files: Option<u64>,
    /// What the data loader that was asked about needs.
    pub wanted: Option<(Loader, Answer)>,
}

impl Examination {
    /// Bytes that may still be put into `/dev/shm`: what is free there, at most what the memory limit leaves.
    pub fn left(&self) -> Option<u64> {
        let free = self.shm.space.map(|space| space.free).filter(|_| self.shm.size().is_some());
        [free, self.memory.left()].into_iter().flatten().min()
    }
}

/// Looks at the system. An error where it cannot be looked at, or the data loader's numbers make no sense.
pub fn examine(system: &dyn System, loader: Option<Loader>) -> Result<Examination, String> {
    let shm = mount::look(system).ok_or("/proc/self/mountinfo cannot be read, so the mounts are unknown")?;
    let wanted = loader.map(|loader| {
        let question = Question { loader: Some(loader.clone()), ranks: loader.ranks, ..Question::default() };
        question.answer().map(|answer| (loader, answer)).map_err(|error| error.to_string())
    });
    let memory = memory::look(system);
    Ok(Examination {
        shm,
        memory,
        users: users::look(system, memory.shared),
        accelerators: accelerators(system),
        torch: torch::version(system),
        open_files: open_files(system),
        wanted: wanted.transpose()?,
    })
}

/// The device files of accelerators: one for each, without those that all share.
fn accelerators(system: &dyn System) -> Vec<String> {
    let names = |directory: &str| {
        let names = system.names(directory).unwrap_or_default();
        names.into_iter().map(|name| format!("{directory}/{name}")).collect::<Vec<_>>()
    };
    let numbered = |path: &String| path.ends_with(|c: char| c.is_ascii_digit());
    let nodes = names("/dev").into_iter().chain(names("/dev/accel")).filter(numbered);
    nodes.filter(|path| matches!(device(path, &|_| true), AcceleratorSign::Yes(_))).collect()
}

/// The soft limit of open files, from `/proc/self/limits`.
fn open_files(system: &dyn System) -> Option<u64> {
    let limits = system.read("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests;
