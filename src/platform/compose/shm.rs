//! Every place of a service that speaks of its `/dev/shm`: sizes, ipc, and what is mounted there.

use super::file::is_null;
use super::interpolate::{Filled, HOLE, default_of};
use super::layers::{Layer, Slot};
use super::resolve::{Item, Resolver, unique};
use super::tree::Key;
use super::volume::{Volume, short};
use crate::container::mount;
use crate::container::workload::{Effect, Ipc, Mounted, Says, Setting, Target};
use crate::size::{self, Dialect, Size};
use crate::syntax::yaml::{Node, NodeId, Style};
use crate::text::place::Place;
use crate::text::scan::Word;
use crate::text::source::Span;

/// What every path has that matters here.
const DEV: Word = Word::new("dev");

/// Compose's words for a size that is a list, a mapping or nothing.
const WRONG_TYPE: &str = "must be a number or string";

/// A setting, and what an edit of it needs to know.
pub(super) struct Written {
    pub(super) setting: Setting,
    pub(super) origin: Origin,
}

/// Where a setting stands in its file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    /// The key that holds it.
    pub(super) slot: Slot,
    /// The list item, if it is one.
    pub(super) item: Option<NodeId>,
    /// The text of its size, if it has one.
    pub(super) size: Option<Span>,
    /// Whether its file may be edited.
    pub(super) editable: bool,
}

/// Looks through a service. `owner` resolves the service that an `ipc: service:…` names.
pub(super) fn find(resolver: &Resolver<'_>, layers: &[Layer], owner: &dyn Fn(&str) -> Ipc) -> Vec<Written> {
    let mut search = Search { resolver, out: Vec::new() };
    let sizes = resolver.slots(layers, Key::ShmSize);
    search.refused_below(layers, &sizes);
    search.size(&sizes, Says::Size);
    let build = resolver.children(&resolver.slots(layers, Key::Build), "shm_size");
    search.size(&build, Says::BuildSize);
    search.ipc(&resolver.slots(layers, Key::Ipc), owner);
    search.volumes(&resolver.slots(layers, Key::Volumes), layers);
    search.tmpfs(&resolver.slots(layers, Key::Tmpfs));
    search.out
}

struct Search<'r, 'a> {
    resolver: &'r Resolver<'a>,
    out: Vec<Written>,
}

