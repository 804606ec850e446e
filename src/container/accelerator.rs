//! What shows that a container gets a GPU, or another accelerator that trains or serves models: the names of runtimes,
//! devices, variables and resources, looked up in `rules/accelerators.yaml`, and how many they ask for.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use crate::container::workload::GpuCount;
use crate::text::scan::glob;

/// What sort of accelerator something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceleratorKind {
    /// Its word in JSON: `gpu`, `tpu`.
    pub word: &'static str,
    /// What people call it, with its article: `a GPU`.
    pub called: &'static str,
}

/// One entry of `rules/accelerators.yaml`, which says what its fields are.
#[derive(Debug)]
pub struct AcceleratorEntry {
    kind: AcceleratorKind,
    runtimes: &'static [&'static str],
    drivers: &'static [&'static str],
    devices: &'static [&'static str],
    alone: Option<&'static str>,
    signs: &'static [&'static str],
    variables: &'static [&'static str],
    resources: &'static [&'static str],
    shares: &'static [&'static str],
    classes: &'static [&'static str],
}

include!(concat!(env!("OUT_DIR"), "/accelerators.rs"));

/// What a runtime, a device or a variable tells of an accelerator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceleratorSign {
    /// There is one.
    Yes(AcceleratorKind),
    /// There may be one: a clause that says why it is open.
    Maybe(&'static str),
    /// Nothing.
    No,
}

/// The entry with the longest pattern for a name, and whether that is one of `lists`' first.
fn longest(
    name: &str,
    lists: impl Fn(&'static AcceleratorEntry) -> &'static [&'static str],
) -> Option<(usize, &'static AcceleratorEntry)> {
    let all = TABLE.iter().flat_map(|entry| lists(entry).iter().map(move |pattern| (*pattern, entry)));
    let fitting = all.filter(|(pattern, _)| glob(pattern, name));
    fitting.map(|(pattern, entry)| (pattern.len(), entry)).max_by_key(|(length, _)| *length)
}

/// What a runtime's name or path tells.
pub fn runtime(name: &str) -> AcceleratorSign {
    let name = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    longest(&name, |entry| entry.runtimes)
        .map_or(AcceleratorSign::No, |(_, entry)| AcceleratorSign::Yes(entry.kind))
}

/// The accelerator that a driver of a device request brings in.
pub fn driver(name: &str) -> Option<AcceleratorKind> {
    longest(name, |entry| entry.drivers).map(|(_, entry)| entry.kind)
}

/// What a device tells that is written as for `--device`: `HOST[:CONTAINER[:rwm]]` or a CDI name. Either side counts.
/// `beside` tells whether the image's name holds one of these words.
pub fn device(text: &str, beside: &dyn Fn(&[&str]) -> bool) -> AcceleratorSign {
    if let Some((class, _)) = text.split_once('=') {
        return resource(class).map_or(AcceleratorSign::No, |(kind, _)| AcceleratorSign::Yes(kind));
    }
    let sides = text.split(':').filter(|side| side.starts_with("/dev/"));
    let signs =
        sides.filter_map(|side| longest(side, |entry| entry.devices)).map(|(_, entry)| match entry.alone {
            Some(why) if !beside(entry.signs) => AcceleratorSign::Maybe(why),
            _ => AcceleratorSign::Yes(entry.kind),
        });
    signs
        .reduce(|one, other| if matches!(one, AcceleratorSign::Yes(_)) { one } else { other })
        .unwrap_or(AcceleratorSign::No)
}

/// Whether an extended resource of Kubernetes, or the class of a CDI device, is an accelerator, and if so whether its
/// quantity counts devices.
pub fn resource(name: &str) -> Option<(AcceleratorKind, bool)> {
    // The resources of Kubernetes itself have no vendor.
    let (vendor, class) = name.split_once('/')?;
    if vendor == "deviceclass.resource.kubernetes.io" {
        return device_class(class)?.map(|kind| (kind, true));
    }
    let name = &format!("{vendor}/{}", class.to_ascii_lowercase());
    let counted = longest(name, |entry| entry.resources);
    let (length, share) = longest(name, |entry| entry.shares).unzip();
    match (counted, share) {
        (Some((own, entry)), _) if length.is_none_or(|length| length < own) => {
            Some((entry.kind, !SHARES.iter().any(|share| class.contains(share))))
        }
        (_, share) => share.map(|entry| (entry.kind, false)),
    }
}

/// What is in the names of resources that count a part of a device: `hygon.com/dcumem`, `metax-tech.com/vcore`.
const SHARES: &[&str] = &["mem", "cores", "vcore", "cuda-core", "percent"];

/// What a device class of Dynamic Resource Allocation is, as far as its name tells: an accelerator, or certainly none.
pub fn device_class(name: &str) -> Option<Option<AcceleratorKind>> {
    let fits = |entry: &&AcceleratorEntry| entry.classes.iter().any(|pattern| glob(pattern, name));
    TABLE.iter().find(fits).map(|entry| Some(entry.kind).filter(|kind| *kind != NONE))
}

/// Whether a variable chooses the devices of a runtime.
pub fn chooses(variable: &str) -> bool {
    variable.contains("_VISIBLE_") && TABLE.iter().any(|entry| entry.variables.contains(&variable))
}

/// The literal parts of the names that a resource of Kubernetes may have, without `*`.
pub fn resource_words() -> impl Iterator<Item = &'static str> {
    let patterns = TABLE.iter().flat_map(|entry| entry.resources.iter().chain(entry.shares));
    patterns.map(|pattern| literal(pattern)).chain(["deviceclass.resource.kubernetes.io/"])
}

/// The longest part of a pattern without a `*`.
fn literal(pattern: &'static str) -> &'static str {
    pattern.split('*').max_by_key(|part| part.len()).unwrap_or_default()
}

/// Whether a text holds a word by which containers ask for an accelerator: a device, a CDI name, a variable. Taken from the
/// table, so that nothing it knows can be passed over. Runtimes stand behind a word of their own.
pub fn stands_in(text: &str) -> bool {
    static WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        let others = TABLE.iter().flat_map(|entry| entry.devices.iter().chain(entry.variables));
        scanner(others.map(|pattern| literal(pattern)).chain(resource_words()).chain(["gpu"]))
    });
    WORDS.as_ref().is_none_or(|words| words.is_match(text))
}

