//! Documents: Markdown and reStructuredText.

use super::page::Page;
use super::same::same_but_for;
use super::{Script, inner, markdown, rst, units};
use crate::platform::kind::{Claim, EVERYWHERE, Kind};
use crate::platform::remarks::{Remark, Remarks, lies_in};
use crate::platform::run::{ENGINES, starts_containers};
use crate::syntax::shell::Options;
use crate::text::filename::FileName;
use crate::text::layer::Layer;
use crate::text::scan::Words;
use crate::text::source::{Source, Span};

/// Documents with code in them.
pub static KIND: Kind = Kind {
    name: "document",
    claim,
    words: Words::new(&[EVERYWHERE, ENGINES, inner::WORDS]),
    relevant: |text, _, every_container| {
        starts_containers(text, every_container) || inner::may_hold(text, every_container)
    },
    in_projects: None,
    read: |unit, context| super::read(unit, context, scripts),
    same_but_for: |before, after, edits| same_but_for(before, after, edits, scripts),
    remarks,
};

/// Endings of documents.
const ENDINGS: &[&str] = &["md", "markdown", "mdx", "mdown", "mkd", "qmd", "rmd", "rst"];

fn claim(file: &FileName<'_>) -> Claim {
    if file.ends_in(ENDINGS) { Claim::ByName } else { Claim::No }
}

/// The document, taken apart.
fn page(path: &str, document: &Layer) -> Page {
    if path.ends_with(".rst") { rst::read(document) } else { markdown::read(document) }
}

fn scripts(path: &str, file: &Layer) -> Vec<Script> {
    let mut found = Vec::new();
    for block in page(path, file).blocks {
        let text = block.text(file);
        match inner::kind(text.text(), true) {
            Some(kind) => found.push(Script { inner: Some(kind), ..Script::new(text, Options::default()) }),
            None => {
                found.extend(block.script(file).into_iter().flat_map(|(layer, options)| code(layer, options)))
            }
        }
    }
    found
}

fn remarks(source: &Source, starts: &[usize]) -> Remarks {
    let file = Layer::file(Source::new(source.path(), source.bytes().to_vec()));
    let page = page(source.path(), &file);
    let blocks: Vec<Span> = page.blocks.iter().map(|block| block.span).collect();
    let comments = super::comments(source, scripts);
    // In code of a language that is not read, what does not look like a comment of the page looks like one of its own.
    let foreign = |at: usize| !source.text().get(at..).is_some_and(|rest| rest.starts_with("<!--"));
    let remarks = Remarks::new(starts, |at| match (lies_in(&blocks, *at), lies_in(&page.comments, *at)) {
        (true, _) if lies_in(&comments, *at) || foreign(*at) => Remark::Example,
        (false, true) => Remark::Comment,
        _ => Remark::Text,
    });
    Remarks { blocks, ..remarks }
}

/// The scripts of one piece of code: the commands of a systemd unit, else all of it.
fn code(layer: Layer, options: Options) -> Vec<Script> {
    let is_unit = layer.text().lines().any(|line| line.starts_with("ExecStart="));
    if is_unit { units::scripts(&layer) } else { vec![Script::new(layer, options)] }
}
