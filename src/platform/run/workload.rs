//! From a command line to the model that all platforms share: its GPU, its settings, what its `/dev/shm` will be.

use super::settings::settings;
use super::{Field, Invocation, OptionUse, Spot};
use crate::container::accelerator::{self, Sign};
use crate::container::engine::decide;
use crate::container::workload::{Engine, Gpu, GpuCount, Platform, Setting, Shm, Workload};
use crate::platform::options::ReadOptions;
use crate::size::Dialect;

/// The workload that a command line starts.
pub fn workload(invocation: &Invocation, options: &ReadOptions) -> Workload {
    let place = invocation.word.layer.place(invocation.word.span);
    let image = invocation.image.as_ref();
    let name = image.map_or(String::new(), as_written);
    let mut workload = Workload::new(Platform::DockerRun, invocation.engine, name, place);
    workload.image = image.map(|image| image.value.clone());
    workload.command =
        entrypoint(invocation).chain(invocation.command.iter().map(|field| field.value.clone())).collect();
    workload.environment =
        environment(invocation).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    workload.gpu = gpu(invocation, None, options);
    workload.memory_limit = memory_limit(invocation);
    let default = default_shm(invocation.engine, options);
    workload.settings = settings(invocation, None);
    (workload.shm, workload.decided_by) = decide(invocation.engine, default, &mut workload.settings);
    if let Some(shm) = disputed(invocation, options, &workload) {
        workload.shm = shm;
    }
    workload
}

/// The size where nothing sets it; the daemon's own default holds for Docker only.
fn default_shm(engine: Engine, options: &ReadOptions) -> u64 {
    let daemon = options.default_shm_size.filter(|_| engine == Engine::Docker);
    daemon.unwrap_or_else(|| engine.default_shm())
}

/// The word of the command that the image stands in, quotes and all.
fn as_written(image: &Field) -> String {
    image.written.as_ref().map_or_else(|| image.value.clone(), |spot| spot.text().to_owned())
}

fn entrypoint(invocation: &Invocation) -> impl Iterator<Item = String> {
    named(invocation, "entrypoint").last().and_then(value).map(str::to_owned).into_iter()
}

fn named<'i>(invocation: &'i Invocation, name: &str) -> impl DoubleEndedIterator<Item = &'i OptionUse> {
    invocation.options.iter().filter(move |option| option.known && option.name == name)
}

fn value(option: &OptionUse) -> Option<&str> {
    option.value.as_ref().map(|value| value.value.as_str())
}

/// The variables of `--env`, without those whose value comes from outside.
fn environment(invocation: &Invocation) -> impl Iterator<Item = (&str, &str)> {
    // No name begins with a dash: `-e --ipc=host` is a flag that went astray.
    let variables = named(invocation, "env").filter_map(|option| value(option)?.split_once('='));
    variables.filter(|(name, _)| !name.starts_with('-'))
}

/// The last memory limit. Docker and Podman read it like a size for `/dev/shm`.
fn memory_limit(invocation: &Invocation) -> Option<(u64, crate::text::place::Place)> {
    let option = named(invocation, "memory").next_back()?;
    let bytes = dialect(invocation.engine).read(value(option)?).bytes()?;
    let spot = whole(option)?;
    Some((bytes, spot.layer.place(spot.span)))
}

/// How an engine reads sizes.
pub(super) fn dialect(engine: Engine) -> Dialect {
    if engine == Engine::Podman { Dialect::Podman } else { Dialect::Docker }
}

/// The option with its value, where both stand together.
pub(super) fn whole(option: &OptionUse) -> Option<Spot> {
    let flag = option.flag.spot()?;
    let value = option.value.as_ref().filter(|_| option.apart).and_then(Field::spot);
    match value {
        Some(value) if value.beside(&flag) && value.span.start >= flag.span.end => {
            Some(Spot { span: flag.span.join(value.span), layer: flag.layer })
        }
        _ => Some(flag),
    }
}

/// An option as it is written, on one line.
pub(super) fn written(option: &OptionUse) -> String {
    match (&option.value, option.apart) {
        (Some(value), true) => format!("{} {}", option.flag.value, value.value),
        _ => option.flag.value.clone(),
    }
}

/// How many places that show a GPU are kept of one command. The longest real command has four.
const MAX_EVIDENCE: usize = 32;

