//! Where texts come from: the disk, standard input, or edited text laid over either.
//!
//! All reading goes through [`Files`], so that a proof, `--diff` and standard input see edited text without writing it.
//! Paths are the ones that reports show: relative to the working folder as they would be typed, with `/`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::Metadata;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::text::open::open;
use crate::text::paths::{from_os, join, to_os};
use crate::text::source::Source;

/// The largest file that is read unless told otherwise, in bytes.
pub const MAX_SIZE: u64 = 20 << 20;

/// Why a text cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// There is no such file.
    NotFound,
    /// It lies outside of the repository, where nothing is read.
    Outside,
    /// It is no regular file: what it is.
    NotRegular(&'static str),
    /// It is larger than allowed: its size in bytes, and the limit.
    TooLarge {
        /// Bytes of the file.
        size: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// The system refuses: its own words.
    Io(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("no such file"),
            Self::Outside => f.write_str("outside of the repository, where nothing is read or written"),
            Self::NotRegular(what) => write!(f, "{what}, not a regular file"),
            Self::TooLarge { size, limit } => {
                write!(f, "{size} bytes, more than the {limit} that are read (--max-file-size)")
            }
            Self::Io(message) => f.write_str(message),
        }
    }
}

/// Gives texts by path.
pub trait Files: Sync {
    /// The text of a file that was named or discovered.
    fn read(&self, path: &str) -> Result<Arc<Source>, ReadError>;

    /// As [`Files::read`], for a file that a walk has just met as a regular one: what it is need not be asked first.
    fn read_met(&self, path: &str) -> Result<Arc<Source>, ReadError> {
        self.read(path)
    }

    /// The path that `to`, written in the file at `from`, stands for, if it exists inside of the repository of `from`.
    fn resolve(&self, from: &str, to: &str) -> Result<String, ReadError>;

    /// A path as it would be typed in the working folder; nothing where it lies elsewhere.
    fn as_typed_here(&self, path: &str) -> Option<String> {
        let _ = path;
        None
    }

    /// The names of the files and folders beside a file, itself among them, sorted; nothing where that cannot be told.
    fn beside(&self, path: &str) -> Arc<Vec<String>> {
        let _ = path;
        Arc::default()
    }

    /// The folder of the repository that the file at `from` belongs to, as it would be typed, and its name.
    fn repository(&self, from: &str) -> (String, String) {
        let _ = from;
        (String::new(), String::new())
    }

    /// Refuses a path that leads out of the repository of the file at `from`.
    fn inside(&self, from: &str, path: &str) -> Result<(), ReadError> {
        let _ = (from, path);
        Ok(())
    }

    /// The text of a file inside of the repository of the one at `from`.
    fn read_inside(&self, from: &str, path: &str) -> Result<Arc<Source>, ReadError> {
        self.inside(from, path)?;
        self.read(path)
    }

    /// The text of a file that another file refers to.
    fn read_reference(&self, from: &str, to: &str) -> Result<Arc<Source>, ReadError> {
        self.read(&self.resolve(from, to)?)
    }
}

/// The files on disk.
#[derive(Debug)]
pub struct Disk {
    limit: u64,
    /// The working folder, without links.
    folder: PathBuf,
    /// Each folder that was asked about, without links.
    folders: Mutex<BTreeMap<PathBuf, PathBuf>>,
    /// The repository of each folder that was asked about.
    roots: Mutex<BTreeMap<PathBuf, PathBuf>>,
    /// The names in each folder that was asked about.
    names: Mutex<BTreeMap<String, Arc<Vec<String>>>>,
}

impl Disk {
    /// The files on disk, seen from the working folder; none larger than `limit` bytes is read.
    pub fn new(limit: u64) -> Self {
        let folder = std::env::current_dir().and_then(std::fs::canonicalize).unwrap_or_default();
        Self { limit, folder, folders: Mutex::default(), roots: Mutex::default(), names: Mutex::default() }
    }

    /// The file, without links, that may be written for `path`. A link is written through, but only to a place inside of
    /// the repository.
    pub fn target(&self, path: &str) -> Result<PathBuf, ReadError> {
        let path = &*to_os(path);
        let real = std::fs::canonicalize(path).map_err(|error| io(&error))?;
        let is_link = path.symlink_metadata().map_err(|error| io(&error))?.is_symlink();
        if !is_link || real.starts_with(self.root(&real_folder(path)?)) {
            Ok(real)
        } else {
            Err(ReadError::Outside)
        }
    }

    /// A file without links. Its folder is asked of the system once.
    fn real(&self, path: &Path) -> Result<PathBuf, ReadError> {
        let metadata = path.symlink_metadata().map_err(|error| io(&error))?;
        match path.file_name() {
            Some(name) if !metadata.is_symlink() => Ok(self.real_parent(path)?.join(name)),
            _ => std::fs::canonicalize(path).map_err(|error| io(&error)),
        }
    }

