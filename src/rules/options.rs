//! What judging needs to know besides the workloads.

use crate::container::finding::{Rule, Severity};
use crate::knowledge::UserEntry;
use crate::need::DEFAULT_SIZE;

/// Settings that judging depends on.
#[derive(Clone, Debug)]
pub struct JudgeOptions {
    /// The rules that speak, and how loud.
    pub rules: Vec<(&'static Rule, Severity)>,
    /// Whether notes are shown.
    pub pedantic: bool,
    /// Rules that were asked for by name: their notes are shown in any case.
    pub by_name: Vec<&'static Rule>,
    /// The size to recommend where nothing more is known, in bytes.
    pub size: u64,
    /// Whether `size` was asked for by name, and so beats what is known of an image.
    pub size_is_asked: bool,
    /// The least written size that is not reported as too small, in bytes, where one is asked for.
    pub minimum: Option<u64>,
    /// What the user knows of images and commands.
    pub images: Vec<UserEntry>,
}

impl Default for JudgeOptions {
    fn default() -> Self {
        Self {
            rules: super::every(),
            pedantic: false,
            by_name: Vec::new(),
            size: DEFAULT_SIZE,
            size_is_asked: false,
            minimum: None,
            images: Vec::new(),
        }
    }
}
