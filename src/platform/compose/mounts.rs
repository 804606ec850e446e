//! The mounts of a service as options of `docker run`: `tmpfs`, `volumes`, and named volumes that their drivers make of memory.

use super::layers::Slot;
use super::lower::{Lowering, plain};
use super::resolve::{ListItem, unique};
use super::sizes::{literal, read, within};
use crate::container::mount;
use crate::size::HOLE;
use crate::syntax::variables::Filled;
use crate::syntax::yaml::{Node, find_merged};
use crate::text::scan::holds;

/// What every path has that matters here.
const DEV: &str = "dev";

impl<'a> Lowering<'_, 'a> {
    /// `tmpfs`: a path, and mount options behind a colon.
    pub(super) fn tmpfs(&mut self, slots: &[Slot]) {
        let before_equals = |item: &ListItem<'a>| {
            let text = self.resolver.text(item)?.text;
            Some(text.split('=').next().unwrap_or_default().to_owned())
        };
        for item in unique(self.resolver.items(slots).collect(), before_equals) {
            let Some(filled) = self.resolver.text(&item) else { continue };
            let size = mount::tmpfs(&filled.text).and_then(|mount| within(item.node, &mount.size?.0));
            if let Some((_, origin)) = self.item("tmpfs", filled.text, &item) {
                origin.size = size;
            }
        }
    }

    pub(super) fn volumes(&mut self, slots: &[Slot]) {
        let items = self.resolver.items(slots);
        let items = items.filter(|item| item.node.str().is_none_or(may_be_below_dev)).collect();
        let cleaned = |item: &ListItem<'a>| {
            if item.node.is_mapping() {
                return Some(clean(&self.resolver.text_of(item, "target")?.text));
            }
            Some(clean(mount::volume_parts(&self.resolver.text(item)?.text).1))
        };
        for item in unique(items, cleaned) {
            if item.node.is_mapping() {
                self.long_volume(&item);
            } else if let Some(filled) = self.resolver.text(&item) {
                let (source, target, _) = mount::volume_parts(&filled.text);
                match self.driven(source, target) {
                    Some(mount) => self.item("mount", mount, &item),
                    None => self.item("volume", filled.text, &item),
                };
            }
        }
    }

    /// A volume in the long form, as `--mount` writes it.
    fn long_volume(&mut self, item: &ListItem<'a>) {
        let text = |key| self.resolver.text_of(item, key).map(|text| plain(&text.text));
        let Some(target) = text("target").filter(|target| may_be_below_dev(target)) else { return };
        let (kind, source) = (text("type").unwrap_or_else(|| "volume".into()), text("source"));
        let mut value = format!("type={kind},target={target}");
        if let Some(source) = &source {
            value.extend([",source=", source]);
        }
        if text("read_only").as_deref() == Some("true") {
            value.push_str(",readonly");
        }
        if kind == "volume"
            && let Some(driven) = source.and_then(|source| self.driven(&source, &target))
        {
            value = driven;
        }
        let size = self.tmpfs_size(item).filter(|_| kind == "tmpfs");
        let size = size.map(|(node, filled)| {
            let (text, span) = literal(node, &filled);
            let known = filled.known().is_some();
            let text = if known { plain(text) } else { HOLE.to_string() };
            value.extend([",tmpfs-size=", &text]);
            (known.then(|| read(node, &filled)), span)
        });
        if let (Some((flag, origin)), Some((size, span))) = (self.item("mount", value, item), size) {
            (flag.size, origin.size) = (size, span);
        }
    }

    /// `tmpfs.size` of a long volume.
    fn tmpfs_size(&self, item: &ListItem<'a>) -> Option<(Node<'a>, Filled<'a>)> {
        let (slot, _) = self.resolver.of_item(item, "tmpfs")?;
        let (_, node, filled) = self.resolver.scalar(&self.resolver.children(&[slot], "size"))?;
        Some((node, filled))
    }

    /// A named volume that its driver's options make a tmpfs, as `--mount` writes it.
    fn driven(&self, name: &str, target: &str) -> Option<String> {
        let resolver = self.resolver;
        let files = self.layers.iter().rev();
        let mut files = files.filter_map(|layer| Some((layer, resolver.store.files.get(layer.file)?)));
        files.find_map(|(layer, file)| {
            let volumes = file.top("volumes", resolver.fuel)?.value.resolve();
            let volume = find_merged(volumes, name, resolver.fuel)?.value.resolve();
            let options = find_merged(volume, "driver_opts", resolver.fuel)?.value.resolve();
            let get = |key| {
                let found = find_merged(options, key, resolver.fuel)?;
                resolver.store.fill(layer.env, found.value.resolve()).map(|filled| plain(&filled.text))
            };
            let options = get("o").map_or_else(String::new, |o| format!(",\"volume-opt=o={o}\""));
            (get("type").as_deref() == Some("tmpfs"))
                .then(|| format!("type=volume,source={name},target={target},volume-opt=type=tmpfs{options}"))
        })
    }
}

/// Whether a volume may go where it matters: most go elsewhere, which needs no reading to see.
fn may_be_below_dev(text: &str) -> bool {
    holds(text, DEV) || text.contains(['$', HOLE])
}

/// A path without a trailing slash and without `.` in it.
fn clean(path: &str) -> String {
    if path.starts_with('/') { crate::text::paths::join("", path) } else { path.to_owned() }
}
