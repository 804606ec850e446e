//! Writing a file so that at every moment it holds either the old text or the new one, and nothing else is left behind.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::text::open::open;
use crate::text::source::Source;

/// Replaces the file that `before` was read from by `after`. `target` is the same file without links.
///
/// The new text is written and synced under another name in the same folder, with the old one's mode and owner, and takes
/// the old name in one step. A file that is not as it was read, that may not be written or that has several names is left
/// as it is. The error is a clause that follows the path.
pub fn replace(before: &Source, target: &Path, after: &[u8]) -> Result<(), String> {
    let (file, metadata) = writable(target)?;
    put(target, &metadata, after, || is_still(before, file))
}

/// Refuses a file that is not as it was read.
fn is_still(before: &Source, mut file: File) -> Result<(), String> {
    let mut text = Vec::with_capacity(before.bytes().len());
    file.read_to_end(&mut text).map_err(|error| says(&error))?;
    if text == before.bytes() { Ok(()) } else { Err("changed since it was read; run again".into()) }
}

/// Writes a file that holds what we wrote before, or is not there yet. The old text stays until the new one is whole. The
/// error is a clause that follows the path.
pub fn write(path: &Path, text: &[u8]) -> Result<(), String> {
    match fs::canonicalize(path).ok().filter(|target| target.is_file()) {
        Some(target) => {
            let (_, metadata) = writable(&target)?;
            put(&target, &metadata, text, || Ok(()))
        }
        None => fs::write(path, text).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => "cannot be written: no such directory".into(),
            _ => says(&error),
        }),
    }
}

/// Opens a file that may be replaced. Who may not write it must not replace it either, as everybody can who may write its
/// folder.
fn writable(target: &Path) -> Result<(File, Metadata), String> {
    let metadata = fs::metadata(target).map_err(|error| says(&error))?;
    if !metadata.is_file() {
        return Err("is no regular file any more".into());
    }
    if metadata.permissions().readonly() {
        return Err("is read-only".into());
    }
    if names(&metadata) > 1 {
        return Err("has several names (hard links), which a rewrite would part; fix it by hand".into());
    }
    let file = open(target, true).map_err(|error| says(&error))?;
    Ok((file, metadata))
}

/// Writes the new text beside the old and lets it take the name. `may` is asked last: the disk takes its time to keep the
/// new text, and somebody may write the old one meanwhile.
fn put(
    target: &Path,
    metadata: &Metadata,
    text: &[u8],
    may: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    let folder = target.parent().unwrap_or(Path::new("."));
    if let Some(mut file) = nameless(folder).map_err(|error| says(&error))? {
        fill(&mut file, metadata, text).map_err(|error| says(&error))?;
        may()?;
        let name = give_name(&file, target).map_err(|error| says(&error))?;
        let renamed = fs::rename(&name, target).inspect_err(|_| drop(fs::remove_file(&name)));
        renamed.map_err(|error| says(&error))?;
    } else {
        let file = tempfile::Builder::new().prefix(".shmlint-").tempfile_in(folder);
        let mut file = file.map_err(|error| says(&error))?;
        fill(file.as_file_mut(), metadata, text).map_err(|error| says(&error))?;
        may()?;
        file.persist(target).map_err(|error| says(&error.error))?;
    }
    // The new name lasts once its folder is on the disk; some file systems refuse, and have no need of it.
    drop(File::open(folder).and_then(|folder| folder.sync_all()));
    Ok(())
}

/// Writes everything, with the mode and, where that is permitted, the owner of the old file.
fn fill(file: &mut File, metadata: &Metadata, text: &[u8]) -> io::Result<()> {
    file.write_all(text)?;
    keep_owner(file, metadata);
    file.set_permissions(metadata.permissions())?;
    file.sync_all()
}

/// Where the system lists the files that this process has open, by which one without a name can get one.
#[cfg(target_os = "linux")]
const OPEN_FILES: &str = "/proc/self/fd";

/// A file that has no name yet, so that a process that is killed while it writes leaves nothing behind. Nothing where the
/// system or the file system has no such thing.
#[cfg(target_os = "linux")]
fn nameless(folder: &Path) -> io::Result<Option<File>> {
    use rustix::fs::{Mode, OFlags};
    use rustix::io::Errno;
    if !Path::new(OPEN_FILES).is_dir() {
        return Ok(None);
    }
    match rustix::fs::open(folder, OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC, Mode::RUSR | Mode::WUSR)
    {
        Ok(file) => Ok(Some(file.into())),
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::NOENT | Errno::INVAL) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Gives a nameless file a name beside `target`. A name that an earlier process left there is used again.
#[cfg(target_os = "linux")]
fn give_name(file: &File, target: &Path) -> io::Result<PathBuf> {
    use std::os::fd::AsRawFd;

    use rustix::fs::{AtFlags, CWD, linkat};
    let name = target.with_file_name(spare(target));
    let open = format!("{OPEN_FILES}/{}", file.as_raw_fd());
    let link = || linkat(CWD, open.as_str(), CWD, &name, AtFlags::SYMLINK_FOLLOW);
    if link().is_err() {
        drop(fs::remove_file(&name));
        link()?;
    }
    Ok(name)
}

/// The name of the new text until it takes that of `target`: always the same one, so that the next run takes away what a
/// killed one left; like none that people give, since it is taken away; and short, however long the other is.
#[cfg(target_os = "linux")]
fn spare(target: &Path) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    target.file_name().hash(&mut hasher);
    format!(".shmlint-{:016x}.tmp", hasher.finish())
}

