//! One container as `docker inspect`, `podman inspect` or `nerdctl inspect` describes it: its accelerators and its
//! `/dev/shm`, by the fields that decide.
//!
//! Every field was observed on Docker 20.10.24 and Podman 4.3.1, against what `df` showed inside.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::back;
use super::objects::entry;
use crate::container::accelerator::{
    AcceleratorSign, GPU, chooses, device, in_list, runtime, sum, takes_away,
};
use crate::container::engine::decide;
use crate::container::mount::{self, bound, may_mount};
use crate::container::workload::running::ending;
use crate::container::workload::{
    Effect, Engine, Gpu, GpuCount, Ipc, Mounted, Platform, Running, Says, Setting, Shm, Target, Workload,
};
use crate::platform::options::ReadOptions;
use crate::platform::run::{self, Shared, invocations};
use crate::size::{Dialect, Size};
use crate::syntax::shell::ShellOptions;
use crate::text::layer::Layer;
use crate::text::place::Place;
use crate::text::source::{Source, Span};

/// How many containers may share one `/dev/shm` through each other.
const CHAIN: u8 = 8;

/// An object that describes a container.
pub(super) struct Inspected {
    /// What it says.
    pub(super) value: Value,
    /// Where it stands in the file.
    pub(super) span: Span,
}

impl Inspected {
    /// Reads an object; nothing where it is no container: images, volumes, networks and pods are inspected too, and
    /// `docker ps` prints objects of another form.
    pub(super) fn read(text: &str, span: Span) -> Option<Result<Self, serde_json::Error>> {
        let object = span.of(text);
        if !object.contains("\"HostConfig\"") {
            return None;
        }
        let value: Value = match serde_json::from_str(object) {
            Ok(value) => value,
            Err(error) => return Some(Err(error)),
        };
        let is_container = value.get("HostConfig")?.is_object() && value.get("State")?.is_object();
        is_container.then_some(Ok(Self { value, span }))
    }

    fn host(&self, key: &str) -> &Value {
        self.value.get("HostConfig").and_then(|host| host.get(key)).unwrap_or(&Value::Null)
    }

    fn config(&self, key: &str) -> &Value {
        self.value.get("Config").and_then(|config| config.get(key)).unwrap_or(&Value::Null)
    }

    fn id(&self) -> &str {
        text(self.value.get("Id").unwrap_or(&Value::Null))
    }

    /// The command line that made it, which Podman keeps, as the reader of command lines takes it. What its own service was
    /// asked for over a socket is not there.
    fn created(&self, options: &ReadOptions) -> Option<Workload> {
        let quoted = |word: &str| format!("'{}'", word.replace('\'', r"'\''"));
        let line = strings(self.config("CreateCommand")).map(quoted).collect::<Vec<_>>().join(" ");
        let shared = Shared::of(line.len());
        let layer = Layer::file(Source::new("", line.into_bytes()));
        let found = invocations(&layer, ShellOptions::default(), None, &shared).into_iter().next()?;
        Some(run::workload::workload(&found, options))
    }

    /// What happened to it.
    fn facts(&self) -> Vec<String> {
        let state = |key: &str| self.value.get("State").and_then(|state| state.get(key));
        let oom_killed = state("OOMKilled").and_then(Value::as_bool).unwrap_or_default();
        ending(state("ExitCode").and_then(Value::as_i64), oom_killed).into_iter().collect()
    }

    /// A label of the container.
    pub(super) fn label(&self, name: &str) -> Option<&str> {
        self.config("Labels").get(name)?.as_str()
    }

    /// What runs it: Podman alone names its OCI runtime, nerdctl labels what it starts.
    fn engine(&self) -> Engine {
        if self.value.get("OCIRuntime").is_some() {
            Engine::Podman
        } else if self.label("nerdctl/namespace").is_some() {
            Engine::Nerdctl
        } else {
            Engine::Docker
        }
    }
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What else a document describes.
pub(super) struct Inspection<'a> {
    text: &'a str,
    /// Containers by their identity, where any joins another's IPC namespace.
    containers: HashMap<String, Span>,
    /// Volumes of memory by their names, with the options that they are mounted with.
    volumes: HashMap<String, String>,
}

