//! SHM002: a size takes effect, and is below what the workload needs or no more than the default.

use super::case::{Case, Check, DEFAULT};
use super::{help, wrong_size_unit};
use crate::container::finding::{Change, Finding, Rule, Wanted};
use crate::container::look::how_to_check;
use crate::need::verdict::Verdict;
use crate::size::{GIB, about, human};

pub(super) const CHECK: Check = Check::Gpu(check);

fn check(rule: &'static Rule, case: &Case<'_>) -> Option<Finding> {
    let (index, setting, bytes) = case.written()?;
    if wrong_size_unit::is_wrong(case, setting) {
        return None;
    }
    let asked = case.options.minimum;
    if asked.map_or_else(|| is_plenty(case, bytes), |minimum| bytes >= minimum) {
        return None;
    }
    if case.advice().need.verdict == Verdict::No {
        return None;
    }
    let why = match (asked, case.needed()) {
        (Some(minimum), _) => format!("less than the required {}", human(minimum)),
        (None, Some(needed)) if bytes < needed => format!("but needs about {}", about(needed)),
        (None, None) if bytes <= DEFAULT => "no more than the default".into(),
        _ => return None,
    };
    let (title, text) = (case.workload.title(), &setting.text);
    let message = format!("{title} has {} of /dev/shm (`{text}`), {why}", human(bytes));
    let finding = Finding::of(rule, case.workload, message)
        .help(help::sentences(&[&help::size(case), &how_to_check(case.workload)]))
        .related(setting.place.clone(), "sets the size")
        .because_of_gpu(case.workload);
    let finding = case.because_of_need(finding);
    Some(match case.affordable().filter(|&better| better > bytes) {
        Some(bytes) => {
            finding.wants(Wanted::with_unsafe_effects(Change::ReplaceSize { setting: index, bytes }))
        }
        None => finding,
    })
}

/// Whether no workload like this is known to fail with so much, so that nothing needs to be looked up: only a cache that an
/// option of vLLM puts there wants more than a few hundred MiB to start at all.
fn is_plenty(case: &Case<'_>, bytes: u64) -> bool {
    bytes >= GIB && !case.workload.command.iter().any(|word| word.contains("offload"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{pod, trainer, web};
    use super::*;
    use crate::size::Dialect;

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
    fn what_is_known_to_be_needed_and_what_is_asked_for_count() {
        let server = |size| {
            trainer().runs("vllm/vllm-openai", &["--tensor-parallel-size", "2"]).size(Dialect::Compose, size)
        };
        assert!(server("128m").finding().message.ends_with("(`shm_size: 128m`), but needs about 240 MiB"));
        server("256m").silent();
        let cache = ["--kv-offloading-size", "20"];
        let finding = trainer().runs("vllm/vllm-openai", &cache).size(Dialect::Compose, "16g").finding();
        assert!(finding.message.ends_with("but needs about 20 GiB"), "{}", finding.message);
        let asked =
            |size| trainer().size(Dialect::Compose, size).options(|options| options.minimum = Some(4 * GIB));
        assert!(asked("2g").finding().message.ends_with("less than the required 4 GiB"));
        let change = Change::ReplaceSize { setting: 0, bytes: 4 * GIB };
        assert_eq!(asked("2g").wanted(), Some(Wanted::with_unsafe_effects(change)));
        asked("4g").silent();
    }

    #[test]
    fn it_is_silent_where_none_is_needed() {
        web().size(Dialect::Compose, "64m").silent();
        trainer().runs("a", &["nvidia-smi"]).size(Dialect::Compose, "64m").silent();
        trainer().size(Dialect::Compose, "2g").silent();
    }
}
