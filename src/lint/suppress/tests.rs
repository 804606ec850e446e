//! What comments hide, for findings of SHM001 at each `HERE` of a text.

use super::*;
use crate::container::finding::Safety;
use crate::text::edits::{apply, sorted};
use crate::text::source::Span;

/// The kind of a file, by its name.
fn kind(path: &str) -> &'static Kind {
    crate::lint::discover::kinds(path).next().unwrap().0
}

struct Told {
    /// For each `HERE`, whether its finding is hidden, and the reason.
    hidden: Vec<Option<String>>,
    /// What is said of the comments.
    unused: Vec<String>,
    /// The text without what hides nothing.
    removed: String,
}

fn judge(path: &str, text: &str) -> Told {
    let source = Source::new(path, text.into());
    let rule = rules::find("SHM001").unwrap();
    let mut ignores = read(&[Arc::clone(&source)], kind(source.path()));
    let mut hidden = Vec::new();
    for (at, word) in text.match_indices("HERE") {
        let place = Place::new(&source, Span::new(at, at + word.len()));
        let mut finding = Finding::in_file(rule, place, "no");
        hide_one(&Options::default(), None, &mut finding, &ignores);
        mark(None, &finding, &mut ignores);
        hidden.push(finding.suppressed.map(|suppression| match suppression {
            Suppression::Comment { reason } => reason,
            other => format!("{other:?}"),
        }));
    }
    for ignores in &mut ignores {
        ignores.set_removable(true);
    }
    let unused = unused(&mut ignores, &Options::default());
    let fixes = unused.iter().filter_map(|finding| finding.fix.as_ref());
    let safe = fixes.filter(|fix| fix.safety == Safety::Safe).flat_map(|fix| fix.edits.clone());
    let removed = String::from_utf8(apply(&source, &sorted(safe))).unwrap();
    Told { hidden, unused: unused.into_iter().map(|finding| finding.message).collect(), removed }
}

/// Whether the finding at each `HERE` is hidden, where no comment is useless.
fn hidden(path: &str, text: &str) -> Vec<bool> {
    let told = judge(path, text);
    assert_eq!(told.unused, [""; 0], "{text}");
    assert_eq!(told.removed, text);
    told.hidden.iter().map(Option::is_some).collect()
}

#[test]
fn a_comment_hides_what_it_stands_behind_or_above() {
    assert_eq!(hidden("a.yaml", "HERE # shmlint: ignore[SHM001]\nHERE\n"), [true, false]);
    assert_eq!(
        hidden("a.yaml", "HERE\n  # shmlint: ignore[missing-shm] x\n  # why\n  HERE\nHERE"),
        [false, true, false]
    );
    assert_eq!(
        hidden("devcontainer.json", "{\n// shmlint: ignore[SHM001]\n\"a\": \"HERE\",\n\"b\": \"HERE\"}"),
        [true, false]
    );
    assert_eq!(hidden("a.bat", "REM shmlint: ignore[SHM001]\r\nHERE ^\r\n x\r\n"), [true]);
    assert_eq!(hidden("a.yml", "# shmlint: ignore-file[SHM001]\nHERE\n\nHERE"), [true, true]);
}

#[test]
fn a_command_of_several_lines_is_one_statement() {
    assert_eq!(hidden("a.sh", "# shmlint: ignore[SHM001]\nX=1 \\\n HERE \\\n  x\nHERE"), [true, false]);
    assert_eq!(hidden("a.sh", "HERE \\\n  x # shmlint: ignore[SHM001]\nHERE"), [true, false]);
}

#[test]
fn in_a_document_it_hides_the_block_below() {
    let text = "<!-- shmlint: ignore[SHM001] old hosts -->\n\n```bash\nHERE\nHERE\n```\nHERE\n";
    assert_eq!(hidden("a.md", text), [true, true, false]);
    assert_eq!(hidden("a.md", "```\n# shmlint: ignore[SHM001]\nHERE\nHERE\n```\n"), [true, false]);
    assert_eq!(judge("a.md", text).hidden[0].as_deref(), Some("old hosts"));
}

