//! What a look at the running system asks for: files, directories, links and file systems, on Linux or in a test.

use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt;

/// The most bytes that are read of one file of `/proc` or `/sys`.
const MOST: u64 = 4 << 20;

/// One file, as `stat` tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stat {
    /// The file system's device number.
    pub device: u64,
    /// The inode, which with the device names the file.
    pub inode: u64,
    /// Its length in bytes, which need not be there yet.
    pub size: u64,
    /// Bytes that it really takes.
    pub taken: u64,
    /// Whether it is a directory.
    pub is_directory: bool,
}

/// One file system, as `statvfs` tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Space {
    /// Bytes in all; 0 where a tmpfs has no limit.
    pub size: u64,
    /// Bytes that this process may still take.
    pub free: u64,
    /// Bytes that are used.
    pub used: u64,
    /// Inodes in all; 0 where they are not counted.
    pub inodes: u64,
    /// Inodes that are free.
    pub inodes_free: u64,
}

/// The running system. Paths are absolute; what cannot be read is nothing.
pub trait System {
    /// The text of a file, with bytes that are no UTF-8 replaced.
    fn read(&self, path: &str) -> Option<String>;
    /// The names in a directory, sorted.
    fn names(&self, directory: &str) -> Option<Vec<String>>;
    /// Where a link leads, as it is written.
    fn link(&self, path: &str) -> Option<String>;
    /// What a path is, links followed.
    fn stat(&self, path: &str) -> Option<Stat>;
    /// The file system that a path lies on.
    fn space(&self, path: &str) -> Option<Space>;
    /// Whether this process may create files in a directory.
    fn may_write(&self, directory: &str) -> bool;
    /// An environment variable of this process.
    fn variable(&self, name: &str) -> Option<String>;
}

/// The system that this process runs on.
#[derive(Clone, Copy, Debug)]
pub struct Live;

impl System for Live {
    fn read(&self, path: &str) -> Option<String> {
        let mut bytes = Vec::new();
        fs::File::open(path).ok()?.take(MOST).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn names(&self, directory: &str) -> Option<Vec<String>> {
        let entries = fs::read_dir(directory).ok()?.flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort_unstable();
        Some(names)
    }

    fn link(&self, path: &str) -> Option<String> {
        Some(fs::read_link(path).ok()?.to_string_lossy().into_owned())
    }

    fn stat(&self, path: &str) -> Option<Stat> {
        let metadata = fs::metadata(path).ok()?;
        Some(Stat {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            // stat(2) counts blocks of 512 bytes, whatever the file system's own are.
            taken: metadata.blocks().saturating_mul(512),
            is_directory: metadata.is_dir(),
        })
    }

    fn space(&self, path: &str) -> Option<Space> {
        let told = rustix::fs::statvfs(path).ok()?;
        let bytes = |blocks: u64| blocks.saturating_mul(told.f_frsize);
        Some(Space {
            size: bytes(told.f_blocks),
            free: bytes(told.f_bavail),
            used: bytes(told.f_blocks.saturating_sub(told.f_bfree)),
            inodes: told.f_files,
            inodes_free: told.f_ffree,
        })
    }

    fn may_write(&self, directory: &str) -> bool {
        rustix::fs::access(directory, rustix::fs::Access::WRITE_OK).is_ok()
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}
