//! From a command line to the model that all platforms share: its GPU, its settings, what its `/dev/shm` will be.

use super::command_line::OptionUse;
use super::fields::{Field, Spot};
use super::invocation::Invocation;
use super::settings::{lowered, settings};
use crate::container::engine::decide;
use crate::container::flags::{self, Flag, StartContext};
use crate::container::mount::may_mount;
use crate::container::workload::{
    Engine, Gpu, Inside, Ipc, Mounted, Platform, Setting, Shm, Workload, bound,
};
use crate::platform::options::ReadOptions;
use crate::text::layer::Encoding;
use crate::text::place::Place;
use crate::text::scan::holds_any;
use crate::text::source::Span;
use std::collections::HashSet;

/// The workload that a command line starts.
pub fn workload(invocation: &Invocation, options: &ReadOptions) -> Workload {
    let place = invocation.word.layer.place(invocation.word.span);
    let image = invocation.image.as_ref();
    let name = image.map_or(String::new(), shown);
    let mut workload = Workload::new(Platform::DockerRun, invocation.engine, name, place);
    workload.former_name = image.map(as_written).filter(|written| *written != workload.name);
    workload.image = image.map(|image| image.value.clone());
    workload.command =
        entrypoint(invocation).chain(invocation.command.iter().map(|field| field.value.clone())).collect();
    workload.inside = inside(invocation);
    let lowered = lowered(invocation);
    let all: Vec<&Flag> = lowered.iter().map(|(_, flag)| flag).collect();
    let known = all.iter().filter_map(|flag| Some((flag.variable()?.0, flag.variable()?.1?)));
    workload.environment = known.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let beside = |signs: &[&str]| {
        let names = [workload.image.as_deref(), name_of(invocation)].into_iter().flatten();
        let words = workload.command.iter().chain(workload.environment.iter().map(|(name, _)| name));
        names.chain(words.map(String::as_str)).any(|word| holds_any(word, signs))
    };
    let scene = StartContext {
        starter: invocation.engine.starter(),
        default_runtime: options.default_runtime.as_deref(),
        beside: &beside,
        joined: &|_| Ipc::Own,
        donor: &|_| Some(Mounted::Unknown(String::new())),
    };
    let reading = FlagReading { invocation, lowered: &lowered, scene: &scene };
    let (gpu, mut settings) = (reading.gpu(&all), settings(invocation, &all, &scene));
    let memory_limit = flags::memory_limit(&all, scene.starter);
    workload.written = places(invocation);
    workload.interactive = named(invocation, "interactive").next().is_some();
    let adds = named(invocation, "cap-add").any(|option| value(option).is_some_and(may_mount));
    let is_privileged = named(invocation, "privileged").next().is_some();
    workload.cannot_mount = !adds && !is_privileged && invocation.unread.is_empty();
    let default = default_shm(invocation.engine, options);
    let (shm, decided_by) = decide(invocation.engine, default, &mut settings);
    let disputed = reading.disputed(default, &shm, &gpu);
    (workload.gpu, workload.settings, workload.memory_limit) = (gpu, settings, memory_limit);
    (workload.shm, workload.decided_by) = (disputed.unwrap_or(shm), decided_by);
    workload
}

/// Where its files come from.
fn inside(invocation: &Invocation) -> Inside {
    let long = |option: &OptionUse| {
        let parts = value(option)?.split(',').filter_map(|part| part.split_once('='));
        let find = |names: &[&str]| {
            parts.clone().find(|(key, _)| names.contains(key)).map(|(_, value)| value.to_owned())
        };
        Some((find(&["source", "src"])?, find(&["target", "destination", "dst"])?))
    };
    Inside {
        working_dir: named(invocation, "workdir").next_back().and_then(value).map(str::to_owned),
        mounts: named(invocation, "volume")
            .filter_map(|option| bound(value(option)?))
            .chain(named(invocation, "mount").filter_map(long))
            .collect(),
        own_entrypoint: named(invocation, "entrypoint").next().is_some(),
        ..Inside::default()
    }
}

/// What the container is to be called.
pub fn name_of(invocation: &Invocation) -> Option<&str> {
    named(invocation, "name").next_back().and_then(value)
}

/// The size where nothing sets it; the daemon's own default holds for Docker only.
fn default_shm(engine: Engine, options: &ReadOptions) -> u64 {
    let daemon = options.default_shm_size.filter(|_| engine == Engine::Docker);
    daemon.unwrap_or_else(|| engine.default_shm())
}

