//! SHM001: a workload asks for a GPU and nothing sets its `/dev/shm`.

use super::{Case, Rule};
use crate::finding::{Change, Finding, Wanted};
use crate::workload::{Effect, Shm};

/// Speaks where nothing at all is written; where something without effect is, the rule for that speaks instead.
pub(super) fn check(rule: &'static Rule, case: &Case<'_>) -> Vec<Finding> {
    let workload = case.workload;
    let Shm::Default { bytes } = workload.shm else { return Vec::new() };
    if !workload.gpu.is_yes() || workload.settings.iter().any(|setting| setting.effect != Effect::Effective) {
        return Vec::new();
    }
    let bytes = if bytes == 64 << 20 { "64 MiB".to_owned() } else { format!("{bytes} bytes") };
    let message = format!("{} asks for a GPU but gets the default {bytes} /dev/shm", workload.title());
    let wanted = Wanted::safe(Change::SetSize { bytes: case.recommended() });
    vec![Finding::of(rule, workload, message).because_of_gpu(workload).wants(wanted)]
}
