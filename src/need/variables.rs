//! The variables of scripts, as far as they are literal.

use std::collections::HashMap;

use crate::syntax::shell::{AssignedValue, Script};

/// The variables of a script that it gives literal values alone, and those of its environment, which come first.
pub fn variables(script: &Script<'_>, environment: &[(String, String)]) -> HashMap<String, String> {
    // `N=${N:-4}`: nobody gives another.
    fn default<'v>(value: &'v str, environment: &[(String, String)]) -> Option<&'v str> {
        let (name, default) = value.strip_prefix("${")?.strip_suffix('}')?.split_once(":-")?;
        (!environment.iter().any(|(known, _)| known == name)).then_some(default)
    }
    let values = script.assignments.iter().filter_map(|assignment| {
        let AssignedValue::Word(value) = &assignment.value else { return None };
        let value = script.slice(value.span).trim_matches(['"', '\'']);
        Some((script.slice(assignment.name), default(value, environment).unwrap_or(value)))
    });
    let (literal, open): (Vec<_>, Vec<_>) = values.partition(|(_, value)| !value.contains(['$', '`']));
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let mut known: HashMap<String, String> = literal.into_iter().map(own).collect();
    open.iter().for_each(|(name, _)| drop(known.remove(*name)));
    known.extend(environment.iter().filter(|(_, value)| !value.contains('$')).cloned());
    known
}

/// The variables that a script sets itself, in order.
pub fn own_variables(script: &Script<'_>) -> Vec<(String, String)> {
    let mut own: Vec<(String, String)> = variables(script, &[]).into_iter().collect();
    own.sort();
    own
}
