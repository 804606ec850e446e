//! Words that steer a shell: branches, loops, functions and groups, in each dialect.

use super::place::WordPlace;
use super::statements::Flow;
use super::{
    Alternatives, AssignedValue, Assigning, ScopeKind, ScriptReader, ShellDialect, SimpleCommand, Visibility,
    Word,
};
use crate::text::source::Span;

/// What an open block is closed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockKind {
    If,
    Loop,
    /// `case`; whether a pattern comes next.
    Case {
        pattern: bool,
    },
    Brace,
    Parenthesis,
    /// `{% if … %}` of a template.
    Template,
    /// A block of fish, closed by `end`.
    Ended,
}

/// An open block and what was true before it.
pub(super) struct Compound {
    pub(super) kind: BlockKind,
    scope: usize,
    conditional: bool,
    choice: usize,
    /// Whether its first branch never runs.
    dead: bool,
    /// Where the condition of its next arm begins.
    head: usize,
}

impl Flow {
    /// Closes the innermost block of a kind, with all that is still open inside it. Blocks that are closed by nothing
    /// are only looked through a little: a script that needs more is broken.
    pub(super) fn close(&mut self, kind: BlockKind) {
        let same = |block: &Compound| std::mem::discriminant(&block.kind) == std::mem::discriminant(&kind);
        let Some(inside) = self.blocks.iter().rev().take(8).position(same) else { return };
        let at = self.blocks.len() - 1 - inside;
        if let Some(block) = self.blocks.drain(at..).next() {
            self.scope = block.scope;
            self.conditional = block.conditional;
        }
        self.joined = false;
    }

    pub(super) fn awaits_pattern(&self) -> bool {
        matches!(self.blocks.last(), Some(Compound { kind: BlockKind::Case { pattern: true }, .. }))
    }

    /// `;;` ends an arm of a case.
    pub(super) fn end_arm(&mut self) {
        if let Some(Compound { kind: kind @ BlockKind::Case { .. }, scope, .. }) = self.blocks.last_mut() {
            *kind = BlockKind::Case { pattern: true };
            self.scope = *scope;
        }
    }
}

