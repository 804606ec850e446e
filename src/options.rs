//! What a run is asked to do: the settings of the command line and the configuration, resolved.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::baseline::Baseline;
use crate::finding::Severity;
use crate::globs::Globs;
use crate::knowledge::UserEntry;
use crate::rules::Rule;
use crate::scan::glob;

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
    /// The least written size that is not reported as too small, in bytes, where one is asked for.
    pub minimum: Option<u64>,
    /// The daemon's `default-shm-size` in bytes, where it is not the engine's own.
    pub default_shm_size: Option<u64>,
    /// The daemon's default runtime: with `nvidia`, `NVIDIA_VISIBLE_DEVICES` alone gives a GPU.
    pub default_runtime: Option<String>,
    /// What the user knows of images and commands.
    pub images: Vec<UserEntry>,
    /// Resources that something outside of the files gives a `/dev/shm`.
    pub provides_shm: Vec<Provider>,
    /// Fields of custom resources that set the size of `/dev/shm`.
    pub shm_fields: Vec<ShmField>,
    /// Rules that do not speak of some files.
    pub per_file_ignores: Vec<FileIgnore>,
    /// Whether comments, `per_file_ignores` and the baseline hide findings.
    pub suppressions: bool,
    /// Findings that are known.
    pub baseline: Option<Arc<Baseline>>,
    /// The reason of the ignore comments that are offered in place of fixes, where they are asked for.
    pub ignore_because: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rules: crate::rules::all().iter().map(|rule| (rule, rule.severity)).collect(),
            pedantic: false,
            by_name: Vec::new(),
            size: DEFAULT_SIZE,
            size_is_asked: false,
            minimum: None,
            default_shm_size: None,
            default_runtime: None,
            images: Vec::new(),
            provides_shm: Vec::new(),
            shm_fields: Vec::new(),
            per_file_ignores: Vec::new(),
            suppressions: true,
            baseline: None,
            ignore_because: None,
        }
    }
}

impl Options {
    /// Who gives a resource its `/dev/shm` though no file says so, where the configuration tells. `path` is that of the file,
    /// as reports show it.
    pub fn provider(&self, kind: &str, namespace: Option<&str>, path: &str) -> Option<&Provider> {
        let fits = |provider: &&Provider| {
            fits(provider.kind.as_deref(), Some(kind))
                && fits(provider.namespace.as_deref(), namespace)
                && provider.path.as_ref().is_none_or(|globs| globs.covers(path))
        };
        self.provides_shm.iter().find(fits).inspect(|provider| provider.used.mark())
    }

    /// The paths of the keys that set the size of `/dev/shm` in resources of a kind, where the configuration tells.
    pub fn fields_of<'o>(&'o self, kind: &str) -> impl Iterator<Item = &'o ShmField> {
        self.shm_fields.iter().filter(move |field| fits(field.kind.as_deref(), Some(kind)))
    }
}

/// Whether a name is what a pattern asks for, if it asks for something.
fn fits(pattern: Option<&str>, name: Option<&str>) -> bool {
    pattern.is_none_or(|pattern| name.is_some_and(|name| glob(pattern, name)))
}

/// Remembers whether an entry of the configuration ever matched.
#[derive(Clone, Debug, Default)]
pub struct Used(Arc<AtomicBool>);

impl Used {
    /// It matched.
    pub fn mark(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it ever matched.
    pub fn is_marked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Something outside of the files that mounts `/dev/shm`: a webhook, an operator. All that is given must match.
#[derive(Clone, Debug)]
pub struct Provider {
    /// The kind of the resource, `*` for any part of it.
    pub kind: Option<String>,
    /// The namespace that the resource names, `*` for any part of it.
    pub namespace: Option<String>,
    /// The file.
    pub path: Option<Arc<Globs>>,
    /// How large the memory is, in bytes, where that is known.
    pub bytes: Option<u64>,
    /// Who mounts it, for the report.
    pub by: String,
    /// Whether it ever matched.
    pub used: Used,
}

/// A field of a custom resource that sets the size of `/dev/shm`.
#[derive(Clone, Debug)]
pub struct ShmField {
    /// The kind of the resource, `*` for any part of it; nothing for any kind.
    pub kind: Option<String>,
    /// The keys down to the size.
    pub path: Vec<String>,
    /// Whether it ever matched.
    pub used: Used,
}

/// Rules that do not speak of some files.
#[derive(Clone, Debug)]
pub struct FileIgnore {
    /// The files.
    pub files: Arc<Globs>,
    /// The rules.
    pub rules: Vec<&'static Rule>,
}
