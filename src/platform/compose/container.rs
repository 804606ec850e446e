//! One service of one project, resolved: what Compose would start.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use smallvec::SmallVec;

use super::build;
use super::environment::ServiceVariable;
use super::file::ComposeFile;
use super::layers::{ServiceLayer, Slot, Slots};
use super::load::{LoadedUnit, Project};
use super::lower::{Origin, lower};
use super::resolve::Resolver;
use super::tree::ServiceKey;
use crate::container::flags::{self, Flag, StartContext};
use crate::container::workload::{
    Build, Effect, Engine, Inside, Ipc, Mounted, Says, Setting, Target, Workload, bound,
};
use crate::container::{engine, mount};
use crate::platform::kind::Context;
use crate::syntax::dockerfile::DockerfileImage;
use crate::syntax::yaml::NodeId;
use crate::text::place::Place;
use crate::text::scan::{holds, holds_any};
use crate::text::source::Span;

/// How long a chain of services that use each other's `ipc` may be.
const IPC_DEPTH: usize = 16;

/// How many variables of a service are kept: thousands of services may share thousands of them.
const MAX_VARIABLES: usize = 200;

/// A service as it would be started.
#[derive(Clone, Default)]
pub(super) struct ResolvedService {
    /// What it is made of, weakest first; empty where a stronger file takes it away.
    pub(super) layers: Vec<ServiceLayer>,
    /// What it starts, but for its name and place.
    pub(super) workload: Workload,
    /// The service's keys that ask for the GPU.
    pub(super) sites: Slots,
    /// One for each setting.
    pub(super) origins: Vec<Option<Origin>>,
    /// The service whose `/dev/shm` it joins.
    pub(super) joins: Option<String>,
    pub(super) has_build: bool,
    /// An `extends` that comes back to itself.
    pub(super) cycle: Option<(usize, Span)>,
}

/// All services of a unit, resolved when they are asked for.
pub(super) struct Containers<'a> {
    pub(super) resolver: Resolver<'a>,
    pub(super) projects: &'a [Project],
    dockerfiles: build::Dockerfiles<'a>,
    /// Whether the words of every container are wanted, or only of those that a rule could speak of.
    pub(super) every: bool,
    /// By project and name.
    known: RefCell<Vec<BTreeMap<Box<str>, Rc<ResolvedService>>>>,
    environments: RefCell<BTreeMap<EnvironmentKey, Rc<Vec<ServiceVariable<'a>>>>>,
    /// Whether any file speaks of the variables that choose GPUs.
    chooses: OnceCell<bool>,
}

/// The values that an environment is made of, and whether only a part of it is wanted.
type EnvironmentKey = (SmallVec<[(usize, NodeId, usize); 2]>, bool);

/// What stands in the names of the variables that choose GPUs.
const CHOOSING: &str = "_VISIBLE_";

impl<'a> Containers<'a> {
    /// None resolved yet.
    pub(super) fn new(loaded: &'a LoadedUnit, resolver: Resolver<'a>, context: &Context<'a>) -> Self {
        let Context { files, every_container: every, .. } = *context;
        Self {
            resolver,
            projects: &loaded.projects,
            dockerfiles: build::Dockerfiles::new(files),
            every,
            known: RefCell::new(vec![BTreeMap::new(); loaded.projects.len()]),
            environments: RefCell::default(),
            chooses: OnceCell::new(),
        }
    }

    /// A service of a project.
    pub(super) fn get(&self, project: usize, name: &str) -> Rc<ResolvedService> {
        self.resolve(project, name, IPC_DEPTH)
    }

    fn resolve(&self, project: usize, name: &str, depth: usize) -> Rc<ResolvedService> {
        if let Some(known) = self.known.borrow().get(project).and_then(|known| known.get(name)) {
            return Rc::clone(known);
        }
        let container = Rc::new(self.container(project, name, depth));
        if let Some(known) = self.known.borrow_mut().get_mut(project) {
            known.insert(name.into(), Rc::clone(&container));
        }
        container
    }

