//! Here-documents: their bodies begin behind the line that announces them.

use super::{HereDocument, ScriptReader, Word};
use crate::text::source::Span;

/// An announced here-document whose body was not reached yet.
pub(super) struct Pending {
    pub(super) command: usize,
    pub(super) delimiter: String,
    pub(super) literal: bool,
    pub(super) strips_tabs: bool,
}

impl ScriptReader<'_> {
    /// Notes that `word` behind `<<` announces a here-document of a command.
    pub(super) fn announce(&mut self, command: usize, word: &Word, strips_tabs: bool) {
        let text = self.script.text;
        let delimiter = word.literal(text).unwrap_or_else(|| word.span.of(text).into()).into_owned();
        self.pending.push(Pending { command, delimiter, literal: word.is_quoted(), strips_tabs });
    }

    /// Behind a line end: reads the bodies that were announced before it.
    pub(super) fn here_bodies(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            let start = self.cursor.pos;
            let mut end = self.cursor.pos;
            while self.cursor.peek().is_some() {
                let line = self.cursor.skip(|byte| byte != b'\n');
                self.cursor.bump(1);
                let line = self.cursor.slice(line).trim_end_matches('\r');
                let line = if pending.strips_tabs { line.trim_start_matches('\t') } else { line };
                if self.ends_body(line, &pending.delimiter) {
                    break;
                }
                end = self.cursor.pos;
            }
            self.script.here_documents.push(HereDocument {
                command: pending.command,
                body: Span::new(start, end),
                literal: pending.literal,
                strips_tabs: pending.strips_tabs,
            });
        }
    }

    /// A delimiter stands alone on its line; in documents and templates it may be indented.
    fn ends_body(&self, line: &str, delimiter: &str) -> bool {
        line == delimiter || (self.options.prose && line.trim() == delimiter)
    }
}
