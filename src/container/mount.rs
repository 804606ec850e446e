//! Mounts as engines of containers take them on command lines and in Compose's short form, as far as they touch
//! `/dev/shm`.

use crate::container::accelerator::fields;
use crate::container::workload::{Mounted, Target};
use crate::size::{Dialect, Size, is_open};

/// A mount that touches `/dev/shm`.
#[derive(Clone, Debug, PartialEq)]
pub struct Mount {
    /// Where it goes.
    pub target: Target,
    /// What it puts there.
    pub what: Mounted,
    /// Whether it cannot be written.
    pub read_only: bool,
    /// The size that is written for it, as it is written, who reads it, and as what.
    pub size: Option<(String, Dialect, Size)>,
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

/// Whether the text of a command mounts something on `/dev/shm`, or enlarges it: `mount -o remount,size=8g /dev/shm`.
pub fn mounts_shm(command: &str) -> bool {
    let mut words = command
        .split(|c: char| c.is_whitespace() || ";&|'\"()".contains(c))
        .skip_while(|word| !matches!(word.rsplit('/').next(), Some("mount")));
    words.next().is_some() && words.take(12).any(|word| target(word) == Some(Target::Shm))
}

/// Whether a capability that is added lets a container mount something.
pub fn may_mount(capability: &str) -> bool {
    ["SYS_ADMIN", "CAP_SYS_ADMIN", "ALL"].iter().any(|name| name.eq_ignore_ascii_case(capability))
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
        _ if in_folder() => Mounted::Disk("a directory of the host".into()),
        _ if is_open(source) && !source.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            Mounted::Unknown("its source is a variable that nothing sets".into())
        }
        _ if source.starts_with(['/', '.', '~']) || source.contains('\\') => {
            Mounted::Disk("a directory of the host".into())
        }
        _ => Mounted::Disk("a named volume".into()),
    }
}

