//! What lies around a workload in its repository, as far as its need asks for it.

use std::sync::Arc;

use crate::container::workload::GpuCount;
use crate::text::files::Files;
use crate::text::place::Place;

/// A container of the repository that has shared memory.
#[derive(Clone, Debug)]
pub struct Given {
    /// Its image, as resolved as it can be.
    pub image: Option<String>,
    /// Whether it asks for a GPU.
    pub gpu: bool,
    /// For how many.
    pub gpus: GpuCount,
    /// The size, nothing where it shares the host's or has no bound.
    pub bytes: Option<u64>,
    /// The size as it is written: `16GB`.
    pub spelling: Option<String>,
    /// Where that is.
    pub place: Place,
}

/// The repository of a workload. All of it is looked up once, and only where it is asked for.
pub trait Around: Sync {
    /// Texts by path. Nothing outside of the repository is given.
    fn files(&self) -> &dyn Files;

    /// The files of the repository that holds a path, as reports show them, sorted. Empty where nothing around a file is to
    /// be read, or there is too much of it.
    fn paths(&self, path: &str) -> Arc<Vec<String>>;

    /// The containers of the repository that holds a path that have shared memory, by place.
    fn given(&self, path: &str) -> Arc<Vec<Given>>;
}

/// A workload with nothing around it.
pub struct Alone<'f>(pub &'f dyn Files);

impl Around for Alone<'_> {
    fn files(&self) -> &dyn Files {
        self.0
    }

    fn paths(&self, _: &str) -> Arc<Vec<String>> {
        Arc::default()
    }

    fn given(&self, _: &str) -> Arc<Vec<Given>> {
        Arc::default()
    }
}