    /// The folder of a path, without links.
    fn real_parent(&self, path: &Path) -> Result<PathBuf, ReadError> {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let Ok(mut folders) = self.folders.lock() else { return real_folder(path) };
        if let Some(real) = folders.get(&folder) {
            return Ok(real.clone());
        }
        let real = real_folder(path)?;
        folders.insert(folder, real.clone());
        Ok(real)
    }

    /// The folder outside of which nothing is read for the sake of a file in `folder` (which has no links): the nearest
    /// one upwards with a `.git`, else the working folder if it holds the file, else the file's own.
    fn root(&self, folder: &Path) -> PathBuf {
        let Ok(mut roots) = self.roots.lock() else { return folder.to_owned() };
        if let Some(root) = roots.get(folder) {
            return root.clone();
        }
        let git = folder.ancestors().find(|folder| folder.join(".git").exists());
        let root = match git {
            Some(root) => root,
            None if folder.starts_with(&self.folder) => &self.folder,
            None => folder,
        };
        roots.insert(folder.to_owned(), root.to_owned());
        root.to_owned()
    }
}

impl Files for Disk {
    fn read(&self, path: &str) -> Result<Arc<Source>, ReadError> {
        // Opening a FIFO would wait for ever, and opening some devices does something.
        let at = to_os(path);
        let mut metadata = at.symlink_metadata().map_err(|error| io(&error))?;
        if metadata.is_symlink() {
            metadata = self.target(path)?.metadata().map_err(|error| io(&error))?;
        }
        regular(&metadata)?;
        self.read_met(path)
    }

    fn read_met(&self, path: &str) -> Result<Arc<Source>, ReadError> {
        let file = open(&to_os(path), false).map_err(|error| io(&error))?;
        let metadata = file.metadata().map_err(|error| io(&error))?;
        regular(&metadata)?;
        let size = metadata.len();
        if size > self.limit {
            return Err(ReadError::TooLarge { size, limit: self.limit });
        }
        // One read is enough where the size is told; some files of the system say 0 and hold more.
        let most = if size == 0 { self.limit } else { size };
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
        file.take(most).read_to_end(&mut bytes).map_err(|error| io(&error))?;
        Ok(Source::new(path, bytes))
    }

    fn as_typed_here(&self, path: &str) -> Option<String> {
        let real = std::fs::canonicalize(path).ok()?;
        Some(real.strip_prefix(&self.folder).ok()?.to_str()?.to_owned())
    }

    fn beside(&self, path: &str) -> Arc<Vec<String>> {
        let folder = path.rfind('/').map_or("", |at| path.get(..=at).unwrap_or_default());
        if let Ok(names) = self.names.lock()
            && let Some(known) = names.get(folder)
        {
            return Arc::clone(known);
        }
        let entries = std::fs::read_dir(to_os(if folder.is_empty() { "." } else { folder }));
        let names = entries.into_iter().flatten().flatten();
        let mut names: Vec<String> = names.map(|entry| from_os(&entry.file_name()).into_owned()).collect();
        names.sort_unstable();
        let names = Arc::new(names);
        if let Ok(mut known) = self.names.lock() {
            known.insert(folder.to_owned(), Arc::clone(&names));
        }
        names
    }

    fn resolve(&self, from: &str, to: &str) -> Result<String, ReadError> {
        let path = join(from, to);
        self.inside(from, &path).map(|()| path)
    }

    fn inside(&self, from: &str, path: &str) -> Result<(), ReadError> {
        let real = self.real(&to_os(path))?;
        let folder = self.real_parent(&to_os(from))?;
        if real.starts_with(self.root(&folder)) { Ok(()) } else { Err(ReadError::Outside) }
    }

    fn repository(&self, from: &str) -> (String, String) {
        let Ok(folder) = self.real_parent(&to_os(from)) else { return Default::default() };
        let root = self.root(&folder);
        let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let above = self.folder.strip_prefix(&root).map(|below| "../".repeat(below.components().count()));
        let shown = match (above, root.strip_prefix(&self.folder)) {
            (Ok(above), _) => above.trim_end_matches('/').to_owned(),
            (_, Ok(below)) => below.to_string_lossy().into_owned(),
            _ => root.to_string_lossy().into_owned(),
        };
        (shown, name)
    }
}

/// Remembers which files were asked for.
pub struct Recorder<'f> {
    below: &'f dyn Files,
    asked: Mutex<BTreeSet<String>>,
}

