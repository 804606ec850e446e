//! From the words that name rules to the rules that speak.

use super::args::RuleChoice;
use crate::config::Choice;
use crate::container::finding::Rule;
use crate::rules;

/// What the command line chooses.
pub(super) fn choice(choice: &RuleChoice) -> Result<Choice, String> {
    let select = named("--select", &choice.select)?;
    Ok(Choice {
        select: (!choice.select.is_empty()).then_some(select),
        extend: named("--extend-select", &choice.extend_select)?,
        ignore: named("--ignore", &choice.ignore)?,
    })
}

/// The rules of words that stand behind `option`: codes, names, prefixes of codes, or `ALL`.
fn named(option: &str, words: &[String]) -> Result<Vec<&'static Rule>, String> {
    let mut out = Vec::new();
    for word in words.iter().map(|word| word.trim()).filter(|word| !word.is_empty()) {
        out.extend(rules::chosen(word).map_err(|error| format!("{option}: {error}"))?);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_rule_is_named_by_code_or_name_and_all_means_all() {
        let found = named("--select", &words(&["shm001", "unreadable-file", ""])).unwrap();
        assert_eq!(found.iter().map(|rule| rule.code).collect::<Vec<_>>(), ["SHM001", "SHM900"]);
        assert_eq!(named("--select", &words(&["ALL"])).unwrap().len(), rules::all().len());
        assert_eq!(named("--select", &words(&["shm90"])).unwrap().len(), 2);
    }

    #[test]
    fn an_unknown_rule_is_told_with_the_near_ones() {
        let error = named("--ignore", &words(&["mising-shm"])).unwrap_err();
        assert_eq!(error, "--ignore: unknown rule 'mising-shm' (did you mean 'missing-shm'?)");
    }
}
