//! What the launcher of an `MPIJob` starts in the pods of its workers:
//! <https://github.com/kubeflow/mpi-operator/blob/v0.6.0/pkg/apis/kubeflow/v2beta1/types.go>.

use super::manifest::{Manifest, at, get, list};
use super::shape::Object;
use crate::container::workload::Later;
use crate::syntax::yaml::Node;

/// Words in front of the number of all processes.
const NUMBERS: [&str; 3] = ["-np", "--np", "-n"];

/// The launcher's command as it runs in one worker's pod, with the number of processes that it starts there; nothing where
/// the object is no such job, or the pod not a worker's.
pub(super) fn worker(manifest: &Manifest, object: Object<'_>, pod: Node<'_>) -> Option<Later> {
    let specs = at(object.node, "spec.mpiReplicaSpecs").filter(|_| object.kind == "MPIJob")?;
    let (launcher, worker) = (get(specs, "Launcher")?, get(specs, "Worker")?);
    if at(worker, "template.spec")?.id() != pod.id() {
        return None;
    }
    let number = |node: Node<'_>| node.str()?.parse::<u64>().ok().filter(|number| *number > 0);
    let container = list(at(launcher, "template.spec")?, "containers").next()?;
    let words = ["command", "args"].into_iter().filter_map(|key| get(container, key)).flat_map(Node::items);
    let words: Vec<Node<'_>> = words.map(Node::resolve).collect();
    let at_number = words.iter().position(|word| word.str().is_some_and(|word| NUMBERS.contains(&word)));
    let all = at_number.and_then(|at| words.get(at + 1).copied());
    let slots = ["spec.slotsPerWorker", "slotsPerWorker"].iter().find_map(|path| at(object.node, path));
    let (told, count) = match (all, slots) {
        (Some(all), _) => {
            let pods = get(worker, "replicas").map_or(Some(1), number)?;
            let each = number(all)?.div_ceil(pods);
            (all, slots.and_then(number).map_or(each, |slots| each.min(slots)))
        }
        (None, Some(slots)) => (slots, number(slots)?),
        (None, None) => return None,
    };
    let behind = words.iter().enumerate().filter(|(at, _)| at_number.is_none_or(|number| *at > number + 1));
    let rest: Vec<&str> = behind.filter_map(|(_, word)| manifest.str(*word)).collect();
    let script = format!("mpirun -np {count} {}", rest.join(" "));
    Some(Later { script, place: manifest.place(told.span()), typed: true })
}
