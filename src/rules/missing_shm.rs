//! SHM001: a workload asks for a GPU and nothing sets its `/dev/shm`.
//!
//! It speaks where nothing effective is written. Where something without effect is, the rule for that speaks instead.

use super::case::{Case, Check, DEFAULT, has_own_rule};
use super::{help, running};
use crate::container::finding::{Finding, Rule, Severity};
use crate::container::look::how_to_check;
use crate::container::workload::{Shm, Workload};
use crate::need::verdict::Verdict;
use crate::size::about;

pub(super) const CHECK: Check = Check::Gpu(check);

fn check(rule: &'static Rule, case: &Case<'_>) -> Option<Finding> {
    let workload = case.workload;
    if let Some(lost) = running::lost(rule, case) {
        return Some(lost);
    }
    let owner = owner(case)?;
    let Shm::Default { bytes } = owner.shm else { return None };
    if owner.settings.iter().any(has_own_rule) {
        return None;
    }
    let advice = case.advice();
    // A daemon whose default was raised gives more than 64 MiB: enough, unless more is known to be needed.
    if bytes > DEFAULT && case.needed().is_none_or(|needed| needed <= bytes) {
        return None;
    }
    let severity = match advice.need.verdict {
        Verdict::Yes => Severity::Error,
        Verdict::Likely | Verdict::Unknown => Severity::Warning,
        Verdict::No => Severity::Note,
    };
    let mut finding = Finding::of(rule, workload, message(case, owner, bytes))
        .severity(severity)
        .help(match advice.need.verdict {
            Verdict::No => "No change is needed; the fix sets a size all the same.".into(),
            _ => help::sentences(&[&help::size(case), &how_to_check(workload)]),
        })
        .because_of_gpu(workload);
    finding = running::beside(case, case.because_of_need(finding));
    if !std::ptr::eq(owner, workload) {
        finding = finding.related(owner.place.clone(), "its /dev/shm is shared");
    }
    Some(match case.set_size() {
        Some(wanted) => finding.wants(wanted),
        None => finding,
    })
}

/// The workload whose `/dev/shm` this one has: itself, or the one in its unit that it joins.
fn owner<'a>(case: &Case<'a>) -> Option<&'a Workload> {
    match case.workload.shm {
        Shm::Default { .. } => Some(case.workload),
        Shm::Shared { .. } => case.unit.get(case.workload.joins?),
        _ => None,
    }
}

