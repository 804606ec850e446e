//! The answer of `shmlint doctor`, for people and for machines.

use std::io::{self, Write};

use serde::Serialize;

use super::style::{Look, Palette};
use crate::doctor::Examination;
use crate::doctor::advice::{Diagnosis, Verdict, give};
use crate::doctor::mount::Kind;
use crate::doctor::users::User;
use crate::doctor::watch::Watched;
use crate::need::round_up;
use crate::size::human;

#[derive(Serialize)]
struct DoctorJson<'a> {
    version: u32,
    size_bytes: Option<u64>,
    used_bytes: Option<u64>,
    free_bytes: Option<u64>,
    inodes_free: Option<u64>,
    set_by: &'static str,
    read_only: bool,
    memory_limit_bytes: Option<u64>,
    shmem_bytes: Option<u64>,
    accelerators: &'a [String],
    torch: Option<&'a str>,
    users: Vec<JsonUser>,
    needed_bytes: Option<u64>,
    recommended_bytes: u64,
    verdict: &'static str,
    advice: &'a [String],
    left_bytes: Option<u64>,
    refused_bytes: &'a [u64],
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_bytes: Option<u64>,
}

#[derive(Serialize)]
struct JsonUser {
    kind: &'static str,
    files: u64,
    bytes: u64,
    pid: Option<u32>,
    dead: bool,
}

/// Writes the answer for machines, in the form of the contract; `watched` adds the peak.
pub fn json(
    out: &mut dyn Write,
    seen: &Examination,
    found: &Diagnosis,
    watched: Option<&Watched>,
) -> io::Result<()> {
    let space = seen.shm.space;
    let user = |user: &User| JsonUser {
        kind: user.kind,
        files: user.files,
        bytes: user.bytes,
        pid: user.pid,
        dead: user.is_dead,
    };
    let json = DoctorJson {
        version: 1,
        size_bytes: seen.shm.size(),
        used_bytes: seen.shm.used(),
        free_bytes: space.map(|space| space.free).filter(|_| seen.shm.size().is_some()),
        inodes_free: space.map(|space| space.inodes_free),
        set_by: seen.shm.kind.set_by(),
        read_only: seen.shm.read_only,
        memory_limit_bytes: seen.memory.limit,
        shmem_bytes: seen.memory.shared,
        accelerators: &seen.accelerators,
        torch: seen.torch.as_deref(),
        users: seen.users.users.iter().map(user).collect(),
        needed_bytes: found.needed,
        recommended_bytes: found.recommended,
        verdict: found.verdict.as_str(),
        advice: &found.advice,
        left_bytes: seen.left(),
        refused_bytes: watched.map_or(&seen.users.refused, |watched| &watched.refused),
        peak_bytes: watched.map(|watched| watched.peak),
    };
    serde_json::to_writer(&mut *out, &json)?;
    writeln!(out)
}

/// Writes the answer for people: what it is, how full and by whom, and what to do.
pub fn text(out: &mut dyn Write, seen: &Examination, found: &Diagnosis, look: Look) -> io::Result<()> {
    for line in look.wrap(&headline(seen, found), 0) {
        writeln!(out, "{}", look.paint(style(found.verdict), line))?;
    }
    writeln!(out)?;
    let mut row = |name: &str, text: &str| hanging(out, &format!("  {name:<13} "), text, look);
    row("set by", set_by(seen.shm.kind))?;
    if let (Some(used), Some(space)) = (seen.shm.used(), seen.shm.space) {
        let left = seen.left().filter(|&left| left < space.free);
        let left = left.map_or(String::new(), |left| format!(", {} within the memory limit", human(left)));
        row("used", &format!("{}, {} free{left}", human(used), human(space.free)))?;
    }
    if let Some(limit) = seen.memory.limit {
        row("memory limit", &human(limit))?;
    }
    if !seen.accelerators.is_empty() {
        row("accelerators", &seen.accelerators.join(" "))?;
    }
    if let Some(version) = &seen.torch {
        row("PyTorch", version)?;
    }
    fillers(out, seen, look)?;
    if !found.advice.is_empty() {
        writeln!(out)?;
    }
    let mut lines = found.advice.iter().flat_map(|advice| look.wrap(advice, 0));
    lines.try_for_each(|line| writeln!(out, "{line}"))
}

/// Writes a text behind a head, in lines that begin where it does.
fn hanging(out: &mut dyn Write, head: &str, text: &str, look: Look) -> io::Result<()> {
    let lines = look.wrap(text, head.len()).into_iter().enumerate();
    let blank = " ".repeat(head.len());
    lines
        .map(|(at, line)| (if at == 0 { head } else { &blank }, line))
        .try_for_each(|(head, line)| writeln!(out, "{head}{line}"))
}

fn style(verdict: Verdict) -> Palette {
    match verdict {
        Verdict::Fine | Verdict::Unknown => Palette::Strong,
        Verdict::TooSmall => Palette::Warning,
        Verdict::Full | Verdict::Missing => Palette::Error,
    }
}

