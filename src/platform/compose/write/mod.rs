//! From a wanted change to edits in the manner of the file.

mod proof;
mod spots;

use std::sync::Arc;

use super::layers::FileStore;
use super::lower::Origin;
use super::tree::ServiceKey;
use crate::container::finding::Change;
use crate::container::mount;
use crate::container::workload::{Setting, Workload};
use crate::platform::kind::Writer;
use crate::size::Dialect;
use crate::syntax::yaml::{Editor, EntryPosition, Insertion, NewValue, Node, ScalarStyle, Yaml};
use crate::text::edits::Edit;
use crate::text::source::{Source, Span};

pub(super) use proof::same_but_for;
use spots::InsertionSpot;
pub(super) use spots::Sited;

/// How long a chain of joined services may be.
const MAX_JOINS: usize = 16;

/// Writes changes into the files of one unit.
pub(super) struct ComposeWriter {
    files: Vec<(Arc<Source>, Arc<Yaml>)>,
    sited: Vec<Sited>,
}

impl Writer for ComposeWriter {
    fn write(&self, index: usize, workload: &Workload, change: &Change) -> Vec<Vec<Edit>> {
        let Some(own) = self.sited.get(index) else { return Vec::new() };
        let setting = |setting: usize| {
            let origin = own.origins.get(setting).copied().flatten()?;
            Some((workload.settings.get(setting)?, origin))
        };
        let one = |edit: Option<Edit>| edit.map(|edit| vec![vec![edit]]).unwrap_or_default();
        match *change {
            Change::SetSize { bytes, ref spelling } => {
                let spelling = spelling.as_deref();
                self.owner(index).map(|owner| self.set_size(owner, bytes, spelling)).unwrap_or_default()
            }
            Change::ReplaceSize { setting: at, bytes } => {
                one(setting(at).and_then(|(setting, origin)| self.spell(setting, origin, bytes)))
            }
            Change::Remove { setting: at } => one(setting(at).and_then(|(_, origin)| self.remove(origin))),
            Change::Limit { setting: at, bytes } => {
                one(setting(at).and_then(|(_, origin)| self.limit(origin, bytes)))
            }
            Change::ReplaceBySize { setting: at, bytes } => setting(at)
                .and_then(|(_, origin)| self.remove(origin))
                .map(|gone| self.replace(own, &gone, bytes))
                .unwrap_or_default(),
            Change::MoveFlag { setting: at } => one(setting(at).and_then(|(_, origin)| self.rename(origin))),
            Change::AskForGpus => one(self.ask_for_gpus(own, workload)),
            Change::MountVolume { .. } | Change::SetMedium { .. } => Vec::new(),
        }
    }
}

/// Whether a file has sizes of services, and all of them without quotes.
fn writes_plain(yaml: &Yaml, text: &str) -> bool {
    let services = yaml.roots(text).filter_map(|root| root.get("services")).flat_map(Node::entries);
    let mut sizes = services.filter_map(|service| service.value.get(ServiceKey::ShmSize.name())).peekable();
    sizes.peek().is_some() && sizes.all(|size| size.style() == Some(ScalarStyle::Plain))
}

impl ComposeWriter {
    /// A writer for workloads in the order of `sited`.
    pub(super) fn new(store: &FileStore, sited: Vec<Sited>) -> Self {
        let files = store.files.iter().map(|file| (Arc::clone(&file.source), Arc::clone(&file.yaml)));
        Self { files: files.collect(), sited }
    }

    /// Whose `/dev/shm` the workload has: its own, or that of the one it joins.
    fn owner(&self, index: usize) -> Option<&Sited> {
        let mut sited = self.sited.get(index)?;
        for _ in 0..MAX_JOINS {
            match sited.joins {
                Some(owner) => sited = self.sited.get(owner)?,
                None => return Some(sited),
            }
        }
        None
    }

    /// A size of its own, at each place where it could stand.
    fn set_size(&self, sited: &Sited, bytes: u64, spelling: Option<&str>) -> Vec<Vec<Edit>> {
        if sited.swarm {
            return self.tmpfs_volume(sited, bytes).map(|edit| vec![vec![edit]]).unwrap_or_default();
        }
        let edits = sited.spots.iter().filter_map(|spot| Some(vec![self.size_key(*spot, bytes, spelling)?]));
        edits.collect()
    }

    /// `shm_size: "2gb"`.
    fn size_key(&self, spot: InsertionSpot, bytes: u64, spelling: Option<&str>) -> Option<Edit> {
        let (source, yaml) = self.files.get(spot.file)?;
        let mapping = yaml.node(source.text(), spot.mapping);
        let editor = Editor::new(yaml, source.text());
        let size = Dialect::Compose.spell(bytes, spelling);
        let value =
            if writes_plain(yaml, source.text()) { NewValue::plain(size) } else { NewValue::quoted(size) };
        let insertion = match mapping.entry(ServiceKey::ShmSize.name()) {
            None => editor.insert(mapping, spot.place(), ServiceKey::ShmSize.name(), &value),
            Some(entry) => editor.fill(mapping, entry, &value),
        };
        Some(insert(source, insertion?))
    }

