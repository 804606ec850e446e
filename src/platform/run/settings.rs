//! Every option of a command line that speaks of `/dev/shm`, also those that do nothing for it.

use super::workload::{Subset, dialect, whole, written};
use super::{Field, Invocation, OptionUse, Spot};
use crate::container::mount::{self, Mount, Rank};
use crate::container::workload::{Effect, Engine, Ipc, Says, Setting, Why};

/// The settings in the order in which the engine reads them. With `subset` only those of its options.
pub(super) fn settings(invocation: &Invocation, subset: Option<&Subset<'_>>) -> Vec<Setting> {
    let mut found: Vec<(Option<Rank>, Setting)> = Vec::new();
    for (index, option) in invocation.options.iter().enumerate() {
        if subset.is_none_or(|subset| subset.holds(index, option)) {
            found.extend(of_option(invocation.engine, option));
        }
    }
    // Of several mounts on one path the last in this order holds.
    found.sort_by_key(|(rank, _)| *rank);
    let mut settings: Vec<Setting> = found.into_iter().map(|(_, setting)| setting).collect();
    settings.extend(misplaced(invocation));
    settings.extend(invocation.unread.iter().filter_map(|unread| {
        let why = format!("{} may set it", unread.field.value);
        setting(Says::Unread(why), &unread.field, String::new())
    }));
    settings.extend(invocation.build_size.iter().map(|build| {
        let dialect = dialect(invocation.engine);
        let says = Says::BuildSize(dialect, dialect.read(&build.value));
        let text = build.spot.text().split_whitespace().collect::<Vec<_>>().join(" ");
        placed(says, text, build.value.clone(), &build.spot)
    }));
    share_with_pod(invocation, &mut settings);
    settings
}

fn setting(says: Says, field: &Field, value: String) -> Option<Setting> {
    Some(placed(says, field.value.clone(), value, &field.spot()?))
}

fn placed(says: Says, text: String, value: String, spot: &Spot) -> Setting {
    Setting { says, text, value, place: spot.layer.place(spot.span), effect: Effect::Effective }
}

/// What one option says, with its rank among mounts.
fn of_option(engine: Engine, option: &OptionUse) -> Vec<(Option<Rank>, Setting)> {
    let Some(spot) = whole(option) else { return Vec::new() };
    let field = option.value.as_ref();
    let value = field.map_or("", |field| field.value.as_str());
    let known = field.is_none_or(Field::is_known);
    let make = |says| placed(says, written(option), value.to_owned(), &spot);
    if !option.known {
        return misspelt(option).map(|says| without_effect(make(says), Why::Misspelt)).into_iter().collect();
    }
    if let Some(meant) =
        field.filter(|_| option.apart).and_then(|field| meant_flag(std::slice::from_ref(field)))
    {
        return vec![without_effect(make(Says::Flag { meant }), Why::SwallowedBy(option.flag.value.clone()))];
    }
    match option.name.as_str() {
        "shm-size" if known => vec![(None, make(Says::Size(dialect(engine), dialect(engine).read(value))))],
        "shm-size" => {
            vec![(None, make(Says::Unread(format!("its size is {value}, which the file does not tell"))))]
        }
        "ipc" => vec![(None, make(Says::Ipc(ipc(value, known))))],
        "volume" => mounted(mount::volume(value), make),
        "tmpfs" => mounted(mount::tmpfs(value), make),
        "mount" => mounted(mount::mount(value), make),
        _ => Vec::new(),
    }
}

fn without_effect(setting: Setting, why: Why) -> (Option<Rank>, Setting) {
    (None, Setting { effect: Effect::None(why), ..setting })
}

fn ipc(value: &str, known: bool) -> Ipc {
    match value {
        "host" => Ipc::Host,
        "none" => Ipc::None,
        "" | "private" | "shareable" => Ipc::Own,
        _ => match value.strip_prefix("container:") {
            Some(name) => Ipc::Of { name: name.to_owned(), shm: None },
            None if known => Ipc::Unknown(format!("--ipc={value} is the namespace of something else")),
            None => Ipc::Unknown(format!("--ipc={value} is not known")),
        },
    }
}

fn mounted(mount: Option<Mount>, make: impl Fn(Says) -> Setting) -> Vec<(Option<Rank>, Setting)> {
    let Some(mount) = mount else { return Vec::new() };
    let rank = Some(mount.rank);
    let size = mount.read_size();
    let written = mount.size.clone();
    let whole = make(Says::Mount { target: mount.target, what: mount.what, read_only: mount.read_only });
    let size = size.map(|(dialect, size)| {
        let value = written.map(|(text, _)| text).unwrap_or_default();
        (rank, Setting { value, ..make(Says::MountSize(dialect, size)) })
    });
    std::iter::once((rank, whole)).chain(size).collect()
}

/// A flag that the engine does not know but that was meant as one for `/dev/shm`.
fn misspelt(option: &OptionUse) -> Option<Says> {
    let plain: String =
        option.name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let value = option.value.as_ref().map_or("", |value| value.value.as_str());
    match plain.as_str() {
        "shmsize" | "shm" => Some(Says::Flag { meant: format!("--shm-size={value}") }),
        "ipcmode" | "ipc" => Some(Says::Flag { meant: format!("--ipc={value}") }),
        _ => None,
    }
}

/// Flags for `/dev/shm` that stand behind the image and so go to the program.
fn misplaced(invocation: &Invocation) -> Vec<Setting> {
    // A program that starts containers itself has flags of its own.
    let words = &invocation.command;
    if words.iter().any(|word| ["docker", "podman", "nerdctl"].contains(&word.value.as_str())) {
        return Vec::new();
    }
    let flags = words.iter().enumerate().filter_map(|(at, field)| {
        let meant = meant_flag(words.get(at..)?)?;
        let value = meant.split_once('=').map_or(String::new(), |(_, value)| value.to_owned());
        let mut setting = setting(Says::Flag { meant }, field, value)?;
        setting.effect = Effect::None(Why::BehindImage);
        Some(setting)
    });
    flags.collect()
}

/// The flag for `/dev/shm` that stands at the head of `words`, spelt as the engine reads it.
fn meant_flag(words: &[Field]) -> Option<String> {
    let flag = words.first()?.value.as_str();
    let (name, value) = flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value)));
    let name = match name {
        "--shm-size" | "--shm_size" => "--shm-size",
        "--ipc" => "--ipc",
        _ => return None,
    };
    let next = || words.get(1).map(|word| word.value.as_str()).filter(|word| !word.starts_with('-'));
    match value.or_else(next) {
        Some(value) => Some(format!("{name}={value}")),
        None => Some(name.to_owned()),
    }
}

/// The members of a Podman pod share the `/dev/shm` of the pod: a size on a member does nothing.
fn share_with_pod(invocation: &Invocation, settings: &mut Vec<Setting>) {
    let Some(pod) = invocation.options.iter().rfind(|option| option.known && option.name == "pod") else {
        return;
    };
    if settings.iter().any(|setting| matches!(setting.says, Says::Ipc(_))) {
        return;
    }
    for setting in settings.iter_mut().filter(|setting| matches!(setting.says, Says::Size(..))) {
        setting.effect = Effect::None(Why::PodMember);
    }
    if let Some(spot) = whole(pod) {
        let name = pod.value.as_ref().map_or(String::new(), |value| value.value.clone());
        let ipc = Ipc::Of { name: name.clone(), shm: None };
        settings.push(placed(Says::Ipc(ipc), written(pod), name, &spot));
    }
}
