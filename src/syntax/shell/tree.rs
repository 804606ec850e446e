//! What a script is made of: commands, words and their pieces, assignments, redirections, here-documents, scopes.
//!
//! Everything is a span into the text that was read; nothing is copied.

use std::borrow::Cow;
use std::ops::Range;

use crate::source::Span;

/// How a piece of a word is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quote {
    /// Not at all: its blanks split words, its value is split into fields.
    None,
    /// One character behind an escape character (`\ `, `^&`).
    Escaped,
    /// `'…'`.
    Single,
    /// `"…"`.
    Double,
    /// `$'…'`, with C escapes.
    AnsiC,
}

/// What stands behind a parameter's name in `${…}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modifier {
    /// Nothing: the value itself.
    None,
    /// `:-`, `-`, `:=` or `=`: the operand where the parameter is unset.
    Default,
    /// `:+` or `+`: the operand where the parameter is set.
    Alternative,
    /// `:?` or `?`: the value, or the script ends.
    Required,
    /// Anything that makes another value of it: trimming, replacing, length, indirection, an index.
    Other,
}

/// A reference to a parameter: `$A`, `${A:-x}`, `${A[@]}`, `$1`, `%A%`, `$(A)` of make.
#[derive(Clone, Debug)]
pub struct Variable {
    /// The name alone.
    pub name: Span,
    /// Whether all elements are meant, each a word of its own where it is quoted: `${A[@]}`, `$@`, PowerShell's `@A`.
    pub elements: bool,
    /// What the braces make of it.
    pub modifier: Modifier,
    /// The word behind the modifier.
    pub operand: Option<Word>,
    /// Whether make or just expands it, before any shell sees the line.
    pub make: bool,
}

/// Why a piece cannot be read further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opaque {
    /// `{{ … }}` or `${{ … }}`: another program fills it in.
    Template,
    /// `<name>`: the reader of a document fills it in.
    Placeholder,
    /// Nested deeper than the reader goes.
    TooDeep,
}

/// The sort of a piece.
#[derive(Clone, Debug)]
pub enum PieceKind {
    /// The bytes under the span are the value.
    Text,
    /// A parameter.
    Variable(Box<Variable>),
    /// `$(…)`, `` `…` ``, `<(…)`: the commands inside, as a range of [`Script::commands`].
    Substitution(Range<usize>),
    /// `$((…))`.
    Arithmetic,
    /// Text whose value nobody can tell.
    Opaque(Opaque),
}

/// A part of a word with one meaning and one quoting.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Where it stands: for text the bytes of the value (without quotes), else the whole expression.
    pub span: Span,
    /// How it is quoted.
    pub quote: Quote,
    /// What it is.
    pub kind: PieceKind,
}

/// The pieces of one word; nearly all words have exactly one.
#[derive(Clone, Debug, Default)]
enum Pieces {
    #[default]
    None,
    One(Piece),
    Many(Vec<Piece>),
}

/// One word of a command as it is written.
#[derive(Clone, Debug, Default)]
pub struct Word {
    /// From its first to its last byte, quotes included.
    pub span: Span,
    pieces: Pieces,
}

impl Word {
    /// A word without pieces at `at`.
    pub(super) fn empty(at: usize) -> Self {
        Self { span: Span::at(at), pieces: Pieces::None }
    }

    /// Adds a piece; text that goes on where text of the same quoting ended becomes one piece with it.
    pub(super) fn push(&mut self, piece: Piece) {
        if let Some(last) = self.last_mut()
            && matches!((&last.kind, &piece.kind), (PieceKind::Text, PieceKind::Text))
            && last.quote == piece.quote
            && last.quote != Quote::Escaped
            && last.span.end == piece.span.start
        {
            last.span.end = piece.span.end;
            return;
        }
        self.pieces = match std::mem::take(&mut self.pieces) {
            Pieces::None => Pieces::One(piece),
            Pieces::One(first) => Pieces::Many(vec![first, piece]),
            Pieces::Many(mut all) => {
                all.push(piece);
                Pieces::Many(all)
            }
        };
    }

    /// Forgets all but the first `count` pieces.
    pub(super) fn truncate(&mut self, count: usize) {
        match &mut self.pieces {
            Pieces::Many(all) => all.truncate(count),
            one if count == 0 => *one = Pieces::None,
            _ => {}
        }
    }

    fn last_mut(&mut self) -> Option<&mut Piece> {
        match &mut self.pieces {
            Pieces::None => None,
            Pieces::One(piece) => Some(piece),
            Pieces::Many(all) => all.last_mut(),
        }
    }

