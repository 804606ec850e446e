//! Quadlet: `.container` files, of each of which Podman makes a systemd unit that runs one container.
//!
//! Every key of `[Container]` stands for an option of `podman run` (podman-container.unit(5)), so the container is read as
//! that command line.

use std::sync::Arc;

use super::prose::lines;
use super::read::{begins_line, remarks};
use crate::container::finding::Change;
use crate::container::workload::{Platform, Workload};
use crate::platform::kind::{Context, EVERYWHERE, FileClaim, Kind, Reading, Unit, Writer};
use crate::platform::run::workload::workload;
use crate::platform::run::{Shared, invocations};
use crate::size::Dialect;
use crate::syntax::shell::ShellOptions;
use crate::syntax::words::words;
use crate::text::edits::{Edit, after_spans};
use crate::text::filename::FileName;
use crate::text::layer::{Embed, Encoding, Layer};
use crate::text::place::Place;
use crate::text::scan::{Words, holds};
use crate::text::source::{Source, Span};

/// Units of Podman.
pub static KIND: Kind = Kind {
    name: "Quadlet unit",
    claim: |file| FileClaim::by_name(file.finished().unwrap_or(*file).ends_in(&["container"])),
    words: Words::new(&[EVERYWHERE, &["[Container]"]]),
    relevant: |text, _, _| holds(text, "[Container]"),
    links: None,
    read,
    same_but_for,
    remarks: |source, starts| remarks(source, starts, |_, _| Vec::new(), |at| begins_line(source.text(), at)),
};

/// Keys that matter, and their options of `podman run`.
const OPTIONS: [(&str, &str); 9] = [
    ("AddDevice", "--device"),
    ("Entrypoint", "--entrypoint"),
    ("Environment", "--env"),
    ("Memory", "--memory"),
    ("Mount", "--mount"),
    ("Pod", "--pod"),
    ("ShmSize", "--shm-size"),
    ("Tmpfs", "--tmpfs"),
    ("Volume", "--volume"),
];

/// The key whose value is options as they are.
const ARGUMENTS: &str = "PodmanArgs";

/// `KEY=VALUE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct UnitEntry<'t> {
    section: &'t str,
    key: &'t str,
    /// Without blanks around it.
    value: Span,
    /// From the key to the end of its last line.
    span: Span,
}

/// All keys of a unit. A value goes on behind a `\` at the end of its line; comments may stand in between.
fn entries(text: &str) -> Vec<UnitEntry<'_>> {
    let mut found: Vec<UnitEntry<'_>> = Vec::new();
    let (mut section, mut goes_on) = ("", false);
    for line in lines(text) {
        let written = line.span.of(text);
        if written.trim_start().starts_with(['#', ';']) {
            continue;
        }
        let end = line.span.start + written.trim_end().len();
        match found.last_mut().filter(|_| goes_on) {
            Some(entry) => (entry.value.end, entry.span.end) = (end.max(entry.value.end), line.span.end),
            None => {
                let trimmed = written.trim();
                if let Some(name) = trimmed.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
                    section = name;
                }
                let Some((key, value)) = written.split_once('=') else { continue };
                let start = line.span.end - value.trim_start().len();
                let value = Span::new(start, end.max(start));
                let begin = line.span.start + written.len() - written.trim_start().len();
                found.push(UnitEntry {
                    section,
                    key: key.trim(),
                    value,
                    span: Span::new(begin, line.span.end),
                });
            }
        }
        goes_on = written.ends_with('\\');
    }
    found
}

fn read(unit: &Unit, context: &Context<'_>) -> Reading {
    let mut reading = Reading::default();
    for member in &unit.members {
        let Some(source) = member.read(context.files) else { continue };
        if let Some(workload) = container(&source, context) {
            reading.add(vec![workload], Box::new(UnitWriter { source: Arc::clone(&source) }));
        }
        reading.sources.push(source);
    }
    reading
}

