//! Dockerfiles: the command lines in their comments say how the image is started.

use std::sync::Arc;

use super::read::{Host, begins_line, kind, remarks};
use super::remarked;
use super::script::HostScript;
use crate::platform::kind::{FileClaim, Kind};
use crate::platform::remarks::Remarks;
use crate::text::filename::FileName;
use crate::text::layer::Layer;
use crate::text::source::Source;

/// Dockerfiles.
pub static KIND: Kind = kind::<Dockerfile>();

struct Dockerfile;

impl Host for Dockerfile {
    const NAME: &'static str = "Dockerfile";

    fn claim(file: &FileName<'_>) -> FileClaim {
        let begins = ["Dockerfile", "Containerfile"].iter().any(|name| file.name.starts_with(name));
        FileClaim::by_name(begins || file.ends_in(&["dockerfile", "containerfile"]))
    }

    fn scripts(_: &str, file: &Layer) -> Vec<HostScript> {
        remarked::scripts(file, false)
    }

    fn remarks(source: &Arc<Source>, starts: &[usize]) -> Remarks {
        remarks(source, starts, |_, _| Vec::new(), |at| begins_line(source.text(), at))
    }
}
