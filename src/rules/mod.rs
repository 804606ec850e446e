//! The rules: each looks at one workload and says what is wrong with its `/dev/shm`.
//!
//! A rule is one file here, one page in `rules/` and one line in the table below. The page's front matter holds the
//! rule's code, name, severity and the safety of its fix; the file holds a [`Check`].

mod build_time_shm_only;
pub mod case;
mod help;
mod host_ipc;
mod ignored_shm_size;
mod invalid_gpu_request;
mod misplaced_flag;
mod missing_shm;
mod nccl_shm_disabled;
pub mod options;
mod podman_pod_shm;
mod running;
mod shm_not_available;
mod shm_on_disk;
mod shm_over_memory_limit;
mod shm_too_small;
mod swarm_ignores_shm;
#[cfg(test)]
mod testing;
mod unbounded_shm;
mod unmounted_shm_volume;
pub mod unreadable_file;
pub mod unused_ignore;
mod workers_disabled;
mod wrong_size_unit;

use crate::container::finding::Rule;
use crate::container::finding::{Finding, Severity};
use crate::container::workload::Workload;
use crate::need::around::Around;
use crate::need::evidence::Evidence;
use options::JudgeOptions;

use case::{Case, Check};

/// The pages, made at build time from `rules/*.md`: one constant each, named as its file with `_` for `-`.
#[allow(non_upper_case_globals)]
mod pages {
    use crate::container::finding::{Rule, Severity};
    include!(concat!(env!("OUT_DIR"), "/rules.rs"));
}

macro_rules! rules {
    (judge workloads: $($rule:ident)* ; judge files: $($file:ident)* ;) => {
        static ALL: &[Rule] = &[$(pages::$rule,)* $(pages::$file,)*];
        static CHECKS: &[Check] = &[$($rule::CHECK),*];
    };
}

rules! {
    judge workloads:
        missing_shm
        shm_too_small
        wrong_size_unit
        build_time_shm_only
        swarm_ignores_shm
        misplaced_flag
        ignored_shm_size
        unmounted_shm_volume
        shm_on_disk
        shm_over_memory_limit
        unbounded_shm
        host_ipc
        shm_not_available
        workers_disabled
        podman_pod_shm
        nccl_shm_disabled
        invalid_gpu_request
    ;
    judge files:
        unreadable_file
        unused_ignore
    ;
}

/// Every rule, in the order of the codes.
pub fn all() -> &'static [Rule] {
    ALL
}

/// Every rule with its own severity.
pub fn every() -> Vec<(&'static Rule, Severity)> {
    ALL.iter().map(|rule| (rule, rule.severity)).collect()
}

/// The rule of a code or name, in any case of letters.
pub fn find(word: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.code.eq_ignore_ascii_case(word) || rule.name.eq_ignore_ascii_case(word))
}

/// The rule of a code or name, or a sentence that says that there is none and which ones are near.
pub fn named(word: &str) -> Result<&'static Rule, String> {
    let names = || ALL.iter().flat_map(|rule| [rule.name, rule.code]);
    find(word).ok_or_else(|| match crate::text::near::did_you_mean(word, names()) {
        near if near.is_empty() => format!("unknown rule '{word}'; `shmlint rule` lists them"),
        near => format!("unknown rule '{word}'{near}"),
    })
}

/// The rules that a word chooses: `ALL`, a code or name, or a prefix of codes such as `SHM0`.
pub fn chosen(word: &str) -> Result<Vec<&'static Rule>, String> {
    if word.eq_ignore_ascii_case("all") {
        return Ok(ALL.iter().collect());
    }
    let word_up = word.to_ascii_uppercase();
    let is_prefix = word_up.starts_with("SHM") && word_up.len() < "SHM000".len();
    let of_prefix: Vec<_> = ALL.iter().filter(|rule| is_prefix && rule.code.starts_with(&word_up)).collect();
    if of_prefix.is_empty() { named(word).map(|rule| vec![rule]) } else { Ok(of_prefix) }
}

/// What all rules say of a workload, with the severities of the run; notes only where they are asked for.
///
/// A workload of which nobody can complain, as most are, costs a few comparisons and no allocation.
pub fn judge(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let workload = case.workload;
    let gpu = workload.gpu.is_yes();
    if workload.is_off || (!gpu && workload.settings.is_empty() && workload.gpu.refused.is_none()) {
        return findings;
    }
    for (rule, check) in ALL.iter().zip(CHECKS) {
        let Some((_, severity)) = case.options.rules.iter().find(|(chosen, _)| *chosen == rule) else {
            continue;
        };
        let mut keep = |finding: Option<Finding>| {
            let Some(mut finding) = finding else { return };
            // A rule that knows that it is less bad than usual here is not overruled.
            if *severity != rule.severity && finding.severity >= rule.severity {
                finding.severity = *severity;
            }
            // Whoever asks for a rule of advice by name wants its notes; of other rules a note says that all is well.
            let asked = || rule.severity == Severity::Note && case.options.by_name.contains(&rule);
            let notes = case.options.pedantic || asked();
            if finding.severity > Severity::Note || notes {
                finding.need = gpu.then(|| case.need_report());
                running::with_facts(workload, &mut finding);
                // Mostly one rule speaks, and a finding is large; a file may give thousands.
                finding.message.shrink_to_fit();
                finding.help.shrink_to_fit();
                finding.related.shrink_to_fit();
                findings.reserve_exact(usize::from(findings.is_empty()));
                findings.push(finding);
            }
        };
        match check {
            Check::Gpu(check) if gpu => keep(check(rule, case)),
            Check::Gpu(_) => {}
            Check::Any(check) => keep(check(rule, case)),
            Check::Written(check) => {
                workload
                    .settings
                    .iter()
                    .enumerate()
                    .for_each(|(index, setting)| keep(check(rule, case, index, setting)));
            }
        }
    }
    findings
}

/// What the rules say of each workload of a unit, in its order.
pub fn judge_all(
    unit: &[Workload],
    evidence: &[Vec<Evidence>],
    options: &JudgeOptions,
    around: &dyn Around,
) -> Vec<Vec<Finding>> {
    let judge = |(index, workload): (usize, &Workload)| match workload.same_as {
        // It is judged at that place.
        Some(_) => Vec::new(),
        None => judge(&Case::new(workload, unit, options, around).read(evidence, index)),
    };
    unit.iter().enumerate().map(judge).collect()
}
