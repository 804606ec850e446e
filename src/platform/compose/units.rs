//! From a unit to its workloads and problems.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::STEPS;
use super::container::{Containers, ResolvedService};
use super::file::ComposeFile;
use super::load::{LoadedUnit, Membership, load};
use super::names::says_compose;
use super::resolve::Resolver;
use super::twins::twins;
use super::write::{ComposeWriter, Sited};
use crate::container::finding::Problem;
use crate::container::workload::{Platform, Shm, Workload};
use crate::platform::kind::Unit;
use crate::platform::kind::{Context, FileClaim, Reading};
use crate::syntax::yaml::{Fuel, NodeId, find_merged};
use crate::text::filename::FileName;
use crate::text::place::Place;
use crate::text::source::Span;

/// Reads a unit.
pub(super) fn read(unit: &Unit, context: &Context<'_>) -> Reading {
    let fuel = Fuel::new(STEPS);
    let loaded = load(unit, context, &fuel);
    let resolver =
        Resolver { store: &loaded.store, fuel: &fuel, options: context.options, index: context.index };
    let containers = Containers::new(&loaded, resolver, context);
    let mut services = Vec::new();
    for home in &loaded.homes {
        services.extend(of_file(&loaded, home, &containers, &fuel));
    }
    let problems = problems(unit, &loaded, &services);
    // What is not held here any more can be moved into the workloads.
    drop(containers);
    assemble(&loaded, services, problems, &fuel)
}

/// A service key of a file of the unit.
pub(super) struct Service {
    pub(super) file: usize,
    pub(super) name: String,
    /// The key.
    key: Span,
    /// What is written for it, its alias not followed.
    pub(super) value: NodeId,
    pub(super) project: usize,
    pub(super) container: Rc<ResolvedService>,
    /// Where several projects may hold, and their answers differ.
    undecided: bool,
}

/// The services of one file, in its order.
fn of_file(loaded: &LoadedUnit, home: &Membership, containers: &Containers<'_>, fuel: &Fuel) -> Vec<Service> {
    let mut out: Vec<Service> = Vec::new();
    let Some(file) = loaded.store.files.get(home.file) else { return out };
    for at in &file.services(fuel).all {
        let key = file.node(at.key);
        let Some(name) = key.str() else { continue };
        let mut answers = home.projects.iter().map(|project| (*project, containers.get(*project, name)));
        let Some((project, container)) = answers.next() else { continue };
        let undecided = home.too_many || answers.any(|(_, other)| !same_answer(&container, &other));
        if !container.layers.is_empty() {
            let (key, value) = (key.span(), at.value);
            let name = name.to_owned();
            out.push(Service { file: home.file, name, key, value, project, container, undecided });
        }
    }
    out
}

fn same_answer(one: &ResolvedService, other: &ResolvedService) -> bool {
    let (one, other) = (&one.workload, &other.workload);
    one.gpu.verdict.as_str() == other.gpu.verdict.as_str() && one.shm == other.shm
}

/// What Compose refuses in the files of the unit.
fn problems(unit: &Unit, loaded: &LoadedUnit, services: &[Service]) -> Vec<Problem> {
    let mut found: Vec<(usize, Span, String)> = Vec::new();
    for member in &unit.members {
        let Some(index) = loaded.store.position(&member.path) else { continue };
        let Some(file) = loaded.store.files.get(index) else { continue };
        if is_certainly_compose(file, member.claim, loaded.homes.iter().any(|home| home.file == index)) {
            found.extend(file.faults.iter().map(|fault| (index, fault.span, fault.message.clone())));
        }
    }
    let extends = services.iter().filter_map(|service| service.container.cycle);
    found.extend(extends.map(|(file, span)| (file, span, "circular `extends`".to_owned())));
    let includes = loaded.cycles.iter();
    found.extend(includes.map(|(file, span)| (*file, *span, "circular `include`".to_owned())));
    found.sort_by_key(|(file, span, _)| (*file, *span));
    found.dedup_by(|a, b| (a.0, a.1) == (b.0, b.1));
    let listed = found.into_iter().filter_map(|(file, span, message)| {
        let file = loaded.store.files.get(file).filter(|file| file.editable)?;
        Some(Problem { place: Place::new(&file.source, span), message })
    });
    listed.collect()
}

