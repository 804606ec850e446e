//! Between words: blanks, comments, and line ends that do not end the command.

use super::{ScriptReader, ShellDialect, SimpleCommand, Word};
use crate::text::source::Span;

fn blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

impl ScriptReader<'_> {
    /// Goes over blanks and continued line ends.
    pub(super) fn blanks(&mut self) {
        loop {
            self.cursor.skip(blank);
            match self.cursor.peek() {
                Some(b'\r') if matches!(self.cursor.peek_at(1), None | Some(b'\n')) => self.cursor.bump(1),
                Some(byte) if byte == self.escape() => {
                    if let Some(length) = self.line_end_behind(1) {
                        self.cursor.bump(1 + length);
                    } else if let Some(length) = self.loose_continuation() {
                        self.cursor.bump(length);
                        self.loose = true;
                    } else {
                        return;
                    }
                    self.continued = self.cursor.pos;
                }
                Some(b'^' | b'`') => {
                    let Some(length) = self.windows_mark() else { return };
                    self.cursor.bump(length);
                    self.loose = true;
                    self.continued = self.cursor.pos;
                }
                Some(b'<') if self.block_comment(b"<#", b"#>", ShellDialect::PowerShell) => {}
                Some(b'{')
                    if self.block_comment(b"{#", b"#}", ShellDialect::Posix) || self.template_note() => {}
                _ => return,
            }
        }
    }

    /// Goes over a comment that may span lines: `<# … #>` of PowerShell, `{# … #}` of a template.
    fn block_comment(&mut self, open: &[u8], close: &[u8], dialect: ShellDialect) -> bool {
        let found = (self.options.dialect == dialect && self.cursor.at(open))
            .then(|| self.cursor.ahead(close, b""))
            .flatten();
        found.inspect(|end| self.cursor.bump(end + close.len() - self.cursor.pos)).is_some()
    }

    /// The length of the mark at hand and its line end where Windows' shells would go on with the next line: documents show
    /// commands for these shells as `bash`, too, or beside those for others.
    fn windows_mark(&self) -> Option<usize> {
        let prose = self.options.prose && self.options.dialect == ShellDialect::Posix;
        let apart = self.cursor.previous().is_some_and(blank);
        self.line_end_behind(1).filter(|_| prose && apart).map(|length| 1 + length)
    }

    /// Goes over a comment, up to its line end.
    pub(super) fn comment(&mut self) -> Span {
        let comment = self.cursor.skip(|byte| byte != b'\n');
        self.script.comments.push(comment);
        comment
    }

    /// Whether the byte at hand begins a comment where a word could begin.
    pub(super) fn at_comment(&self) -> bool {
        self.cursor.peek() == Some(b'#') && self.options.dialect != ShellDialect::Batch
    }

    /// The length of an escape character that was meant to continue the line but has blanks or a comment behind it.
    /// The next line shows the intention: it is indented, or begins with an option.
    pub(super) fn loose_continuation(&mut self) -> Option<usize> {
        let rest = self.cursor.rest().get(1..)?;
        let blanks = rest.iter().take_while(|&&byte| blank(byte)).count();
        if blanks == 0 || !(self.options.prose || self.cursor.previous().is_none_or(|byte| byte <= b' ')) {
            return None;
        }
        let line = rest.get(blanks..)?;
        let length = match line.first()? {
            b'#' => {
                let start = self.cursor.pos;
                self.cursor.pos += 1 + blanks;
                let end = self.cursor.ahead(b"\n", b"");
                self.cursor.pos = start;
                end? - start - 1 - blanks
            }
            b'\r' if line.get(1) == Some(&b'\n') => 1,
            b'\n' => 0,
            _ => return None,
        };
        let next = line.get(length + 1..)?;
        let goes_on = match next.first()? {
            b'-' => true,
            b'\n' | b'\r' | b'#' => false,
            b' ' | b'\t' => {
                next.iter().find(|&&byte| !blank(byte)).is_some_and(|byte| !b"\r\n#".contains(byte))
            }
            _ => self.options.prose,
        };
        goes_on.then_some(1 + blanks + length + 1)
    }

    /// At a line end in a document: whether the next line goes on with the options of a container, so that a mark at the
    /// end of this one is missing.
    pub(super) fn option_below(&self, command: &SimpleCommand) -> bool {
        let begins = |word: &Word| matches!(word.plain(self.script.text), Some("run" | "create"));
        let mut next = self.cursor.rest().iter().skip(1).skip_while(|&&byte| blank(byte));
        self.options.prose
            && self.pending.is_empty()
            && command.words.iter().take(6).any(begins)
            && next.next() == Some(&b'-')
            && next.find(|&&byte| byte != b'-').is_some_and(u8::is_ascii_alphabetic)
    }

    /// At a comment inside a command that begins at `first`: goes over comment lines between continued ones where the
    /// command plainly goes on behind them, because the next line begins with an option or the comment itself ends like a
    /// continued line. In a document a line that is indented below the command goes on, too. False where the comment ends
    /// the command, as it does for a shell.
    pub(super) fn comment_between(&mut self, first: usize) -> bool {
        let alone = self.continued <= self.cursor.pos
            && self.cursor.slice(Span::new(self.continued, self.cursor.pos)).trim_start().is_empty();
        if !alone {
            return self.options.prose && self.indented_below(first);
        }
        let start = self.cursor.pos;
        let mut continued = false;
        while self.at_comment() {
            let comment = self.comment();
            let line = self.cursor.slice(comment).trim_end();
            continued = line.as_bytes().last() == Some(&self.escape());
            self.cursor.bump(1);
            self.cursor.skip(blank);
        }
        let goes_on = match self.cursor.peek() {
            Some(b'-') => true,
            None | Some(b'\n' | b'\r') => false,
            Some(_) => continued,
        };
        if goes_on {
            self.loose = true;
        } else {
            self.cursor.pos = start;
        }
        goes_on
    }

    /// Goes over a comment at the end of a line if the next line is indented deeper than the command.
    fn indented_below(&mut self, first: usize) -> bool {
        let start = self.cursor.pos;
        self.comment();
        self.cursor.bump(1);
        let indent = self.cursor.skip(blank).len();
        let own = self
            .script
            .text
            .get(..first)
            .map_or(0, |before| before.len() - before.trim_end_matches([' ', '\t']).len());
        let goes_on = indent > own && self.cursor.peek().is_some_and(|byte| !b"\r\n#".contains(&byte));
        if goes_on {
            self.loose = true;
        } else {
            self.cursor.pos = start;
        }
        goes_on
    }
}
