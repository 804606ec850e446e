//! Where the configuration of a run stands.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::text::files::{Disk, Files, MAX_SIZE};
use crate::text::source::Source;

/// The names that are looked for in each folder, best first.
const NAMES: [&str; 3] = ["shmlint.toml", ".shmlint.toml", PYPROJECT];
const PYPROJECT: &str = "pyproject.toml";

/// Whether a value of `--config` means a file: a `key = value` holds a `=`, and no file is called so.
pub(super) fn is_file(given: &str) -> bool {
    !given.contains('=') || Path::new(given).exists()
}

/// The file that was named. The error is a sentence about it.
pub(super) fn named(path: &str) -> Result<Arc<Source>, String> {
    read(path)
}

/// The nearest file from the working folder up to the root of its repository; outside of a repository only the working
/// folder is looked at.
pub(super) fn nearest(warnings: &mut Vec<String>) -> Result<Option<Arc<Source>>, String> {
    let here = std::env::current_dir().and_then(std::fs::canonicalize).unwrap_or_default();
    let depth = here.ancestors().position(|folder| folder.join(".git").exists()).unwrap_or(0);
    for up in 0..=depth {
        let folder = "../".repeat(up);
        let mut found: Option<Arc<Source>> = None;
        for name in NAMES {
            let path = format!("{folder}{name}");
            if !Path::new(&path).is_file() {
                continue;
            }
            let source = read(&path)?;
            if name == PYPROJECT && !speaks_of_us(source.text()) {
                continue;
            }
            match &found {
                None => found = Some(source),
                Some(first) => {
                    warnings.push(format!("{path} is not read: {} beside it comes first", first.path()));
                }
            }
        }
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The folder that paths in a configuration file are relative to, absolute.
pub(super) fn folder(path: &str) -> PathBuf {
    let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty());
    std::fs::canonicalize(folder.unwrap_or(Path::new("."))).unwrap_or_default()
}

/// Whether a pyproject.toml has a table of ours. One that nobody can read is somebody else's affair.
fn speaks_of_us(text: &str) -> bool {
    text.contains("shmlint") && own_table(PYPROJECT, &DeTable::parse_recoverable(text).0).is_some()
}

/// The table that holds our keys: the whole of a file of our own, `[tool.shmlint]` of a pyproject.toml.
pub(super) fn own_table<'t, 'i>(path: &str, document: &'t Spanned<DeTable<'i>>) -> Option<&'t DeTable<'i>> {
    if !path.ends_with(PYPROJECT) {
        return Some(document.get_ref());
    }
    let tool = document.get_ref().get("tool").map(Spanned::get_ref).and_then(DeValue::as_table)?;
    tool.get("shmlint").map(Spanned::get_ref).and_then(DeValue::as_table)
}

fn read(path: &str) -> Result<Arc<Source>, String> {
    Disk::new(MAX_SIZE).read(path).map_err(|error| format!("{path}: {error}"))
}
