//! Who fills `/dev/shm`: the files in it, those that are unlinked but still open or mapped, and who holds them.
//!
//! PyTorch unlinks its files at once, so that `ls` shows an empty directory that is full: such files are found through the
//! links in `/proc/*/fd`, and through `/proc/*/maps` where the descriptor is closed already.

use std::collections::{BTreeMap, HashMap};

use super::mount::SHM;
use super::system::{Stat, System};

/// How many processes and files are looked at.
const MOST: usize = 100_000;

/// What the files of one sort and one holder take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Whose they are by their names: `torch`, `nccl`, `python`, `semaphore`, `ray`, `fastdds`, `other`.
    pub kind: &'static str,
    /// How many.
    pub files: u64,
    /// Bytes that they take.
    pub bytes: u64,
    /// The process that holds them or whose number is in their names; nothing where that cannot be told.
    pub pid: Option<u32>,
    /// Whether nobody is left who could use them.
    pub is_dead: bool,
}

/// What lies in `/dev/shm`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Users {
    /// By sort and holder, the largest first.
    pub users: Vec<User>,
    /// The sizes of allocations that were refused: PyTorch leaves a file with a length and without a byte.
    pub refused: Vec<u64>,
    /// Whether some process could not be asked what it holds.
    pub is_partial: bool,
}

/// A file of `/dev/shm` on its way into the sum.
struct Held {
    name: String,
    bytes: u64,
    holder: Option<u32>,
    is_named: bool,
}

/// The sorts of files by how their names begin: PyTorch `torch_PID_RANDOM_COUNT`, NCCL `nccl-XXXXXX`, Python's
/// `multiprocessing.shared_memory` `psm_`, POSIX semaphores `sem.`, Ray's object store `plasma`, Fast DDS `fastrtps_`.
const KINDS: [(&str, &str); 8] = [
    ("torch_", "torch"),
    ("nccl-", "nccl"),
    ("psm_", "python"),
    ("sem.", "semaphore"),
    ("plasma", "ray"),
    ("ray_", "ray"),
    ("fastrtps_", "fastdds"),
    ("fastdds_", "fastdds"),
];

/// The sort of a file by its name.
pub fn kind(name: &str) -> &'static str {
    KINDS.iter().find(|(start, _)| name.starts_with(start)).map_or("other", |(_, kind)| kind)
}

/// The process whose number PyTorch writes into the name of a file.
fn named_pid(name: &str) -> Option<u32> {
    name.strip_prefix("torch_")?.split('_').next()?.parse().ok()
}

/// Whether a file is what PyTorch leaves of an allocation that was refused: its length was set, and no page was had.
pub fn is_refused(name: &str, stat: &Stat) -> bool {
    kind(name) == "torch" && stat.size > 0 && stat.taken == 0
}

/// Looks at the files and their holders. `shared` is what is charged to this control group: files beyond it belong to
/// another container that shares this `/dev/shm`, and are never called dead.
pub fn look(system: &dyn System, shared: Option<u64>) -> Users {
    let Some(directory) = system.stat(SHM) else { return Users::default() };
    let mut found = Users::default();
    let mut files: HashMap<u64, Held> = HashMap::new();
    named(system, SHM, directory.device, 2, &mut files, &mut found.refused);
    let processes = system.names("/proc").unwrap_or_default();
    let alive: Vec<u32> = processes.iter().filter_map(|name| name.parse().ok()).take(MOST).collect();
    for &pid in &alive {
        let seen = open(system, pid, directory.device, &mut files);
        mapped(system, pid, directory.device, &mut files);
        found.is_partial |= !seen && system.stat(&format!("/proc/{pid}")).is_some();
    }
    let named_bytes: u64 = files.values().filter(|held| held.is_named).map(|held| held.bytes).sum();
    let is_ours = !found.is_partial && shared.is_some_and(|shared| shared >= named_bytes);
    found.users = summed(files.into_values(), &alive, is_ours);
    found
}

