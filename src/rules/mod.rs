//! The rules: each looks at one workload and says what is wrong with its `/dev/shm`.
//!
//! A rule is one file here, one page in `rules/` and one line in the table below. The page's front matter holds the
//! rule's code, name, severity and the safety of its fix; the file holds a [`Check`].

mod case;
mod help;
#[cfg(test)]
mod testing;

use crate::finding::{Finding, Severity};
use crate::workload::Setting;

pub use case::{Advice, Case};

/// What a page in `rules/` says of its rule.
#[derive(Debug)]
pub struct Rule {
    /// `SHM001`. Never changes meaning.
    pub code: &'static str,
    /// `missing-shm`.
    pub name: &'static str,
    /// How bad it is unless the rule itself knows better.
    pub severity: Severity,
    /// What its fix is: `safe`, `unsafe`, `sometimes`, `none`.
    pub fix: &'static str,
    /// One line.
    pub summary: &'static str,
    /// The page without its front matter.
    pub page: &'static str,
}

impl Rule {
    /// Where its page can be read.
    pub fn url(&self) -> String {
        format!("{}/blob/main/rules/{}.md", env!("CARGO_PKG_REPOSITORY"), self.name)
    }
}

/// There is one `Rule` of each: the one in the table.
impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Rule {}

/// A rule's judgement, and what it is made on.
enum Check {
    /// One for each workload that asks for a GPU.
    Gpu(fn(&'static Rule, &Case<'_>) -> Option<Finding>),
    /// One for each workload with any setting: what is written cannot work, whoever needs it.
    Any(fn(&'static Rule, &Case<'_>) -> Option<Finding>),
    /// One for each setting of any workload, likewise. The number is the setting's index.
    Written(fn(&'static Rule, &Case<'_>, usize, &Setting) -> Option<Finding>),
}

/// The pages, made at build time from `rules/*.md`: one constant each, named as its file with `_` for `-`.
#[allow(non_upper_case_globals)]
mod pages {
    use super::Rule;
    use crate::finding::Severity;
    include!(concat!(env!("OUT_DIR"), "/rules.rs"));
}

macro_rules! rules {
    (judge workloads: $($rule:ident)* ; judge files: $($file:ident)* ;) => {
        $(mod $rule;)*
        $(pub mod $file;)*
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

/// The rule of a code or name, in any case of letters.
pub fn find(word: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.code.eq_ignore_ascii_case(word) || rule.name.eq_ignore_ascii_case(word))
}

/// The rule of a code or name, or a sentence that says that there is none and which ones are near.
pub fn named(word: &str) -> Result<&'static Rule, String> {
    let names = || ALL.iter().flat_map(|rule| [rule.name, rule.code]);
    find(word).ok_or_else(|| format!("unknown rule '{word}'{}", crate::near::did_you_mean(word, names())))
}

/// What all rules say of a workload, with the severities of the run; notes only where they are asked for.
///
/// A workload of which nobody can complain, as most are, costs a few comparisons and no allocation.
pub fn judge(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let workload = case.workload;
    let gpu = workload.gpu.is_yes();
    if !gpu && workload.settings.is_empty() {
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
                // Mostly one rule speaks, and a finding is large.
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
