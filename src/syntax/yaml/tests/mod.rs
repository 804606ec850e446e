//! Tests of the tree and its edits.

mod edits;
mod properties;
mod random;
mod tree;
