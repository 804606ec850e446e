//! What holds for every text: sound spans, no panic, and work in proportion to its length.

use proptest::prelude::*;

use super::*;
use crate::text::source::Span;

#[test]
fn hostile_texts_take_work_in_proportion_to_their_length() {
    for dialect in [ShellDialect::Posix, ShellDialect::Fish, ShellDialect::Batch, ShellDialect::PowerShell] {
        let n = if dialect == ShellDialect::Posix { 50_000 } else { 5_000 };
        for text in hostile(n) {
            for make in [false, true] {
                let script =
                    Script::read(&text, ShellOptions { dialect, zsh: make, make, just: make, prose: make });
                let bound = 20 * text.len() + 10_000;
                let start: String = text.chars().take(12).collect();
                assert!(script.work() < bound, "{start:?} {dialect:?}: {} for {}", script.work(), text.len());
            }
        }
    }
}

/// Texts that make careless readers overflow or look at the same bytes again and again.
fn hostile(n: usize) -> Vec<String> {
    let mut texts: Vec<String> =
        ["a=(", "$(", "{ ", "{", "\"$(", "${a:-", "((", "$((", "`", "\"", "'", "<<E ", "case x in "]
            .iter()
            .chain(&[
                "if ", "f() ", "\\ ", "\\\n#", "<a ", "\\ #", "{{", "${{", "$'", "[[ ", "a[", "!(",
                "$((a) b)", "(a) ", "`$(",
            ])
            .map(|unit| unit.repeat(n))
            .collect();
    texts.push(format!("echo {}", "x".repeat(2 << 20)));
    texts.push(format!("{}{}", "$((".repeat(n), ") b)".repeat(n)));
    texts.push(format!("{}{}", "(".repeat(n), ") b) ".repeat(n)));
    texts.push("\"a\"b".repeat(n));
    texts
}

/// Every span lies in the text, in order, and words never overlap.
fn sound(text: &str, options: ShellOptions) {
    let script = Script::read(text, options);
    let inside = |span: Span| assert!(text.get(span.range()).is_some(), "{span:?} in {text:?}");
    let mut before = 0;
    for command in &script.commands {
        assert!(command.span.start >= before, "commands in order in {text:?}");
        before = command.span.start;
        inside(command.span);
        let mut last = command.span.start;
        for word in &command.words {
            assert!(word.span.start >= last, "words in order in {text:?}");
            last = word.span.end;
            inside(word.span);
            for piece in word.pieces() {
                inside(piece.span);
                assert!(word.span.contains(piece.span), "{piece:?} outside of its word in {text:?}");
            }
            assert!(!word.span.is_empty(), "an empty word in {text:?}");
        }
        assert!(last <= command.span.end);
        assert!(command.scope < script.scopes.len());
    }
    for assignment in &script.assignments {
        inside(assignment.span);
        assert!(assignment.span.contains(assignment.name));
    }
    for body in &script.here_documents {
        inside(body.body);
        assert!(body.command < script.commands.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gives_sound_spans(text in "\\PC{0,80}", make: bool, prose: bool) {
        for dialect in [ShellDialect::Posix, ShellDialect::Fish, ShellDialect::Batch, ShellDialect::PowerShell] {
            sound(&text, ShellOptions { dialect, zsh: prose, make, just: !make, prose });
        }
    }

    #[test]
    fn any_mix_of_tokens_gives_sound_spans(
        tokens in prop::collection::vec(prop::sample::select(TOKENS), 0..40), make: bool, prose: bool
    ) {
        let text = tokens.concat();
        for dialect in [ShellDialect::Posix, ShellDialect::Fish, ShellDialect::Batch, ShellDialect::PowerShell] {
            sound(&text, ShellOptions { dialect, zsh: prose, make, just: !make, prose });
        }
    }
}

/// What scripts are made of, for random mixes.
const TOKENS: &[&str] = &[
    "docker",
    " run ",
    "\\\n",
    "\\ ",
    "\n",
    "\r\n",
    "'",
    "\"",
    "`",
    "$(",
    "$((",
    "$(if ",
    ",",
    "))",
    ")",
    "(",
    "{",
    "}",
    "${a:-",
    "$A",
    "${",
    "A=",
    "A+=(",
    "<<E\n",
    "E\n",
    "<<-'E'",
    "<a>",
    "{{",
    "}}",
    "${{",
    "if ",
    "then ",
    "fi;",
    "case x in ",
    "esac",
    ";;",
    "&&",
    "|",
    "&",
    ">f",
    "2>&1",
    "#c",
    " # c\n",
    "é",
    "for i in ",
    "do ",
    "done",
    "[[ ",
    "]]",
    "f() ",
    "%A%",
    "^\n",
    "set A=",
    "@(",
    "$a = ",
    "`\n",
    "end\n",
    "$'",
    "local ",
    "--gpus=all",
    "\t",
    "@\"\n",
    "{% if a %}",
    "{% endif %}",
    "{{ else }}",
    "{#",
    "#}",
    "if false; then",
    "${(z)A}",
    "$A[1]",
    "\n\"@",
    "<(",
    "!",
];
