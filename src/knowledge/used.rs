//! Which entries of the configuration are of use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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
