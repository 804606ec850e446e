//! Reading the values of a service out of its layers: the strongest scalar, the joined list, the merged mapping.

use std::collections::HashMap;

use super::file::is_null;
use super::layers::{FileStore, ServiceLayer, Slot, Slots};
use super::tree::{ServiceKey, Where};
use crate::platform::kind::Index;
use crate::platform::options::ReadOptions;
use crate::syntax::variables::Filled;
use crate::syntax::yaml::{Fuel, Node, NodeId, find_merged};
use crate::text::place::{Place, shortened};
use crate::text::source::Span;

/// How many items of one list are looked at.
const MAX_ITEMS: usize = 500;

/// What resolving needs to know.
#[derive(Clone, Copy)]
pub(super) struct Resolver<'a> {
    pub(super) store: &'a FileStore,
    pub(super) fuel: &'a Fuel,
    pub(super) options: &'a ReadOptions,
    pub(super) index: &'a Index,
}

/// One item of a list, or a scalar that stands for a list of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct ListItem<'a> {
    pub(super) node: Node<'a>,
    /// The item as it is written: perhaps an alias.
    pub(super) written: NodeId,
    /// The list that it stands in.
    pub(super) slot: Slot,
}

impl<'a> Resolver<'a> {
    /// The values of a service's key, weakest first.
    pub(super) fn slots(&self, layers: &[ServiceLayer], key: ServiceKey) -> Slots {
        self.store.slots(layers, key)
    }

    /// The values of a key of merged mappings, weakest first.
    pub(super) fn children(&self, slots: &[Slot], key: &str) -> Slots {
        self.store.children(slots, key, self.fuel)
    }

    /// The values that stand at the end of a path of keys.
    pub(super) fn path(&self, slots: Slots, keys: &[&str]) -> Slots {
        keys.iter()
            .fold(slots, |slots, key| if slots.is_empty() { slots } else { self.children(&slots, key) })
    }

    /// The strongest value that is not null, else the strongest null.
    pub(super) fn strongest(&self, slots: &[Slot]) -> Option<(Slot, Node<'a>)> {
        let valued = slots.iter().rev().filter_map(|slot| Some((*slot, self.value(*slot)?)));
        let mut null = None;
        for (slot, value) in valued {
            if !is_null(value) {
                return Some((slot, value));
            }
            null = null.or(Some((slot, value)));
        }
        null
    }

    /// The value of a slot, its alias followed.
    pub(super) fn value(&self, slot: Slot) -> Option<Node<'a>> {
        self.store.value(slot)
    }

    /// A scalar with its variables filled in.
    pub(super) fn fill(&self, slot: Slot, node: Node<'a>) -> Option<Filled<'a>> {
        node.str().filter(|text| self.fuel.take_over(text))?;
        self.store.fill(slot.env, node)
    }

    /// The strongest scalar with its variables filled in; nothing where it is no scalar or null.
    pub(super) fn scalar(&self, slots: &[Slot]) -> Option<(Slot, Node<'a>, Filled<'a>)> {
        let (slot, node) = self.strongest(slots).filter(|(_, node)| !is_null(*node))?;
        Some((slot, node, self.fill(slot, node)?))
    }

    /// The items of all lists, weakest list first; a scalar counts as a list of one.
    pub(super) fn items<'s>(&'s self, slots: &'s [Slot]) -> impl Iterator<Item = ListItem<'a>> + use<'s, 'a> {
        let lists = slots.iter().filter_map(|slot| Some((*slot, self.value(*slot)?)));
        let items = lists.flat_map(|(slot, list)| {
            let is_scalar = !list.is_sequence() && !is_null(list);
            let scalar = is_scalar.then_some(ListItem { node: list, written: slot.at.value, slot });
            let items = list.items().take_while(|_| self.fuel.burn());
            let items = items.filter(|item| item.tag() != Some("!reset"));
            let items = items.map(move |item| ListItem { node: item.resolve(), written: item.id(), slot });
            scalar.into_iter().chain(items)
        });
        items.take(MAX_ITEMS)
    }

    /// The text of an item, if it is one.
    pub(super) fn text(&self, item: &ListItem<'a>) -> Option<Filled<'a>> {
        self.fill(item.slot, item.node)
    }

    /// The value of a key of an item, merge keys followed.
    pub(super) fn of_item(&self, item: &ListItem<'a>, key: &str) -> Option<(Slot, Node<'a>)> {
        let found = find_merged(item.node, key, self.fuel)?;
        let at = Where::of(&found);
        let slot = Slot { at, ..item.slot };
        Some((slot, self.value(slot)?))
    }

    /// The text of a key of an item.
    pub(super) fn text_of(&self, item: &ListItem<'a>, key: &str) -> Option<Filled<'a>> {
        let (slot, node) = self.of_item(item, key).filter(|(_, node)| !is_null(*node))?;
        self.fill(slot, node)
    }

    /// The place of a span in a file.
    pub(super) fn place(&self, file: usize, span: Span) -> Option<Place> {
        Some(Place::new(&self.store.files.get(file)?.source, span))
    }

    /// From a key to the end of its value.
    pub(super) fn entry_span(&self, slot: Slot) -> Span {
        let span = |id| self.store.node(slot.file, id).map_or_else(Span::default, Node::span);
        span(slot.at.key).join(span(slot.at.value))
    }

    /// A key with its value as it is written, and where.
    pub(super) fn entry(&self, slot: Slot) -> Option<(String, Place)> {
        let place = self.place(slot.file, self.entry_span(slot))?;
        Some((one_line(place.text()), place))
    }

    /// An item as it is written, and where.
    pub(super) fn item_place(&self, item: &ListItem<'a>) -> Option<(String, Place)> {
        let place = self.place(item.slot.file, self.store.node(item.slot.file, item.written)?.span())?;
        Some((one_line(place.text()), place))
    }
}

/// Items of which a later one takes the place of an earlier one with the same key.
pub(super) fn unique<T: Copy>(items: Vec<T>, key: impl Fn(&T) -> Option<String>) -> Vec<T> {
    if items.len() < 2 {
        return items;
    }
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut out: Vec<T> = Vec::with_capacity(items.len());
    for item in items {
        let Some(key) = key(&item) else {
            out.push(item);
            continue;
        };
        let at = *places.entry(key).or_insert(out.len());
        match out.get_mut(at) {
            Some(earlier) => *earlier = item,
            None => out.push(item),
        }
    }
    out
}

/// A text on one line without comments, its blanks joined, shortened.
pub(super) fn one_line(text: &str) -> String {
    shortened(text.lines().flat_map(|line| without_comment(line).split_whitespace()))
}

/// A line up to the comment behind it.
fn without_comment(line: &str) -> &str {
    let begins = |at: &usize| {
        let before = line.get(..*at).unwrap_or_default();
        before.ends_with(' ') || before.trim_start().is_empty()
    };
    let comment = memchr::memchr_iter(b'#', line.as_bytes()).find(begins);
    line.get(..comment.unwrap_or(line.len())).unwrap_or_default()
}