impl<'a> Search<'_, 'a> {
    fn origin(&self, slot: Slot, item: Option<NodeId>) -> Origin {
        let editable = self.resolver.store.files.get(slot.file).is_some_and(|file| file.editable);
        Origin { slot, item, size: None, editable }
    }

    fn push(&mut self, says: Says, value: &str, evidence: Option<(String, Place)>, origin: Origin) {
        let Some((text, place)) = evidence else { return };
        let setting = Setting { says, text, value: value.to_owned(), place, effect: Effect::Effective };
        self.out.push(Written { setting, origin });
    }

    /// `shm_size`, of the container or of the build.
    fn size(&mut self, slots: &[Slot], says: fn(Dialect, Size) -> Says) {
        let Some((slot, node)) = self.resolver.strongest(slots) else { return };
        let entry = self.resolver.entry(slot);
        let origin = self.origin(slot, None);
        let refused = || Size::Refused(WRONG_TYPE.into());
        let Some(filled) = self.resolver.fill(slot, node).filter(|_| !is_null(node)) else {
            return self.push(says(Dialect::Compose, refused()), "", entry, origin);
        };
        if let Some(variable) = &filled.unset
            && !filled.malformed
        {
            return self.push(unread(variable), "", entry, origin);
        }
        let size = if filled.malformed { malformed(node) } else { read(node, &filled) };
        let size = if size == Size::Null { refused() } else { size };
        let (value, span) = literal(node, &filled);
        self.push(says(Dialect::Compose, size), value, entry, Origin { size: span, ..origin });
    }

    /// What Compose refuses before it lays anything over it.
    fn refused_below(&mut self, layers: &[Layer], sizes: &[Slot]) {
        let strongest = self.resolver.strongest(sizes).map(|(_, node)| node);
        let mut bottom = true;
        for layer in layers {
            let Some(at) = layer.table.get(Key::ShmSize) else { continue };
            let slot = Slot { file: layer.file, env: layer.env, at, root: at };
            let reset = self.resolver.store.node(slot.file, at.value).and_then(Node::tag) == Some("!reset");
            if let Some(value) = self.resolver.value(slot).filter(|value| !reset && Some(*value) != strongest)
                && let Some(refused) = self.refused_itself(slot, value, layer.extended, bottom)
            {
                let (entry, origin) = (self.resolver.entry(slot), self.origin(slot, None));
                self.push(Says::Size(Dialect::Compose, refused), "", entry, origin);
            }
            bottom = false;
        }
    }

    /// Why a size is refused whatever is laid over it. Variables are filled in file by file; the schema is asked after each
    /// file of the project, but not of a file that is only extended; units are read at the end (compose-go
    /// `loader/loader.go`, `loader/extends.go`).
    fn refused_itself(&self, slot: Slot, value: Node<'a>, extended: bool, bottom: bool) -> Option<Size> {
        let wrong_type = || Some(Size::Refused(WRONG_TYPE.into()));
        if value.is_mapping() || value.is_sequence() {
            return wrong_type();
        }
        let filled = self.resolver.fill(slot, value)?;
        if filled.malformed {
            return Some(malformed(value));
        }
        match read(value, &filled) {
            _ if extended => None,
            Size::Null if bottom => wrong_type(),
            size @ Size::Refused(_) if size != Dialect::Compose.read(&filled.text) => Some(size),
            _ => None,
        }
    }

    fn ipc(&mut self, slots: &[Slot], owner: &dyn Fn(&str) -> Ipc) {
        let Some((slot, node, filled)) = self.resolver.scalar(slots) else { return };
        let ipc = match (filled.known(), &filled.unset) {
            (Some("host"), _) => Ipc::Host,
            (Some("none"), _) => Ipc::None,
            (Some(word), _) => match word.split_once(':') {
                Some(("service", name)) => owner(name),
                Some(("container", name)) => Ipc::Of { name: name.to_owned(), shm: None },
                // What the engine does not know it refuses when it starts; it gives nobody else's.
                _ => Ipc::Own,
            },
            (None, Some(variable)) => Ipc::Unknown(why_unset(variable)),
            (None, None) => return,
        };
        let entry = self.resolver.entry(slot);
        let (value, origin) = (node.str().unwrap_or_default(), self.origin(slot, None));
        self.push(Says::Ipc(ipc), value, entry, origin);
    }

    /// `tmpfs`: a path, and mount options behind a colon.
    fn tmpfs(&mut self, slots: &[Slot]) {
        let before_equals = |item: &Item<'a>| {
            let text = self.resolver.text(item)?.text;
            Some(text.split('=').next().unwrap_or_default().to_owned())
        };
        for item in unique(self.resolver.items(slots).collect(), before_equals) {
            let Some(filled) = self.resolver.text(&item) else { continue };
            let evidence = || self.resolver.item_place(&item);
            let origin = self.origin(item.slot, Some(item.written));
            let (path, options) = filled.text.split_once(':').unwrap_or((&filled.text, ""));
            if path.len() == HOLE.len_utf8() && path.starts_with(HOLE) {
                let variable = filled.unset.as_deref().unwrap_or_default();
                self.push(unread(variable), "", evidence(), origin);
                continue;
            }
            let Some(target) = target(path).filter(|target| *target != Target::Dev) else { continue };
            let option = |name| {
                options.split(',').rev().find_map(|option| option.strip_prefix(name)?.strip_prefix('='))
            };
            let size = option("size").filter(|size| !size.contains(HOLE));
            let read = size.map(|size| Dialect::TmpfsOption.read(size));
            let what = Mounted::Memory(read.as_ref().and_then(Size::bytes));
            let read_only = options.split(',').any(|option| option == "ro");
            self.push(Says::Mount { target, what, read_only }, "", evidence().clone(), origin);
            if let Some((size, read)) = size.zip(read) {
                let span = within(item.node, size);
                self.push(
                    Says::MountSize(Dialect::TmpfsOption, read),
                    size,
                    evidence(),
                    Origin { size: span, ..origin },
                );
            }
        }
    }

    fn volumes(&mut self, slots: &[Slot], layers: &[Layer]) {
        let items = self.resolver.items(slots);
        let items = items.filter(|item| item.node.str().is_none_or(may_be_below_dev)).collect();
        let cleaned = |item: &Item<'a>| Some(clean(&self.volume(item)?.target));
        for item in unique(items, cleaned) {
            let Some(volume) = self.volume(&item) else { continue };
            let evidence = || self.resolver.item_place(&item);
            let origin = self.origin(item.slot, Some(item.written));
            if volume.source.is_empty()
                && volume.target.len() == HOLE.len_utf8()
                && volume.target.starts_with(HOLE)
            {
                let variable = self.resolver.text(&item).and_then(|text| text.unset).unwrap_or_default();
                self.push(unread(&variable), "", evidence(), origin);
                continue;
            }
            let Some(target) = target(&volume.target) else { continue };
            let size = self.tmpfs_size(&item);
            let bytes = size.as_ref().and_then(|(_, _, size)| size.bytes());
            let what = match volume.kind.as_deref() {
                Some("tmpfs") => Mounted::Memory(bytes),
                Some("bind") | None => self.source(&volume, target, layers),
                Some("volume") => self.named(&volume.source, layers),
                Some(_) => Mounted::Disk("a volume".into()),
            };
            if target == Target::Dev && what != Mounted::Host {
                continue;
            }
            let read_only = volume.read_only;
            self.push(Says::Mount { target, what, read_only }, "", evidence().clone(), origin);
            if let Some((node, filled, size)) = size.filter(|_| volume.kind.as_deref() == Some("tmpfs")) {
                let (value, span) = literal(node, &filled);
                let origin = Origin { size: span, ..origin };
                self.push(Says::MountSize(Dialect::Compose, size), value, evidence(), origin);
            }
        }
    }

    /// `tmpfs.size` of a long volume.
    fn tmpfs_size(&self, item: &Item<'a>) -> Option<(Node<'a>, Filled<'a>, Size)> {
        let (slot, _) = self.resolver.of_item(item, "tmpfs")?;
        let (_, node, filled) = self.resolver.scalar(&self.resolver.children(&[slot], "size"))?;
        filled.known()?;
        let size = read(node, &filled);
        Some((node, filled, size))
    }

    /// What a short volume, or a bind, puts on its target.
    fn source(&self, volume: &Volume, to: Target, layers: &[Layer]) -> Mounted {
        match volume.source.as_str() {
            open if open.contains(HOLE) => {
                Mounted::Unknown("its source depends on a variable that is not set".into())
            }
            "" => Mounted::Disk("an anonymous volume".into()),
            path if path.starts_with('/') => mount::bound(path, to),
            path if path.starts_with(['.', '~']) || volume.kind.is_some() => {
                Mounted::Disk("a folder of the host".into())
            }
            name => self.named(name, layers),
        }
    }

    /// A named volume: a directory on disk, unless its driver's options make it a tmpfs.
    fn named(&self, name: &str, layers: &[Layer]) -> Mounted {
        let files =
            layers.iter().rev().filter_map(|layer| Some((layer, self.resolver.store.files.get(layer.file)?)));
        for (layer, file) in files {
            let Some(volumes) = file.top("volumes", self.resolver.fuel) else { continue };
            let volume = super::tree::find(volumes.value.resolve(), name, self.resolver.fuel);
            let options = volume.and_then(|volume| {
                super::tree::find(volume.value.resolve(), "driver_opts", self.resolver.fuel)
            });
            let Some(options) = options.map(|options| options.value.resolve()) else { continue };
            let get = |key| {
                let found = super::tree::find(options, key, self.resolver.fuel)?;
                self.resolver
                    .store
                    .fill(layer.env, found.value.resolve())
                    .map(|filled| filled.text.into_owned())
            };
            if get("type").as_deref() == Some("tmpfs") {
                let size = get("o").and_then(|o| {
                    o.split(',')
                        .find_map(|option| Dialect::TmpfsOption.read(option.strip_prefix("size=")?).bytes())
                });
                return Mounted::Memory(size);
            }
        }
        Mounted::Disk("a named volume".into())
    }

    /// The parts of a volume, short or long.
    fn volume(&self, item: &Item<'a>) -> Option<Volume> {
        if item.node.is_mapping() {
            let text = |key| self.resolver.text_of(item, key).map(|text| text.text.into_owned());
            return Some(Volume {
                kind: Some(text("type").unwrap_or_else(|| "volume".into())),
                source: text("source").unwrap_or_default(),
                target: text("target")?,
                read_only: text("read_only").as_deref() == Some("true"),
            });
        }
        short(&self.resolver.text(item)?.text)
    }
}

