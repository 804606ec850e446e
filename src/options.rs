//! What a run is asked to do: the settings of the command line and the configuration, resolved.

use crate::finding::Severity;
use crate::rules::Rule;

/// The size that is recommended where nothing more is known: 2 GiB.
pub const DEFAULT_SIZE: u64 = 2 << 30;

/// Settings that judging and resolving depend on.
#[derive(Clone, Debug)]
pub struct Options {
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
    /// The daemon's `default-shm-size` in bytes, where it is not the engine's own.
    pub default_shm_size: Option<u64>,
    /// The daemon's default runtime: with `nvidia`, `NVIDIA_VISIBLE_DEVICES` alone gives a GPU.
    pub default_runtime: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rules: crate::rules::all().iter().map(|rule| (rule, rule.severity)).collect(),
            pedantic: false,
            by_name: Vec::new(),
            size: DEFAULT_SIZE,
            size_is_asked: false,
            default_shm_size: None,
            default_runtime: None,
        }
    }
}