/// Looks for words in any case of letters; quick to build, as it often reads one small file.
pub fn scanner(words: impl Iterator<Item = &'static str>) -> Option<AhoCorasick> {
    let mut all: Vec<&str> = words.collect();
    all.sort_by_key(|word| word.len());
    let mut needed: Vec<&str> = Vec::new();
    for word in all {
        // A word that holds another is found by that.
        if !needed.iter().any(|known| word.contains(known)) {
            needed.push(word);
        }
    }
    let kind = Some(AhoCorasickKind::ContiguousNFA);
    AhoCorasick::builder().kind(kind).ascii_case_insensitive(true).build(needed).ok()
}

/// How many GPUs a device brings, written as for [`device`]: what a CDI name names, or one by a file with a number. A file
/// that all of them share (`/dev/kfd`) tells nothing.
pub fn in_device(text: &str) -> Option<GpuCount> {
    if let Some((_, id)) = text.split_once('=') {
        return Some(device_ids(id));
    }
    let host = text.split(':').next().unwrap_or_default();
    host.ends_with(|c: char| c.is_ascii_digit()).then_some(GpuCount::Exactly(1))
}

/// How many GPUs a value of `NVIDIA_VISIBLE_DEVICES` names: `all`, `0,1`.
pub fn in_list(ids: &str) -> GpuCount {
    ids.split(',').filter(|id| !id.is_empty()).map(device_ids).fold(GpuCount::Exactly(0), sum)
}

/// What a variable that chooses devices tells by itself: an accelerator only where the daemon's default runtime is its
/// maker's, which `default_runtime` may say.
pub fn visible_devices(value: &str, default_runtime: Option<&str>) -> AcceleratorSign {
    if takes_away(value) {
        return AcceleratorSign::No;
    }
    let open = "the variable gives a device only where the daemon's default runtime reads it";
    default_runtime.map_or(AcceleratorSign::Maybe(open), runtime)
}

/// Whether a value of `NVIDIA_VISIBLE_DEVICES` takes the GPUs of a runtime away.
pub fn takes_away(value: &str) -> bool {
    matches!(value, "void" | "none" | "")
}

/// A request for devices as `--gpus` writes it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct DeviceRequest {
    /// How many; 0 asks for none.
    pub count: GpuCount,
    /// The driver that is to give them, if one is named.
    pub driver: String,
    /// What they must be able to do.
    pub capabilities: Vec<String>,
    /// Why docker/cli refuses it.
    pub refused: Option<String>,
}