impl ScriptReader<'_> {
    /// Opens a block whose commands run in a scope of their own.
    pub(super) fn open(&mut self, flow: &mut Flow, kind: BlockKind, scope: ScopeKind) {
        let outer = flow.scope;
        self.open_plain(flow, kind);
        let conditional = flow.conditional || scope == ScopeKind::Branch;
        let function = flow.function.take();
        let kind = if function.is_some() { ScopeKind::Function } else { scope };
        flow.scope = self.scope(kind, outer, conditional, 0);
        if let Some(scope) = self.script.scopes.get_mut(flow.scope)
            && function.is_some()
        {
            scope.function = function;
        }
        flow.end_statement();
    }

    /// Opens a block whose first commands still run where it stands, like the condition of `if`.
    pub(super) fn open_plain(&mut self, flow: &mut Flow, kind: BlockKind) {
        let choice = self.script.choices.len();
        self.script.choices.push(Alternatives::default());
        let (scope, conditional) = (flow.scope, flow.conditional);
        let dead = self.never_holds();
        let head = self.cursor.pos + "if".len();
        flow.blocks.push(Compound { kind, scope, conditional, choice, dead, head });
    }

    /// Whether what stands at a condition's keyword, or behind it, never holds: `if false; then`, `if ($false) {`.
    fn never_holds(&self) -> bool {
        let rest = self.cursor.rest();
        let rest = rest.get(..rest.len().min(40)).unwrap_or_default();
        let word = |text: &[u8]| {
            let behind = rest.strip_prefix(text)?;
            behind.first().filter(|byte| b" \t;\n)".contains(byte))
        };
        [
            &b"if false"[..],
            b"while false",
            b"if ((0))",
            b"if [ 1 -eq 0 ]",
            b"if [ 0 -eq 1 ]",
            b"if [[ 0 -eq 1 ]]",
        ]
        .into_iter()
        .any(|text| word(text).is_some())
    }

    /// Whether nothing in a scope ever runs.
    pub(super) fn is_dead(&self, scope: usize) -> bool {
        self.script.scopes.get(scope).is_some_and(|scope| scope.dead)
    }

    /// Begins the next branch of the innermost block.
    pub(super) fn branch(&mut self, flow: &mut Flow) {
        if let Some(block) = flow.blocks.last_mut() {
            let (outer, choice) = (block.scope, block.choice);
            let dead = std::mem::take(&mut block.dead);
            flow.scope = self.scope(ScopeKind::Branch, outer, true, choice);
            if let Some(scope) = self.script.scopes.get_mut(flow.scope) {
                scope.dead |= dead;
            }
        }
        flow.end_statement();
    }

    /// Begins the next arm of a choice. `otherwise` says that it runs where no other does.
    pub(super) fn arm(&mut self, flow: &mut Flow, otherwise: bool) {
        self.branch(flow);
        let Some(block) = flow.blocks.last() else { return };
        if let Some(choice) = self.script.choices.get_mut(block.choice) {
            choice.arms.push(flow.scope);
            choice.complete |= otherwise;
        }
    }

    /// Begins the next arm of an `if`, with its condition.
    fn held_arm(&mut self, flow: &mut Flow, otherwise: bool) {
        self.arm(flow, otherwise);
        let Some(block) = flow.blocks.last().filter(|block| block.kind == BlockKind::If) else { return };
        let end = self.cursor.pos;
        let start = if otherwise { end } else { block.head.min(end) };
        if let Some(choice) = self.script.choices.get_mut(block.choice) {
            choice.conditions.push(Span::new(start, end));
        }
    }

    /// Reads a word that steers the shell; false where none stands here.
    pub(super) fn keyword(&mut self, flow: &mut Flow) -> bool {
        let rest = self.cursor.rest();
        let length =
            rest.iter().take(10).take_while(|byte| byte.is_ascii_alphabetic() || b"{}![:@".contains(byte));
        let length = length.count();
        let Some(word) = rest.get(..length).filter(|word| !word.is_empty()) else { return false };
        if self.options.dialect == ShellDialect::Batch {
            return self.batch_keyword(word, flow);
        }
        if self.options.dialect == ShellDialect::PowerShell {
            return self.powershell_keyword(word, flow);
        }
        if !rest.get(length).is_none_or(|byte| b" \t\r\n;&|()<>".contains(byte)) {
            return false;
        }
        match self.options.dialect {
            ShellDialect::Fish => self.fish_keyword(word, flow),
            _ => self.posix_keyword(word, flow),
        }
    }

    fn posix_keyword(&mut self, word: &[u8], flow: &mut Flow) -> bool {
        match word {
            b"if" => self.open_plain(flow, BlockKind::If),
            b"while" | b"until" => self.open_plain(flow, BlockKind::Loop),
            b"do" => self.arm(flow, false),
            b"then" => self.held_arm(flow, false),
            b"elif" => {
                self.branch(flow);
                if let Some(block) = flow.blocks.last_mut() {
                    block.head = self.cursor.pos + word.len();
                }
            }
            b"else" => self.held_arm(flow, true),
            b"fi" => flow.close(BlockKind::If),
            b"done" => flow.close(BlockKind::Loop),
            b"esac" => flow.close(BlockKind::Case { pattern: false }),
            b"for" | b"select" => {
                self.cursor.bump(word.len());
                return self.for_head(flow, BlockKind::Loop);
            }
            b"case" => {
                self.cursor.bump(word.len());
                return self.case_head(flow);
            }
            b"{" => {
                self.cursor.bump(1);
                self.open(flow, BlockKind::Brace, ScopeKind::Group);
                return true;
            }
            b"}" => flow.close(BlockKind::Brace),
            b"!" => {}
            b"function" => {
                self.cursor.bump(word.len());
                return self.function_word(flow);
            }
            b"[[" => {
                self.cursor.bump(word.len());
                return self.test(flow);
            }
            _ => return false,
        }
        self.cursor.bump(word.len());
        true
    }

    fn fish_keyword(&mut self, word: &[u8], flow: &mut Flow) -> bool {
        match word {
            b"if" | b"while" => {
                self.open_plain(flow, BlockKind::Ended);
                self.branch(flow);
            }
            b"switch" | b"begin" => self.open_plain(flow, BlockKind::Ended),
            b"else" | b"case" => self.branch(flow),
            b"end" => flow.close(BlockKind::Ended),
            b"and" | b"or" => flow.conditional = true,
            b"not" | b"!" => {}
            b"for" => {
                self.cursor.bump(word.len());
                self.for_head(flow, BlockKind::Ended);
                self.branch(flow);
                return true;
            }
            b"function" => {
                self.cursor.bump(word.len());
                self.function_word(flow);
                self.open(flow, BlockKind::Ended, ScopeKind::Group);
                return true;
            }
            _ => return false,
        }
        self.cursor.bump(word.len());
        true
    }

    /// `for NAME in WORDS`, or `for ((…))`.
    fn for_head(&mut self, flow: &mut Flow, kind: BlockKind) -> bool {
        self.here = self.here(flow);
        self.blanks();
        let name = self.word(WordPlace::Argument);
        let mut value = AssignedValue::Unread;
        self.blanks();
        if self.cursor.at(b"in") {
            self.cursor.bump(2);
            value = AssignedValue::Each(self.words_of_line());
        }
        if name.plain(self.script.text).is_some() {
            let span = Span::new(name.span.start, self.cursor.pos);
            self.assign(span, name.span, value, Assigning::Set, Visibility::Script);
        }
        self.open_plain(flow, kind);
        true
    }

    /// The words up to the end of the statement.
    fn words_of_line(&mut self) -> Vec<Word> {
        let mut words = Vec::new();
        loop {
            self.blanks();
            let word = self.word(WordPlace::Argument);
            if word.span.is_empty() {
                return words;
            }
            words.push(word);
        }
    }

    /// `case WORD in`.
    fn case_head(&mut self, flow: &mut Flow) -> bool {
        self.blanks();
        let subject = self.word(WordPlace::Argument);
        self.cursor.skip(|byte| byte.is_ascii_whitespace());
        if self.cursor.at(b"in") {
            self.cursor.bump(2);
        }
        self.open_plain(flow, BlockKind::Case { pattern: true });
        if let Some(choice) = self.script.choices.last_mut() {
            choice.subject = Some(subject.span);
        }
        true
    }

    /// One pattern of a case up to its `)`, or `esac`.
    pub(super) fn pattern(&mut self, flow: &mut Flow) {
        if self.cursor.at(b"esac") {
            self.cursor.bump(4);
            return flow.close(BlockKind::Case { pattern: false });
        }
        let before = self.cursor.pos;
        self.cursor.eat(b"(");
        self.cursor.skip(|byte| b" \t|".contains(&byte));
        let pattern = self.word(WordPlace::Pattern);
        self.cursor.skip(|byte| byte.is_ascii_whitespace() || byte == b'|');
        if self.cursor.eat(b")") {
            if let Some(block) = flow.blocks.last_mut() {
                block.kind = BlockKind::Case { pattern: false };
            }
            self.arm(flow, pattern.span.of(self.script.text) == "*");
            let end = pattern.span.end;
            let choice = flow.blocks.last().and_then(|block| self.script.choices.get_mut(block.choice));
            if let Some(choice) = choice
                && let Some(subject) = choice.subject
            {
                // Behind the arm before it, or `in`: so no text is looked through twice.
                let last = choice.conditions.last().map_or(subject.end, |last| last.end);
                let between = self.script.text.get(last..end).unwrap_or_default();
                let start = match (between.rfind(['\n', ';']), between.find(" in")) {
                    (Some(at), _) => last + at + 1,
                    (None, Some(at)) if choice.conditions.is_empty() => last + at + " in".len(),
                    (None, _) => last,
                };
                choice.conditions.push(Span::new(start, end));
            }
        } else if self.cursor.pos == before {
            self.cursor.bump_char();
        }
    }

    /// `function NAME [()]`.
    fn function_word(&mut self, flow: &mut Flow) -> bool {
        self.blanks();
        let name = self.word(WordPlace::Argument);
        flow.function = Some(name.span);
        self.cursor.skip(|byte| byte == b' ');
        self.cursor.eat(b"()");
        true
    }

    /// `[[ … ]]`: nothing in it runs but its substitutions.
    fn test(&mut self, flow: &mut Flow) -> bool {
        self.here = self.here(flow);
        let mut joined = false;
        loop {
            self.blanks();
            match self.cursor.peek() {
                Some(b'\n') if joined => self.cursor.bump(1),
                None | Some(b'\n' | b';') => return true,
                Some(b'&' | b'|') => {
                    self.cursor.bump(1);
                    joined = true;
                }
                Some(_) => {
                    let word = self.word(WordPlace::Test);
                    if word.span.is_empty() || self.is_plain(&word, "]]") {
                        return true;
                    }
                    joined = false;
                }
            }
        }
    }

    /// `set [-gxal] NAME VALUES…` of fish.
    pub(super) fn fish_set(&mut self, command: &SimpleCommand) {
        let text = self.script.text;
        let (mut append, mut local, mut erases) = (false, false, false);
        let mut words = command.words.iter().skip(1);
        let name = loop {
            let Some(word) = words.next() else { return };
            match word.plain(text) {
                Some(flag) if flag.starts_with('-') => {
                    append |= flag.contains('a') && !flag.starts_with("--") || flag == "--append";
                    local |= flag.contains('l') && !flag.starts_with("--") || flag == "--local";
                    erases |= flag.contains(['e', 'q']) && !flag.starts_with("--");
                }
                Some(_) => break word.span,
                None => return,
            }
        };
        let values: Vec<Word> = words.cloned().collect();
        if !erases {
            let store = if append { Assigning::Append } else { Assigning::Set };
            let reach = if local { Visibility::Function } else { Visibility::Script };
            self.assign(command.span, name, AssignedValue::Array(values), store, reach);
        }
    }
}