    fn container(&self, project: usize, name: &str, depth: usize) -> ResolvedService {
        let Some(parts) = self.projects.get(project) else { return ResolvedService::default() };
        let resolver = &self.resolver;
        let read = resolver.store.layers(&parts.parts, name, resolver.fuel);
        let layers = read.found;
        let mut out = ResolvedService { cycle: read.cycle, ..ResolvedService::default() };
        if layers.is_empty() {
            return out;
        }
        let environment = resolver.slots(&layers, ServiceKey::Environment);
        let chosen = self.chooses().then(|| self.environment(&environment, true));
        let lowered = lower(resolver, &layers, chosen.as_deref().map_or(&[], Vec::as_slice));
        self.evaluate(&mut out, &lowered.flags, &layers, &|owner| self.owner(project, name, owner, depth));
        out.workload.engine_evidence = lowered.swarm.map(Box::new);
        self.unread(&mut out, &layers, read.unread);
        let builds = resolver.slots(&layers, ServiceKey::Build);
        // Only a GPU makes it matter what is built.
        let built =
            if out.workload.gpu.is_yes() { build::read(*resolver, &self.dockerfiles, &builds) } else { None };
        self.declared(&mut out, &layers, built.as_ref());
        self.decide(&mut out, &layers);
        if self.every || out.workload.gpu.is_yes() || !out.workload.settings.is_empty() {
            out.workload.image = resolver.image(&layers);
            let (entrypoint, command) = resolver.command(&layers);
            if out.workload.gpu.is_yes() {
                out.workload.inside = self.inside(&layers, &builds);
                out.workload.inside.own_entrypoint = entrypoint.is_some();
            }
            out.workload.built_from = built.as_ref().map(|built| built.from.clone());
            out.workload.command = built.unwrap_or_default().command(entrypoint, command);
            out.has_build = !builds.is_empty();
            out.workload.other_names =
                build::names(*resolver, &resolver.slots(&layers, ServiceKey::ContainerName), &builds);
            let all = self.environment(&environment, false);
            let known = all
                .iter()
                .filter_map(|variable| Some((variable.name.to_string(), variable.known()?.to_owned())));
            out.workload.environment = known.take(MAX_VARIABLES).collect();
            let keys =
                [ServiceKey::Command, ServiceKey::Entrypoint, ServiceKey::Image, ServiceKey::Environment];
            let slots = keys.into_iter().flat_map(|key| resolver.slots(&layers, key));
            out.workload.written =
                slots.filter_map(|slot| resolver.place(slot.file, resolver.entry_span(slot))).collect();
            let open = resolver.slots(&layers, ServiceKey::StdinOpen);
            let is_true = |slot: Slot| resolver.entry(slot).is_some_and(|(text, _)| text.ends_with("true"));
            out.workload.interactive = open.last().is_some_and(|slot| is_true(*slot));
        }
        out.layers = layers;
        out
    }

    /// A volume on `/dev/shm` that the Dockerfile declares: the engine puts a directory there, whatever size is asked for.
    fn declared(&self, out: &mut ResolvedService, layers: &[ServiceLayer], built: Option<&DockerfileImage>) {
        let declares = |built: &DockerfileImage| {
            built.volumes.iter().any(|path| mount::target(path) == Some(Target::Shm))
        };
        let Some(place) = built.filter(|built| declares(built)).and_then(|_| self.head(layers)) else {
            return;
        };
        let what = Mounted::Disk("a volume that its Dockerfile declares".into());
        let says = Says::Mount { target: Target::Shm, what, read_only: false };
        let (text, value) = ("VOLUME /dev/shm".to_owned(), String::new());
        out.workload.settings.insert(0, Setting { says, text, value, place, effect: Effect::Effective });
        out.origins.insert(0, None);
    }

    /// Where the strongest layer of a service begins.
    fn head(&self, layers: &[ServiceLayer]) -> Option<Place> {
        let layer = layers.last()?;
        let node = self.resolver.store.node(layer.file, layer.service)?;
        self.resolver.place(layer.file, Span::at(node.span().start))
    }