/// Whether the container asks for a GPU. With `way` only what is there in that way counts, and nothing conditional.
fn gpu(invocation: &Invocation, way: Option<&Subset>, options: &ReadOptions) -> Gpu {
    let mut gpu = Gpu::default();
    if invocation.nvidia {
        gpu.found(invocation.word.text(), invocation.word.layer.place(invocation.word.span));
    }
    let visible = environment(invocation).filter(|(name, _)| *name == "NVIDIA_VISIBLE_DEVICES").last();
    let mut counted: Option<GpuCount> = None;
    let taken_away = visible.is_some_and(|(_, value)| accelerator::takes_away(value));
    for (index, option) in invocation.options.iter().enumerate() {
        if !option.known || way.is_some_and(|way| !way.holds(index, option)) {
            continue;
        }
        let (Some(field), Some(spot)) = (&option.value, whole(option)) else { continue };
        let text = field.value.as_str();
        let sign = match option.name.as_str() {
            "gpus" => match accelerator::gpus(text) {
                GpuCount::Exactly(0) => Sign::No,
                count => {
                    // Of two that say different things nobody knows which one holds.
                    gpu.count =
                        if counted.is_none_or(|before| before == count) { count } else { GpuCount::Unknown };
                    counted = Some(gpu.count);
                    Sign::Yes
                }
            },
            "runtime" if !field.is_known() => Sign::Maybe("the runtime is a variable"),
            "runtime" if taken_away || overruled(invocation, index) => Sign::No,
            "runtime" => accelerator::runtime(text),
            "device" if field.unread().is_some() => Sign::Maybe("the device is a variable"),
            "device" => accelerator::device(text),
            // The device plugin of Kubernetes and the container toolkit take devices from this path.
            "volume" if text.contains(":/var/run/nvidia-container-devices/") => Sign::Yes,
            "env" => match text.strip_prefix("NVIDIA_VISIBLE_DEVICES=") {
                Some(value) => accelerator::visible_devices(value, options.default_runtime.as_deref()),
                None => Sign::No,
            },
            _ => Sign::No,
        };
        if gpu.is_yes() && gpu.evidence.len() >= MAX_EVIDENCE {
            break;
        }
        let place = spot.layer.place(spot.span);
        match sign {
            Sign::Yes => gpu.found(written(option), place),
            Sign::Maybe(why) => gpu.unsure(why, written(option), place),
            Sign::No => {}
        }
    }
    if gpu.is_yes() && counted.is_none() {
        // A runtime brings what the variable names.
        let visible = || visible.map(|(_, value)| accelerator::in_list(value));
        gpu.count = in_devices(invocation).or_else(visible).unwrap_or_default();
    }
    for unread in &invocation.unread {
        if let Some(spot) = unread.field.spot() {
            let text = unread.field.value.clone();
            gpu.unsure(format!("{text} may ask for one"), text, spot.layer.place(spot.span));
        }
    }
    gpu
}

/// How many GPUs the devices bring that it names one by one, in whichever way it runs.
fn in_devices(invocation: &Invocation) -> Option<GpuCount> {
    let devices = named(invocation, "device").filter_map(value);
    let gpus = devices.filter(|device| accelerator::device(device) == Sign::Yes);
    gpus.filter_map(accelerator::in_device).reduce(accelerator::sum)
}

/// Whether an option of which the last one holds has another of its name behind it, whichever way the command runs.
fn overruled(invocation: &Invocation, index: usize) -> bool {
    let name = invocation.options.get(index).map(|option| option.name.as_str());
    let behind = invocation.options.iter().enumerate().skip(index + 1);
    let others = behind.filter(|(_, option)| option.known && Some(option.name.as_str()) == name);
    let others: Vec<usize> =
        others.filter(|(_, option)| !option.flag.is_conditional()).map(|(at, _)| at).collect();
    let there = |way: &Vec<bool>, at: usize| way.get(at) == Some(&true);
    let mut ways = invocation.ways.iter().filter(|way| there(way, index));
    !others.is_empty() && ways.all(|way| others.iter().any(|at| there(way, *at)))
}

/// Some of an invocation's options: those of one way, with or without those that depend on something at run time.
pub(super) struct Subset<'i> {
    way: &'i [bool],
    with_conditional: bool,
}

impl Subset<'_> {
    /// Whether an option is one of them.
    pub(super) fn holds(&self, index: usize, option: &OptionUse) -> bool {
        self.way.get(index) == Some(&true) && (self.with_conditional || !option.flag.is_conditional())
    }
}

/// What `/dev/shm` is where the ways in which the command may run differ about it; nothing where they agree. Only ways
/// that ask for a GPU count, if any does.
fn disputed(invocation: &Invocation, options: &ReadOptions, workload: &Workload) -> Option<Shm> {
    if !invocation.options.iter().any(|option| option.conditional) {
        return None;
    }
    let subsets = invocation
        .ways
        .iter()
        .flat_map(|way| [true, false].map(|with_conditional| Subset { way, with_conditional }));
    let default = default_shm(invocation.engine, options);
    let mut verdicts: Vec<Shm> = Vec::new();
    for subset in subsets {
        if workload.gpu.is_yes() && !gpu(invocation, Some(&subset), options).is_yes() {
            continue;
        }
        let mut settings: Vec<Setting> = settings(invocation, Some(&subset));
        let (shm, _) = decide(invocation.engine, default, &mut settings);
        if !verdicts.contains(&shm) {
            verdicts.push(shm);
        }
    }
    match verdicts.as_slice() {
        [] => None,
        [shm] => (*shm != workload.shm).then(|| shm.clone()),
        several if several.iter().any(|shm| matches!(shm, Shm::Default { .. } | Shm::Unknown(_))) => {
            Some(Shm::Unknown("it is set only under a condition".into()))
        }
        several => several.iter().min_by_key(|shm| shm.bytes().unwrap_or(u64::MAX)).cloned(),
    }
}
