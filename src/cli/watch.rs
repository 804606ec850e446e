//! `shmlint --watch`: checks again whenever a file of the run changes, until it is interrupted.
//!
//! What a file is (its length and when it was written) is looked at twice a second. A run takes about as long as such a look,
//! so that all of it is run again: a change of the configuration or of what git ignores counts like any other.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use super::args::CheckArgs;
use super::check;
use super::console::Console;
use super::job::Job;
use crate::config::problem::Failure;
use crate::lint::discover::Walk;
use crate::text::paths::to_os;

/// Between two looks at the files.
const BEAT: Duration = Duration::from_millis(500);

/// What tells that a file was written.
type Stamps = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// Checks, and checks again. An error where that cannot be done at all.
pub(super) fn run(args: &CheckArgs, console: &Console) -> Result<u8, Failure> {
    if args.paths.iter().any(|path| path == "-") {
        return Err("--watch: standard input does not change; name files or directories".to_owned().into());
    }
    let is_terminal = std::io::stdout().is_terminal();
    let mut walk = Walk::default();
    let mut is_first = true;
    loop {
        if is_terminal {
            // The whole screen, what was scrolled away too, and back to its first line.
            let _ = write!(std::io::stdout(), "\x1b[2J\x1b[3J\x1b[H");
        }
        let (before, written) = match Job::new(args, console) {
            Ok(mut job) => {
                let before = stamps(&job.settled.walk, args);
                check::once(&job);
                walk = std::mem::take(&mut job.settled.walk);
                (before, job.outputs.written())
            }
            Err(failure) if is_first => return Err(failure),
            Err(failure) => {
                let before = stamps(&walk, args);
                console.fail(&failure);
                (before, Vec::new())
            }
        };
        is_first = false;
        console.say("Watching for changes; press Ctrl-C to stop.");
        let others = |mut stamps: Stamps| {
            stamps
                .retain(|path, _| !written.iter().any(|file| file.strip_prefix(".").unwrap_or(file) == path));
            stamps
        };
        let before = others(before);
        while others(stamps(&walk, args)) == before {
            std::thread::sleep(BEAT);
        }
    }
}

/// The files of the run as they are now, and the configuration that is named.
fn stamps(walk: &Walk, args: &CheckArgs) -> Stamps {
    let here = [".".to_owned()];
    let paths = if args.paths.is_empty() { &here[..] } else { &args.paths };
    let found: Mutex<Stamps> = Mutex::default();
    let look = |path: &Path| {
        let Ok(metadata) = path.metadata() else { return };
        if let Ok(mut found) = found.lock() {
            found.insert(path.to_owned(), (metadata.len(), metadata.modified().ok()));
        }
    };
    walk.each(paths, &|file| look(&to_os(file.path)), &|_| {});
    let configuration = ["shmlint.toml", ".shmlint.toml", "pyproject.toml"].into_iter();
    let named = args.input.config.config.iter().map(String::as_str);
    configuration.chain(named).for_each(|name| look(Path::new(name)));
    found.into_inner().unwrap_or_default()
}
