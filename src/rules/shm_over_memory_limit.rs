//! SHM010: `/dev/shm` may grow to the memory limit and beyond, and its pages count against that limit.

use super::case::{Case, Check};
use crate::container::finding::{Finding, Rule};
use crate::size::human;

pub(super) const CHECK: Check = Check::Any(check);

fn check(rule: &'static Rule, case: &Case<'_>) -> Option<Finding> {
    let (limit, limited) = case.workload.memory_limit.as_ref()?;
    let (_, setting, size) = case.written()?;
    if size < *limit {
        return None;
    }
    let words = case.workload.engine.words();
    let message = format!(
        "{} can never fill its {} /dev/shm (`{}`): shared memory counts against {} of {}, so it is {} first",
        case.workload.title(),
        human(size),
        setting.text,
        words.memory_limit,
        human(*limit),
        words.over_limit
    );
    Some(
        Finding::of(rule, case.workload, message)
            .help("Raise the memory limit, or lower the size to at most half of it: the program itself needs memory too.")
            .related(setting.place.clone(), "the size")
            .related(limited.clone(), "the limit"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::{pod, web};
    use crate::container::workload::{Mounted, Target};
    use crate::size::{Dialect, GIB};

    #[test]
    fn a_size_as_large_as_the_limit_is_too_large() {
        let finding = web().size(Dialect::Compose, "4g").memory(4 * GIB).finding();
        assert_eq!(
            finding.message,
            "service 'trainer' can never fill its 4 GiB /dev/shm (`shm_size: 4g`): shared memory counts against its memory limit \
             of 4 GiB, so it is killed first"
        );
        assert_eq!(pod().memory_mount(Dialect::Kubernetes, "8Gi").memory(4 * GIB).codes(), ["SHM010"]);
    }

    #[test]
    fn a_smaller_one_and_the_kubelets_own_bound_are_fine() {
        web().size(Dialect::Compose, "2g").memory(4 * GIB).silent();
        pod().mount(Target::Shm, Mounted::Memory(Some(GIB)), false).memory(GIB).silent();
    }
}
