//! What an engine makes of a container's settings: the order in which Docker, Podman, Swarm and Kubernetes let them
//! decide about `/dev/shm`.
//!
//! Every row was observed on a running engine (Docker 20.10.24, Podman 4.3.1) or read in its source.

use crate::container::workload::{Effect, Engine, Ipc, Mounted, Says, Setting, Shm, Target, Why};
use crate::size::{Dialect, Size, Zero};

/// Docker's default: `64MiB`, the daemon's `default-shm-size`.
pub const DOCKER_DEFAULT: u64 = 64 << 20;

/// Podman's default: 64000 KiB, as `df` shows it in a container of Podman 4.3.1.
pub const PODMAN_DEFAULT: u64 = 65_536_000;

/// How one way to start containers reads its options, as far as they differ about it.
#[derive(Debug)]
pub struct FlagDialect {
    /// What starts the container.
    pub engine: Engine,
    /// How sizes for `/dev/shm` and memory limits are read.
    pub size: Dialect,
    /// How the size of a tmpfs mount in the long form is read.
    pub mount_size: Dialect,
    /// Whether all requests for devices are there at once: on a command line they may be the values that one variable may have.
    pub adds_requests: bool,
    /// Whether requests for GPUs are read as docker/cli reads `--gpus`, which refuses some; Podman hands on what it is given.
    pub reads_gpus: bool,
    /// Whether the image's name tells what a device file is given for that has several uses: services that run for long are
    /// given `/dev/dri` for video, whatever else their image can do.
    pub image_tells: bool,
}

const RUN: FlagDialect = FlagDialect {
    engine: Engine::Docker,
    size: Dialect::Docker,
    mount_size: Dialect::TmpfsSize,
    adds_requests: false,
    reads_gpus: true,
    image_tells: true,
};

static DOCKER: FlagDialect = RUN;
static NERDCTL: FlagDialect = FlagDialect { engine: Engine::Nerdctl, reads_gpus: false, ..RUN };
static PODMAN: FlagDialect =
    FlagDialect { engine: Engine::Podman, size: Dialect::Podman, reads_gpus: false, ..RUN };

/// Compose, and `docker stack deploy`, which reads the same files.
pub static COMPOSE: FlagDialect = FlagDialect {
    size: Dialect::Compose,
    mount_size: Dialect::Compose,
    adds_requests: true,
    reads_gpus: false,
    image_tells: false,
    ..RUN
};

/// What messages call an engine's things.
#[derive(Debug)]
pub struct EngineWords {
    /// The engine, or its client.
    pub name: &'static str,
    /// The command that runs in a container of it.
    pub client: &'static str,
    /// Whose default a container gets.
    pub whose_default: &'static str,
    /// How much memory on `/dev/shm` without a size may take.
    pub unbounded: &'static str,
    /// The limit that pages in `/dev/shm` count against.
    pub memory_limit: &'static str,
    /// What happens to what exceeds that limit.
    pub over_limit: &'static str,
    /// What else stands against the host's `/dev/shm`, behind a full stop.
    pub on_host_ipc: &'static str,
}

const HOST: EngineWords = EngineWords {
    name: "Docker",
    client: "docker",
    whose_default: "Docker's",
    unbounded: "half of the host's memory",
    memory_limit: "its memory limit",
    over_limit: "killed",
    on_host_ipc: "",
};
static DOCKER_WORDS: EngineWords = HOST;
static PODMAN_WORDS: EngineWords =
    EngineWords { name: "Podman", client: "podman", whose_default: "Podman's", ..HOST };
static NERDCTL_WORDS: EngineWords =
    EngineWords { name: "nerdctl", client: "nerdctl", whose_default: "containerd's", ..HOST };
static KUBERNETES_WORDS: EngineWords = EngineWords {
    name: "Kubernetes",
    client: "kubectl",
    whose_default: "the container runtime's",
    unbounded: "the node's memory",
    memory_limit: "the pod's memory limit",
    over_limit: "killed or evicted",
    on_host_ipc: " The baseline Pod Security Standard forbids it.",
};

impl Engine {
    /// What messages call its things.
    pub fn words(self) -> &'static EngineWords {
        match self {
            Self::Docker | Self::Swarm => &DOCKER_WORDS,
            Self::Podman => &PODMAN_WORDS,
            Self::Nerdctl => &NERDCTL_WORDS,
            Self::Kubernetes => &KUBERNETES_WORDS,
        }
    }

    /// How its command line reads options.
    pub fn starter(self) -> &'static FlagDialect {
        match self {
            Self::Podman => &PODMAN,
            Self::Nerdctl => &NERDCTL,
            Self::Docker | Self::Swarm | Self::Kubernetes => &DOCKER,
        }
    }

    /// The size of `/dev/shm` where nothing sets it, in bytes.
    pub fn default_shm(self) -> u64 {
        match self {
            Self::Podman => PODMAN_DEFAULT,
            _ => DOCKER_DEFAULT,
        }
    }
}

