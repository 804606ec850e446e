//! `shmlint init` and `shmlint config`: a configuration to begin with, and the one that holds.

use std::fs::File;
use std::io::Write;

use serde_json::json;

use super::args::{ShowArgs, TextOrJson};
use super::inert::Syntax;
use super::outputs::to_stdout;
use super::status::CLEAN;
use crate::config::problem::Failure;
use crate::config::{keys, load, schema};
use crate::text::place::Place;

/// What is written.
const FILE: &str = "shmlint.toml";

/// Writes a configuration in which every setting is a comment, never over a file that is there.
pub(super) fn init() -> Result<u8, Failure> {
    let mut file = File::create_new(FILE).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            format!("{FILE}: already exists; `shmlint config` prints what it sets")
        }
        _ => format!("{FILE}: cannot be written: {error}"),
    })?;
    let comment = |line: &str| match line {
        "" => "\n".to_owned(),
        line if line.starts_with('#') => format!("{line}\n"),
        line => format!("#{line}\n"),
    };
    let text: String = schema::example().lines().map(comment).collect();
    file.write_all(text.as_bytes()).map_err(|error| format!("{FILE}: cannot be written: {error}"))?;
    let version = env!("CARGO_PKG_VERSION");
    let repository = env!("CARGO_PKG_REPOSITORY");
    to_stdout(Syntax::Text, |out| {
        writeln!(out, "Wrote {FILE}; every setting in it is a comment that shows an example.\n")?;
        writeln!(out, "As a hook, in .pre-commit-config.yaml:\n")?;
        writeln!(
            out,
            "  - repo: {repository}-pre-commit\n    rev: v{version}\n    hooks:\n      - id: shmlint\n"
        )?;
        writeln!(out, "As a step of a GitHub workflow:\n")?;
        let action = repository.trim_start_matches("https://github.com/");
        writeln!(out, "      - uses: {action}@v{version}")
    })?;
    Ok(CLEAN)
}

/// Prints each setting with the place that it comes from.
pub(super) fn show(args: &ShowArgs) -> Result<u8, Failure> {
    let loaded = load(args.config.isolated, &args.config.config)?;
    let rows: Vec<(&str, Option<&Place>)> = keys::ROWS
        .iter()
        .map(|row| row.key.name)
        .map(|name| {
            (name, loaded.config.written.iter().rfind(|(key, _)| *key == name).map(|(_, place)| place))
        })
        .collect();
    let value = |place: &Place| place.source.slice(place.span).to_owned();
    to_stdout(args.format.syntax(), |out| match args.format {
        TextOrJson::Json => {
            let setting = |(name, place): &(&str, Option<&Place>)| {
                json!({
                    "key": name,
                    "value": place.map(value),
                    "path": place.map(|place| place.path().to_owned()),
                    "line": place.map(|place| place.start().line),
                })
            };
            let settings: Vec<_> = rows.iter().map(setting).collect();
            writeln!(out, "{}", json!({ "version": 1, "file": loaded.file, "settings": settings }))
        }
        TextOrJson::Human => {
            writeln!(out, "# {}", loaded.file.as_deref().unwrap_or("no configuration file"))?;
            rows.iter().try_for_each(|(name, place)| match place {
                Some(place) => {
                    writeln!(out, "{name} = {}  # {}:{}", value(place), place.path(), place.start().line)
                }
                None => writeln!(out, "# {name}: the default"),
            })
        }
    })?;
    Ok(CLEAN)
}
