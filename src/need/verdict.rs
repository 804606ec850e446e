//! What the evidence says together: whether a workload needs more than the default, how surely, and which of it decides.
//!
//! What a container runs tells more than what its image is called, that more than what the repository does elsewhere, and
//! names tell least: see [`Strength`]. Among claims of one such tier the one for a need beats the one against it, and an error
//! is only what a place proves.

use std::borrow::Cow;

use super::evidence::{Claim, Data, Evidence, Same, Strength, Workaround};
use crate::container::accelerator;
use crate::container::workload::{GpuCount, Workload};
use crate::knowledge::{Formula, KnowledgeEntry, NeedRule};
use crate::size::{MIB, about, human};

/// Whether a workload needs more shared memory than the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// A place proves it.
    Yes,
    /// It is likely.
    Likely,
    /// It needs none.
    No,
    /// Nobody knows.
    #[default]
    Unknown,
}

impl Verdict {
    /// The word for it in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Likely => "likely",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// What is known of a workload's need.
#[derive(Clone, Debug, Default)]
pub struct Need {
    /// Whether it needs shared memory.
    pub verdict: Verdict,
    /// Why, as a clause. Empty where nothing is known.
    pub why: Cow<'static, str>,
    /// What tells it, the most telling first.
    pub deciding: Vec<Evidence>,
    /// All that was found.
    pub evidence: Vec<Evidence>,
}

/// What must be known of the machine to weigh evidence.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// How many accelerators the program sees.
    pub gpus: GpuCount,
    /// Whether they talk over links of their own, without NCCL: TPUs and Neuron devices. What needs memory there is a
    /// loader of PyTorch alone.
    pub own_links: bool,
    /// Whether they are GPUs, whose library is known to exchange data in shared memory.
    pub nccl: bool,
}

impl Scene {
    /// What is known of the machine that a workload asks for.
    pub fn of(workload: &Workload) -> Self {
        let gpus = accelerator::within(workload.gpu.count, &workload.environment);
        let own_links = workload.gpu.kind.is_some_and(|kind| matches!(kind.word, "tpu" | "neuron"));
        let nccl = workload.gpu.kind.is_none_or(|kind| kind.word == "gpu");
        Self { gpus, own_links, nccl }
    }
}

/// What one claim says by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Says {
    /// Nothing of the need.
    Nothing,
    /// None is needed.
    Against,
    /// It is open.
    Open,
    /// It is likely.
    Likely,
    /// It is proven, if the place may prove anything.
    Proven,
}

/// A loader that takes no more than this needs no more than the default, for rests and a second loader.
const FITS: u64 = 32 * MIB;
/// The default.
const DEFAULT: u64 = 64 * MIB;

/// Weighs all evidence of a workload.
pub fn judge(evidence: Vec<Evidence>, scene: &Scene) -> Need {
    let said: Vec<Says> = evidence.iter().map(|one| says(one, scene)).collect();
    let of = |low: Strength, high: Strength, wanted: &dyn Fn(Says) -> bool| -> Vec<usize> {
        let fits = |(at, one): (usize, &Evidence)| {
            let tier = (low..=high).contains(&one.strength);
            let says = said.get(at).copied().filter(|says| wanted(*says));
            (tier && says.is_some()).then_some(at)
        };
        evidence.iter().enumerate().filter_map(fits).collect()
    };
    let all = |found: &[usize], test: &dyn Fn(&Evidence) -> bool| {
        found.iter().filter_map(|&at| evidence.get(at)).all(test)
    };
    let (verdict, mut deciding) = weigh(&of, &all);
    let tells = |one: &Evidence| (one.strength, matches!(one.claim, Claim::Server | Claim::Ranks { .. }));
    deciding.sort_by_key(|&at| std::cmp::Reverse((said.get(at), evidence.get(at).map(tells))));
    let deciding: Vec<Evidence> = deciding.iter().filter_map(|&at| evidence.get(at).cloned()).collect();
    let why = deciding.first().map(|first| clause(first, scene)).unwrap_or_default();
    Need { verdict, why, deciding, evidence }
}

