//! The JSON that is printed is what its schema says, and its schema names every field of it.
//
// A test that cannot go on says why and stops.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use std::fs;

use common::{root, shmlint};
use serde_json::{Value, json};

/// What `args` print over all fixtures, held against a schema in which no field is left out.
fn holds(schema: &str, args: &[&str], of: &str) {
    let text = fs::read_to_string(root().join(schema)).expect("a schema");
    let mut schema: Value = serde_json::from_str(&text).expect("JSON");
    close(&mut schema);
    let ran = shmlint(&root().join("fixtures"), args);
    let printed: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert!(printed[of].as_array().is_some_and(|all| all.len() > 300), "few {of}: {}", ran.stderr);
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let wrong: Vec<String> = validator
        .iter_errors(&printed)
        .take(5)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Forbids what a schema does not name: it may come in a later version, and then has to be named.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.contains_key("properties") {
                map.insert("additionalProperties".into(), json!(false));
            }
            map.values_mut().for_each(close);
        }
        Value::Array(all) => all.iter_mut().for_each(close),
        _ => {}
    }
}

#[test]
fn the_report_of_a_check() {
    holds("schemas/check.json", &["--isolated", "--pedantic", "--format", "json", "."], "findings");
}

#[test]
fn the_list() {
    holds("schemas/list.json", &["list", "--isolated", "--format", "json", "."], "workloads");
}
