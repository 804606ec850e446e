//! Applying edits, proving them, and writing the result.

pub mod apply;
pub mod prove;
pub mod write;
