//! SHM900: a file that is certainly ours cannot be read.

use super::find;
use crate::container::finding::{Finding, Problem, Rule};
use crate::rules::options::JudgeOptions;

/// The finding for a problem that a platform met; nothing where the run leaves this rule out.
pub fn finding(problem: &Problem, options: &JudgeOptions) -> Option<Finding> {
    let rule: &'static Rule = find("SHM900")?;
    let (_, severity) = options.rules.iter().find(|(chosen, _)| *chosen == rule)?;
    let finding = Finding::in_file(rule, problem.place.clone(), problem.message.clone());
    Some(finding.severity(*severity).help("Fix this first: what cannot be parsed is not checked."))
}
