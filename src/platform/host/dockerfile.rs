//! Dockerfiles: the command lines in their comments say how the image is started.

use super::same::same_but_for;
use super::{Script, begins_line, remarked};
use crate::platform::kind::{Claim, EVERYWHERE, Kind};
use crate::platform::run::{ENGINES, starts_containers};
use crate::text::filename::FileName;
use crate::text::layer::Layer;
use crate::text::scan::Words;

/// Dockerfiles.
pub static KIND: Kind = Kind {
    name: "Dockerfile",
    claim,
    words: Words::new(&[EVERYWHERE, ENGINES]),
    relevant: |text, _, every_container| starts_containers(text, every_container),
    links: None,
    read: |unit, context| super::read(unit, context, scripts),
    same_but_for: |before, after, edits| same_but_for(before, after, edits, scripts),
    remarks: |source, starts| {
        super::remarks(source, starts, |_, _| Vec::new(), |at| begins_line(source.text(), at))
    },
};

fn claim(file: &FileName<'_>) -> Claim {
    let begins = ["Dockerfile", "Containerfile"].iter().any(|name| file.name.starts_with(name));
    if begins || file.ends_in(&["dockerfile", "containerfile"]) { Claim::ByName } else { Claim::No }
}

fn scripts(_: &str, file: &Layer) -> Vec<Script> {
    remarked::scripts(file, false)
}
