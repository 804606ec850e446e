//! Mounts as engines of containers take them on command lines and in Compose's short form, as far as they touch
//! `/dev/shm`.

use crate::size::{Dialect, Size};
use crate::workload::{Mounted, Target};

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
}

/// Where a path in the container lies, if it matters.
pub fn target(path: &str) -> Option<Target> {
    let mut parts = path.split('/').filter(|part| !part.is_empty() && *part != ".");
    match (path.starts_with('/'), parts.next(), parts.next(), parts.next()) {
        (true, Some("dev"), Some("shm"), None) => Some(Target::Shm),
        (true, Some("dev"), Some("shm"), Some(_)) => Some(Target::BelowShm),
        (true, Some("dev"), None, None) => Some(Target::Dev),
        _ => None,
    }
}

/// What a bind of `source`, or a volume of that name, puts on its target. Only the host's `/dev` on `/dev` and the host's
/// `/dev/shm` are memory.
fn bound(source: &str, to: Target) -> Mounted {
    match (target(source), to) {
        (Some(Target::Shm | Target::BelowShm), Target::Shm | Target::BelowShm)
        | (Some(Target::Dev), Target::Dev) => Mounted::Host,
        _ if source.contains(['$', '{', '<']) => Mounted::Unknown(format!("{source} is not known")),
        _ if source.starts_with(['/', '.', '~']) || source.contains('\\') => {
            Mounted::Disk("a folder of the host".into())
        }
        _ => Mounted::Disk("a named volume".into()),
    }
}

/// The value of `--volume`, or a short volume of Compose: `[SOURCE:]TARGET[:OPTIONS]`.
pub fn volume(text: &str) -> Option<Mount> {
    // A drive letter of Windows is no source of its own.
    let drive = matches!(text.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    let (head, rest) = text.split_at_checked(if drive { 2 } else { 0 })?;
    let mut fields = rest.split(':');
    let first = fields.next()?;
    let second = fields.next();
    let options = fields.next().unwrap_or_default();
    let (source, path) = match second {
        Some(path) if path.starts_with(['/', '$', '{', '<']) => (Some(format!("{head}{first}")), path),
        _ => (None, first),
    };
    let target = target(path)?;
    let what =
        source.map_or_else(|| Mounted::Disk("an anonymous volume".into()), |source| bound(&source, target));
    let read_only = options.split(',').any(|option| option == "ro" || option == "readonly");
    Some(Mount { target, what, read_only, size: None })
}

/// The value of `--tmpfs`, or of Compose's `tmpfs:`: `TARGET[:OPTIONS]`.
pub fn tmpfs(text: &str) -> Option<Mount> {
    let (path, options) = text.split_once(':').unwrap_or((text, ""));
    let target = target(path)?;
    let size = options.split(',').rev().find_map(|option| option.strip_prefix("size="));
    let read_only = options.split(',').any(|option| option == "ro");
    Some(memory(target, read_only, size, Dialect::TmpfsOption))
}

/// The value of `--mount`: `type=…,source=…,target=…`.
pub fn mount(text: &str) -> Option<Mount> {
    let fields = || text.split(',').map(|field| field.trim_matches('"'));
    let find = |keys: &[&str]| {
        let pairs = || fields().filter_map(|field| field.split_once('='));
        pairs().rfind(|(key, _)| keys.contains(&key.to_ascii_lowercase().as_str())).map(|(_, value)| value)
    };
    let target = target(find(&["target", "dst", "destination"])?)?;
    let flagged =
        fields().any(|field| matches!(field, "readonly" | "ro" | "readonly=true" | "ro=true" | "readonly=1"));
    match find(&["type"]) {
        Some("tmpfs") => Some(memory(target, flagged, find(&["tmpfs-size"]), Dialect::TmpfsSize)),
        kind => {
            let what = match find(&["source", "src"]) {
                Some(source) => bound(source, target),
                None if kind == Some("bind") => Mounted::Unknown("the bind names no source".into()),
                None => Mounted::Disk("an anonymous volume".into()),
            };
            Some(Mount { target, what, read_only: flagged, size: None })
        }
    }
}

fn memory(target: Target, read_only: bool, size: Option<&str>, dialect: Dialect) -> Mount {
    let bytes = size.and_then(|size| dialect.read(size).bytes());
    let what = match size {
        Some(text) if text.contains(['$', '{', '<']) => Mounted::Memory(None),
        _ => Mounted::Memory(bytes),
    };
    Mount { target, what, read_only, size: size.map(|text| (text.to_owned(), dialect)) }
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
