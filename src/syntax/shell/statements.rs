//! Reading statements: what joins commands, what groups them, and the parts of a simple command.

use super::keywords::{BlockKind, Compound};
use super::place::WordPlace;
use super::{End, PieceKind, Quote, Redirection, ScopeKind, ScriptReader, ShellDialect, SimpleCommand, Word};
use crate::text::source::Span;

/// What the statements read so far mean for the next one.
pub(super) struct Flow {
    pub(super) scope: usize,
    /// The next command only runs if something before it says so.
    pub(super) conditional: bool,
    /// A line end does not end the statement: an operator stands before it.
    pub(super) joined: bool,
    /// A function's name whose body comes next.
    pub(super) function: Option<Span>,
    pub(super) blocks: Vec<Compound>,
    /// A `)` that closes nothing ends the statements.
    in_parentheses: bool,
}

impl ScriptReader<'_> {
    /// Reads statements up to the end, or to a `)` that closes nothing.
    pub(super) fn statements(&mut self, in_parentheses: bool, scope: usize) {
        let mut flow = Flow {
            scope,
            conditional: false,
            joined: false,
            function: None,
            blocks: Vec::new(),
            in_parentheses,
        };
        loop {
            self.blanks();
            let Some(byte) = self.cursor.peek() else { break };
            if byte == b'\n' {
                self.cursor.bump(1);
                self.here_bodies();
                flow.end_line();
            } else if self.at_comment() {
                self.comment();
            } else if self.template_statement(&mut flow) {
            } else if flow.awaits_pattern() && byte != b';' {
                self.pattern(&mut flow);
            } else if !self.operator(byte, &mut flow) {
                if byte == b')' && flow.in_parentheses {
                    break;
                }
                let before = self.cursor.pos;
                if !self.keyword(&mut flow) {
                    self.command(&mut flow);
                }
                if self.cursor.pos == before {
                    self.cursor.bump_char();
                }
            }
        }
    }

    /// Reads what stands between commands; false where a command begins, or a `)` closes nothing.
    fn operator(&mut self, byte: u8, flow: &mut Flow) -> bool {
        let next = self.cursor.peek_at(1);
        match byte {
            b';' => {
                let start = self.cursor.pos;
                self.cursor.skip(|byte| byte == b';' || byte == b'&');
                flow.end_statement();
                if self.cursor.pos > start + 1 {
                    flow.end_arm();
                }
            }
            b'&' if next == Some(b'&') => {
                self.cursor.bump(2);
                flow.join(true);
            }
            b'&' if next == Some(b'>') && self.options.dialect == ShellDialect::Posix => return false,
            b'&' => {
                self.cursor.bump(1);
                flow.end_statement();
            }
            b'|' if next == Some(b'|') => {
                self.cursor.bump(2);
                flow.join(true);
            }
            b'|' => {
                self.cursor.bump(1 + usize::from(next == Some(b'&')));
                flow.join(false);
            }
            b'(' => self.open_parenthesis(flow),
            b')' => return self.close_parenthesis(flow),
            _ => return false,
        }
        true
    }

    fn open_parenthesis(&mut self, flow: &mut Flow) {
        if self.cursor.at(b"((")
            && self.options.dialect == ShellDialect::Posix
            && let Some(end) = self.cursor.balanced_ahead(1, b'(', b')')
        {
            let start = self.cursor.pos;
            if self.cursor.slice(Span::new(start, end)).ends_with("))") {
                return self.cursor.bump(end - start);
            }
            self.cursor.spend(end - start);
        }
        self.cursor.bump(1);
        self.open(flow, BlockKind::Parenthesis, ScopeKind::Subshell);
    }

    fn close_parenthesis(&mut self, flow: &mut Flow) -> bool {
        let open = flow.blocks.iter().rev().take(8).any(|block| block.kind == BlockKind::Parenthesis);
        if !open && flow.in_parentheses {
            return false;
        }
        self.cursor.bump(1);
        flow.close(BlockKind::Parenthesis);
        true
    }

    /// Reads one simple command.
    pub(super) fn command(&mut self, flow: &mut Flow) {
        let here = self.here(flow);
        self.here = here;
        self.loose = false;
        let dead = self.is_dead(here.scope);
        let before = self.mark();
        if self.options.make {
            // Make's own marks before a recipe's command: quiet, run always. A `-` is left: the value of a variable may
            // begin with an option.
            self.cursor.skip(|byte| b"@+".contains(&byte));
        }
        let id = self.script.commands.len();
        let mut command = SimpleCommand {
            span: Span::at(self.cursor.pos),
            words: Vec::new(),
            redirections: Vec::new(),
            end: End::Text,
            scope: here.scope,
            conditional: here.conditional,
            loose: false,
        };
        // Holds the place in the order of beginnings while substitutions inside are read.
        self.script.commands.push(command.clone());
        let first_assignment = self.script.assignments.len();
        while self.part(id, &mut command) {
            command.span.end = self.cursor.pos;
            self.blanks();
        }
        let defines = command.words.len() == 1 && self.function_head(flow, &command);
        if defines || (command.span.is_empty()) {
            self.script.commands.truncate(id);
            return;
        }
        if dead {
            self.script.commands.truncate(before.commands);
            self.script.here_documents.truncate(before.here_documents);
            flow.joined = false;
            return;
        }
        flow.joined = false;
        command.end = self.end();
        command.loose = self.loose;
        if !command.words.is_empty() && self.options.dialect == ShellDialect::Posix {
            self.mark_prefixes(first_assignment, &command);
        }
        self.assigning_command(&command, here);
        if let Some(place) = self.script.commands.get_mut(id) {
            *place = command;
        }
    }

    /// Reads the next assignment, redirection or word; false where the command ends.
    fn part(&mut self, id: usize, command: &mut SimpleCommand) -> bool {
        let Some(byte) = self.cursor.peek() else { return false };
        if self.at_comment() {
            if !self.comment_between(command.span.start) {
                return false;
            }
            self.blanks();
            return self.part_behind_comment(id, command);
        }
        if byte == b'\n' && self.option_below(command) {
            self.cursor.bump(1);
            self.blanks();
            self.loose = true;
            return self.part(id, command);
        }
        let brace = b"{}".contains(&byte) && self.options.dialect == ShellDialect::PowerShell;
        if byte == b'\n' || brace || self.at_template_end() {
            return false;
        }
        if let Some(redirection) = self.redirection(id) {
            command.redirections.push(redirection);
            return true;
        }
        let declaration = self.declaration(command);
        if (command.words.is_empty() || declaration.is_some()) && self.assignment(declaration) {
            return true;
        }
        let word = self.word(WordPlace::Argument);
        if word.span.is_empty() {
            return false;
        }
        command.words.push(word);
        true
    }

    /// Comment lines were gone over and the line behind them begins with a word.
    fn part_behind_comment(&mut self, id: usize, command: &mut SimpleCommand) -> bool {
        !self.at_comment() && self.part(id, command)
    }

    /// `name()` in place of a command announces a function.
    fn function_head(&mut self, flow: &mut Flow, command: &SimpleCommand) -> bool {
        let Some(word) = command.words.first() else { return false };
        if self.cursor.peek() != Some(b'(') || word.plain(self.script.text).is_none() {
            return false;
        }
        let start = self.cursor.pos;
        self.cursor.bump(1);
        self.cursor.skip(|byte| byte == b' ');
        if self.cursor.eat(b")") {
            flow.function = Some(word.span);
            return true;
        }
        self.cursor.pos = start;
        false
    }

    fn end(&self) -> End {
        match (self.cursor.peek(), self.cursor.peek_at(1)) {
            (None, _) => End::Text,
            (Some(b';'), _) => End::Semicolon,
            (Some(b'&'), Some(b'&')) => End::And,
            (Some(b'&'), _) => End::Background,
            (Some(b'|'), Some(b'|')) => End::Or,
            (Some(b'|'), _) => End::Pipe,
            (Some(b')' | b'}'), _) => End::Close,
            _ => End::Newline,
        }
    }

    /// Reads a redirection if one begins here.
    fn redirection(&mut self, command: usize) -> Option<Redirection> {
        let start = self.cursor.pos;
        let digits = self.cursor.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (operator, lead) = match (self.cursor.peek_at(digits)?, self.cursor.peek_at(digits + 1)) {
            (b'<' | b'>', Some(b'(')) if digits == 0 => return None,
            (b'<' | b'>', _) => (digits, digits),
            (b'&', Some(b'>')) if digits == 0 => (0, 1),
            _ => return None,
        };
        if digits == 0 && lead == 0 && self.cursor.peek() == Some(b'<') {
            let mut trial = Word::empty(start);
            let mark = self.cursor.pos;
            if self.placeholder(&mut trial) {
                self.cursor.pos = mark;
                return None;
            }
        }
        self.cursor.bump(lead);
        let rest = self.cursor.rest();
        let known: [&[u8]; 11] = [b"<<<", b"<<-", b"<<", b"<>", b"<&", b">>", b">|", b">&", b"<", b">", b""];
        let token = known.into_iter().find(|token| rest.starts_with(token)).unwrap_or_default();
        self.cursor.bump(token.len().max(1));
        let operator = Span::new(start + operator, self.cursor.pos);
        self.cursor.skip(|byte| matches!(byte, b' ' | b'\t'));
        let target = self.word(WordPlace::Argument);
        if matches!(token, b"<<" | b"<<-") && !target.span.is_empty() {
            self.announce(command, &target, token == b"<<-");
        }
        let target = (!target.span.is_empty()).then_some(target);
        Some(Redirection { span: Span::new(start, self.cursor.pos), operator, target })
    }

    /// Whether a word is one run of unquoted text equal to `text`.
    pub(super) fn is_plain(&self, word: &Word, text: &str) -> bool {
        matches!(word.pieces(), [piece] if piece.quote == Quote::None && matches!(piece.kind, PieceKind::Text))
            && word.plain(self.script.text) == Some(text)
    }
}

impl Flow {
    /// A line end: ends the statement unless an operator before it waits for more.
    fn end_line(&mut self) {
        if !self.joined {
            self.end_statement();
        }
    }

    pub(super) fn end_statement(&mut self) {
        self.joined = false;
        self.conditional = false;
    }

    fn join(&mut self, conditional: bool) {
        self.joined = true;
        self.conditional |= conditional;
    }
}
