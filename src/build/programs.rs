//! Turns the lists of `rules/programs.yaml` into static tables: one for each key, sorted.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;

use serde::Deserialize;

const TABLE: &str = "rules/programs.yaml";

#[derive(Deserialize)]
#[serde(untagged)]
enum List {
    Words(Vec<String>),
    WithOptions(BTreeMap<String, Vec<String>>),
}

/// The tables as Rust code.
pub(super) fn table() -> Result<String, Box<dyn Error>> {
    let lists: BTreeMap<String, List> =
        serde_yaml::from_str(&fs::read_to_string(TABLE)?).map_err(|error| format!("{TABLE}: {error}"))?;
    let mut code = String::new();
    for (key, list) in lists {
        let name = key.replace('-', "_").to_uppercase();
        let doc = format!("/// `{key}` of the table.");
        match list {
            List::Words(mut words) => {
                words.sort();
                if words.iter().zip(words.iter().skip(1)).any(|(one, next)| one == next) {
                    return Err(format!("{TABLE}: {key}: a word stands there twice").into());
                }
                writeln!(code, "{doc}\npub static {name}: &[&str] = &{words:?};")?;
            }
            List::WithOptions(rows) => {
                writeln!(code, "{doc}\npub static {name}: &[(&str, &[&str])] = &[")?;
                for (word, options) in rows {
                    writeln!(code, "({word:?}, &{options:?}),")?;
                }
                code.push_str("];\n");
            }
        }
    }
    Ok(code)
}