impl<'a> Inspection<'a> {
    /// Looks through the objects of a text.
    pub(super) fn of(text: &'a str, spans: &[Span]) -> Self {
        let mut document = Self { text, containers: HashMap::new(), volumes: HashMap::new() };
        let is_joined = text.contains("\"container:");
        for span in spans {
            let object = span.of(text);
            if is_joined && object.contains("\"HostConfig\"") {
                let id = serde_json::from_str::<Identity>(object).map(|object| object.id);
                document.containers.extend(id.into_iter().map(|id| (id, *span)));
            } else if object.contains("\"Mountpoint\"") && object.contains("tmpfs") {
                document.volumes.extend(memory_volume(object));
            }
        }
        document
    }

    fn container(&self, id: &str) -> Option<Inspected> {
        Inspected::read(self.text, *self.containers.get(id)?)?.ok()
    }
}

/// The part of a container by which others name it.
#[derive(serde::Deserialize)]
struct Identity {
    #[serde(rename = "Id")]
    id: String,
}

/// The name and mount options of a volume that `docker volume inspect` describes, if it is one of memory.
fn memory_volume(object: &str) -> Option<(String, String)> {
    let volume: Value = serde_json::from_str(object).ok()?;
    let options = volume.get("Options")?;
    let is_memory = text(options.get("type")?) == "tmpfs";
    let mount = options.get("o").map_or("", text);
    is_memory.then(|| Some((text(volume.get("Name")?).to_owned(), mount.to_owned())))?
}

/// The size that mount options of a tmpfs give.
fn size_option(options: &str) -> Option<u64> {
    let size = options.split(',').rev().find_map(|option| option.strip_prefix("size="));
    size.and_then(|size| Dialect::TmpfsOption.read(size).bytes()).map(whole_pages)
}

/// The workload that a container is.
pub(super) fn workload(
    source: &Arc<Source>,
    container: &Inspected,
    document: &Inspection<'_>,
    options: &ReadOptions,
) -> Workload {
    let object = container.span.of(source.text());
    let locate = |key: &str| Place::new(source, entry(object, container.span.start, key));
    let name = text(container.value.get("Name").unwrap_or(&Value::Null)).trim_start_matches('/');
    let name = if name.is_empty() { container.id() } else { name };
    let mut workload = Workload::new(Platform::Live, container.engine(), name, locate("Name"));
    let image = container.config("Image").as_str().or_else(|| container.value.get("ImageName")?.as_str());
    workload.image = image.map(str::to_owned);
    let program = container.value.get("Path").and_then(Value::as_str);
    let arguments = container.value.get("Args").unwrap_or(&Value::Null);
    workload.command = program.into_iter().chain(strings(arguments)).map(str::to_owned).collect();
    let pairs = strings(container.config("Env")).filter_map(|pair| pair.split_once('='));
    workload.environment = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    workload.memory_limit =
        container.host("Memory").as_u64().filter(|&bytes| bytes > 0).map(|bytes| (bytes, locate("Memory")));
    workload.cannot_mount = container.host("Privileged").as_bool() == Some(false)
        && !strings(container.host("CapAdd")).any(may_mount);
    let created = container.created(options);
    workload.gpu = gpu(container, &workload.environment, &locate);
    if let Some(created) = created.as_ref().filter(|created| created.gpu.is_yes() && !workload.gpu.is_yes()) {
        // Podman keeps a CDI device nowhere but in the command that made the container.
        workload.gpu = created.gpu.clone();
        workload.gpu.evidence.iter_mut().for_each(|evidence| evidence.place = locate("CreateCommand"));
    }
    let (owner, facts) = (back::owner(container), container.facts());
    workload.running = Some(Box::new(Running { owner, facts, ..Running::default() }));
    let default = options.default_shm_size.unwrap_or_else(|| workload.engine.default_shm());
    workload.settings = settings(container, document, created.as_ref(), default, &locate);
    (workload.shm, workload.decided_by) = decide(workload.engine, default, &mut workload.settings);
    if let (Shm::Explicit { bytes }, Some(_)) = (&workload.shm, workload.decided_by)
        && *bytes == workload.engine.default_shm()
    {
        // The field is always filled: the default cannot be told from the same size written out.
        workload.shm = Shm::Default { bytes: *bytes };
        workload.decided_by = None;
        workload.settings.clear();
    }
    workload
}

