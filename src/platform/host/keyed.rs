//! Containers whose options are keys of a mapping in YAML: steps with Buildkite's docker plugin, tasks of Ansible.

use super::command_line::CommandLine;
use super::script::{HostScript, StartedContainer};
use crate::container::finding::Change;
use crate::container::workload::{Engine, Platform, Workload};
use crate::platform::embedded::scalar;
use crate::platform::kind::Writer;
use crate::syntax::shell::ShellOptions;
use crate::syntax::yaml::{Editor, Entry, EntryPosition, NewValue, Node, NodeId, Yaml};
use crate::text::edits::Edit;
use crate::text::layer::{Encoding, Layer};
use crate::text::source::Source;
use std::sync::Arc;

/// What starts containers by keys.
pub(super) struct KeyedStarter {
    /// What it is called by: the key that its mapping stands under, without a version, an address, or a collection.
    names: &'static [&'static str],
    platform: Platform,
    engine: &'static str,
    /// Its keys and the options of `docker run` that they stand for. Each item of a list is one option, each entry of a mapping
    /// `key=value`.
    keys: &'static [(&'static str, &'static str)],
    /// The key for the size of `/dev/shm`.
    size: &'static str,
    /// Whether a step's command runs in the container where it names none.
    runs_step: bool,
}

static STARTERS: [KeyedStarter; 3] = [
    // https://github.com/buildkite-plugins/docker-buildkite-plugin, its plugin.yml and hooks/command
    KeyedStarter {
        names: &["docker", "docker-buildkite-plugin"],
        platform: Platform::CiContainer,
        engine: "docker",
        keys: &[
            ("devices", "--device="),
            ("environment", "-e "),
            ("gpus", "--gpus="),
            ("ipc", "--ipc="),
            ("memory", "--memory="),
            ("privileged", "--privileged="),
            ("runtime", "--runtime="),
            ("shm-size", "--shm-size="),
            ("tmpfs", "--tmpfs="),
            ("volumes", "-v "),
        ],
        size: "shm-size",
        runs_step: true,
    },
    // https://docs.ansible.com/ansible/latest/collections/community/docker/docker_container_module.html
    KeyedStarter {
        names: &["docker_container"],
        platform: Platform::DockerRun,
        engine: "docker",
        keys: &[
            ("devices", "--device="),
            ("env", "-e "),
            ("ipc_mode", "--ipc="),
            ("memory", "--memory="),
            ("privileged", "--privileged="),
            ("runtime", "--runtime="),
            ("shm_size", "--shm-size="),
            ("tmpfs", "--tmpfs="),
            ("volumes", "-v "),
            ("volumes_from", "--volumes-from="),
        ],
        size: "shm_size",
        runs_step: false,
    },
    // https://docs.ansible.com/ansible/latest/collections/containers/podman/podman_container_module.html
    KeyedStarter {
        names: &["podman_container"],
        platform: Platform::DockerRun,
        engine: "podman",
        keys: &[
            ("device", "--device="),
            ("env", "-e "),
            ("gpus", "--gpus="),
            ("ipc", "--ipc="),
            ("ipc_mode", "--ipc="),
            ("memory", "--memory="),
            ("mount", "--mount="),
            ("pod", "--pod="),
            ("privileged", "--privileged="),
            ("shm_size", "--shm-size="),
            ("tmpfs", "--tmpfs="),
            ("volume", "-v "),
            ("volumes", "-v "),
        ],
        size: "shm_size",
        runs_step: false,
    },
];

/// What a file with such containers holds.
pub(super) const WORDS: &[&str] =
    &["docker#", "docker-buildkite-plugin", "docker_container", "podman_container"];

/// The containers that the entries of a mapping start: plugins of a step, or the module of a task. `step` holds the commands.
pub(super) fn containers<'n>(
    file: &'n Layer,
    step: Node<'n>,
    are_plugins: bool,
    entries: impl Iterator<Item = Entry<'n>> + 'n,
) -> impl Iterator<Item = HostScript> + 'n {
    entries.filter_map(move |entry| {
        let starter = starter(entry.key.str()?).filter(|starter| starter.runs_step == are_plugins)?;
        container(file, step, entry, starter)
    })
}

/// What is called so: `docker#v5`, `buildkite-plugins/docker#v5`, the address of its repository, `community.docker.docker_container`.
fn starter(name: &str) -> Option<&'static KeyedStarter> {
    let whole = name.split('#').next().unwrap_or(name);
    let last = whole.rsplit(['/', '.']).next().unwrap_or(whole);
    let last = if last == "git" { whole.rsplit('/').next()?.strip_suffix(".git")? } else { last };
    // A mapping called `docker` is Buildkite's only where a version or an address says so.
    STARTERS.iter().find(|starter| starter.names.contains(&last) && (!starter.runs_step || name != "docker"))
}

