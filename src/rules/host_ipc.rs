//! SHM012: the container has the host's `/dev/shm`.

use super::{Case, Check, Rule};
use crate::finding::{Change, Finding, Wanted};
use crate::workload::{Engine, Says, Shm, Target};

pub(super) const CHECK: Check = Check::Gpu(check);

fn check(rule: &'static Rule, case: &Case<'_>) -> Option<Finding> {
    let workload = case.workload;
    if workload.shm != Shm::Host {
        return None;
    }
    let setting = workload.decided_by?;
    let written = workload.settings.get(setting)?;
    let message =
        format!("{} shares /dev/shm with every process of the host (`{}`)", workload.title(), written.text);
    let mut help = String::from("It works, but what a crash leaves there stays on the host, and names clash.");
    if workload.engine == Engine::Kubernetes {
        help.push_str(" The baseline of the Pod Security Standards refuses it.");
    }
    let finding = Finding::of(rule, workload, message)
        .help(help)
        .related(written.place.clone(), "the host's")
        .because_of_gpu(workload);
    // A bind of the whole /dev is there for its devices: it cannot go.
    let device_tree = matches!(written.says, Says::Mount { target: Target::Dev, .. });
    Some(match case.affordable().filter(|_| !device_tree) {
        Some(bytes) => finding.wants(Wanted::with_unsafe_effects(Change::ReplaceBySize { setting, bytes })),
        None => finding,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{pod, trainer, web};
    use super::*;
    use crate::size::GIB;
    use crate::workload::{Ipc, Mounted};

    #[test]
    fn each_way_to_the_hosts_memory_is_a_note() {
        let finding = trainer().ipc(Ipc::Host).finding();
        assert_eq!(finding.message, "service 'trainer' shares /dev/shm with every process of the host (`ipc: host`)");
        let change = Change::ReplaceBySize { setting: 0, bytes: 2 * GIB };
        assert_eq!(finding.wanted, Some(Wanted::with_unsafe_effects(change)));
        assert!(pod().ipc(Ipc::Host).finding().help.contains("Pod Security"));
        assert_eq!(trainer().mount(Target::Dev, Mounted::Host, false).wanted(), None);
        web().ipc(Ipc::Host).silent();
    }
}