/// The verdict over a container's settings, and the index of the one that decides.
///
/// Marks the settings that do nothing with the reason. `default` is the size where nothing sets it, in bytes. Settings
/// are expected in the order in which the engine reads them: of two of one kind the last one counts. Anything unread makes
/// a verdict of "default" unknown, and nothing else: what is written and effective stays so.
pub fn decide(engine: Engine, default: u64, settings: &mut [Setting]) -> (Shm, Option<usize>) {
    mark_idle(engine, settings);
    let decided = deciding(engine, settings);
    let shm = match decided {
        Some(index) => {
            settings.get(index).map_or(Shm::None, |setting| verdict(engine, &setting.says, default))
        }
        None => match settings.iter().find_map(|setting| unread(&setting.says)) {
            Some(why) => Shm::Unknown(why.to_owned()),
            None => Shm::Default { bytes: default },
        },
    };
    if let Some(winner) = decided {
        overrule(settings, winner);
    }
    (shm, decided)
}

/// Marks what does nothing whatever else is written.
fn mark_idle(engine: Engine, settings: &mut [Setting]) {
    for setting in settings.iter_mut().filter(|setting| setting.effect == Effect::Effective) {
        let why = match &setting.says {
            Says::BuildSize(..) => Why::BuildOnly,
            Says::Size(..) | Says::Ipc(_) if engine == Engine::Swarm => Why::Swarm,
            Says::Size(_, Size::Refused(_)) | Says::MountSize(_, Size::Refused(_)) => Why::Refused,
            Says::Size(dialect, size) if size.bytes().is_none() && !unlimited(*dialect, size) => {
                Why::ReadAsNothing
            }
            Says::Medium { .. } => Why::Refused,
            Says::Volume { .. } | Says::Mount { target: Target::BelowShm, .. } => Why::NotOnShm,
            // The runtime mounts its own 64 MiB over a mounted host /dev.
            Says::Mount { target: Target::Dev, .. } if engine == Engine::Kubernetes => Why::NotOnShm,
            _ => continue,
        };
        setting.effect = Effect::None(why);
    }
}

/// The setting that decides: a mount on `/dev/shm`, else a bind of `/dev`, else ipc, else a size.
fn deciding(engine: Engine, settings: &[Setting]) -> Option<usize> {
    let last = |wanted: &dyn Fn(&Says) -> bool| {
        settings.iter().rposition(|setting| setting.effect == Effect::Effective && wanted(&setting.says))
    };
    last(&|says| matches!(says, Says::Mount { target: Target::Shm, .. }))
        .or_else(|| {
            last(&|says| matches!(says, Says::Mount { target: Target::Dev, what: Mounted::Host, .. }))
        })
        .or_else(|| {
            // The last ipc word counts, also where it gives back what an earlier one took.
            let ipc = last(&|says| matches!(says, Says::Ipc(_)))?;
            let own = settings.get(ipc).is_some_and(|setting| setting.says == Says::Ipc(Ipc::Own));
            (!own).then_some(ipc)
        })
        .or_else(|| last(&|says| matches!(says, Says::Provider { .. })))
        .or_else(|| last_size(engine, settings))
}

/// The last size that the engine reads. A 0 behind another size takes that one back.
fn last_size(engine: Engine, settings: &[Setting]) -> Option<usize> {
    if engine == Engine::Swarm {
        return None;
    }
    let index = settings.iter().rposition(|setting| {
        matches!(setting.says, Says::Size(..))
            && matches!(setting.effect, Effect::Effective | Effect::None(Why::ReadAsNothing | Why::Refused))
    })?;
    settings.get(index).is_some_and(|setting| setting.effect == Effect::Effective).then_some(index)
}

/// What the deciding setting gives.
fn verdict(engine: Engine, says: &Says, default: u64) -> Shm {
    match says {
        Says::Mount { what: Mounted::Memory(bytes), .. } => Shm::Tmpfs { bytes: *bytes },
        Says::Mount { what: Mounted::Host, .. } => Shm::Host,
        Says::Mount { what: Mounted::Disk(_), .. } => Shm::Disk,
        Says::Mount { what: Mounted::Unknown(why), .. } => Shm::Unknown(why.clone()),
        Says::Ipc(Ipc::Host) => Shm::Host,
        Says::Ipc(Ipc::None) => Shm::None,
        Says::Ipc(Ipc::Of { name, shm }) => {
            Shm::Shared { with: name.clone(), bytes: shm.as_deref().and_then(Shm::bytes) }
        }
        Says::Ipc(Ipc::Unknown(why)) => Shm::Unknown(why.clone()),
        Says::Provider { bytes, .. } => Shm::Tmpfs { bytes: *bytes },
        Says::Size(_, size) => {
            size.bytes().map_or(Shm::Tmpfs { bytes: None }, |bytes| Shm::Explicit { bytes })
        }
        _ => Shm::Default { bytes: if engine == Engine::Podman { PODMAN_DEFAULT } else { default } },
    }
}

