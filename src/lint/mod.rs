//! A run: which files are looked at, which belong together, what is said of each, and what hides it.

pub mod around;
pub mod baseline;
pub mod check;
pub mod discover;
pub mod notes;
pub mod options;
pub mod parallel;
pub mod project;
pub mod report;
pub mod run;
pub mod suppress;
pub mod tree;
