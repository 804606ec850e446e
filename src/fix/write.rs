//! Writing a file so that at every moment it holds either the old text or the new one.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::source::Source;

/// Replaces the file that `before` was read from by `after`.
///
/// The new text goes to a temporary file in the same folder, with the old one's mode, and is renamed over it. A file that
/// is not as it was read is left alone. The error is a sentence without the path.
pub fn replace(before: &Source, after: &[u8]) -> Result<(), String> {
    // A link is written through to its target.
    let path = fs::canonicalize(before.path()).map_err(|error| error.to_string())?;
    let folder = path.parent().unwrap_or(Path::new("."));
    if fs::read(&path).map_err(|error| error.to_string())? != before.bytes() {
        return Err("changed since it was read; run again".into());
    }
    let mode = fs::metadata(&path).map_err(|error| error.to_string())?.permissions();
    if mode.readonly() {
        return Err("is read-only".into());
    }
    let mut file = tempfile::Builder::new()
        .prefix(".shmlint-")
        .tempfile_in(folder)
        .map_err(|error| error.to_string())?;
    file.write_all(after).and_then(|()| file.as_file().sync_all()).map_err(|error| error.to_string())?;
    file.as_file().set_permissions(mode).map_err(|error| error.to_string())?;
    file.persist(&path).map_err(|error| error.error.to_string())?;
    Ok(())
}
