//! Notebooks (`!docker run …`, `%%bash` cells, fences in their text) and the scripts of `package.json`.

use super::read::{Host, kind};
use super::script::HostScript;
use super::{jsonc, markdown};
use crate::platform::embedded::scalar;
use crate::platform::kind::{FileClaim, Kind};
use crate::syntax::shell::ShellOptions;
use crate::syntax::yaml::Node;
use crate::text::filename::FileName;
use crate::text::layer::{Embed, Encoding, Layer};
use crate::text::source::Span;

/// Jupyter notebooks.
pub static NOTEBOOK: Kind = kind::<Notebook>();

struct Notebook;

impl Host for Notebook {
    const NAME: &'static str = "notebook";

    fn claim(file: &FileName<'_>) -> FileClaim {
        FileClaim::by_name(file.ends_in(&["ipynb"]))
    }

    /// The commands of all cells: lines behind `!`, whole cells behind `%%bash` or `%%sh`, fences in the text between.
    fn scripts(_: &str, file: &Layer) -> Vec<HostScript> {
        let (yaml, text) = jsonc::parse(file.text());
        let cells = yaml.root(&text).and_then(|root| root.get("cells"));
        let mut found = Vec::new();
        for cell in cells.into_iter().flat_map(Node::items) {
            let (Some(sort), Some(source)) = (cell.get("cell_type").and_then(Node::str), cell.get("source"))
            else {
                continue;
            };
            match sort {
                "code" => found.extend(commands(file, source)),
                "markdown" => {
                    let text = joined(file, source);
                    let fences = markdown::read(&text).scripts(&text);
                    found.extend(fences.into_iter().map(|(layer, options)| HostScript::new(layer, options)));
                }
                _ => {}
            }
        }
        found
    }
}

/// The scripts of a Node package.
pub static PACKAGE: Kind = kind::<Package>();

struct Package;

impl Host for Package {
    const NAME: &'static str = "package.json";

    fn claim(file: &FileName<'_>) -> FileClaim {
        FileClaim::by_name(file.name == "package.json")
    }

    fn scripts(_: &str, file: &Layer) -> Vec<HostScript> {
        let (yaml, text) = jsonc::parse(file.text());
        let scripts = yaml.root(&text).and_then(|root| root.get("scripts"));
        let commands =
            scripts.into_iter().flat_map(Node::entries).filter_map(|entry| scalar(file, entry.value));
        commands.map(|layer| HostScript::new(layer, ShellOptions::default())).collect()
    }
}

/// All strings of a source as one text.
fn joined(file: &Layer, source: Node<'_>) -> Layer {
    let mut embed = file.embed(Encoding::DoubleQuoted);
    for line in std::iter::once(source).chain(source.items()) {
        if let Some(line) = scalar(file, line) {
            embed.append(&line, 0);
        }
    }
    embed.finish()
}

/// One cell's commands as one script. The source is a string, or a list of one string a line.
fn commands(file: &Layer, source: Node<'_>) -> Option<HostScript> {
    let lines: Vec<Node<'_>> = if source.is_sequence() { source.items().collect() } else { vec![source] };
    let first = lines.first()?.str()?;
    let whole = ["%%bash", "%%sh"].iter().any(|magic| first.starts_with(magic));
    let mut goes_on = false;
    let mut embed = file.embed(Encoding::DoubleQuoted);
    for (index, line) in lines.iter().enumerate() {
        let layer = scalar(file, *line)?;
        let text = layer.text().trim_end();
        let skip = if whole {
            Some(if index == 0 { text.find('\n').unwrap_or(text.len()) } else { 0 })
        } else if goes_on {
            Some(0)
        } else {
            let indent = text.len() - text.trim_start().len();
            // A comment is one in both languages.
            match text.as_bytes().get(indent) {
                Some(b'!') => Some(indent + 1),
                Some(b'#') => Some(indent),
                _ => None,
            }
        };
        goes_on = skip.is_some() && text.ends_with('\\');
        if let Some(skip) = skip {
            if whole {
                embed.append(&layer, skip);
            } else {
                filled(&mut embed, &layer, skip);
            }
        }
    }
    Some(HostScript::new(embed.finish(), ShellOptions::default()))
}

/// Appends a line from byte `from` on, with a variable of the shell for what IPython puts in for `{args}`.
fn filled(embed: &mut Embed, line: &Layer, mut from: usize) {
    let text = line.text();
    while let Some((at, length)) = text.get(from..).and_then(|rest| {
        let at = rest.find('{')?;
        Some((from + at, rest.get(at..)?.find('}')? + 1))
    }) {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let name = text.get(at + 1..at + length - 1).unwrap_or_default();
        let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_alphanumeric() || "_.[]()'".contains(c));
        let end = if is_name && !matches!(before, Some('$' | '{')) {
            embed.append_part(line, Span::new(from, at));
            let plain: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
            embed.replace(line.map(Span::new(at, at + length)), &format!("${{{plain}}}"));
            at + length
        } else {
            embed.append_part(line, Span::new(from, at + 1));
            at + 1
        };
        from = end;
    }
    embed.append(line, from);
}
