//! Steps of Buildkite that run in containers of its docker plugin, which hands its keys to `docker run`.
//!
//! Source: <https://github.com/buildkite-plugins/docker-buildkite-plugin>, its plugin.yml and hooks/command.

use super::command_line::CommandLine;
use super::script::{HostScript, StartedContainer};
use crate::platform::embedded::scalar;
use crate::syntax::shell::ShellOptions;
use crate::syntax::yaml::{Entry, Node};
use crate::text::layer::{Encoding, Layer};

/// What a pipeline with such steps holds: `docker#v5.2.0:`, or the address of the plugin's repository.
pub(super) const WORDS: &[&str] = &["docker#", "docker-buildkite-plugin"];

/// Keys of the plugin and the options that they become. Each item of a list is one option.
const KEYS: [(&str, &str); 10] = [
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
];

/// The containers that the plugins of a step start.
pub(super) fn containers<'n>(
    file: &'n Layer,
    step: Node<'n>,
    plugins: Node<'n>,
) -> impl Iterator<Item = HostScript> + 'n {
    // Plugins are a list of mappings, or one mapping.
    let entries = plugins.items().flat_map(Node::entries).chain(plugins.entries());
    let docker = entries.filter(|entry| entry.key.str().is_some_and(is_docker));
    docker.filter_map(move |entry| container(file, step, entry))
}

/// Whether a plugin is the docker plugin: `docker#v5`, `buildkite-plugins/docker#v5`, the address of its repository.
fn is_docker(name: &str) -> bool {
    let name = name.split('#').next().unwrap_or(name);
    let name = name.rsplit('/').next().unwrap_or(name);
    matches!(name.strip_suffix(".git").unwrap_or(name), "docker" | "docker-buildkite-plugin")
}

fn container(file: &Layer, step: Node<'_>, plugin: Entry<'_>) -> Option<HostScript> {
    let keys = plugin.value.resolve();
    let image = keys.get("image")?;
    let name = image.str().filter(|name| !name.is_empty())?;
    let mut line = CommandLine::run(file, Encoding::ReadOnly, plugin.key.span().start);
    for (key, option) in KEYS {
        let value = keys.get(key);
        let values = value.into_iter().chain(value.into_iter().flat_map(Node::items));
        values.filter_map(|value| scalar(file, value)).for_each(|value| line.option(option, &value));
    }
    line.word(&scalar(file, image)?);
    let own = keys.get("command").filter(|command| command.is_sequence());
    for word in own.into_iter().flat_map(Node::items).filter_map(|word| scalar(file, word)) {
        line.word(&word);
    }
    // Without a command of its own the container runs that of the step, in a shell.
    let command = || step.get("command").or_else(|| step.get("commands")).and_then(|all| scalar(file, all));
    if let Some(command) = own.is_none().then(command).flatten() {
        line.option("sh -e -c ", &command);
    }
    let container =
        StartedContainer { name: name.to_owned(), is_image: true, place: plugin.key.span(), gpu_label: None };
    Some(HostScript { container: Some(container), ..HostScript::new(line.finish(), ShellOptions::default()) })
}