impl<'f> Recorder<'f> {
    /// Nothing was asked for yet.
    pub fn new(below: &'f dyn Files) -> Self {
        Self { below, asked: Mutex::default() }
    }

    /// The paths that were asked for, whether there was a file or not.
    pub fn asked(self) -> BTreeSet<String> {
        self.asked.into_inner().unwrap_or_default()
    }

    fn note(&self, path: String) {
        if let Ok(mut asked) = self.asked.lock() {
            asked.insert(path);
        }
    }
}

impl Files for Recorder<'_> {
    fn repository(&self, from: &str) -> (String, String) {
        self.below.repository(from)
    }

    fn inside(&self, from: &str, path: &str) -> Result<(), ReadError> {
        self.note(path.to_owned());
        self.below.inside(from, path)
    }

    fn read(&self, path: &str) -> Result<Arc<Source>, ReadError> {
        self.note(path.to_owned());
        self.below.read(path)
    }

    fn beside(&self, path: &str) -> Arc<Vec<String>> {
        self.below.beside(path)
    }

    fn resolve(&self, from: &str, to: &str) -> Result<String, ReadError> {
        self.note(join(from, to));
        self.below.resolve(from, to)
    }
}

/// Texts laid over other files: edited ones for a proof, or standard input under its name.
#[derive(Clone)]
pub struct Overlay<'f> {
    below: &'f dyn Files,
    texts: BTreeMap<String, Arc<Source>>,
}

impl<'f> Overlay<'f> {
    /// Nothing laid over `below` yet.
    pub fn new(below: &'f dyn Files) -> Self {
        Self { below, texts: BTreeMap::new() }
    }

    /// Lays a text over the file of the same path.
    pub fn lay(&mut self, source: Arc<Source>) {
        self.texts.insert(source.path().to_owned(), source);
    }
}

impl Files for Overlay<'_> {
    fn repository(&self, from: &str) -> (String, String) {
        self.below.repository(from)
    }

    fn inside(&self, from: &str, path: &str) -> Result<(), ReadError> {
        if self.texts.contains_key(path) { Ok(()) } else { self.below.inside(from, path) }
    }

    fn read(&self, path: &str) -> Result<Arc<Source>, ReadError> {
        self.texts.get(path).map_or_else(|| self.below.read(path), |source| Ok(Arc::clone(source)))
    }

    fn read_met(&self, path: &str) -> Result<Arc<Source>, ReadError> {
        self.texts.get(path).map_or_else(|| self.below.read_met(path), |source| Ok(Arc::clone(source)))
    }

    fn as_typed_here(&self, path: &str) -> Option<String> {
        self.below.as_typed_here(path)
    }

    fn beside(&self, path: &str) -> Arc<Vec<String>> {
        let below = self.below.beside(path);
        let folder = path.rfind('/').map_or("", |at| path.get(..=at).unwrap_or_default());
        let names = self.texts.keys().filter_map(|laid| laid.strip_prefix(folder));
        let is_new = |name: &&str| {
            !name.contains('/') && below.binary_search_by(|known| known.as_str().cmp(name)).is_err()
        };
        let fresh: Vec<String> = names.filter(is_new).map(str::to_owned).collect();
        if fresh.is_empty() {
            return below;
        }
        let mut all: Vec<String> = below.iter().cloned().chain(fresh).collect();
        all.sort_unstable();
        Arc::new(all)
    }

    fn resolve(&self, from: &str, to: &str) -> Result<String, ReadError> {
        let path = join(from, to);
        if self.texts.contains_key(&path) { Ok(path) } else { self.below.resolve(from, to) }
    }
}

/// The folder of a file, without links.
fn real_folder(path: &Path) -> Result<PathBuf, ReadError> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::canonicalize(folder).map_err(|error| io(&error))
}

/// Refuses what is no regular file.
fn regular(metadata: &Metadata) -> Result<(), ReadError> {
    if metadata.is_file() {
        return Ok(());
    }
    Err(ReadError::NotRegular(if metadata.is_dir() { "a directory" } else { "a device, pipe or socket" }))
}

fn io(error: &std::io::Error) -> ReadError {
    match error.kind() {
        std::io::ErrorKind::NotFound => ReadError::NotFound,
        std::io::ErrorKind::PermissionDenied => ReadError::Io("permission denied".into()),
        _ => ReadError::Io(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laid_text_hides_the_file_below() {
        let disk = Disk::new(MAX_SIZE);
        let mut overlay = Overlay::new(&disk);
        overlay.lay(Source::new("sub/.env", b"A=1".to_vec()));
        assert_eq!(overlay.read_reference("sub/compose.yaml", ".env").unwrap().text(), "A=1");
        assert_eq!(overlay.read("sub/none").unwrap_err(), ReadError::NotFound);
    }
}