/// The container of a unit; nothing where it names no image.
fn container(source: &Arc<Source>, context: &Context<'_>) -> Option<Workload> {
    let text = source.text();
    let entries: Vec<UnitEntry<'_>> = entries(text);
    let own = || entries.iter().filter(|entry| entry.section == "Container");
    let last = |key| own().rfind(|entry| entry.key == key && !entry.value.is_empty());
    let image = last("Image")?;
    let line = command_line(source, own(), image, last("Exec"));
    let found =
        invocations(&line, ShellOptions::default(), None, &Shared::of(text.len())).into_iter().next()?;
    let mut workload = workload(&found, context.options);
    let name = last("ContainerName").map_or_else(
        || FileName::new(source.path()).name.trim_end_matches(".container"),
        |entry| entry.value.of(text),
    );
    workload.platform = Platform::Quadlet;
    name.clone_into(&mut workload.name);
    workload.place = Place::new(source, Span::new(image.span.start, image.span.start + image.key.len()));
    // Reports show keys as they are written, not the options that they stand for.
    for setting in &mut workload.settings {
        as_written(&entries, &mut setting.place, Some(&mut setting.text));
    }
    for evidence in &mut workload.gpu.evidence {
        as_written(&entries, &mut evidence.place, Some(&mut evidence.text));
    }
    if let Some((_, place)) = &mut workload.memory_limit {
        as_written(&entries, place, None);
    }
    Some(workload)
}

/// Makes the place of an option that of its key and value, and its text that of both.
fn as_written(entries: &[UnitEntry<'_>], place: &mut Place, text: Option<&mut String>) {
    let Some(entry) = entry_at(entries, place.span.start) else { return };
    if entry.key == ARGUMENTS {
        return;
    }
    place.span = Span::new(entry.span.start, entry.value.end);
    if let Some(text) = text {
        *text = place.text().split_whitespace().collect::<Vec<_>>().join(" ");
    }
}

/// The key that stands at a byte.
fn entry_at<'e, 't>(entries: &'e [UnitEntry<'t>], at: usize) -> Option<&'e UnitEntry<'t>> {
    let behind = entries.partition_point(|entry| entry.span.start <= at);
    entries.get(behind.checked_sub(1)?).filter(|entry| at <= entry.span.end)
}

/// `podman run` with the keys as options.
fn command_line<'e>(
    source: &Arc<Source>,
    entries: impl Iterator<Item = &'e UnitEntry<'e>>,
    image: &UnitEntry<'_>,
    program: Option<&UnitEntry<'_>>,
) -> Layer {
    let text = source.text();
    let mut line = Layer::file(Arc::clone(source)).embed(Encoding::ReadOnly);
    line.replace(Span::at(image.span.start), "podman run");
    for entry in entries.filter(|entry| !entry.value.is_empty()) {
        let value = entry.value;
        if entry.key == ARGUMENTS {
            line.replace(Span::at(value.start), " ");
            line.copy(value);
        }
        let Some((_, option)) = OPTIONS.iter().find(|(key, _)| *key == entry.key) else { continue };
        if entry.key == "Environment" {
            // A backslash that continues the line is no word.
            for (word, _) in words(value.of(text)).iter().filter(|(_, word)| !word.trim().is_empty()) {
                line.replace(Span::at(value.start + word.start), &format!(" {option}="));
                line.copy(word.shift(value.start));
            }
            continue;
        }
        // A device behind a dash is left out where it does not exist.
        let dash = entry.key == "AddDevice" && value.of(text).starts_with('-');
        line.replace(Span::at(value.start), &format!(" {option}="));
        quoted(&mut line, text, Span::new(value.start + usize::from(dash), value.end));
    }
    line.replace(Span::at(image.value.start), " ");
    quoted(&mut line, text, image.value);
    if let Some(program) = program {
        line.replace(Span::at(program.value.start), " ");
        line.copy(program.value);
    }
    line.finish()
}

/// Appends a value that is one word to Podman, with quotes where a shell would read it otherwise. Variables, which systemd
/// fills in, stay such.
fn quoted(line: &mut Embed, text: &str, value: Span) {
    let written = value.of(text);
    let special = |c: char| c.is_whitespace() || ";&|<>()'\"#`*?".contains(c);
    let quote = match written.contains('"') {
        _ if !written.contains(special) => "",
        false => "\"",
        true => "'",
    };
    line.replace(Span::at(value.start), quote);
    line.copy(value);
    line.replace(Span::at(value.end), quote);
}

/// Writes keys.
struct UnitWriter {
    source: Arc<Source>,
}

impl Writer for UnitWriter {
    fn write(&self, _: usize, workload: &Workload, change: &Change) -> Vec<Vec<Edit>> {
        let entries = entries(self.source.text());
        let edit = match *change {
            Change::SetSize { bytes, .. } => self.insertion(&entries, workload, bytes),
            Change::ReplaceSize { setting, bytes } => self.size(workload, setting, bytes),
            Change::Remove { setting } => self.removal(&entries, workload, setting),
            Change::ReplaceBySize { setting, bytes } => self.replacement(&entries, workload, setting, bytes),
            _ => None,
        };
        edit.map(|edit| vec![edit]).into_iter().collect()
    }
}

