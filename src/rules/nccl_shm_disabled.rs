//! SHM016: NCCL is told not to use shared memory, as people tell it when `/dev/shm` is too small.

use super::case::{Case, Check};
use crate::container::finding::{Finding, Rule};

pub(super) const CHECK: Check = Check::Gpu(check);

/// NCCL takes the way through shared memory out where this variable is exactly 1 (`ncclParamShmDisable() == 1` in
/// src/transport/shm.cc of NCCL 2.21).
const VARIABLE: &str = "NCCL_SHM_DISABLE";

fn check(rule: &'static Rule, case: &Case<'_>) -> Option<Finding> {
    let workload = case.workload;
    let variable =
        || workload.environment.iter().any(|(name, value)| name == VARIABLE && value.trim() == "1");
    if !variable() && !workload.command.iter().any(|word| is_set_in(word)) {
        return None;
    }
    let message = format!(
        "{} disables NCCL's shared memory transport (`{VARIABLE}=1`), so its GPUs may exchange data over the network instead",
        workload.title()
    );
    let help = "Give it enough /dev/shm and remove the variable: GPUs that cannot reach each other directly then exchange data through \
                memory. The variable is a common workaround for a /dev/shm that is too small.";
    Some(Finding::of(rule, workload, message).help(help).because_of_gpu(workload))
}

/// Whether a word of a command, perhaps a whole script, sets the variable.
fn is_set_in(word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    word.match_indices(VARIABLE).any(|(at, _)| {
        let (before, rest) =
            (word.get(..at).unwrap_or_default(), word.get(at + VARIABLE.len()..).unwrap_or_default());
        let value = rest.strip_prefix('=').map(|value| value.trim_start_matches(['"', '\'']));
        let value = value.and_then(|value| value.strip_prefix('1'));
        !before.ends_with(is_part)
            && value.is_some_and(|behind| !behind.starts_with(|c| is_part(c) || c == '.'))
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Build, trainer, web};
    use crate::size::Dialect;

    fn sized() -> Build {
        trainer().size(Dialect::Compose, "8g")
    }

    #[test]
    fn it_is_told_of_whatever_the_size_is() {
        for build in [trainer(), sized(), trainer().ipc(crate::container::workload::Ipc::Host)] {
            assert!(build.env("NCCL_SHM_DISABLE", "1").codes().contains(&"SHM016"));
        }
        for script in
            ["export NCCL_SHM_DISABLE=1; torchrun train.py", "env NCCL_SHM_DISABLE='1' torchrun x.py"]
        {
            assert_eq!(sized().runs("a", &["bash", "-c", script]).codes(), ["SHM016"], "{script}");
        }
    }

    #[test]
    fn what_leaves_shared_memory_on_is_fine() {
        for value in ["0", "", "10", "true"] {
            sized().env("NCCL_SHM_DISABLE", value).silent();
        }
        sized().env("NCCL_P2P_DISABLE", "1").silent();
        sized().runs("a", &["bash", "-c", "MY_NCCL_SHM_DISABLE=1 NCCL_SHM_DISABLE=0 torchrun x.py"]).silent();
        web().env("NCCL_SHM_DISABLE", "1").silent();
    }
}