#[cfg(not(target_os = "linux"))]
fn nameless(_folder: &Path) -> io::Result<Option<File>> {
    Ok(None)
}

#[cfg(not(target_os = "linux"))]
fn give_name(_file: &File, _target: &Path) -> io::Result<PathBuf> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(unix)]
fn keep_owner(file: &File, metadata: &Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    // Only root may give a file away; others may leave it to a group of theirs.
    let group = Some(metadata.gid());
    drop(fchown(file, Some(metadata.uid()), group).or_else(|_| fchown(file, None, group)));
}

#[cfg(not(unix))]
fn keep_owner(_file: &File, _metadata: &Metadata) {}

/// How many names the file has.
#[cfg(unix)]
fn names(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

#[cfg(not(unix))]
fn names(_metadata: &Metadata) -> u64 {
    1
}

/// An error of the system as a clause.
fn says(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "is gone".into(),
        io::ErrorKind::PermissionDenied => "cannot be written: permission denied".into(),
        io::ErrorKind::StorageFull => "cannot be written: the disk is full".into(),
        _ => format!("cannot be written: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_text_takes_the_name_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("compose.yaml");
        fs::write(&path, "old").unwrap();
        let before = Source::new("compose.yaml", b"old".to_vec());
        replace(&before, &path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_changed_meanwhile_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("compose.yaml");
        fs::write(&path, "newer").unwrap();
        let before = Source::new("compose.yaml", b"old".to_vec());
        assert_eq!(replace(&before, &path, b"new").unwrap_err(), "changed since it was read; run again");
        assert_eq!(fs::read(&path).unwrap(), b"newer");
    }

    #[cfg(unix)]
    #[test]
    fn mode_is_kept_and_read_only_and_hard_linked_files_are_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.sh");
        let before = Source::new("run.sh", b"old".to_vec());
        let set = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        fs::write(&path, "old").unwrap();
        set(0o755);
        replace(&before, &path, b"old").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o755);
        set(0o444);
        assert_eq!(replace(&before, &path, b"new").unwrap_err(), "is read-only");
        set(0o644);
        fs::hard_link(&path, folder.path().join("other")).unwrap();
        assert!(replace(&before, &path, b"new").unwrap_err().contains("hard links"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_that_a_killed_process_left_is_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yml");
        fs::write(&path, "old").unwrap();
        fs::write(folder.path().join(spare(&path)), "torn").unwrap();
        replace(&Source::new("a.yml", b"old".to_vec()), &path, b"new").unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn files_that_are_called_alike_and_long_names_are_no_hindrance() {
        let folder = tempfile::tempdir().unwrap();
        let other = folder.path().join(".shmlint-baseline.json");
        fs::write(&other, "kept").unwrap();
        for name in ["baseline.json", &"x".repeat(255)] {
            let path = folder.path().join(name);
            fs::write(&path, "old").unwrap();
            replace(&Source::new(name, b"old".to_vec()), &path, b"new").unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"new");
        }
        assert_eq!(fs::read(&other).unwrap(), b"kept");
    }

    #[cfg(unix)]
    #[test]
    fn what_became_of_a_file_meanwhile_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yml");
        let before = Source::new("a.yml", b"old".to_vec());
        fs::create_dir(&path).unwrap();
        assert_eq!(replace(&before, &path, b"new").unwrap_err(), "is no regular file any more");
        fs::remove_dir(&path).unwrap();
        assert_eq!(replace(&before, &path, b"new").unwrap_err(), "is gone");
        if std::process::Command::new("mkfifo").arg(&path).status().is_ok_and(|made| made.success()) {
            assert_eq!(replace(&before, &path, b"new").unwrap_err(), "is no regular file any more");
        }
    }

    #[test]
    fn our_own_files_are_new_or_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("base.json");
        for text in [b"one".as_slice(), b"two"] {
            write(&path, text).unwrap();
            assert_eq!(fs::read(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(
            write(&folder.path().join("none/base.json"), b"").unwrap_err(),
            "cannot be written: no such directory"
        );
    }
}
