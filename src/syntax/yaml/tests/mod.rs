//! Tests of the tree and its edits.

mod edits;
mod tree;
