//! The JSON schema and the example file, both made from the one table of keys.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::keys::{KeyRow, ROWS};
use super::value::{Key, Shape};
use crate::rules;

/// The JSON schema of a configuration file, as `shmlint config-schema` prints it.
pub fn schema() -> String {
    let mut schema = table(ROWS.iter().map(|row| (row.key, row.doc())));
    if let Value::Object(schema) = &mut schema {
        schema.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        schema.insert(
            "$id".into(),
            json!(concat!(env!("CARGO_PKG_REPOSITORY"), "/raw/main/schemas/shmlint.json")),
        );
        schema.insert(
            "title".into(),
            json!("shmlint.toml, .shmlint.toml and [tool.shmlint] in pyproject.toml"),
        );
    }
    format!("{schema:#}\n")
}

fn table(keys: impl Iterator<Item = (Key, String)>) -> Value {
    let mut required: Vec<&str> = Vec::new();
    let properties: Map<String, Value> = keys
        .map(|(key, doc)| {
            let mut schema = of(&key.shape);
            if let Value::Object(schema) = &mut schema {
                schema.insert("description".into(), json!(doc));
            }
            required.extend(key.required.then_some(key.name));
            (key.name.to_owned(), schema)
        })
        .collect();
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if let (Value::Object(schema), false) = (&mut schema, required.is_empty()) {
        schema.insert("required".into(), json!(required));
    }
    schema
}

fn of(shape: &Shape) -> Value {
    match shape {
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Size => json!({ "type": ["string", "integer"], "minLength": 1, "minimum": 1 }),
        Shape::Text | Shape::Glob => json!({ "type": "string", "minLength": 1 }),
        Shape::Choice(words) => json!({ "enum": words }),
        Shape::Rule | Shape::Rules => {
            let mut words: Vec<&str> = rules::all().iter().flat_map(|rule| [rule.code, rule.name]).collect();
            if matches!(shape, Shape::Rule) {
                return json!({ "enum": words });
            }
            words.push("ALL");
            json!({ "anyOf": [{ "enum": words }, { "pattern": "^SHM[0-9]{0,2}$" }] })
        }
        Shape::List(shape) => json!({ "type": "array", "items": of(shape) }),
        Shape::Map(key, value) => {
            json!({ "type": "object", "propertyNames": of(key), "additionalProperties": of(value) })
        }
        Shape::Table(keys) => table(keys.iter().map(|key| (*key, key.doc.to_owned()))),
    }
}

/// A configuration file with every key, its meaning and a value, all of it commented out but the headings of tables.
pub fn example() -> String {
    let mut out = String::from(
        "# All settings of shmlint.toml, .shmlint.toml or [tool.shmlint] in pyproject.toml. The nearest of these files, from the\n\
         # working directory up to the repository's root, applies to the whole run. Each setting is shown with an\n\
         # example, not with its default; take what you need.\n",
    );
    // In TOML the keys of the top table come before the first heading.
    let (tables, plain): (Vec<&KeyRow>, Vec<&KeyRow>) = ROWS.iter().partition(|row| row.is_table());
    for row in plain {
        let _ = write!(out, "\n{}{} = {}\n", comment(&row.doc()), row.key.name, row.example);
    }
    for row in tables {
        let name = row.key.name;
        let heading =
            if matches!(row.key.shape, Shape::List(_)) { format!("[[{name}]]") } else { format!("[{name}]") };
        let _ = write!(out, "\n{}", comment(&row.doc()));
        if let Shape::List(Shape::Table(keys)) = row.key.shape {
            for key in *keys {
                let needed = if key.required { "" } else { " (optional)" };
                out.push_str(&comment(&format!("- {}{needed}: {}", key.name, key.doc)));
            }
        }
        let _ = write!(out, "{heading}\n{}\n", row.example);
    }
    out
}

/// A text as comment lines of at most 100 characters.
fn comment(text: &str) -> String {
    let mut out = String::new();
    let mut line = String::from("#");
    for word in text.split_whitespace() {
        if line.chars().count() + word.chars().count() + 1 > 100 {
            out.push_str(&line);
            out.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    out.push_str(&line);
    out.push('\n');
    out
}
