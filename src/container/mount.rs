//! Mounts as engines of containers take them on command lines and in Compose's short form, as far as they touch
//! `/dev/shm`.

use crate::container::workload::{Mounted, Target};
use crate::size::{Dialect, Size};

/// A mount that touches `/dev/shm`.
#[derive(Clone, Debug, PartialEq)]
pub struct Mount {
    /// Where it goes.
    pub target: Target,
    /// What it puts there.
    pub what: Mounted,
    /// Whether it cannot be written.
    pub read_only: bool,
    /// The size that is written for it, as it is written, and who reads it.
    pub size: Option<(String, Dialect)>,
    /// Which of several on one path holds.
    pub rank: Rank,
}

/// How a mount was asked for. Of several on one path the greatest holds, whatever their order; two binds or two of
/// `--mount` are refused as `Duplicate mount point` (seen with Docker 20.10.24).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// A volume without a name.
    Anonymous,
    /// A bind or a named volume.
    Bound,
    /// `--tmpfs`.
    Tmpfs,
    /// `--mount type=tmpfs`.
    MountTmpfs,
}

/// Where a path in the container lies, if it matters. The engine cleans paths as they are written, without a look at
/// links: `/dev/x/../shm` is `/dev/shm` (Go's `path.Clean`).
pub fn target(path: &str) -> Option<Target> {
    match (path.starts_with('/'), cleaned(path).as_slice()) {
        (true, ["dev", "shm"]) => Some(Target::Shm),
        (true, ["dev", "shm", _, ..]) => Some(Target::BelowShm),
        (true, ["dev"]) => Some(Target::Dev),
        _ => None,
    }
}

/// The parts of an absolute path.
fn cleaned(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts
}

/// Beginnings of sources that are folders of the host wherever a script runs.
const FOLDERS: [&str; 5] = ["$HOME", "${HOME}", "$PWD", "${PWD}", "$(pwd)"];

/// What a bind of `source`, or a volume of that name, puts on its target. Only the host's `/dev` on `/dev` and the host's
/// `/dev/shm` are memory; `/run/shm` is another name of that on Debian and Ubuntu.
pub fn bound(source: &str, to: Target) -> Mounted {
    let in_folder = || FOLDERS.iter().any(|folder| source.strip_prefix(folder).is_some_and(ends_name));
    match (target(source), to) {
        (Some(Target::Shm | Target::BelowShm), Target::Shm | Target::BelowShm)
        | (Some(Target::Dev), Target::Dev) => Mounted::Host,
        _ if to == Target::Shm && source.starts_with('/') && cleaned(source) == ["run", "shm"] => {
            Mounted::Host
        }
        _ if in_folder() => Mounted::Disk("a folder of the host".into()),
        _ if source.contains(['$', '{', '<']) => Mounted::Unknown(format!("{source} is not known")),
        _ if source.starts_with(['/', '.', '~']) || source.contains('\\') => {
            Mounted::Disk("a folder of the host".into())
        }
        _ => Mounted::Disk("a named volume".into()),
    }
}

