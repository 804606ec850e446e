//! The files in which command lines stand: each hands the text of its scripts to [`super::run`].

mod adoc;
mod buildkite;
mod ci;
mod devcontainer;
mod dockerfile;
mod document;
mod groovy;
mod indented;
mod inner;
mod jsonc;
mod later;
mod make;
mod makefile;
mod markdown;
mod notebook;
mod page;
mod prose;
mod quadlet;
mod remarked;
mod rst;
mod same;
pub mod shell;
mod units;

pub use ci::KIND as CI;
pub use devcontainer::KIND as DEVCONTAINER;
pub use dockerfile::KIND as DOCKERFILE;
pub use document::KIND as DOCUMENT;
pub use groovy::KIND as JENKINSFILE;
pub use make::KIND as MAKEFILE;
pub use notebook::{NOTEBOOK, PACKAGE};
pub use quadlet::KIND as QUADLET;
pub use units::KIND as UNIT;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::remarks::{Remark, Remarks, in_template, lies_in};
use super::run::{
    CommandLines, Givens, Shared, comments as comments_of, invocations, starts_containers,
    workload::{name_of, workload},
};
use crate::container::workload::{Platform, Workload};
use crate::platform::kind::{Context, Kind, Reading, Unit};
use crate::syntax::shell::Options;
use crate::text::layer::{Embed, Encoding, Layer};
use crate::text::place::Place;
use crate::text::source::{Source, Span};

/// A script that stands in a file.
pub(super) struct Script {
    /// Its text.
    pub(super) layer: Layer,
    /// How it is read.
    pub(super) options: Options,
    /// Variables from outside of it.
    pub(super) given: Option<Arc<Givens>>,
    /// The container that a host starts with this command line, where it is none that somebody wrote.
    pub(super) container: Option<Container>,
    /// Whether a command line in it counts only where no other script was seen to use its line.
    pub(super) is_spare: bool,
    /// Whether it is commented out: what it would start is listed and not judged.
    pub(super) is_off: bool,
    /// Whether it stands there to be read, so that `docs = false` leaves it out.
    pub(super) is_docs: bool,
    /// What it is where it is no script.
    pub(super) inner: Option<&'static Kind>,
}

/// A container of which a host names the image and the options apart.
pub(super) struct Container {
    /// The image, or what it is built from.
    pub(super) name: String,
    /// Whether the name is an image.
    pub(super) is_image: bool,
    /// Where it is reported.
    pub(super) place: Span,
    /// What says that the machine which runs it may give it a GPU.
    pub(super) gpu_label: Option<Span>,
}

impl Script {
    /// A script that gets no variables from its host.
    pub(super) fn new(layer: Layer, options: Options) -> Self {
        Self {
            layer,
            options,
            given: None,
            container: None,
            is_spare: false,
            is_off: false,
            is_docs: false,
            inner: None,
        }
    }
}

impl Container {
    /// Says of what the command line starts what the host says.
    fn name(&self, workload: &mut Workload, source: &Arc<Source>) {
        workload.platform = Platform::CiContainer;
        workload.name.clone_from(&self.name);
        if self.is_image {
            workload.image = Some(self.name.clone());
        }
        workload.place = Place::new(source, self.place);
        if let Some(label) = self.gpu_label {
            let text = label.of(source.text()).split_whitespace().collect::<Vec<_>>().join(" ");
            workload.gpu.unsure("the runner may have one", text, Place::new(source, label));
        }
    }
}

/// Reads the scripts of each file of a unit. `scripts` finds them in a file: its path and its text.
pub(super) fn read(unit: &Unit, context: &Context<'_>, scripts: fn(&str, &Layer) -> Vec<Script>) -> Reading {
    let mut reading = Reading::default();
    for member in &unit.members {
        let source = member.source.clone().or_else(|| context.files.read(&member.path).ok());
        let Some(source) = source else { continue };
        let file = Layer::file(Arc::clone(&source));
        let mut met = Met::of(&file);
        let scripts = scripts(&member.path, &file);
        for at in 0..scripts.len() {
            run(&scripts, at, context, &mut reading, &mut met);
        }
        reading.sources.push(source);
    }
    reading
}

