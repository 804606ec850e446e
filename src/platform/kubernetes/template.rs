//! Text with template actions (Helm's `{{ }}`, Jinja's `{% %}` and `{# #}`, `${ }` of envsubst and Terraform), made readable
//! as YAML at the same length.
//!
//! Nothing is evaluated. What an action may write stays open: readers ask whether a node holds an action, whether an
//! action may add keys to a mapping, and whether a line stands inside a condition. Where a condition has several branches
//! there is a reading of the text with each of them, and what is only defined here is read by itself.

use memchr::memmem;

use crate::text::source::Span;

/// The template actions of one text, and the text without them.
#[derive(Clone, Debug, Default)]
pub(super) struct Template {
    /// As long as the text; nothing where the text has no action.
    masked: Option<String>,
    /// In the order of the text.
    actions: Vec<Action>,
    blocks: Vec<TemplateBlock>,
    /// From which offset on which block is the innermost one.
    steps: Vec<(usize, Option<usize>)>,
}

/// One `{{ … }}`, `{% … %}`, `{# … #}`, `${ … }` or `%{ … }`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Action {
    pub(super) span: Span,
    pub(super) sort: Sort,
    /// The column of what it writes, where it stands alone on its line and writes something.
    inserts: Option<usize>,
}

/// What an action does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// Writes text.
    Value,
    /// Writes nothing: a comment or an assignment.
    Silent,
    /// Begins a block that may be left out or repeated.
    Condition,
    /// Begins a block that is written where it stands: `raw`.
    Named,
    /// Begins a block that is written elsewhere: `define`.
    Defined,
    /// Begins the other branch of a condition.
    Else,
    /// Ends a block.
    End,
}

/// A block, or one branch of it.
#[derive(Clone, Debug)]
struct TemplateBlock {
    sort: Sort,
    outer: Option<usize>,
    /// Which branch of its condition it is, from 0.
    branch: usize,
    /// Whether another branch follows.
    goes_on: bool,
    /// From behind the action that begins it up to the one that ends it.
    body: Span,
    /// The action that begins it.
    opening: Span,
}

/// Blocks nest no deeper than this in anything that people write.
const DEEPEST: usize = 64;

/// So many branches of one condition are read.
const MOST_BRANCHES: usize = 4;

impl Template {
    /// The readings of a text: one where it has no conditions with branches and defines nothing, else one with the first
    /// branch of each condition, one with the second (the last, where there are fewer) and so on; and as many of what it
    /// defines. `variables` says whether `${ }` is an action. Takes linear time; a text without actions is only searched.
    pub(super) fn readings(text: &str, variables: bool) -> Vec<Self> {
        let actions = actions(text, variables);
        if actions.is_empty() {
            return vec![Self::default()];
        }
        let mut template = Self { actions, ..Self::default() };
        template.find_blocks(text.len());
        let branches =
            template.blocks.iter().filter(|block| block.has_lines(text)).map(|block| block.branch + 1);
        let branches = branches.max().unwrap_or(1).min(MOST_BRANCHES);
        let defines =
            template.blocks.iter().any(|block| block.sort == Sort::Defined && block.has_lines(text));
        let parts = if defines { &[false, true][..] } else { &[false] };
        let readings = parts.iter().flat_map(|part| (0..branches).map(move |branch| (*part, branch)));
        readings
            .map(|(defined, branch)| {
                let mut reading = template.clone();
                reading.mask(text, branch, defined);
                reading
            })
            .collect()
    }

    /// The actions of a text, but for variables.
    pub(super) fn actions_of(text: &str) -> Vec<Action> {
        actions(text, false)
    }

    /// The text to read as YAML: `text` is what this was made of.
    pub(super) fn text<'t>(&'t self, text: &'t str) -> &'t str {
        self.masked.as_deref().unwrap_or(text)
    }

    /// Whether there are any actions.
    pub(super) fn has_actions(&self) -> bool {
        !self.actions.is_empty()
    }

    /// Whether an action stands inside of a span, or the other way round.
    pub(super) fn touches(&self, span: Span) -> bool {
        self.first_behind(span.start).is_some_and(|action| action.span.start < span.end.max(span.start + 1))
    }

    /// Whether an action between `from` and `to` writes lines in this column.
    pub(super) fn inserts(&self, from: usize, to: usize, column: usize) -> bool {
        self.inserting(from, to, column).next().is_some()
    }

