//! How much is put together for the scripts of one file.

use std::cell::Cell;

/// How many pieces of values are put together for a small file before the rest is taken as unknown. Real
/// scripts take some hundreds.
const PIECES: usize = 100_000;

/// How much text of a value counts as much as a piece.
pub(super) const BYTES_PER_STEP: usize = 8;

/// What the scripts of one file may take together, however many they are.
pub struct Budget(Cell<usize>);

impl Budget {
    /// That of a file of about so many bytes: a fix must not move the place where it is spent.
    pub fn of(bytes: usize) -> Self {
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
