//! What is known of a container that runs, beside what it was started with: what happened to it, whose copy it is, and where
//! it came from.

use std::collections::HashMap;

use super::{Shm, Workload};
use crate::text::place::Place;

/// A container that an engine or a cluster describes.
#[derive(Clone, Debug, Default)]
pub struct Running {
    /// The pod that it is a part of: namespace and name.
    pub pod: Option<(String, String)>,
    /// What runs it, perhaps several times: `Deployment ml/trainer`, `service 'trainer'`.
    pub owner: Option<String>,
    /// How many copies of it the owner runs that are alike in what reports say, itself among them.
    pub copies: usize,
    /// What happened to it, as clauses.
    pub facts: Vec<String>,
    /// What its labels and annotations say of where it comes from, where no file of the tree could be found for it.
    pub origin: Option<String>,
    /// What the file that started it says now, where it lies in the tree.
    pub declared: Option<Declared>,
}

/// What kind of file starts a container that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Starter {
    /// A Compose file.
    Compose,
    /// A Quadlet unit.
    Quadlet,
    /// A `devcontainer.json`.
    Devcontainer,
}

/// What the file that started a container says of its `/dev/shm` now.
#[derive(Clone, Debug)]
pub struct Declared {
    /// What reads it.
    pub starter: Starter,
    /// What it is called there: the service, the unit.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// What it would get if it was created anew.
    pub shm: Shm,
    /// What decides that, as it is written, and where.
    pub setting: Option<(String, Place)>,
    /// Whether that depends on no variable, which may have had another value at the time.
    pub is_literal: bool,
}

impl Declared {
    /// What a workload of the file that started a container says.
    pub fn of(starter: Starter, found: &Workload) -> Self {
        let setting = found.deciding();
        Self {
            starter,
            name: found.name.clone(),
            place: found.place.clone(),
            shm: found.shm.clone(),
            is_literal: setting.is_none_or(|setting| !setting.place.text().contains('$')),
            setting: setting.map(|setting| (setting.text.clone(), setting.place.clone())),
        }
    }
}

/// What the end of a process says of `/dev/shm`, as a clause; nothing for other ends. A bus error is what a write into a full
/// one gives, and its pages count against the memory limit.
pub fn ending(code: Option<i64>, oom_killed: bool) -> Option<String> {
    match code {
        _ if oom_killed => Some("it was killed for exceeding its memory limit (OOMKilled)".into()),
        Some(135) => Some("it exited with code 135 (SIGBUS, as when /dev/shm is full)".into()),
        Some(137) => Some("it exited with code 137 (SIGKILL)".into()),
        _ => None,
    }
}

/// Lets copies that are alike be judged once: at the first to which something happened, else at the first.
pub fn fold_copies(workloads: &mut [Workload]) {
    let mut alike: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, workload) in workloads.iter().enumerate() {
        if let Some(owner) = workload.running.as_ref().and_then(|running| running.owner.as_ref()) {
            let name =
                workload.running.as_ref().and_then(|running| running.pod.as_ref()).map(|_| &workload.name);
            let key = format!("{owner}\n{name:?}\n{:?}\n{:?}", workload.shm, workload.gpu.verdict);
            alike.entry(key).or_default().push(index);
        }
    }
    for copies in alike.into_values().filter(|copies| copies.len() > 1) {
        let running = |index: &usize| workloads.get(*index).and_then(|workload| workload.running.as_ref());
        let told =
            copies.iter().find(|index| running(index).is_some_and(|running| !running.facts.is_empty()));
        let Some(judged) = told.or(copies.first()).copied() else { continue };
        for index in &copies {
            let Some(workload) = workloads.get_mut(*index) else { continue };
            if *index != judged {
                workload.same_as = Some(judged);
            } else if let Some(running) = &mut workload.running {
                running.copies = copies.len();
            }
        }
    }
}
