//! Compose files: from the files of a project to its services, as Compose itself resolves them.
//!
//! Facts: compose-go at three versions, seen on small files; Docker Compose's own source for what becomes of a service.

mod build;
mod container;
mod dotenv;
mod environment;
mod file;
mod layers;
mod links;
mod load;
mod lower;
mod mention;
mod mounts;
mod names;
mod resolve;
mod sizes;
mod stacks;
mod tree;
mod twins;
mod units;
mod write;

use memchr::memmem;

use crate::container::accelerator;
use crate::platform::kind::{Context, EVERYWHERE, FileClaim, Kind, Reading, Unit};
use crate::platform::remarks::in_yaml;
use crate::syntax::yaml::{Fuel, Yaml};
use crate::text::filename::FileName;
use crate::text::scan::{Words, holds_any};
use crate::text::source::Source;

pub use mention::mentions;

use file::ComposeFile;

/// Steps that any reading may make, however small its files are.
const STEPS: usize = 100_000;

/// Compose files.
pub static COMPOSE: Kind = read_by(units::read);

/// The kind of Compose files for whoever reads more in one.
pub const fn read_by(read: fn(&Unit, &Context<'_>) -> Reading) -> Kind {
    Kind {
        name: "Compose file",
        claim,
        words: Words::new(&[EVERYWHERE, &["services", "include"]]),
        relevant,
        links: Some(links::links),
        read,
        same_but_for: write::same_but_for,
        remarks: |source, starts| in_yaml(source, &Yaml::of(source), starts, |_, _, _| false),
    }
}

/// A Compose file by its name, or any other YAML file that may be one by what is in it.
fn claim(file: &FileName<'_>) -> FileClaim {
    // Whether a template is YAML as it stands, its text tells; if not it is no fault of its author.
    if let Some(finished) = file.finished() {
        return if claim(&finished) == FileClaim::No { FileClaim::No } else { FileClaim::ByContent };
    }
    // A workflow that tests a Compose file is often called after it.
    if !names::is_yaml(file.name) || file.is_inside(".github/workflows/") {
        FileClaim::No
    } else if names::says_compose(file.name) {
        FileClaim::ByName
    } else {
        FileClaim::ByContent
    }
}

/// Words without which no service asks for a GPU or speaks of `/dev/shm`, besides those of the accelerators; in any case of
/// letters.
const WORDS: &[&str] = &[
    "shm",
    "ipc:",
    "\"ipc\"",
    "runtime",
    "capabilities",
    "generic_resources",
    "extends",
    "include",
    "volumes_from",
    "/dev:",
];

fn relevant(text: &str, claim: FileClaim, every_container: bool) -> bool {
    let speaks = || every_container || holds_any(text, WORDS) || accelerator::stands_in(text);
    match claim {
        FileClaim::ByName => speaks(),
        // Few files come so far as to be parsed, and the others are left to whoever else can read them.
        FileClaim::ByContent => {
            has_services(text)
                && speaks()
                && ComposeFile::read(Source::new("", text.into()), false)
                    .is_compose(false, &Fuel::new(text.len() + STEPS))
        }
        FileClaim::No => false,
    }
}

/// Whether a line says `services`, and something indented stands below it, or a bracket behind it.
fn has_services(text: &str) -> bool {
    memmem::find_iter(text.as_bytes(), b"services").any(|at| {
        let line = text.get(..at).unwrap_or_default();
        let line = line.get(line.rfind('\n').map_or(0, |end| end + 1)..).unwrap_or_default();
        let starts =
            !line.starts_with(' ') && line.trim_matches(['"', '\'', '\u{feff}', '{', ' ']).is_empty();
        let rest = text.get(at + "services".len()..).unwrap_or_default();
        let value = rest.trim_start_matches(['"', '\'', ' ']).strip_prefix(':');
        starts && value.is_some_and(|value| !value.trim_start().starts_with('-'))
    })
}