/// The files that have names, also in directories.
fn named(
    system: &dyn System,
    directory: &str,
    device: u64,
    depth: u8,
    files: &mut HashMap<u64, Held>,
    refused: &mut Vec<u64>,
) {
    for name in system.names(directory).unwrap_or_default().into_iter().take(MOST) {
        let path = format!("{directory}/{name}");
        let Some(stat) = system.stat(&path).filter(|stat| stat.device == device) else { continue };
        if stat.is_directory {
            if depth > 0 {
                named(system, &path, device, depth - 1, files, refused);
            }
            continue;
        }
        if is_refused(&name, &stat) {
            refused.push(stat.size);
        }
        files.insert(stat.inode, Held { name, bytes: stat.taken, holder: None, is_named: true });
    }
}

/// Adds the files that a process has open. Whether it could be asked.
fn open(system: &dyn System, pid: u32, device: u64, files: &mut HashMap<u64, Held>) -> bool {
    let directory = format!("/proc/{pid}/fd");
    let Some(descriptors) = system.names(&directory) else { return false };
    for descriptor in descriptors.into_iter().take(MOST) {
        let path = format!("{directory}/{descriptor}");
        let Some(target) = system.link(&path) else { continue };
        let Some(name) = name_of(&target) else { continue };
        // The same path may be another container's: the device tells.
        let Some(stat) = system.stat(&path).filter(|stat| stat.device == device) else { continue };
        hold(files, stat.inode, pid, name, stat.taken);
    }
    true
}

/// Adds the files that a process has mapped.
fn mapped(system: &dyn System, pid: u32, device: u64, files: &mut HashMap<u64, Held>) {
    let Some(maps) = system.read(&format!("/proc/{pid}/maps")) else { return };
    for line in maps.lines().filter(|line| line.contains(SHM)) {
        let mut fields = line.split_ascii_whitespace();
        let (Some(range), Some(number), Some(inode)) = (fields.next(), fields.nth(2), fields.next()) else {
            continue;
        };
        let Some(name) = line.find(SHM).and_then(|at| name_of(line.get(at..)?)) else { continue };
        let (Some(bytes), Ok(inode)) = (length(range), inode.parse()) else { continue };
        if number == numbers(device) {
            hold(files, inode, pid, name, bytes);
        }
    }
}

/// Notes who holds a file. One without a name is known by its holder alone.
fn hold(files: &mut HashMap<u64, Held>, inode: u64, pid: u32, name: &str, bytes: u64) {
    let held = files.entry(inode).or_insert_with(|| Held {
        name: name.to_owned(),
        bytes,
        holder: None,
        is_named: false,
    });
    held.holder.get_or_insert(pid);
}

/// The name of a file of `/dev/shm` in the text of a link or map.
fn name_of(path: &str) -> Option<&str> {
    let name = path.strip_prefix(SHM)?.strip_prefix('/')?;
    Some(name.strip_suffix(" (deleted)").unwrap_or(name))
}

/// The length of a range of addresses, `7f27-7f28`.
fn length(range: &str) -> Option<u64> {
    let (start, end) = range.split_once('-')?;
    let address = |text| u64::from_str_radix(text, 16).ok();
    address(end)?.checked_sub(address(start)?)
}

/// A device number as `maps` writes it, `00:804`: Linux keeps the major number in bits 8 to 19 and from 32 on (makedev(3)).
fn numbers(device: u64) -> String {
    let major = ((device >> 8) & 0xfff) | ((device >> 32) & !0xfff);
    let minor = (device & 0xff) | ((device >> 12) & !0xff);
    format!("{major:02x}:{minor:02x}")
}

fn summed(files: impl Iterator<Item = Held>, alive: &[u32], is_ours: bool) -> Vec<User> {
    let mut sums: BTreeMap<(&'static str, Option<u32>, bool), (u64, u64)> = BTreeMap::new();
    for held in files {
        let pid = held.holder.or_else(|| named_pid(&held.name).filter(|pid| alive.contains(pid)));
        // A file of unknown use may be meant to stay.
        let is_dead = is_ours && pid.is_none() && held.is_named && kind(&held.name) != "other";
        let sum = sums.entry((kind(&held.name), pid, is_dead)).or_default();
        *sum = (sum.0 + 1, sum.1.saturating_add(held.bytes));
    }
    let user = |((kind, pid, is_dead), (files, bytes))| User { kind, files, bytes, pid, is_dead };
    let mut users: Vec<User> = sums.into_iter().map(user).collect();
    users.sort_by_key(|user| std::cmp::Reverse(user.bytes));
    users
}
