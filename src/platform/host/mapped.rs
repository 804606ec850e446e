//! Scripts and Compose files among the data of a `ConfigMap`, which are started where it is mounted.

use std::sync::Arc;

use super::inner;
use super::read::{FileState, run};
use super::script::HostScript;
use super::shell;
use crate::platform::embedded::scalar;
use crate::platform::kind::{Context, Reading, Unit};
use crate::platform::run::starts_containers;
use crate::syntax::yaml::{Node, Yaml};
use crate::text::layer::Layer;
use crate::text::scan::holds;
use crate::text::source::Source;

/// Whether a text may hold such data.
pub fn may_hold(text: &str, every_container: bool) -> bool {
    holds(text, "ConfigMap")
        && (starts_containers(text, every_container)
            || (holds(text, "services:") && inner::may_hold(text, every_container)))
}

/// Adds what the `ConfigMap`s of the files of a unit start.
pub fn add(reading: &mut Reading, unit: &Unit, context: &Context<'_>) {
    for member in &unit.members {
        let Some(source) = member.read(context.files) else { continue };
        if may_hold(source.text(), context.every_container) {
            of_file(reading, &source, context);
        }
    }
}

fn of_file(reading: &mut Reading, source: &Arc<Source>, context: &Context<'_>) {
    let file = Layer::file(Arc::clone(source));
    let yaml = Yaml::of(source);
    let mut met = FileState::of(&file);
    let is_map = |root: &Node<'_>| root.get("kind").and_then(Node::str) == Some("ConfigMap");
    for root in yaml.roots(source.text()).filter(is_map) {
        for entry in root.get("data").into_iter().flat_map(Node::entries) {
            let (Some(key), Some(layer)) = (entry.key.str(), scalar(&file, entry.value)) else { continue };
            // Manifests are read where they stand.
            let is_manifest = holds(layer.text(), "apiVersion:");
            if is_manifest || !layer.text().contains('\n') {
                continue;
            }
            if inner::kind(layer.text(), context.every_container).is_some() {
                inner::read(&layer, context, reading);
            } else if let Some(options) = shell::language(key, layer.text()) {
                run(&[HostScript::new(layer, options)], 0, context, reading, &mut met);
            }
        }
    }
    if !reading.sources.iter().any(|known| known.path() == source.path()) {
        reading.sources.push(Arc::clone(source));
    }
}
