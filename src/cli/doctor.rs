//! `shmlint doctor`: looks at the `/dev/shm` of the system that it runs on.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::args::{DoctorArgs, TextOrJson};
use super::console::Console;
use super::outputs::to_stdout;
use super::status::{CLEAN, FAILED, FINDINGS};
use crate::config::problem::Failure;
use crate::doctor::advice::{Verdict, diagnose};
use crate::doctor::system::Live;
use crate::doctor::watch::{Watched, watch};
use crate::doctor::{Examination, examine};
use crate::report::doctor;

/// Looks once, or watches. Gives the exit status: 1 where it is too small or full for what is known.
pub(super) fn run(args: &DoctorArgs, console: &Console) -> Result<u8, Failure> {
    let watched = if args.watch { Some(watched(args, console)?) } else { None };
    let mut seen = examine(&Live, args.loader.loader()?)?;
    // What was refused in sight may lie there still.
    if let Some(watched) = watched.as_ref().filter(|watched| watched.refused.len() > seen.users.refused.len())
    {
        seen.users.refused.clone_from(&watched.refused);
    }
    let found = diagnose(&seen);
    let look = console.stdout();
    to_stdout(args.format.syntax(), |out| match (args.format, &watched) {
        (TextOrJson::Json, watched) => doctor::json(out, &seen, &found, watched.as_ref()),
        (TextOrJson::Human, Some(watched)) => doctor::watch_end(out, watched, look),
        (TextOrJson::Human, None) => doctor::text(out, &seen, &found, look),
    })?;
    Ok(status(&seen, found.verdict))
}

fn status(_: &Examination, verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Fine => CLEAN,
        Verdict::TooSmall | Verdict::Full | Verdict::Missing => FINDINGS,
        Verdict::Unknown => FAILED,
    }
}

/// Watches until it is interrupted or the time is over, and shows what it sees.
fn watched(args: &DoctorArgs, console: &Console) -> Result<Watched, String> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop)).map_err(|error| error.to_string())?;
    }
    let end = args.time.map(|time| Instant::now() + time);
    let ends = || stop.load(Ordering::Relaxed) || end.is_some_and(|end| Instant::now() >= end);
    let look = console.stderr();
    let is_terminal = io::stderr().is_terminal();
    let every = if is_terminal { Duration::from_millis(100) } else { Duration::from_secs(1) };
    let mut shown: Option<(Instant, u64, u64)> = None;
    let mut tell = |watched: &Watched| {
        let state = (watched.now, watched.peak);
        let is_due = shown.is_none_or(|(at, now, peak)| at.elapsed() >= every && (now, peak) != state);
        if console.is_quiet() || !is_due {
            return;
        }
        shown = Some((Instant::now(), state.0, state.1));
        let line = doctor::watch_line(watched, look);
        let mut out = io::stderr();
        // A screen that nobody reads is no reason to stop.
        let _ = if is_terminal { write!(out, "\r\x1b[K{line}") } else { writeln!(out, "{line}") };
    };
    let watched = watch(&Live, &ends, &mut tell);
    if is_terminal && shown.is_some() {
        let _ = writeln!(io::stderr());
    }
    watched
}
