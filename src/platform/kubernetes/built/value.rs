//! An object while a kustomization builds it: its values, and for each the places that it was written at.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use crate::platform::kubernetes::manifest::{Manifest, entries_with_merged};
use crate::platform::kubernetes::shm::is_shm;
use crate::syntax::yaml::{Node, ScalarStyle};
use crate::text::place::Place;

/// Values nest no deeper than this in anything that Kubernetes takes.
const DEEPEST: usize = 64;

/// A value and the places that it comes from, the one that it was first written at in front.
#[derive(Clone, Debug)]
pub(super) struct BuiltValue {
    pub(super) what: What,
    pub(super) from: Vec<Rc<Place>>,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum What {
    Map(Vec<(BuiltKey, BuiltValue)>),
    List(Vec<BuiltValue>),
    /// A scalar's text, and whether it is in quotes.
    Text(String, bool),
    Null,
}

/// A key, and where it stands with its value.
#[derive(Clone, Debug)]
pub(super) struct BuiltKey {
    pub(super) text: String,
    pub(super) from: Rc<Place>,
}

impl BuiltValue {
    /// A node with what stands below it, aliases and merge keys followed. `fuel` bounds how many values come of it.
    pub(super) fn of(manifest: &Manifest, node: Node<'_>, fuel: &mut usize) -> Option<Self> {
        Self::below(manifest, node, fuel, DEEPEST)
    }

    fn below(manifest: &Manifest, node: Node<'_>, fuel: &mut usize, depth: usize) -> Option<Self> {
        *fuel = fuel.checked_sub(1)?;
        let depth = depth.checked_sub(1)?;
        let node = node.resolve();
        let from = vec![Rc::new(manifest.place(node.span()))];
        let what = if node.is_mapping() {
            let mut map: Vec<(BuiltKey, Self)> = Vec::new();
            for entry in entries_with_merged(node) {
                let Some(text) = entry.key.str() else { continue };
                // What is merged is overridden.
                if map.iter().any(|(key, _)| key.text == text) {
                    continue;
                }
                let key = BuiltKey { text: text.to_owned(), from: Rc::new(manifest.place(entry.span())) };
                map.push((key, Self::below(manifest, entry.value, fuel, depth)?));
            }
            What::Map(map)
        } else if node.is_sequence() {
            What::List(
                node.items().map(|item| Self::below(manifest, item, fuel, depth)).collect::<Option<_>>()?,
            )
        } else {
            let plain = node.style() == Some(ScalarStyle::Plain);
            match node.str() {
                Some("null" | "~" | "") | None if plain || node.is_missing() => What::Null,
                text => What::Text(text.unwrap_or_default().to_owned(), !plain),
            }
        };
        Some(Self { what, from })
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let What::Map(map) = &self.what else { return None };
        map.iter().find(|(known, _)| known.text == key).map(|(_, value)| value)
    }

    pub(super) fn items(&self) -> &[Self] {
        match &self.what {
            What::List(items) => items,
            _ => &[],
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.what {
            What::Text(text, _) => Some(text),
            _ => None,
        }
    }

    /// The text at the end of a path of keys.
    pub(super) fn text_at(&self, path: &str) -> Option<&str> {
        path.split('.').try_fold(self, Self::get)?.text()
    }

    /// How many values it holds.
    pub(super) fn size(&self) -> usize {
        match &self.what {
            What::Map(map) => 1 + map.iter().map(|(_, value)| value.size()).sum::<usize>(),
            What::List(items) => 1 + items.iter().map(Self::size).sum::<usize>(),
            _ => 1,
        }
    }

    /// A number for all that it says but for `/dev/shm`: what mounts it, volumes of memory, `hostIPC`.
    pub(super) fn rest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        match &self.what {
            What::Null => 0_u8.hash(&mut hasher),
            What::Text(text, _) => text.hash(&mut hasher),
            What::List(items) => {
                items.iter().filter(|item| !item.is_of_shm()).for_each(|item| item.rest().hash(&mut hasher))
            }
            What::Map(map) => {
                let entries = map.iter().filter(|(key, value)| {
                    let list = matches!(key.text.as_str(), "volumes" | "volumeMounts");
                    key.text != "hostIPC" && !(list && value.items().iter().all(Self::is_of_shm))
                });
                // In no order.
                let sum = entries.fold(0_u64, |sum, (key, value)| {
                    let mut entry = DefaultHasher::new();
                    (&key.text, value.rest()).hash(&mut entry);
                    sum.wrapping_add(entry.finish())
                });
                (1_u8, sum).hash(&mut hasher);
            }
        }
        hasher.finish()
    }

    /// Whether it is a mount on `/dev/shm` or a volume of memory and nothing else.
    fn is_of_shm(&self) -> bool {
        let What::Map(map) = &self.what else { return false };
        let memory = map.len() == 2 && self.text_at("emptyDir.medium") == Some("Memory");
        memory || self.text_at("mountPath").is_some_and(is_shm)
    }

    /// The object as text, and the places that what begins at a byte of it comes from.
    pub(super) fn write(&self) -> (String, HashMap<usize, Vec<Rc<Place>>>) {
        let mut written = (String::new(), HashMap::new());
        self.put(&mut written);
        written.0.push('\n');
        written
    }

    fn put(&self, out: &mut (String, HashMap<usize, Vec<Rc<Place>>>)) {
        out.1.insert(out.0.len(), self.from.clone());
        match &self.what {
            What::Null => out.0.push_str("null"),
            What::Text(text, quoted) => out.0.push_str(&scalar(text, *quoted)),
            What::List(items) => {
                out.0.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.0.push_str(if index > 0 { ", " } else { "" });
                    item.put(out);
                }
                out.0.push(']');
            }
            What::Map(map) => {
                out.0.push('{');
                for (index, (key, value)) in map.iter().enumerate() {
                    out.0.push_str(if index > 0 { ", " } else { "" });
                    out.1.insert(out.0.len(), vec![Rc::clone(&key.from)]);
                    out.0.push_str(&scalar(&key.text, false));
                    out.0.push_str(": ");
                    value.put(out);
                }
                out.0.push('}');
            }
        }
    }
}

/// A scalar as YAML writes it in flow style.
fn scalar(text: &str, quoted: bool) -> String {
    let simple = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-' | b'+');
    let word = !text.is_empty() && text.bytes().all(simple) && !text.starts_with(['-', '.']);
    if word && !quoted {
        return text.to_owned();
    }
    serde_json::to_string(text).unwrap_or_default()
}
