//! Turns `rules/python.yaml` into the static table that `src/need/python/signs.rs` includes.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;

use serde::Deserialize;

const TABLE: &str = "rules/python.yaml";

/// One entry as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    #[serde(default)]
    calls: Vec<String>,
    #[serde(default)]
    imports: Vec<String>,
    means: String,
    workers: Option<u64>,
    batch: Option<u64>,
    prefetch: Option<u64>,
    sample: Option<String>,
    source: String,
}

/// The table and its indexes, sorted by the last name of a call and by the module of an import.
pub(super) fn table() -> Result<String, Box<dyn Error>> {
    let entries: Vec<Entry> = serde_yaml::from_str(&fs::read_to_string(TABLE)?)?;
    let mut code = String::from("pub(super) static SIGNS: &[Sign] = &[\n");
    let (mut calls, mut imports) = (Vec::new(), Vec::new());
    for (number, entry) in entries.iter().enumerate() {
        let Entry { name, means, workers, batch, prefetch, sample, source, .. } = entry;
        if source.is_empty() {
            return Err(format!("{TABLE}: {name}: it has no source").into());
        }
        let means: String = means.split('-').map(capital).collect();
        writeln!(
            code,
            "Sign {{ means: Means::{means}, workers: {workers:?}, batch: {batch:?}, prefetch: {prefetch:?}, \
             sample: {sample:?} }},"
        )?;
        for call in &entry.calls {
            let (library, last) = call.split_once(':').unwrap_or(("", call));
            calls.push((last, library, number));
        }
        imports.extend(entry.imports.iter().map(|import| (import, number)));
    }
    calls.sort_unstable();
    imports.sort_unstable();
    writeln!(code, "];\npub(super) static CALLS: &[(&str, &str, usize)] = &{calls:?};")?;
    writeln!(code, "pub(super) static IMPORTS: &[(&str, usize)] = &{imports:?};")?;
    Ok(code)
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
