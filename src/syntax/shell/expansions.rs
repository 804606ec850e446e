//! Reading what begins with `$`, with a backtick, `%` or `@`: parameters, substitutions, arithmetic.

use super::place::WordPlace;
use super::words::text;
use super::{
    Checkpoint, MAX_DEPTH, Modifier, Piece, PieceKind, Quote, ScopeKind, ScriptReader, ShellDialect,
    Variable, Word,
};
use crate::text::source::Span;

pub(super) fn name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl ScriptReader<'_> {
    /// Reads from a `$`.
    pub(super) fn dollar(&mut self, word: &mut Word, quote: Quote) {
        if self.options.make {
            return self.make_dollar(word, quote);
        }
        if self.cursor.at(b"${{")
            && let Some(close) = self.cursor.ahead(b"}}", b"\n")
        {
            return match self.environment_of_job(close) {
                Some(name) => {
                    let start = self.cursor.pos;
                    self.cursor.bump(close + 2 - start);
                    let variable = Variable { make: true, ..plain_variable(name, false) };
                    self.variable(word, quote, start, variable);
                }
                None => self.opaque(word, quote, close + 2),
            };
        }
        self.shell_dollar(word, quote, 1);
    }

    /// The name in GitHub's `${{ env.NAME }}`, whose value is put in place before the shell reads it.
    fn environment_of_job(&self, close: usize) -> Option<Span> {
        let inside = Span::new(self.cursor.pos + 3, close);
        let written = self.cursor.slice(inside);
        let name = written.trim().strip_prefix("env.").filter(|name| name.bytes().all(name_byte))?;
        let start = inside.start + written.find("env.")? + 4;
        (!name.is_empty()).then(|| Span::new(start, start + name.len()))
    }

    /// Reads from a `$` of the shell that takes `lead` bytes.
    pub(super) fn shell_dollar(&mut self, word: &mut Word, quote: Quote, lead: usize) {
        let start = self.cursor.pos;
        let rest = self.cursor.rest().get(lead..).unwrap_or_default();
        match rest {
            [b'(', b'(', ..] if self.arithmetic(word, quote, lead) => {}
            [b'(', ..] => self.substitution(word, quote, lead + 1),
            [b'{', ..] if self.options.dialect != ShellDialect::Fish => self.parameter(word, quote, lead + 1),
            [b'\'', ..] if quote == Quote::None && self.options.dialect == ShellDialect::Posix => {
                self.ansi_c(word, lead);
            }
            [b'"', ..] if quote == Quote::None => self.cursor.bump(lead),
            [byte, ..] if byte.is_ascii_alphabetic() || *byte == b'_' => {
                self.cursor.bump(lead);
                let colon = self.options.dialect == ShellDialect::PowerShell;
                let mut name = self.cursor.skip(name_byte);
                if colon && self.cursor.peek() == Some(b':') && self.cursor.peek_at(1).is_some_and(name_byte)
                {
                    self.cursor.bump(1);
                    name.end = self.cursor.skip(name_byte).end;
                }
                let mut variable = plain_variable(name, false);
                if self.options.zsh {
                    self.subscript(&mut variable);
                }
                self.variable(word, quote, start, variable);
            }
            [b'=', byte, ..] if self.options.zsh && name_byte(*byte) => {
                self.cursor.bump(lead + 1);
                let name = self.cursor.skip(name_byte);
                let variable = Variable { splits: true, ..plain_variable(name, false) };
                self.variable(word, quote, start, variable);
            }
            [byte, ..] if byte.is_ascii_digit() || b"@*#?$!-".contains(byte) => {
                let elements = matches!(byte, b'@' | b'*');
                self.cursor.bump(lead + 1);
                let name = Span::new(start + lead, self.cursor.pos);
                self.variable(word, quote, start, plain_variable(name, elements));
            }
            _ => {
                self.cursor.bump(lead - 1);
                self.take_text(word, quote);
            }
        }
    }

    pub(super) fn variable(&self, word: &mut Word, quote: Quote, start: usize, variable: Variable) {
        let span = Span::new(start, self.cursor.pos);
        word.push(Piece { span, quote, kind: PieceKind::Variable(Box::new(variable)) });
    }

    /// `$'…'`, whose end may not be an escaped quote.
    fn ansi_c(&mut self, word: &mut Word, lead: usize) {
        let mark = self.mark();
        self.cursor.bump(lead + 1);
        let inside = self.cursor.pos;
        loop {
            self.cursor.skip(|byte| byte != b'\'' && byte != b'\\');
            match self.cursor.peek() {
                Some(b'\'') => break,
                Some(_) => {
                    self.cursor.bump(1);
                    self.cursor.bump_char();
                }
                None => {
                    self.back_to(&mark);
                    return self.take_text(word, Quote::None);
                }
            }
        }
        word.push(text(Span::new(inside, self.cursor.pos), Quote::AnsiC));
        self.cursor.bump(1);
    }

    /// `$((…))`; false where it is none, as in `$((a) | b)`.
    fn arithmetic(&mut self, word: &mut Word, quote: Quote, lead: usize) -> bool {
        let start = self.cursor.pos;
        let Some(end) = self.cursor.balanced_ahead(lead + 1, b'(', b')') else { return false };
        if !self.cursor.slice(Span::new(start, end)).ends_with("))") {
            self.cursor.spend(end - start);
            return false;
        }
        self.cursor.bump(end - start);
        word.push(Piece { span: Span::new(start, end), quote, kind: PieceKind::Arithmetic });
        true
    }

    /// `$(…)`, `<(…)`, fish's `(…)`: the commands inside are read like any other.
    pub(super) fn substitution(&mut self, word: &mut Word, quote: Quote, lead: usize) {
        let start = self.cursor.pos;
        if self.depth >= MAX_DEPTH {
            let end = self.cursor.balanced(lead, b'(', b')');
            return self.opaque(word, quote, end);
        }
        let mark = self.mark();
        self.cursor.bump(lead);
        self.nested_statements(true);
        if self.cursor.eat(b")") {
            self.substituted(word, quote, start, &mark);
        } else if self.back_to(&mark) {
            self.take_text(word, quote);
        } else {
            self.substituted(word, quote, start, &mark);
        }
    }

    /// Reads the commands of a substitution, which run where the word around it stands.
    fn nested_statements(&mut self, in_parentheses: bool) {
        let here = self.here;
        let scope = self.scope(ScopeKind::Substitution, here.scope, here.conditional, 0);
        self.depth += 1;
        self.statements(in_parentheses, scope);
        self.depth -= 1;
        self.here = here;
    }

    fn substituted(&self, word: &mut Word, quote: Quote, start: usize, mark: &Checkpoint) {
        let commands = mark.commands..self.script.commands.len();
        let span = Span::new(start, self.cursor.pos);
        word.push(Piece { span, quote, kind: PieceKind::Substitution(commands) });
    }

    /// `` `…` ``: up to the next backtick that is not escaped.
    pub(super) fn backticks(&mut self, word: &mut Word, quote: Quote) {
        let mark = self.mark();
        self.cursor.bump(1);
        let close = loop {
            let Some(at) = self.cursor.ahead(b"`", b"") else {
                self.cursor.pos = mark.pos;
                return self.take_text(word, quote);
            };
            self.cursor.bump(at - self.cursor.pos);
            if self.cursor.previous() != Some(b'\\') {
                break at;
            }
            self.cursor.bump(1);
        };
        if self.depth >= MAX_DEPTH {
            self.cursor.pos = mark.pos;
            return self.opaque(word, quote, close + 1);
        }
        let end = std::mem::replace(&mut self.cursor.end, close);
        self.cursor.pos = mark.pos + 1;
        self.nested_statements(false);
        self.cursor.end = end;
        self.cursor.pos = close + 1;
        self.substituted(word, quote, mark.pos, &mark);
    }

    /// `${…}`.
    fn parameter(&mut self, word: &mut Word, quote: Quote, lead: usize) {
        let mark = self.mark();
        let start = self.cursor.pos;
        if self.depth >= MAX_DEPTH {
            let end = self.cursor.balanced(lead, b'{', b'}');
            return self.opaque(word, quote, end);
        }
        self.cursor.bump(lead);
        let mut variable = self.parameter_name();
        variable.modifier = match self.parameter_modifier() {
            Modifier::None => variable.modifier,
            other => other,
        };
        if self.cursor.peek() != Some(b'}') {
            self.depth += 1;
            variable.operand = Some(self.word(WordPlace::Operand { double: quote == Quote::Double }));
            self.depth -= 1;
        }
        if !self.cursor.eat(b"}") && self.back_to(&mark) {
            return self.take_text(word, quote);
        }
        self.variable(word, quote, start, variable);
    }

    /// The name in `${…}`, with what stands before it and an index behind it.
    fn parameter_name(&mut self) -> Variable {
        let special = |byte: &u8| b"@*#?$!-".contains(byte);
        let splits = self.options.zsh && self.zsh_flags();
        let prefixed =
            matches!(self.cursor.rest(), [b'!' | b'#', next, ..] if name_byte(*next) || b"@*".contains(next));
        self.cursor.bump(usize::from(prefixed));
        let colon = self.options.dialect == ShellDialect::PowerShell;
        let mut name = self.cursor.skip(|byte| name_byte(byte) || (colon && byte == b':'));
        if name.is_empty() && self.cursor.peek().is_some_and(|byte| special(&byte)) {
            self.cursor.bump(1);
            name.end += 1;
        }
        let mut variable = plain_variable(name, matches!(self.cursor.slice(name), "@" | "*"));
        variable.splits = splits;
        self.subscript(&mut variable);
        if prefixed {
            variable.modifier = Modifier::Other;
        }
        variable
    }

    /// What stands in brackets behind a name.
    fn subscript(&mut self, variable: &mut Variable) {
        if self.cursor.eat(b"[@]") || self.cursor.eat(b"[*]") {
            variable.elements = true;
        } else if let Some(index) = self.index() {
            // zsh counts from one.
            variable.modifier = match index.checked_sub(usize::from(self.options.zsh)) {
                Some(index) => Modifier::Index(index),
                None => Modifier::Other,
            };
        } else if self.cursor.peek() == Some(b'[') {
            variable.modifier = Modifier::Other;
        }
    }

    /// The flags of zsh before a name, `${(z)A}` and `${=A}`: whether they split a string into words.
    fn zsh_flags(&mut self) -> bool {
        let mut splits = false;
        if self.cursor.peek() == Some(b'(')
            && let Some(close) = self.cursor.ahead(b")", b"}\n")
        {
            splits = self.cursor.slice(Span::new(self.cursor.pos, close)).contains(['z', 's', 'w', 'f']);
            self.cursor.bump(close + 1 - self.cursor.pos);
        }
        self.cursor.eat(b"=") || splits
    }

    /// `[2]`.
    fn index(&mut self) -> Option<usize> {
        let digits = self.cursor.rest().strip_prefix(b"[")?;
        let count = digits.iter().take(6).take_while(|byte| byte.is_ascii_digit()).count();
        let index = std::str::from_utf8(digits.get(..count)?).ok()?.parse().ok()?;
        (digits.get(count) == Some(&b']')).then(|| self.cursor.bump(count + 2))?;
        Some(index)
    }

    fn parameter_modifier(&mut self) -> Modifier {
        let colon = usize::from(self.cursor.peek() == Some(b':'));
        let modifier = match self.cursor.peek_at(colon) {
            Some(b'-' | b'=') => Modifier::Default,
            Some(b'+') => Modifier::Alternative,
            Some(b'?') => Modifier::Required,
            Some(b'}') | None => return Modifier::None,
            _ => return Modifier::Other,
        };
        self.cursor.bump(colon + 1);
        modifier
    }

    /// `%NAME%`, `%1`, `%~dp0`, `%%i` and `!NAME!` of batch files.
    pub(super) fn percent(&mut self, word: &mut Word, quote: Quote) {
        let start = self.cursor.pos;
        let sign = self.cursor.peek().unwrap_or(b'%');
        self.cursor.bump(1);
        let name = self.cursor.skip(name_byte);
        match self.cursor.peek() {
            Some(byte) if byte == sign && !name.is_empty() => {
                self.cursor.bump(1);
                self.variable(word, quote, start, plain_variable(name, false));
            }
            Some(b':') if sign == b'%' && !name.is_empty() => {
                let Some(close) = self.cursor.ahead(b"%", b"\n\" ") else {
                    self.cursor.pos = start;
                    return self.take_text(word, quote);
                };
                self.cursor.bump(close + 1 - self.cursor.pos);
                let variable = Variable { modifier: Modifier::Other, ..plain_variable(name, false) };
                self.variable(word, quote, start, variable);
            }
            _ if sign == b'%' => self.batch_argument(word, quote, start),
            _ => {
                self.cursor.pos = start;
                self.take_text(word, quote);
            }
        }
    }

    /// `%1`, `%*`, `%~dp0`, `%%i`; any other percent sign is text.
    fn batch_argument(&mut self, word: &mut Word, quote: Quote, start: usize) {
        self.cursor.pos = start + 1;
        match self.cursor.peek() {
            Some(b'0'..=b'9' | b'*') => self.cursor.bump(1),
            Some(b'%') if self.cursor.peek_at(1).is_some_and(|byte| byte.is_ascii_alphabetic()) => {
                self.cursor.bump(2);
            }
            Some(b'~') => {
                self.cursor.bump(1);
                self.cursor.skip(|byte| byte.is_ascii_alphabetic());
                self.cursor.skip(|byte| byte.is_ascii_digit());
            }
            _ => {
                self.cursor.pos = start;
                return self.take_text(word, quote);
            }
        }
        let name = Span::new(start + 1, self.cursor.pos);
        let elements = self.cursor.slice(name) == "*";
        self.variable(word, quote, start, plain_variable(name, elements));
    }

    /// PowerShell's `@name`, which spreads a list over the arguments, and its here-strings.
    pub(super) fn splat(&mut self, word: &mut Word) {
        let start = self.cursor.pos;
        for (open, close) in [(b"@\"", b"\n\"@"), (b"@'", b"\n'@")] {
            if self.cursor.at(open)
                && let Some(end) = self.cursor.ahead(close, b"")
            {
                let first = (start + 2 + self.line_end_behind(2).unwrap_or(0)).min(end);
                word.push(text(Span::new(first, end), Quote::Single));
                self.cursor.bump(end + 3 - start);
                return;
            }
        }
        self.cursor.bump(1);
        let name = self.cursor.skip(name_byte);
        if name.is_empty() {
            self.cursor.pos = start;
            return self.take_text(word, Quote::None);
        }
        self.variable(word, Quote::None, start, plain_variable(name, true));
    }
}

pub(super) fn plain_variable(name: Span, elements: bool) -> Variable {
    Variable { name, elements, modifier: Modifier::None, operand: None, splits: false, make: false }
}
