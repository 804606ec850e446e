//! What the options of a container say, whoever wrote them: one evaluator for command lines, Compose services, units of
//! systemd, dev containers and jobs.
//!
//! Each starter lowers what its file says to a list of [`Flag`]s, the options of `docker run` that stand for it; what an
//! engine reads otherwise is in its [`FlagDialect`].

use crate::container::accelerator::{self, AcceleratorSign, DeviceRequest, GPU};
use crate::container::engine::FlagDialect;
use crate::container::mount::{self, Mount, Rank};
use crate::container::workload::{
    Citation, Effect, Engine, Gpu, GpuCount, Ipc, Mounted, Refusal, Says, Setting, Target, Why,
};
use crate::size::{Dialect, Size, is_open};
use crate::text::place::Place;

/// How many places that show a GPU are kept of one container. The longest real command has four.
const MAX_EVIDENCE: usize = 16;

/// An option of a container.
#[derive(Clone, Debug)]
pub struct Flag {
    /// The long option of `docker run` that it stands for, or one of [`COMPOSE_ONLY`].
    pub name: &'static str,
    /// Its value; what nobody can know stands as it is written, or as a [`HOLE`](crate::size::HOLE).
    pub value: String,
    /// Why not all of the value is known, as a clause.
    pub unknown: Option<String>,
    /// What its reader makes of the size in it, where that is not to be seen in the value alone.
    pub size: Option<Size>,
    /// As it is written, on one line.
    pub text: String,
    /// Where.
    pub place: Place,
    /// Why its reader refuses it, where the value alone does not tell.
    pub refused: Option<String>,
    /// Whether a later one takes its effect in whichever way the command runs.
    pub overruled: bool,
    /// What it says where that is no option of the engine's, and why it does nothing.
    pub astray: Option<(Says, Why)>,
}

/// The options that an evaluation reads.
pub const NAMES: [&str; 12] = [
    "device",
    "env",
    "gpus",
    "ipc",
    "memory",
    "mount",
    "pod",
    "runtime",
    "shm-size",
    "tmpfs",
    "volume",
    "volumes-from",
];

/// What no command line has: a device reservation, `build.shm_size`, a generic resource of Swarm as `KIND=COUNT`.
pub const COMPOSE_ONLY: [&str; 3] = ["reservation", "build-shm-size", "generic-resource"];

/// What an evaluation knows besides the flags.
pub struct StartContext<'a> {
    /// How the flags are read.
    pub starter: &'static FlagDialect,
    /// The daemon's default runtime, where the configuration tells.
    pub default_runtime: Option<&'a str>,
    /// Whether one of these words, in small letters, stands in the image's name.
    pub beside: &'a dyn Fn(&[&str]) -> bool,
    /// Whose `/dev/shm` joining the namespace of a service gives.
    pub joined: &'a dyn Fn(&str) -> Ipc,
    /// What the volumes of another container put on `/dev/shm`.
    pub donor: &'a dyn Fn(&str) -> Option<Mounted>,
}

impl Flag {
    /// An option of which all is known.
    pub fn new(name: &'static str, value: impl Into<String>, (text, place): (String, Place)) -> Self {
        let value = value.into();
        Self {
            name,
            value,
            unknown: None,
            size: None,
            text,
            place,
            refused: None,
            overruled: false,
            astray: None,
        }
    }

    /// The variable that it gives the container, if it does, and its value where one is written.
    pub fn variable(&self) -> Option<(&str, Option<&str>)> {
        // No name begins with a dash: `-e --ipc=host` is a flag that went astray.
        let text = Some(self.value.as_str()).filter(|text| self.name == "env" && !text.starts_with('-'))?;
        Some(text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value))))
    }

    fn setting(&self, says: Says, value: &str) -> Setting {
        let (text, place) = (self.text.clone(), self.place.clone());
        Setting { says, text, value: value.to_owned(), place, effect: Effect::Effective }
    }

    fn read_size(&self, dialect: Dialect) -> Size {
        self.size.clone().unwrap_or_else(|| dialect.read(&self.value))
    }
}

