//! `shmlint config`: what every setting is, and where that comes from.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::args::{ShowArgs, TextOrJson};
use super::console::Console;
use super::outputs::to_stdout;
use super::status::CLEAN;
use crate::config::keys::{KeyDefault, KeyRow, ROWS};
use crate::config::problem::Failure;
use crate::config::value::Item;
use crate::config::{Config, load};
use crate::container::finding::Severity;
use crate::report::style::Look;

/// A setting with the value that applies and the layers that it comes from.
struct EffectiveKey<'c> {
    row: &'static KeyRow,
    /// Nothing where no value could say what applies.
    value: Option<Value>,
    from: Vec<&'c Item>,
}

impl<'c> EffectiveKey<'c> {
    fn of(row: &'static KeyRow, config: &'c Config) -> Self {
        let written = config.written.iter().filter(|(key, _)| *key == row.key.name).map(|(_, item)| item);
        let mut from: Vec<&Item> = written.collect();
        let mut value = match row.default {
            KeyDefault::Is(text) => serde_json::from_str(text).ok(),
            KeyDefault::Unset(_) => None,
        };
        // Later layers add to lists and tables, and replace all else.
        let adds = value.as_ref().is_some_and(|value: &Value| value.is_array() || value.is_object());
        if !adds {
            from.drain(..from.len().saturating_sub(1));
        }
        for item in &from {
            match (&mut value, item.shown()) {
                (Some(Value::Array(all)), Value::Array(more)) => all.extend(more),
                (Some(Value::Object(all)), Value::Object(more)) => all.extend(more),
                (value, shown) => *value = Some(shown),
            }
        }
        Self { row, value, from }
    }

    /// Whether it is written below a heading; in TOML those come last.
    fn has_heading(&self) -> bool {
        let size = self
            .value
            .as_ref()
            .and_then(|value| value.as_object().map(Map::len).or(value.as_array().map(Vec::len)));
        self.row.is_table() && size.is_some_and(|size| size > 0)
    }

    /// Where the value comes from, for a comment.
    fn origin(&self) -> String {
        let places = self.from.iter().map(|item| match item.place.path() {
            option @ "--config" => option.to_owned(),
            path => format!("{path}:{}", item.place.start().line),
        });
        let places: Vec<String> = places.collect();
        if places.is_empty() { "default".into() } else { places.join(", ") }
    }

    /// The setting as JSON.
    fn json(&self) -> Value {
        let last = self.from.last().map(|item| &item.place);
        json!({
            "key": self.row.key.name,
            "value": self.value,
            "source": last.map_or("default", |place| if place.path() == "--config" { "--config" } else { "file" }),
            "path": last.map(|place| place.path()),
            "line": last.map(|place| place.start().line),
        })
    }

    /// The setting as TOML, with its origin as a comment.
    fn write(&self, out: &mut dyn Write, look: Look) -> io::Result<()> {
        let name = self.row.key.name;
        let Some(value) = &self.value else {
            let KeyDefault::Unset(text) = self.row.default else { return Ok(()) };
            let lines = look.wrap(&format!("{name} is not set: {text}"), 2);
            return lines.iter().try_for_each(|line| writeln!(out, "# {line}"));
        };
        let origin = self.origin();
        let whole = format!("{name} = {}", toml(value));
        match value {
            Value::Array(items) if items.iter().any(Value::is_object) => {
                items.iter().try_for_each(|item| table(out, &format!("[[{name}]]"), &origin, item))
            }
            Value::Object(keys) if !keys.is_empty() => table(out, &format!("[{name}]"), &origin, value),
            Value::Array(items) if whole.chars().count() + origin.chars().count() + 4 > look.width => {
                writeln!(out, "{name} = [  # {origin}")?;
                items.iter().try_for_each(|item| writeln!(out, "  {},", toml(item)))?;
                writeln!(out, "]")
            }
            _ => writeln!(out, "{whole}  # {origin}"),
        }
    }
}

/// A table below its heading.
fn table(out: &mut dyn Write, heading: &str, origin: &str, value: &Value) -> io::Result<()> {
    writeln!(out, "\n{heading}  # {origin}")?;
    let mut keys = value.as_object().into_iter().flatten();
    keys.try_for_each(|(key, value)| writeln!(out, "{} = {}", bare(key), toml(value)))
}

/// A value in TOML, on one line.
fn toml(value: &Value) -> String {
    let join = |texts: Vec<String>| texts.join(", ");
    match value {
        Value::Array(items) => format!("[{}]", join(items.iter().map(toml).collect())),
        Value::Object(keys) => {
            format!(
                "{{{}}}",
                join(keys.iter().map(|(key, value)| format!("{} = {}", bare(key), toml(value))).collect())
            )
        }
        // Texts, numbers and flags are spelt alike.
        other => other.to_string(),
    }
}

/// A key, in quotes where TOML wants them.
fn bare(key: &str) -> String {
    let plain =
        !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if plain { key.to_owned() } else { Value::from(key).to_string() }
}

/// Prints every setting, then the rules that they choose together.
pub(super) fn run(args: &ShowArgs, console: &Console) -> Result<u8, Failure> {
    let loaded = load(args.config.isolated, &args.config.config)?;
    let judge = loaded.config.settle()?.options.judge;
    let settings: Vec<EffectiveKey> = ROWS.iter().map(|row| EffectiveKey::of(row, &loaded.config)).collect();
    let shown = |rule, severity: Severity| {
        severity != Severity::Note || judge.pedantic || judge.by_name.contains(&rule)
    };
    to_stdout(args.format.syntax(), |out| match args.format {
        TextOrJson::Json => {
            let rules: Vec<Value> = judge.rules.iter().map(|(rule, severity)| {
                json!({ "code": rule.code, "name": rule.name, "severity": severity.as_str(), "shown": shown(rule, *severity) })
            }).collect();
            let settings: Vec<Value> = settings.iter().map(EffectiveKey::json).collect();
            let whole = json!({ "version": 1, "file": loaded.file, "settings": settings, "rules": rules });
            writeln!(out, "{whole}")
        }
        TextOrJson::Human => {
            match &loaded.file {
                Some(file) => writeln!(out, "# Configuration file: {file}")?,
                None => writeln!(out, "# No configuration file found.")?,
            }
            let (tables, plain): (Vec<&EffectiveKey>, Vec<&EffectiveKey>) =
                settings.iter().partition(|setting| setting.has_heading());
            plain.iter().chain(&tables).try_for_each(|setting| setting.write(out, console.stdout()))?;
            writeln!(out, "\n# Rules:")?;
            judge.rules.iter().try_for_each(|(rule, severity)| {
                let hidden = if shown(rule, *severity) { "" } else { " (hidden)" };
                writeln!(out, "# {} {:<22} {}{hidden}", rule.code, rule.name, severity.as_str())
            })
        }
    })?;
    Ok(CLEAN)
}
