//! The one model that all platforms share: a container that some file starts, what shows that it asks for a GPU, every
//! place that speaks of its `/dev/shm`, and what it will really get.

mod gpu;

pub use gpu::{Evidence, Gpu, GpuCount, Verdict};

use std::sync::Arc;

use crate::size::{Dialect, Size, suggest};
use crate::source::{Position, Source, Span};

/// A span of one file.
#[derive(Clone, Debug)]
pub struct Place {
    /// The file.
    pub source: Arc<Source>,
    /// Bytes in it.
    pub span: Span,
}

impl Place {
    /// `span` of `source`.
    pub fn new(source: &Arc<Source>, span: Span) -> Self {
        Self { source: Arc::clone(source), span }
    }

    /// The path as reports show it.
    pub fn path(&self) -> &str {
        self.source.path()
    }

    /// Where it begins.
    pub fn start(&self) -> Position {
        self.source.position(self.span.start)
    }

    /// Where it ends: the place behind its last character.
    pub fn end(&self) -> Position {
        self.source.position(self.span.end)
    }

    /// The text there.
    pub fn text(&self) -> &str {
        self.source.slice(self.span)
    }
}

/// Where a workload was found. The words are part of the contract of the JSON reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Platform {
    /// A service of a Compose file.
    Compose,
    /// A `docker run` or one of its kin.
    DockerRun,
    /// A container of a pod spec, or a custom resource that stands for one.
    Kubernetes,
    /// A development container.
    Devcontainer,
    /// A job's container of GitHub, GitLab or Jenkins.
    CiContainer,
    /// A systemd unit of Podman.
    Quadlet,
}

impl Platform {
    /// The word for it in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compose => "compose",
            Self::DockerRun => "docker-run",
            Self::Kubernetes => "kubernetes",
            Self::Devcontainer => "devcontainer",
            Self::CiContainer => "ci-container",
            Self::Quadlet => "quadlet",
        }
    }
}

/// What will start the container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// Docker, and what behaves as Docker does.
    Docker,
    /// Podman.
    Podman,
    /// nerdctl on containerd.
    Nerdctl,
    /// `docker stack deploy`.
    Swarm,
    /// A kubelet.
    Kubernetes,
}

/// Whose `/dev/shm` an `ipc` setting gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ipc {
    /// One of the container's own (`private`, `shareable`, or the engine's default).
    Own,
    /// The host's.
    Host,
    /// None is mounted.
    None,
    /// That of another container or service: its name, and its size where it is in the same unit.
    Of {
        /// The other's name.
        name: String,
        /// The other's verdict, if the other was found.
        shm: Option<Box<Shm>>,
    },
    /// Not to be known: the reason.
    Unknown(String),
}

/// What a mount puts on its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mounted {
    /// Memory of the container's own: its size in bytes where there is one.
    Memory(Option<u64>),
    /// The host's `/dev/shm` or `/dev`.
    Host,
    /// A directory on disk: what it is, with its article (`a named volume`, `an emptyDir on disk`, `a claim`).
    Disk(String),
    /// Not to be known: the reason.
    Unknown(String),
}

/// Where a mount goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// `/dev/shm` itself.
    Shm,
    /// `/dev`, which hides the engine's own `/dev/shm` in Docker.
    Dev,
    /// A folder below `/dev/shm`, which does nothing for it.
    BelowShm,
}

/// What one setting says.
#[derive(Clone, Debug, PartialEq)]
pub enum Says {
    /// A size for the container's own `/dev/shm`: who reads it, and as what.
    Size(Dialect, Size),
    /// A size for building the image, which does nothing at run time: `build.shm_size`, or `docker build --shm-size` in the
    /// same file of the image that is run.
    BuildSize(Dialect, Size),
    /// Whose `/dev/shm` it is.
    Ipc(Ipc),
    /// A mount.
    Mount {
        /// Where it goes.
        target: Target,
        /// What it puts there.
        what: Mounted,
        /// Whether it cannot be written.
        read_only: bool,
    },
    /// The size written for a memory mount on `/dev/shm`, beside the mount itself: a tmpfs option, a `sizeLimit`.
    MountSize(Dialect, Size),
    /// A declared memory volume, made for shm by its name or place, that this container does not mount on `/dev/shm`.
    Volume {
        /// The volume's name.
        name: String,
        /// Where else it is mounted, as it follows "not on /dev/shm but": "on `/dev/smh`", "in container 'proxy' only". Nothing
        /// if nowhere.
        mounted: Option<String>,
    },
    /// A flag that the engine does not read as its own.
    Flag {
        /// The flag as it should be spelt: `--shm-size=2g`.
        meant: String,
    },
    /// Something that sets it outside of the file: the operator or chart that does, and the size where it is known.
    Provider {
        /// Its name.
        name: String,
        /// The source that shows it.
        reference: String,
        /// Bytes.
        bytes: Option<u64>,
    },
    /// Something that cannot be read and may set it: the reason.
    Unread(String),
}