#[test]
fn a_place_that_the_finding_names_besides_counts_too() {
    let source = Source::new("a.yaml", b"gpus: all # shmlint: ignore[SHM001]\ntrainer:\n".to_vec());
    let ignores = read(&[Arc::clone(&source)], kind(source.path()));
    let rule = rules::find("SHM001").unwrap();
    let finding = Finding::in_file(rule, Place::new(&source, Span::new(36, 43)), "no");
    let mut alone = finding.clone();
    hide_one(&Options::default(), None, &mut alone, &ignores);
    assert_eq!(alone.suppressed, None);
    let mut related = finding.related(Place::new(&source, Span::new(0, 4)), "asks for a GPU");
    hide_one(&Options::default(), None, &mut related, &ignores);
    assert_eq!(related.suppressed, Some(Suppression::Comment { reason: String::new() }));
}

#[test]
fn comments_that_hide_nothing_are_told_and_taken_out() {
    for (text, removed) in [
        ("x\n  # shmlint: ignore[SHM001] why\ny\n", "x\ny\n"),
        ("x: 1   # shmlint: ignore[SHM001] why\r\ny\n", "x: 1\r\ny\n"),
        ("HERE # shmlint: ignore[SHM002, SHM001]", "HERE # shmlint: ignore[SHM001]"),
        (
            "HERE # shmlint: ignore[SHM002,SHM003, SHM001,SHM004 ,SHM005] w",
            "HERE # shmlint: ignore[SHM001] w",
        ),
        ("HERE # shmlint: ignore[SHM001, SHM001]", "HERE # shmlint: ignore[SHM001]"),
        ("{ /* shmlint: ignore[SHM001] */ \"a\": 1 }", "{ \"a\": 1 }"),
        ("x # shmlint: ignore-file[SHM001]", "x"),
        ("x # shmlint: ignore[nothing-like-it]", "x"),
    ] {
        let told = judge("a.yaml", text);
        assert_eq!(told.removed, removed, "{text}");
        assert!(!told.unused.is_empty(), "{text}");
        assert_eq!(judge("a.yaml", removed).unused, [""; 0]);
    }
    let told = judge("a.yaml", "x # shmlint: ignore[SHM001, host-ipc] w");
    assert_eq!(told.unused, ["unused ignore: there is no missing-shm or host-ipc finding here"]);
}

#[test]
fn a_mistyped_rule_stays_and_is_told() {
    let told = judge("a.yaml", "HERE # shmlint: ignore[mising-shm]");
    assert_eq!(told.hidden, [None]);
    assert_eq!(
        told.unused,
        ["this comment names the unknown rule 'mising-shm' (did you mean 'missing-shm'?)"]
    );
    assert_eq!(told.removed, "HERE # shmlint: ignore[mising-shm]");
}

#[test]
fn a_file_can_silence_the_rule_itself() {
    assert_eq!(
        hidden("a.yaml", "# shmlint: ignore-file[unused-ignore]\nx # shmlint: ignore[SHM001]\n"),
        [false; 0]
    );
}

#[test]
fn a_notebooks_comment_goes_without_its_string() {
    let cell =
        |lines: &str| format!("{{\"cells\": [{{\"cell_type\": \"code\", \"source\": [\n {lines}]}}]}}");
    let text = cell("\"# shmlint: ignore[SHM001]\\n\",\n \"x\"\n");
    assert_eq!(judge("a.ipynb", &text).removed, cell("\"\\n\",\n \"x\"\n"));
}

#[test]
fn many_comments_and_findings_take_time_in_step_with_their_number() {
    let text =
        "# shmlint: ignore[SHM001]\n".repeat(20_000) + &"HERE # shmlint: ignore[SHM001] \\\n".repeat(20_000);
    let told = judge("a.sh", &text);
    assert_eq!(told.hidden.iter().flatten().count(), 20_000);
}
