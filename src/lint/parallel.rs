//! Work that several threads share.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Collects from several threads.
pub struct Collected<T>(Mutex<Vec<T>>);

impl<T> Default for Collected<T> {
    fn default() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

impl<T> Collected<T> {
    /// Adds one.
    pub fn push(&self, item: T) {
        if let Ok(mut items) = self.0.lock() {
            items.push(item);
        }
    }

    /// Adds several.
    pub fn extend(&self, more: Vec<T>) {
        if let Ok(mut items) = self.0.lock() {
            items.extend(more);
        }
    }

    /// How many there are so far.
    pub fn count(&self) -> usize {
        self.0.lock().map_or(0, |items| items.len())
    }

    /// Copies of all that are there so far, in no order.
    pub fn all(&self) -> Vec<T>
    where
        T: Clone,
    {
        self.0.lock().map(|items| items.clone()).unwrap_or_default()
    }

    /// All of them, in no order.
    pub fn into_inner(self) -> Vec<T> {
        self.0.into_inner().unwrap_or_default()
    }
}

/// What `work` makes of each item, in their order; done by several threads where there are many.
pub fn shared_out<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    // A thread costs more than a few small files, and asking how many there may be is not free either.
    let useful = items.len() / 8;
    let threads =
        if useful < 2 { 1 } else { std::thread::available_parallelism().map_or(1, usize::from).min(useful) };
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let done: Collected<(usize, R)> = Collected::default();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut own = Vec::with_capacity(items.len() / threads);
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { break };
                    own.push((at, work(item)));
                }
                done.extend(own);
            });
        }
    });
    let mut done = done.into_inner();
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        for count in [0, 1, 15, 16, 17, 1000] {
            let items: Vec<usize> = (0..count).collect();
            assert_eq!(
                shared_out(&items, |item| item * 2),
                items.iter().map(|item| item * 2).collect::<Vec<_>>()
            );
        }
    }
}