/// Whether a setting counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It decides, or would if nothing of higher rank were there to the same end.
    Effective,
    /// It does nothing: the reason, as a clause that follows "because".
    None(Why),
}

/// Why a setting does nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It stands behind the image, so it goes to the program.
    BehindImage,
    /// The option before it takes it for its value.
    SwallowedBy(String),
    /// The engine knows no such flag: how it is misspelt.
    Misspelt,
    /// A later or higher-ranking setting decides: index into [`Workload::settings`].
    Overruled(usize),
    /// `docker stack deploy` leaves it out.
    Swarm,
    /// It holds for building the image only.
    BuildOnly,
    /// The engine reads the value as none.
    ReadAsNothing,
    /// The engine refuses the value.
    Refused,
    /// It is mounted below `/dev/shm`, or elsewhere, or not at all.
    NotOnShm,
    /// The members of a pod share the `/dev/shm` of the pod.
    PodMember,
}

/// One place that speaks of `/dev/shm`, also where it is of no use.
#[derive(Clone, Debug)]
pub struct Setting {
    /// What it says.
    pub says: Says,
    /// As it is written, shortened to one line: `shm_size: 8g`, `--ipc=host`.
    pub text: String,
    /// The value alone, where there is one: `8g`.
    pub value: String,
    /// Where it stands, flag or key and value.
    pub place: Place,
    /// Whether it counts.
    pub effect: Effect,
}

impl Setting {
    /// The size that is written here, and who reads it.
    pub fn size(&self) -> Option<(Dialect, &Size)> {
        match &self.says {
            Says::Size(dialect, size) | Says::BuildSize(dialect, size) | Says::MountSize(dialect, size) => {
                Some((*dialect, size))
            }
            _ => None,
        }
    }

    /// `bytes` as it is to be written in place of the value here: with the digits that stand there wherever they can stay
    /// (`8Gi` becomes `8g`). Nothing where no size stands here.
    pub fn spell(&self, bytes: u64) -> Option<String> {
        let (dialect, size) = self.size()?;
        let meant = suggest(dialect, &self.value, size).filter(|meant| meant.bytes == bytes);
        Some(meant.map_or_else(|| dialect.write(bytes), |meant| meant.text))
    }
}

/// What `/dev/shm` will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shm {
    /// The engine's default: 67108864 bytes for Docker, 65536000 for Podman.
    Default {
        /// Bytes.
        bytes: u64,
    },
    /// A written size that takes effect.
    Explicit {
        /// Bytes.
        bytes: u64,
    },
    /// The host's.
    Host,
    /// A memory mount of its own; without a size half of the host's memory, or what the node allows.
    Tmpfs {
        /// Bytes.
        bytes: Option<u64>,
    },
    /// A directory on disk.
    Disk,
    /// Another container's.
    Shared {
        /// The other's name.
        with: String,
        /// Bytes, where the other's size is known.
        bytes: Option<u64>,
    },
    /// There is none.
    None,
    /// Not to be known: the reason.
    Unknown(String),
}

impl Shm {
    /// The word for it in the list.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Default { .. } => "default",
            Self::Explicit { .. } => "explicit",
            Self::Host => "host",
            Self::Tmpfs { .. } => "tmpfs",
            Self::Disk => "disk",
            Self::Shared { .. } => "shared",
            Self::None => "none",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Its bound in bytes; nothing where there is none or it is unknown.
    pub fn bytes(&self) -> Option<u64> {
        match self {
            Self::Default { bytes } | Self::Explicit { bytes } => Some(*bytes),
            Self::Tmpfs { bytes } | Self::Shared { bytes, .. } => *bytes,
            Self::Host | Self::Disk | Self::None | Self::Unknown(_) => None,
        }
    }
}

