//! SHM012: the container has the host's `/dev/shm`.

use super::case::{Case, Check, DEFAULT};
use crate::container::finding::{Change, Finding, Rule, Wanted};
use crate::container::workload::{Effect, Says, Setting, Shm, Target, Why};

pub(super) const CHECK: Check = Check::Gpu(check);

fn check(rule: &'static Rule, case: &Case<'_>) -> Option<Finding> {
    let workload = case.workload;
    if workload.shm != Shm::Host {
        return None;
    }
    let setting = workload.decided_by?;
    let written = workload.settings.get(setting)?;
    if matches!(written.says, Says::Mount { read_only: true, .. }) {
        return None;
    }
    let message =
        format!("{} shares /dev/shm with every process on the host (`{}`)", workload.title(), written.text);
    let help = format!(
        "Give it a /dev/shm of its own, unless containers share memory on purpose: segments that a crash leaves behind stay on the \
         host, and names can collide.{}",
        workload.engine.words().on_host_ipc
    );
    let finding = Finding::of(rule, workload, message)
        .help(help)
        .related(written.place.clone(), "shares the host's /dev/shm")
        .because_of_gpu(workload);
    Some(match change(case, setting, written) {
        Some(change) => finding.wants(Wanted::with_unsafe_effects(change)),
        None => finding,
    })
}

/// A size of its own: the one that stands there without effect, else a new one.
fn change(case: &Case<'_>, setting: usize, written: &Setting) -> Option<Change> {
    let ignored = |other: &Setting| {
        let size = matches!(other.says, Says::Size(..)).then(|| other.size()?.1.bytes()).flatten();
        other.effect == Effect::None(Why::Overruled(setting)) && size.is_some_and(|bytes| bytes > DEFAULT)
    };
    match written.says {
        // A bind of the whole /dev is there for its devices: it cannot go.
        Says::Mount { target: Target::Dev, .. } => None,
        _ if case.workload.is_joined => None,
        _ if case.workload.settings.iter().any(ignored) => Some(Change::Remove { setting }),
        _ => case.affordable().map(|bytes| Change::ReplaceBySize { setting, bytes }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{pod, trainer, web};
    use super::*;
    use crate::container::workload::{Ipc, Mounted};
    use crate::size::{Dialect, GIB};

    #[test]
    fn each_way_to_the_hosts_memory_is_a_note() {
        let finding = trainer().ipc(Ipc::Host).finding();
        assert_eq!(
            finding.message,
            "service 'trainer' shares /dev/shm with every process on the host (`ipc: host`)"
        );
        let change = Change::ReplaceBySize { setting: 0, bytes: 2 * GIB };
        assert_eq!(finding.wanted, Some(Wanted::with_unsafe_effects(change)));
        assert!(pod().ipc(Ipc::Host).finding().help.contains("Pod Security"));
        assert_eq!(trainer().mount(Target::Dev, Mounted::Host, false).wanted(), None);
        web().ipc(Ipc::Host).silent();
    }

    #[test]
    fn a_size_that_stands_there_is_used() {
        let findings = trainer().ipc(Ipc::Host).size(Dialect::Compose, "16g").findings();
        let remove = Some(Wanted::with_unsafe_effects(Change::Remove { setting: 0 }));
        assert_eq!(findings.iter().map(|finding| &finding.wanted).collect::<Vec<_>>(), [&remove, &remove]);
    }
}
