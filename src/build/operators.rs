//! Turns `rules/operators.yaml` into the static table that `src/platform/kubernetes/kinds.rs` includes.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;
use std::fs;

use serde::Deserialize;

const TABLE: &str = "rules/operators.yaml";

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Entry {
    operator: String,
    api: String,
    kinds: Vec<String>,
    under: Vec<String>,
    at: Vec<String>,
    needs: String,
    container: Option<String>,
    image: String,
    counts: Vec<String>,
    size: String,
    off: BTreeMap<String, String>,
    on: BTreeMap<String, String>,
    gives: String,
    source: String,
}

/// The table as Rust code.
pub(super) fn table() -> Result<String, Box<dyn Error>> {
    let entries: Vec<Entry> =
        serde_yaml::from_str(&fs::read_to_string(TABLE)?).map_err(|error| format!("{TABLE}: {error}"))?;
    let mut code =
        String::from("/// All rows; the first that fits counts.\npub(super) static KINDS: &[Custom] = &[\n");
    let apis: BTreeSet<&str> =
        entries.iter().map(|entry| entry.api.as_str()).filter(|api| !api.is_empty()).collect();
    let apis = format!(
        "/// The groups of these objects.\npub(super) const APIS: &[&str] = &{:?};\n",
        Vec::from_iter(apis)
    );
    for entry in entries {
        let Entry {
            operator,
            api,
            kinds,
            under,
            at,
            needs,
            container,
            image,
            counts,
            size,
            off,
            on,
            gives,
            source,
        } = entry;
        if operator.is_empty() || !source.starts_with("https://") {
            return Err(format!("{TABLE}: {operator}: needs a name and a source").into());
        }
        let container = container.map_or("Which::First".to_owned(), |name| format!("Which::Named({name:?})"));
        let pair = |field: &BTreeMap<String, String>| {
            format!(
                "{:?}",
                field.iter().next().map_or(("", ""), |(key, value)| (key.as_str(), value.as_str()))
            )
        };
        let gives = match (gives.as_str(), gives.strip_suffix("Gi").map(str::parse::<u64>)) {
            ("memory", _) => "Gives::Memory".to_owned(),
            ("half-of-memory", _) => "Gives::HalfOfMemory".to_owned(),
            ("unbounded", _) => "Gives::Unbounded".to_owned(),
            ("unknown", _) => "Gives::Unknown".to_owned(),
            (_, Some(Ok(size))) => format!("Gives::Bytes({size} << 30)"),
            _ => return Err(format!("{TABLE}: {operator}: gives: {gives}").into()),
        };
        writeln!(
            code,
            "Custom {{ operator: {operator:?}, reference: {source:?}, api: {api:?}, kinds: &{kinds:?}, under: &{under:?}, \
             at: &{at:?}, needs: {needs:?}, container: {container}, image: {image:?}, counts: &{counts:?}, \
             size: {size:?}, off: {}, on: {}, gives: {gives} }},",
            pair(&off),
            pair(&on)
        )?;
    }
    code.push_str("];\n");
    code.push_str(&apis);
    Ok(code)
}