/// The accelerators that flags ask for, and the indices of the flags that do.
pub fn accelerators(flags: &[&Flag], scene: &StartContext<'_>) -> (Gpu, Vec<usize>) {
    let mut search =
        AcceleratorSearch { scene, gpu: Gpu::default(), asking: Vec::new(), counts: DeviceCounts::default() };
    let chosen: Vec<(usize, Option<&str>)> = flags.iter().enumerate().filter_map(chooses).collect();
    let taken_away = chosen.last().is_some_and(|(_, value)| value.is_some_and(accelerator::takes_away));
    for (index, flag) in flags.iter().enumerate().filter(|(_, flag)| flag.astray.is_none()) {
        let sign = match flag.name {
            "runtime" if taken_away || flag.overruled => AcceleratorSign::No,
            _ => search.sign(flag),
        };
        search.add(index, flag, sign);
    }
    let listed = chosen.last().map(|(_, value)| value.map_or(GpuCount::Unknown, accelerator::in_list));
    if !search.gpu.is_yes() {
        for (index, value) in chosen {
            let sign = accelerator::visible_devices(value.unwrap_or("?"), scene.default_runtime);
            if let Some(flag) = flags.get(index) {
                search.add(index, flag, sign);
            }
        }
    }
    if search.gpu.is_yes() {
        // A runtime brings what the variable names.
        let DeviceCounts { requested, devices } = search.counts;
        search.gpu.count = requested.or(devices).or(listed).unwrap_or_default();
    }
    (search.gpu, search.asking)
}

/// The index and value of a variable that chooses devices.
fn chooses<'f>((index, flag): (usize, &&'f Flag)) -> Option<(usize, Option<&'f str>)> {
    let (_, value) = flag.variable().filter(|(name, _)| accelerator::chooses(name))?;
    Some((index, value.filter(|value| !is_open(value))))
}

/// How many devices are asked for: by requests, and by naming them one by one.
#[derive(Default)]
struct DeviceCounts {
    requested: Option<GpuCount>,
    devices: Option<GpuCount>,
}

struct AcceleratorSearch<'s> {
    scene: &'s StartContext<'s>,
    gpu: Gpu,
    asking: Vec<usize>,
    counts: DeviceCounts,
}