/// The comments in the scripts of a file, as spans of the file in order.
pub(super) fn comments(source: &Source, scripts: fn(&str, &Layer) -> Vec<Script>) -> Vec<Span> {
    let file = Layer::file(Source::new(source.path(), source.bytes().to_vec()));
    let scripts = scripts(source.path(), &file).into_iter();
    let mut found: Vec<Span> = scripts
        .filter(|script| script.inner.is_none())
        .flat_map(|script| comments_of(&script.layer, script.options))
        .collect();
    found.sort_unstable();
    found
}

/// What stands at places of a file: a comment where a script of it has one there, or where `own` says so.
pub(super) fn remarks(
    source: &Source,
    starts: &[usize],
    scripts: fn(&str, &Layer) -> Vec<Script>,
    own: impl Fn(usize) -> bool,
) -> Remarks {
    let comments = comments(source, scripts);
    let text = source.text();
    Remarks::new(starts, |at| {
        let is_comment = lies_in(&comments, *at) || in_template(text, *at) || own(*at);
        if is_comment { Remark::Comment } else { Remark::Text }
    })
}

/// Whether nothing but blanks stands before a place on its line.
pub(super) fn begins_line(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    before.trim_end_matches([' ', '\t']).is_empty() || before.trim_end_matches([' ', '\t']).ends_with('\n')
}

/// Adds what comments of the files of a reading say of command lines.
pub fn add_remarked(reading: &mut Reading, unit: &Unit, context: &Context<'_>) {
    let is_own = |source: &Source| unit.members.iter().any(|member| member.path == source.path());
    for source in reading.sources.clone() {
        if !is_own(&source) || !starts_containers(source.text(), context.every_container) {
            continue;
        }
        let file = Layer::file(Arc::clone(&source));
        let mut met = Met::of(&file);
        let scripts = remarked::scripts(&file, false);
        for at in 0..scripts.len() {
            run(&scripts, at, context, reading, &mut met);
        }
    }
}

/// What the scripts of one file share.
pub(super) struct Met {
    /// The places of the command lines that were met.
    lines: BTreeSet<Span>,
    shared: Shared,
}

impl Met {
    /// That of a file of which no script was read yet.
    pub(super) fn of(file: &Layer) -> Self {
        Self { lines: BTreeSet::new(), shared: Shared::of(file.text().len()) }
    }
}

/// Adds what one of the scripts of a file starts. A command line that several of them lead to counts once.
pub(super) fn run(
    scripts: &[Script],
    at: usize,
    context: &Context<'_>,
    reading: &mut Reading,
    met: &mut Met,
) {
    let Some(script) = scripts.get(at) else { return };
    if script.is_docs && context.options.no_docs {
        return;
    }
    if script.inner.is_some() {
        return inner::read(&script.layer, context, reading);
    }
    inner::fed(script).iter().for_each(|text| inner::read(text, context, reading));
    let mut found = invocations(&script.layer, script.options, script.given.as_deref(), &met.shared);
    if script.is_spare {
        let text = script.layer.source().text();
        let is_used = |at: usize| {
            let start = text.get(..at).and_then(|before| before.rfind('\n')).unwrap_or(0);
            let end = text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| at + end);
            met.lines.range(Span::at(start)..Span::at(end)).next().is_some()
        };
        found.retain(|found| !is_used(found.word.layer.map(found.word.span).start));
    }
    if script.container.is_none() {
        found.retain(|found| met.lines.insert(found.word.layer.map(found.word.span)));
    }
    if script.container.is_some() {
        found.truncate(1);
    }
    if found.is_empty() {
        return;
    }
    let mut workloads: Vec<_> = found.iter().map(|found| workload(found, context.options)).collect();
    workloads.iter_mut().for_each(|workload| workload.is_off = script.is_off);
    if let (Some(container), [workload]) = (&script.container, workloads.as_mut_slice()) {
        container.name(workload, script.layer.source());
        later::steps(workload, scripts, at);
    } else {
        for (workload, found) in
            workloads.iter_mut().zip(&found).filter(|(workload, _)| workload.gpu.is_yes())
        {
            if std::ptr::eq(found.word.layer.text(), script.layer.text()) {
                later::fill(workload, name_of(found), found.word.span.start, scripts, at);
            }
        }
    }
    reading.add(workloads, Box::new(CommandLines::new(found, script.options, &met.shared)));
}

