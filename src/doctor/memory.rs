//! The memory limit of this container: every page in `/dev/shm` counts against it. Control groups of both versions.

use super::system::System;

/// From here on a limit of version 1 is none: it writes the largest number of pages.
const NONE: u64 = 1 << 62;

/// What the control group tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The lowest limit in bytes, of this group or one above it; nothing where none is set.
    pub limit: Option<u64>,
    /// Bytes that the group uses now.
    pub used: Option<u64>,
    /// Bytes of shared memory that are charged to it.
    pub shared: Option<u64>,
}

impl Memory {
    /// Bytes that are left below the limit; nothing where there is none.
    pub fn left(&self) -> Option<u64> {
        Some(self.limit?.saturating_sub(self.used.unwrap_or(0)))
    }
}

/// Looks at the control group of this process.
pub fn look(system: &dyn System) -> Memory {
    let groups = system.read("/proc/self/cgroup").unwrap_or_default();
    let path = |wanted: &dyn Fn(&str) -> bool| {
        groups.lines().find_map(|line| {
            let mut fields = line.splitn(3, ':').skip(1);
            let (controllers, path) = (fields.next()?, fields.next()?);
            wanted(controllers).then(|| path.trim_end_matches('/').to_owned())
        })
    };
    let first = path(&|controllers| controllers.split(',').any(|name| name == "memory"));
    let second = path(&str::is_empty);
    // Both may be mounted: the one that has the memory controller tells.
    let version1 = first.map(|path| of_version_1(system, &path)).filter(|memory| memory.used.is_some());
    version1.or_else(|| second.map(|path| of_version_2(system, &path))).unwrap_or_default()
}

/// The directories that may be the group's, the innermost first: with the host's view the path leads there, in a container's
/// own view the group is the root.
fn above<'a>(root: &'a str, path: &'a str) -> impl Iterator<Item = String> + 'a {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]).rev();
    ends.map(move |end| format!("{root}{}", path.get(..end).unwrap_or_default()))
}

fn number(system: &dyn System, path: &str) -> Option<u64> {
    system.read(path)?.trim().parse().ok()
}

/// The number behind a name in `memory.stat`.
fn counted(system: &dyn System, path: &str, name: &str) -> Option<u64> {
    let text = system.read(path)?;
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

fn of_version_1(system: &dyn System, path: &str) -> Memory {
    let root = "/sys/fs/cgroup/memory";
    let limits = above(root, path).filter_map(|at| number(system, &format!("{at}/memory.limit_in_bytes")));
    let own = above(root, path).find(|at| system.read(&format!("{at}/memory.usage_in_bytes")).is_some());
    let own = own.unwrap_or_default();
    let stat = format!("{own}/memory.stat");
    let whole = counted(system, &stat, "hierarchical_memory_limit");
    Memory {
        limit: limits.chain(whole).min().filter(|&limit| limit < NONE),
        used: number(system, &format!("{own}/memory.usage_in_bytes")),
        shared: counted(system, &stat, "total_shmem").or_else(|| counted(system, &stat, "shmem")),
    }
}

fn of_version_2(system: &dyn System, path: &str) -> Memory {
    // Systems that mount both put version 2 below `unified`.
    let root = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]
        .into_iter()
        .find(|root| system.read(&format!("{root}/cgroup.controllers")).is_some())
        .unwrap_or("/sys/fs/cgroup");
    // "max" is no number, and the root of all groups has no limit.
    let limits = above(root, path).filter_map(|at| number(system, &format!("{at}/memory.max")));
    let own = above(root, path).find(|at| system.read(&format!("{at}/memory.current")).is_some());
    let own = own.unwrap_or_default();
    Memory {
        limit: limits.min(),
        used: number(system, &format!("{own}/memory.current")),
        shared: counted(system, &format!("{own}/memory.stat"), "shmem"),
    }
}
