//! SHM005: `shm_size` or `ipc` in a file that is deployed as a stack, where Swarm leaves both out.

use super::case::{Case, Check, is_lost_in_swarm};
use crate::container::finding::{Change, Finding, Rule, Wanted};
use crate::container::look::how_to_check;

pub(super) const CHECK: Check = Check::Any(check);

fn check(rule: &'static Rule, case: &Case<'_>) -> Option<Finding> {
    let workload = case.workload;
    // A memory volume on /dev/shm works; the other keys may then stand there for `docker compose up`.
    let default = case.gets_default()?;
    let mut lost = workload.settings.iter().filter(|setting| is_lost_in_swarm(setting)).peekable();
    let setting = *lost.peek()?;
    let message = format!(
        "`docker stack deploy` ignores `{}`, so {} gets {} /dev/shm",
        setting.text,
        workload.title(),
        case.default_size(default)
    );
    let mut finding = Finding::of(rule, workload, message)
        .help(format!(
            "Mount a volume of type tmpfs on /dev/shm, which Swarm does not ignore. {}",
            how_to_check(workload)
        ))
        .related(setting.place.clone(), "ignored by docker stack deploy");
    if let Some(evidence) = &workload.engine_evidence {
        finding = finding.related(evidence.place.clone(), "makes it a Swarm stack");
    }
    let written = lost.filter_map(|setting| setting.size()?.1.bytes()).next_back();
    Some(match case.at_least(written) {
        Some(bytes) => finding.wants(Wanted::safe(Change::size(bytes))),
        None => finding,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{trainer, web};
    use super::*;
    use crate::container::workload::{Engine, Ipc, Mounted, Target};
    use crate::size::{Dialect, GIB};

    #[test]
    fn one_finding_names_the_first_key_and_keeps_the_size() {
        let stack = trainer().engine(Engine::Swarm).ipc(Ipc::Host).size(Dialect::Compose, "4g");
        let finding = stack.finding();
        assert!(finding.message.starts_with("`docker stack deploy` ignores `ipc: host`"));
        assert_eq!(finding.wanted, Some(Wanted::safe(Change::size(4 * GIB))));
        assert_eq!(web().engine(Engine::Swarm).size(Dialect::Compose, "4g").codes(), ["SHM005"]);
    }

    #[test]
    fn a_memory_volume_makes_it_silent() {
        let stack = trainer().engine(Engine::Swarm).size(Dialect::Compose, "4g");
        stack.mount(Target::Shm, Mounted::Memory(Some(GIB)), false).silent();
    }
}
