//! What substitutions write that only choose or quote text: `$([ -n "$GPU" ] && echo --gpus all)`, `$(cat <<EOF …)`.

use std::ops::Range;

use super::environment::{MAX_CLIMB, MAX_VALUES, ScopedScript, Vantage};
use super::expand::{Expander, Frame, MAX_DEPTH, Ways, together};
use super::fields::{Field, Knowledge, Spot};
use crate::syntax::shell::{Quote, ScopeKind, SimpleCommand};
use crate::text::source::Span;

/// How many commands a substitution may hold that only chooses what to `echo`.
const MAX_ECHOING: usize = 16;

/// Commands that write nothing but tell something.
const TESTS: [&str; 6] = ["[", "test", "true", "false", ":", "hash"];

impl Expander<'_> {
    /// What the commands of a substitution write, where that can be told.
    pub(super) fn written<'u>(
        &self,
        unit: &'u ScopedScript<'u>,
        commands: Range<usize>,
        frame: Frame<'_>,
    ) -> Option<Ways<Vec<Field>>> {
        document(unit, commands.clone()).or_else(|| self.echoed(unit, commands, frame))
    }

    /// What `$([ -n "$GPU" ] && echo --gpus all)` gives: the words of an `echo`, or nothing. Nothing can be told where any
    /// other command may write something.
    fn echoed<'u>(
        &self,
        unit: &'u ScopedScript<'u>,
        commands: Range<usize>,
        frame: Frame<'_>,
    ) -> Option<Ways<Vec<Field>>> {
        let commands = unit.script.commands.get(commands)?;
        if self.budget.is_spent() || frame.depth >= MAX_DEPTH || commands.len() > MAX_ECHOING {
            return None;
        }
        // `` `# a comment` ``
        let Some(first) = commands.first() else { return Some(vec![Vec::new()]) };
        let own = substitution(unit, first.scope);
        // Those of substitutions inside write into words.
        let writing: Vec<&SimpleCommand> = commands
            .iter()
            .filter(|command| substitution(unit, command.scope) == own && !is_silent(unit, command))
            .collect();
        let sure = commands.len() == 1;
        let mut ways: Ways<Vec<Field>> = Vec::new();
        for command in writing {
            let (program, words) = command.words.split_first()?;
            let text = unit.script.text();
            let program = program.plain(text)?;
            let format = words.first().and_then(|word| word.literal(text)).filter(|_| program == "printf");
            let words = match format.as_deref() {
                Some("%s" | "%s\\n") => words.get(1..)?,
                Some(format) if format.contains('%') => return None,
                _ => words,
            };
            if !matches!(program, "echo" | "printf") {
                return None;
            }
            let at = Vantage { pos: command.span.start, scope: command.scope };
            let inner = Frame { at, depth: frame.depth + 1, splits: true, own: None };
            let mut fields = together(words.iter().map(|word| self.word(unit, word, inner)));
            for field in fields.iter_mut().flatten() {
                field.came_through();
                if !sure {
                    field.depends();
                }
            }
            ways.append(&mut fields);
        }
        if !sure && !ways.is_empty() {
            ways.push(Vec::new());
        }
        ways.truncate(MAX_VALUES);
        (!ways.is_empty()).then_some(ways)
    }
}

/// The scope of the substitution around a scope.
fn substitution(unit: &ScopedScript<'_>, mut scope: usize) -> Option<usize> {
    for _ in 0..MAX_CLIMB {
        let found = unit.script.scopes.get(scope)?;
        if found.kind == ScopeKind::Substitution || found.parent == scope {
            return Some(scope);
        }
        scope = found.parent;
    }
    None
}

/// Whether a command writes nothing but tells something.
fn is_silent(unit: &ScopedScript<'_>, command: &SimpleCommand) -> bool {
    let text = unit.script.text();
    let into_nothing = command.redirections.iter().any(|redirection| {
        matches!(unit.script.slice(redirection.operator), ">" | ">>" | "&>" | ">&")
            && !unit.script.slice(redirection.span).starts_with('2')
            && redirection.target.as_ref().and_then(|target| target.plain(text)) == Some("/dev/null")
    });
    let program = command.words.first().and_then(|word| word.plain(text));
    into_nothing || program.is_none_or(|program| TESTS.contains(&program))
}

/// The text of `$(cat <<EOF …)`, which is how scripts write long strings.
fn document(unit: &ScopedScript<'_>, commands: Range<usize>) -> Option<Ways<Vec<Field>>> {
    let first = commands.start;
    let [command] = unit.script.commands.get(commands)? else { return None };
    let [program] = command.words.as_slice() else { return None };
    let body = unit.script.here_documents.iter().find(|body| body.command == first)?;
    if program.plain(unit.script.text()) != Some("cat") {
        return None;
    }
    let mut field = Field::default();
    let mut push = |span: Span, known| {
        let spot = Spot { layer: unit.layer.clone(), span };
        field.push(unit.script.slice(span), spot, Quote::Single, known);
    };
    let bytes = unit.script.slice(body.body).as_bytes();
    let part = |from: usize, to: usize| Span::new(body.body.start + from, body.body.start + to);
    let (mut from, mut at) = (0, 0);
    // Without a quoted delimiter the shell joins continued lines and puts values in.
    while let Some(byte) = bytes.get(at).filter(|_| !body.literal) {
        let next = bytes.get(at + 1);
        let skipped = match (byte, next) {
            (b'\\', Some(b'\n')) => 2,
            (b'\\', Some(b'$' | b'`' | b'\\')) => 1,
            (b'$', Some(next)) if next.is_ascii_alphabetic() || b"_{(".contains(next) => length(bytes, at),
            _ => {
                at += 1;
                continue;
            }
        };
        push(part(from, at), Knowledge::Text);
        if *byte == b'$' {
            push(part(at, at + skipped), Knowledge::AnyWords);
        }
        // An escaped character is text.
        at += skipped;
        from = at;
        at += usize::from(*byte == b'\\' && skipped == 1);
    }
    push(part(from, bytes.len()), Knowledge::Text);
    Some(vec![vec![field]])
}

/// How long the `$NAME`, `${…}` or `$(…)` is that begins at a place.
fn length(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at + 1..).unwrap_or_default();
    let name = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let close = match rest.first() {
        Some(b'{') => b'}',
        Some(b'(') => b')',
        _ => return 1 + name,
    };
    rest.iter().take(256).position(|byte| *byte == close).map_or(2, |end| end + 2)
}
