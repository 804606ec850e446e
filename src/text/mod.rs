//! Text: files, places in them, edits of them, text inside text, and the paths and words that name things.

pub mod edits;
pub mod filename;
pub mod files;
pub mod globs;
pub mod layer;
pub mod near;
pub mod open;
pub mod paths;
pub mod place;
pub mod scan;
pub mod source;