/// Where a mount on this path goes, as far as it matters.
fn target(path: &str) -> Option<Target> {
    // Most mounts are elsewhere, which needs no cleaning to see.
    DEV.find(path)?;
    mount::target(path)
}

/// Whether a short volume may go where it matters: most go elsewhere, which needs no reading to see.
fn may_be_below_dev(text: &str) -> bool {
    DEV.stands_in(text) || text.contains('$')
}

/// A path without a trailing slash and without `.` in it.
fn clean(path: &str) -> String {
    if path.starts_with('/') { crate::text::paths::join("", path) } else { path.to_owned() }
}

/// What Compose makes of a scalar of which all is known.
fn read(node: Node<'_>, filled: &Filled<'_>) -> Size {
    let untouched = node.str() == Some(filled.text.as_ref());
    let plain = node.style() == Some(Style::Plain) && untouched;
    if node.is_tagged("binary") {
        return Dialect::Compose.read(&base64(&filled.text).unwrap_or_default());
    }
    let style = if plain { size::Style::Plain } else { size::Style::Quoted };
    size::compose(&filled.text, style, node.tag().filter(|_| untouched))
}

fn malformed(node: Node<'_>) -> Size {
    Size::Refused(format!("invalid interpolation format: {}", node.str().unwrap_or_default()))
}