    /// The actions between `from` and `to` that write lines in this column.
    pub(super) fn inserting(&self, from: usize, to: usize, column: usize) -> impl Iterator<Item = Span> {
        let first = self.actions.partition_point(|action| action.span.end <= from);
        let behind = self.actions.get(first..).unwrap_or_default();
        let within = behind.iter().take_while(move |action| action.span.start < to);
        within.filter(move |action| action.inserts == Some(column)).map(|action| action.span)
    }

    /// Whether what stands at `at` may be left out or repeated while what stands at `base` is written.
    pub(super) fn is_conditional(&self, at: usize, base: usize) -> bool {
        if self.blocks.is_empty() {
            return false;
        }
        let around: Vec<usize> = self.blocks_at(base).collect();
        let mut conditions = self.blocks_at(at).filter(|index| {
            self.blocks.get(*index).is_some_and(|block| block.sort == Sort::Condition)
                && !around.contains(index)
        });
        conditions.next().is_some()
    }

    /// Whether something new at `at` is written whenever what stands at `base` is, and stays next to what stands before it.
    pub(super) fn is_literal_spot(&self, text: &str, at: usize, base: usize) -> bool {
        if self.actions.is_empty() {
            return true;
        }
        let behind = self.text(text).get(at..).unwrap_or_default();
        let next = at + (behind.len() - behind.trim_start().len());
        let first = self.actions.partition_point(|action| action.span.end <= at);
        let between = self.actions.get(first..).unwrap_or_default();
        let writes = between
            .iter()
            .take_while(|action| action.span.start < next)
            .any(|action| action.sort == Sort::Value || action.span.start < at);
        !writes && self.block_at(at).is_none_or(|block| self.blocks_at(base).any(|around| around == block))
    }

    /// The blocks around `at`, the innermost first.
    fn blocks_at(&self, at: usize) -> impl Iterator<Item = usize> {
        let outer = |block: &usize| self.blocks.get(*block)?.outer;
        std::iter::successors(self.block_at(at), outer).take(DEEPEST)
    }

    /// The first action that ends behind `at`.
    fn first_behind(&self, at: usize) -> Option<&Action> {
        self.actions.get(self.actions.partition_point(|action| action.span.end <= at))
    }

    fn block_at(&self, at: usize) -> Option<usize> {
        let behind = self.steps.partition_point(|(from, _)| *from <= at);
        self.steps.get(behind.checked_sub(1)?)?.1
    }

    fn find_blocks(&mut self, end: usize) {
        let mut open: Vec<usize> = Vec::new();
        for action in &self.actions {
            let begins = match action.sort {
                Sort::Condition | Sort::Named | Sort::Defined => Some((action.sort, 0)),
                Sort::Else => Some((Sort::Condition, 0)),
                Sort::End => None,
                Sort::Value | Sort::Silent => continue,
            };
            let mut begins = begins;
            if matches!(action.sort, Sort::Else | Sort::End)
                && let Some(closed) = open.pop().and_then(|block| self.blocks.get_mut(block))
            {
                closed.body.end = action.span.start;
                closed.goes_on = action.sort == Sort::Else;
                begins = begins.map(|_| (closed.sort, closed.branch + 1));
            }
            if let Some((sort, branch)) = begins {
                let outer = open.last().copied();
                open.push(self.blocks.len());
                let body = Span::new(action.span.end, end);
                self.blocks.push(TemplateBlock {
                    sort,
                    outer,
                    branch,
                    goes_on: false,
                    body,
                    opening: action.span,
                });
            }
            self.steps.push((action.span.end, open.last().copied()));
        }
    }

    /// The stretches that a reading leaves out: the branches that it does not take, and what is defined here or all that is
    /// not.
    fn left_out(&self, text: &str, branch: usize, defined: bool) -> Vec<Span> {
        let mut out = Vec::new();
        for block in self.blocks.iter().filter(|block| block.has_lines(text) && block.sort == Sort::Condition)
        {
            if block.branch > branch || (block.branch < branch && block.goes_on) {
                out.push(block.body);
            }
        }
        let bodies = self.blocks.iter().filter(|block| block.sort == Sort::Defined && block.has_lines(text));
        let mut from = 0;
        for block in bodies.filter(|block| block.outer.is_none()) {
            if defined {
                out.push(Span::new(from, block.body.start));
            } else {
                out.push(block.body);
            }
            from = block.body.end;
        }
        if defined {
            out.push(Span::new(from, text.len()));
        }
        // A definition on one line is no text of this file.
        let short = self.blocks.iter().filter(|block| block.sort == Sort::Defined && !block.has_lines(text));
        out.extend(short.map(|block| block.opening.join(block.body)));
        out
    }

