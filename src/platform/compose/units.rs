//! From a unit to its workloads and problems.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::container::{Container, Containers};
use super::file::File;
use super::load::{Home, Loaded, load};
use super::resolve::Resolver;
use super::tree::Fuel;
use super::twins::twins;
use super::write::{ComposeWriter, Sited};
use super::{Context, Problem, Reading, STEPS};
use crate::platform::Claim;
use crate::project::Unit;
use crate::source::Span;
use crate::syntax::yaml::NodeId;
use crate::workload::{Place, Platform, Shm, Workload};

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
    assemble(&loaded, &services, problems)
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
    pub(super) container: Rc<Container>,
    /// Where several projects may hold, and their answers differ.
    undecided: bool,
}

/// The services of one file, in its order.
fn of_file(loaded: &Loaded, home: &Home, containers: &Containers<'_>, fuel: &Fuel) -> Vec<Service> {
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

fn same_answer(one: &Container, other: &Container) -> bool {
    one.gpu.verdict.as_str() == other.gpu.verdict.as_str() && one.shm == other.shm
}

/// What Compose refuses in the files of the unit.
fn problems(unit: &Unit, loaded: &Loaded, services: &[Service]) -> Vec<Problem> {
    let mut found: Vec<(usize, Span, String)> = Vec::new();
    for member in &unit.members {
        let Some(index) = loaded.store.position(&member.path) else { continue };
        let Some(file) = loaded.store.files.get(index) else { continue };
        if is_certainly_compose(file, member.claim, loaded.homes.iter().any(|home| home.file == index)) {
            found.extend(file.faults.iter().map(|fault| (index, fault.span, fault.message.clone())));
        }
    }
    let extends = services.iter().filter_map(|service| service.container.cycle);
    found.extend(extends.map(|(file, span)| (file, span, "what this extends comes back to it".to_owned())));
    let includes = loaded.cycles.iter();
    found.extend(
        includes
            .map(|(file, span)| (*file, *span, "this file includes the one that it stands in".to_owned())),
    );
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
fn is_certainly_compose(file: &File, claim: Claim, read_as_one: bool) -> bool {
    let broken = file.yaml.errors().next().is_some();
    if broken { !file.is_template() && (claim == Claim::ByName || read_as_one) } else { read_as_one }
}

/// Puts workloads, problems and the writer together.
fn assemble(loaded: &Loaded, services: &[Service], problems: Vec<Problem>) -> Reading {
    let mut at: HashMap<(usize, &str), Vec<usize>> = HashMap::new();
    for (index, service) in services.iter().enumerate() {
        at.entry((service.project, service.name.as_str())).or_default().push(index);
    }
    let twins = twins(loaded, services, &at);
    let mut reading = Reading::default();
    let (mut workloads, mut sited) = (Vec::new(), Vec::new());
    for (index, service) in services.iter().enumerate() {
        let Some(file) = loaded.store.files.get(service.file) else { continue };
        let mut workload = workload(service, Place::new(&file.source, service.key));
        workload.same_as = twins.get(index).copied().flatten();
        let owner = service.container.joins.as_deref();
        let owners = owner.and_then(|owner| at.get(&(service.project, owner)));
        workload.joins = owners.and_then(|owners| {
            let same_file = owners
                .iter()
                .find(|owner| services.get(**owner).is_some_and(|owner| owner.file == service.file));
            same_file.or(owners.first()).copied()
        });
        sited.push(Sited::new(
            &loaded.store,
            (service.file, service.value),
            &service.container,
            workload.joins,
        ));
        workloads.push(workload);
    }
    let homes = loaded.homes.iter().filter_map(|home| loaded.store.files.get(home.file));
    reading.sources = homes.map(|file| Arc::clone(&file.source)).collect();
    reading.problems = problems;
    reading.add(workloads, Box::new(ComposeWriter::new(&loaded.store, sited)));
    reading
}

fn workload(service: &Service, place: Place) -> Workload {
    let container = &service.container;
    let mut workload = Workload::new(Platform::Compose, container.engine(), service.name.clone(), place);
    workload.engine_evidence.clone_from(&container.swarm);
    workload.image.clone_from(&container.image);
    workload.built_from.clone_from(&container.built_from);
    workload.command.clone_from(&container.command);
    workload.other_names.clone_from(&container.other_names);
    workload.environment.clone_from(&container.environment);
    workload.gpu = container.gpu.clone();
    workload.settings.clone_from(&container.settings);
    workload.memory_limit.clone_from(&container.memory_limit);
    workload.decided_by = container.decided_by;
    if let Some(shm) = &container.shm {
        workload.shm = shm.clone();
    }
    if service.undecided {
        workload.shm = Shm::Unknown("it may belong to several files, and they differ".into());
        workload.decided_by = None;
    }
    workload
}
