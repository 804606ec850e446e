//! What the doctor says of systems that are described here after real ones.

use std::collections::BTreeMap;

use super::advice::{Verdict, diagnose};
use super::mount::Kind;
use super::system::{Space, Stat, System};
use super::*;
use crate::need::loader::Sample;

const MIB: u64 = 1 << 20;
const DEVICE: u64 = 61;

/// A system that a test describes.
#[derive(Clone, Debug, Default)]
struct Described {
    texts: BTreeMap<String, String>,
    links: BTreeMap<String, String>,
    stats: BTreeMap<String, Stat>,
    spaces: BTreeMap<String, Space>,
    locked: Vec<String>,
    variables: BTreeMap<String, String>,
}

impl System for Described {
    fn read(&self, path: &str) -> Option<String> {
        self.texts.get(path).cloned()
    }

    fn names(&self, directory: &str) -> Option<Vec<String>> {
        let start = format!("{}/", directory.trim_end_matches('/'));
        let paths = self.texts.keys().chain(self.links.keys()).chain(self.stats.keys());
        let below = paths.filter_map(|path| path.strip_prefix(&start)?.split('/').next().map(str::to_owned));
        let mut names: Vec<String> = below.collect();
        names.sort_unstable();
        names.dedup();
        (!names.is_empty() || self.stats.contains_key(directory)).then_some(names)
    }

    fn link(&self, path: &str) -> Option<String> {
        self.links.get(path).cloned()
    }

    fn stat(&self, path: &str) -> Option<Stat> {
        self.stats.get(path).copied()
    }

    fn space(&self, path: &str) -> Option<Space> {
        self.spaces.get(path).copied()
    }

    fn may_write(&self, directory: &str) -> bool {
        !self.locked.iter().any(|locked| locked == directory)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }
}

/// A container with one line of mountinfo for its `/dev/shm`, which has so many bytes in use.
fn container(line: &str, size: u64, used: u64) -> Described {
    let mut system = Described::default();
    let root = "612 540 0:52 / / rw,relatime master:9 - overlay overlay rw";
    system.texts.insert("/proc/self/mountinfo".into(), format!("{root}\n{line}\n"));
    system.texts.insert("/proc/meminfo".into(), "MemTotal:       16777216 kB\n".into());
    let space = Space { size, used, free: size - used, inodes: 1000, inodes_free: 990 };
    system.spaces.insert("/dev/shm".into(), space);
    system.stats.insert("/dev/shm".into(), Stat { device: DEVICE, is_directory: true, ..Stat::default() });
    system
}

fn default(used: u64) -> Described {
    container("630 612 0:61 / /dev/shm rw,nosuid,nodev,noexec - tmpfs shm rw,size=65536k", 64 * MIB, used)
}

fn file(system: &mut Described, path: &str, inode: u64, size: u64, taken: u64) {
    system.stats.insert(path.into(), Stat { device: DEVICE, inode, size, taken, is_directory: false });
}

fn charged(system: &mut Described, shared: u64, limit: &str) {
    system.texts.insert("/proc/self/cgroup".into(), "0::/\n".into());
    system.texts.insert("/sys/fs/cgroup/cgroup.controllers".into(), "memory\n".into());
    system.texts.insert("/sys/fs/cgroup/memory.max".into(), format!("{limit}\n"));
    system.texts.insert("/sys/fs/cgroup/memory.current".into(), format!("{}\n", shared + MIB));
    system.texts.insert("/sys/fs/cgroup/memory.stat".into(), format!("anon 4096\nshmem {shared}\n"));
}

fn kind_of(line: &str, size: u64) -> Kind {
    examine(&container(line, size, 0), None).unwrap().shm.kind
}

