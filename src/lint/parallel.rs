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
    pub fn len(&self) -> usize {
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
    in_batches(items, 1, |batch| batch.iter().map(&work).collect())
}

/// As [`shared_out`], for work that is better done on several items in a row: on up to `most` of them, and fewer where that
/// would leave a thread without any.
pub fn in_batches<T: Sync, R: Send>(
    items: &[T],
    most: usize,
    work: impl Fn(&[T]) -> Vec<R> + Sync,
) -> Vec<R> {
    // A thread costs more than a few small files, and asking how many there may be is not free either.
    let useful = items.len() / 8;
    let threads =
        if useful < 2 { 1 } else { std::thread::available_parallelism().map_or(1, usize::from).min(useful) };
    let size = (items.len() / (4 * threads)).clamp(1, most);
    if threads < 2 {
        return items.chunks(size).flat_map(work).collect();
    }
    let batches: Vec<&[T]> = items.chunks(size).collect();
    let next = AtomicUsize::new(0);
    let done: Collected<Vec<(usize, Vec<R>)>> = Collected::default();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut own = Vec::with_capacity(batches.len() / threads);
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(batch) = batches.get(at) else { break };
                    own.push((at, work(batch)));
                }
                done.push(own);
            });
        }
    });
    let mut done: Vec<(usize, Vec<R>)> = done.into_inner().into_iter().flatten().collect();
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().flat_map(|(_, results)| results).collect()
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
            let sizes = in_batches(&items, 7, |batch| vec![batch.len(); batch.len()]);
            assert_eq!(sizes.len(), count);
            assert!(sizes.iter().all(|size| (1..=7).contains(size)));
        }
    }
}