/// The indices of the evidence between two strengths that says something.
type Between<'a> = &'a dyn Fn(Strength, Strength, &dyn Fn(Says) -> bool) -> Vec<usize>;

/// Whether all of some evidence passes a test.
type All<'a> = &'a dyn Fn(&[usize], &dyn Fn(&Evidence) -> bool) -> bool;

/// The verdict, and the indices of what decides. `of` gives the evidence between two strengths that says something.
fn weigh(of: Between<'_>, all: All<'_>) -> (Verdict, Vec<usize>) {
    use Strength::{Command, Guess, Image, Later, Machinery, Name, Practice, Program};
    let is_by_gpus = |found: &[usize]| all(found, &Evidence::is_by_gpus);
    let is_entered = |found: &[usize]| all(found, &|one| one.claim == Claim::Entered);
    let is_read = |found: &[usize]| all(found, &|one| !matches!(one.claim, Claim::Known(_)));
    let is_sized =
        |found: &[usize]| all(found, &|one| !matches!(one.claim, Claim::Practice { bytes: None, .. }));
    let is_several = |found: &[usize]| {
        !all(found, &|one| !matches!(one.claim, Claim::Practice { same: Same::Images, .. }))
    };
    let is = |wanted: Says| move |says: Says| says == wanted;
    let needs = |says: Says| says >= Says::Likely;
    let decided = |verdict, found: Vec<usize>| (!found.is_empty()).then_some((verdict, found));
    let machinery = of(Machinery, Machinery, &is(Says::Against));
    if !machinery.is_empty() {
        return (Verdict::No, machinery);
    }
    if let Some(proven) = decided(Verdict::Yes, of(Program, Machinery, &is(Says::Proven))) {
        return proven;
    }
    if let Some(likely) = decided(Verdict::Likely, of(Later, Machinery, &needs)) {
        return likely;
    }
    let open = of(Guess, Command, &is(Says::Open));
    let against = of(Guess, Command, &is(Says::Against));
    let practice = || decided(Verdict::Likely, of(Practice, Practice, &needs));
    if open.is_empty() && !against.is_empty() {
        // What it runs tells more than what the repository gives the same, also when a fix has just given it.
        let weak = of(Later, Command, &is(Says::Against)).is_empty() && is_read(&against);
        let practice = practice().filter(|(_, found)| is_sized(found) && (weak || is_several(found)));
        return practice.unwrap_or((Verdict::No, against));
    }
    // What its own files say is worth more than what it is called.
    let by_gpus = |found: &[usize]| all(found, &|one| matches!(one.claim, Claim::RanksByGpus { .. }));
    if !open.is_empty() && !against.is_empty() && by_gpus(&open) && is_read(&against) {
        return practice().unwrap_or((Verdict::Unknown, open));
    }
    let mut image_open = Vec::new();
    let image = decided(Verdict::Likely, of(Image, Image, &needs))
        .or_else(|| decided(Verdict::Unknown, of(Image, Image, &is(Says::Open))))
        .or_else(|| decided(Verdict::No, of(Image, Image, &is(Says::Against))));
    match (image, practice()) {
        // One GPU makes it likely that none is needed; that the like with one GPU has more says otherwise.
        (Some((Verdict::No, found)), Some(practice)) if is_by_gpus(&found) => return practice,
        (Some((Verdict::Unknown, found)), _) => image_open = found,
        (Some(image), _) => return image,
        (None, _) => {}
    }
    // Against a program of which nothing is known a name does not speak, but what people enter is what the image is called.
    // What is silent by its name stays so when a fix has given its twin a size.
    let is_known = |found: &[usize]| !found.is_empty() && is_by_gpus(found);
    let named = of(Name, Name, &is(Says::Against));
    if !named.is_empty() && (is_entered(&open) || is_by_gpus(&named)) && image_open.is_empty() {
        return (Verdict::No, named);
    }
    // What an image is made for tells more than what it is called for.
    let names = if is_known(&image_open) { Vec::new() } else { of(Name, Name, &needs) };
    let likely = [of(Practice, Practice, &needs), names];
    if let Some(likely) = likely.into_iter().find_map(|found| decided(Verdict::Likely, found)) {
        return likely;
    }
    (Verdict::Unknown, open.into_iter().chain(image_open).collect())
}

