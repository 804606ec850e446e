//! What a container's own keys say of it, whatever holds it, and what its engine makes of its settings.

use super::manifest::{Manifest, get, list};
use super::read::FoundContainer;
use super::shm::LocatedSetting;
use super::write::ContainerSpot;
use crate::container::engine::{DOCKER_DEFAULT, decide};
use crate::container::mount::may_mount;
use crate::container::workload::{Engine, Workload};
use crate::syntax::yaml::Node;

/// Image, command and environment, where they are written as in a container.
pub(super) fn describe(manifest: &Manifest, node: Node<'_>, workload: &mut Workload) {
    workload.image = manifest.text_of(node, "image").map(str::to_owned);
    workload.inside.working_dir = manifest.text_of(node, "workingDir").map(str::to_owned);
    workload.inside.own_entrypoint = get(node, "command").is_some();
    for key in ["command", "args"] {
        let Some(words) = get(node, key) else { continue };
        let words = words.items().map(Node::resolve).filter_map(|word| manifest.str(word));
        workload.command.extend(words.map(str::to_owned));
    }
    script(manifest, node, &mut workload.command);
    let keys = ["command", "args", "source", "script", "image", "env"];
    let written = keys.iter().filter_map(|key| get(node, key));
    workload.written.extend(written.map(|value| manifest.place(value.span())));
    workload.interactive = get(node, "stdin").and_then(Node::str) == Some("true");
    workload.cannot_mount = get(node, "securityContext").is_none_or(|context| {
        let added = get(context, "capabilities").into_iter().flat_map(|all| list(all, "add"));
        let is_plain =
            !manifest.is_open(context) && get(context, "privileged").and_then(Node::str) != Some("true");
        is_plain && !added.filter_map(Node::str).any(may_mount)
    });
    for variable in list(node, "env") {
        let value = get(variable, "value").filter(|value| !manifest.is_open(*value));
        if let (Some(name), Some(value)) = (manifest.text_of(variable, "name"), value.and_then(Node::str)) {
            workload.environment.push((name.to_owned(), value.to_owned()));
        }
    }
}

/// A program that stands in the container itself: Argo's `source`, a file behind the words of the command, or Tekton's
/// `script`, which names its interpreter or is for the shell.
fn script(manifest: &Manifest, node: Node<'_>, command: &mut Vec<String>) {
    let argo = manifest.text_of(node, "source");
    let Some(text) = argo.or_else(|| manifest.text_of(node, "script")) else { return };
    if argo.is_none() {
        let python =
            text.lines().next().is_some_and(|line| line.starts_with("#!") && line.contains("python"));
        command.insert(0, if python { "python" } else { "sh" }.to_owned());
    }
    let code = (!command.is_empty()).then_some("-c");
    command.extend(code.into_iter().chain([text]).map(str::to_owned));
}

/// Lets the engine decide.
pub(super) fn finish(
    mut workload: Workload,
    found: Vec<LocatedSetting>,
    mut spot: ContainerSpot,
) -> FoundContainer {
    let (mut settings, nodes): (Vec<_>, Vec<_>) =
        found.into_iter().map(|found| (found.setting, found.nodes)).unzip();
    let (shm, decided_by) = decide(Engine::Kubernetes, DOCKER_DEFAULT, &mut settings);
    workload.shm = shm;
    workload.decided_by = decided_by;
    workload.settings = settings;
    spot.settings = nodes;
    FoundContainer { asks: workload.gpu.is_yes(), workload, spot, builds: Vec::new() }
}
