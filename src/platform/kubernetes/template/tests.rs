//! Templates, made readable.

use super::*;

fn first(text: &str) -> Template {
    Template::readings(text, false).remove(0)
}

fn masked(text: &str) -> String {
    let template = first(text);
    assert_eq!(template.text(text).len(), text.len());
    template.text(text).to_owned()
}

/// What each reading of a text holds, without blank lines.
fn read(text: &str, variables: bool) -> Vec<String> {
    let lines =
        |text: &str| text.lines().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().join("|");
    Template::readings(text, variables).iter().map(|reading| lines(reading.text(text))).collect()
}

#[test]
fn each_branch_is_read_and_what_is_defined_apart() {
    let text = "{{ if .a }}\na: 1\n{{ else if .b }}\nb: 2\n{{ else }}\nc: 3\n{{ end }}\nd: 4\n";
    assert_eq!(read(text, false), ["a: 1|d: 4", "b: 2|d: 4", "c: 3|d: 4"]);
    assert_eq!(read("a: {{ if .a }}1{{ else }}2{{ end }}\n", false).len(), 1);
    let text = "{{- define \"n\" -}}x{{- end }}\na: 1\n{{ define \"l\" }}\n- b\n{{ end }}\nc: 2\n";
    assert_eq!(read(text, false), ["a: 1|c: 2", "---|- b"]);
    assert_eq!(read("{% raw %}\na: 1\n{% endraw %}\n", false), ["a: 1"]);
}

#[test]
fn variables_are_actions_where_they_are_asked_for() {
    assert_eq!(read("a: {b: ${X}}\n${Y}\n", true), ["a: {b: xxxx}"]);
    assert_eq!(read("a: {b: ${X}}\n", false), ["a: {b: ${X}}"]);
    assert_eq!(
        read("%{ if x ~}\na: ${f({b = \"c\"})}\n%{ else ~}\nb: 1\n%{ endif ~}\n", true),
        ["a: xxxxxxxxxxxxxxx", "b: 1"]
    );
}

#[test]
fn actions_become_words_and_lines_of_actions_become_blank() {
    assert_eq!(masked("a: {{ .b }}-c\n"), "a: xxxxxxxx-c\n");
    assert_eq!(masked("a: \"{{ \"}}\" }}\"\n"), "a: \"xxxxxxxxxx\"\n");
    assert_eq!(masked("a:\n  {{- if .b }}\n  c: 1\n"), format!("a:{}  c: 1\n", "\n".repeat(16)));
    assert_eq!(masked("a: 1 {{- end }}\n"), "a: 1           \n");
    assert_eq!(masked("{% if a %}b: {{ c }}{% endif %}\n"), "          b: xxxxxxx           \n");
    assert_eq!(masked("{{/* a \"b }} */}}\nb: 1\n"), "\n".repeat(17) + "\nb: 1\n");
}

#[test]
fn what_writes_lines_is_known_by_its_column() {
    let text = "a:\n  b: 1\n  {{- include \"c\" . | nindent 4 }}\n{{ toYaml .d | indent 2 }}\n";
    let template = first(text);
    assert!(template.inserts(0, text.len(), 4));
    assert!(template.inserts(0, text.len(), 2));
    assert!(!template.inserts(0, text.len(), 0));
}

#[test]
fn conditions_hold_from_where_they_begin() {
    let text = "a: 1\n{{- if .b }}\nc: 2\n{{- else }}\nd: 3\n{{- end }}\ne: 4\n";
    let template = first(text);
    let at = |word: &str| text.find(word).unwrap();
    assert!(template.is_conditional(at("c:"), 0));
    assert!(template.is_conditional(at("d:"), at("c:")));
    assert!(!template.is_conditional(at("c:"), at("c:")));
    assert!(!template.is_conditional(at("e:"), 0));
    assert!(!template.is_literal_spot(text, at("d:"), 0));
    assert!(template.is_literal_spot(text, at("e:"), 0));
}

#[test]
fn what_never_ends_is_no_action() {
    assert!(!first("a: {{ b\n").has_actions());
    assert_eq!(masked("a: {{ 'b }}\n"), "a: xxxxxxxx\n");
}
