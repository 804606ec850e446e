//! Documents: Markdown and reStructuredText.

use super::same::same_but_for;
use super::{Script, file_name, markdown, rst, units};
use crate::layer::Layer;
use crate::platform::run::starts_containers;
use crate::platform::{Claim, Kind};
use crate::syntax::shell::Options;

/// Documents with code in them.
pub static KIND: Kind = Kind {
    name: "document",
    claim,
    relevant: |text, _, every_container| starts_containers(text, every_container),
    in_projects: None,
    read: |unit, context| super::read(unit, context, scripts),
    same_but_for: |before, after, edits| same_but_for(before, after, edits, scripts),
};

fn claim(path: &str) -> Claim {
    let ending = file_name(path).rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    match ending.as_deref() {
        Some("md" | "markdown" | "mdx" | "mdown" | "mkd" | "qmd" | "rmd" | "rst") => Claim::ByName,
        _ => Claim::No,
    }
}

fn scripts(path: &str, file: &Layer) -> Vec<Script> {
    let found = if path.ends_with(".rst") { rst::scripts(file) } else { markdown::scripts(file) };
    found.into_iter().flat_map(|(layer, options)| code(layer, options)).collect()
}

/// The scripts of one piece of code: the commands of a systemd unit, else all of it.
fn code(layer: Layer, options: Options) -> Vec<Script> {
    let is_unit = layer.text().lines().any(|line| line.starts_with("ExecStart="));
    if is_unit { units::scripts(&layer) } else { vec![Script::new(layer, options)] }
}
