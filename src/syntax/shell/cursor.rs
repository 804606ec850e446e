//! The place in the text that the shell reader has come to, and the budget for looking further ahead.

use crate::text::source::Span;

/// A text, a place in it and a border that nothing is read behind.
#[derive(Debug)]
pub(super) struct Cursor<'t> {
    text: &'t str,
    bytes: &'t [u8],
    pub(super) pos: usize,
    /// Nothing at or behind it is read: the end of the text or of a part read by itself.
    pub(super) end: usize,
    /// Bytes looked at so far.
    pub(super) work: usize,
    /// Bytes that may still be looked at in vain.
    budget: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let budget = text.len().saturating_mul(4).saturating_add(4096);
        Self { text, bytes: text.as_bytes(), pos: 0, end: text.len(), work: 0, budget }
    }

    /// The byte at hand.
    pub(super) fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    /// The byte `ahead` of the one at hand.
    pub(super) fn peek_at(&self, ahead: usize) -> Option<u8> {
        let at = self.pos.saturating_add(ahead);
        if at < self.end { self.bytes.get(at).copied() } else { None }
    }

    /// The byte before the one at hand.
    pub(super) fn previous(&self) -> Option<u8> {
        self.bytes.get(self.pos.checked_sub(1)?).copied()
    }

    /// Whether `token` stands here.
    pub(super) fn at(&self, token: &[u8]) -> bool {
        self.rest().starts_with(token)
    }

    /// All that is left.
    pub(super) fn rest(&self) -> &'t [u8] {
        self.bytes.get(self.pos..self.end).unwrap_or_default()
    }

    /// Goes `count` bytes on, at most to the end.
    pub(super) fn bump(&mut self, count: usize) {
        self.work += count;
        self.pos = self.pos.saturating_add(count).min(self.end);
    }

    /// Goes over one whole character.
    pub(super) fn bump_char(&mut self) {
        let length = match self.peek() {
            None => 0,
            Some(byte) if byte < 0x80 => 1,
            Some(_) => {
                self.text.get(self.pos..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
            }
        };
        self.bump(length);
    }

    /// Goes over the bytes that `wanted` accepts.
    pub(super) fn skip(&mut self, wanted: impl Fn(u8) -> bool) -> Span {
        let start = self.pos;
        let count = self.rest().iter().take_while(|&&byte| wanted(byte)).count();
        self.bump(count);
        Span::new(start, self.pos)
    }

    /// Goes over `token` where it stands here.
    pub(super) fn eat(&mut self, token: &[u8]) -> bool {
        let found = self.at(token);
        if found {
            self.bump(token.len());
        }
        found
    }

    /// The text of a span.
    pub(super) fn slice(&self, span: Span) -> &'t str {
        span.of(self.text)
    }

    /// Where `token` first stands from here on, at most up to the first byte of `stops`. What is looked at in vain is
    /// paid from a budget, and without budget nothing is found: so looking ahead stays linear over all.
    pub(super) fn ahead(&mut self, token: &[u8], stops: &[u8]) -> Option<usize> {
        let rest = self.rest().get(..self.rest().len().min(self.budget))?;
        let mut found = None;
        let mut looked = rest.len();
        for (at, byte) in rest.iter().enumerate() {
            if rest.get(at..).is_some_and(|here| here.starts_with(token)) {
                found = Some(self.pos + at);
                looked = at;
                break;
            }
            if stops.contains(byte) {
                looked = at;
                break;
            }
        }
        self.work += looked;
        if found.is_none() {
            self.spend(looked + 1);
        }
        found
    }

    /// The place behind the bracket that closes the one before `lead` bytes from here, or the end. Quotes count for
    /// nothing. The caller goes there.
    pub(super) fn balanced(&self, lead: usize, open: u8, close: u8) -> usize {
        closing(self.rest().get(lead..).unwrap_or_default(), open, close)
            .map_or(self.end, |at| self.pos + lead + at)
    }

    /// The same as far as the budget for looking in vain reaches.
    pub(super) fn balanced_ahead(&mut self, lead: usize, open: u8, close: u8) -> Option<usize> {
        let rest = self.rest().get(lead..).unwrap_or_default();
        let rest = rest.get(..self.budget.min(rest.len())).unwrap_or_default();
        let found = closing(rest, open, close);
        self.work += found.unwrap_or(rest.len());
        if found.is_none() {
            self.spend(rest.len() + 1);
        }
        found.map(|at| self.pos + lead + at)
    }

    /// Takes `bytes` from the budget for what was read in vain; false where there is not enough left.
    pub(super) fn spend(&mut self, bytes: usize) -> bool {
        let enough = self.budget >= bytes;
        self.budget = self.budget.saturating_sub(bytes);
        enough
    }
}

/// Behind which byte the bracket closes that stands open before `rest`.
fn closing(rest: &[u8], open: u8, close: u8) -> Option<usize> {
    let mut depth = 1usize;
    let at = rest.iter().position(|&byte| {
        depth += usize::from(byte == open);
        depth -= usize::from(byte == close);
        depth == 0
    })?;
    Some(at + 1)
}
