//! The files in which command lines stand: each hands the text of its scripts to [`super::run`].

mod ci;
mod devcontainer;
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
mod rst;
mod same;
pub mod shell;
mod units;

pub use ci::KIND as CI;
pub use devcontainer::KIND as DEVCONTAINER;
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
    CommandLines, Givens, Shared, comments as comments_of, invocations,
    workload::{name_of, workload},
};
use crate::container::workload::{Platform, Workload};
use crate::platform::kind::{Context, Kind, Reading, Unit};
use crate::syntax::shell::Options;
use crate::text::layer::{Encoding, Layer};
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
}

impl Script {
    /// A script that gets no variables from its host.
    pub(super) fn new(layer: Layer, options: Options) -> Self {
        Self { layer, options, given: None, container: None, is_spare: false, inner: None }
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

/// The command line that starts a container of which a host names the options and the image apart: `docker run OPTIONS
/// IMAGE`, in which only the options stand in the file, at byte `at`.
pub(super) fn line(file: &Layer, options: Option<&Layer>, at: usize, image: &str) -> Layer {
    let encoding = options.map_or(Encoding::ReadOnly, |options| options.encoding().clone());
    let mut embed = file.embed(encoding);
    embed.replace(Span::at(at), "docker run ");
    let mut end = at;
    if let Some(options) = options {
        embed.append_line(options);
        end = options.map(Span::at(options.text().trim_end().len())).start;
    }
    embed.replace(Span::at(end), &format!(" {image}"));
    embed.finish()
}
