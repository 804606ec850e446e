//! Which arm of a `case` or an `if` a script runs, where its arguments and variables tell: `case "$1" in train)`,
//! `if [ "$1" = train ]`.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::syntax::shell::{AssignedValue, Script};

/// A variable may be made of another that is made of an argument.
const DEPTH: usize = 3;

/// What a script is run with.
pub(super) struct Chosen<'a> {
    script: &'a Script<'a>,
    /// Its first argument.
    first: Option<&'a str>,
    /// The variables that are known.
    known: &'a HashMap<String, String>,
    /// What each variable is given, where that is one word alone.
    given: HashMap<&'a str, Option<&'a str>>,
    /// The arm that each choice takes, as far as somebody asked.
    taken: RefCell<HashMap<usize, Option<usize>>>,
}

impl<'a> Chosen<'a> {
    /// A run of a script.
    pub(super) fn new(
        script: &'a Script<'a>,
        first: Option<&'a str>,
        known: &'a HashMap<String, String>,
    ) -> Self {
        let mut given = HashMap::new();
        for assignment in &script.assignments {
            let word = match &assignment.value {
                AssignedValue::Word(word) => Some(script.slice(word.span)),
                _ => None,
            };
            given.entry(script.slice(assignment.name)).and_modify(|known| *known = None).or_insert(word);
        }
        Self { script, first, known, given, taken: RefCell::default() }
    }

    /// Whether what stands in a scope runs; nothing where a `case` chooses by what is not known.
    pub(super) fn runs(&self, mut scope: usize) -> Option<bool> {
        let mut runs = Some(true);
        while let Some(own) = self.script.scopes.get(scope).filter(|_| scope > 0) {
            match self.is_passed_over(scope, own.choice) {
                Some(true) => return Some(false),
                None if self
                    .script
                    .choices
                    .get(own.choice)
                    .is_some_and(|choice| choice.subject.is_some()) =>
                {
                    runs = None;
                }
                _ => {}
            }
            scope = own.parent.min(scope - 1);
        }
        runs
    }

    /// Whether another arm than this one is taken; nothing where that is not known.
    fn is_passed_over(&self, arm: usize, choice: usize) -> Option<bool> {
        // The condition of an `elif` has a scope, too, which is no arm.
        self.script.choices.get(choice)?.arms.binary_search(&arm).ok()?;
        let known = self.taken.borrow().get(&choice).copied();
        let taken = known.unwrap_or_else(|| self.taken(choice));
        self.taken.borrow_mut().insert(choice, taken);
        Some(taken? != arm)
    }

    /// The scope of the arm that a choice takes, 0 for none; nothing where that is not known.
    fn taken(&self, choice: usize) -> Option<usize> {
        let choice = self.script.choices.get(choice)?;
        if choice.arms.is_empty() || choice.conditions.len() != choice.arms.len() {
            return None;
        }
        let value = match choice.subject {
            Some(subject) => Some(self.value(self.script.slice(subject), DEPTH)?),
            None => None,
        };
        for (arm, condition) in choice.arms.iter().zip(&choice.conditions) {
            let condition = self.script.slice(*condition).trim();
            let holds = match &value {
                Some(value) => {
                    let mut patterns = condition.trim_start_matches('(').split('|');
                    patterns.try_fold(false, |fits, one| Some(fits || matches(one.trim(), value)?))?
                }
                None => condition.is_empty() || self.holds(condition)?,
            };
            if holds {
                return Some(*arm);
            }
        }
        Some(0)
    }

    /// Whether a condition holds that compares a variable with a word.
    fn holds(&self, condition: &str) -> Option<bool> {
        let test = condition.trim_end_matches([';', ' ', '\n']);
        let inner = test.strip_prefix("[[").and_then(|test| test.strip_suffix("]]"));
        let inner = inner.or_else(|| test.strip_prefix('[')?.strip_suffix(']'));
        let words: Vec<&str> = inner.or_else(|| test.strip_prefix("test "))?.split_whitespace().collect();
        let [variable, operator @ ("=" | "==" | "!="), word] = words.as_slice() else { return None };
        let same = matches(word, &self.value(variable, DEPTH)?)?;
        Some(same == (*operator != "!="))
    }

