//! From a service to the options of `docker run` that stand for it: what Compose asks the engine for.

use super::environment::ServiceVariable;
use super::file::{TEMPLATED, is_null};
use super::layers::{ServiceLayer, Slot};
use super::resolve::{ListItem, Resolver, unique};
use super::sizes::{literal, malformed, read};
use super::tree::ServiceKey;
use crate::container::flags::Flag;
use crate::container::workload::{Citation, Says, Why};
use crate::size::{Dialect, HOLE, Size};
use crate::syntax::variables::Filled;
use crate::syntax::yaml::{Node, NodeId};
use crate::text::place::Place;
use crate::text::source::Span;

/// Compose's words for a size that is a list, a mapping or nothing.
const WRONG_TYPE: &str = "must be a number or string";

/// Where a flag stands in its file.
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

/// A service as flags.
pub(super) struct Lowered {
    /// The flags, and where each stands.
    pub(super) flags: Vec<(Flag, Origin)>,
    /// A key that only Swarm knows.
    pub(super) swarm: Option<Citation>,
}

/// Lowers a service. `variables` are those of its environment that choose devices.
pub(super) fn lower(
    resolver: &Resolver<'_>,
    layers: &[ServiceLayer],
    variables: &[ServiceVariable<'_>],
) -> Lowered {
    let mut out = Lowering { resolver, layers, out: Lowered { flags: Vec::new(), swarm: None } };
    out.requests(&resolver.slots(layers, ServiceKey::Gpus), "gpus");
    let deploy = resolver.slots(layers, ServiceKey::Deploy);
    if !deploy.is_empty() {
        let reservations = resolver.path(deploy.clone(), &["resources", "reservations"]);
        out.requests(&resolver.children(&reservations, "devices"), "reservation");
        out.generic(&resolver.children(&reservations, "generic_resources"));
    }
    out.devices(&resolver.slots(layers, ServiceKey::Devices));
    out.word(&resolver.slots(layers, ServiceKey::Runtime), "runtime");
    for variable in variables {
        let Some(item) = variable.item else { continue };
        let value = variable.value.as_ref().map_or_else(String::new, |value| format!("={value}"));
        out.item("env", format!("{}{value}", variable.name), &item);
    }
    let sizes = resolver.slots(layers, ServiceKey::ShmSize);
    out.refused_below(&sizes);
    out.size(&sizes, "shm-size");
    out.size(&resolver.children(&resolver.slots(layers, ServiceKey::Build), "shm_size"), "build-shm-size");
    out.misspelt(&resolver.slots(layers, ServiceKey::Misspelt));
    out.word(&resolver.slots(layers, ServiceKey::Ipc), "ipc");
    out.volumes(&resolver.slots(layers, ServiceKey::Volumes));
    out.tmpfs(&resolver.slots(layers, ServiceKey::Tmpfs));
    for item in resolver.items(&resolver.slots(layers, ServiceKey::VolumesFrom)) {
        if let Some(filled) = resolver.text(&item) {
            out.item("volumes-from", filled.text, &item);
        }
    }
    out.size(&resolver.slots(layers, ServiceKey::MemLimit), "memory");
    out.size(&resolver.path(deploy, &["resources", "limits", "memory"]), "memory");
    out.out
}

pub(super) struct Lowering<'r, 'a> {
    pub(super) resolver: &'r Resolver<'a>,
    pub(super) layers: &'r [ServiceLayer],
    out: Lowered,
}

impl<'a> Lowering<'_, 'a> {
    fn origin(&self, slot: Slot, item: Option<NodeId>) -> Origin {
        let editable = self.resolver.store.files.get(slot.file).is_some_and(|file| file.editable);
        Origin { slot, item, size: None, editable }
    }

    /// Adds a flag, and gives it to be completed.
    fn push(
        &mut self,
        name: &'static str,
        value: impl Into<String>,
        evidence: Option<(String, Place)>,
        origin: Origin,
    ) -> Option<&mut (Flag, Origin)> {
        let mut flag = Flag::new(name, value, evidence?);
        if flag.value.contains(HOLE) {
            flag.unknown = Some("a variable in it is not set and has no default".into());
        }
        self.out.flags.push((flag, origin));
        self.out.flags.last_mut()
    }

    pub(super) fn item(
        &mut self,
        name: &'static str,
        value: impl Into<String>,
        item: &ListItem<'a>,
    ) -> Option<&mut (Flag, Origin)> {
        let origin = self.origin(item.slot, Some(item.written));
        self.push(name, value, self.resolver.item_place(item), origin)
    }

    /// A key whose value is one word.
    fn word(&mut self, slots: &[Slot], name: &'static str) {
        let Some((slot, _, filled)) = self.resolver.scalar(slots) else { return };
        let (entry, origin) = (self.resolver.entry(slot), self.origin(slot, None));
        let unset = why_unknown(&filled);
        if let Some((flag, _)) = self.push(name, filled.text, entry, origin) {
            flag.unknown = unset;
        }
    }

    /// `gpus`, or the devices that `deploy` reserves.
    fn requests(&mut self, slots: &[Slot], name: &'static str) {
        for item in self.resolver.items(slots) {
            if item.node.is_mapping() {
                let request = self.request(&item);
                self.item(name, request, &item);
            } else if let Some(filled) = self.resolver.text(&item).filter(|_| name == "gpus") {
                let (entry, origin) = (self.resolver.entry(item.slot), self.origin(item.slot, None));
                let refused = filled.known().is_some_and(|word| word != "all");
                if let Some((flag, _)) = self.push(name, filled.text, entry, origin) {
                    flag.refused = refused.then(|| "its value must be 'all' or a list of mappings".into());
                }
            }
        }
    }

    /// A request for devices as `--gpus` writes it. Without a count and ids Compose asks for all.
    fn request(&self, item: &ListItem<'a>) -> String {
        let text = |key| self.resolver.text_of(item, key).map(|text| plain(text.text.trim()));
        let words = |key| {
            let list = self.resolver.of_item(item, key).map(|(slot, _)| [slot]);
            let items = list.iter().flat_map(|list| self.resolver.items(list));
            // Docker's own form of capabilities is a list of lists. Compose refuses it, but what is meant is plain.
            let items = items.map(|word| ListItem {
                node: word.node.items().next().map_or(word.node, Node::resolve),
                ..word
            });
            items
                .filter_map(|word| Some(plain(&self.resolver.text(&word)?.text)))
                .collect::<Vec<_>>()
                .join(",")
        };
        let ids = Some(words("device_ids")).filter(|ids| !ids.is_empty());
        let mut out = match (ids, text("count")) {
            (Some(ids), _) => format!("\"device={ids}\""),
            (None, Some(count)) if !count.eq_ignore_ascii_case("all") => format!("count={count}"),
            (None, _) => "count=all".to_owned(),
        };
        if let Some(driver) = text("driver") {
            out.extend([",driver=", &driver]);
        }
        let capabilities = words("capabilities");
        if !capabilities.is_empty() {
            out.extend([",\"capabilities=", &capabilities, "\""]);
        }
        out
    }

    /// `generic_resources`: only Swarm knows them, and their kinds are what its nodes were told to call their GPUs.
    fn generic(&mut self, slots: &[Slot]) {
        for item in self.resolver.items(slots) {
            let Some((inner, _)) = self.resolver.of_item(&item, "discrete_resource_spec") else { continue };
            let text = |key| {
                let found = self.resolver.scalar(&self.resolver.children(&[inner], key));
                found.map(|(_, _, text)| text.text.to_ascii_lowercase()).unwrap_or_default()
            };
            let value = format!("{}={}", text("kind"), text("value"));
            if let Some((flag, _)) = self.item("generic-resource", value, &item) {
                let evidence = Citation { text: flag.text.clone(), place: flag.place.clone() };
                self.out.swarm = Some(evidence);
            }
        }
    }

    /// `devices`: of two on one path the later one holds.
    fn devices(&mut self, slots: &[Slot]) {
        let target = |item: &ListItem<'a>| {
            let device = self.device(item)?;
            Some(device.split(':').nth(1).unwrap_or(&device).to_owned())
        };
        for item in unique(self.resolver.items(slots).collect(), target) {
            if let Some(device) = self.device(&item) {
                self.item("device", device, &item);
            }
        }
    }

    fn device(&self, item: &ListItem<'a>) -> Option<String> {
        if item.node.is_mapping() {
            let side = |key| self.resolver.text_of(item, key).map(|side| side.text);
            let source = side("source")?;
            return Some(
                side("target").map_or_else(|| source.to_string(), |target| format!("{source}:{target}")),
            );
        }
        Some(self.resolver.text(item)?.text.into_owned())
    }

    /// A size, of `/dev/shm` or of memory.
    fn size(&mut self, slots: &[Slot], name: &'static str) {
        let Some((slot, node)) = self.resolver.strongest(slots) else { return };
        let (entry, origin) = (self.resolver.entry(slot), self.origin(slot, None));
        let refused = || Size::Refused(WRONG_TYPE.into());
        let Some(filled) = self.resolver.fill(slot, node).filter(|_| !is_null(node)) else {
            self.sized(name, "", refused(), entry, origin);
            return;
        };
        if let Some(why) = why_unknown(&filled).filter(|_| !filled.malformed) {
            if let Some((flag, _)) = self.push(name, "", entry, origin) {
                flag.unknown = Some(why);
            }
            return;
        }
        let size = if filled.malformed { malformed(node) } else { read(node, &filled) };
        let size = if size == Size::Null { refused() } else { size };
        let (value, span) = literal(node, &filled);
        self.sized(name, value, size, entry, Origin { size: span, ..origin });
    }

    fn sized(
        &mut self,
        name: &'static str,
        value: &str,
        size: Size,
        entry: Option<(String, Place)>,
        origin: Origin,
    ) {
        if let Some((flag, _)) = self.push(name, value, entry, origin) {
            flag.size = Some(size);
        }
    }

    /// A key that Compose refuses as it does not know it, and that was meant for a size.
    fn misspelt(&mut self, slots: &[Slot]) {
        let Some((slot, node)) = self.resolver.strongest(slots) else { return };
        let value = node.str().unwrap_or_default();
        let (entry, origin) = (self.resolver.entry(slot), self.origin(slot, None));
        if let Some((flag, _)) = self.push("shm-size", value, entry, origin) {
            flag.astray = Some((
                Says::Flag { meant: format!("{}: {value}", ServiceKey::ShmSize.name()) },
                Why::Misspelt,
            ));
        }
    }

    /// What Compose refuses before it lays anything over it.
    fn refused_below(&mut self, sizes: &[Slot]) {
        let strongest = self.resolver.strongest(sizes).map(|(_, node)| node);
        let mut bottom = true;
        for layer in self.layers {
            let Some(at) = layer.table.get(ServiceKey::ShmSize) else { continue };
            let slot = Slot { file: layer.file, env: layer.env, at, root: at };
            let reset = self.resolver.store.node(slot.file, at.value).and_then(Node::tag) == Some("!reset");
            if let Some(value) = self.resolver.value(slot).filter(|value| !reset && Some(*value) != strongest)
                && let Some(refused) = self.refused_itself(slot, value, layer.extended, bottom)
            {
                let (entry, origin) = (self.resolver.entry(slot), self.origin(slot, None));
                self.sized("shm-size", "", refused, entry, origin);
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
}

/// A text that can stand between the quotes of a list.
pub(super) fn plain(text: &str) -> String {
    text.replace('"', "'")
}

fn why_unknown(filled: &Filled<'_>) -> Option<String> {
    filled.unset.as_ref().map(|variable| {
        if variable.bytes().all(|byte| byte == TEMPLATED) {
            return "a template writes it".into();
        }
        format!("the variable {variable} is not set and has no default")
    })
}
