//! The environment, the command and the image of a service.

use crate::syntax::yaml::each_merged;
use std::borrow::Cow;
use std::collections::HashMap;

use super::file::is_null;
use super::layers::{ServiceLayer, Slot};
use super::resolve::{ListItem, Resolver};
use super::tree::ServiceKey;
use crate::syntax::variables::{Filled, HOLE};
use crate::syntax::words::words;

/// A variable of the container.
pub(super) struct ServiceVariable<'a> {
    pub(super) name: Cow<'a, str>,
    /// Its value; nothing where it is passed through from whoever starts the project.
    pub(super) value: Option<Cow<'a, str>>,
    /// Where it is written.
    pub(super) item: Option<ListItem<'a>>,
}

impl ServiceVariable<'_> {
    /// The value, if all of it is known.
    pub(super) fn known(&self) -> Option<&str> {
        self.value.as_deref().filter(|value| !value.contains(HOLE))
    }
}

impl<'a> Resolver<'a> {
    /// The environment of a service: the later of two layers wins. `wanted` tells which names matter.
    pub(super) fn environment(
        &self,
        slots: &[Slot],
        wanted: &dyn Fn(&str) -> bool,
    ) -> Vec<ServiceVariable<'a>> {
        if let [slot] = slots {
            return self.variables(*slot, wanted);
        }
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut out: Vec<ServiceVariable<'a>> = Vec::new();
        for variable in slots.iter().flat_map(|slot| self.variables(*slot, wanted)) {
            let at = *known.entry(variable.name.clone().into_owned()).or_insert(out.len());
            match out.get_mut(at) {
                Some(earlier) => *earlier = variable,
                None => out.push(variable),
            }
        }
        out
    }

    /// The variables of one layer: a list of `A=1`, or a mapping.
    fn variables(&self, slot: Slot, wanted: &dyn Fn(&str) -> bool) -> Vec<ServiceVariable<'a>> {
        let Some(node) = self.value(slot) else { return Vec::new() };
        let mut out = Vec::new();
        if node.is_mapping() {
            each_merged(node, self.fuel, &mut |found| {
                let Some(name) = found.key.str().filter(|name| wanted(name)) else { return true };
                let value = found.value.resolve();
                let text = if is_null(value) { None } else { self.fill(slot, value).map(readable) };
                let item = ListItem { node: value, written: found.value.id(), slot };
                out.push(ServiceVariable { name: name.into(), value: text, item: Some(item) });
                true
            });
            // The strongest of two of one name comes first here.
            out.reverse();
            return out;
        }
        for item in self.items(&[slot]) {
            if !item.node.str().is_some_and(|text| wanted(text.split('=').next().unwrap_or(text))) {
                continue;
            }
            let Some(text) = self.text(&item).map(readable) else { continue };
            let (name, value) = match text {
                Cow::Borrowed(text) => halves(text),
                Cow::Owned(text) => {
                    let (name, value) = halves(&text);
                    (name.into_owned().into(), value.map(|value| value.into_owned().into()))
                }
            };
            out.push(ServiceVariable { name, value, item: Some(item) });
        }
        out
    }

    /// Entrypoint and command, word by word, where the service gives them; words with variables that are not set stay as
    /// they are written.
    pub(super) fn command(&self, layers: &[ServiceLayer]) -> (Option<Vec<String>>, Option<Vec<String>>) {
        let words = |key| {
            let (slot, node) =
                self.strongest(&self.slots(layers, key)).filter(|(_, node)| !is_null(*node))?;
            if node.is_sequence() {
                let written = |item: ListItem<'a>| Some(self.written(item.slot, item.node)?.into_owned());
                return Some(self.items(&[slot]).filter_map(written).collect());
            }
            let text = self.written(slot, node)?;
            Some(words(&text).into_iter().map(|(_, word)| word).collect())
        };
        (words(ServiceKey::Entrypoint), words(ServiceKey::Command))
    }

    /// The image, with variables filled in where they are known.
    pub(super) fn image(&self, layers: &[ServiceLayer]) -> Option<String> {
        let (slot, node) =
            self.strongest(&self.slots(layers, ServiceKey::Image)).filter(|(_, node)| !is_null(*node))?;
        self.written(slot, node).map(Cow::into_owned)
    }

    /// A text with its variables filled in, or as it is written where one is not known.
    pub(super) fn written(&self, slot: Slot, node: crate::syntax::yaml::Node<'a>) -> Option<Cow<'a, str>> {
        let filled = self.fill(slot, node)?;
        if filled.known().is_some() { Some(filled.text) } else { node.str().map(Cow::Borrowed) }
    }
}

/// The text of a value, holes included.
fn readable(filled: Filled<'_>) -> Cow<'_, str> {
    filled.text
}

/// The name and the value of `A=1`.
fn halves(text: &str) -> (Cow<'_, str>, Option<Cow<'_, str>>) {
    match text.split_once('=') {
        Some((name, value)) => (name.into(), Some(value.into())),
        None => (text.into(), None),
    }
}
