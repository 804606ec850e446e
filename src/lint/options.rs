//! What a run is asked to do: the settings of the command line and the configuration, resolved.

use std::sync::Arc;

use crate::container::finding::Rule;
use crate::lint::baseline::Baseline;
use crate::platform::options::ReadOptions;
use crate::rules::options::JudgeOptions;
use crate::text::globs::Globs;

/// The settings of a run.
#[derive(Clone, Debug)]
pub struct Options {
    /// What reading needs to know.
    pub read: ReadOptions,
    /// What judging needs to know.
    pub judge: JudgeOptions,
    /// Rules that do not speak of some files.
    pub per_file_ignores: Vec<FileIgnore>,
    /// Whether comments, `per_file_ignores` and the baseline hide findings.
    pub suppressions: bool,
    /// Whether the programs that containers run are read.
    pub programs: bool,
    /// Findings that are known.
    pub baseline: Option<Arc<Baseline>>,
    /// The reason of the ignore comments that are offered in place of fixes, where they are asked for.
    pub ignore_because: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            read: ReadOptions::default(),
            judge: JudgeOptions::default(),
            programs: true,
            per_file_ignores: Vec::new(),
            suppressions: true,
            baseline: None,
            ignore_because: None,
        }
    }
}

/// Rules that do not speak of some files.
#[derive(Clone, Debug)]
pub struct FileIgnore {
    /// The files.
    pub files: Arc<Globs>,
    /// The rules.
    pub rules: Vec<&'static Rule>,
}
