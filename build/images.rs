//! Turns `rules/images.yaml` into the static table that `src/knowledge/table.rs` includes. Whatever is malformed fails the
//! build; what the entries must hold beyond that is a unit test.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;

use serde::Deserialize;
use serde_yaml::{Mapping, Value};

const TABLE: &str = "rules/images.yaml";

/// One entry as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    /// Glob to an image that it matches.
    #[serde(default)]
    images: Mapping,
    /// Command words to a command line that they match.
    #[serde(default)]
    commands: Mapping,
    /// Words in the names of services and images.
    #[serde(default)]
    words: Vec<String>,
    need: String,
    #[serde(default)]
    size: Option<String>,
    why: String,
    source: String,
}

/// The table as Rust code.
pub(super) fn table() -> Result<String, Box<dyn Error>> {
    let groups: Mapping = serde_yaml::from_str(&fs::read_to_string(TABLE)?)?;
    let mut code = String::from("&[\n");
    for (group, entries) in groups {
        let group = text(&group)?;
        let entries: Vec<Value> = serde_yaml::from_value(entries)?;
        for value in entries {
            let name = value.get("name").cloned().unwrap_or_default();
            let entry: Entry = serde_yaml::from_value(value)
                .map_err(|error| format!("{TABLE}: {group}: {name:?}: {error}"))?;
            write_entry(&mut code, &group, &entry)
                .map_err(|error| format!("{TABLE}: {}: {error}", entry.name))?;
        }
    }
    code.push(']');
    Ok(code)
}

fn write_entry(code: &mut String, group: &str, entry: &Entry) -> Result<(), Box<dyn Error>> {
    let rule = match entry.need.as_str() {
        "yes" => "Rule::Yes",
        "no" => "Rule::No",
        "several-gpus" => "Rule::SeveralGpus",
        "depends" => "Rule::Depends",
        "idle" => "Rule::Idle",
        other => return Err(format!("need: {other} is none of yes, no, several-gpus, depends, idle").into()),
    };
    let size = match entry.size.as_deref() {
        None => "None".to_owned(),
        Some("loader") => "Some(Formula::Loader)".to_owned(),
        Some("nccl") => "Some(Formula::Nccl)".to_owned(),
        Some("vllm") => "Some(Formula::Vllm)".to_owned(),
        Some("sglang") => "Some(Formula::Sglang)".to_owned(),
        Some("ray") => "Some(Formula::Ray)".to_owned(),
        Some(size) => format!("Some(Formula::Fixed({}))", bytes(size)?),
    };
    writeln!(
        code,
        "Entry {{ group: {group:?}, name: {:?}, images: &{:?}, commands: &{:?}, words: &{:?}, rule: {rule}, \
         size: {size}, why: {:?}, source: {:?} }},",
        entry.name,
        pairs(&entry.images)?,
        pairs(&entry.commands)?,
        entry.words,
        entry.why,
        entry.source,
    )?;
    Ok(())
}

/// A mapping of strings to strings as pairs, in the order of the file.
fn pairs(mapping: &Mapping) -> Result<Vec<(String, String)>, Box<dyn Error>> {
    mapping.iter().map(|(key, value)| Ok((text(key)?, text(value)?))).collect()
}

fn text(value: &Value) -> Result<String, Box<dyn Error>> {
    Ok(value.as_str().ok_or_else(|| format!("{value:?} is no text"))?.to_owned())
}

/// `16g`, `512m` in bytes, as Rust code.
fn bytes(size: &str) -> Result<String, Box<dyn Error>> {
    let (number, unit) = size.split_at(size.len().saturating_sub(1));
    let shift = match unit {
        "g" => 30,
        "m" => 20,
        _ => return Err(format!("size: {size} is neither a formula nor a size like 16g or 512m").into()),
    };
    Ok(format!("{} << {shift}", number.parse::<u64>()?))
}