/// The command line that a host makes of what it names apart: `docker run OPTIONS IMAGE`.
pub(super) struct CommandLine {
    embed: Embed,
    /// Where the last part ends in the file.
    end: usize,
}

impl CommandLine {
    /// An empty one. New text in it is spelt as `encoding` says.
    pub(super) fn new(file: &Layer, encoding: Encoding) -> Self {
        Self { embed: file.embed(encoding), end: 0 }
    }

    /// One that begins with `docker run` at byte `at`.
    pub(super) fn run(file: &Layer, encoding: Encoding, at: usize) -> Self {
        let mut line = Self { embed: file.embed(encoding), end: at };
        line.embed.replace(Span::at(at), "docker run");
        line
    }

    /// Adds options that stand together in one text of the file.
    pub(super) fn text(&mut self, text: &Layer) {
        let length = text.text().trim_end().len();
        self.embed.replace(text.map(Span::at(0)), " ");
        self.embed.append_line(text);
        self.end = text.map(Span::at(length)).start;
    }

    /// Adds a text of the file as one word.
    pub(super) fn word(&mut self, text: &Layer) {
        self.option("", text);
    }

    /// Adds a text of the file as one word or as its end: `head` stands before it.
    pub(super) fn option(&mut self, head: &str, text: &Layer) {
        let at = text.map(Span::at(0));
        self.embed.replace(at, &format!(" {head}"));
        self.quoted(text, Span::new(0, text.text().len()));
        self.end = text.map(Span::at(text.text().len())).start;
    }

    /// Adds a part of a text in quotes.
    fn quoted(&mut self, text: &Layer, part: Span) {
        // A quote in the text would end the quotes around it; no option of interest has one.
        let quote = if part.of(text.text()).contains('\'') { "\"" } else { "'" };
        let (mut start, mut end) = (text.map(Span::at(part.start)).start, text.map(Span::at(part.end)).start);
        // The word is all of a string of the file, with its quotes.
        let file = text.source().text().as_bytes();
        let is_whole = part.start == 0 && part.end == text.text().len();
        if is_whole && matches!(file.get(end), Some(b'"' | b'\'')) {
            (start, end) = (start.saturating_sub(1), end + 1);
        }
        self.embed.replace(Span::at(start), quote);
        self.embed.append_part(text, part);
        self.embed.replace(Span::at(end), quote);
    }

    /// As [`CommandLine::option`], where `${…}` in the text stands for what a tool puts there.
    pub(super) fn open_option(&mut self, head: &str, text: &Layer) {
        // All of an argument may be any option, or several.
        let written = text.text();
        let is_all =
            head.is_empty() && written.starts_with("${") && written.find('}') == Some(written.len() - 1);
        if is_all {
            self.embed.replace(text.map(Span::new(0, written.len())), " $args");
            self.end = text.map(Span::at(written.len())).start;
        } else {
            self.part(&format!(" {head}"), text);
        }
    }

    /// Adds `head` and such a text to the last word.
    pub(super) fn part(&mut self, head: &str, text: &Layer) {
        let written = text.text();
        self.embed.replace(text.map(Span::at(0)), head);
        let mut from = 0;
        while let Some((at, length)) = written.get(from..).and_then(|rest| {
            let at = rest.find("${")?;
            Some((from + at, rest.get(at..)?.find('}')? + 1))
        }) {
            if at > from {
                self.quoted(text, Span::new(from, at));
            }
            self.embed.replace(text.map(Span::new(at, at + length)), "\"$value\"");
            from = at + length;
        }
        if from < written.len() || written.is_empty() {
            self.quoted(text, Span::new(from, written.len()));
        }
        self.end = text.map(Span::at(written.len())).start;
    }

    /// The line with the image at its end.
    pub(super) fn image(mut self, image: &str) -> Layer {
        self.embed.replace(Span::at(self.end), &format!(" {image}"));
        self.finish()
    }

    /// The line.
    pub(super) fn finish(self) -> Layer {
        self.embed.finish()
    }
}
