//! SHM901: an ignore comment that hides nothing.

use super::find;
use crate::container::finding::{Finding, Fix, Rule, Severity};
use crate::rules::options::JudgeOptions;
use crate::text::place::Place;

/// The rule with the severity of the run; nothing where the run leaves it out.
pub fn rule(options: &JudgeOptions) -> Option<(&'static Rule, Severity)> {
    let rule = find("SHM901")?;
    options.rules.iter().find(|(chosen, _)| *chosen == rule).copied()
}

/// The finding for a comment, or for one of the rules that it names.
pub fn finding(
    (rule, severity): (&'static Rule, Severity),
    place: Place,
    message: String,
    fix: Option<Fix>,
) -> Finding {
    let mut finding = Finding::in_file(rule, place, message)
        .severity(severity)
        .help("Remove it, or name the rule that it should ignore.");
    finding.fix = fix;
    finding
}