fn headline(seen: &Examination, found: &Diagnosis) -> String {
    let size = match (seen.shm.size(), seen.shm.kind) {
        (_, Kind::Unlimited) => "/dev/shm has no limit of its own".to_owned(),
        (Some(size), _) => format!("/dev/shm has {}", human(size)),
        (None, _) => "There is no /dev/shm".to_owned(),
    };
    match found.verdict {
        Verdict::Fine => format!("{size}: nothing is wrong with it"),
        Verdict::TooSmall => match found.needed {
            Some(needed) => format!("{size}: too small, {} are needed", human(needed)),
            None => format!("{size}, which is usually too small for a container with an accelerator"),
        },
        Verdict::Full => format!("{size} and is full"),
        Verdict::Missing if seen.shm.read_only => format!("{size} and is read-only"),
        Verdict::Missing if !seen.shm.may_write => format!("{size}, but this user may not write there"),
        Verdict::Missing | Verdict::Unknown => size,
    }
}

fn set_by(kind: Kind) -> &'static str {
    match kind {
        Kind::Default => "nobody: it is the container engine's default",
        Kind::Size => "a size that was given to the container (--shm-size, shm_size)",
        Kind::Unlimited => "--shm-size=0 of Podman, which means no limit",
        Kind::Memory => "a memory volume (tmpfs, emptyDir)",
        Kind::HalfOfMemory => "a memory volume without a size: half of the machine's memory",
        Kind::Host => "the host, whose /dev/shm this is",
        Kind::Disk => "a volume on disk",
        Kind::Directory => "nobody: nothing is mounted there",
        Kind::Missing => "nobody: it is missing",
    }
}

fn fillers(out: &mut dyn Write, seen: &Examination, look: Look) -> io::Result<()> {
    let users = &seen.users;
    let known: u64 = users.users.iter().map(|user| user.bytes).sum();
    let unknown = seen.shm.used().unwrap_or(0).saturating_sub(known);
    // Empty files matter only where there are no more inodes.
    let is_out_of_inodes = seen.shm.space.is_some_and(|space| space.inodes > 0 && space.inodes_free == 0);
    let shown: Vec<&User> = users.users.iter().filter(|user| user.bytes > 0 || is_out_of_inodes).collect();
    if shown.is_empty() && unknown < 1 << 20 {
        return Ok(());
    }
    writeln!(out, "\n{}", look.paint(Palette::Strong, "Who fills it"))?;
    for user in shown.into_iter().take(10) {
        let files = if user.files == 1 { "file" } else { "files" };
        let holder = match (user.pid, user.is_dead) {
            (Some(pid), _) => format!("held by process {pid}"),
            (None, true) => "left behind: no process holds them".to_owned(),
            (None, false) if users.is_partial => {
                "holder unknown: other processes cannot be read here".to_owned()
            }
            (None, false) => "no holder in sight; another container may share this /dev/shm".to_owned(),
        };
        let head = format!("  {:<10} {:>10}  ", user.kind, human(user.bytes));
        hanging(out, &head, &format!("{} {files}, {holder}", user.files), look)?;
    }
    if unknown >= 1 << 20 {
        let head = format!("  {:<10} {:>10}  ", "unknown", human(unknown));
        hanging(out, &head, "held by processes that cannot be seen from here", look)?;
    }
    Ok(())
}

/// One line of a watch: a bar, what is used now, and the most that was.
pub fn watch_line(watched: &Watched, look: Look) -> String {
    let cells = look.width.saturating_sub(60).clamp(10, 40) as u64;
    let filled = |bytes: u64| bytes.saturating_mul(cells).checked_div(watched.size).unwrap_or(0).min(cells);
    let (now, peak) = (filled(watched.now), filled(watched.peak));
    let cell = |at| {
        if at < now {
            '#'
        } else if at < peak {
            '-'
        } else {
            ' '
        }
    };
    let bar: String = (0..cells).map(cell).collect();
    format!("[{bar}] {} of {}, peak {}", human(watched.now), human(watched.size), human(watched.peak))
}

/// What a watch has found, for people.
pub fn watch_end(out: &mut dyn Write, watched: &Watched, look: Look) -> io::Result<()> {
    let peak = format!("Peak: {} of {}", human(watched.peak), human(watched.size));
    writeln!(out, "{}", look.paint(Palette::Strong, &peak))?;
    writeln!(out, "{} files were created, {} deleted.", watched.created, watched.deleted)?;
    if let Some(largest) = watched.refused.iter().max() {
        let count = watched.refused.len();
        let allocations = if count == 1 { "allocation was" } else { "allocations were" };
        writeln!(out, "{count} {allocations} refused, the largest of {}.", human(*largest))?;
    }
    let bytes = round_up(watched.needed().saturating_add(watched.needed() / 4));
    let advice = if bytes <= watched.size {
        format!("It is large enough: with a quarter more as margin the peak asks for {}.", human(bytes))
    } else {
        format!("With a quarter more as margin: {}", give(bytes))
    };
    look.wrap(&advice, 0).iter().try_for_each(|line| writeln!(out, "{line}"))
}
