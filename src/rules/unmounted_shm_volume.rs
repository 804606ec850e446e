//! SHM008: a memory volume is declared for shared memory, and the GPU container does not mount it on `/dev/shm`.

use super::case::{Case, Check, DEFAULT};
use crate::container::finding::{Change, Finding, Rule, Wanted};
use crate::container::look::how_to_check;
use crate::container::workload::Says;

pub(super) const CHECK: Check = Check::Gpu(check);

fn check(rule: &'static Rule, case: &Case<'_>) -> Option<Finding> {
    let default = case.gets_default()?;
    let mut settings = case.workload.settings.iter().enumerate();
    let (index, setting, name, mounted, size) =
        settings.find_map(|(index, setting)| match &setting.says {
            Says::Volume { name, mounted, bytes } => Some((index, setting, name, mounted, *bytes)),
            _ => None,
        })?;
    let enough = |bytes: u64| bytes > DEFAULT && case.needed().is_none_or(|needed| needed <= bytes);
    let too_small = mounted.is_none() && size.is_some_and(|bytes| !enough(bytes));
    let bytes = case.affordable().filter(|_| too_small);
    let elsewhere = mounted.as_ref().map(|place| format!(" but {place}")).unwrap_or_default();
    let message = format!(
        "{} does not mount the memory volume '{name}' on /dev/shm{elsewhere}, so it gets {}",
        case.workload.title(),
        case.default_size(default)
    );
    Some(
        Finding::of(rule, case.workload, message)
            .severity(case.severity(rule.severity))
            .help(format!("Mount the volume on /dev/shm. {}", how_to_check(case.workload)))
            .related(setting.place.clone(), "the volume")
            .because_of_gpu(case.workload)
            .wants(Wanted::safe(Change::MountVolume { setting: index, bytes })),
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::{pod, trainer};
    use super::*;
    use crate::size::Dialect;

    #[test]
    fn a_volume_that_is_nowhere_or_elsewhere_is_to_be_mounted() {
        let finding = pod().volume(Some("on `/dev/smh`")).finding();
        assert!(
            finding.message.contains("'dshm' on /dev/shm but on `/dev/smh`, so it gets"),
            "{}",
            finding.message
        );
        assert_eq!(finding.wanted, Some(Wanted::safe(Change::MountVolume { setting: 0, bytes: None })));
        assert_eq!(pod().volume(None).codes(), ["SHM008"]);
    }

    #[test]
    fn it_is_silent_where_something_else_is_mounted() {
        pod().volume(None).memory_mount(Dialect::Kubernetes, "8Gi").silent();
        assert_eq!(trainer().codes(), ["SHM001"]);
    }
}
