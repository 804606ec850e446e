//! Reading assignments: before and as the words of commands, lists, and commands that assign.

use super::place::WordPlace;
use super::{
    AssignedValue, Assigning, Assignment, Here, Piece, PieceKind, ScriptReader, ShellDialect, SimpleCommand,
    Visibility, Word,
};
use crate::text::source::Span;

/// Builtins whose arguments may be assignments, and who sees those inside of a function.
const DECLARATIONS: [(&str, Visibility); 5] = [
    ("local", Visibility::Function),
    ("declare", Visibility::Function),
    ("typeset", Visibility::Function),
    ("export", Visibility::Script),
    ("readonly", Visibility::Script),
];

impl ScriptReader<'_> {
    /// Who sees the assignments among the arguments of `command`, if it is a builtin that takes such.
    pub(super) fn declaration(&self, command: &SimpleCommand) -> Option<Visibility> {
        let name = command.words.first()?.plain(self.script.text)?;
        let (_, reach) = DECLARATIONS.iter().find(|(known, _)| *known == name)?;
        let function = self.script.scopes.get(command.scope).is_some_and(|scope| scope.function.is_some());
        Some(if function { *reach } else { Visibility::Script })
    }

    /// Assignments before the words of a command hold only for it.
    pub(super) fn mark_prefixes(&mut self, first: usize, command: &SimpleCommand) {
        let Some(word) = command.words.first() else { return };
        for assignment in self.script.assignments.iter_mut().skip(first) {
            if assignment.span.end <= word.span.start && assignment.scope == command.scope {
                assignment.reach = Visibility::Command;
            }
        }
    }

    /// Reads an assignment if one begins here.
    pub(super) fn assignment(&mut self, declaration: Option<Visibility>) -> bool {
        let start = self.cursor.pos;
        if self.options.dialect == ShellDialect::PowerShell {
            return declaration.is_none() && self.powershell_assignment();
        }
        if matches!(self.options.dialect, ShellDialect::Batch) {
            return false;
        }
        if !self.cursor.peek().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_') {
            return false;
        }
        let name = self.cursor.skip(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let index = self.cursor.peek() == Some(b'[');
        if index {
            match self.cursor.ahead(b"]", b"\n") {
                Some(close) => self.cursor.bump(close + 1 - self.cursor.pos),
                None => return self.undo(start),
            }
        }
        let append = self.cursor.peek() == Some(b'+') && self.cursor.peek_at(1) == Some(b'=');
        self.cursor.bump(usize::from(append));
        if self.cursor.peek() != Some(b'=') {
            return self.undo(start);
        }
        self.cursor.bump(1);
        let value = if self.cursor.peek() == Some(b'(') {
            AssignedValue::Array(self.elements())
        } else {
            AssignedValue::Word(self.word(WordPlace::Argument))
        };
        let store = match (append, index) {
            (true, _) => Assigning::Append,
            (_, true) => Assigning::Element,
            _ => Assigning::Set,
        };
        let span = Span::new(start, self.cursor.pos);
        self.assign(span, name, value, store, declaration.unwrap_or(Visibility::Script));
        true
    }

    fn undo(&mut self, start: usize) -> bool {
        self.cursor.pos = start;
        false
    }

    /// Notes an assignment that runs here.
    pub(super) fn assign(
        &mut self,
        span: Span,
        name: Span,
        value: AssignedValue,
        store: Assigning,
        reach: Visibility,
    ) {
        let Here { scope, conditional, guarded } = self.here;
        if self.is_dead(scope) {
            return;
        }
        let assignment = Assignment { span, name, store, value, reach, scope, conditional, guarded };
        self.script.assignments.push(assignment);
    }

    /// The elements of a list from its `(` to its `)`.
    pub(super) fn elements(&mut self) -> Vec<Word> {
        self.cursor.bump(1);
        let mut words = Vec::new();
        loop {
            self.blanks();
            match self.cursor.peek() {
                None => return words,
                Some(b')') => {
                    self.cursor.bump(1);
                    return words;
                }
                Some(b'\n' | b',') => self.cursor.bump(1),
                Some(b'#') => {
                    self.comment();
                }
                Some(_) => {
                    let word = self.word(WordPlace::Element);
                    if word.span.is_empty() {
                        self.cursor.bump_char();
                    } else {
                        words.push(word);
                    }
                }
            }
        }
    }

    /// Assignments that are made by a command's work: `set` of fish, `read`, `mapfile`, `:`.
    pub(super) fn assigning_command(&mut self, command: &SimpleCommand, here: Here) {
        let Some(program) = command.words.first().and_then(|word| word.plain(self.script.text)) else {
            return;
        };
        self.here = here;
        match (self.options.dialect, program) {
            (ShellDialect::Fish, "set") => self.fish_set(command),
            (ShellDialect::Posix, "read" | "mapfile" | "readarray") => {
                for word in command.words.iter().skip(1) {
                    let name = word.plain(self.script.text).unwrap_or("-");
                    if !name.starts_with('-') && !name.is_empty() {
                        self.assign(
                            word.span,
                            word.span,
                            AssignedValue::Unread,
                            Assigning::Set,
                            Visibility::Script,
                        );
                    }
                }
            }
            (ShellDialect::Posix, ":" | "true") => {
                for word in command.words.iter().skip(1) {
                    if let Some(name) = self.defaulted(word) {
                        let value = AssignedValue::Word(word.clone());
                        self.assign(word.span, name, value, Assigning::Set, Visibility::Script);
                    }
                }
            }
            _ => {}
        }
    }

    /// The name in a word that is `${NAME:=value}` and nothing else: it gives the variable a value where it has none, for
    /// which people write `: "${NAME:=value}"`.
    fn defaulted(&self, word: &Word) -> Option<Span> {
        let [Piece { kind: PieceKind::Variable(variable), .. }] = word.pieces() else { return None };
        let behind = self.script.text.get(variable.name.end..)?;
        (behind.starts_with('=') || behind.starts_with(":=")).then_some(variable.name)
    }
}
