//! What a document holds for its readers: blocks of code, and comments of the page itself.

use super::prose::{Language, Line, block, language};
use crate::syntax::shell::ShellOptions;
use crate::text::layer::{Encoding, Layer};
use crate::text::source::Span;

/// A document, taken apart.
#[derive(Default)]
pub(super) struct Page {
    /// In the order of the text.
    pub(super) blocks: Vec<CodeBlock>,
    /// The comments outside of the blocks.
    pub(super) comments: Vec<Span>,
}

/// A block of code.
pub(super) struct CodeBlock {
    /// From the line that opens it to its end.
    pub(super) span: Span,
    /// Its language as written; empty where none is.
    pub(super) word: String,
    /// Its lines, each from where its code begins.
    pub(super) lines: Vec<Line>,
    /// What stands before the code of a line, for lines that are written anew.
    pub(super) prefix: String,
    /// Whether only lines that begin as command lines are commands, whatever the language.
    pub(super) is_loose: bool,
}

impl Page {
    /// The shell text of every block, in order.
    pub(super) fn scripts(&self, document: &Layer) -> Vec<(Layer, ShellOptions)> {
        self.blocks.iter().filter_map(|block| block.script(document)).collect()
    }
}

impl CodeBlock {
    /// Its text, whatever the language.
    pub(super) fn text(&self, document: &Layer) -> Layer {
        let mut embed = document.embed(Encoding::Indented(self.prefix.clone()));
        self.lines.iter().for_each(|line| embed.copy(Span::new(line.span.start, line.next)));
        embed.finish()
    }

    /// Its shell text; nothing where it holds no command.
    pub(super) fn script(&self, document: &Layer) -> Option<(Layer, ShellOptions)> {
        let Language { options, is_foreign } = language(&self.word)?;
        let code = block(document, &self.lines, &self.prefix, is_foreign || self.is_loose)?;
        Some((code, options))
    }
}
