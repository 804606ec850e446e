//! Whether edits left the words of a file's scripts as they were: the structural half of the proof of a fix.

use std::sync::Arc;

use super::inner;
use super::script::HostScript;
use crate::syntax::shell::{self, AssignedValue, Word};
use crate::text::edits::{Edit, after_spans};
use crate::text::layer::Layer;
use crate::text::source::{Source, Span};

/// Whether the scripts of a file have the same commands and assignments with the same words before and after, but for
/// the words that the edits touch. `scripts` finds the scripts in a file: its path and its text.
pub(super) fn same_but_for(
    before: &Arc<Source>,
    after: &Arc<Source>,
    edits: &[Edit],
    scripts: fn(&str, &Layer) -> Vec<HostScript>,
) -> bool {
    let old: Vec<Span> = edits.iter().map(|edit| edit.span).collect();
    words(before, &old, scripts) == words(after, &after_spans(edits), scripts)
        && inner::same(&texts(before, scripts), &texts(after, scripts))
}

/// The texts of other kinds in a file.
fn texts(source: &Arc<Source>, scripts: fn(&str, &Layer) -> Vec<HostScript>) -> Vec<Layer> {
    let file = Layer::file(Arc::clone(source));
    let texts = scripts(source.path(), &file).into_iter().flat_map(|script| match script.inner {
        Some(_) => vec![script.layer],
        None => inner::fed(&script),
    });
    texts.collect()
}

/// Every word that no edit touches, in order. Nothing stands where a command or an assignment begins.
fn words(
    source: &Arc<Source>,
    touched: &[Span],
    scripts: fn(&str, &Layer) -> Vec<HostScript>,
) -> Vec<Option<String>> {
    let file = Layer::file(Arc::clone(source));
    let mut found = Vec::new();
    for HostScript { layer, options, .. } in
        scripts(source.path(), &file).into_iter().filter(|it| it.inner.is_none())
    {
        let script = shell::Script::read(layer.text(), options);
        let mut add = |words: &[Word]| {
            found.push(None);
            // Words that stand nowhere in the file come from its kind.
            let untouched = words.iter().filter(|word| {
                let span = layer.map(word.span);
                !span.is_empty() && !touches(span, touched)
            });
            found.extend(untouched.map(|word| Some(script.slice(word.span).to_owned())));
        };
        let commands = script.commands.iter().filter(|command| !command.words.is_empty());
        commands.for_each(|command| add(&command.words));
        for assignment in &script.assignments {
            match &assignment.value {
                AssignedValue::Word(word) => add(std::slice::from_ref(word)),
                AssignedValue::Array(words) | AssignedValue::Each(words) => add(words),
                AssignedValue::Source(_) | AssignedValue::Unread => add(&[]),
            }
        }
    }
    found
}

/// Whether any of `touched`, which are in order, lies inside of `word` or over a part of it.
fn touches(word: Span, touched: &[Span]) -> bool {
    let next = touched.partition_point(|span| span.end <= word.start);
    touched.get(next).is_some_and(|span| span.start < word.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::shell::ShellOptions;

    fn same(before: &str, start: usize, end: usize, text: &str) -> bool {
        let before = Source::new("a.sh", before.as_bytes().to_vec());
        let edit = Edit::replacement(&before, Span::new(start, end), text);
        let after = crate::text::edits::apply(&before, std::slice::from_ref(&edit));
        let whole = |_: &str, file: &Layer| vec![HostScript::new(file.clone(), ShellOptions::default())];
        same_but_for(&before, &Source::new("a.sh", after), &[edit], whole)
    }

    #[test]
    fn words_beside_an_edit_stay() {
        assert!(same("run --gpus all x", 14, 14, " --shm-size=2g"));
        assert!(same("A=\"--gpus all\"; run $A x", 13, 13, " --shm-size=2g"));
        assert!(same("run -e --ipc=host x", 4, 7, ""));
        assert!(same("run \\\n  all \\\n  x", 13, 13, "\n  --shm-size=2g \\"));
    }

    #[test]
    fn an_edit_that_breaks_a_word_or_a_command_is_refused() {
        assert!(!same("run --gpus all x", 14, 14, "--shm-size=2g"));
        assert!(!same("run --gpus all x", 14, 14, "\n --shm-size=2g"));
        assert!(!same("A=--gpus; run $A x", 8, 8, " --shm-size=2g"));
        assert!(!same("run 'a b' x", 6, 6, "'"));
        assert!(!same("run \\\n  all \\\n  x", 11, 11, " # \\"));
    }
}
