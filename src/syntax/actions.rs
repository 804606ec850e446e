//! The actions of a template: where they stand, and what each does.

use memchr::memmem;

use crate::text::source::Span;

/// One `{{ … }}`, `{% … %}`, `{# … #}`, `<% … %>`, `${ … }` or `%{ … }`.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    /// Where it stands.
    pub span: Span,
    /// What it does.
    pub sort: Sort,
    /// The column of what it writes, where it stands alone on its line and writes something.
    pub inserts: Option<usize>,
}

/// What an action does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
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

/// All actions of a text.
pub fn actions(text: &str, variables: bool) -> Vec<Action> {
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
    memchr::memchr2_iter(b'{', b'<', rest).map(|at| from + at).find_map(|at| match text.get(at + 1) {
        // What Ruby's ERB and its like write.
        behind if text.get(at) == Some(&b'<') => (behind == Some(&b'%')).then_some(at),
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
        b"<%" => "%>",
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
    let statement = ["{%", "%{", "<%"].iter().any(|open| action.starts_with(open));
    match word {
        _ if action.starts_with("${") || action.starts_with("<%=") => Sort::Value,
        _ if action.starts_with("{#") || inner.starts_with("/*") => Sort::Silent,
        "if" | "range" | "with" | "for" => Sort::Condition,
        "define" | "macro" => Sort::Defined,
        "block" | "filter" | "raw" => Sort::Named,
        "else" | "elif" => Sort::Else,
        "end" => Sort::End,
        _ if statement && word.starts_with("end") => Sort::End,
        _ if action.starts_with("<%") && inner.contains(" do") => Sort::Condition,
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
