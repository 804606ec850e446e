//! SHM017: a request for GPUs that the client refuses, so that nothing starts.

use super::case::{Case, Check};
use crate::container::finding::{Change, Finding, Rule, Wanted};
use crate::container::look::how_to_ask_for_gpus;

pub(super) const CHECK: Check = Check::Any(check);

fn check(rule: &'static Rule, case: &Case<'_>) -> Option<Finding> {
    let refusal = case.workload.gpu.refused.as_ref()?;
    let (title, text) = (case.workload.title(), &refusal.evidence.text);
    let message = format!("`{text}` is invalid, so {title} does not start: {}", refusal.why);
    Some(
        Finding::of(rule, case.workload, message)
            .help(how_to_ask_for_gpus(case.workload))
            .related(refusal.evidence.place.clone(), "written here")
            .wants(Wanted::with_unsafe_effects(Change::AskForGpus)),
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::{trainer, web};
    use super::*;
    use crate::container::finding::Safety;

    #[test]
    fn it_says_what_the_client_says() {
        let finding = web().refused("--gpus 1.5", "invalid count (1.5)").finding();
        assert_eq!(finding.rule.code, "SHM017");
        assert!(finding.message.ends_with("does not start: invalid count (1.5)"), "{}", finding.message);
        let wanted = finding.wanted.map(|wanted| (wanted.change, wanted.safety));
        assert_eq!(wanted, Some((Change::AskForGpus, Safety::Unsafe)));
    }

    #[test]
    fn what_is_missing_besides_is_said_besides() {
        assert_eq!(trainer().refused("--gpus ALL", "invalid count (ALL)").codes(), ["SHM001", "SHM017"]);
    }
}
