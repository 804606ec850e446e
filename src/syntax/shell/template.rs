//! Tags of templates in scripts: `{% if … %}` of Jinja, `{{ if … }}` of Go. What stands between two of them may be there or not.

use super::keywords::BlockKind;
use super::place::WordPlace;
use super::statements::Flow;
use super::{
    MAX_DEPTH, Modifier, PieceKind, Quote, ScriptReader, ShellDialect, Word, expansions::plain_variable,
};
use crate::text::source::Span;

/// What a tag does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tag {
    /// It begins what is there or not: `if`, `for`.
    Choice,
    /// It begins something else that ends.
    Block,
    /// `else`, `elif`.
    Else,
    End,
    /// It writes nothing: `set`, `include`.
    Note,
}

/// How many tags are looked at in search of the one that ends a block.
const MAX_TAGS: usize = 64;

impl ScriptReader<'_> {
    /// The tag that begins `ahead` bytes from here, and how long it is. A `{{ value }}` is none.
    fn tag(&mut self, ahead: usize) -> Option<(Tag, usize)> {
        let rest = self.cursor.rest().get(ahead..)?;
        let jinja = rest.starts_with(b"{%");
        if self.options.dialect != ShellDialect::Posix
            || self.options.just
            || !(jinja || rest.starts_with(b"{{"))
        {
            return None;
        }
        let skipped = rest.iter().skip(2).take_while(|byte| b"-+ \t".contains(byte)).count();
        let word = rest.get(2 + skipped..)?;
        let length = word.iter().take(12).take_while(|byte| byte.is_ascii_alphabetic()).count();
        let tag = match word.get(..length)? {
            b"if" | b"with" | b"unless" | b"for" | b"range" => Tag::Choice,
            b"block" | b"define" | b"macro" | b"filter" | b"call" | b"raw" => Tag::Block,
            b"else" | b"elif" | b"elsif" => Tag::Else,
            word if word.starts_with(b"end") => Tag::End,
            _ if jinja => Tag::Note,
            _ => return None,
        };
        let before = self.cursor.pos;
        self.cursor.pos += ahead;
        let close = self.cursor.ahead(if jinja { b"%}" } else { b"}}" }, b"\n");
        self.cursor.pos = before;
        Some((tag, close? + 2 - before - ahead))
    }

    /// Whether a tag begins here.
    pub(super) fn at_tag(&mut self) -> bool {
        self.cursor.peek() == Some(b'{') && self.tag(0).is_some()
    }

    /// Whether a tag stands here that ends or parts a block around the command.
    pub(super) fn at_template_end(&mut self) -> bool {
        self.cursor.peek() == Some(b'{') && matches!(self.tag(0), Some((Tag::Else | Tag::End, _)))
    }

    /// Goes over a tag that writes nothing.
    pub(super) fn template_note(&mut self) -> bool {
        let note = self.tag(0).filter(|(tag, _)| *tag == Tag::Note);
        note.inspect(|(_, length)| self.cursor.bump(*length)).is_some()
    }

    /// Reads a tag where a statement may begin: what stands behind it runs or does not.
    pub(super) fn template_statement(&mut self, flow: &mut Flow) -> bool {
        if self.cursor.peek() != Some(b'{') {
            return false;
        }
        let Some((tag, length)) = self.tag(0) else { return false };
        match tag {
            Tag::Choice | Tag::Block => {
                self.open_plain(flow, BlockKind::Template);
                self.arm(flow, false);
            }
            Tag::Else if flow.blocks.last().is_some_and(|block| block.kind == BlockKind::Template) => {
                self.arm(flow, false);
            }
            Tag::End => flow.close(BlockKind::Template),
            _ => {}
        }
        self.cursor.bump(length);
        true
    }

    /// Reads a block in the middle of a command; false where the word ends with it. A choice without an `else` is there or is
    /// not, as with `${UNKNOWN:+TEXT}`; of anything else nobody knows what it writes.
    pub(super) fn template_block(&mut self, word: &mut Word, place: WordPlace) -> bool {
        let start = self.cursor.pos;
        let Some((tag, length)) = self.tag(0) else { return false };
        let Some((end, behind, parted)) = self.block_end(length) else {
            if !matches!(tag, Tag::Choice | Tag::Block) {
                return false;
            }
            self.opaque(word, Quote::None, start + length);
            return true;
        };
        if matches!(tag, Tag::Else | Tag::End | Tag::Note) {
            return false;
        }
        let inside = Span::new(start + length, end);
        let text = self.cursor.slice(inside);
        let kept = text.trim_end_matches(|c: char| c.is_whitespace() || c == '\\');
        let lead = text.len() - text.trim_start().len();
        if lead > 0 && start > word.span.start {
            return false;
        }
        let is_read = tag == Tag::Choice
            && !parted
            && self.choice(word, Span::new(inside.start + lead, inside.start + kept.len().max(lead)), place);
        if is_read {
            self.cursor.pos = behind;
        } else {
            self.cursor.pos = start;
            self.opaque(word, Quote::None, behind);
        }
        // A tag on a line of its own leaves none behind.
        let own_line = text.ends_with('\n') || text.trim_end_matches([' ', '\t']).ends_with('\n');
        if let Some(length) = self.line_end_behind(0).filter(|_| own_line) {
            self.cursor.bump(length);
        }
        kept.len() == text.len()
    }

    /// Where the block ends whose first tag is `length` bytes long: before its last tag, behind it, and whether an `else` parts
    /// it.
    fn block_end(&mut self, length: usize) -> Option<(usize, usize, bool)> {
        let (mut ahead, mut depth, mut parted) = (length, 0usize, false);
        for _ in 0..MAX_TAGS {
            let rest = self.cursor.rest().get(ahead..)?;
            let found = memchr::memchr(b'{', rest)?;
            self.cursor.spend(found);
            ahead += found;
            let Some((tag, length)) = self.tag(ahead) else {
                ahead += 1;
                continue;
            };
            match tag {
                Tag::Choice | Tag::Block => depth += 1,
                Tag::Else => parted |= depth == 0,
                Tag::End if depth == 0 => {
                    let end = self.cursor.pos + ahead;
                    return Some((end, end + length, parted));
                }
                Tag::End => depth -= 1,
                Tag::Note => {}
            }
            ahead += length;
        }
        None
    }

    /// Reads the text of a choice as words that are there or not; false where it is more than words.
    fn choice(&mut self, word: &mut Word, text: Span, place: WordPlace) -> bool {
        if self.depth >= MAX_DEPTH || place != WordPlace::Argument {
            return false;
        }
        let mark = self.mark();
        let outer = std::mem::replace(&mut self.cursor.end, text.end);
        self.cursor.pos = text.start;
        self.depth += 1;
        let operand = self.word(WordPlace::Operand { double: false });
        self.depth -= 1;
        let is_read = self.cursor.pos == self.cursor.end;
        self.cursor.end = outer;
        if is_read {
            let (modifier, operand) = (Modifier::Alternative, Some(operand));
            let name = Span::at(mark.pos);
            let variable = super::Variable { modifier, operand, ..plain_variable(name, false) };
            let span = Span::new(mark.pos, text.end);
            word.push(super::Piece {
                span,
                quote: Quote::None,
                kind: PieceKind::Variable(Box::new(variable)),
            });
        } else {
            self.back_to(&mark);
        }
        is_read
    }
}
