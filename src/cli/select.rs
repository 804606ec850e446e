//! From the words that name rules to the rules that speak.

use super::args::RuleChoice;
use crate::options::Options;
use crate::rules::{self, Rule};

/// Puts the choice of the command line over that of `options`.
pub(super) fn choose(choice: &RuleChoice, options: &mut Options) -> Result<(), String> {
    let select = named("--select", &choice.select)?;
    let ignore = named("--ignore", &choice.ignore)?;
    let extend = named("--extend-select", &choice.extend_select)?;
    options.pedantic |= choice.pedantic;
    if !choice.select.is_empty() {
        options.rules.retain(|(rule, _)| select.contains(rule));
        options.by_name = Vec::new();
    }
    for rule in select.into_iter().chain(extend) {
        if options.rules.iter().all(|(known, _)| *known != rule) {
            options.rules.push((rule, rule.severity));
        }
        options.by_name.push(rule);
    }
    options.rules.retain(|(rule, _)| !ignore.contains(rule));
    Ok(())
}

/// The rules of words that stand behind `option`: codes, names, or `ALL`.
pub(super) fn named(option: &str, words: &[String]) -> Result<Vec<&'static Rule>, String> {
    let mut out = Vec::new();
    for word in words.iter().map(|word| word.trim()).filter(|word| !word.is_empty()) {
        if word.eq_ignore_ascii_case("all") {
            out.extend(rules::all());
        } else {
            out.push(rules::named(word).map_err(|error| format!("{option}: {error}"))?);
        }
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
    }

    #[test]
    fn an_unknown_rule_is_told_with_the_near_ones() {
        let error = named("--ignore", &words(&["mising-shm"])).unwrap_err();
        assert_eq!(error, "--ignore: unknown rule 'mising-shm' (did you mean 'missing-shm'?)");
    }

    #[test]
    fn the_choice_keeps_the_severities_that_were_set() {
        let mut options = Options::default();
        let choice = RuleChoice {
            select: words(&["SHM001", "SHM900"]),
            ignore: words(&["SHM900"]),
            ..RuleChoice::default()
        };
        choose(&choice, &mut options).unwrap();
        assert_eq!(options.rules.iter().map(|(rule, _)| rule.code).collect::<Vec<_>>(), ["SHM001"]);
    }
}