    /// Its pieces in order. Quotes and continuations between them belong to none.
    pub fn pieces(&self) -> &[Piece] {
        match &self.pieces {
            Pieces::None => &[],
            Pieces::One(piece) => std::slice::from_ref(piece),
            Pieces::Many(all) => all,
        }
    }

    /// The word's text where it is one run of unquoted text, as the words that steer a shell are.
    pub fn plain<'t>(&self, text: &'t str) -> Option<&'t str> {
        match &self.pieces {
            Pieces::One(Piece { span, quote: Quote::None, kind: PieceKind::Text }) => Some(span.of(text)),
            _ => None,
        }
    }

    /// Its value where it is all text.
    pub fn literal<'t>(&self, text: &'t str) -> Option<Cow<'t, str>> {
        if let [piece @ Piece { kind: PieceKind::Text, .. }] = self.pieces()
            && piece.quote != Quote::AnsiC
        {
            return Some(Cow::Borrowed(piece.span.of(text)));
        }
        let mut value = String::new();
        for piece in self.pieces() {
            match piece.kind {
                PieceKind::Text => value.push_str(&piece.text(text)),
                _ => return None,
            }
        }
        Some(Cow::Owned(value))
    }

    /// The parameter that this word is, with nothing beside it, whether quoted or not.
    pub fn variable(&self) -> Option<&Variable> {
        match self.pieces() {
            [Piece { kind: PieceKind::Variable(variable), .. }] => Some(variable),
            _ => None,
        }
    }

    /// Whether any part of it is quoted.
    pub fn is_quoted(&self) -> bool {
        self.pieces().iter().any(|piece| piece.quote != Quote::None)
    }
}

impl Piece {
    /// The value of a piece of text; of any other piece its source.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let raw = self.span.of(text);
        match self.quote {
            Quote::AnsiC if raw.contains('\\') => Cow::Owned(unescaped(raw)),
            _ => Cow::Borrowed(raw),
        }
    }
}

/// The value of the inside of `$'…'`. Numeric escapes stay as they are written: no option is spelled with them.
fn unescaped(raw: &str) -> String {
    let mut value = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            value.push(char);
            continue;
        }
        match chars.next() {
            Some('n') => value.push('\n'),
            Some('t') => value.push('\t'),
            Some('r') => value.push('\r'),
            Some(other @ ('\\' | '\'' | '"' | '?')) => value.push(other),
            Some(other) => value.extend(['\\', other]),
            None => value.push('\\'),
        }
    }
    value
}

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
pub struct Command {
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
pub enum Store {
    /// It replaces it: `A=…`.
    Set,
    /// It adds to it: `A+=…`.
    Append,
    /// It sets one element: `A[0]=…`.
    Element,
}

/// Who sees an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
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
    pub store: Store,
    /// The value.
    pub value: AssignedValue,
    /// Who sees it.
    pub reach: Reach,
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
    /// Whether leading tabs are dropped: `<<-`.
    pub strips_tabs: bool,
}

/// The sort of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeKind {
    /// The script itself.
    Script,
    /// A function's body.
    Function,
    /// One branch of `if` or `case`, or a loop's body.
    Branch,
    /// `{ … }`, or a subshell `( … )`.
    Group,
    /// Inside `$(…)`.
    Substitution,
}

/// An `if` or a `case`.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Its arms without their conditions, as indices into [`Script::scopes`].
    pub arms: Vec<usize>,
    /// Whether one of them surely runs: there is an `else` or a `*)`.
    pub complete: bool,
}

/// A place where commands run. Each knows what the ones around it decide, so that nobody has to climb.
#[derive(Clone, Debug)]
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
}

/// A script as a shell would read it: simple commands in the order in which they begin.
#[derive(Clone, Debug)]
pub struct Script<'t> {
    pub(super) text: &'t str,
    /// The simple commands, also those in functions and substitutions.
    pub commands: Vec<Command>,
    /// The assignments, in the order in which they end.
    pub assignments: Vec<Assignment>,
    /// The here-documents.
    pub here_documents: Vec<HereDocument>,
    /// Where commands run.
    pub scopes: Vec<Scope>,
    /// The choices between branches; the first stands for none.
    pub choices: Vec<Choice>,
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

    /// Bytes looked at while reading; a small multiple of the text's length for every text.
    pub fn work(&self) -> usize {
        self.work
    }
}
