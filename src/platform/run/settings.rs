//! From a command line to the flags that say what its container gets, and what speaks of `/dev/shm` beside them.

use super::command_line::OptionUse;
use super::engines::client;
use super::fields::{Field, Spot};
use super::invocation::Invocation;
use super::options;
use super::workload::{whole, written};
use crate::container::flags::{self, Flag, StartContext};
use crate::container::mount;
use crate::container::workload::{Effect, Says, Setting, Why};

/// The options of a command line that matter, each with its index among all.
pub(super) fn lowered(invocation: &Invocation) -> Vec<(Option<usize>, Flag)> {
    let word = &invocation.word;
    let place = word.layer.place(word.span);
    let nvidia = invocation.nvidia.then(|| Flag::new("runtime", "nvidia", (word.text().to_owned(), place)));
    let options = invocation.options.iter().enumerate();
    let flags = options.filter_map(|(index, option)| Some((Some(index), flag(invocation, index, option)?)));
    nvidia.map(|flag| (None, flag)).into_iter().chain(flags).collect()
}

fn flag(invocation: &Invocation, index: usize, option: &OptionUse) -> Option<Flag> {
    let field = option.value.as_ref();
    let value = field.map_or("", |field| field.value.as_str());
    let name = options::long(invocation.engine, &option.name).map_or("", |(name, _)| name);
    let swallowed = field.filter(|_| option.known && option.apart);
    let swallowed = swallowed.and_then(|field| meant_flag(std::slice::from_ref(field)));
    let astray = match swallowed {
        Some(meant) => Some((Says::Flag { meant }, Why::SwallowedBy(option.flag.value.clone()))),
        None if option.known && flags::NAMES.contains(&name) => None,
        None if option.known => return None,
        None => Some((misspelt(option)?, Why::Misspelt)),
    };
    let spot = whole(option)?;
    let unknown = field.filter(|field| !field.is_known());
    let unknown = unknown.map(|_| format!("the file does not tell what {value} is"));
    let overruled = name == "runtime" && super::workload::overruled(invocation, index);
    let refused = match field {
        _ if name != "gpus" => None,
        None => Some("it has no value and takes the next option as one".to_owned()),
        Some(_) if option.together => Some(format!("unknown flag: {} {value}", option.flag.value)),
        Some(_) => None,
    };
    let memory = Some(mount::volume_parts(value)).filter(|_| name == "volume");
    let memory = memory.and_then(|(source, path, _)| Some((invocation.volumes.get(source)?, source, path)));
    let memory = memory.map(|(options, source, path)| {
        let options = if options.is_empty() { String::new() } else { format!(",volume-opt={options}") };
        format!("type=volume,src={source},dst={path},volume-opt=type=tmpfs{options}")
    });
    let (name, value) = memory.as_deref().map_or((name, value), |mount| ("mount", mount));
    let flag = Flag::new(name, value, (written(option), spot.layer.place(spot.span)));
    Some(Flag { unknown, overruled, refused, astray, ..flag })
}

/// The settings in the order in which the engine reads them; `flags` are all of the command line's, or those of one way.
pub(super) fn settings(invocation: &Invocation, flags: &[&Flag], scene: &StartContext<'_>) -> Vec<Setting> {
    let mut settings: Vec<Setting> =
        flags::settings(flags, scene).into_iter().map(|(setting, _)| setting).collect();
    settings.extend(misplaced(invocation));
    settings.extend(invocation.unread.iter().filter_map(|unread| {
        let why = format!("{} may set it", unread.field.value);
        setting(Says::Unread(why), &unread.field, String::new())
    }));
    settings.extend(invocation.build_size.iter().map(|build| {
        let dialect = scene.starter.size;
        let says = Says::BuildSize(dialect, dialect.read(&build.value));
        let text = build.spot.text().split_whitespace().collect::<Vec<_>>().join(" ");
        placed(says, text, build.value.clone(), &build.spot)
    }));
    settings.shrink_to_fit();
    settings
}

fn setting(says: Says, field: &Field, value: String) -> Option<Setting> {
    Some(placed(says, field.value.clone(), value, &field.spot()?))
}

fn placed(says: Says, text: String, value: String, spot: &Spot) -> Setting {
    Setting { says, text, value, place: spot.layer.place(spot.span), effect: Effect::Effective }
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
    if words.iter().any(|word| client(&word.value).is_some()) {
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
