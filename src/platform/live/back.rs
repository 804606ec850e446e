//! From a running container back to the file that started it: what Compose, Podman's units and dev containers write on it as
//! labels, and what the file says now.

use std::collections::HashMap;

use super::inspect::Inspected;
use crate::container::workload::{Declared, Platform, Starter, Workload};
use crate::platform::compose::COMPOSE;
use crate::platform::host::{DEVCONTAINER, QUADLET};
use crate::platform::kind::{Context, FileClaim, Index, Kind, Member, Unit};
use crate::text::files::Files;

/// The label that Podman's units write, and podman-compose.
const UNIT: &str = "PODMAN_SYSTEMD_UNIT";

/// Where Quadlet units lie in a repository, from the document's directory and from the root.
const UNIT_FOLDERS: [&str; 6] =
    ["", "quadlet/", "quadlets/", "systemd/", "containers/systemd/", ".config/containers/systemd/"];

/// The files that containers of one document come from.
#[derive(Default)]
pub(super) struct Origins {
    /// The services of Compose projects, by the labels that name the files.
    projects: HashMap<(String, String), Vec<Workload>>,
    /// What other files start, by their paths.
    files: HashMap<String, Vec<Workload>>,
}

impl Origins {
    /// What the file says now that a container was started by. Nothing where no label names one, it lies elsewhere, or
    /// starts nothing of that name any more.
    pub(super) fn declared(
        &mut self,
        container: &Inspected,
        from: &str,
        context: &Context<'_>,
    ) -> Option<Declared> {
        if let Some(service) = compose(container, "service") {
            let folder = compose(container, "project.working_dir")?;
            let files = compose(container, "project.config_files")?;
            let key = (folder.to_owned(), files.to_owned());
            let services = self.projects.entry(key).or_insert_with(|| read(from, folder, files, context));
            let found = services.iter().find(|workload| workload.name == service)?;
            return Some(Declared::of(Starter::Compose, found));
        }
        if let Some(unit) = container.label(UNIT) {
            let path = unit_path(from, unit, context.files)?;
            let found = self.first(&QUADLET, Platform::Quadlet, path, context)?;
            return Some(Declared { name: unit.to_owned(), ..Declared::of(Starter::Quadlet, found) });
        }
        let named = container.label("devcontainer.config_file").map(str::to_owned);
        let usual = || {
            Some(format!("{}/.devcontainer/devcontainer.json", container.label("devcontainer.local_folder")?))
        };
        let path = path(from, "", &named.or_else(usual)?, context.files)?;
        let folder =
            container.label("devcontainer.local_folder").and_then(|folder| folder.rsplit('/').next());
        let found = self.first(&DEVCONTAINER, Platform::Devcontainer, path, context)?;
        let declared = Declared::of(Starter::Devcontainer, found);
        Some(Declared { name: folder.unwrap_or(&found.name).to_owned(), ..declared })
    }

    /// The container that a file of its own starts.
    fn first(
        &mut self,
        kind: &'static Kind,
        platform: Platform,
        path: String,
        context: &Context<'_>,
    ) -> Option<&Workload> {
        let context = Context { every_container: true, ..*context };
        let unit = Unit::lone(kind, path.clone(), FileClaim::ByName, None);
        let found = self.files.entry(path).or_insert_with(|| (kind.read)(&unit, &context).workloads);
        found.iter().find(|workload| workload.platform == platform)
    }
}

fn compose<'c>(container: &'c Inspected, name: &str) -> Option<&'c str> {
    container.label(&format!("com.docker.compose.{name}"))
}

/// What runs the container, perhaps several times: a service of Compose or Swarm.
pub(super) fn owner(container: &Inspected) -> Option<String> {
    if compose(container, "oneoff").is_some_and(|oneoff| oneoff.eq_ignore_ascii_case("true")) {
        return None;
    }
    let of_project = || {
        let (service, project) = (compose(container, "service")?, compose(container, "project")?);
        Some(format!("service '{service}' of project '{project}'"))
    };
    let of_swarm = || Some(format!("service '{}'", container.label("com.docker.swarm.service.name")?));
    of_project().or_else(of_swarm)
}

/// What the labels say of where it comes from, for a container whose file is not in sight.
pub(super) fn origin(container: &Inspected) -> Option<String> {
    let files = compose(container, "project.config_files").filter(|files| !matches!(*files, "" | "-"));
    if let Some(owner) = owner(container) {
        return Some(files.map_or(owner.clone(), |files| format!("{owner} ({files})")));
    }
    let unit = container.label(UNIT).map(|unit| format!("systemd unit '{unit}'"));
    let folder = container.label("devcontainer.local_folder");
    unit.or_else(|| folder.map(|folder| format!("the dev container of {folder}")))
}

/// The Quadlet file of a unit: `x.container` becomes `x.service`, a template `x@.container` an instance `x@name.service`.
fn unit_path(from: &str, unit: &str, all: &dyn Files) -> Option<String> {
    let name = unit.strip_suffix(".service")?;
    let template = name.split_once('@').map(|(name, _)| format!("{name}@"));
    let names: Vec<String> = [Some(name.to_owned()), template].into_iter().flatten().collect();
    let root = all.repository(from).0;
    let root = if root.is_empty() || root.ends_with('/') { root } else { format!("{root}/") };
    let below =
        |folder: &str| names.iter().map(move |name| format!("{folder}{name}.container")).collect::<Vec<_>>();
    UNIT_FOLDERS.iter().flat_map(|folder| below(folder)).find_map(|path| {
        let at_root = format!("{root}{path}");
        all.resolve(from, &path).ok().or_else(|| all.inside(from, &at_root).ok().map(|()| at_root))
    })
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
    let dash = if folder.is_empty() { "" } else { "/" };
    tails.into_iter().find_map(|tail| there(&format!("{folder}{dash}{tail}")))
}
