//! From a running container back to the file that started it: the labels that Compose writes, and what the file says now.

use std::collections::HashMap;

use super::inspect::Inspected;
use crate::container::workload::{Declared, Workload};
use crate::platform::compose::COMPOSE;
use crate::platform::kind::{Context, FileClaim, Index, Member, Unit};
use crate::text::files::Files;

/// The services of the projects that containers of one document come from, by the labels that name the files.
#[derive(Default)]
pub(super) struct Projects {
    known: HashMap<(String, String), Vec<Workload>>,
}

impl Projects {
    /// What the file says now of the service that a container was started for. Nothing where the labels name none, the files
    /// lie elsewhere, or the service is gone.
    pub(super) fn declared(
        &mut self,
        container: &Inspected,
        from: &str,
        context: &Context<'_>,
    ) -> Option<Declared> {
        let label = |name: &str| container.label(&format!("com.docker.compose.{name}"));
        let service = label("service")?;
        let (folder, files) = (label("project.working_dir")?, label("project.config_files")?);
        let key = (folder.to_owned(), files.to_owned());
        let services = self.known.entry(key).or_insert_with(|| read(from, folder, files, context));
        let found = services.iter().find(|workload| workload.name == service)?;
        let setting = found.deciding();
        Some(Declared {
            service: service.to_owned(),
            place: found.place.clone(),
            shm: found.shm.clone(),
            // A size that the environment of `up` may have given proves nothing.
            is_literal: setting.is_none_or(|setting| !setting.place.text().contains('$')),
            setting: setting.map(|setting| (setting.text.clone(), setting.place.clone())),
        })
    }
}

/// The services of the files that the labels name, resolved together in their order.
fn read(from: &str, folder: &str, files: &str, context: &Context<'_>) -> Vec<Workload> {
    let paths = paths(from, folder, files, context.files);
    if paths.is_empty() {
        return Vec::new();
    }
    let mut index = Index::default();
    let member = |path: &String| Member { path: path.clone(), claim: FileClaim::ByName, source: None };
    let members: Vec<Member> = paths.iter().map(member).collect();
    for member in &members {
        index.members.insert(member.path.clone(), (&COMPOSE, member.clone()));
    }
    for (at, path) in paths.iter().enumerate().skip(1) {
        index.behind.entry(path.clone()).or_default().push((0, at));
    }
    index.together.push(paths);
    let context = Context { index: &index, every_container: true, ..*context };
    (COMPOSE.read)(&Unit { kind: &COMPOSE, members }, &context).workloads
}

/// The files that the label names, as paths of this tree. Compose 2 writes absolute paths; Compose 1 and podman-compose write
/// them from the folder in which `up` ran, which is no label, beside the folder of the first file. A comma in a path is not
/// told from one between two: the longest name that is there counts.
fn paths(from: &str, folder: &str, files: &str, all: &dyn Files) -> Vec<String> {
    let parts: Vec<&str> = files.split(',').collect();
    let mut paths = Vec::new();
    let mut at = 0;
    while at < parts.len() {
        let longest = (at + 1..=parts.len().min(at + 8)).rev();
        let found = longest.into_iter().find_map(|end| {
            let name = parts.get(at..end)?.join(",");
            Some((end, path(from, folder, &name, all)?))
        });
        let Some((end, path)) = found else { return Vec::new() };
        paths.push(path);
        at = end;
    }
    paths
}

fn path(from: &str, folder: &str, name: &str, all: &dyn Files) -> Option<String> {
    if matches!(name, "" | "-") {
        return None;
    }
    let there = |path: &str| {
        let path = all.resolve(from, path).ok()?;
        Some(all.as_typed_here(&path).unwrap_or(path))
    };
    if name.starts_with('/') {
        return there(name);
    }
    let tails = std::iter::successors(Some(name), |name| name.split_once('/').map(|(_, rest)| rest));
    tails.into_iter().find_map(|tail| there(&format!("{folder}/{tail}")))
}
