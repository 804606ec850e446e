//! What lies around a workload in its repository, as far as its need asks for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::reach::builds::Builds;
use crate::container::workload::{GpuCount, Platform};
use crate::knowledge::ImageIdentity;
use crate::text::place::Place;

/// A container of the repository that has shared memory.
#[derive(Clone, Debug)]
pub struct Given {
    /// Its image, as resolved as it can be.
    pub image: Option<ImageIdentity>,
    /// Whether that tells what runs.
    pub tells: bool,
    /// Whether it asks for a GPU.
    pub gpu: bool,
    /// For how many.
    pub gpus: GpuCount,
    /// The size, nothing where it shares the host's or has no bound.
    pub bytes: Option<u64>,
    /// The size as it is written: `16GB`.
    pub spelling: Option<String>,
    /// In what sort of file.
    pub platform: Platform,
    /// Where that is.
    pub place: Place,
}

/// The repository of a workload. All of it is looked up once, and only where it is asked for.
pub trait Around: Sync {
    /// The containers of the repository that holds a path that have shared memory, by place. None where nothing around a
    /// file is to be read, or there is too much of it.
    fn given(&self, path: &str) -> Arc<Vec<Given>>;

    /// Which images that repository builds, and where its programs are; nothing where programs are not to be read.
    fn builds(&self, path: &str) -> Option<Arc<Builds>>;

    /// Whether it was asked for before it was known: what was made of its answers does not hold.
    fn is_missed(&self) -> bool {
        false
    }
}

/// A repository that is still being walked: it answers nothing, and remembers that it was asked.
#[derive(Default)]
pub struct Awaited(AtomicBool);

impl Around for Awaited {
    fn given(&self, _: &str) -> Arc<Vec<Given>> {
        self.0.store(true, Ordering::Relaxed);
        Arc::default()
    }

    fn builds(&self, _: &str) -> Option<Arc<Builds>> {
        self.0.store(true, Ordering::Relaxed);
        None
    }

    fn is_missed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A workload with nothing around it.
pub struct Alone;

impl Around for Alone {
    fn given(&self, _: &str) -> Arc<Vec<Given>> {
        Arc::default()
    }

    fn builds(&self, _: &str) -> Option<Arc<Builds>> {
        Some(Arc::default())
    }
}
