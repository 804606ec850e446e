//! What engines and clusters say of containers that run: the documents of `docker inspect`, `podman inspect`,
//! `nerdctl inspect` and `kubectl get pods -o json`, piped in or kept as files. Nothing is started and no socket is opened to
//! get them.
//!
//! They may be long: one object is held at a time, and let go once its container is known.

mod back;
mod inspect;
mod objects;

use std::sync::Arc;

use crate::container::finding::{Change, Problem};
use crate::container::workload::Workload;
use crate::platform::kind::{Context, EVERYWHERE, FileClaim, Kind, Reading, Unit, Writer};
use crate::platform::kubernetes;
use crate::platform::remarks::{Remark, Remarks};
use crate::text::edits::Edit;
use crate::text::layer::{Encoding, Layer};
use crate::text::place::Place;
use crate::text::scan::Words;
use crate::text::source::{Source, Span};

use back::Origins;
use inspect::{Inspected, Inspection};

/// Documents of container engines, and of clusters in JSON; what a cluster says in YAML is a manifest.
pub static KIND: Kind = Kind {
    name: "document of a container engine or cluster",
    claim: |file| if file.name.ends_with(".json") { FileClaim::ByContent } else { FileClaim::No },
    words: Words::new(&[EVERYWHERE, &["\"HostConfig\"", "\"phase\""]]),
    relevant: |text, _, _| {
        text.trim_start().starts_with(['[', '{'])
            && ((text.contains("\"HostConfig\"") && text.contains("\"State\"")) || tells_of_pods(text))
    },
    links: None,
    read,
    // Nothing is ever written into such a document.
    same_but_for: |_, _, edits| edits.is_empty(),
    // JSON knows no comments.
    remarks: |_, starts| Remarks::new(starts, |_| Remark::Text),
};

/// Whether a text holds a pod that has a phase, which a manifest that somebody writes has not.
fn tells_of_pods(text: &str) -> bool {
    const PHASES: [&str; 5] = ["Pending", "Running", "Succeeded", "Failed", "Unknown"];
    let phase = |at: usize| {
        let value = text.get(at + "\"phase\"".len()..).unwrap_or_default();
        let value = value.trim_start_matches([' ', ':']).trim_start_matches('"');
        PHASES.iter().any(|phase| value.starts_with(phase))
    };
    text.contains("\"status\"")
        && text.contains("\"containers\"")
        && memchr::memmem::find_iter(text.as_bytes(), "\"phase\"").any(phase)
}

fn read(unit: &Unit, context: &Context<'_>) -> Reading {
    let mut reading = Reading::default();
    for member in &unit.members {
        let Some(source) = member.read(context.files) else { continue };
        let objects = objects::objects(source.text());
        if let Some(start) = objects.unclosed {
            reading.problems.push(Problem {
                place: Place::new(&source, Span::at(start)),
                message: "the document ends inside this object: the output was cut off".into(),
            });
        }
        let document = Inspection::of(source.text(), &objects.spans);
        let mut origins = Origins::default();
        let mut workloads = Vec::new();
        for span in &objects.spans {
            match object(&source, *span, (&document, &mut origins), context) {
                Ok(found) => workloads.extend(found),
                Err(problem) => reading.problems.push(problem),
            }
        }
        reading.add(workloads, Box::new(Nothing));
        reading.sources.push(source);
    }
    reading
}

/// The containers that one object describes.
fn object(
    source: &Arc<Source>,
    span: Span,
    (document, origins): (&Inspection<'_>, &mut Origins),
    context: &Context<'_>,
) -> Result<Vec<Workload>, Problem> {
    let text = span.of(source.text());
    let Some(read) = Inspected::read(source.text(), span) else {
        if !text.contains("\"containers\"") {
            return Ok(Vec::new());
        }
        let part = Layer::file(Arc::clone(source)).part(span, Encoding::ReadOnly);
        return Ok(kubernetes::of_object(&part, context));
    };
    let container = read.map_err(|error| Problem {
        place: Place::new(source, Span::at(span.start)),
        message: format!("this object is not valid JSON: {error}"),
    })?;
    let mut workload = inspect::workload(source, &container, document, context.options);
    if let Some(running) = &mut workload.running {
        running.declared = origins.declared(&container, source.path(), context);
        running.origin = back::origin(&container).filter(|_| running.declared.is_none());
    }
    Ok(vec![workload])
}

/// What runs is changed where it was started, not here.
struct Nothing;

impl Writer for Nothing {
    fn write(&self, _: usize, _: &Workload, _: &Change) -> Vec<Vec<Edit>> {
        Vec::new()
    }
}