    /// Makes the readable text: lines that hold nothing but actions become blank, an action beside other text becomes a
    /// plain word.
    fn mask(&mut self, text: &str, branch: usize, defined: bool) {
        let mut bytes = text.as_bytes().to_vec();
        let mut fill = |from: usize, to: usize, byte: u8| {
            if let Some(range) = bytes.get_mut(from..to) {
                range.fill(byte);
            }
        };
        let mut from = 0;
        while from < self.actions.len() {
            let group = same_line(text, self.actions.get(from..).unwrap_or_default());
            let actions = self.actions.get_mut(from..from + group).unwrap_or_default();
            from += group.max(1);
            let (Some(first), Some(last)) = (actions.first(), actions.last()) else { continue };
            let line =
                text.get(..first.span.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
            let (start, end) = (first.span.start, last.span.end);
            let line_end = text.get(end..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| end + at);
            let tail = text.get(end..line_end).unwrap_or_default().trim();
            let alone = text.get(line..start).is_some_and(|head| head.trim().is_empty())
                && (tail.is_empty() || tail.starts_with('#'))
                && gaps(text, actions).all(|gap| gap.trim().is_empty());
            if alone {
                for action in actions.iter_mut().filter(|action| action.sort == Sort::Value) {
                    action.inserts =
                        Some(indent_of(action.span.of(text)).unwrap_or(action.span.start - line));
                }
                // Blanks before a line end could belong to a block scalar, and be too many for it.
                let line_end = if text.get(..line_end).is_some_and(|it| it.ends_with('\r')) {
                    line_end - 1
                } else {
                    line_end
                };
                fill(line, line_end.max(end), b'\n');
                continue;
            }
            let silent = |action: &&mut Action| action.sort != Sort::Value;
            let leading = if text.get(line..start).is_some_and(|head| head.trim().is_empty()) {
                actions.iter_mut().take_while(silent).count()
            } else {
                0
            };
            let trailing =
                if tail.is_empty() { actions.iter_mut().rev().take_while(silent).count() } else { 0 };
            let count = actions.len();
            for (at, action) in actions.iter().enumerate() {
                let blank = action.sort == Sort::Silent || at < leading || at + trailing >= count;
                fill(action.span.start, action.span.end, if blank { b' ' } else { b'x' });
            }
        }
        let out = self.left_out(text, branch, defined);
        for out in &out {
            fill(out.start, out.end, b'\n');
        }
        if defined {
            // What is defined apart is a document of its own.
            let tops =
                self.blocks.iter().filter(|block| block.sort == Sort::Defined && block.outer.is_none());
            for at in tops.filter(|block| block.has_lines(text)).map(|block| block.opening.start) {
                let line = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
                fill(line, line + 3, b'-');
            }
        }
        if !out.is_empty() {
            let is_out = |action: &Action| out.iter().any(|out| out.contains(action.span));
            self.actions.retain(|action| !is_out(action));
        }
        self.masked = String::from_utf8(bytes).ok();
    }
}

impl TemplateBlock {
    /// Whether its body goes over lines: what stands within one line is a part of a value.
    fn has_lines(&self, text: &str) -> bool {
        self.body.of(text).contains('\n')
    }
}

/// How many of the actions, from the first, stand on one line (or on lines that actions themselves join).
fn same_line(text: &str, actions: &[Action]) -> usize {
    let breaks = |pair: &[Action]| match pair {
        [one, two] => text.get(one.span.end..two.span.start).is_none_or(|gap| gap.contains('\n')),
        _ => true,
    };
    actions.windows(2).take_while(|pair| !breaks(pair)).count() + 1
}

/// What stands between actions of one line.
fn gaps<'t>(text: &'t str, actions: &[Action]) -> impl Iterator<Item = &'t str> {
    actions.windows(2).filter_map(move |pair| match pair {
        [one, two] => text.get(one.span.end..two.span.start),
        _ => None,
    })
}