/// What the container of an image is called: the image, without the quotes of the file, and with its variables where the file
/// tells what they are.
fn shown(image: &Field) -> String {
    if image.is_known() { image.value.clone() } else { as_written(image).replace(['"', '\''], "") }
}

/// The word of the command that the image stands in, quotes and all, unless a host made the words.
fn as_written(image: &Field) -> String {
    let written = image.written.as_ref().filter(|spot| *spot.layer.encoding() != Encoding::ReadOnly);
    written.map_or_else(|| image.value.clone(), |spot| spot.text().to_owned())
}

/// Where the command, the image and the environment stand.
fn places(invocation: &Invocation) -> Vec<Place> {
    let variables = named(invocation, "env").filter_map(|option| option.value.as_ref());
    let entrypoint = named(invocation, "entrypoint").filter_map(|option| option.value.as_ref());
    let fields = invocation.command.iter().chain(entrypoint).chain(&invocation.image).chain(variables);
    fields.filter_map(|field| field.written.as_ref()).map(|spot| spot.layer.place(spot.span)).collect()
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
        (Some(value), true) if value.value.is_empty() => format!("{} ''", option.flag.value),
        (Some(value), true) => format!("{} {}", option.flag.value, value.value),
        _ => option.flag.value.clone(),
    }
}

/// Whether an option of which the last one holds has another of its name behind it, whichever way the command runs.
pub(super) fn overruled(invocation: &Invocation, index: usize) -> bool {
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

/// A command line with its flags.
struct FlagReading<'r> {
    invocation: &'r Invocation,
    lowered: &'r [(Option<usize>, Flag)],
    scene: &'r StartContext<'r>,
}

impl FlagReading<'_> {
    /// What flags ask for, and what unread arguments may.
    fn gpu(&self, flags: &[&Flag]) -> Gpu {
        let (mut gpu, _) = flags::accelerators(flags, self.scene);
        for unread in &self.invocation.unread {
            if let Some(spot) = unread.field.spot() {
                let text = unread.field.value.clone();
                gpu.unsure(format!("{text} may ask for one"), text, spot.layer.place(spot.span));
            }
        }
        gpu
    }

    /// What `/dev/shm` is where the ways in which the command may run differ about it; nothing where they agree. Only ways
    /// that ask for a GPU count, if any does.
    fn disputed(&self, default: u64, shm: &Shm, gpu: &Gpu) -> Option<Shm> {
        let invocation = self.invocation;
        if !invocation.options.iter().any(|option| option.conditional) {
            return None;
        }
        let subsets = invocation
            .ways
            .iter()
            .flat_map(|way| [true, false].map(|with_conditional| Subset { way, with_conditional }));
        let asks = |flag: &Flag| self.gpu(&[flag]).is_yes();
        let word = |index: usize| invocation.options.get(index)?.flag.written.as_ref().map(|spot| spot.span);
        let asking: HashSet<Option<Span>> = self
            .lowered
            .iter()
            .filter(|(_, flag)| asks(flag))
            .filter_map(|(index, _)| index.map(word))
            .collect();
        let mut verdicts: Vec<Shm> = Vec::new();
        for subset in subsets {
            let holds = |index: &Option<usize>| {
                index.is_none_or(|index| {
                    invocation.options.get(index).is_some_and(|option| subset.holds(index, option))
                })
            };
            let there: Vec<&(Option<usize>, Flag)> =
                self.lowered.iter().filter(|(index, _)| holds(index)).collect();
            let mut flags: Vec<&Flag> = there.iter().map(|(_, flag)| flag).collect();
            if gpu.is_yes() && !self.gpu(&flags).is_yes() {
                // What other variables set may be set beside the GPU, too.
                let is_other =
                    |index: &Option<usize>| index.is_some_and(|index| !asking.contains(&word(index)));
                flags = there.iter().filter(|(index, _)| is_other(index)).map(|(_, flag)| flag).collect();
                if flags::settings(&flags, self.scene).is_empty() {
                    continue;
                }
            }
            let mut settings: Vec<Setting> = settings(invocation, &flags, self.scene);
            let (shm, _) = decide(invocation.engine, default, &mut settings);
            if !verdicts.contains(&shm) {
                verdicts.push(shm);
            }
        }
        match verdicts.as_slice() {
            [] => None,
            [only] => (only != shm).then(|| only.clone()),
            several if several.iter().any(|shm| matches!(shm, Shm::Default { .. } | Shm::Unknown(_))) => {
                Some(Shm::Unknown("it is set only under a condition".into()))
            }
            several => several.iter().min_by_key(|shm| shm.bytes().unwrap_or(u64::MAX)).cloned(),
        }
    }
}