/// Whether what stands behind a name begins a path below it, or nothing.
fn ends_name(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

/// The value of `--volume`: `[SOURCE:]TARGET[:OPTIONS]`.
///
/// One letter before the first colon is a drive of Windows and no source of its own: `c:/dev/shm` is a volume without a
/// name on that odd path (docker/cli `cli/compose/loader/volume.go`).
pub fn volume(text: &str) -> Option<Mount> {
    let drive = matches!(text.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    let (_, rest) = text.split_at_checked(if drive { 2 } else { 0 })?;
    let (first, behind) = rest.split_once(':').unwrap_or((rest, ""));
    let (path, options) = behind.split_once(':').unwrap_or((behind, ""));
    let read_only = options.split(',').any(|option| option == "ro" || option == "readonly");
    if behind.is_empty() {
        return target(text).map(|target| anonymous(target, read_only));
    }
    let source = text.get(..text.len() - rest.len() + first.len())?;
    let target = target(path)?;
    Some(Mount { target, what: bound(source, target), read_only, size: None, rank: Rank::Bound })
}

fn anonymous(target: Target, read_only: bool) -> Mount {
    let what = Mounted::Disk("an anonymous volume".into());
    Mount { target, what, read_only, size: None, rank: Rank::Anonymous }
}

/// The value of `--tmpfs`, or of Compose's `tmpfs:`: `TARGET[:OPTIONS]`.
pub fn tmpfs(text: &str) -> Option<Mount> {
    let (path, options) = text.split_once(':').unwrap_or((text, ""));
    let target = target(path)?;
    let size = options.split(',').rev().find_map(|option| option.strip_prefix("size="));
    let read_only = options.split(',').any(|option| option == "ro");
    Some(memory(target, read_only, size, Dialect::TmpfsOption))
}

/// What parts one more option from a tmpfs mount that is written as `PATH[:OPTIONS]`. An empty option is refused.
pub fn before_option(tmpfs: &str) -> &'static str {
    match tmpfs {
        text if text.ends_with([':', ',']) => "",
        text if text.contains(':') => ",",
        _ => ":",
    }
}

/// The value of `--mount`: `type=…,source=…,target=…`. Keys and the type are read in either case (docker/cli
/// `opts/mount.go`).
pub fn mount(text: &str) -> Option<Mount> {
    let fields = || text.split(',').map(|field| field.trim_matches('"'));
    let find = |keys: &[&str]| {
        let pairs = || fields().filter_map(|field| field.split_once('='));
        pairs().rfind(|(key, _)| keys.contains(&key.to_ascii_lowercase().as_str())).map(|(_, value)| value)
    };
    let target = target(find(&["target", "dst", "destination"])?)?;
    let flagged =
        fields().any(|field| matches!(field, "readonly" | "ro" | "readonly=true" | "ro=true" | "readonly=1"));
    let kind = find(&["type"]).map(str::to_ascii_lowercase);
    let source = find(&["source", "src"]);
    let what = match (kind.as_deref(), source) {
        (Some("tmpfs"), _) => {
            let mount = memory(target, flagged, find(&["tmpfs-size"]), Dialect::TmpfsSize);
            return Some(Mount { rank: Rank::MountTmpfs, ..mount });
        }
        (None | Some("volume"), _) if fields().any(|field| field == "volume-opt=type=tmpfs") => {
            // The local driver passes the option `o` on to the kernel.
            let size = fields().find_map(|field| field.strip_prefix("volume-opt=o=size="));
            Mounted::Memory(size.and_then(|size| Dialect::TmpfsOption.read(size).bytes()))
        }
        (Some("bind"), None) => Mounted::Unknown("the bind names no source".into()),
        (None | Some("bind" | "volume" | "image"), Some(source)) => bound(source, target),
        (None | Some("volume"), None) => Mounted::Disk("an anonymous volume".into()),
        (Some(kind), _) => Mounted::Unknown(format!("a mount of type {kind} is not known")),
    };
    Some(Mount { target, what, read_only: flagged, size: None, rank: Rank::Bound })
}

fn memory(target: Target, read_only: bool, size: Option<&str>, dialect: Dialect) -> Mount {
    let bytes = size.and_then(|size| dialect.read(size).bytes());
    let what = match size {
        Some(text) if text.contains(['$', '{', '<']) => Mounted::Memory(None),
        _ => Mounted::Memory(bytes),
    };
    let size = size.map(|text| (text.to_owned(), dialect));
    Mount { target, what, read_only, size, rank: Rank::Tmpfs }
}

impl Mount {
    /// What the engine makes of the size that is written for it.
    pub fn read_size(&self) -> Option<(Dialect, Size)> {
        self.size.as_ref().map(|(text, dialect)| (*dialect, dialect.read(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(mount: Option<Mount>) -> (Target, Mounted) {
        let mount = mount.unwrap();
        (mount.target, mount.what)
    }

    #[test]
    fn volumes_are_told_by_source_and_target() {
        assert_eq!(what(volume("/dev/shm:/dev/shm")), (Target::Shm, Mounted::Host));
        assert_eq!(what(volume("/dev:/dev:ro")), (Target::Dev, Mounted::Host));
        assert_eq!(
            what(volume("/tmp:/dev/shm/")),
            (Target::Shm, Mounted::Disk("a folder of the host".into()))
        );
        assert_eq!(what(volume("cache:/dev/shm")), (Target::Shm, Mounted::Disk("a named volume".into())));
        assert_eq!(
            what(volume("C:\\x:/dev/shm")),
            (Target::Shm, Mounted::Disk("a folder of the host".into()))
        );
        assert!(volume("/dev/shm:/dev/shm:ro").unwrap().read_only);
        assert_eq!(volume("/dev/shm:/data"), None);
        assert_eq!(volume("C:\\x:/data"), None);
        assert_eq!(volume("c:/dev/shm"), None);
        assert_eq!(volume("/dev/shm:dev/shm"), None);
        let folder = || Mounted::Disk("a folder of the host".into());
        assert_eq!(what(volume("$HOME/x:/dev/shm")), (Target::Shm, folder()));
        assert_eq!(what(volume("$(pwd):/dev/shm")), (Target::Shm, folder()));
        assert!(matches!(what(volume("$HOMES/x:/dev/shm")).1, Mounted::Unknown(_)));
        assert_eq!(what(volume("/run/shm/:/dev/shm")), (Target::Shm, Mounted::Host));
    }

    #[test]
    fn paths_are_cleaned_as_they_are_written() {
        assert_eq!(target("/dev/x/../shm/"), Some(Target::Shm));
        assert_eq!(target("//dev/./shm/y/.."), Some(Target::Shm));
        assert_eq!(target("/../dev"), Some(Target::Dev));
        assert_eq!(target("/dev/shm/.."), Some(Target::Dev));
        assert_eq!(target("dev/shm"), None);
    }

    #[test]
    fn a_mount_is_told_by_its_type() {
        let mounted = |text| mount(text).map(|mount| mount.what);
        assert_eq!(mounted("Type=TMPFS,dst=/dev/shm"), Some(Mounted::Memory(None)));
        assert_eq!(mounted("dst=/dev/shm"), Some(Mounted::Disk("an anonymous volume".into())));
        assert!(matches!(mounted("type=foo,dst=/dev/shm"), Some(Mounted::Unknown(_))));
        let driver = "type=volume,dst=/dev/shm,volume-opt=type=tmpfs,volume-opt=o=size=1g";
        assert_eq!(mounted(driver), Some(Mounted::Memory(Some(1 << 30))));
    }

    #[test]
    fn mounts_on_one_path_have_a_rank() {
        let rank = |mount: Option<Mount>| mount.unwrap().rank;
        assert!(rank(volume("/dev/shm")) < rank(volume("/dev/shm:/dev/shm")));
        assert!(rank(mount("type=bind,src=/dev/shm,dst=/dev/shm")) < rank(tmpfs("/dev/shm")));
        assert!(rank(tmpfs("/dev/shm")) < rank(mount("type=tmpfs,dst=/dev/shm")));
    }

    #[test]
    fn memory_mounts_carry_their_size() {
        assert_eq!(what(tmpfs("/dev/shm:rw,size=256m")), (Target::Shm, Mounted::Memory(Some(256 << 20))));
        assert_eq!(what(tmpfs("/dev/shm/sub")), (Target::BelowShm, Mounted::Memory(None)));
        assert_eq!(
            what(mount("type=tmpfs,dst=/dev/shm,tmpfs-size=1gb")),
            (Target::Shm, Mounted::Memory(Some(1 << 30)))
        );
        assert_eq!(what(mount("type=bind,src=/dev/shm,target=/dev/shm")), (Target::Shm, Mounted::Host));
        assert_eq!(mount("type=bind,src=/a,dst=/b"), None);
    }
}