impl DeviceRequest {
    /// Reads a list of comma-separated fields, which may be quoted: `all`, `2`, `device=0`, `"device=0,1"`, `count=2`,
    /// `all,"capabilities=compute,utility"`. A word without a key is a count, of which the last holds; named devices need
    /// none; where neither stands there, it is one GPU (docker/cli `opts/gpus.go`).
    pub fn read(value: &str) -> Self {
        let mut found = Self::default();
        let (mut key, mut count, mut devices) = ("", None, None);
        for field in fields(value) {
            let (name, text) = field.split_once('=').unwrap_or(("count", field));
            if !field.contains('=') && !key.is_empty() && key != "count" {
                // The rest of a list that should be quoted: what is meant is plain.
                if let Some(ids) = devices.filter(|_| key == "device") {
                    devices = Some(sum(ids, device_ids(field)));
                }
                continue;
            }
            key = name;
            match name {
                "count" => {
                    let (read, refused) = counted(text);
                    count = Some(read);
                    found.refused = refused.then(|| {
                        format!("invalid count ({text}): value must be either \"all\" or an integer")
                    });
                }
                "device" => devices = text.split(',').map(device_ids).reduce(sum),
                "driver" => text.clone_into(&mut found.driver),
                "capabilities" => found.capabilities = text.split(',').map(str::to_owned).collect(),
                "options" => {}
                other => found.refused = Some(format!("unexpected key '{other}' in '{field}'")),
            }
        }
        found.count = devices.or(count).unwrap_or(GpuCount::Exactly(1));
        if matches!(value, "" | "none" | "false") {
            found.count = GpuCount::Exactly(0);
        }
        found
    }
}

/// The fields of a list, without the quotes around those that hold a comma.
pub fn fields(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(list);
    std::iter::from_fn(move || {
        let text = rest?;
        let quoted = text.starts_with('"').then(|| text.get(1..)?.find('"').map(|at| at + 2)).flatten();
        let from = quoted.unwrap_or(0);
        let end = text.get(from..)?.find(',').map_or(text.len(), |at| from + at);
        rest = text.get(end + 1..);
        Some(text.get(..end)?.trim_matches(['"', '\'']))
    })
}

/// A count, and whether the client refuses it.
fn counted(text: &str) -> (GpuCount, bool) {
    match text {
        "all" | "-1" => (GpuCount::All, false),
        number => match number.parse() {
            Ok(count) => (GpuCount::Exactly(count), false),
            Err(_) => (GpuCount::Unknown, !crate::size::is_open(text) || text == "ALL"),
        },
    }
}

/// How many GPUs one id stands for.
fn device_ids(id: &str) -> GpuCount {
    match id {
        "all" => GpuCount::All,
        id if crate::size::is_open(id) => GpuCount::Unknown,
        _ => GpuCount::Exactly(1),
    }
}

/// How many two requests ask for together.
pub fn sum(one: GpuCount, two: GpuCount) -> GpuCount {
    match (one, two) {
        (GpuCount::Exactly(one), GpuCount::Exactly(two)) => GpuCount::Exactly(one.saturating_add(two)),
        (GpuCount::All, _) | (_, GpuCount::All) => GpuCount::All,
        _ => GpuCount::Unknown,
    }
}

/// The GPUs that the program itself may use: at most those that `CUDA_VISIBLE_DEVICES` or `HIP_VISIBLE_DEVICES` name
/// (CUDA Programming Guide, "CUDA Environment Variables"). What is no list of numbers or ids says nothing.
pub fn within(count: GpuCount, environment: &[(String, String)]) -> GpuCount {
    let chosen = environment
        .iter()
        .filter(|(name, _)| matches!(name.as_str(), "CUDA_VISIBLE_DEVICES" | "HIP_VISIBLE_DEVICES"));
    chosen.fold(count, |count, (_, list)| {
        let is_id = |id: &str| {
            let id = id.trim();
            ["GPU-", "MIG-"].iter().any(|start| id.starts_with(start)) || id.parse::<u16>().is_ok()
        };
        if !list.split(',').all(is_id) {
            return count;
        }
        let listed = list.split(',').count() as u64;
        match count {
            GpuCount::Exactly(count) => GpuCount::Exactly(count.min(listed)),
            GpuCount::All | GpuCount::Unknown => GpuCount::Exactly(listed),
        }
    })
}

#[cfg(test)]
mod tests;
