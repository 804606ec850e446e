//! What steers batch files and PowerShell scripts.

use super::keywords::BlockKind;
use super::place::WordPlace;
use super::statements::Flow;
use super::{AssignedValue, Assigning, ScopeKind, ScriptReader, Visibility};
use crate::text::source::Span;

impl ScriptReader<'_> {
    /// `rem`, labels, `if`, `for … do`, `set` of batch files, in any case; false where none stands here.
    pub(super) fn batch_keyword(&mut self, word: &[u8], flow: &mut Flow) -> bool {
        self.here = self.here(flow);
        if word.starts_with(b"@") {
            self.cursor.bump(1);
            return true;
        }
        if word.starts_with(b":") {
            self.comment();
            return true;
        }
        match word.to_ascii_lowercase().as_slice() {
            b"rem" => {
                self.comment();
            }
            b"else" | b"do" => {
                self.cursor.bump(word.len());
                flow.conditional = true;
            }
            b"if" => {
                self.cursor.bump(word.len());
                self.batch_condition();
                flow.conditional = true;
            }
            b"for" => {
                self.cursor.bump(word.len());
                self.batch_for();
                flow.conditional = true;
            }
            b"set" => {
                self.cursor.bump(word.len());
                self.batch_set();
            }
            _ => return false,
        }
        true
    }

    /// `[/i] [not] exist FILE`, `A==B`, `A EQU B`.
    fn batch_condition(&mut self) {
        let mut left = 1;
        while left > 0 {
            self.blanks();
            let span = self.word(WordPlace::Argument).span;
            let word = self.cursor.slice(span).to_ascii_lowercase();
            match word.as_str() {
                "" => return,
                "/i" | "not" => continue,
                "exist" | "defined" | "errorlevel" => left = 2,
                "==" => left = 2,
                _ if left == 1 && !word.contains("==") => {
                    // Two sides and a comparison, unless what follows is the second side already.
                    self.blanks();
                    let next: Vec<u8> =
                        self.cursor.rest().iter().take(4).map(u8::to_ascii_lowercase).collect();
                    let compared =
                        [&b"equ "[..], b"neq ", b"lss ", b"leq ", b"gtr ", b"geq "].contains(&&next[..]);
                    if compared || next.starts_with(b"==") {
                        left = if compared || self.cursor.peek_at(2) == Some(b' ') { 3 } else { 2 };
                    }
                }
                _ => {}
            }
            left -= 1;
        }
    }

    /// `%%i in (…)`, up to the `do`.
    fn batch_for(&mut self) {
        if let Some(open) = self.cursor.ahead(b"(", b"\n") {
            self.cursor.bump(open + 1 - self.cursor.pos);
            let end = self.cursor.balanced(0, b'(', b')');
            self.cursor.bump(end - self.cursor.pos);
        }
    }

    /// `set NAME=value` and `set "NAME=value"`, up to the end of the line. The value is text that is read again where
    /// the variable stands.
    fn batch_set(&mut self) {
        self.blanks();
        let quoted = self.cursor.eat(b"\"");
        if self.cursor.peek() == Some(b'/') {
            self.cursor.skip(|byte| byte != b'\n');
            return;
        }
        let name = self.cursor.skip(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        if name.is_empty() || !self.cursor.eat(b"=") {
            self.cursor.skip(|byte| byte != b'\n');
            return;
        }
        let mut value = self.cursor.skip(|byte| byte != b'\n' && (quoted || !b"&|".contains(&byte)));
        let kept = self.cursor.slice(value).trim_end();
        let kept = if quoted { kept.strip_suffix('"').unwrap_or(kept) } else { kept };
        value.end = value.start + kept.len();
        let span = Span::new(name.start, value.end);
        self.assign(span, name, AssignedValue::Source(value), Assigning::Set, Visibility::Script);
    }

    /// Braces and words before them in PowerShell; false where none stands here.
    pub(super) fn powershell_keyword(&mut self, word: &[u8], flow: &mut Flow) -> bool {
        match word {
            [b'{', ..] => {
                self.cursor.bump(1);
                self.open(flow, BlockKind::Brace, ScopeKind::Branch);
            }
            [b'}', ..] => {
                self.cursor.bump(1);
                flow.close(BlockKind::Brace);
            }
            b"if" | b"elseif" | b"else" | b"while" | b"foreach" | b"for" | b"switch" | b"try" | b"catch" => {
                let never = self.cursor.at(b"if ($false)") || self.cursor.at(b"if ($False)");
                self.cursor.bump(word.len());
                flow.conditional = true;
                if never {
                    self.cursor.bump(b" ($false)".len());
                    self.blanks();
                    self.cursor.eat(b"{");
                    self.open(flow, BlockKind::Brace, ScopeKind::Branch);
                    if let Some(scope) = self.script.scopes.get_mut(flow.scope) {
                        scope.dead = true;
                    }
                }
            }
            b"function" => {
                self.cursor.bump(word.len());
                self.blanks();
                flow.function = Some(self.word(WordPlace::Argument).span);
            }
            _ => return false,
        }
        true
    }

    /// `$name = …` and `$name += …`. What is no literal stays where it is, to be read as a command.
    pub(super) fn powershell_assignment(&mut self) -> bool {
        let start = self.cursor.pos;
        if !self.cursor.eat(b"$") {
            return false;
        }
        let name = self.cursor.skip(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(&byte));
        self.blanks();
        let append = self.cursor.peek() == Some(b'+');
        self.cursor.bump(usize::from(append));
        if name.is_empty() || self.cursor.peek() != Some(b'=') {
            self.cursor.pos = start;
            return false;
        }
        self.cursor.bump(1);
        self.blanks();
        let value = if self.cursor.eat(b"@(") {
            self.cursor.pos -= 1;
            AssignedValue::Array(self.elements())
        } else if matches!(self.cursor.peek(), Some(b'"' | b'\'' | b'@')) {
            let mut words = vec![self.word(WordPlace::Element)];
            self.blanks();
            while self.cursor.eat(b",") {
                self.cursor.skip(|byte| byte.is_ascii_whitespace());
                words.push(self.word(WordPlace::Element));
                self.blanks();
            }
            match (words.len(), words.pop()) {
                // `"a" + $b`, `"a" -f $b`
                _ if self.cursor.peek().is_some_and(|byte| b"+-.*[".contains(&byte)) => AssignedValue::Unread,
                (1, Some(word)) => AssignedValue::Word(word),
                (_, last) => AssignedValue::Array(words.into_iter().chain(last).collect()),
            }
        } else {
            AssignedValue::Unread
        };
        let store = if append { Assigning::Append } else { Assigning::Set };
        self.assign(Span::new(start, self.cursor.pos), name, value, store, Visibility::Script);
        true
    }
}
