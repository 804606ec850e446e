//! `shmlint init`: a configuration to begin with.

use std::fs::File;
use std::io::Write;

use super::inert::Syntax;
use super::outputs::to_stdout;
use super::status::CLEAN;
use crate::config::problem::Failure;
use crate::config::schema;

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