/// The accelerators that the engine was asked for.
fn gpu(container: &Inspected, environment: &[(String, String)], locate: &dyn Fn(&str) -> Place) -> Gpu {
    let mut gpu = Gpu::default();
    let alone = |_: &[&str]| false;
    let visible = environment.iter().rfind(|(name, _)| chooses(name));
    let visible = visible.map(|(_, value)| value.as_str()).filter(|value| !takes_away(value));
    for request in container.host("DeviceRequests").as_array().into_iter().flatten() {
        let Some(count) = requested(request, visible) else { continue };
        gpu.count = if gpu.is_yes() { sum(gpu.count, count) } else { count };
        gpu.found(GPU, "DeviceRequests", locate("DeviceRequests"));
    }
    for node in container.host("Devices").as_array().into_iter().flatten() {
        let side = |key: &str| text(node.get(key).unwrap_or(&Value::Null));
        let path = format!("{}:{}", side("PathOnHost"), side("PathInContainer"));
        match device(&path, &alone) {
            AcceleratorSign::Yes(kind) => gpu.found(kind, path, locate("Devices")),
            AcceleratorSign::Maybe(why) => gpu.unsure(why, path, locate("Devices")),
            AcceleratorSign::No => {}
        }
    }
    // A runtime brings what the variable names, which the image's own variables are part of.
    if let (Some(ids), AcceleratorSign::Yes(kind)) = (visible, runtime(text(container.host("Runtime"))))
        && !gpu.is_yes()
    {
        gpu.count = in_list(ids);
        gpu.found(kind, format!("Runtime: {}", text(container.host("Runtime"))), locate("Runtime"));
    }
    gpu
}

/// How many GPUs one of `DeviceRequests` asks for; nothing where it asks for something else, or for none.
fn requested(request: &Value, visible: Option<&str>) -> Option<GpuCount> {
    let ids: Vec<&str> = strings(request.get("DeviceIDs").unwrap_or(&Value::Null)).collect();
    let lists = request.get("Capabilities").and_then(Value::as_array).into_iter().flatten();
    let is_gpu = lists.flat_map(strings).any(|capability| capability == "gpu")
        || ids.iter().any(|id| matches!(device(id, &|_| false), AcceleratorSign::Yes(_)));
    if !is_gpu {
        return None;
    }
    match request.get("Count").and_then(Value::as_i64).unwrap_or(0) {
        // A count of nothing leaves it to the image's variable.
        0 if ids.is_empty() => visible.map(in_list),
        0 => Some(
            ids.iter().map(|id| in_list(id.rsplit('=').next().unwrap_or(id))).fold(GpuCount::Exactly(0), sum),
        ),
        count => Some(u64::try_from(count).map_or(GpuCount::All, GpuCount::Exactly)),
    }
}