/// The part of a value that is the size, and where it can be written anew: the default, where the value is a variable that
/// falls back to it; nowhere, where a variable gives it.
fn literal<'a>(node: Node<'a>, filled: &Filled<'_>) -> (&'a str, Option<Span>) {
    let text = node.str().unwrap_or_default();
    if let (Some(range), Some(inner)) = (default_of(text), node.inner_span())
        && text.get(range.clone()) == Some(filled.text.as_ref())
    {
        let span = Span::new(inner.start + range.start, inner.start + range.end);
        return (text.get(range).unwrap_or_default(), Some(span));
    }
    (text, node.inner_span().filter(|_| !text.contains('$') || filled.malformed))
}

/// Where a part of a scalar is written, if it is written as it reads.
fn within(node: Node<'_>, part: &str) -> Option<Span> {
    let inner = node.inner_span()?;
    let at = node.str()?.rfind(part)?;
    Some(Span::new(inner.start + at, inner.start + at + part.len()))
}

fn unread(variable: &str) -> Says {
    Says::Unread(why_unset(variable))
}

fn why_unset(variable: &str) -> String {
    format!("the variable {variable} is not set and has no default")
}

/// The text that a `!!binary` scalar stands for.
fn base64(text: &str) -> Option<String> {
    let (mut bits, mut have, mut out) = (0_u32, 0, Vec::new());
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(digit)) & 0xFFFF;
        have += 6;
        if have >= 8 {
            have -= 8;
            out.push(u8::try_from(bits >> have & 0xFF).ok()?);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_cleaned() {
        assert_eq!(target("/dev/shm/"), Some(Target::Shm));
        assert_eq!(target("/dev/./shm"), Some(Target::Shm));
        assert_eq!(target("/dev/shm/x"), Some(Target::BelowShm));
        assert_eq!(target("/dev/"), Some(Target::Dev));
        assert_eq!(target("/dev/shmx"), None);
    }
}
