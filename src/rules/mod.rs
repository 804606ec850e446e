//! The rules: each looks at one workload and says what is wrong with its `/dev/shm`.
//!
//! A rule is one file here, one page in `rules/` and one line in the table below. The page's front matter holds the
//! rule's code, name, severity and the safety of its fix.

use crate::finding::{Finding, Severity};
use crate::options::Options;
use crate::workload::Workload;

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

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Eq for Rule {}

/// What a rule may look at.
pub struct Case<'a> {
    /// The workload to judge.
    pub workload: &'a Workload,
    /// All workloads of its unit.
    pub unit: &'a [Workload],
    /// The options of the run.
    pub options: &'a Options,
}

impl Case<'_> {
    /// Whether the workload needs more than the default: `yes`, `no` or `unknown`.
    pub fn needs_shm(&self) -> &'static str {
        "unknown"
    }

    /// The size to recommend, in bytes.
    pub fn recommended(&self) -> u64 {
        self.options.size
    }
}

/// A rule's judgement: what it has to say of one workload.
pub type Check = fn(&'static Rule, &Case<'_>) -> Vec<Finding>;

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
        static CHECKS: &[Check] = &[$($rule::check),*];
    };
}

rules! {
    judge workloads:
        missing_shm
    ;
    judge files:
        unreadable_file
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
pub fn judge(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (rule, check) in ALL.iter().zip(CHECKS) {
        let Some((_, severity)) = case.options.rules.iter().find(|(chosen, _)| *chosen == rule) else {
            continue;
        };
        for mut finding in check(rule, case) {
            if *severity != rule.severity {
                finding.severity = *severity;
            }
            let notes = case.options.pedantic || case.options.by_name.contains(&rule);
            if finding.severity > Severity::Note || notes {
                findings.push(finding);
            }
        }
    }
    findings
}
