//! Applying edits, proving them, and writing the result.

pub mod apply;
pub mod choose;
pub mod fixes;
pub mod prove;
pub mod write;
