//! SHM013: there is no `/dev/shm`, or none that can be written.

use super::case::{Case, Check};
use crate::container::finding::{Finding, Rule};
use crate::container::workload::{Says, Shm};

pub(super) const CHECK: Check = Check::Gpu(check);

fn check(rule: &'static Rule, case: &Case<'_>) -> Option<Finding> {
    let workload = case.workload;
    let written = workload.deciding()?;
    let read_only = matches!(written.says, Says::Mount { read_only: true, .. });
    if workload.shm != Shm::None && !read_only {
        return None;
    }
    let what = if read_only { "a read-only /dev/shm" } else { "no /dev/shm" };
    let message = format!(
        "{} asks for {} but has {what} (`{}`)",
        workload.title(),
        workload.gpu.called(),
        written.text
    );
    Some(
        Finding::of(rule, workload, message)
            .severity(case.severity(rule.severity))
            .help("Remove the setting and give the container a size: without a writable /dev/shm its processes cannot share memory.")
            .related(written.place.clone(), "removes /dev/shm")
            .because_of_gpu(workload),
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::{trainer, web};
    use crate::container::workload::{Ipc, Mounted, Target};

    #[test]
    fn none_and_read_only_are_as_bad() {
        assert_eq!(trainer().ipc(Ipc::None).codes(), ["SHM013"]);
        assert_eq!(trainer().mount(Target::Shm, Mounted::Memory(Some(1 << 40)), true).codes(), ["SHM013"]);
        web().ipc(Ipc::None).silent();
        trainer().mount(Target::Shm, Mounted::Memory(Some(1 << 40)), false).silent();
    }
}
