//! Located syntax trees: every node knows its place in the text, and enough of its style to edit beside it.

pub mod actions;
pub mod dockerfile;
pub mod python;
pub mod shell;
pub mod variables;
pub mod words;
pub mod yaml;