fn message(case: &Case<'_>, owner: &Workload, bytes: u64) -> String {
    let (title, size) = (case.workload.title(), case.default_size(bytes));
    let asks = case.workload.gpu.called();
    let gets = if std::ptr::eq(owner, case.workload) {
        format!("{title} asks for {asks} but gets {size} /dev/shm")
    } else {
        format!("{title} asks for {asks} but shares the /dev/shm of '{}', which has {size}", owner.name)
    };
    let need = &case.advice().need;
    match (need.verdict, case.needed()) {
        (Verdict::No, _) if need.why.is_empty() => {
            format!("{gets}; not a problem: it is known to need no shared memory")
        }
        (Verdict::No, _) => format!("{gets}; not a problem: {}", need.why),
        (_, Some(needed)) if needed > bytes => format!("{gets}; it needs about {}", about(needed)),
        _ => gets,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{pod, trainer, web};
    use super::*;
    use crate::container::finding::{Change, Wanted};
    use crate::container::workload::{Engine, Ipc, Mounted, Target, Why};
    use crate::size::{Dialect, GIB, MIB};

    #[test]
    fn it_speaks_of_the_default_of_each_engine() {
        let message = |engine| trainer().engine(engine).finding().message;
        assert_eq!(
            message(Engine::Docker),
            "service 'trainer' asks for a GPU but gets Docker's default 64 MiB /dev/shm"
        );
        assert!(message(Engine::Podman).ends_with("Podman's default 62.5 MiB /dev/shm"));
        assert!(message(Engine::Swarm).ends_with("Docker's default 64 MiB /dev/shm"));
        assert!(pod().finding().message.ends_with("the container runtime's default 64 MiB /dev/shm"));
    }

    #[test]
    fn it_is_as_loud_as_the_need_is_known() {
        let severity =
            |image, command: &[&str]| trainer().called("app").runs(image, command).finding().severity;
        assert_eq!(severity("acme/thing", &["torchrun", "--nproc-per-node=2", "train.py"]), Severity::Error);
        assert_eq!(severity("acme/thing", &[]), Severity::Warning);
        assert_eq!(severity("pytorch/pytorch", &["nvidia-smi"]), Severity::Note);
        // People enter a waiting container of Docker's and start what they like; a pod that waits is mostly a sample.
        let waits = |build: super::super::testing::Build| {
            build.called("app").runs("acme/thing", &["sleep", "infinity"]).finding().severity
        };
        assert_eq!(waits(trainer()), Severity::Warning);
        assert_eq!(waits(pod()), Severity::Note);
        let quiet = trainer().runs("acme/thing", &["nvidia-smi"]).options(|options| options.pedantic = false);
        quiet.silent();
    }

    #[test]
    fn a_severity_of_the_configuration_does_not_make_noise_of_notes() {
        let louder = |options: &mut crate::rules::options::JudgeOptions| {
            options.rules = super::super::all().iter().map(|rule| (rule, Severity::Error)).collect();
        };
        assert_eq!(trainer().runs("acme/thing", &[]).options(louder).finding().severity, Severity::Error);
        assert_eq!(trainer().runs("a", &["nvidia-smi"]).options(louder).finding().severity, Severity::Note);
    }

    #[test]
    fn it_is_silent_without_a_gpu_and_where_something_counts() {
        web().silent();
        trainer().size(Dialect::Compose, "8g").silent();
        trainer().mount(Target::Shm, Mounted::Memory(Some(8 * GIB)), false).silent();
    }

    #[test]
    fn where_another_rule_speaks_of_what_is_written_it_is_silent() {
        for build in [
            trainer().size(Dialect::Compose, "8Gi"),
            trainer().size(Dialect::Compose, "0"),
            trainer().build_size("2g"),
            trainer().engine(Engine::Swarm).size(Dialect::Compose, "2g"),
            trainer().flag("--shm-size=2g", "--shm-size=2g", Why::BehindImage),
            pod().volume(None),
        ] {
            let codes = build.codes();
            assert!(codes.len() == 1 && codes != ["SHM001"], "{codes:?}");
        }
        // What was never meant to set it does not silence it.
        assert_eq!(trainer().engine(Engine::Swarm).ipc(Ipc::Own).codes(), ["SHM001"]);
        assert_eq!(trainer().mount(Target::BelowShm, Mounted::Memory(None), false).codes(), ["SHM001"]);
    }

    #[test]
    fn the_owner_of_a_shared_one_is_named() {
        let finding = trainer().joins(web()).finding();
        assert!(
            finding.message.contains("shares the /dev/shm of 'trainer', which has Docker's default 64 MiB")
        );
        trainer().joins(web().size(Dialect::Compose, "8g")).silent();
    }

    #[test]
    fn a_raised_default_of_the_daemon_is_enough() {
        let raised = |bytes| trainer().default_of(bytes);
        raised(8 * GIB).silent();
        assert!(raised(32 * MIB).finding().message.contains("the daemon's default 32 MiB"));
    }

    #[test]
    fn at_most_half_of_the_memory_is_given() {
        let wanted = |limit| trainer().runs("acme/thing", &[]).memory(limit).wanted();
        let bytes = |bytes| Some(Wanted::safe(Change::size(bytes)));
        assert_eq!(wanted(16 * GIB), bytes(2 * GIB));
        assert_eq!(wanted(GIB), bytes(GIB / 2));
    }
}
