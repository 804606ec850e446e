//! How one looks at `/dev/shm` in a running container, by where it was started, and how a change reaches it.

use std::borrow::Cow;

use crate::container::workload::{Engine, Platform, Workload};

/// How to see the size of `/dev/shm` in the running container, and what to do so that a change takes effect there: two
/// sentences for a terminal.
pub fn how_to_check(workload: &Workload) -> String {
    let name = quoted(&workload.name);
    let client = workload.engine.words().client;
    match (workload.platform, workload.engine) {
        (Platform::Live, Engine::Kubernetes) => {
            let pod = workload.running.as_ref().and_then(|running| running.pod.as_ref());
            pod.map_or(String::new(), |(namespace, pod)| {
                let (namespace, pod) = (quoted(namespace), quoted(pod));
                format!("Check with `kubectl exec -n {namespace} {pod} -c {name} -- df -h /dev/shm`.")
            })
        }
        (_, Engine::Kubernetes) => format!(
            "Check with `kubectl exec POD -c {name} -- df -h /dev/shm`. Volumes of a running pod cannot change: delete and re-create it (or roll out its workload)."
        ),
        (_, Engine::Swarm) => "Check with `docker exec CONTAINER df -h /dev/shm` on the node. \
             `docker stack deploy` replaces the running containers."
            .into(),
        (Platform::Compose, _) => format!(
            "Check with `docker compose exec {name} df -h /dev/shm`. Restarting is not enough; \
             `docker compose up -d {name}` recreates the container."
        ),
        (Platform::Devcontainer, _) => {
            "Check with `df -h /dev/shm` in the dev container, after rebuilding it.".into()
        }
        (Platform::CiContainer, _) => "Check with a step that runs `df -h /dev/shm`.".into(),
        (Platform::Quadlet, _) => {
            "Check with `podman exec CONTAINER df -h /dev/shm`, after `systemctl daemon-reload` and \
             a restart of the unit."
                .into()
        }
        (Platform::Live, _) => {
            format!("Check with `{client} exec {name} df -h /dev/shm`. An existing container keeps its size.")
        }
        (Platform::DockerRun | Platform::Kubernetes, _) => format!(
            "Check with `{client} exec CONTAINER df -h /dev/shm`. An existing container keeps its old size: remove it \
             and run it again."
        ),
    }
}

/// How GPUs are asked for, where the request is refused: a sentence.
pub fn how_to_ask_for_gpus(workload: &Workload) -> &'static str {
    match workload.platform {
        Platform::Compose => "Write `gpus: all`, or a list such as `gpus: [{count: 1}]`.",
        _ => "Write `--gpus all`, a number such as `--gpus 2`, or a list such as `--gpus device=0`.",
    }
}

/// Where the size of a Podman pod is set, which its members share: a sentence.
pub fn how_to_size_the_pod(workload: &Workload) -> &'static str {
    match workload.platform {
        Platform::Quadlet => "Set `ShmSize=` in the `.pod` file instead.",
        _ => "Set it on the pod instead: `podman pod create --shm-size=…`.",
    }
}

/// A name as a shell reads it whole, whatever is in it.
fn quoted(name: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || "_.-/:@".contains(c);
    if name.chars().all(is_plain) { name.into() } else { format!("'{}'", name.replace('\'', r"'\''")).into() }
}
