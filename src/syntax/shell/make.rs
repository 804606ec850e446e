//! What make and just put in place before any shell sees the line: `$(NAME)`, `$(if …)`, `{{name}}`.

use super::expansions::{name_byte, plain_variable};
use super::place::WordPlace;
use super::{MAX_DEPTH, Modifier, Quote, ScriptReader, Variable, Word};
use crate::text::source::Span;

/// Make's function that runs a command.
const SHELL: &str = "$(shell ";

/// What begins a choice of make.
const CHOICE: &str = "$(if ";

/// A name of a make variable; functions are told apart by the blank behind their name.
fn make_name_byte(byte: u8) -> bool {
    name_byte(byte) || b"-.@<^*?+%".contains(&byte)
}

impl ScriptReader<'_> {
    /// Reads from the `$` of a makefile: `$$` stands for the shell's one, the rest is make's.
    pub(super) fn make_dollar(&mut self, word: &mut Word, quote: Quote) {
        if self.cursor.peek_at(1) == Some(b'$') {
            if quote == Quote::Single {
                self.cursor.bump(1);
                return self.take_text(word, quote);
            }
            return self.shell_dollar(word, quote, 2);
        }
        let start = self.cursor.pos;
        let close = match self.cursor.peek_at(1) {
            Some(b'(') => b')',
            Some(b'{') => b'}',
            Some(byte) if make_name_byte(byte) => {
                self.cursor.bump(2);
                let name = Span::new(start + 1, start + 2);
                return self.variable(word, quote, start, make_variable(name));
            }
            _ => return self.take_text(word, quote),
        };
        self.cursor.bump(2);
        let name = self.cursor.skip(make_name_byte);
        if !name.is_empty() && self.cursor.peek() == Some(close) {
            self.cursor.bump(1);
            return self.variable(word, quote, start, make_variable(name));
        }
        if close == b')' && name.of(self.script.text) == "shell" && self.cursor.peek() == Some(b' ') {
            self.cursor.pos = start;
            return self.substitution(word, quote, SHELL.len());
        }
        let is_choice = name.of(self.script.text) == "if" && self.cursor.peek() == Some(b' ');
        self.cursor.pos = start;
        let (open, close) = if close == b')' { (b'(', b')') } else { (b'{', b'}') };
        let end = self.cursor.balanced_ahead(2, open, close).unwrap_or(start + 2);
        if !(is_choice && self.make_choice(word, quote, end)) {
            self.cursor.pos = start;
            self.opaque(word, quote, end);
        }
    }

    /// `$(if CONDITION,TEXT)` up to `end`: nobody knows which it gives, the text or nothing, as with `${UNKNOWN:+TEXT}`.
    /// False where something else may stand there.
    fn make_choice(&mut self, word: &mut Word, quote: Quote, end: usize) -> bool {
        let start = self.cursor.pos;
        let inside = Span::new(start + CHOICE.len(), end - 1);
        let mut parts = make_arguments(inside.of(self.script.text));
        let (Some(condition), Some(chosen), rest) = (parts.next(), parts.next(), parts.next()) else {
            return false;
        };
        if rest.is_some_and(|rest| !rest.trim().is_empty()) || self.depth >= MAX_DEPTH {
            return false;
        }
        let mark = self.mark();
        let chosen_at = inside.start + condition.len() + 1;
        let outer = std::mem::replace(&mut self.cursor.end, chosen_at + chosen.len());
        self.cursor.pos = chosen_at;
        self.depth += 1;
        let operand = self.word(WordPlace::Operand { double: quote == Quote::Double });
        self.depth -= 1;
        let is_read = self.cursor.pos == self.cursor.end;
        self.cursor.end = outer;
        if is_read {
            self.cursor.pos = end;
            let operand = Some(operand);
            let unknown = Span::at(start);
            let variable =
                Variable { modifier: Modifier::Alternative, operand, ..plain_variable(unknown, false) };
            self.variable(word, quote, start, variable);
        } else {
            self.back_to(&mark);
        }
        is_read
    }

    /// Reads `{{name}}` up to `end`, as just expands it before any shell sees the line; false where more than a name
    /// stands there.
    pub(super) fn just_variable(&mut self, word: &mut Word, quote: Quote, end: usize) -> bool {
        let start = self.cursor.pos;
        self.cursor.bump(2);
        self.cursor.skip(|byte| byte == b' ');
        let name = self.cursor.skip(|byte| name_byte(byte) || byte == b'-');
        self.cursor.skip(|byte| byte == b' ');
        if name.is_empty() || self.cursor.pos + 2 != end {
            self.cursor.pos = start;
            return false;
        }
        self.cursor.bump(2);
        self.variable(word, quote, start, make_variable(name));
        true
    }
}

/// The arguments of a function of make: commas in nested calls are theirs.
fn make_arguments(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0usize;
    text.split(move |c| {
        match c {
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
}

fn make_variable(name: Span) -> Variable {
    Variable { make: true, ..plain_variable(name, false) }
}
