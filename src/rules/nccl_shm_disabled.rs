//! SHM016: NCCL is told to do without shared memory, as people do when `/dev/shm` is too small.

use super::case::{Case, Check};
use crate::container::finding::{Finding, Rule};
use crate::need::evidence::{Claim, Evidence, Workaround};

pub(super) const CHECK: Check = Check::Gpu(check);

fn check(rule: &'static Rule, case: &Case<'_>) -> Option<Finding> {
    let workload = case.workload;
    // Most workloads say nothing of NCCL, and their need is not asked for.
    if !workload.environment.iter().any(|(name, _)| name == "NCCL_SHM_DISABLE") {
        return None;
    }
    let told = |one: &&Evidence| one.claim == Claim::Workaround(Workaround::NcclShmDisabled);
    let evidence = case.advice().need.evidence.iter().find(told)?;
    let message = format!(
        "{} keeps NCCL from sharing memory (`NCCL_SHM_DISABLE=1`): processes of one machine talk over the network stack instead",
        workload.title()
    );
    let help =
        "This is the usual way around a /dev/shm that is too small. With enough of it, remove the variable.";
    let finding = Finding::of(rule, workload, message).help(help);
    Some(finding.related(evidence.place.clone(), "turns it off").because_of_gpu(workload))
}

#[cfg(test)]
mod tests {
    use super::super::testing::trainer;
    use crate::size::Dialect;

    #[test]
    fn it_speaks_whatever_the_size() {
        let sized = || trainer().size(Dialect::Compose, "8g");
        assert_eq!(sized().env("NCCL_SHM_DISABLE", "1").codes(), ["SHM016"]);
        sized().env("NCCL_SHM_DISABLE", "0").silent();
        assert_eq!(trainer().env("NCCL_SHM_DISABLE", "1").codes(), ["SHM001", "SHM016"]);
    }
}
