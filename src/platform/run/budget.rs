//! What the scripts of one file share: how much is put together for them, and who reads their variables.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::readers::Readers;
use crate::text::source::Span;

/// What the scripts of one file share.
pub struct Shared {
    pub(super) budget: Budget,
    pub(super) readers: Rc<RefCell<Readers>>,
    /// Where the file reads in others, whose text stands in that place.
    pub(super) read_in: Vec<Span>,
}

impl Shared {
    /// For a file of about so many bytes.
    pub fn of(bytes: usize) -> Self {
        Self { budget: Budget::of(bytes), readers: Rc::default(), read_in: Vec::new() }
    }

    /// Notes where the file reads in others, and their text, which may read its variables.
    pub fn reads_in(&mut self, places: &[Span], texts: &str) {
        self.read_in.extend_from_slice(places);
        self.readers.borrow_mut().add_text(texts);
    }

    /// Who reads the variables of the file.
    pub fn readers(&self) -> Rc<RefCell<Readers>> {
        Rc::clone(&self.readers)
    }
}

/// How many pieces of values are put together for a small file before the rest is taken as unknown. Real
/// scripts take some hundreds.
const PIECES: usize = 100_000;

/// How much text of a value counts as much as a piece.
pub(super) const BYTES_PER_STEP: usize = 8;

/// What the scripts of one file may take together, however many they are.
pub(super) struct Budget(Cell<usize>);

impl Budget {
    /// That of a file of about so many bytes: a fix must not move the place where it is spent.
    fn of(bytes: usize) -> Self {
        Self(Cell::new(PIECES.saturating_add(bytes.checked_next_power_of_two().unwrap_or(bytes))))
    }

    /// Takes so many pieces from it.
    pub(super) fn spend(&self, pieces: usize) {
        self.0.set(self.0.get().saturating_sub(pieces));
    }

    /// Whether nothing is left.
    pub(super) fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}