    /// What a word with one variable comes to.
    fn value(&self, written: &str, depth: usize) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let name = written.trim_matches('"').strip_prefix('$')?;
        let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
        let (name, default) = match name.split_once(":-").or_else(|| name.split_once('-')) {
            Some((name, default)) => (name, Some(default)),
            None => (name, None),
        };
        let own = if name == "1" {
            self.first.map(str::to_owned)
        } else if let Some(known) = self.known.get(name) {
            Some(known.clone())
        } else {
            self.given.get(name).copied().flatten().and_then(|written| self.value(written, depth))
        };
        own.or_else(|| default.map(|default| default.trim_matches('"').to_owned()))
            .filter(|value| !value.is_empty() && !value.contains(['$', '`']))
    }
}

/// Whether a script's first argument is a word of its own, which it compares with: `if [ "$1" = "serve" ]`, `serve)`.
pub(super) fn is_keyword(word: Option<&String>, text: &str) -> bool {
    let is_word =
        |word: &&String| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let compared = |word: &String| {
        ["\"", "'"].iter().any(|quote| text.contains(&format!("{quote}{word}{quote}")))
            || text.contains(&format!("{word})"))
            || text.contains(&format!("= {word} "))
    };
    word.filter(is_word).is_some_and(|word| text.contains("$1") && compared(word))
}

/// Whether a value fits one pattern; nothing where that is more than a word and a star.
fn matches(pattern: &str, value: &str) -> Option<bool> {
    let pattern = pattern.trim_matches(['"', '\'']);
    if pattern.contains(['[', '?', '$', '`', '\\', '(']) {
        return None;
    }
    match pattern.split_once('*') {
        None => Some(pattern == value),
        Some((start, end)) if !end.contains('*') => {
            Some(value.len() >= start.len() + end.len() && value.starts_with(start) && value.ends_with(end))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arm_of_an_argument_or_a_variable_runs() {
        let runs = |text: &str, first: Option<&str>, variables: &[(&str, &str)]| {
            let script = Script::read(text, Default::default());
            let known =
                variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let chosen = Chosen::new(&script, first, &known);
            let commands = script.commands.iter().filter(|command| chosen.runs(command.scope) != Some(false));
            let words = commands.filter_map(|command| Some(script.slice(command.words.first()?.span)));
            words.collect::<Vec<_>>().join(" ")
        };
        let text = "a\ncase \"$1\" in\n  train | fit) b ;;\n  serve*)\n    c\n    ;;\n  *) d ;;\nesac\n";
        assert_eq!(runs(text, Some("train"), &[]), "a b");
        assert_eq!(runs(text, Some("fit"), &[]), "a b");
        assert_eq!(runs(text, Some("server"), &[]), "a c");
        assert_eq!(runs(text, Some("x"), &[]), "a d");
        assert_eq!(runs(text, None, &[]), "a b c d");
        let text = "M=${1:-train}\ncase $M in train) b;; *) c;; esac";
        assert_eq!(runs(text, None, &[]), "b");
        assert_eq!(runs(text, Some("y"), &[]), "c");
        let text = "case ${MODE} in [ab]) b;; *) c;; esac";
        assert_eq!(runs(text, None, &[("MODE", "c")]), "b c");
        let text = "case ${MODE} in a) b;; *) c;; esac";
        assert_eq!(runs(text, None, &[("MODE", "a")]), "b");
        let text = "if [ \"$1\" = \"x\" ]; then\n  b\nelif [[ $1 != y ]]; then c; else d; fi\nwhile true; do e; done";
        let commands = |first| runs(text, first, &[]).replace("[ ", "").replace("true ", "");
        assert_eq!(commands(Some("x")), "b e");
        assert_eq!(commands(Some("z")), "c e");
        assert_eq!(commands(Some("y")), "d e");
        assert_eq!(commands(None), "b c d e");
    }
}
