//! Texts of another kind in a file of commands: a Compose file or a manifest in a block of a document, in a here-document.
//!
//! Such a text is read as the file that it would be, and what comes of it is put where it stands.

use std::sync::Arc;

use super::devcontainer;
use super::script::HostScript;
use crate::container::finding::Change;
use crate::container::workload::Workload;
use crate::platform::compose::COMPOSE;
use crate::platform::kind::{Context, FileClaim, Kind, Reading, Unit, Writer};
use crate::platform::kubernetes;
use crate::syntax::shell::{self, ShellOptions};
use crate::text::edits::{Edit, between};
use crate::text::layer::{Encoding, Layer};
use crate::text::scan::Words;
use crate::text::source::{Source, Span};

/// Words without one of which no such text stands in a file.
pub(super) const WORDS: &[&str] = &["apiVersion", "services:", "runArgs"];

/// Whether a file may hold such a text.
pub(super) fn may_hold(text: &str, every_container: bool) -> bool {
    static ANY: Words = Words::new(&[WORDS]);
    ANY.stand_in(text)
        && ((text.contains("services:") && (COMPOSE.relevant)(text, FileClaim::ByName, every_container))
            || (kubernetes::KIND.relevant)(text, FileClaim::ByContent, every_container)
            || crate::container::accelerator::stands_in(text)
            || text.contains("shm"))
}

/// What a text is, by its shape; nothing where it is neither.
pub(super) fn kind(text: &str, every_container: bool) -> Option<&'static Kind> {
    let mut lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let is_key = |line: &str| line.split_once(':').is_some_and(|(key, _)| key.bytes().all(is_of_key));
    let first = lines.find(|line| *line != "---")?;
    if !is_key(first) && !first.starts_with('{') {
        return None;
    }
    let has = |key: &str| text.lines().any(|line| line.starts_with(key));
    let manifest =
        (has("apiVersion:") && has("kind:")) || (first.starts_with('{') && text.contains("\"apiVersion\""));
    let kind = match () {
        () if manifest => &kubernetes::KIND,
        () if first.starts_with('{') => &devcontainer::KIND,
        () => &COMPOSE,
    };
    (kind.relevant)(text, FileClaim::ByContent, every_container).then_some(kind)
}

fn is_of_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/')
}

/// The texts in the here-documents of a script.
pub(super) fn fed(script: &HostScript) -> Vec<Layer> {
    let text = script.layer.text();
    static ANY: Words = Words::new(&[WORDS]);
    if script.inner.is_some() || !text.contains("<<") || !ANY.stand_in(text) {
        return Vec::new();
    }
    let read = shell::Script::read(text, script.options);
    let layers = read.here_documents.iter().map(|body| {
        let encoding = if body.literal { Encoding::Verbatim } else { Encoding::HereDocument };
        let part = script.layer.part(body.body, encoding);
        if body.strips_tabs && part.text().starts_with('\t') {
            return dedented(&part).map_or(part, |script| script.layer);
        }
        part
    });
    layers.collect()
}

/// A text without the blanks or tabs that begin each of its lines, as a text of another kind.
pub(super) fn dedented(layer: &Layer) -> Option<HostScript> {
    let text = layer.text();
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    let prefix = first.get(..first.len() - first.trim_start().len())?;
    if prefix.is_empty() {
        return Some(HostScript {
            inner: kind(text, true),
            ..HostScript::new(layer.clone(), ShellOptions::default())
        })
        .filter(|script| script.inner.is_some());
    }
    let mut embed = layer.embed(Encoding::Indented(prefix.to_owned()));
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let indent = line.bytes().zip(prefix.bytes()).take_while(|(one, other)| one == other).count();
        embed.copy(Span::new(at + indent, at + line.len()));
        at += line.len();
    }
    let layer = embed.finish();
    let inner = kind(layer.text(), true)?;
    Some(HostScript { inner: Some(inner), ..HostScript::new(layer, ShellOptions::default()) })
}

/// Adds what a text starts, if it is one.
pub(super) fn read(layer: &Layer, context: &Context<'_>, reading: &mut Reading) {
    let Some(kind) = kind(layer.text(), context.every_container) else { return };
    let path = layer.source().path();
    let source = Source::new(path, layer.text().as_bytes().to_vec());
    let unit = Unit::lone(kind, path, FileClaim::ByContent, Some(Arc::clone(&source)));
    let inner = (kind.read)(&unit, context);
    let offset = reading.workloads.len();
    let mut workloads = inner.workloads.clone();
    for workload in &mut workloads {
        for place in workload.places_mut().filter(|place| Arc::ptr_eq(&place.source, &source)) {
            *place = layer.place(place.span);
        }
        workload.same_as = workload.same_as.map(|index| index + offset);
        workload.joins = workload.joins.map(|index| index + offset);
    }
    if !workloads.is_empty() {
        reading.add(workloads, Box::new(Outer { inner, layer: layer.clone() }));
    }
}

/// Writes what the text's own kind writes into the file around it.
struct Outer {
    inner: Reading,
    layer: Layer,
}

impl Writer for Outer {
    fn write(&self, index: usize, workload: &Workload, change: &Change) -> Vec<Vec<Edit>> {
        self.write_all(&mut [(index, workload, change.clone())]).pop().unwrap_or_default()
    }

    fn write_all(&self, wanted: &mut [(usize, &Workload, Change)]) -> Vec<Vec<Vec<Edit>>> {
        let mut asked: Vec<(usize, Change)> =
            wanted.iter().map(|(index, _, change)| (*index, change.clone())).collect();
        let written = self.inner.write_all(&mut asked);
        for ((_, _, change), (_, agreed)) in wanted.iter_mut().zip(asked) {
            *change = agreed;
        }
        let outside =
            |edits: Vec<Edit>| edits.iter().map(|edit| self.layer.edit(edit.span, &edit.text)).collect();
        written.into_iter().map(|ways| ways.into_iter().filter_map(outside).collect()).collect()
    }
}

/// Whether the texts of other kinds in a file mean the same before and after, but for lines that came.
pub(super) fn same(before: &[Layer], after: &[Layer]) -> bool {
    let same = |(old, new): (&Layer, &Layer)| {
        if old.text() == new.text() {
            return true;
        }
        let Some(kind) = kind(old.text(), true) else { return false };
        let source = |layer: &Layer| Source::new(layer.source().path(), layer.text().as_bytes().to_vec());
        let (old, new) = (source(old), source(new));
        let edits = between(&old, new.text());
        (kind.same_but_for)(&old, &new, &edits)
    };
    before.len() == after.len() && before.iter().zip(after).all(same)
}
