//! `shmlint rule`: the rules and their pages.

use super::args::{RuleArgs, TextOrJson};
use super::console::Console;
use super::outputs::to_stdout;
use super::status::CLEAN;
use crate::config::problem::Failure;
use crate::report::{page, rule};
use crate::rules;

/// Shows one rule's page, or all rules. Gives the exit status.
pub(super) fn run(args: &RuleArgs, console: &Console) -> Result<u8, Failure> {
    let one = args.rule.as_deref().map(rules::named).transpose()?;
    to_stdout(args.format.syntax(), |out| match (args.format, one) {
        (TextOrJson::Json, Some(rule)) => rule::json(out, std::slice::from_ref(rule)),
        (TextOrJson::Json, None) => rule::json(out, rules::all()),
        (TextOrJson::Human, Some(rule)) => page::write(out, rule, console.stdout()),
        (TextOrJson::Human, None) => rule::table(out, rules::all(), console.stdout()),
    })?;
    Ok(CLEAN)
}
