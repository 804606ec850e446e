//! What is mounted on `/dev/shm`, and who decided its size: `/proc/self/mountinfo` beside `statvfs`.

use super::system::{Space, System};
use crate::size::KIB;

/// What is looked at.
pub const SHM: &str = "/dev/shm";

/// Docker's and containerd's default, and Podman's 64000 KiB (seen with `df` in containers of both).
const DEFAULTS: [u64; 2] = [64 << 20, 64_000 * KIB];

/// What `/dev/shm` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The engine's own mount with its default size.
    Default,
    /// The engine's own mount with a size that somebody set.
    Size,
    /// The engine's own mount without a limit: Podman's `--shm-size=0`.
    Unlimited,
    /// A tmpfs that was mounted there: a volume, `--tmpfs`, a memory `emptyDir`.
    Memory,
    /// A tmpfs without a size of its own: half of the machine's memory.
    HalfOfMemory,
    /// The host's.
    Host,
    /// A directory of a disk.
    Disk,
    /// No mount: a directory of the container's `/dev`, as small as that.
    Directory,
    /// Not there.
    Missing,
}

impl Kind {
    /// The word of the JSON contract for who set it.
    pub fn set_by(self) -> &'static str {
        match self {
            Self::Default => "engine-default",
            Self::Size | Self::Unlimited => "size",
            Self::Memory | Self::HalfOfMemory | Self::Disk => "volume",
            Self::Host => "host",
            Self::Directory => "unknown",
            Self::Missing => "none",
        }
    }
}

/// `/dev/shm` as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shm {
    /// What it is.
    pub kind: Kind,
    /// Its space; nothing where it is not there or cannot be asked.
    pub space: Option<Space>,
    /// Whether nobody can write there.
    pub read_only: bool,
    /// Whether this user may write there, as far as the mode of the directory goes.
    pub may_write: bool,
}

impl Shm {
    /// Its size in bytes; nothing where it has no limit or is not there.
    pub fn size(&self) -> Option<u64> {
        self.space.map(|space| space.size).filter(|_| self.kind != Kind::Unlimited)
    }

    /// Bytes that are used; nothing where they cannot be told.
    pub fn used(&self) -> Option<u64> {
        Some(self.space?.used)
    }
}

/// One line of mountinfo, as `proc_pid_mountinfo(5)` describes it.
struct Mount<'a> {
    root: &'a str,
    point: &'a str,
    options: &'a str,
    file_system: &'a str,
    source: &'a str,
    super_options: &'a str,
}

impl<'a> Mount<'a> {
    fn read(line: &'a str) -> Option<Self> {
        // The optional fields before the dash vary in number.
        let (front, back) = line.split_once(" - ")?;
        let mut front = front.split(' ').skip(3);
        let mut back = back.splitn(3, ' ');
        Some(Self {
            root: front.next()?,
            point: front.next()?,
            options: front.next()?,
            file_system: back.next()?,
            source: back.next()?,
            super_options: back.next().unwrap_or_default(),
        })
    }

    /// Whether either list of options has a word: a read-only bind says it in the first alone.
    fn has(&self, word: &str) -> bool {
        self.options.split(',').chain(self.super_options.split(',')).any(|option| option == word)
    }

    fn has_size(&self) -> bool {
        self.super_options.split(',').any(|option| option.starts_with("size="))
    }
}

/// Looks at `/dev/shm`. Nothing where the mounts cannot be read.
pub fn look(system: &dyn System) -> Option<Shm> {
    let mounts = system.read("/proc/self/mountinfo")?;
    // Mounts lie on top of each other: the last one counts.
    let mount = mounts.lines().filter_map(Mount::read).rfind(|mount| mount.point == SHM);
    let space = system.space(SHM);
    let kind = match &mount {
        _ if space.is_none() => Kind::Missing,
        None => Kind::Directory,
        Some(mount) => kind(mount, space.unwrap_or_default(), memory(system)),
    };
    let read_only = mount.is_some_and(|mount| mount.has("ro"));
    Some(Shm { kind, space, read_only, may_write: read_only || system.may_write(SHM) })
}

fn kind(mount: &Mount<'_>, space: Space, memory: Option<u64>) -> Kind {
    if mount.file_system != "tmpfs" {
        return Kind::Disk;
    }
    // Engines name the source of their own mount `shm`; a sandbox kernel such as gVisor shows none and no size.
    let is_engines = mount.source == "shm" || (mount.source == "none" && !mount.has_size());
    if is_engines {
        return match space.size {
            0 => Kind::Unlimited,
            size if DEFAULTS.contains(&size) => Kind::Default,
            _ => Kind::Size,
        };
    }
    if mount.root != "/" {
        return Kind::Host;
    }
    let is_near = |bytes: u64| space.size.abs_diff(bytes) <= bytes / 1000;
    match memory {
        Some(all) if is_near(all) => Kind::Host,
        // Docker mounts `--tmpfs` noexec; a host's own /dev/shm is not.
        _ if !mount.has_size() && !mount.has("noexec") => Kind::Host,
        Some(all) if is_near(all / 2) => Kind::HalfOfMemory,
        None if !mount.has_size() => Kind::HalfOfMemory,
        _ => Kind::Memory,
    }
}

/// The machine's memory in bytes.
fn memory(system: &dyn System) -> Option<u64> {
    let text = system.read("/proc/meminfo")?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    kibibytes.checked_mul(KIB)
}