/// Whether a written size is read as "no limit", as Podman reads 0.
fn unlimited(dialect: Dialect, size: &Size) -> bool {
    *size == Size::Bytes(0) && dialect.zero() == Zero::Unlimited
}

/// The reason in a setting that cannot be read.
fn unread(says: &Says) -> Option<&str> {
    match says {
        Says::Unread(why) => Some(why),
        _ => None,
    }
}

/// Marks the settings of which the winner takes the effect.
fn overrule(settings: &mut [Setting], winner: usize) {
    for (index, setting) in settings.iter_mut().enumerate() {
        let speaks = matches!(setting.says, Says::Size(..) | Says::Ipc(_) | Says::Mount { .. });
        let own_ipc = setting.says == Says::Ipc(Ipc::Own);
        if index != winner && speaks && !own_ipc && setting.effect == Effect::Effective {
            setting.effect = Effect::None(Why::Overruled(winner));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::place::Place;
    use crate::text::source::{Source, Span};

    fn setting(says: Says) -> Setting {
        let place = Place::new(&Source::new("x", Vec::new()), Span::at(0));
        Setting { says, text: String::new(), value: String::new(), place, effect: Effect::Effective }
    }

    fn size(bytes: i64) -> Setting {
        setting(Says::Size(Dialect::Docker, Size::Bytes(bytes)))
    }

    fn mount(target: Target, what: Mounted) -> Setting {
        setting(Says::Mount { target, what, read_only: false })
    }

    fn docker(settings: &mut [Setting]) -> Shm {
        decide(Engine::Docker, DOCKER_DEFAULT, settings).0
    }

    #[test]
    fn a_mount_on_shm_beats_everything() {
        let mut settings = [
            mount(Target::Shm, Mounted::Memory(Some(1))),
            setting(Says::Ipc(Ipc::Host)),
            mount(Target::Dev, Mounted::Host),
            size(2),
        ];
        assert_eq!(docker(&mut settings), Shm::Tmpfs { bytes: Some(1) });
        assert_eq!(settings[3].effect, Effect::None(Why::Overruled(0)));
    }

    #[test]
    fn ipc_beats_a_size_and_the_last_word_counts() {
        assert_eq!(docker(&mut [setting(Says::Ipc(Ipc::Host)), size(2)]), Shm::Host);
        assert_eq!(
            docker(&mut [setting(Says::Ipc(Ipc::Host)), size(2), setting(Says::Ipc(Ipc::Own))]),
            Shm::Explicit { bytes: 2 }
        );
    }

    #[test]
    fn a_zero_takes_an_earlier_size_back() {
        let mut settings = [size(2), size(0)];
        assert_eq!(docker(&mut settings), Shm::Default { bytes: DOCKER_DEFAULT });
    }

    #[test]
    fn swarm_leaves_sizes_and_ipc_out() {
        let mut settings = [size(2), setting(Says::Ipc(Ipc::Host))];
        let (shm, _) = decide(Engine::Swarm, DOCKER_DEFAULT, &mut settings);
        assert_eq!(shm, Shm::Default { bytes: DOCKER_DEFAULT });
        assert_eq!(settings[0].effect, Effect::None(Why::Swarm));
    }

    #[test]
    fn the_hosts_dev_brings_its_shm_except_in_a_pod() {
        let decided = |engine| decide(engine, DOCKER_DEFAULT, &mut [mount(Target::Dev, Mounted::Host)]).0;
        assert_eq!(decided(Engine::Docker), Shm::Host);
        assert_eq!(decided(Engine::Swarm), Shm::Host);
        assert_eq!(decided(Engine::Kubernetes), Shm::Default { bytes: DOCKER_DEFAULT });
    }

    #[test]
    fn what_cannot_be_read_makes_only_the_default_unknown() {
        let unread = || setting(Says::Unread("a variable".into()));
        assert_eq!(docker(&mut [unread()]), Shm::Unknown("a variable".into()));
        assert_eq!(docker(&mut [unread(), size(2)]), Shm::Explicit { bytes: 2 });
    }
}