/// What a piece of evidence says by itself.
fn says(evidence: &Evidence, scene: &Scene) -> Says {
    let says = match &evidence.claim {
        Claim::NothingRuns(_) | Claim::Server | Claim::NoPythonBackend => Says::Against,
        Claim::NoLoader { complete: true } => Says::Against,
        Claim::NoLoader { complete: false } | Claim::Entered | Claim::Unread(_) => Says::Open,
        Claim::Loader(loader) => match loader.bound().or_else(|| loader.least()) {
            Some(bytes) if bytes > DEFAULT => Says::Proven,
            Some(bytes) if bytes > FITS => Says::Likely,
            None if loader.data != Data::Small => Says::Likely,
            Some(_) | None => Says::Against,
        },
        // One chip's program or many: they talk over links of their own.
        Claim::Ranks { .. } | Claim::RanksByGpus { .. } if scene.own_links => Says::Against,
        Claim::Ranks { count: 0 | 1, .. } => Says::Against,
        Claim::Ranks { .. } if scene.nccl => Says::Proven,
        Claim::Ranks { .. } => Says::Likely,
        Claim::RanksByGpus { .. } => by_gpus(scene, Says::Nothing),
        Claim::Ray | Claim::PythonBackend { .. } => Says::Likely,
        Claim::SharedMemory { bytes: Some(bytes) } if *bytes <= FITS => Says::Nothing,
        Claim::SharedMemory { bytes: Some(bytes) } | Claim::Caches { bytes } if *bytes > DEFAULT => {
            Says::Proven
        }
        Claim::SharedMemory { .. } | Claim::Caches { .. } => Says::Likely,
        Claim::Configured { needs: true, .. } => Says::Proven,
        Claim::Configured { needs: false, .. } => Says::Against,
        Claim::Known(entry) => known(entry, evidence.strength, scene),
        Claim::Named(entry) if scene.own_links => {
            // What shares memory by PyTorch's loaders alone is not told by a name.
            if matches!(entry.size, Some(Formula::Loader)) { Says::Open } else { Says::Against }
        }
        Claim::Named(entry) => match entry.rule {
            NeedRule::Yes => Says::Likely,
            NeedRule::No | NeedRule::Idle => Says::Against,
            NeedRule::Ranks | NeedRule::SeveralGpus => by_gpus(scene, Says::Against).min(Says::Open),
            NeedRule::Depends => Says::Nothing,
        },
        Claim::Practice { same: Same::Repository, .. } => Says::Nothing,
        Claim::Practice { .. } => Says::Likely,
        Claim::Workaround(_) => Says::Likely,
    };
    if evidence.strength.may_raise() { says } else { says.min(Says::Open) }
}

/// What the table says of a program or an image.
fn known(entry: &KnowledgeEntry, strength: Strength, scene: &Scene) -> Says {
    match entry.rule {
        NeedRule::No | NeedRule::Idle => Says::Against,
        NeedRule::Depends => Says::Open,
        _ if scene.own_links && entry.size != Some(Formula::Loader) => Says::Against,
        // A server of which only this is known: with one GPU it is one process.
        NeedRule::SeveralGpus if entry.size.is_none() => by_gpus(scene, Says::Against).min(Says::Open),
        NeedRule::Ranks | NeedRule::SeveralGpus => by_gpus(scene, Says::Against),
        NeedRule::Yes if entry.takes.is_some_and(|bytes| bytes > DEFAULT) && strength.may_prove() => {
            Says::Proven
        }
        NeedRule::Yes => Says::Likely,
    }
}