impl AcceleratorSearch<'_> {
    fn add(&mut self, index: usize, flag: &Flag, sign: AcceleratorSign) {
        if self.gpu.is_yes() && self.gpu.evidence.len() >= MAX_EVIDENCE {
            return;
        }
        match sign {
            AcceleratorSign::Yes(kind) => {
                self.gpu.found(kind, &flag.text, flag.place.clone());
                self.asking.push(index);
            }
            AcceleratorSign::Maybe(why) => self.gpu.unsure(why, &flag.text, flag.place.clone()),
            AcceleratorSign::No => {}
        }
    }

    /// What one flag tells by itself.
    fn sign(&mut self, flag: &Flag) -> AcceleratorSign {
        let value = flag.value.as_str();
        match flag.name {
            "gpus" | "reservation" => self.request(flag),
            "generic-resource" => {
                let (kind, count) = value.split_once('=').unwrap_or((value, ""));
                let is_gpu = ["gpu", "nvidia", "cuda"].iter().any(|word| kind.contains(word));
                let count = count.parse().map_or(GpuCount::Unknown, GpuCount::Exactly);
                if is_gpu && self.requested(count) { AcceleratorSign::Yes(GPU) } else { AcceleratorSign::No }
            }
            "runtime" if flag.unknown.is_some() => {
                AcceleratorSign::Maybe("its runtime is a variable that nothing sets")
            }
            "runtime" => accelerator::runtime(value),
            "device" => {
                let tells = self.scene.starter.image_tells;
                let sign = accelerator::device(value, &|signs| tells && (self.scene.beside)(signs));
                match sign {
                    AcceleratorSign::Yes(_) => {
                        let counts = accelerator::in_device(value).into_iter().chain(self.counts.devices);
                        self.counts.devices = counts.reduce(accelerator::sum);
                    }
                    AcceleratorSign::No
                        if flag.unknown.is_some() && is_open(value.get(..1).unwrap_or(value)) =>
                    {
                        return AcceleratorSign::Maybe("the device is a variable that nothing sets");
                    }
                    _ => {}
                }
                sign
            }
            // NVIDIA's container toolkit takes the devices from this path, where it is the runtime at all.
            "volume" if value.contains(":/var/run/nvidia-container-devices/") => AcceleratorSign::Maybe(
                "its devices are mounted as a list, which only NVIDIA's runtime reads: it may be the daemon's default",
            ),
            _ => AcceleratorSign::No,
        }
    }

    /// `--gpus`, or a device request of Compose.
    fn request(&mut self, flag: &Flag) -> AcceleratorSign {
        let scene = self.scene;
        if flag.unknown.is_some()
            && !flag.value.is_empty()
            && flag.value.chars().all(|c| c == crate::size::HOLE)
        {
            return AcceleratorSign::Maybe("how many GPUs it asks for is a variable that nothing sets");
        }
        let request = DeviceRequest::read(&flag.value);
        let own = request
            .refused
            .filter(|_| flag.unknown.is_none() && flag.name == "gpus" && scene.starter.reads_gpus);
        if let Some(why) = flag.refused.clone().or(own) {
            let evidence = Citation { text: flag.text.clone(), place: flag.place.clone() };
            self.gpu.refused.get_or_insert_with(|| Box::new(Refusal { evidence, why }));
        }
        let by_driver = accelerator::driver(&request.driver);
        let others = request.capabilities.iter().any(|word| !word.eq_ignore_ascii_case("gpu"));
        let is_gpu = flag.name == "gpus"
            || by_driver.is_some()
            || request.capabilities.iter().any(|word| word.eq_ignore_ascii_case("gpu"));
        match by_driver {
            _ if request.count == GpuCount::Exactly(0) => AcceleratorSign::No,
            kind if is_gpu => {
                self.requested(request.count);
                AcceleratorSign::Yes(kind.unwrap_or(GPU))
            }
            _ if others || !request.driver.is_empty() => {
                AcceleratorSign::Maybe("the device that it reserves may be no GPU")
            }
            _ => AcceleratorSign::No,
        }
    }

    /// Counts a request; `false` where it is for none.
    fn requested(&mut self, count: GpuCount) -> bool {
        if count == GpuCount::Exactly(0) {
            return false;
        }
        self.counts.requested = Some(match self.counts.requested {
            None => count,
            Some(before) if self.scene.starter.adds_requests => accelerator::sum(before, count),
            // Of two that say different things nobody knows which one holds.
            Some(before) => {
                if before == count {
                    count
                } else {
                    GpuCount::Unknown
                }
            }
        });
        true
    }
}

/// Every setting for `/dev/shm`, with the index of its flag, in the order in which the engine reads them: of several mounts on
/// one path the last in this order holds.
pub fn settings(flags: &[&Flag], scene: &StartContext<'_>) -> Vec<(Setting, usize)> {
    let mut found: Vec<(Option<Rank>, Setting, usize)> = Vec::new();
    for (index, flag) in flags.iter().enumerate() {
        found.extend(of_flag(flag, scene).into_iter().map(|(rank, setting)| (rank, setting, index)));
    }
    found.sort_by_key(|(rank, ..)| *rank);
    let mut found: Vec<_> = found.into_iter().map(|(_, setting, index)| (setting, index)).collect();
    let pod = flags.iter().enumerate().rfind(|(_, flag)| flag.name == "pod" && flag.astray.is_none());
    if let Some((index, pod)) = pod {
        share_with_pod(pod, index, &mut found);
    }
    found
}

type Ranked = Vec<(Option<Rank>, Setting)>;

