//! Kubernetes: containers of pod specs in manifests of any kind, in YAML and JSON, in Helm and Kustomize.
//!
//! Pod specs are known by their shape, not by their kind, so that custom resources nobody has heard of work too. What
//! operators do by themselves is data, in `kinds.rs`.

mod beside;
mod built;
mod custom;
mod describe;
mod fill;
mod gpu;
mod kinds;
mod live;
mod manifest;
mod mpi;
mod overlay;
mod pod;
mod problems;
mod proof;
mod read;
mod shape;
mod shm;
mod template;
mod volumes;
mod words;
mod write;

use std::sync::Arc;

use crate::platform::kind::{Context, FileClaim, Kind, Reading, Unit};
use crate::platform::remarks::{Remarks, in_yaml};
use crate::syntax::yaml::{ScalarStyle, Yaml};
use crate::text::filename::FileName;
use crate::text::scan::Words;
use crate::text::source::Source;

pub use read::of_object;

/// Manifests, charts and values.
pub static KIND: Kind = read_by(read::read, relevant);

/// The kind of manifests for whoever reads more in one.
pub const fn read_by(
    read: fn(&Unit, &Context<'_>) -> Reading,
    relevant: fn(&str, FileClaim, bool) -> bool,
) -> Kind {
    Kind {
        name: "Kubernetes manifest",
        claim,
        words: Words::new(words::ANY),
        relevant,
        // Kustomizations build on manifests, patches and each other.
        links: Some(|member, _, files| match &member.source {
            Some(source) if built::is_kustomization(&member.path) => built::linked(source, files),
            _ => Vec::new(),
        }),
        read,
        same_but_for: proof::same_but_for,
        remarks,
    }
}

/// A block scalar may hold a manifest of its own, with comments.
fn remarks(source: &Arc<Source>, starts: &[usize]) -> Remarks {
    let yaml =
        manifest::readings(source.text()).into_iter().next().map_or_else(Yaml::default, |(_, yaml)| yaml);
    in_yaml(source, &yaml, starts, |_, style, text| {
        matches!(style, Some(ScalarStyle::Literal | ScalarStyle::Folded)) && words::speaks_of_pods(text)
    })
}

fn claim(file: &FileName<'_>) -> FileClaim {
    if built::is_kustomization(file.path) {
        return FileClaim::ByName;
    }
    if words::is_template(file) || file.ends_in(words::ENDINGS) {
        FileClaim::ByContent
    } else {
        FileClaim::No
    }
}

fn relevant(text: &str, claim: FileClaim, every_container: bool) -> bool {
    if claim == FileClaim::ByName {
        return true;
    }
    // Values of a chart may ask for a GPU.
    let is_ours = || every_container || words::speaks_of_us(text) || text.contains(".Values");
    words::speaks_beside_pods(text) || words::speaks_of_pods(text) && is_ours()
}