#[test]
fn who_set_the_size_is_told_by_the_mount() {
    let of = |options: &str, size| kind_of(&format!("7 6 0:61 / /dev/shm {options}"), size);
    let engine = "rw,nosuid,nodev,noexec,relatime - tmpfs shm rw,size=";
    assert_eq!(of(&format!("{engine}65536k"), 64 * MIB), Kind::Default);
    assert_eq!(of(&format!("{engine}64000k"), 64_000 << 10), Kind::Default);
    assert_eq!(of(&format!("{engine}2097152k,inode64"), 2048 * MIB), Kind::Size);
    assert_eq!(of(&format!("{engine}0k"), 0), Kind::Unlimited);
    assert_eq!(of("rw shared:3 master:1 - tmpfs none rw", 64 * MIB), Kind::Default, "gVisor shows no size");
    assert_eq!(of("rw,relatime - tmpfs tmpfs rw,size=65536k", 64 * MIB), Kind::Memory);
    assert_eq!(of("rw,noexec - tmpfs tmpfs rw", 8 << 30), Kind::HalfOfMemory);
    assert_eq!(of("rw,nosuid,nodev - tmpfs tmpfs rw,inode64", 8 << 30), Kind::Host);
    assert_eq!(of("rw,relatime - tmpfs tmpfs rw,size=16777216k", 16 << 30), Kind::Host);
    assert_eq!(of("rw,relatime - ext4 /dev/vda rw", 100 << 30), Kind::Disk);
}

#[test]
fn the_last_of_several_mounts_counts() {
    let two = "7 6 0:60 / /dev/shm rw,noexec - tmpfs shm rw,size=65536k\n8 7 0:61 / /dev/shm ro - tmpfs x rw,size=1k";
    let seen = examine(&container(two, 700 * MIB, 0), None).unwrap();
    assert_eq!((seen.shm.kind, seen.shm.read_only), (Kind::Memory, true));
    assert_eq!(diagnose(&seen).verdict, Verdict::Missing);
}

#[test]
fn without_a_mount_it_is_missing_or_a_directory_of_dev() {
    let mut system = container("", 64 * MIB, 0);
    assert_eq!(examine(&system, None).unwrap().shm.kind, Kind::Directory);
    system.spaces.clear();
    let seen = examine(&system, None).unwrap();
    assert_eq!((seen.shm.kind, diagnose(&seen).verdict), (Kind::Missing, Verdict::Missing));
    system.texts.clear();
    assert!(examine(&system, None).unwrap_err().contains("mountinfo"));
}

#[test]
fn unlinked_files_are_found_by_who_holds_them() {
    let mut system = default(40 * MIB);
    charged(&mut system, 40 * MIB, "max");
    system.links.insert("/proc/8/fd/5".into(), "/dev/shm/torch_8_1_0 (deleted)".into());
    file(&mut system, "/proc/8/fd/5", 9, 30 * MIB, 30 * MIB);
    // Another container's file of the same name, seen with `--pid=host`.
    system.links.insert("/proc/9/fd/5".into(), "/dev/shm/torch_9_1_0".into());
    system.stats.insert("/proc/9/fd/5".into(), Stat { device: 70, inode: 9, taken: MIB, ..Stat::default() });
    let maps = "7f00000000-7f00a00000 rw-s 00000000 00:3d 12      /dev/shm/torch_8_1_1 (deleted)\n\
                7f00000000-7f00a00000 rw-s 00000000 00:46 13      /dev/shm/torch_8_1_2 (deleted)\n";
    system.texts.insert("/proc/8/maps".into(), maps.into());
    let users = examine(&system, None).unwrap().users.users;
    let torch = users::User { kind: "torch", files: 2, bytes: 40 * MIB, pid: Some(8), is_dead: false };
    assert_eq!(users, [torch]);
}

#[test]
fn files_that_nobody_holds_are_left_behind_but_not_those_of_another_container() {
    let mut system = default(30 * MIB);
    charged(&mut system, 30 * MIB, "max");
    file(&mut system, "/dev/shm/nccl-a1B2c3", 1, 20 * MIB, 20 * MIB);
    file(&mut system, "/dev/shm/settings.lock", 2, 4096, 4096);
    let dead = |system: &Described| {
        let users = examine(system, None).unwrap().users.users;
        users.into_iter().map(|user| (user.kind, user.is_dead)).collect::<Vec<_>>()
    };
    assert_eq!(dead(&system), [("nccl", true), ("other", false)]);
    charged(&mut system, 0, "max");
    assert_eq!(dead(&system), [("nccl", false), ("other", false)], "joined to another container's IPC");
}

#[test]
fn a_refused_allocation_is_seen_by_the_file_that_it_left() {
    let mut system = default(0);
    file(&mut system, "/dev/shm/torch_77_123_0", 1, 48 * MIB, 0);
    let seen = examine(&system, None).unwrap();
    assert_eq!(seen.users.refused, [48 * MIB]);
    let found = diagnose(&seen);
    assert_eq!(found.verdict, Verdict::TooSmall);
    assert!(found.recommended > 64 * MIB && found.advice.iter().any(|advice| advice.contains("48 MiB")));
}