impl UnitWriter {
    /// `ShmSize=` on a line of its own, behind the key that asks for the GPU.
    fn insertion(&self, entries: &[UnitEntry<'_>], workload: &Workload, bytes: u64) -> Option<Edit> {
        let place = workload.gpu.evidence.first().map_or(&workload.place, |evidence| &evidence.place);
        let at = entry_at(entries, place.span.start)?.span.end;
        let text = self.source.text();
        let end = if holds(text, "\r\n") { "\r\n" } else { "\n" };
        Some(Edit::insertion(&self.source, at, format!("{end}ShmSize={}", Dialect::Podman.write(bytes))))
    }

    /// Another size in place of the one that is written.
    fn size(&self, workload: &Workload, setting: usize, bytes: u64) -> Option<Edit> {
        let setting = workload.settings.get(setting)?;
        let place = &setting.place;
        let start =
            place.span.start + place.text().rfind(&setting.value).filter(|_| !setting.value.is_empty())?;
        let span = Span::new(start, start + setting.value.len());
        Some(Edit::replacement(&self.source, span, setting.spell(bytes)?))
    }

    /// A key without its line.
    fn removal(&self, entries: &[UnitEntry<'_>], workload: &Workload, setting: usize) -> Option<Edit> {
        let place = &workload.settings.get(setting)?.place;
        let entry = entry_at(entries, place.span.start).filter(|entry| entry.key != ARGUMENTS)?;
        let rest = self.source.text().get(entry.span.end..)?;
        let line_end = rest.find('\n').map_or(rest.len(), |at| at + 1);
        Some(Edit::deletion(&self.source, Span::new(entry.span.start, entry.span.end + line_end)))
    }

    /// A size in place of a key, or of an option among arguments.
    fn replacement(
        &self,
        entries: &[UnitEntry<'_>],
        workload: &Workload,
        setting: usize,
        bytes: u64,
    ) -> Option<Edit> {
        let place = &workload.settings.get(setting)?.place;
        let entry = entry_at(entries, place.span.start)?;
        let size = Dialect::Podman.write(bytes);
        let whole = entry.key != ARGUMENTS || entry.value == place.span;
        let (span, text) = if whole {
            (Span::new(entry.span.start, entry.value.end), format!("ShmSize={size}"))
        } else {
            (place.span, format!("--shm-size={size}"))
        };
        Some(Edit::replacement(&self.source, span, text))
    }
}

/// Whether all keys that no edit touches have the values that they had, in the same order.
fn same_but_for(before: &Arc<Source>, after: &Arc<Source>, edits: &[Edit]) -> bool {
    let old: Vec<Span> = edits.iter().map(|edit| edit.span).collect();
    untouched(before.text(), &old) == untouched(after.text(), &after_spans(edits))
}

fn untouched<'t>(text: &'t str, edits: &[Span]) -> Vec<[&'t str; 3]> {
    let touched = |entry: &UnitEntry<'_>| {
        edits.iter().any(|edit| edit.start < entry.span.end && entry.span.start < edit.end)
    };
    let rest = entries(text).into_iter().filter(|entry| !touched(entry));
    rest.map(|entry| [entry.section, entry.key, entry.value.of(text)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_on_behind_a_backslash() {
        let text = "[Unit]\nA=1\n[Container]\n# B=2\n Exec = x \\\n# no\n; no\n  y \nC=\n";
        let found: Vec<_> =
            entries(text).iter().map(|entry| (entry.section, entry.key, entry.value.of(text))).collect();
        let exec = "x \\\n# no\n; no\n  y";
        assert_eq!(found, [("Unit", "A", "1"), ("Container", "Exec", exec), ("Container", "C", "")]);
    }

    #[test]
    fn only_what_an_edit_touches_may_differ() {
        let before = Source::new("a.container", b"[Container]\nImage=a\nPodmanArgs=-t\n".to_vec());
        let after = |text: &str| Source::new("a.container", text.into());
        let edits = [Edit::insertion(&before, 19, "\nShmSize=2g")];
        let good = after("[Container]\nImage=a\nShmSize=2g\nPodmanArgs=-t\n");
        assert!(same_but_for(&before, &good, &edits));
        let bad = after("[Container]\nImage=a\nShmSize=2g\nPodmanArgs=-i\n");
        assert!(!same_but_for(&before, &bad, &edits));
    }
}