/// A container that a file starts, resolved as its engine would.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Where it was found.
    pub platform: Platform,
    /// What starts it.
    pub engine: Engine,
    /// What shows that it is this engine, where the sort of file alone does not: a `docker stack deploy` that names it, a
    /// key that only Swarm knows.
    pub engine_evidence: Option<Evidence>,
    /// The service's or container's name; for command lines the image as written.
    pub name: String,
    /// What else it is called where it is written: the container, the dev container, the folder that its image is built from.
    pub other_names: Vec<String>,
    /// The contract's line: the service key, the engine word, the container's list item.
    pub place: Place,
    /// The sort of object that starts it, where its platform has several: `InferenceService`.
    pub kind: Option<String>,
    /// The template that the text was rendered from, where it says so itself: Helm's `# Source:` comment.
    pub rendered_from: Option<Evidence>,
    /// The image as written, variables resolved where the file resolves them.
    pub image: Option<String>,
    /// The image that its own is built from, where the Dockerfile tells and the workload asks for a GPU.
    pub built_from: Option<String>,
    /// Entrypoint and command, word by word; also those that the Dockerfile behind `build:` tells.
    pub command: Vec<String>,
    /// Environment variables with literal values.
    pub environment: Vec<(String, String)>,
    /// Whether it asks for a GPU.
    pub gpu: Gpu,
    /// Every place that speaks of its `/dev/shm`.
    pub settings: Vec<Setting>,
    /// What it gets.
    pub shm: Shm,
    /// The setting that decides, as an index into `settings`; nothing where no setting does.
    pub decided_by: Option<usize>,
    /// The memory limit, in bytes, and where it is written.
    pub memory_limit: Option<(u64, Place)>,
    /// The index in the reading of the workload whose `/dev/shm` this one joins, where that is in the same unit: a fix goes
    /// to that one.
    pub joins: Option<usize>,
    /// Whether another of the unit joins this one's, which could not join a private one. Set as a reading takes the workloads.
    pub is_joined: bool,
    /// The index in the reading of the same container at another place, where it is reported: a service of a base file that is
    /// merged with its override is listed in both. A base that only others extend points to one of them.
    pub same_as: Option<usize>,
}

impl Workload {
    /// A workload of which nothing but the name and place is known yet.
    pub fn new(platform: Platform, engine: Engine, name: impl Into<String>, place: Place) -> Self {
        Self {
            platform,
            engine,
            engine_evidence: None,
            name: name.into(),
            other_names: Vec::new(),
            place,
            kind: None,
            rendered_from: None,
            image: None,
            built_from: None,
            command: Vec::new(),
            environment: Vec::new(),
            gpu: Gpu::default(),
            settings: Vec::new(),
            shm: Shm::Unknown("not resolved".into()),
            decided_by: None,
            memory_limit: None,
            joins: None,
            is_joined: false,
            same_as: None,
        }
    }

    /// The setting that decides what `/dev/shm` is.
    pub fn deciding(&self) -> Option<&Setting> {
        self.settings.get(self.decided_by?)
    }

    /// What the platform's people call it: `service 'trainer'`.
    pub fn title(&self) -> String {
        let kind = match self.platform {
            Platform::Compose => "service",
            _ => "container",
        };
        format!("{kind} '{}'", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_spelt_with_the_digits_that_stand_there() {
        let place = Place::new(&Source::new("x", Vec::new()), Span::at(0));
        let says = Says::Size(Dialect::Docker, Dialect::Docker.read("8Gi"));
        let (text, value) = ("--shm-size=8Gi".into(), "8Gi".into());
        let setting = Setting { says, text, value, place, effect: Effect::Effective };
        assert_eq!(setting.spell(8 << 30).as_deref(), Some("8g"));
        assert_eq!(setting.spell(3 << 20).as_deref(), Some("3m"));
        assert_eq!(Setting { says: Says::Ipc(Ipc::Host), ..setting }.spell(1), None);
    }
}
