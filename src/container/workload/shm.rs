//! What a container's `/dev/shm` is, and the settings that say so.

use crate::size::{Dialect, Size, suggest};
use crate::text::place::Place;

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
        /// Its size in bytes, where one is written.
        bytes: Option<u64>,
    },
    /// A medium of a volume that the kubelet refuses: whether memory was meant.
    Medium {
        /// Whether it is `Memory` in other letters.
        meant: bool,
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

impl Default for Shm {
    fn default() -> Self {
        Self::Unknown("not resolved".into())
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::source::{Source, Span};

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
