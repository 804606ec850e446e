//! A line on the terminal while a run takes long, so that nobody wonders whether anything happens.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::console::Console;

/// How long a run may take in silence.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the line is written anew.
const BEAT: Duration = Duration::from_millis(100);

/// A progress line, which goes when this is dropped.
pub(super) struct Progress {
    /// How many files were looked at.
    pub(super) seen: Arc<AtomicUsize>,
    writer: Option<(Arc<AtomicBool>, JoinHandle<()>)>,
}

impl Progress {
    /// Begins to watch; without a terminal to write on nothing is started.
    pub(super) fn start(console: &Console) -> Self {
        let seen = Arc::new(AtomicUsize::new(0));
        if console.is_quiet() || !io::stderr().is_terminal() {
            return Self { seen, writer: None };
        }
        let over = Arc::new(AtomicBool::new(false));
        let (count, end) = (Arc::clone(&seen), Arc::clone(&over));
        // Where there are no threads there is no line.
        let thread = thread::Builder::new().spawn(move || write(&count, &end)).ok();
        Self { seen, writer: thread.map(|thread| (over, thread)) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((over, thread)) = self.writer.take() {
            over.store(true, Ordering::Relaxed);
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

fn write(seen: &AtomicUsize, over: &AtomicBool) {
    thread::park_timeout(PATIENCE);
    let mut shown = false;
    while !over.load(Ordering::Relaxed) {
        let _ = write!(io::stderr(), "\r{} files looked at", seen.load(Ordering::Relaxed));
        shown = true;
        thread::park_timeout(BEAT);
    }
    if shown {
        // Back to the first column, and nothing behind it.
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
}
