//! SHM011: memory on `/dev/shm` without a size and without a memory limit.

use super::case::{Case, Check};
use super::wrong_size_unit;
use crate::container::finding::{Change, Finding, Rule, Wanted};
use crate::container::workload::{Mounted, Says, Shm};
use crate::size::Size;

pub(super) const CHECK: Check = Check::Gpu(check);

fn check(rule: &'static Rule, case: &Case<'_>) -> Option<Finding> {
    let workload = case.workload;
    if workload.shm != (Shm::Tmpfs { bytes: None }) || workload.memory_limit.is_some() {
        return None;
    }
    let setting = workload.decided_by?;
    let written = workload.settings.get(setting)?;
    // Whoever fills a template in may give it a size.
    if workload.settings.iter().any(|other| matches!(other.says, Says::Unread(_))) {
        return None;
    }
    let sized = |says: &Says| matches!(says, Says::MountSize(..));
    // A share of the machine's memory is a bound, and so may be what nobody knows.
    let bound = |says: &Says| matches!(says, Says::MountSize(_, Size::Unknown | Size::Percent(1..)));
    if workload.settings.iter().any(|setting| bound(&setting.says)) {
        return None;
    }
    let zero =
        workload.settings.iter().any(|setting| matches!(setting.says, Says::MountSize(_, Size::Bytes(0))));
    let wrong =
        || workload.settings.iter().any(|other| sized(&other.says) && wrong_size_unit::is_wrong(case, other));
    let change = |bytes| match written.says {
        Says::Size(..) => Some(Change::ReplaceSize { setting, bytes }),
        Says::Mount { what: Mounted::Memory(_), .. } => Some(Change::Limit { setting, bytes }),
        _ => None,
    };
    let bytes = case.options.size.max(case.recommended());
    let change = change(bytes).filter(|_| !wrong())?;
    let most = if zero { "all of the host's memory" } else { workload.engine.words().unbounded };
    let message =
        format!("{} can fill {most} through /dev/shm: `{}` sets no limit", workload.title(), written.text);
    Some(
        Finding::of(rule, workload, message)
            .help("Set a size, or a memory limit for the container: otherwise files left there can fill the machine's memory.")
            .related(written.place.clone(), "sets no limit")
            .wants(Wanted::with_unsafe_effects(change)),
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::{pod, trainer, web};
    use super::*;
    use crate::container::workload::Engine;
    use crate::container::workload::Target;
    use crate::size::{Dialect, GIB};

    #[test]
    fn neither_size_nor_limit_is_a_note() {
        let memory = || Mounted::Memory(None);
        let change = Change::Limit { setting: 0, bytes: 2 * GIB };
        let wanted = pod().mount(Target::Shm, memory(), false).wanted();
        assert_eq!(wanted, Some(Wanted::with_unsafe_effects(change)));
        assert_eq!(trainer().engine(Engine::Podman).size(Dialect::Podman, "0").codes(), ["SHM011"]);
        pod().mount(Target::Shm, memory(), false).memory(GIB).silent();
        web().mount(Target::Shm, memory(), false).silent();
    }
}