    /// Where its files come from.
    fn inside(&self, layers: &[ServiceLayer], builds: &[Slot]) -> Inside {
        let resolver = &self.resolver;
        let text = |slots: &[Slot]| {
            let (slot, node, _) = resolver.scalar(slots)?;
            Some((slot, resolver.written(slot, node)?.into_owned()))
        };
        let volumes = resolver.slots(layers, ServiceKey::Volumes);
        let mount = |item| {
            let part = |key| Some(resolver.text_of(&item, key)?.text.to_string());
            match resolver.text(&item) {
                Some(whole) => bound(&whole.text),
                None => Some((part("source")?, part("target")?)),
            }
        };
        let mounts = resolver.items(&volumes).filter_map(mount);
        let mounts = mounts.filter(|(source, _)| source.starts_with(['.', '/', '$', '~'])).collect();
        let child = |key| text(&resolver.children(builds, key));
        let context = child("context").or_else(|| text(builds));
        let build = resolver.strongest(builds).and_then(|(slot, _)| {
            let from = resolver.store.files.get(slot.file)?.source.path().to_owned();
            let context = context.map_or_else(|| ".".into(), |(_, context)| context);
            let file =
                child("dockerfile").map(|(_, file)| format!("{}/{file}", context.trim_end_matches('/')));
            Some(Build {
                from,
                folder: None,
                context,
                file,
                target: child("target").map(|(_, target)| target),
            })
        });
        let working_dir = text(&resolver.slots(layers, ServiceKey::WorkingDir)).map(|(_, folder)| folder);
        Inside { working_dir, mounts, build: build.map(Box::new), ..Inside::default() }
    }

    /// What the flags of a service give it. `owner` resolves another service of the project.
    fn evaluate(
        &self,
        out: &mut ResolvedService,
        lowered: &[(Flag, Origin)],
        layers: &[ServiceLayer],
        owner: &dyn Fn(&str) -> Result<Rc<ResolvedService>, String>,
    ) {
        let flags: Vec<&Flag> = lowered.iter().map(|(flag, _)| flag).collect();
        let beside =
            |signs: &[&str]| self.resolver.image(layers).is_some_and(|image| holds_any(&image, signs));
        let joined = |name: &str| match owner(name) {
            Ok(other) => {
                let shm = (!other.layers.is_empty()).then(|| Box::new(other.workload.shm.clone()));
                Ipc::Of { name: name.to_owned(), shm }
            }
            Err(why) => Ipc::Unknown(why),
        };
        let scene = StartContext {
            starter: &engine::COMPOSE,
            default_runtime: self.resolver.options.default_runtime.as_deref(),
            beside: &beside,
            joined: &joined,
            donor: &|from| donated(from, owner),
        };
        let (gpu, asking) = flags::accelerators(&flags, &scene);
        out.workload.gpu = gpu;
        out.sites = asking.into_iter().filter_map(|index| Some(lowered.get(index)?.1.slot)).collect();
        for (setting, index) in flags::settings(&flags, &scene) {
            if let Says::Ipc(Ipc::Of { name: owner, .. }) = &setting.says {
                out.joins = Some(owner.clone());
            }
            out.workload.settings.push(setting);
            // The mount of another service cannot be taken out alone.
            let own = lowered.get(index).filter(|(flag, _)| flag.name != "volumes-from");
            out.origins.push(own.map(|(_, origin)| *origin));
        }
        out.workload.memory_limit = flags::memory_limit(&flags, scene.starter);
    }

    /// Whether looking for the variables that choose GPUs is worth it: most projects have none.
    fn chooses(&self) -> bool {
        let speaks = |file: &ComposeFile| holds(file.text(), CHOOSING);
        *self.chooses.get_or_init(|| self.resolver.store.files.iter().any(speaks))
    }