/// What one flag says of `/dev/shm`, with its rank among mounts.
fn of_flag(flag: &Flag, scene: &StartContext<'_>) -> Ranked {
    let value = flag.value.as_str();
    let starter = scene.starter;
    let one = |says| vec![(None, flag.setting(says, value))];
    if let Some((says, why)) = &flag.astray {
        let setting = flag.setting(says.clone(), value);
        return vec![(None, Setting { effect: Effect::None(why.clone()), ..setting })];
    }
    let unknown = || flag.unknown.clone().unwrap_or_else(|| format!("{value} is to be filled in"));
    match flag.name {
        "shm-size" if flag.unknown.is_some() || (flag.size.is_none() && is_open(value)) => {
            one(Says::Unread(unknown()))
        }
        "shm-size" => one(Says::Size(starter.size, flag.read_size(starter.size))),
        "build-shm-size" if flag.unknown.is_some() => Vec::new(),
        "build-shm-size" => one(Says::BuildSize(starter.size, flag.read_size(starter.size))),
        "ipc" => one(Says::Ipc(ipc(flag, scene))),
        "volume" | "tmpfs" | "mount" if flag.unknown.is_some() && mount::may_be_on_shm(flag.name, value) => {
            one(Says::Unread(unknown()))
        }
        "volume" => mounted(flag, mount::volume(value)),
        "tmpfs" => mounted(flag, mount::tmpfs(value)),
        "mount" => mounted(flag, mount::mount(value, starter.mount_size)),
        "volumes-from" => match (scene.donor)(value) {
            None => Vec::new(),
            Some(Mounted::Unknown(_)) => one(Says::Unread(format!("`{}` may bring one along", flag.text))),
            Some(what) => {
                let read_only = value.ends_with(":ro");
                let says = Says::Mount { target: Target::Shm, what, read_only };
                vec![(Some(Rank::Anonymous), flag.setting(says, value))]
            }
        },
        _ => Vec::new(),
    }
}

/// Whose `/dev/shm` the value of `--ipc` gives.
fn ipc(flag: &Flag, scene: &StartContext<'_>) -> Ipc {
    let value = flag.value.as_str();
    match value.split_once(':') {
        _ if flag.unknown.is_some() && !value.starts_with("container:") => {
            Ipc::Unknown(flag.unknown.clone().unwrap_or_default())
        }
        Some(("service", name)) => (scene.joined)(name),
        Some(("container", name)) => Ipc::Of { name: name.to_owned(), shm: None },
        Some(_) if scene.starter.engine == Engine::Podman => {
            Ipc::Unknown(format!("`{value}` is the namespace of something else"))
        }
        _ => match value {
            "host" => Ipc::Host,
            "none" => Ipc::None,
            // What the engine does not know it refuses when it starts; it gives nobody else's.
            _ => Ipc::Own,
        },
    }
}

/// A mount, and the size that is written for it.
fn mounted(flag: &Flag, mount: Option<Mount>) -> Ranked {
    // Only a bind of the host's `/dev` hides the engine's own `/dev/shm`.
    let matters = |mount: &Mount| mount.target != Target::Dev || mount.what == Mounted::Host;
    let Some(mut mount) = mount.filter(matters) else { return Vec::new() };
    let rank = Some(mount.rank);
    let read =
        mount.size.take().map(|(text, dialect, read)| (text, dialect, flag.size.clone().unwrap_or(read)));
    if let (Mounted::Memory(bytes), Some((_, _, size))) = (&mut mount.what, &read) {
        *bytes = size.bytes();
    }
    let whole = Says::Mount { target: mount.target, what: mount.what, read_only: mount.read_only };
    let size = read.map(|(text, dialect, size)| (rank, flag.setting(Says::MountSize(dialect, size), &text)));
    std::iter::once((rank, flag.setting(whole, &flag.value))).chain(size).collect()
}

/// The members of a Podman pod share the `/dev/shm` of the pod: a size on a member does nothing.
fn share_with_pod(pod: &Flag, index: usize, found: &mut Vec<(Setting, usize)>) {
    if found.iter().any(|(setting, _)| matches!(setting.says, Says::Ipc(_))) {
        return;
    }
    for (setting, _) in found.iter_mut().filter(|(setting, _)| matches!(setting.says, Says::Size(..))) {
        setting.effect = Effect::None(Why::PodMember);
    }
    let ipc = Ipc::Of { name: pod.value.clone(), shm: None };
    found.push((pod.setting(Says::Ipc(ipc), &pod.value), index));
}

/// The last memory limit, in bytes, and where it is written. Engines read it like a size for `/dev/shm`.
pub fn memory_limit(flags: &[&Flag], starter: &FlagDialect) -> Option<(u64, Place)> {
    let flag = flags.iter().rfind(|flag| flag.name == "memory" && flag.astray.is_none())?;
    Some((flag.read_size(starter.size).bytes()?, flag.place.clone()))
}