#[test]
fn no_inode_left_is_not_blamed_on_the_size() {
    let mut system = default(0);
    let space = Space { inodes: 50, inodes_free: 0, size: 64 * MIB, free: 64 * MIB, used: 0 };
    system.spaces.insert("/dev/shm".into(), space);
    let found = diagnose(&examine(&system, None).unwrap());
    assert_eq!(found.verdict, Verdict::Full);
    assert!(found.advice.iter().any(|advice| advice.contains("50 inodes")));
    assert!(!found.advice.iter().any(|advice| advice.contains("--shm-size")), "{:?}", found.advice);
}

#[test]
fn the_lowest_memory_limit_above_counts() {
    let mut system = container("7 6 0:61 / /dev/shm rw - tmpfs shm rw,size=1g", 1024 * MIB, 0);
    system.texts.insert("/proc/self/cgroup".into(), "0::/pods/one\n".into());
    system.texts.insert("/sys/fs/cgroup/pods/one/memory.max".into(), "1073741824\n".into());
    system.texts.insert("/sys/fs/cgroup/pods/memory.max".into(), "268435456\n".into());
    let seen = examine(&system, None).unwrap();
    assert_eq!((seen.memory.limit, seen.left()), (Some(256 * MIB), Some(256 * MIB)));
    assert!(diagnose(&seen).advice.iter().any(|advice| advice.contains("memory limit is 256 MiB")));
}

#[test]
fn version_1_writes_a_large_number_for_no_limit() {
    let mut system = default(0);
    let group = "/sys/fs/cgroup/memory";
    system.texts.insert("/proc/self/cgroup".into(), "4:memory:/docker/0a1b\n0::/\n".into());
    system.texts.insert(format!("{group}/memory.limit_in_bytes"), "9223372036854771712\n".into());
    system.texts.insert(format!("{group}/memory.usage_in_bytes"), "5000\n".into());
    system.texts.insert(format!("{group}/memory.stat"), "shmem 1\ntotal_shmem 9\n".into());
    let memory = examine(&system, None).unwrap().memory;
    assert_eq!((memory.limit, memory.used, memory.shared), (None, Some(5000), Some(9)));
}

#[test]
fn what_a_data_loader_needs_decides() {
    let loader = |workers| Loader {
        workers,
        prefetch: 2,
        batch: 64,
        sample: Sample::new("3x224x224", "float32").unwrap(),
        held: 0,
        ranks: 1,
    };
    let found = diagnose(&examine(&default(0), Some(loader(4))).unwrap());
    assert_eq!(found.verdict, Verdict::TooSmall);
    assert!(found.needed.is_some_and(|needed| needed > 300 * MIB && found.recommended >= needed));
    let found = diagnose(&examine(&default(0), Some(loader(0))).unwrap());
    assert_eq!(found.verdict, Verdict::Fine);
}

#[test]
fn the_default_beside_an_accelerator_is_too_small_unless_something_is_known() {
    let mut system = default(0);
    system
        .texts
        .extend(["/dev/nvidia0", "/dev/nvidia1", "/dev/nvidiactl"].map(|path| (path.into(), String::new())));
    let seen = examine(&system, None).unwrap();
    assert_eq!(seen.accelerators, ["/dev/nvidia0", "/dev/nvidia1"]);
    assert_eq!(diagnose(&seen).verdict, Verdict::TooSmall);
    assert_eq!(diagnose(&examine(&default(0), None).unwrap()).verdict, Verdict::Fine);
}

#[test]
fn pytorch_is_known_by_its_dist_info() {
    let mut system = default(0);
    let at = "/usr/local/lib/python3.11/site-packages";
    system.texts.insert(format!("{at}/torchvision-0.20.1.dist-info/RECORD"), String::new());
    system.texts.insert(format!("{at}/torch-2.9.1+cu128.dist-info/RECORD"), String::new());
    let seen = examine(&system, None).unwrap();
    assert_eq!(seen.torch.as_deref(), Some("2.9.1+cu128"));
    assert!(diagnose(&seen).advice.iter().any(|advice| advice.contains("bus error")));
}
