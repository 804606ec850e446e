//! Turns `rules/accelerators.yaml` into the static table that the model of containers includes.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;
use std::fs;

use serde::Deserialize;

const TABLE: &str = "rules/accelerators.yaml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    kinds: BTreeMap<String, String>,
    accelerators: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Entry {
    name: String,
    kind: String,
    runtimes: Vec<String>,
    drivers: Vec<String>,
    devices: Vec<String>,
    alone: Option<String>,
    signs: Vec<String>,
    variables: Vec<String>,
    resources: Vec<String>,
    shares: Vec<String>,
    classes: Vec<String>,
    source: String,
}

/// The table as Rust code.
pub(super) fn table() -> Result<String, Box<dyn Error>> {
    let table: Table =
        serde_yaml::from_str(&fs::read_to_string(TABLE)?).map_err(|error| format!("{TABLE}: {error}"))?;
    let mut code = String::new();
    for (word, called) in &table.kinds {
        let name = word.to_uppercase();
        let doc = format!("/// What is called {called}.");
        writeln!(
            code,
            "{doc}\npub const {name}: AcceleratorKind = AcceleratorKind {{ word: {word:?}, called: {called:?} }};"
        )?;
    }
    writeln!(code, "/// All entries, in the order of the file.\npub static TABLE: &[AcceleratorEntry] = &[")?;
    for entry in &table.accelerators {
        let Entry { name, kind, runtimes, drivers, devices, alone, signs, .. } = entry;
        let Entry { variables, resources, shares, classes, source, .. } = entry;
        if !table.kinds.contains_key(kind) || !source.starts_with("https://") || name.is_empty() {
            return Err(format!("{TABLE}: {name}: needs a name, a kind of `kinds` and a source").into());
        }
        let kind = kind.to_uppercase();
        writeln!(
            code,
            "AcceleratorEntry {{ kind: {kind}, runtimes: &{runtimes:?}, drivers: &{drivers:?}, devices: &{devices:?}, \
             alone: {alone:?}, signs: &{signs:?}, variables: &{variables:?}, resources: &{resources:?}, \
             shares: &{shares:?}, classes: &{classes:?} }},"
        )?;
    }
    code.push_str("];\n");
    let resources = table.accelerators.iter().flat_map(|entry| entry.resources.iter().chain(&entry.shares));
    let makers: BTreeSet<String> = resources.filter_map(|name| maker(name)).collect();
    writeln!(
        code,
        "/// The ends of the domains in the names of resources; names without one have `gpu` in them.\n\
         pub const MAKERS: &[&str] = &{makers:?};",
        makers = Vec::from_iter(makers)
    )?;
    Ok(code)
}

/// `google.com/` of `cloud-tpus.google.com/*`: the same for all domains of a maker.
fn maker(resource: &str) -> Option<String> {
    let domain = resource.split_once('/')?.0;
    let mut labels = domain.rsplit('.');
    let (top, own) = (labels.next()?, labels.next().unwrap_or_default());
    (!resource.contains("gpu")).then(|| format!("{own}.{top}/"))
}