fn container(
    file: &Layer,
    step: Node<'_>,
    entry: Entry<'_>,
    starter: &'static KeyedStarter,
) -> Option<HostScript> {
    let keys = entry.value.resolve();
    let image = keys.get("image")?;
    let name = image.str().filter(|name| !name.is_empty())?;
    let at = entry.key.span().start;
    let mut line = CommandLine::begin(file, Encoding::ReadOnly, at, starter.engine);
    for (key, option) in starter.keys {
        let Some(value) = keys.get(key) else { continue };
        let values = std::iter::once(value).chain(value.resolve().items());
        values.filter_map(|value| scalar(file, value)).for_each(|value| line.option(option, &value));
        for entry in value.resolve().entries() {
            let pair = entry.key.str().zip(scalar(file, entry.value));
            pair.into_iter().for_each(|(key, value)| line.option(&format!("{option}'{key}'="), &value));
        }
    }
    requests(keys, &mut line);
    mounts(file, keys, &mut line);
    line.word(&scalar(file, image)?);
    let own = keys.get("command");
    for word in own.into_iter().flat_map(Node::items).filter_map(|word| scalar(file, word)) {
        line.word(&word);
    }
    let text = || own.and_then(|own| scalar(file, own));
    let step = || step.get("command").or_else(|| step.get("commands")).and_then(|all| scalar(file, all));
    // Without a command of its own the container runs that of the step, in a shell.
    match own.map_or_else(|| step().filter(|_| starter.runs_step), |_| text()) {
        Some(command) if starter.runs_step => line.option("sh -e -c ", &command),
        Some(command) => line.text(&command),
        None => {}
    }
    let container = StartedContainer {
        name: name.to_owned(),
        is_image: true,
        place: entry.key.span(),
        gpu_label: None,
        platform: starter.platform,
        keys: Some((keys.id(), starter.size)),
    };
    Some(HostScript { container: Some(container), ..HostScript::new(line.finish(), ShellOptions::default()) })
}

/// The device requests of Docker's API, as `--gpus` writes them.
fn requests(keys: Node<'_>, line: &mut CommandLine) {
    let Some(list) = keys.get("device_requests") else { return };
    if list.str().is_some_and(|text| text.contains("{{")) {
        line.literal(list.span(), "$device_requests");
    }
    for request in list.resolve().items() {
        let capabilities: Vec<&str> = request
            .get("capabilities")
            .into_iter()
            .flat_map(Node::items)
            .flat_map(|set| set.items().chain(std::iter::once(set)))
            .filter_map(Node::str)
            .collect();
        let driver = request.get("driver").and_then(Node::str).unwrap_or_default();
        if !capabilities.contains(&"gpu") && crate::container::accelerator::driver(driver).is_none() {
            continue;
        }
        let ids: Vec<&str> =
            request.get("device_ids").into_iter().flat_map(Node::items).filter_map(Node::str).collect();
        let count = request.get("count").and_then(Node::str).unwrap_or("all");
        let count = if count.contains("{{") { "$count" } else { count };
        let wanted = if ids.is_empty() { count.to_owned() } else { format!("\"device={}\"", ids.join(",")) };
        line.literal(request.span(), &format!("--gpus='{}'", wanted.replace('\'', "")));
    }
}

/// Mounts in the long form.
fn mounts(file: &Layer, keys: Node<'_>, line: &mut CommandLine) {
    for mount in keys.get("mounts").into_iter().flat_map(Node::items).map(Node::resolve) {
        let Some(target) = mount.get("target").and_then(|target| scalar(file, target)) else { continue };
        let text = |key: &str| mount.get(key).and_then(Node::str);
        let mut head = format!("--mount=type={}", text("type").unwrap_or("volume"));
        for (key, name) in [("source", "src"), ("tmpfs_size", "tmpfs-size")] {
            let value = text(key).filter(|value| !value.contains([' ', '\'', '"', ',', '{']));
            value.into_iter().for_each(|value| head.push_str(&format!(",{name}={value}")));
        }
        line.option(&format!("{head},dst="), &target);
    }
}

/// Writes the size as a key.
pub(super) struct KeyWriter {
    pub(super) source: Arc<Source>,
    /// The mapping, and the key.
    pub(super) keys: (NodeId, &'static str),
}

impl Writer for KeyWriter {
    fn write(&self, _: usize, workload: &Workload, change: &Change) -> Vec<Vec<Edit>> {
        let Change::SetSize { bytes, spelling } = change else { return Vec::new() };
        let (yaml, text) = (Yaml::of(&self.source), self.source.text());
        let mapping = yaml.node(text, self.keys.0);
        let engine: Engine = workload.engine;
        let size = engine.starter().size.spell(*bytes, spelling.as_deref());
        let asking = workload.gpu.evidence.first().map(|found| found.place.span);
        let behind = mapping.entries().find(|entry| asking.is_some_and(|span| entry.span().contains(span)));
        let place = behind.map_or(EntryPosition::Last, |entry| EntryPosition::After(entry.key.id()));
        let insertion = Editor::new(&yaml, text).insert(mapping, place, self.keys.1, &NewValue::plain(size));
        let edit = insertion.map(|new| Edit::insertion(&self.source, new.at, new.text));
        edit.map(|edit| vec![edit]).into_iter().collect()
    }
}
