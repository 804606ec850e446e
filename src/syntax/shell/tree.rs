//! What a script is made of: commands, words and their pieces, assignments, redirections, here-documents, scopes.
//!
//! Everything is a span into the text that was read; nothing is copied.

mod word;

pub use word::{Modifier, Piece, PieceKind, Quote, Variable, Word};

use crate::text::source::Span;

/// `<file`, `2>&1`, `<<EOF`: kept apart from the words, wherever it stands between them.
#[derive(Clone, Debug)]
pub struct Redirection {
    /// The whole of it, descriptor and target included.
    pub span: Span,
    /// The operator alone (`>`, `<<-`).
    pub operator: Span,
    /// The file, the descriptor, the delimiter.
    pub target: Option<Word>,
}

/// What ends a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The end of the text (or of the substitution's text).
    Text,
    /// A line end.
    Newline,
    /// `;`, `;;` and its like.
    Semicolon,
    /// `&&`.
    And,
    /// `||`.
    Or,
    /// `|` or `|&`.
    Pipe,
    /// `&`.
    Background,
    /// `)` or `}` of what it stands in.
    Close,
}

/// One simple command.
#[derive(Clone, Debug)]
pub struct SimpleCommand {
    /// From its first assignment, redirection or word to its last.
    pub span: Span,
    /// Its words, without leading assignments and redirections. In front of the program may stand words like `time`.
    pub words: Vec<Word>,
    /// Its redirections.
    pub redirections: Vec<Redirection>,
    /// What ends it.
    pub end: End,
    /// Where it runs, an index into [`Script::scopes`].
    pub scope: usize,
    /// Whether something decides at run time if it runs: a branch, a loop, `&&`.
    pub conditional: bool,
    /// Whether it goes on over a line end that a shell would not continue, as its writer plainly meant it to: blanks
    /// behind the backslash, a comment behind it, a comment line in between.
    pub loose: bool,
}

/// What is assigned.
#[derive(Clone, Debug)]
pub enum AssignedValue {
    /// One word, its value not split: `A=…`.
    Word(Word),
    /// The elements of a list: `A=(…)`, `set A …`.
    Array(Vec<Word>),
    /// One of these words at a time: `for A in …`.
    Each(Vec<Word>),
    /// Source text that is put in place before the line is read, as batch files do.
    Source(Span),
    /// Something read at run time: `read A`, `for A` over the arguments.
    Unread,
}

/// What an assignment does to what the name held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assigning {
    /// It replaces it: `A=…`.
    Set,
    /// It adds to it: `A+=…`.
    Append,
    /// It sets one element: `A[0]=…`.
    Element,
}

/// Who sees an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// The whole script.
    Script,
    /// The function it stands in: `local A=…`.
    Function,
    /// The command it stands before: `A=… command`.
    Command,
}

/// `A=…`, `A+=(…)`, `local A=…`, `for A in …`, wherever it stands.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// From the name to the value's end.
    pub span: Span,
    /// The name.
    pub name: Span,
    /// What it does to what was there.
    pub store: Assigning,
    /// The value.
    pub value: AssignedValue,
    /// Who sees it.
    pub reach: Visibility,
    /// Where it runs, an index into [`Script::scopes`].
    pub scope: usize,
    /// Whether something decides at run time if it runs.
    pub conditional: bool,
    /// Whether that is so even within its scope: `&&` or `||` stands before it.
    pub guarded: bool,
}

/// The body of a here-document and what is fed with it.
#[derive(Clone, Debug)]
pub struct HereDocument {
    /// The command it belongs to, an index into [`Script::commands`].
    pub command: usize,
    /// The lines between, without the line of the delimiter.
    pub body: Span,
    /// Whether the delimiter is quoted, so that nothing in the body is expanded.
    pub literal: bool,
    /// Whether the tabs at the beginning of its lines are no part of it (`<<-`).
    pub strips_tabs: bool,
}

/// The sort of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ScopeKind {
    /// The script itself.
    #[default]
    Script,
    /// A function's body.
    Function,
    /// One branch of `if` or `case`, or a loop's body.
    Branch,
    /// `{ … }`.
    Group,
    /// `( … )`.
    Subshell,
    /// Inside `$(…)`.
    Substitution,
}

/// An `if` or a `case`.
#[derive(Clone, Debug, Default)]
pub struct Alternatives {
    /// Its arms without their conditions, as indices into [`Script::scopes`].
    pub arms: Vec<usize>,
    /// Whether one of them surely runs: there is an `else` or a `*)`.
    pub complete: bool,
    /// What a `case` looks at.
    pub subject: Option<Span>,
    /// For each arm the pattern of a `case`, as it stands on its line, or the condition of an `if`, empty for `else`; none for
    /// other choices.
    pub conditions: Vec<Span>,
}

/// A place where commands run. Each knows what the ones around it decide, so that nobody has to climb.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// What it is.
    pub kind: ScopeKind,
    /// The scope around it; the script's own is its own.
    pub parent: usize,
    /// Branches with one number exclude each other: the arms of one `if` or `case`, an index into [`Script::choices`].
    pub choice: usize,
    /// The name of the function it lies in.
    pub function: Option<Span>,
    /// Whether something decides at run time if its commands run.
    pub conditional: bool,
    /// Whether they never do: `if false`. Commands and assignments in it are left out.
    pub dead: bool,
}

/// A script as a shell would read it: simple commands in the order in which they begin.
#[derive(Clone, Debug, Default)]
pub struct Script<'t> {
    pub(super) text: &'t str,
    /// The simple commands, also those in functions and substitutions.
    pub commands: Vec<SimpleCommand>,
    /// The assignments, in the order in which they end.
    pub assignments: Vec<Assignment>,
    /// The here-documents.
    pub here_documents: Vec<HereDocument>,
    /// Where commands run.
    pub scopes: Vec<Scope>,
    /// The choices between branches; the first stands for none.
    pub choices: Vec<Alternatives>,
    /// The comments, each up to its line end.
    pub comments: Vec<Span>,
    /// Bytes looked at while reading, for the proof that it stays linear.
    pub(super) work: usize,
}

impl<'t> Script<'t> {
    /// The text that was read.
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &'t str {
        span.of(self.text)
    }

    /// Whether a command is a shell that runs what comes through a pipe: `curl … | sudo bash -s`.
    pub fn is_fed(&self, command: usize) -> bool {
        let piped = command.checked_sub(1).and_then(|before| self.commands.get(before));
        let words = self.commands.get(command).map_or(&[][..], |command| command.words.as_slice());
        let mut words = words.iter().map(|word| self.slice(word.span)).skip_while(|word| *word == "sudo");
        piped.is_some_and(|before| before.end == End::Pipe)
            && words.next().is_some_and(|word| ["sh", "bash", "/bin/sh", "/bin/bash", "zsh"].contains(&word))
            && words.next().is_none_or(|word| word.starts_with('-'))
    }

    /// Bytes looked at while reading; a small multiple of the text's length for every text.
    pub fn work(&self) -> usize {
        self.work
    }
}
