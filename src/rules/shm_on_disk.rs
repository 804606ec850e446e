//! SHM009: what is mounted on `/dev/shm` is a directory on disk.

use super::case::{Case, Check};
use crate::container::finding::{Change, Finding, Rule, Wanted};
use crate::container::workload::{Effect, Engine, Mounted, Says, Shm, Why};

pub(super) const CHECK: Check = Check::Gpu(check);

fn check(rule: &'static Rule, case: &Case<'_>) -> Option<Finding> {
    let workload = case.workload;
    if workload.shm != Shm::Disk {
        return None;
    }
    let setting = workload.decided_by?;
    let written = workload.settings.get(setting)?;
    let Says::Mount { what: Mounted::Disk(what), .. } = &written.says else { return None };
    let message = format!("{} mounts {what} on /dev/shm, so its shared memory is on disk", workload.title());
    let kubernetes = workload.engine == Engine::Kubernetes;
    // A size that is written already takes effect once nothing is mounted over it.
    let size = workload.settings.iter().find(|other| {
        let is_size = matches!(&other.says, Says::Size(_, size) if size.bytes().is_some());
        is_size && matches!(other.effect, Effect::None(Why::Overruled(_)))
    });
    let help = if kubernetes {
        "Use an emptyDir with `medium: Memory`; what is written there then counts against the memory limit."
            .into()
    } else if let Some(size) = size {
        format!("Remove the mount: `{}` has no effect beside it.", size.text)
    } else {
        "Remove the mount and give the container a size: /dev/shm is then in memory.".to_owned()
    };
    let finding = Finding::of(rule, workload, message)
        .severity(case.severity(rule.severity))
        .help(help)
        .related(written.place.clone(), "mounted here")
        .because_of_gpu(workload);
    Some(match (kubernetes, case.affordable()) {
        (false, _) if size.is_some() => {
            finding.wants(Wanted::with_unsafe_effects(Change::Remove { setting }))
        }
        (true, _) => finding.wants(Wanted::with_unsafe_effects(Change::SetMedium { setting })),
        (false, Some(bytes)) => {
            finding.wants(Wanted::with_unsafe_effects(Change::ReplaceBySize { setting, bytes }))
        }
        (false, None) => finding,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{pod, trainer};
    use super::*;
    use crate::container::workload::Target;
    use crate::size::GIB;

    #[test]
    fn kubernetes_gets_a_medium_and_docker_a_size() {
        let disk = |what: &str| Mounted::Disk(what.into());
        let wanted = pod().mount(Target::Shm, disk("a disk-backed emptyDir"), false).wanted();
        assert_eq!(wanted, Some(Wanted::with_unsafe_effects(Change::SetMedium { setting: 0 })));
        let finding = trainer().mount(Target::Shm, disk("a named volume"), false).finding();
        assert_eq!(
            finding.message,
            "service 'trainer' mounts a named volume on /dev/shm, so its shared memory is on disk"
        );
        let change = Change::ReplaceBySize { setting: 0, bytes: 2 * GIB };
        assert_eq!(finding.wanted, Some(Wanted::with_unsafe_effects(change)));
    }
}