    /// A memory volume on `/dev/shm`, which Swarm knows: in the list that the service has, else in one of its own.
    fn tmpfs_volume(&self, sited: &Sited, bytes: u64) -> Option<Edit> {
        let spot = sited.spots.iter().find(|spot| spot.own)?;
        let (source, yaml) = self.files.get(spot.file)?;
        let editor = Editor::new(yaml, source.text());
        let volume = NewValue::mapping([
            ("type", NewValue::plain("tmpfs")),
            ("target", NewValue::plain("/dev/shm")),
            ("tmpfs", NewValue::mapping([("size", NewValue::Bare(bytes.to_string().into()))])),
        ]);
        let insertion = if let Some(list) = spot.volumes {
            editor.append(yaml.node(source.text(), list), &volume)
        } else {
            let mapping = yaml.node(source.text(), spot.mapping);
            editor.insert(
                mapping,
                spot.place(),
                ServiceKey::Volumes.name(),
                &NewValue::Sequence(vec![volume]),
            )
        };
        Some(insert(source, insertion?))
    }

    /// `all` in place of a value of `gpus` that Compose refuses.
    fn ask_for_gpus(&self, sited: &Sited, workload: &Workload) -> Option<Edit> {
        let place = &workload.gpu.refused.as_ref()?.evidence.place;
        let (source, yaml) = self.files.iter().find(|(source, _)| source.path() == place.path())?;
        let is_edited = |spot: &InsertionSpot| {
            self.files.get(spot.file).is_some_and(|(other, _)| other.path() == place.path())
        };
        sited.spots.iter().find(|spot| is_edited(spot))?;
        let value = yaml.node(source.text(), yaml.leaf_at(place.span.end.checked_sub(1)?)?);
        Some(Edit::replacement(source, value.span(), "all"))
    }

    /// A misspelt key as Compose knows it, with its value.
    fn rename(&self, origin: Origin) -> Option<Edit> {
        let (source, yaml) = self.editable(origin)?;
        let key = yaml.node(source.text(), origin.slot.at.key);
        Some(Edit::replacement(source, key.inner_span()?, ServiceKey::ShmSize.name()))
    }

    /// The size in another spelling.
    fn spell(&self, setting: &Setting, origin: Origin, bytes: u64) -> Option<Edit> {
        let (source, _) = self.editable(origin)?;
        Some(Edit::replacement(source, origin.size?, setting.spell(bytes)?))
    }

    /// Without the setting: its key with its value, also where it is the only item of a list.
    fn remove(&self, origin: Origin) -> Option<Edit> {
        let (source, yaml) = self.editable(origin)?;
        let node = |id| yaml.node(source.text(), id);
        let value: Node<'_> = node(origin.slot.at.value);
        if origin.item.is_some() && (value.is_alias() || value.items().count() > 1) {
            return None;
        }
        let span =
            Editor::new(yaml, source.text()).remove(node(origin.slot.at.holder), origin.slot.at.key)?;
        Some(Edit::deletion(source, span))
    }

    /// A size of its own in place of what goes: at each place that is not part of what goes; last the removal alone, for
    /// where a size stands there already.
    fn replace(&self, sited: &Sited, gone: &Edit, bytes: u64) -> Vec<Vec<Edit>> {
        let apart = |new: &Edit| {
            let same_file = new.source.path() == gone.source.path();
            !same_file || new.span.end <= gone.span.start || gone.span.end <= new.span.start
        };
        let spots =
            sited.spots.iter().flat_map(|spot| [Some(*spot), spot.elsewhere(gone, &self.files)]).flatten();
        let sizes = spots.filter_map(|spot| self.size_key(spot, bytes, None)).filter(apart);
        let mut out: Vec<Vec<Edit>> = sizes.map(|size| vec![gone.clone(), size]).collect();
        out.push(vec![gone.clone()]);
        out
    }

    /// A bound for a memory mount that has none.
    fn limit(&self, origin: Origin, bytes: u64) -> Option<Edit> {
        let (source, yaml) = self.editable(origin)?;
        let text = source.text();
        let item = yaml.node(text, origin.item?);
        if !item.is_mapping() {
            let path = item.inner_span()?;
            let path_text = path.of(text);
            let (before, size) = (mount::before_option(path_text), Dialect::TmpfsOption.write(bytes));
            return Some(Edit::replacement(source, path, format!("{path_text}{before}size={size}")));
        }
        let editor = Editor::new(yaml, text);
        let size = NewValue::Bare(bytes.to_string().into());
        let insertion = match item.get("tmpfs") {
            Some(options) => editor.insert(options, EntryPosition::Last, "size", &size),
            None => editor.insert(item, EntryPosition::Last, "tmpfs", &NewValue::mapping([("size", size)])),
        };
        Some(insert(source, insertion?))
    }

    /// The file of a setting, if it may be edited.
    fn editable(&self, origin: Origin) -> Option<&(Arc<Source>, Arc<Yaml>)> {
        self.files.get(origin.slot.file).filter(|_| origin.editable)
    }
}

fn insert(source: &Arc<Source>, insertion: Insertion) -> Edit {
    Edit::insertion(source, insertion.at, insertion.text)
}

/// What an edit covers or, for an insertion, the place.
fn touches(edit: &Edit, span: Span) -> bool {
    edit.span.start < span.end && span.start < edit.span.end
}
