//! A tolerant reader of shell text: what a shell would run, with the place of every word.
//!
//! It never fails and never gives up: what is no shell is read as words all the same, an unclosed quote is a character
//! like any other. It reads in linear time, nests to a fixed depth and copies nothing. One reader serves several
//! dialects; [`ShellOptions`] says which.
//!
//! ```
//! use shmlint::syntax::shell::{Script, ShellOptions};
//!
//! let script = Script::read("sudo docker run \\\n  --gpus all \"$IMAGE\" | tee log", ShellOptions::default());
//! let words: Vec<&str> = script.commands[0].words.iter().map(|word| script.slice(word.span)).collect();
//! assert_eq!(words, ["sudo", "docker", "run", "--gpus", "all", "\"$IMAGE\""]);
//! ```

mod assignments;
mod cursor;
mod expansions;
mod heredoc;
mod keywords;
mod lines;
mod make;
mod place;
#[cfg(test)]
mod properties;
mod statements;
mod template;
#[cfg(test)]
mod tests;
mod tree;
mod windows;
mod words;

pub use tree::{
    Alternatives, AssignedValue, Assigning, Assignment, End, HereDocument, Modifier, Piece, PieceKind, Quote,
    Redirection, Scope, ScopeKind, Script, SimpleCommand, Variable, Visibility, Word,
};

use cursor::Cursor;

/// The language family of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShellDialect {
    /// sh, bash, zsh, ksh.
    #[default]
    Posix,
    /// fish: `set A …`, `(…)` substitutes, blocks close with `end`.
    Fish,
    /// `.bat` and `.cmd`: `^` escapes, `%A%`, `rem`.
    Batch,
    /// PowerShell: a backtick escapes, `$a = …`, here-strings.
    PowerShell,
}

/// How a text is to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShellOptions {
    /// The language.
    pub dialect: ShellDialect,
    /// Of the first of them zsh: a list without an index is all of it, and no string is split into words.
    pub zsh: bool,
    /// The text is a recipe or a value of a makefile: `$(NAME)` is make's variable, `$$` is the shell's `$`.
    pub make: bool,
    /// The text is a recipe or a value of a justfile: `{{name}}` is just's variable.
    pub just: bool,
    /// The text is an example in a document: `<your image>` is a placeholder, and lines are joined where a reader
    /// would join them.
    pub prose: bool,
}

impl ShellOptions {
    /// Whether names mean the same in upper and lower case.
    pub fn ignores_case(self) -> bool {
        matches!(self.dialect, ShellDialect::Batch | ShellDialect::PowerShell)
    }

    /// Whether the string that an unquoted variable holds is split into words.
    pub fn splits_strings(self) -> bool {
        match self.dialect {
            ShellDialect::Posix => !self.zsh,
            ShellDialect::Batch => true,
            ShellDialect::Fish | ShellDialect::PowerShell => false,
        }
    }
}

/// How deep substitutions and operands may stand in each other; deeper ones are opaque. Real scripts use up to 4.
const MAX_DEPTH: usize = 40;

/// The state of one reading.
struct ScriptReader<'t> {
    cursor: Cursor<'t>,
    options: ShellOptions,
    script: Script<'t>,
    /// Here-documents whose bodies begin at the next line end.
    pending: Vec<heredoc::Pending>,
    depth: usize,
    /// Where the command stands that is being read.
    here: Here,
    /// Whether the last blanks held a line end that only a person reads as continued.
    loose: bool,
    /// Behind the last continued line end.
    continued: usize,
}

/// Where commands run while they are read.
#[derive(Clone, Copy)]
struct Here {
    scope: usize,
    /// Whether something decides if they run.
    conditional: bool,
    /// Whether that is so even within the scope.
    guarded: bool,
}

/// A state that reading can go back to.
struct Checkpoint {
    pos: usize,
    commands: usize,
    assignments: usize,
    here_documents: usize,
    scopes: usize,
    choices: usize,
    comments: usize,
    pending: usize,
}

impl<'t> Script<'t> {
    /// Reads `text`. Every text is a script; spans are bytes of `text`.
    pub fn read(text: &'t str, options: ShellOptions) -> Self {
        let (scopes, choices) = (vec![Scope::default()], vec![Alternatives::default()]);
        let script = Script { text, scopes, choices, ..Script::default() };
        let mut reader = ScriptReader {
            cursor: Cursor::new(text),
            options,
            script,
            pending: Vec::new(),
            depth: 0,
            here: Here { scope: 0, conditional: false, guarded: false },
            loose: false,
            continued: usize::MAX,
        };
        reader.statements(false, 0);
        reader.script.work = reader.cursor.work;
        // A redirection that stands before a function's name belongs to no command.
        let commands = reader.script.commands.len();
        reader.script.here_documents.retain(|document| document.command < commands);
        reader.script
    }
}

impl ScriptReader<'_> {
    fn mark(&self) -> Checkpoint {
        Checkpoint {
            pos: self.cursor.pos,
            commands: self.script.commands.len(),
            assignments: self.script.assignments.len(),
            here_documents: self.script.here_documents.len(),
            scopes: self.script.scopes.len(),
            choices: self.script.choices.len(),
            comments: self.script.comments.len(),
            pending: self.pending.len(),
        }
    }

    /// Forgets what was read since `mark`, if the budget for reading in vain allows it.
    fn back_to(&mut self, mark: &Checkpoint) -> bool {
        if !self.cursor.spend(self.cursor.pos - mark.pos) {
            return false;
        }
        self.cursor.pos = mark.pos;
        self.script.commands.truncate(mark.commands);
        self.script.assignments.truncate(mark.assignments);
        self.script.here_documents.truncate(mark.here_documents);
        self.script.scopes.truncate(mark.scopes);
        self.script.choices.truncate(mark.choices);
        self.script.comments.truncate(mark.comments);
        self.pending.truncate(mark.pending);
        true
    }

    /// Where the next command of some statements runs.
    fn here(&self, flow: &statements::Flow) -> Here {
        let within = self.script.scopes.get(flow.scope).is_some_and(|scope| scope.conditional);
        Here { scope: flow.scope, conditional: flow.conditional || within, guarded: flow.conditional }
    }

    /// A new scope inside `parent`, and its index.
    fn scope(&mut self, kind: ScopeKind, parent: usize, conditional: bool, choice: usize) -> usize {
        let outer = self.script.scopes.get(parent);
        let (function, within, dead) =
            outer.map_or((None, false, false), |scope| (scope.function, scope.conditional, scope.dead));
        let conditional = conditional || within;
        self.script.scopes.push(Scope { kind, parent, choice, function, conditional, dead });
        self.script.scopes.len() - 1
    }
}