/// What decides about `/dev/shm`, in the order in which the engine lets it: of several mounts the last holds.
fn settings(
    container: &Inspected,
    document: &Inspection<'_>,
    created: Option<&Workload>,
    default: u64,
    locate: &dyn Fn(&str) -> Place,
) -> Vec<Setting> {
    let make = |key: &str, says| {
        let place = locate(key);
        let text = place.text().replace(['"', '[', '{'], "").trim_end_matches([' ', ':']).to_owned();
        Setting { says, text, value: String::new(), place, effect: Effect::Effective }
    };
    let mut settings = Vec::new();
    let is_podman = container.engine() == Engine::Podman;
    for mount in container.value.get("Mounts").and_then(Value::as_array).into_iter().flatten() {
        let Some(target) = mount::target(text(mount.get("Destination").unwrap_or(&Value::Null))) else {
            continue;
        };
        let source = text(mount.get("Source").unwrap_or(&Value::Null));
        let what = match text(mount.get("Type").unwrap_or(&Value::Null)) {
            "bind" => bound(source, target),
            "volume" => match document.volumes.get(text(mount.get("Name").unwrap_or(&Value::Null))) {
                Some(options) => Mounted::Memory(size_option(options)),
                None => Mounted::Disk("a volume".into()),
            },
            _ => continue,
        };
        // Podman mounts its own over the host's /dev (seen with 4.3.1, and in the source of 6.0).
        if target == Target::BelowShm || (target == Target::Dev && is_podman) {
            continue;
        }
        let read_only = mount.get("RW") == Some(&Value::Bool(false));
        settings.push(make("Destination", Says::Mount { target, what, read_only }));
    }
    let memory = |bytes, options: &str| Says::Mount {
        target: Target::Shm,
        what: Mounted::Memory(bytes),
        read_only: options.split(',').any(|option| option == "ro"),
    };
    for (path, options) in container.host("Tmpfs").as_object().into_iter().flatten() {
        if mount::target(path) == Some(Target::Shm) {
            settings.push(make("Tmpfs", memory(size_option(text(options)), text(options))));
        }
    }
    for mount in container.host("Mounts").as_array().into_iter().flatten() {
        let target = mount::target(text(mount.get("Target").unwrap_or(&Value::Null)));
        if target == Some(Target::Shm) && mount.get("Type").and_then(Value::as_str) == Some("tmpfs") {
            let size = mount.get("TmpfsOptions").and_then(|options| options.get("SizeBytes"));
            let bytes = size.and_then(Value::as_u64).filter(|&bytes| bytes > 0);
            settings.push(make("Mounts", memory(bytes.map(whole_pages), "")));
        }
    }
    let ipc = ipc(container, document, created, default);
    if !settings.is_empty() || ipc != Ipc::Own {
        // The field for the size is always filled, also where it has no effect.
        settings.push(make("IpcMode", Says::Ipc(ipc)));
    } else if let Some(bytes) = container.host("ShmSize").as_u64() {
        let dialect = if is_podman { Dialect::Podman } else { Dialect::Docker };
        let bytes = i64::try_from(whole_pages(bytes)).unwrap_or(i64::MAX);
        settings.push(make("ShmSize", Says::Size(dialect, Size::Bytes(bytes))));
    } else {
        settings.push(make("HostConfig", Says::Unread("the document does not tell its ShmSize".into())));
    }
    settings
}

/// A tmpfs is rounded up to whole pages.
fn whole_pages(bytes: u64) -> u64 {
    bytes.checked_next_multiple_of(4096).unwrap_or(bytes)
}

/// Whose `/dev/shm` it has.
fn ipc(container: &Inspected, document: &Inspection<'_>, created: Option<&Workload>, default: u64) -> Ipc {
    let mode = text(container.host("IpcMode"));
    let is_podman = container.engine() == Engine::Podman;
    let is_in_pod = container.value.get("Pod").and_then(Value::as_str).is_some_and(|pod| !pod.is_empty());
    if is_podman && mode == "shareable" && !is_in_pod {
        // Podman before 4.4 says so of host and none, too (containers/podman#17189).
        let asked = created.into_iter().flat_map(|created| &created.settings).rev();
        let mut asked = asked.filter_map(|setting| match &setting.says {
            Says::Ipc(ipc) => Some(ipc.clone()),
            _ => None,
        });
        return asked.next().filter(|ipc| matches!(ipc, Ipc::Host | Ipc::None)).unwrap_or(Ipc::Own);
    }
    match mode {
        "host" => Ipc::Host,
        "none" => Ipc::None,
        _ => match mode.strip_prefix("container:") {
            None => Ipc::Own,
            Some(id) => {
                let name = id.get(..12).unwrap_or(id).to_owned();
                match shared(container, id, document, default) {
                    Some(shm) => Ipc::Of { name, shm: Some(Box::new(shm)) },
                    // A member of a pod has the infra container's size in its own field.
                    None if is_podman && is_in_pod => Ipc::Own,
                    None => Ipc::Of { name, shm: None },
                }
            }
        },
    }
}

/// What a container that is joined has, if the document describes it.
fn shared(container: &Inspected, id: &str, document: &Inspection<'_>, default: u64) -> Option<Shm> {
    let mut donor = document.container(id)?;
    for _ in 0..CHAIN {
        let next = text(donor.host("IpcMode")).strip_prefix("container:").map(str::to_owned);
        match next {
            Some(next) => donor = document.container(&next)?,
            None => {
                let nowhere = Place::new(&Source::new("", Vec::new()), Span::at(0));
                let created = donor.created(&ReadOptions::default());
                let mut settings =
                    settings(&donor, document, created.as_ref(), default, &|_| nowhere.clone());
                return Some(decide(container.engine(), default, &mut settings).0);
            }
        }
    }
    None
}
