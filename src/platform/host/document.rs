//! Documents: Markdown and reStructuredText.

use std::sync::Arc;

use super::page::Page;
use super::read::{Host, comments, kind};
use super::remarked::is_prose;
use super::script::HostScript;
use super::{adoc, inner, markdown, rst, units};
use crate::platform::kind::{EVERYWHERE, FileClaim, Kind};
use crate::platform::remarks::{Remark, Remarks, lies_in};
use crate::platform::run::{ENGINES, client, starts_containers};
use crate::syntax::shell::ShellOptions;
use crate::text::filename::FileName;
use crate::text::layer::Layer;
use crate::text::source::{Source, Span};

/// Documents with code in them.
pub static KIND: Kind = kind::<Documents>();

struct Documents;

impl Host for Documents {
    const NAME: &'static str = "document";
    const WORDS: &'static [&'static [&'static str]] = &[EVERYWHERE, ENGINES, inner::WORDS];

    fn claim(file: &FileName<'_>) -> FileClaim {
        FileClaim::by_name(file.ends_in(ENDINGS) || file.ends_in(ASCII_DOC) || says_how(file))
    }

    fn relevant(text: &str, _: FileClaim, every_container: bool) -> bool {
        starts_containers(text, every_container) || inner::may_hold(text, every_container)
    }

    fn scripts(path: &str, file: &Layer) -> Vec<HostScript> {
        let mut found = Vec::new();
        for block in page(path, file).blocks {
            let text = block.text(file);
            match inner::kind(text.text(), true) {
                Some(kind) => found
                    .push(HostScript { inner: Some(kind), ..HostScript::new(text, ShellOptions::default()) }),
                None => found
                    .extend(block.script(file).into_iter().flat_map(|(layer, options)| code(layer, options))),
            }
        }
        found.into_iter().map(|script| HostScript { is_docs: true, ..script }).collect()
    }

    fn remarks(source: &Arc<Source>, starts: &[usize]) -> Remarks {
        let file = Layer::file(Arc::clone(source));
        let page = page(source.path(), &file);
        let blocks: Vec<Span> = page.blocks.iter().map(|block| block.span).collect();
        let comments = comments(source, Self::scripts);
        // In code of a language that is not read, what does not look like a comment of the page looks like one of its own.
        let foreign = |at: usize| !source.text().get(at..).is_some_and(|rest| rest.starts_with("<!--"));
        let remarks =
            Remarks::new(starts, |at| match (lies_in(&blocks, *at), lies_in(&page.comments, *at)) {
                (true, _) if lies_in(&comments, *at) || foreign(*at) => Remark::Example,
                (false, true) => Remark::Comment,
                _ => Remark::Text,
            });
        Remarks { blocks, ..remarks }
    }
}

/// Endings of documents.
const ENDINGS: &[&str] = &["md", "markdown", "mdx", "mdown", "mkd", "qmd", "rmd", "rst"];

/// Endings of AsciiDoc.
const ASCII_DOC: &[&str] = &["adoc", "asciidoc", "asc"];

/// What texts without markup are called that say how something is run.
const HOW: &[&str] =
    &["readme", "install", "usage", "howto", "how-to", "how_to", "instructions", "quickstart", "commands"];

/// Whether a text without markup says by its name that it tells how something is run.
fn says_how(file: &FileName<'_>) -> bool {
    let is_text = file.ends_in(&["txt"]) || !file.name.contains('.');
    is_text
        && file
            .name
            .get(..4)
            .is_some_and(|_| HOW.iter().any(|how| file.name.to_ascii_lowercase().starts_with(how)))
}

/// Whether a line of a page is a command that stands there without a fence: prose has no option behind its first words.
fn is_bare_command(line: &str) -> bool {
    let mut words = line.split_whitespace().skip_while(|word| *word == "sudo");
    !line.starts_with([' ', '\t'])
        && words.next().and_then(client).is_some()
        && words.next() == Some("run")
        && words.next().is_some_and(|word| word.starts_with('-'))
        && !is_prose(line)
}

/// The document, taken apart.
fn page(path: &str, document: &Layer) -> Page {
    let file = FileName::new(path);
    let has_directive = || document.text().lines().any(|line| line.starts_with(".. code"));
    if file.ends_in(&["rst"]) || (!file.ends_in(ENDINGS) && !file.ends_in(ASCII_DOC) && has_directive()) {
        return rst::read(document);
    }
    if file.ends_in(ASCII_DOC) {
        return adoc::read(document);
    }
    let page = markdown::read(document);
    // A page may be nothing but a command.
    let is_plain = says_how(&file) || document.text().lines().any(is_bare_command);
    if page.blocks.is_empty() && is_plain { adoc::plain(document.text(), page) } else { page }
}

/// The scripts of one piece of code: the commands of a systemd unit, else all of it.
fn code(layer: Layer, options: ShellOptions) -> Vec<HostScript> {
    let is_unit = layer.text().lines().any(|line| line.starts_with("ExecStart="));
    if is_unit { units::scripts(&layer) } else { vec![HostScript::new(layer, options)] }
}