/// Whether what stands behind a name begins a path below it, or nothing.
fn ends_name(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

/// The value of `--volume`: `[SOURCE:]TARGET[:OPTIONS]`.
pub fn volume(text: &str) -> Option<Mount> {
    let (source, path, options) = volume_parts(text);
    let read_only = options.split(',').any(|option| option == "ro" || option == "readonly");
    let target = target(path)?;
    if source.is_empty() {
        return Some(anonymous(target, read_only));
    }
    Some(Mount { target, what: bound(source, target), read_only, size: None, rank: Rank::Bound })
}

/// Source, target and options of a volume in the short form.
///
/// One letter before the first colon is a drive of Windows and no source of its own: `c:/dev/shm` is a volume without a
/// name on that odd path (docker/cli `cli/compose/loader/volume.go`).
pub fn volume_parts(text: &str) -> (&str, &str, &str) {
    let drive = matches!(text.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    let colon = |from: usize| colon(text.get(from..)?).map(|at| from + at);
    let part = |from: usize, to: Option<usize>| text.get(from..to.unwrap_or(text.len())).unwrap_or_default();
    let Some(first) = colon(if drive { 2 } else { 0 }).filter(|at| at + 1 < text.len()) else {
        return ("", text.strip_suffix(':').unwrap_or(text), "");
    };
    let second = colon(first + 1);
    (part(0, Some(first)), part(first + 1, second), second.map_or("", |second| part(second + 1, None)))
}

/// The first `:` outside of braces, in which the default of a variable may hold one.
fn colon(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    text.bytes().position(|byte| {
        match byte {
            b'{' | b'(' => depth += 1,
            b'}' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        byte == b':' && depth == 0
    })
}

/// Whether an option of which not all is known may mount something on `/dev/shm`, where what is known of it does not tell.
/// What is certainly a folder of the host is meant for elsewhere, and so is what has one name on both sides.
pub fn may_be_on_shm(name: &str, value: &str) -> bool {
    let field = |wanted: &[&str]| {
        fields(value).filter_map(|field| field.split_once('=')).find(|(key, _)| wanted.contains(key))
    };
    let (source, path) = match name {
        "volume" => {
            let (source, path, _) = volume_parts(value);
            (source, path)
        }
        "tmpfs" => ("", value.get(..colon(value).unwrap_or(value.len())).unwrap_or_default()),
        _ => match field(&["target", "dst", "destination"]) {
            Some((_, path)) => (field(&["source", "src"]).map_or("", |(_, source)| source), path),
            None => ("", value),
        },
    };
    let known = path.find(['$', '{', '<', '`', crate::size::HOLE]);
    let begins = known.is_some_and(|end| {
        let known = path.get(..end).unwrap_or_default();
        "/dev/shm/".starts_with(known) || known.starts_with("/dev/shm/")
    });
    let folder = FOLDERS.iter().any(|folder| source.starts_with(folder) || path.starts_with(folder));
    let elsewhere = source.starts_with(['/', '.', '~']) && target(source) != Some(Target::Shm);
    begins && !folder && !elsewhere && source != path && !path.starts_with("/dev/shm/")
}

fn anonymous(target: Target, read_only: bool) -> Mount {
    let what = Mounted::Disk("an anonymous volume".into());
    Mount { target, what, read_only, size: None, rank: Rank::Anonymous }
}

/// The value of `--tmpfs`, or of Compose's `tmpfs:`: `TARGET[:OPTIONS]`.
pub fn tmpfs(text: &str) -> Option<Mount> {
    let (path, options) = text.split_once(':').unwrap_or((text, ""));
    let target = target(path)?;
    // The kernel knows its options in small letters only.
    let named =
        |name: &str| options.split(',').rev().find_map(|option| option.strip_prefix(name)?.strip_prefix('='));
    let other = options
        .split(',')
        .filter_map(|option| option.split_once('='))
        .find(|(key, _)| *key != "size" && key.eq_ignore_ascii_case("size"));
    let read_only = options.split(',').any(|option| option == "ro");
    let size = match other {
        Some((key, size)) => {
            let refused = Size::Refused(format!("tmpfs: Unknown parameter '{key}'"));
            Some((size.to_owned(), Dialect::TmpfsOption, refused))
        }
        None => named("size").map(|size| sized(size, Dialect::TmpfsOption)),
    };
    Some(memory(target, read_only, size, Rank::Tmpfs))
}

/// A size with who reads it, and as what.
fn sized(text: &str, dialect: Dialect) -> (String, Dialect, Size) {
    (text.to_owned(), dialect, if is_open(text) { Size::Unknown } else { dialect.read(text) })
}

/// What parts one more option from a tmpfs mount that is written as `PATH[:OPTIONS]`. An empty option is refused.
pub fn before_option(tmpfs: &str) -> &'static str {
    match tmpfs {
        text if text.ends_with([':', ',']) => "",
        text if text.contains(':') => ",",
        _ => ":",
    }
}

/// The value of `--mount`: `type=…,source=…,target=…`, where `dialect` reads the size of a tmpfs. Keys and the type are read
/// in either case (docker/cli `opts/mount.go`).
pub fn mount(text: &str, dialect: Dialect) -> Option<Mount> {
    let find = |keys: &[&str]| {
        let pairs = fields(text).filter_map(|field| field.split_once('='));
        pairs
            .filter(|(key, _)| keys.contains(&key.to_ascii_lowercase().as_str()))
            .last()
            .map(|(_, value)| value)
    };
    let target = target(find(&["target", "dst", "destination"])?)?;
    let read_only = fields(text)
        .any(|field| matches!(field, "readonly" | "ro" | "readonly=true" | "ro=true" | "readonly=1"));
    let kind = find(&["type"]).map(str::to_ascii_lowercase);
    let source = find(&["source", "src"]);
    let what = match (kind.as_deref(), source) {
        (Some("tmpfs"), _) => {
            let refused = |size: &str| {
                let why = format!("unexpected key 'size' in 'size={size}'");
                (size.to_owned(), dialect, Size::Refused(why))
            };
            let size = find(&["tmpfs-size"]).map(|size| sized(size, dialect));
            let size = find(&["size"]).map(refused).or(size);
            return Some(memory(target, read_only, size, Rank::MountTmpfs));
        }
        (None | Some("volume"), _) if fields(text).any(|field| field == "volume-opt=type=tmpfs") => {
            // The local driver passes the option `o` on to the kernel.
            let options = fields(text).find_map(|field| field.strip_prefix("volume-opt=o="));
            let size = options.and_then(|all| all.split(',').find_map(|option| option.strip_prefix("size=")));
            Mounted::Memory(size.and_then(|size| Dialect::TmpfsOption.read(size).bytes()))
        }
        (Some("bind"), None) => Mounted::Unknown("the bind names no source".into()),
        (None | Some("bind" | "volume" | "image"), Some(source)) => bound(source, target),
        (None | Some("volume"), None) => Mounted::Disk("an anonymous volume".into()),
        (Some(kind), _) => Mounted::Unknown(format!("a mount of type {kind} is not known")),
    };
    Some(Mount { target, what, read_only, size: None, rank: Rank::Bound })
}

fn memory(target: Target, read_only: bool, size: Option<(String, Dialect, Size)>, rank: Rank) -> Mount {
    let bytes = size.as_ref().and_then(|(_, _, size)| size.bytes());
    Mount { target, what: Mounted::Memory(bytes), read_only, size, rank }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn docker(text: &str) -> Option<Mount> {
        mount(text, Dialect::TmpfsSize)
    }

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
            (Target::Shm, Mounted::Disk("a directory of the host".into()))
        );
        assert_eq!(what(volume("cache:/dev/shm")), (Target::Shm, Mounted::Disk("a named volume".into())));
        assert_eq!(
            what(volume("C:\\x:/dev/shm")),
            (Target::Shm, Mounted::Disk("a directory of the host".into()))
        );
        assert!(volume("/dev/shm:/dev/shm:ro").unwrap().read_only);
        assert_eq!(volume("/dev/shm:/data"), None);
        assert_eq!(volume("C:\\x:/data"), None);
        assert_eq!(volume("c:/dev/shm"), None);
        assert_eq!(volume("/dev/shm:dev/shm"), None);
        let folder = || Mounted::Disk("a directory of the host".into());
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
        let mounted = |text| docker(text).map(|mount| mount.what);
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
        assert!(rank(docker("type=bind,src=/dev/shm,dst=/dev/shm")) < rank(tmpfs("/dev/shm")));
        assert!(rank(tmpfs("/dev/shm")) < rank(docker("type=tmpfs,dst=/dev/shm")));
    }

    #[test]
    fn what_is_not_known_may_be_on_shm() {
        for value in ["$V", "${V:-/a:/b}", "$A:$B", "/dev/shm:$D", "cache:/dev/${X}", "xx:/dev/shm$X"] {
            assert!(may_be_on_shm("volume", value), "{value}");
        }
        for value in [
            "$PWD",
            "$(pwd):/w",
            "./x:$T",
            "$A:$A",
            "$A:/data",
            "$HOME/a:$HOME/b",
            "cache:/d/$X",
            "/a:/dev/shm/$X",
        ] {
            assert!(!may_be_on_shm("volume", value), "{value}");
        }
        assert!(may_be_on_shm("tmpfs", "$T") && may_be_on_shm("mount", "type=tmpfs,dst=$T"));
        assert!(
            !may_be_on_shm("tmpfs", "/run:$OPTIONS") && !may_be_on_shm("mount", "type=bind,src=/x,dst=/y$T")
        );
    }

    #[test]
    fn a_size_that_is_not_known_is_not_refused() {
        let size = |mount: Option<Mount>| mount.unwrap().size.unwrap().2;
        assert_eq!(size(tmpfs("/dev/shm:size=${X}g")), Size::Unknown);
        assert_eq!(size(docker("type=tmpfs,dst=/dev/shm,tmpfs-size=$X")), Size::Unknown);
        assert!(matches!(size(docker("type=tmpfs,dst=/dev/shm,size=300m")), Size::Refused(_)));
        assert!(matches!(size(tmpfs("/dev/shm:SIZE=300m")), Size::Refused(_)));
    }

    #[test]
    fn memory_mounts_carry_their_size() {
        assert_eq!(what(tmpfs("/dev/shm:rw,size=256m")), (Target::Shm, Mounted::Memory(Some(256 << 20))));
        assert_eq!(what(tmpfs("/dev/shm/sub")), (Target::BelowShm, Mounted::Memory(None)));
        assert_eq!(
            what(docker("type=tmpfs,dst=/dev/shm,tmpfs-size=1gb")),
            (Target::Shm, Mounted::Memory(Some(1 << 30)))
        );
        assert_eq!(what(docker("type=bind,src=/dev/shm,target=/dev/shm")), (Target::Shm, Mounted::Host));
        assert_eq!(docker("type=bind,src=/a,dst=/b"), None);
    }
}
