//! What engines say of containers that run: the documents of `docker inspect`, `podman inspect` and `nerdctl inspect`, piped
//! in or kept as files. Nothing is started and no socket is opened to get them.

mod back;
mod inspect;
mod objects;

use crate::container::finding::{Change, Problem};
use crate::container::workload::Workload;
use crate::platform::kind::{Context, EVERYWHERE, FileClaim, Kind, Reading, Unit, Writer};
use crate::platform::remarks::{Remark, Remarks};
use crate::text::edits::Edit;
use crate::text::place::Place;
use crate::text::scan::Words;
use crate::text::source::Span;

use inspect::{Inspected, Others};

/// Documents of container engines.
pub static KIND: Kind = Kind {
    name: "document of a container engine",
    claim: |file| if file.name.ends_with(".json") { FileClaim::ByContent } else { FileClaim::No },
    words: Words::new(&[EVERYWHERE, &["\"HostConfig\""]]),
    relevant: |text, _, _| {
        text.trim_start().starts_with(['[', '{'])
            && text.contains("\"HostConfig\"")
            && text.contains("\"State\"")
    },
    links: None,
    read,
    // Nothing is ever written into such a document.
    same_but_for: |_, _, edits| edits.is_empty(),
    // JSON knows no comments.
    remarks: |_, starts| Remarks::new(starts, |_| Remark::Text),
};

fn read(unit: &Unit, context: &Context<'_>) -> Reading {
    let mut reading = Reading::default();
    for member in &unit.members {
        let Some(source) = member.read(context.files) else { continue };
        let text = source.text();
        let found = objects::objects(text);
        let mut containers = Vec::new();
        for span in found.spans {
            match Inspected::read(text, span) {
                Some(Ok(container)) => containers.push(container),
                Some(Err(error)) => reading.problems.push(Problem {
                    place: Place::new(&source, Span::at(span.start)),
                    message: format!("this object is no JSON: {error}"),
                }),
                None => {}
            }
        }
        if let Some(start) = found.unclosed {
            reading.problems.push(Problem {
                place: Place::new(&source, Span::at(start)),
                message: "the document ends before this object does: was the output cut off?".into(),
            });
        }
        let others: Others<'_> = containers.iter().map(|container| (container.id(), container)).collect();
        let mut projects = back::Projects::default();
        let workload = |container| {
            let mut workload = inspect::workload(&source, container, &others, context.options);
            workload.declared = projects.declared(container, source.path(), context);
            workload
        };
        let workloads = containers.iter().map(workload).collect();
        reading.add(workloads, Box::new(Nothing));
        reading.sources.push(source);
    }
    reading
}

/// What runs is changed where it was started, not here.
struct Nothing;

impl Writer for Nothing {
    fn write(&self, _: usize, _: &Workload, _: &Change) -> Vec<Vec<Edit>> {
        Vec::new()
    }
}
