//! The tokens of a Python text, with partners of brackets and ends of lines: enough to tell calls from their arguments.

use memchr::memmem;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A logical line begins: its indent in columns.
    Line(u32),
    /// A name or keyword.
    Name,
    /// A number.
    Number,
    /// A string, with prefix and quotes.
    Text,
    /// A sign. `=` is an assignment or a keyword argument; `?` stands for comparisons and `+=` with its kin, `P` for `**`.
    Sign(u8),
}

/// One token.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its first byte.
    pub start: u32,
    /// The byte behind its last.
    pub end: u32,
    /// Of a bracket: the token of its partner; of an unclosed one the first token behind what it may hold.
    pub partner: u32,
}

/// Reads a text from front to back, once.
pub(super) struct Tokens<'t> {
    text: &'t [u8],
    at: usize,
    pub(super) found: Vec<Token>,
    /// Brackets that are open, as indexes of tokens.
    open: Vec<u32>,
}

/// What begins a statement and stands in no bracket: an unclosed one ends before it.
const STATEMENTS: [&[u8]; 5] = [b"def ", b"class ", b"import ", b"from ", b"@"];

impl<'t> Tokens<'t> {
    pub(super) fn read(text: &'t str) -> Vec<Token> {
        let mut tokens = Self { text: text.as_bytes(), at: 0, found: Vec::new(), open: Vec::new() };
        tokens.line();
        while tokens.at < tokens.text.len() {
            tokens.next();
        }
        tokens.close();
        tokens.found
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn rest(&self) -> &'t [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, kind: TokenKind, start: usize) {
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.found.push(Token { kind, start: number(start), end: number(self.at), partner: u32::MAX });
    }

    /// Gives brackets that nothing closes the end of what was read as their partner.
    fn close(&mut self) {
        let end = u32::try_from(self.found.len()).unwrap_or(u32::MAX);
        for open in self.open.drain(..) {
            if let Some(token) = self.found.get_mut(open as usize) {
                token.partner = end;
            }
        }
    }

    /// The indent of a line, and that the line begins; blank lines and comments are none.
    fn line(&mut self) {
        let mut indent = 0_u32;
        loop {
            match self.byte(0) {
                b' ' => indent += 1,
                b'\t' => indent += 8 - indent % 8,
                _ => break,
            }
            self.at += 1;
        }
        if !matches!(self.byte(0), b'\n' | b'\r' | b'#' | 0) {
            self.push(TokenKind::Line(indent), self.at);
        }
    }

    fn next(&mut self) {
        let start = self.at;
        let byte = self.byte(0);
        match byte {
            b'\n' => {
                self.at += 1;
                if STATEMENTS.iter().any(|word| self.rest().starts_with(word)) {
                    self.close();
                }
                if self.open.is_empty() {
                    self.line();
                }
            }
            b'#' => self.at += memchr::memchr(b'\n', self.rest()).unwrap_or(self.rest().len()),
            b'\\' => self.at += if self.byte(1) == b'\r' { 3 } else { 2 }.min(self.rest().len()),
            b'"' | b'\'' => self.text(start),
            b'0'..=b'9' => {
                let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
                self.at += self.rest().iter().take_while(is_part).count();
                self.push(TokenKind::Number, start);
            }
            b'_' | b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => {
                let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_' || **byte >= 0x80;
                self.at += self.rest().iter().take_while(is_part).count();
                let name = self.text.get(start..self.at).unwrap_or_default();
                let is_prefix = name.len() <= 2 && name.iter().all(|byte| b"rRbBuUfFtT".contains(byte));
                if is_prefix && matches!(self.byte(0), b'"' | b'\'') {
                    self.text(start);
                } else {
                    self.push(TokenKind::Name, start);
                }
            }
            b'(' | b'[' | b'{' => {
                self.at += 1;
                self.open.push(u32::try_from(self.found.len()).unwrap_or(u32::MAX));
                self.push(TokenKind::Sign(byte), start);
            }
            b')' | b']' | b'}' => {
                self.at += 1;
                let own = u32::try_from(self.found.len()).unwrap_or(u32::MAX);
                self.push(TokenKind::Sign(byte), start);
                if let Some(open) = self.open.pop() {
                    if let Some(token) = self.found.get_mut(open as usize) {
                        token.partner = own;
                    }
                    if let Some(token) = self.found.last_mut() {
                        token.partner = open;
                    }
                }
            }
            _ if byte.is_ascii_whitespace() || byte.is_ascii_control() => self.at += 1,
            _ => self.sign(byte, start),
        }
    }

    fn sign(&mut self, byte: u8, start: usize) {
        let (length, sign) = match (byte, self.byte(1), self.byte(2)) {
            (b'*' | b'/' | b'<' | b'>', again, b'=') if again == byte => (3, b'?'),
            (b'*', b'*', _) => (2, b'P'),
            (b'/', b'/', _) => (2, b'/'),
            (b'-', b'>', _) => (2, b'>'),
            (b':', b'=', _) => (2, b'='),
            (
                b'=' | b'!' | b'<' | b'>' | b'+' | b'-' | b'*' | b'/' | b'%' | b'|' | b'&' | b'^' | b'@',
                b'=',
                _,
            ) => (2, b'?'),
            (b'<' | b'>', ..) => (1, b'?'),
            _ => (1, byte),
        };
        self.at += length;
        self.push(TokenKind::Sign(sign), start);
    }

    /// A string whose quote stands here; `start` is that of its prefix.
    fn text(&mut self, start: usize) {
        let quote = self.byte(0);
        let three = [quote; 3];
        if self.rest().starts_with(&three) {
            self.at += 3;
            loop {
                match memmem::find(self.rest(), &three) {
                    Some(length) => {
                        self.at += length + 3;
                        let behind = self.text.get(start..self.at - 3).unwrap_or_default();
                        let escapes = behind.iter().rev().take_while(|byte| **byte == b'\\').count();
                        if escapes % 2 == 0 {
                            break;
                        }
                        self.at -= 2;
                    }
                    None => {
                        self.at = self.text.len();
                        break;
                    }
                }
            }
        } else {
            self.at += 1;
            loop {
                match self.byte(0) {
                    b'\\' => self.at += 2,
                    // An unclosed one ends with its line.
                    b'\n' => break,
                    _ if self.at >= self.text.len() => break,
                    byte => {
                        self.at += 1;
                        if byte == quote {
                            break;
                        }
                    }
                }
            }
            self.at = self.at.min(self.text.len());
        }
        self.push(TokenKind::Text, start);
    }
}
