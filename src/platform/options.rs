//! What reading needs to know besides the files.

use std::sync::Arc;

use crate::knowledge::used::Used;
use crate::text::globs::Globs;
use crate::text::scan::glob;

/// Settings that resolving depends on.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// The daemon's `default-shm-size` in bytes, where it is not the engine's own.
    pub default_shm_size: Option<u64>,
    /// The daemon's default runtime: with `nvidia`, `NVIDIA_VISIBLE_DEVICES` alone gives a GPU.
    pub default_runtime: Option<String>,
    /// Resources that something outside of the files gives a `/dev/shm`.
    pub provides_shm: Vec<Provider>,
    /// Fields of custom resources that set the size of `/dev/shm`.
    pub shm_fields: Vec<ShmField>,
    /// Whether documentation is left out, also that in comments.
    pub no_docs: bool,
}

impl ReadOptions {
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