    /// The environment of a service, or of it only the variables that choose GPUs. What services share is read once.
    fn environment(&self, slots: &[Slot], choosing: bool) -> Rc<Vec<ServiceVariable<'a>>> {
        let key = (slots.iter().map(|slot| (slot.file, slot.at.value, slot.env)).collect(), choosing);
        if let Some(known) = self.environments.borrow().get(&key) {
            return Rc::clone(known);
        }
        let wanted = |name: &str| !choosing || holds(name, CHOOSING);
        let read = Rc::new(self.resolver.environment(slots, &wanted));
        self.environments.borrow_mut().insert(key, Rc::clone(&read));
        read
    }

    /// The service that another one, `name`, joins or takes volumes from.
    fn owner(
        &self,
        project: usize,
        name: &str,
        owner: &str,
        depth: usize,
    ) -> Result<Rc<ResolvedService>, String> {
        match depth.checked_sub(1).filter(|_| owner != name) {
            Some(depth) => Ok(self.resolve(project, owner, depth)),
            None => Err("services use each other in a cycle".into()),
        }
    }

    /// What cannot be read leaves open what is not written.
    fn unread(&self, out: &mut ResolvedService, layers: &[ServiceLayer], why: Option<String>) {
        let store = self.resolver.store;
        let refused = || {
            let file = layers
                .iter()
                .filter_map(|layer| store.files.get(layer.file))
                .find(|file| !file.faults.is_empty())?;
            Some(format!("Compose refuses {}", file.source.path()))
        };
        let exhausted =
            || self.resolver.fuel.is_empty().then(|| "the file is too involved to follow".to_owned());
        let why = why.or_else(exhausted);
        let (gpu, Some(why)) = (why.clone(), why.or_else(refused)) else { return };
        let Some(place) = self.head(layers) else { return };
        if let Some(why) = gpu {
            out.workload.gpu.unsure(why, "", place.clone());
        }
        let (text, value) = (String::new(), String::new());
        out.workload.settings.push(Setting {
            says: Says::Unread(why),
            text,
            value,
            place,
            effect: Effect::Effective,
        });
        out.origins.push(None);
    }

    /// What `/dev/shm` will be.
    fn decide(&self, out: &mut ResolvedService, layers: &[ServiceLayer]) {
        let store = self.resolver.store;
        let files = layers.iter().filter_map(|layer| store.files.get(layer.file));
        let deployed =
            files.map(|file| file.source.path()).find(|path| self.resolver.index.stacks.contains_key(*path));
        if let Some(by) = deployed.and_then(|path| self.resolver.index.stacks.get(path)) {
            out.workload.engine_evidence.get_or_insert_with(|| Box::new(by.clone()));
        }
        let engine = out.engine();
        let default = self.resolver.options.default_shm_size.unwrap_or_else(|| engine.default_shm());
        let (shm, decided_by) = engine::decide(engine, default, &mut out.workload.settings);
        (out.workload.shm, out.workload.decided_by) = (shm, decided_by);
    }
}

/// What `volumes_from` puts on `/dev/shm`: the mount of another service there, unless that is a tmpfs, which stays its own.
fn donated(from: &str, owner: &dyn Fn(&str) -> Result<Rc<ResolvedService>, String>) -> Option<Mounted> {
    let unknown = || Some(Mounted::Unknown(String::new()));
    let mut parts = from.split(':');
    let name = match parts.next() {
        Some("container") => return unknown(),
        Some("service") => parts.next().unwrap_or_default(),
        name => name.unwrap_or_default(),
    };
    let Some(other) = owner(name).ok().filter(|other| !other.layers.is_empty()) else { return unknown() };
    other.workload.settings.iter().rev().find_map(|setting| match &setting.says {
        Says::Mount { target: Target::Shm, what, .. } => {
            Some(what.clone()).filter(|what| !matches!(what, Mounted::Memory(_)))
        }
        Says::Unread(_) => unknown(),
        _ => None,
    })
}

impl ResolvedService {
    /// Who starts it.
    pub(super) fn engine(&self) -> Engine {
        if self.workload.engine_evidence.is_some() { Engine::Swarm } else { Engine::Docker }
    }
}