/// What something says that shares memory between GPUs: `alone` with one.
fn by_gpus(scene: &Scene, alone: Says) -> Says {
    match scene.gpus {
        GpuCount::Exactly(0 | 1) => alone,
        GpuCount::Exactly(_) | GpuCount::All => Says::Likely,
        GpuCount::Unknown => Says::Open,
    }
}

/// What a piece of evidence says, as a clause for a report.
pub fn clause(evidence: &Evidence, scene: &Scene) -> Cow<'static, str> {
    let one = matches!(scene.gpus, GpuCount::Exactly(0 | 1));
    match &evidence.claim {
        Claim::NothingRuns(why) | Claim::Unread(why) => why.clone(),
        Claim::Loader(loader) => {
            let workers = if loader.workers == 1 { "worker" } else { "workers" };
            // Why these are no reason for more, where they are none.
            let fit = match loader.bound().or_else(|| loader.least()) {
                Some(bytes) if bytes <= FITS => format!(", whose batches take about {}", about(bytes)),
                None if loader.data == Data::Small => " for small samples".to_owned(),
                _ => String::new(),
            };
            format!("its data loader has {} {workers}{fit}", loader.workers).into()
        }
        Claim::NoLoader { complete: true } => "its program has no data loader with workers".into(),
        Claim::NoLoader { complete: false } => "its program could not be read completely".into(),
        Claim::Ranks { count: 0 | 1, .. } => "it runs a single process".into(),
        Claim::Ranks { count, .. } => format!("{count} processes share memory with each other").into(),
        Claim::RanksByGpus { .. } if one => "with one GPU there is one process".into(),
        Claim::RanksByGpus { .. } => "with more than one GPU its processes share memory".into(),
        Claim::Ray => "Ray keeps its object store in /dev/shm".into(),
        Claim::SharedMemory { bytes: Some(bytes) } => format!("it shares {} of memory", human(*bytes)).into(),
        Claim::SharedMemory { bytes: None } => "its processes share memory".into(),
        Claim::Caches { bytes } => format!("it keeps caches of {} in /dev/shm", human(*bytes)).into(),
        Claim::Known(entry) | Claim::Named(entry) => match entry.rule {
            NeedRule::Ranks | NeedRule::SeveralGpus if one => {
                "with one GPU it shares no memory between processes".into()
            }
            NeedRule::No | NeedRule::Idle => entry.why.into(),
            _ if matches!(evidence.claim, Claim::Named(_)) => {
                format!("its name suggests {}: {}", entry.name, entry.why).into()
            }
            _ => format!("{}: {}", entry.name, entry.why).into(),
        },
        Claim::Configured { reason: Some(reason), .. } => reason.clone().into(),
        Claim::Configured { .. } => "the configuration says so".into(),
        Claim::Server => "it serves from one process".into(),
        Claim::Entered => "what people start in it by hand is not known".into(),
        Claim::Practice { bytes: Some(bytes), same, .. } => {
            format!("the repository gives {} {}", same.called(), human(*bytes)).into()
        }
        Claim::Practice { bytes: None, same, .. } => {
            format!("the repository gives {} the host's /dev/shm", same.called()).into()
        }
        Claim::Workaround(Workaround::NoWorkers) => {
            "its data loader has 0 workers, a common workaround for a small /dev/shm".into()
        }
        Claim::Workaround(Workaround::NcclShmDisabled) => {
            "NCCL_SHM_DISABLE=1, a common workaround for a small /dev/shm".into()
        }
        Claim::PythonBackend { .. } => "Triton's Python back end hands tensors over in /dev/shm".into(),
        Claim::NoPythonBackend => "none of its models has Triton's Python back end".into(),
    }
}

#[cfg(test)]
pub(super) mod tests;
