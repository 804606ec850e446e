//! The output formats, one file each, all from the same findings.

pub mod json;
pub mod plain;