/// Whether what Compose refuses in a file is worth a report: it is no template of another program, and it is a Compose file
/// by its name or by what could be read of it.
fn is_certainly_compose(file: &ComposeFile, claim: FileClaim, read_as_one: bool) -> bool {
    let broken = file.yaml.errors().next().is_some();
    if broken { !file.is_template() && (claim == FileClaim::ByName || read_as_one) } else { read_as_one }
}

/// What `rules/images.yaml` knows services by that start nothing themselves.
const TEMPLATE: &str = "service-template";

/// Whether a file's services are made to be extended: it is no Compose file by its name, which might be laid over another,
/// and none of them says what it runs (`hwaccel.ml.yml` of Immich).
fn holds_templates(file: &ComposeFile, fuel: &Fuel) -> bool {
    let runs = |service: NodeId| {
        let service = file.node(service).resolve();
        ["image", "build", "command", "extends"].iter().any(|key| find_merged(service, key, fuel).is_some())
    };
    !file.services(fuel).all.iter().any(|service| runs(service.value))
        && !says_compose(FileName::new(file.source.path()).name)
}

/// Puts workloads, problems and the writer together.
fn assemble(loaded: &LoadedUnit, services: Vec<Service>, problems: Vec<Problem>, fuel: &Fuel) -> Reading {
    let templates: Vec<bool> = loaded.store.files.iter().map(|file| holds_templates(file, fuel)).collect();
    let (twins, owners) = related(loaded, &services);
    let mut reading = Reading::default();
    let mut workloads = Vec::with_capacity(services.len());
    let mut sited = Vec::with_capacity(services.len());
    for ((service, same_as), joins) in services.into_iter().zip(twins).zip(owners) {
        let Some(file) = loaded.store.files.get(service.file) else { continue };
        let place = Place::new(&file.source, service.key);
        let mut container = Rc::unwrap_or_clone(service.container);
        let is_template = container.layers.iter().all(|layer| templates.get(layer.file) == Some(&true));
        sited.push(Sited::new(&loaded.store, (service.file, service.value), &mut container, joins));
        // What a template names is shown as it is written.
        let name = if service.name.contains("${__") { place.text().to_owned() } else { service.name };
        let mut workload = workload(container, name, service.undecided, place);
        (workload.same_as, workload.joins) = (same_as, joins);
        workload.kind = is_template.then(|| TEMPLATE.to_owned());
        workloads.push(workload);
    }
    let homes = loaded.homes.iter().filter_map(|home| loaded.store.files.get(home.file));
    reading.sources = homes.map(|file| Arc::clone(&file.source)).collect();
    reading.problems = problems;
    reading.add(workloads, Box::new(ComposeWriter::new(&loaded.store, sited)));
    reading
}

/// For each service the one at which it is judged, where that is another, and the one whose `/dev/shm` it joins.
fn related(loaded: &LoadedUnit, services: &[Service]) -> (Vec<Option<usize>>, Vec<Option<usize>>) {
    let mut at: BTreeMap<(usize, &str), Vec<usize>> = BTreeMap::new();
    for (index, service) in services.iter().enumerate() {
        at.entry((service.project, service.name.as_str())).or_default().push(index);
    }
    let joined = |service: &Service| {
        let owners = at.get(&(service.project, service.container.joins.as_deref()?))?;
        let same_file =
            |owner: &&usize| services.get(**owner).is_some_and(|owner| owner.file == service.file);
        owners.iter().find(same_file).or(owners.first()).copied()
    };
    (twins(loaded, services, &at), services.iter().map(joined).collect())
}

fn workload(container: ResolvedService, name: String, undecided: bool, place: Place) -> Workload {
    let engine = container.engine();
    let mut workload = Workload { platform: Platform::Compose, engine, name, place, ..container.workload };
    if undecided {
        workload.shm = Shm::Unknown("it may belong to several files, and they differ".into());
        workload.decided_by = None;
    }
    workload
}
