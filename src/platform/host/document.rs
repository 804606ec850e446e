//! Documents: Markdown and reStructuredText.

use super::same::same_but_for;
use super::{Script, markdown, rst, units};
use crate::platform::kind::{Claim, EVERYWHERE, Kind};
use crate::platform::run::{ENGINES, starts_containers};
use crate::syntax::shell::Options;
use crate::text::filename::FileName;
use crate::text::layer::Layer;
use crate::text::scan::Words;

/// Documents with code in them.
pub static KIND: Kind = Kind {
    name: "document",
    claim,
    words: Words::new(&[EVERYWHERE, ENGINES]),
    relevant: |text, _, every_container| starts_containers(text, every_container),
    in_projects: None,
    read: |unit, context| super::read(unit, context, scripts),
    same_but_for: |before, after, edits| same_but_for(before, after, edits, scripts),
};

/// Endings of documents.
const ENDINGS: &[&str] = &["md", "markdown", "mdx", "mdown", "mkd", "qmd", "rmd", "rst"];

fn claim(file: &FileName<'_>) -> Claim {
    if file.ends_in(ENDINGS) { Claim::ByName } else { Claim::No }
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
