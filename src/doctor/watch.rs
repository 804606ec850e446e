//! Watches `/dev/shm` while something runs in it: how much is used, the most of it, and what was refused.
//!
//! A hundred samples a second cost little (`statvfs` takes 1.5 µs) and miss up to 35 % of the peak of a run that fails, for
//! it dies within milliseconds. So inotify wakes the watcher at every file that is created, and for a moment after it a
//! thousand samples a second are taken. What `ls` cannot see, since PyTorch unlinks its files at once, is counted too.

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};

use super::mount::SHM;
use super::system::System;
use super::users::{is_refused, kind};

/// Between two samples while nothing happens.
const STEP: Duration = Duration::from_millis(10);
/// Between two samples after a file was created or deleted.
const DENSE: Duration = Duration::from_millis(1);
/// How long after such an event.
const AFTER: Duration = Duration::from_millis(100);
/// A file that has a length and no page for so long was refused; PyTorch sets the one right before the other.
const REFUSED: Duration = Duration::from_millis(50);
/// The most files that are remembered between creation and the look whether they were refused.
const MOST: usize = 10_000;

/// What was seen up to now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// Bytes of `/dev/shm`.
    pub size: u64,
    /// Bytes that are used now.
    pub now: u64,
    /// The most bytes that were used in any sample.
    pub peak: u64,
    /// Files that were created.
    pub created: u64,
    /// Files that were deleted.
    pub deleted: u64,
    /// Bytes of each allocation that was refused.
    pub refused: Vec<u64>,
}

impl Watched {
    /// What would have been needed: the peak, and beside it the largest allocation that was refused.
    pub fn needed(&self) -> u64 {
        self.peak.saturating_add(self.refused.iter().max().copied().unwrap_or(0))
    }
}

/// Watches until `ends` says so. `tell` is called after each sample. An error where `/dev/shm` cannot be asked.
pub fn watch(
    system: &dyn System,
    ends: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(&Watched),
) -> Result<Watched, String> {
    let mut events = Events::start();
    let mut watched = Watched::default();
    let mut waiting: HashMap<String, Instant> = HashMap::new();
    let mut dense_until = Instant::now();
    loop {
        let now = Instant::now();
        events.wait(if now < dense_until { DENSE } else { STEP });
        if events.drain(&mut watched, &mut waiting) {
            dense_until = Instant::now() + AFTER;
        }
        sample(system, &mut watched)?;
        let is_end = ends();
        waiting.retain(|name, since| {
            let is_young = since.elapsed() < REFUSED;
            if (is_end || !is_young)
                && let Some(stat) = system.stat(&format!("{SHM}/{name}"))
                && is_refused(name, &stat)
            {
                watched.refused.push(stat.size);
            }
            is_young
        });
        tell(&watched);
        if is_end {
            return Ok(watched);
        }
    }
}

fn sample(system: &dyn System, watched: &mut Watched) -> Result<(), String> {
    let space = system.space(SHM).ok_or("/dev/shm is not there (any more)")?;
    watched.size = space.size;
    watched.now = space.used;
    watched.peak = watched.peak.max(watched.now);
    Ok(())
}

/// What inotify tells of the directory; where it cannot be had, the samples alone tell.
struct Events(Option<OwnedFd>);

impl Events {
    fn start() -> Self {
        let queue = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok();
        let watched = |queue: &OwnedFd| {
            inotify::add_watch(queue, SHM, WatchFlags::CREATE | WatchFlags::DELETE | WatchFlags::ONLYDIR)
                .is_ok()
        };
        Self(queue.filter(watched))
    }

    /// Waits for an event, at most so long. In a dense moment the time is slept, so that a flood of events costs no more.
    fn wait(&self, longest: Duration) {
        let Some(queue) = self.0.as_ref().filter(|_| longest > DENSE) else { return sleep(longest) };
        let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(longest.subsec_nanos()) };
        let mut queues = [PollFd::from_borrowed_fd(queue.as_fd(), PollFlags::IN)];
        if poll(&mut queues, Some(&timeout)).is_err() {
            // A signal, or a kernel without: the next sample comes all the same.
            sleep(DENSE);
        }
    }

    /// Reads what has happened. Whether anything has.
    fn drain(&mut self, watched: &mut Watched, waiting: &mut HashMap<String, Instant>) -> bool {
        let Some(queue) = &self.0 else { return false };
        let mut buffer = [std::mem::MaybeUninit::uninit(); 16 << 10];
        let mut reader = inotify::Reader::new(queue, &mut buffer);
        let mut any = false;
        while let Ok(event) = reader.next() {
            any = true;
            let name = event.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if event.events().contains(ReadFlags::CREATE) {
                watched.created += 1;
                if kind(&name) == "torch" && waiting.len() < MOST {
                    waiting.insert(name, Instant::now());
                }
            } else if event.events().contains(ReadFlags::DELETE) {
                watched.deleted += 1;
                waiting.remove(&name);
            }
        }
        any
    }
}
