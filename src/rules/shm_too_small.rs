//! SHM002: a size takes effect, and is below what the workload needs or no more than the default.

use super::case::DEFAULT;
use super::{Case, Check, Rule, help, wrong_size_unit};
use crate::finding::{Change, Finding, Wanted};
use crate::knowledge::Verdict;
use crate::size::human;

pub(super) const CHECK: Check = Check::Gpu(check);

fn check(rule: &'static Rule, case: &Case<'_>) -> Option<Finding> {
    let (index, setting, bytes) = case.written()?;
    if wrong_size_unit::is_wrong(case, setting) {
        return None;
    }
    let advice = case.advice();
    let too_small = match case.needed() {
        Some(needed) => bytes < needed,
        None => bytes <= DEFAULT && advice.need.verdict != Verdict::No,
    };
    if !too_small {
        return None;
    }
    let (title, text) = (case.workload.title(), &setting.text);
    let message = match case.needed() {
        Some(needed) => format!(
            "{title} has {} of /dev/shm (`{text}`), but needs about {}",
            human(bytes),
            human(needed)
        ),
        None => format!(
            "{title} has {} of /dev/shm (`{text}`), no more than it would have by default",
            human(bytes)
        ),
    };
    let finding = Finding::of(rule, case.workload, message)
        .help(help::sentences(&[&help::size(case), &help::how_to_check(case.workload)]))
        .related(setting.place.clone(), "sets the size")
        .because_of_gpu(case.workload);
    Some(match case.affordable().filter(|&better| better > bytes) {
        Some(bytes) => {
            finding.wants(Wanted::with_unsafe_effects(Change::ReplaceSize { setting: index, bytes }))
        }
        None => finding,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{pod, trainer, web};
    use super::*;
    use crate::size::{Dialect, GIB};

    #[test]
    fn a_size_no_larger_than_the_default_is_as_good_as_none() {
        let finding = trainer().size(Dialect::Compose, "64m").finding();
        assert_eq!(finding.rule.code, "SHM002");
        let change = Change::ReplaceSize { setting: 0, bytes: 2 * GIB };
        assert_eq!(finding.wanted, Some(Wanted::with_unsafe_effects(change)));
        let finding = pod().memory_mount(Dialect::Kubernetes, "32Mi").finding();
        let change = Change::ReplaceSize { setting: 1, bytes: 2 * GIB };
        assert_eq!(finding.wanted, Some(Wanted::with_unsafe_effects(change)));
    }

    #[test]
    fn it_is_silent_where_none_is_needed() {
        web().size(Dialect::Compose, "64m").silent();
        trainer().runs("a", &["nvidia-smi"]).size(Dialect::Compose, "64m").silent();
        trainer().size(Dialect::Compose, "2g").silent();
    }
}
