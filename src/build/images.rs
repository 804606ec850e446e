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
    #[serde(default)]
    processes: Option<String>,
    #[serde(default)]
    takes: Option<String>,
    why: String,
    source: String,
}

/// The patterns of one sort, each with what it is looked up by and the index of its entry.
#[derive(Default)]
struct Index {
    /// What to look up, the pattern, the entry.
    exact: Vec<(String, String, usize)>,
    /// Patterns that are looked up by something with a `*`, with what it begins with before that.
    starred: Vec<(String, String, usize)>,
}

impl Index {
    fn add(&mut self, key: &str, pattern: &str, entry: usize) {
        match key.split_once('*') {
            Some((start, _)) => self.starred.push((start.to_owned(), pattern.to_owned(), entry)),
            None => self.exact.push((key.to_owned(), pattern.to_owned(), entry)),
        }
    }

    fn write(mut self, name: &str, code: &mut String) -> Result<(), Box<dyn Error>> {
        self.exact.sort();
        writeln!(
            code,
            "pub(super) static {name}: PatternIndex = PatternIndex {{ exact: &{:?}, starred: &{:?} }};",
            self.exact, self.starred
        )?;
        Ok(())
    }
}

/// The table and its indexes as Rust code.
pub(super) fn table() -> Result<String, Box<dyn Error>> {
    let groups: Mapping = serde_yaml::from_str(&fs::read_to_string(TABLE)?)?;
    let mut code = String::from(
        "/// All entries, in the order of the file.\npub static TABLE: &[KnowledgeEntry] = &[\n",
    );
    let (mut images, mut commands, mut words) = (Index::default(), Index::default(), Index::default());
    let mut number = 0;
    for (group, entries) in groups {
        let group = text(&group)?;
        let entries: Vec<Value> = serde_yaml::from_value(entries)?;
        for value in entries {
            let name = value.get("name").cloned().unwrap_or_default();
            let entry: Entry = serde_yaml::from_value(value)
                .map_err(|error| format!("{TABLE}: {group}: {name:?}: {error}"))?;
            write_entry(&mut code, &group, &entry)
                .map_err(|error| format!("{TABLE}: {}: {error}", entry.name))?;
            for (glob, _) in pairs(&entry.images)? {
                let path = glob.split(':').next().unwrap_or_default();
                images.add(path.rsplit('/').next().unwrap_or_default(), &glob, number);
            }
            for (pattern, _) in pairs(&entry.commands)? {
                commands.add(pattern.split(' ').next().unwrap_or_default(), &pattern, number);
            }
            for pattern in &entry.words {
                words.add(pattern.split('-').next().unwrap_or_default(), pattern, number);
            }
            number += 1;
        }
    }
    code.push_str("];\n");
    images.write("IMAGES", &mut code)?;
    commands.write("COMMANDS", &mut code)?;
    words.write("WORDS", &mut code)?;
    Ok(code)
}

fn write_entry(code: &mut String, group: &str, entry: &Entry) -> Result<(), Box<dyn Error>> {
    let rule = match entry.need.as_str() {
        "yes" => "NeedRule::Yes",
        "no" => "NeedRule::No",
        "several-gpus" => "NeedRule::SeveralGpus",
        "ranks" => "NeedRule::Ranks",
        "depends" => "NeedRule::Depends",
        "idle" => "NeedRule::Idle",
        other => {
            return Err(
                format!("need: {other} is not one of yes, no, several-gpus, ranks, depends, idle").into()
            );
        }
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
    let processes = match entry.processes.as_deref() {
        None => "None",
        Some("one") => "Some(Processes::One)",
        Some("gpus") => "Some(Processes::ByGpus)",
        Some("told") => "Some(Processes::Told)",
        Some(other) => return Err(format!("processes: {other} is not one of one, gpus, told").into()),
    };
    let takes = entry.takes.as_deref().map(bytes).transpose()?;
    let takes = takes.map_or("None".to_owned(), |bytes| format!("Some({bytes})"));
    writeln!(
        code,
        "KnowledgeEntry {{ #[cfg(test)] group: {group:?}, name: {:?}, #[cfg(test)] images: &{:?}, \
         #[cfg(test)] commands: &{:?}, #[cfg(test)] words: &{:?}, rule: {rule}, size: {size}, \
         processes: {processes}, takes: {takes}, why: {:?}, #[cfg(test)] source: {:?} }},",
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
