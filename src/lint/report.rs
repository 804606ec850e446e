//! What a run found.

use std::collections::BTreeMap;

use crate::container::finding::Finding;
use crate::fix::prove::Patch;
use crate::lint::check::Listed;

/// What a run found.
#[derive(Default)]
pub struct Report {
    /// Findings, by path, line, column and rule; where fixes were made those that are left.
    pub findings: Vec<Finding>,
    /// The files that change by the fixes that were made, by path.
    pub patches: Vec<Patch>,
    /// How many findings of each rule there were before, by code; only where fixes were made.
    pub found: BTreeMap<&'static str, usize>,
    /// Findings that are suppressed.
    pub suppressed: Vec<Finding>,
    /// Sentences about what was asked for and is probably not as meant.
    pub warnings: Vec<String>,
    /// Workloads, by path and line; only where they were asked for.
    pub workloads: Vec<Listed>,
    /// What was counted.
    pub counts: Counts,
    /// Sentences about files that could not be read, each beginning with the path.
    pub errors: Vec<String>,
    /// What became of the files whose names can matter, by path; only where it was asked for.
    pub looked: Vec<Looked>,
}

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Looked {
    /// As reports show it.
    pub path: String,
    /// What it was read as, or why it was not.
    pub read: Result<&'static str, &'static str>,
}

/// What a run counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Files whose names were looked at.
    pub seen: usize,
    /// Files that were parsed.
    pub files: usize,
    /// Containers.
    pub workloads: usize,
    /// Containers that ask for a GPU.
    pub gpu_workloads: usize,
}