/// The number behind the last `indent` or `nindent` of an action.
fn indent_of(action: &str) -> Option<usize> {
    let (_, behind) = action.rsplit_once("indent")?;
    let digits: String =
        behind.trim_start_matches([' ', '(']).chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// All actions of a text.
fn actions(text: &str, variables: bool) -> Vec<Action> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = next_open(text, from, variables) {
        let Some(end) = close(text, at) else {
            // A brace that nothing closes is text.
            if text.as_bytes().get(at) != Some(&b'{') {
                from = at + 2;
                continue;
            }
            break;
        };
        let span = Span::new(at, end);
        found.push(Action { span, sort: sort(span.of(text)), inserts: None });
        from = end;
    }
    found
}

/// Where the next action begins.
fn next_open(text: &str, from: usize, variables: bool) -> Option<usize> {
    let text = text.as_bytes();
    let rest = text.get(from..)?;
    memchr::memchr_iter(b'{', rest).map(|at| from + at).find_map(|at| match text.get(at + 1) {
        Some(b'{') => Some(at),
        // Jinja writes a blank or a dash there; `{#` and `{%` alone are read as YAML would.
        Some(b'%' | b'#') if matches!(text.get(at + 2), Some(b' ' | b'-' | b'\n' | b'\r')) => Some(at),
        _ => {
            let mark = at.checked_sub(1).filter(|mark| *mark >= from);
            mark.filter(|mark| variables && matches!(text.get(*mark), Some(b'$' | b'%')))
        }
    })
}

/// Behind the end of the action that begins at `at`.
fn close(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at + 2..)?;
    let mark = match text.as_bytes().get(at..at + 2)? {
        b"{{" => "}}",
        b"{%" => "%}",
        b"{#" => "#}",
        _ => return variable_end(rest).map(|end| at + 2 + end),
    };
    let comment = rest.trim_start_matches(['-', ' ', '\t']).starts_with("/*");
    let find = |mark: &str, from: usize| {
        let rest = rest.get(from..)?;
        Some(at + 2 + from + memmem::find(rest.as_bytes(), mark.as_bytes())? + mark.len())
    };
    if mark == "#}" {
        return find(mark, 0);
    }
    if comment {
        let end = memmem::find(rest.as_bytes(), b"*/")?;
        return find(mark, end);
    }
    // A closing mark inside of a string is none, unless the string never ends.
    let bytes = rest.as_bytes();
    let mut quote = None;
    let mut index = 0;
    while let Some(byte) = bytes.get(index) {
        match quote {
            None if bytes.get(index..index + 2) == Some(mark.as_bytes()) => return Some(at + 2 + index + 2),
            None if matches!(byte, b'"' | b'`' | b'\'') => quote = Some(*byte),
            Some(b'"' | b'\'') if *byte == b'\\' => index += 1,
            // Only a raw string goes over lines.
            Some(b'"' | b'\'') if *byte == b'\n' => break,
            Some(open) if open == *byte => quote = None,
            _ => {}
        }
        index += 1;
    }
    find(mark, 0)
}

/// Behind the brace that ends a variable, on its line; braces in it come in pairs.
fn variable_end(rest: &str) -> Option<usize> {
    let line = rest.lines().next()?;
    let mut depth = 1_usize;
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// What an action does, by its first word.
fn sort(action: &str) -> Sort {
    let inner = action.get(2..).unwrap_or_default();
    let inner = inner.trim_start_matches(['-', '+', '~']).trim();
    let word = inner.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
    // Terraform's directives are `%{ if … }`.
    let statement = action.starts_with("{%") || action.starts_with("%{");
    match word {
        _ if action.starts_with("${") => Sort::Value,
        _ if action.starts_with("{#") || inner.starts_with("/*") => Sort::Silent,
        "if" | "range" | "with" | "for" => Sort::Condition,
        "define" | "macro" => Sort::Defined,
        "block" | "filter" | "raw" => Sort::Named,
        "else" | "elif" => Sort::Else,
        "end" => Sort::End,
        _ if statement && word.starts_with("end") => Sort::End,
        "include" | "import" | "extends" if statement => Sort::Value,
        _ if statement => Sort::Silent,
        "break" | "continue" | "fail" => Sort::Silent,
        _ if inner.starts_with('$') && assigns(inner) => Sort::Silent,
        _ => Sort::Value,
    }
}

/// Whether `$name` is followed by `:=` or `=`.
fn assigns(inner: &str) -> bool {
    let behind =
        inner.trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '$' | '_')).trim_start();
    behind.starts_with(":=") || (behind.starts_with('=') && !behind.starts_with("=="))
}

#[cfg(test)]
mod tests {
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
}
