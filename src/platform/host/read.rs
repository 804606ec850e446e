//! Files of scripts as a kind of file: each hands the text of its scripts to [`crate::platform::run`].

use std::collections::BTreeSet;
use std::sync::Arc;

use super::keyed::KeyWriter;
use super::same::same_but_for;
use super::script::HostScript;
use super::sourced::{self, ReadIn, Spliced};
use super::{inner, later, remarked};
use crate::platform::kind::{Context, EVERYWHERE, FileClaim, Kind, Reading, Unit, Writer};
use crate::platform::remarks::{Remark, Remarks, in_template, lies_in};
use crate::platform::run::workload::{name_of, workload};
use crate::platform::run::{
    CommandLines, ENGINES, Shared, comments as comments_of, invocations, starts_containers,
};
use crate::text::filename::FileName;
use crate::text::layer::Layer;
use crate::text::scan::Words;
use crate::text::source::{Source, Span};

/// A kind of file in which scripts stand.
pub(super) trait Host {
    /// A word for it, as messages say it.
    const NAME: &'static str;

    /// Words without one of which no text of it is relevant.
    const WORDS: &'static [&'static [&'static str]] = &[EVERYWHERE, ENGINES];

    /// What a file's name tells.
    fn claim(file: &FileName<'_>) -> FileClaim;

    /// Whether a text is worth parsing.
    fn relevant(text: &str, _: FileClaim, every_container: bool) -> bool {
        starts_containers(text, every_container)
    }

    /// The scripts in a file: its path and its text.
    fn scripts(path: &str, file: &Layer) -> Vec<HostScript>;

    /// The lines of a file by which others are read in before it is looked at.
    fn includes(_: &str) -> Vec<ReadIn> {
        Vec::new()
    }

    /// What stands at places of a file that look like the beginnings of comments.
    fn remarks(source: &Arc<Source>, starts: &[usize]) -> Remarks {
        remarks(source, starts, Self::scripts, |_| false)
    }
}

/// The kind that a host is.
pub(super) const fn kind<H: Host>() -> Kind {
    Kind {
        name: H::NAME,
        claim: H::claim,
        words: Words::new(H::WORDS),
        relevant: H::relevant,
        links: None,
        read: |unit, context| read(unit, context, H::scripts, H::includes),
        same_but_for: |before, after, edits| same_but_for(before, after, edits, H::scripts),
        remarks: H::remarks,
    }
}

/// Reads the scripts of each file of a unit. `scripts` finds them in a file: its path and its text; `includes` the lines by
/// which it reads in others.
fn read(
    unit: &Unit,
    context: &Context<'_>,
    scripts: fn(&str, &Layer) -> Vec<HostScript>,
    includes: fn(&str) -> Vec<ReadIn>,
) -> Reading {
    let mut reading = Reading::default();
    for member in &unit.members {
        let Some(source) = member.read(context.files) else { continue };
        let mut file = Layer::file(Arc::clone(&source));
        let mut met = FileState::of(&file);
        let how = sourced::Inclusion { find: &includes, around: ("", "") };
        if let Some(spliced) = sourced::splice(&file, context.files, how) {
            file = met.reads_in(spliced);
        }
        let mut scripts = scripts(&member.path, &file);
        for script in scripts.iter_mut().filter(|script| script.inner.is_none()) {
            if let Some(spliced) = sourced::in_shell(&script.layer, script.options, context.files) {
                script.layer = met.reads_in(spliced);
            }
        }
        let before = reading.workloads.len();
        for at in 0..scripts.len() {
            run(&scripts, at, context, &mut reading, &mut met);
        }
        // Who else sees its variables is asked when one of them is edited.
        let is_asked = reading.workloads.len() > before;
        for reader in is_asked.then(|| sourced::readers(&source, context.files)).into_iter().flatten() {
            met.shared.reads_in(&[], reader.text());
        }
        reading.sources.push(source);
    }
    reading
}

/// The comments in the scripts of a file, as spans of the file in order.
pub(super) fn comments(source: &Arc<Source>, scripts: fn(&str, &Layer) -> Vec<HostScript>) -> Vec<Span> {
    let file = Layer::file(Arc::clone(source));
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
    source: &Arc<Source>,
    starts: &[usize],
    scripts: fn(&str, &Layer) -> Vec<HostScript>,
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
        let mut met = FileState::of(&file);
        let scripts = remarked::scripts(&file, false);
        for at in 0..scripts.len() {
            run(&scripts, at, context, reading, &mut met);
        }
    }
}

/// What the scripts of one file share.
pub(super) struct FileState {
    /// The places of the command lines that were met.
    lines: BTreeSet<Span>,
    shared: Shared,
}

impl FileState {
    /// That of a file of which no script was read yet.
    pub(super) fn of(file: &Layer) -> Self {
        Self { lines: BTreeSet::new(), shared: Shared::of(file.text().len()) }
    }

    /// Remembers what was put in place of commands that read in other files.
    fn reads_in(&mut self, spliced: Spliced) -> Layer {
        self.shared.reads_in(&spliced.places, &spliced.texts);
        spliced.layer
    }
}

/// Adds what one of the scripts of a file starts. A command line that several of them lead to counts once.
pub(super) fn run(
    scripts: &[HostScript],
    at: usize,
    context: &Context<'_>,
    reading: &mut Reading,
    met: &mut FileState,
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
    let writer: Box<dyn Writer> = match script.container.as_ref().and_then(|container| container.keys) {
        Some(keys) => Box::new(KeyWriter { source: Arc::clone(script.layer.source()), keys }),
        None => Box::new(CommandLines::new(found, script.options, &met.shared)),
    };
    reading.add(workloads, writer);
}
