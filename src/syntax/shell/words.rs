//! Reading one word: text, quotes and escapes. What begins with a dollar is read in `expansions`.

use super::place::WordPlace;
use super::{Piece, PieceKind, Quote, ScriptReader, ShellDialect, Word};
use crate::text::source::Span;

/// Whether a byte has no meaning of its own in any dialect or place.
fn ordinary(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || b"-_./=:,+~[]*?#".contains(&byte)
}

/// Where a `<name>` must end, and what cannot stand in it.
const PLACEHOLDER_STOPS: &[u8] = b"\n<\"'`$|;&()";

impl ScriptReader<'_> {
    /// Reads the word that begins here. It may be empty where something else begins here.
    pub(super) fn word(&mut self, place: WordPlace) -> Word {
        let mut word = Word::empty(self.cursor.pos);
        let mut last = self.cursor.pos;
        let lists = place == WordPlace::Element && self.options.dialect == ShellDialect::PowerShell;
        let prose = self.options.prose;
        let plain = |byte| ordinary(byte) && !(lists && byte == b',') && !(prose && byte == b'[');
        loop {
            let run = self.cursor.skip(plain);
            let known = self.known(run);
            if !known.is_empty() {
                word.push(text(known, Quote::None));
            }
            if known.end < run.end {
                let kind = PieceKind::Opaque;
                word.push(Piece { span: Span::new(known.end, run.end), quote: Quote::None, kind });
            }
            match self.cursor.peek() {
                Some(b',') if lists => break,
                Some(byte) if self.special(byte, place, &mut word) => {}
                _ => break,
            }
            if self.cursor.pos == last {
                break;
            }
            last = self.cursor.pos;
        }
        word.span.end = self.cursor.pos;
        word
    }

    /// Reads on from a byte that may have a meaning; false where it ends the word.
    fn special(&mut self, byte: u8, place: WordPlace, word: &mut Word) -> bool {
        let posix = matches!(self.options.dialect, ShellDialect::Posix | ShellDialect::Fish);
        match byte {
            b'\r' if matches!(self.cursor.peek_at(1), None | Some(b'\n')) => return false,
            b'<' | b'>' if place == WordPlace::Argument && self.cursor.peek_at(1) == Some(b'(') && posix => {
                self.substitution(word, Quote::None, 2);
            }
            b'<' if self.placeholder(word) => {}
            b'@' if self.name_to_fill_in(word) => {}
            b'{' if self.at_tag() => return self.template_block(word, place),
            b'{' if self.bracketed(word, b"}") => {}
            b'[' if self.bracketed(word, b"]") => {}
            b'(' if place == WordPlace::Argument && self.options.dialect == ShellDialect::Fish => {
                self.substitution(word, Quote::None, 1);
            }
            b'(' if place == WordPlace::Argument
                && posix
                && self.cursor.pos > word.span.start
                && self.cursor.previous().is_some_and(|b| b"?*+@!".contains(&b)) =>
            {
                self.glob_list(word);
            }
            _ if place.ends(byte) => return false,
            b'\''
                if place != (WordPlace::Operand { double: true })
                    && self.options.dialect != ShellDialect::Batch =>
            {
                self.single(word);
            }
            b'"' => self.double(word),
            b'$' if self.options.dialect != ShellDialect::Batch => self.dollar(word, Quote::None),
            b'`' if posix => self.backticks(word, Quote::None),
            b'%' | b'!' if self.options.dialect == ShellDialect::Batch => self.percent(word, Quote::None),
            b'@' if self.options.dialect == ShellDialect::PowerShell
                && self.cursor.pos == word.span.start =>
            {
                self.splat(word);
            }
            b'{' => self.brace(word, Quote::None),
            _ if byte == self.escape() => return self.escaped(word, place),
            _ => self.take_text(word, Quote::None),
        }
        true
    }

    /// The character that takes the next one's meaning away.
    pub(super) fn escape(&self) -> u8 {
        match self.options.dialect {
            ShellDialect::Posix | ShellDialect::Fish => b'\\',
            ShellDialect::Batch => b'^',
            ShellDialect::PowerShell => b'`',
        }
    }

    /// Takes the character at hand as text.
    pub(super) fn take_text(&mut self, word: &mut Word, quote: Quote) {
        let start = self.cursor.pos;
        self.cursor.bump_char();
        word.push(text(Span::new(start, self.cursor.pos), quote));
    }

    /// An escape character outside of quotes; false where it belongs to no word but continues the line.
    fn escaped(&mut self, word: &mut Word, place: WordPlace) -> bool {
        if let Some(length) = self.line_end_behind(1) {
            // Before an indent the word is over.
            let operand = matches!(place, WordPlace::Operand { .. });
            if !operand && self.cursor.peek_at(1 + length).is_none_or(|byte| b" \t".contains(&byte)) {
                return false;
            }
            self.cursor.bump(1 + length);
            return true;
        }
        if self.loose_continuation().is_some() {
            return false;
        }
        self.cursor.bump(1);
        if self.cursor.peek().is_some() {
            self.take_text(word, Quote::Escaped);
        } else {
            let at = self.cursor.pos;
            word.push(text(Span::new(at.saturating_sub(1), at), Quote::None));
        }
        true
    }

    /// The length of the line end `ahead` bytes from here, if there is one.
    pub(super) fn line_end_behind(&self, ahead: usize) -> Option<usize> {
        match (self.cursor.peek_at(ahead), self.cursor.peek_at(ahead + 1)) {
            (Some(b'\n'), _) => Some(1),
            (Some(b'\r'), Some(b'\n')) => Some(2),
            _ => None,
        }
    }

    fn single(&mut self, word: &mut Word) {
        let open = self.cursor.pos;
        self.cursor.bump(1);
        let Some(close) = self.cursor.ahead(b"'", b"") else {
            self.cursor.pos = open;
            return self.take_text(word, Quote::None);
        };
        let inside = Span::new(open + 1, close);
        if self.options.make && self.cursor.slice(inside).contains('$') {
            while self.cursor.pos < close {
                self.cursor_text_until(word, Quote::Single, close, |byte| byte == b'$');
                if self.cursor.pos < close {
                    self.make_dollar(word, Quote::Single);
                }
            }
            self.cursor.pos = self.cursor.pos.max(close);
        } else {
            word.push(text(inside, Quote::Single));
            self.cursor.bump(close - self.cursor.pos);
        }
        self.cursor.bump(1);
    }

    /// Takes text up to `close` or a byte that `stop` names.
    fn cursor_text_until(&mut self, word: &mut Word, quote: Quote, close: usize, stop: impl Fn(u8) -> bool) {
        let start = self.cursor.pos;
        let mut left = close - start;
        let count = self.cursor.rest().iter().take_while(|&&byte| {
            let go = left > 0 && !stop(byte);
            left = left.saturating_sub(1);
            go
        });
        let count = count.count();
        self.cursor.bump(count);
        if count > 0 {
            word.push(text(Span::new(start, self.cursor.pos), quote));
        }
    }

    fn double(&mut self, word: &mut Word) {
        let mark = self.mark();
        let pieces = word.pieces().len();
        self.cursor.bump(1);
        let inside = self.cursor.pos;
        if !self.double_inside(word) && self.back_to(&mark) {
            word.truncate(pieces);
            self.take_text(word, Quote::None);
        } else if word.pieces().len() == pieces {
            word.push(text(Span::at(inside), Quote::Double));
        }
    }

    /// Reads up to and over the closing quote; false where there is none.
    fn double_inside(&mut self, word: &mut Word) -> bool {
        let dialect = self.options.dialect;
        let posix = matches!(dialect, ShellDialect::Posix | ShellDialect::Fish);
        loop {
            let run = self.cursor.skip(|byte| !b"\"\\$`{%!\n".contains(&byte));
            if !run.is_empty() {
                word.push(text(run, Quote::Double));
            }
            let Some(byte) = self.cursor.peek() else { return false };
            match byte {
                b'"' if dialect == ShellDialect::PowerShell && self.cursor.peek_at(1) == Some(b'"') => {
                    self.cursor.bump(1);
                    self.take_text(word, Quote::Double);
                }
                b'"' => {
                    self.cursor.bump(1);
                    return true;
                }
                b'\n' if dialect == ShellDialect::Batch => return false,
                b'\\' if posix => self.escaped_in_double(word, b"\"\\$`"),
                // The C runtime of Windows programs reads `\"` as a quote character.
                b'\\' if dialect == ShellDialect::Batch => self.escaped_in_double(word, b"\""),
                b'`' if dialect == ShellDialect::PowerShell => self.escaped_in_double(word, b"\"$`"),
                b'`' if posix => self.backticks(word, Quote::Double),
                b'$' if dialect != ShellDialect::Batch => self.dollar(word, Quote::Double),
                b'%' | b'!' if dialect == ShellDialect::Batch => self.percent(word, Quote::Double),
                b'{' => self.brace(word, Quote::Double),
                _ => self.take_text(word, Quote::Double),
            }
        }
    }

    /// An escape character in double quotes, which only means something before some characters.
    fn escaped_in_double(&mut self, word: &mut Word, before: &[u8]) {
        if let Some(length) = self.line_end_behind(1) {
            self.cursor.bump(1 + length);
            return;
        }
        if self.cursor.peek_at(1).is_some_and(|byte| before.contains(&byte)) {
            self.cursor.bump(1);
        }
        self.take_text(word, Quote::Double);
    }

    /// `{{ … }}` on one line is a template's; a lone brace is text.
    pub(super) fn brace(&mut self, word: &mut Word, quote: Quote) {
        if self.cursor.peek_at(1) == Some(b'{')
            && let Some(close) = self.cursor.ahead(b"}}", b"\n")
        {
            let end = close + 2;
            if self.options.just && self.just_variable(word, quote, end) {
                return;
            }
            return self.opaque(word, quote, end);
        }
        self.take_text(word, quote);
    }

    /// Takes all up to `end` as one piece that nobody can read.
    pub(super) fn opaque(&mut self, word: &mut Word, quote: Quote, end: usize) {
        let start = self.cursor.pos;
        self.cursor.bump(end - start);
        word.push(Piece { span: Span::new(start, self.cursor.pos), quote, kind: PieceKind::Opaque });
    }

    /// `<name>` as documents write what the reader should fill in. A redirection has a blank before the next operator.
    pub(super) fn placeholder(&mut self, word: &mut Word) -> bool {
        if let Some(end) = self.parameter_ahead() {
            self.opaque(word, Quote::None, end);
            return true;
        }
        if self.options.prose && self.cursor.at(b"<>") {
            self.opaque(word, Quote::None, self.cursor.pos + 2);
            return true;
        }
        let first = self.cursor.peek_at(1);
        if !first.is_some_and(|byte| byte.is_ascii_alphabetic() || b"/_{.".contains(&byte) || byte >= 0x80) {
            return false;
        }
        let open = self.cursor.pos;
        let stops = PLACEHOLDER_STOPS;
        self.cursor.bump(1);
        let close = self.cursor.ahead(b">", stops);
        self.cursor.pos = open;
        let Some(close) = close else { return false };
        let inside = self.cursor.slice(Span::new(open + 1, close));
        let blank = inside.contains([' ', '\t']);
        // `<in >out` and `<in>out` are redirections: the first has a blank before `>`, the second a file behind it.
        let behind = self.cursor.peek_at(close + 1 - open);
        let glued = behind.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'>' || byte == b'&');
        // `--shm-size=<N>g`: what stands in a word is no redirection to who writes a document.
        let glued = glued && (!self.options.prose || word.pieces().is_empty());
        if (blank && !self.options.prose) || inside.ends_with(' ') || glued {
            return false;
        }
        self.opaque(word, Quote::None, close + 1);
        true
    }

    /// Where `CircleCI`'s `<< pipeline.parameters.x >>` ends. What a here-document is called has no dot, as a rule.
    fn parameter_ahead(&self) -> Option<usize> {
        let rest = self.cursor.rest().strip_prefix(b"<<")?;
        let blanks = rest.iter().take_while(|&&byte| byte == b' ').count();
        let rest = rest.get(blanks..)?;
        let name =
            rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte)).count();
        let behind = rest.get(name..)?;
        let gap = behind.iter().take_while(|&&byte| byte == b' ').count();
        let scopes: [&[u8]; 3] = [b"pipeline.", b"parameters.", b"matrix."];
        let is_one =
            scopes.iter().any(|scope| rest.starts_with(scope)) && behind.get(gap..)?.starts_with(b">>");
        is_one.then_some(self.cursor.pos + 2 + blanks + name + gap + 2)
    }

    /// The part of some plain text that is meant as it stands: a size is a number, `--shm-size=SIZE`, `size=XXg` and
    /// `--shm-size __SHM__` stand for one.
    fn known(&self, run: Span) -> Span {
        let written = self.cursor.slice(run);
        let value = match written.rfind("size=") {
            Some(at) => at + "size=".len(),
            None if self.awaits_size(run.start) => 0,
            None => return run,
        };
        let value = written.get(value..).unwrap_or_default();
        let is_name =
            |mark: &str| value.len() > 2 * mark.len() && value.starts_with(mark) && value.ends_with(mark);
        let is_open = self.options.prose || is_name("__");
        let end = value.find(',').unwrap_or(value.len());
        let value_alone = value.get(..end).unwrap_or_default();
        if !is_open || value_alone.is_empty() || value_alone.contains(|c: char| c.is_ascii_digit()) {
            return run;
        }
        Span::new(run.start, run.end - value.len())
    }

    /// `@SHM@` for a size, which configure fills in.
    fn name_to_fill_in(&mut self, word: &mut Word) -> bool {
        let rest = self.cursor.rest().get(1..).unwrap_or_default();
        let name = rest.iter().take_while(|&&byte| super::expansions::name_byte(byte)).count();
        let is_one = name > 0 && rest.get(name) == Some(&b'@') && self.awaits_size(self.cursor.pos);
        if is_one {
            self.opaque(word, Quote::None, self.cursor.pos + name + 2);
        }
        is_one
    }

    /// Whether what stands at a place is the size that an option waits for.
    fn awaits_size(&self, at: usize) -> bool {
        let before = self.script.text.get(..at).unwrap_or_default();
        before.ends_with("size=") || before.trim_end_matches([' ', '\t']).ends_with("--shm-size")
    }

    /// `{your data}` and `[your data]` in a document are placeholders, too. Without blanks they are text like any other,
    /// but for a size.
    fn bracketed(&mut self, word: &mut Word, close: &[u8]) -> bool {
        let first = self.cursor.peek_at(1);
        let is_size = self.awaits_size(self.cursor.pos);
        let may_be_name = |byte: u8| byte.is_ascii_alphabetic() || byte >= 0x80 || is_size;
        if !self.options.prose || !first.is_some_and(may_be_name) {
            return false;
        }
        let open = self.cursor.pos;
        self.cursor.bump(1);
        let end = self.cursor.ahead(close, PLACEHOLDER_STOPS);
        self.cursor.pos = open;
        let Some(end) = end else { return false };
        let inside = self.cursor.slice(Span::new(open + 1, end));
        let spaced = is_size || (inside.contains(' ') && !inside.ends_with(' '));
        if spaced {
            self.opaque(word, Quote::None, end + 1);
        }
        spaced
    }

    /// The parenthesis of an extended pattern, `!(a|b)`, is text.
    fn glob_list(&mut self, word: &mut Word) {
        let start = self.cursor.pos;
        match self.cursor.ahead(b")", b"\n") {
            Some(close) => {
                self.cursor.bump(close + 1 - start);
                word.push(text(Span::new(start, self.cursor.pos), Quote::None));
            }
            None => self.take_text(word, Quote::None),
        }
    }
}

/// A piece of plain text.
pub(super) fn text(span: Span, quote: Quote) -> Piece {
    Piece { span, quote, kind: PieceKind::Text }
}
