//! What is known of the shared memory that images and commands need.
//!
//! The knowledge stands in `rules/images.yaml`, each entry with its source; [`need`] looks a workload up in it. What a
//! container runs tells more than what it is made of, so the command beats the image (`nvidia-smi` in any image needs
//! none), a narrow pattern beats a broad one, and names tell something only where both are unknown.

pub mod command;
mod image;
pub mod options;
mod table;
pub mod used;
mod words;

use std::borrow::Cow;

use command::Program;
use options::VllmCaches;

use crate::container::workload::GpuCount;
use crate::knowledge::used::Used;
use crate::text::scan;

pub use table::{Entry, Formula, Rule, TABLE};

/// Whether a workload needs more shared memory than the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// It is known to.
    Yes,
    /// It is known not to.
    No,
    /// Nobody knows.
    #[default]
    Unknown,
}

/// What told the need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Told {
    /// Nothing did.
    #[default]
    Nothing,
    /// The name of the workload or of its own image, which may say something else than it means.
    Name,
    /// The image.
    Image,
    /// The command.
    Command,
    /// The user's configuration.
    Configuration,
}

/// What is known of a workload's need, and why.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Need {
    /// Whether it needs shared memory.
    pub verdict: Verdict,
    /// What told it.
    pub told: Told,
    /// How much, as a formula or a figure of the project's own documentation.
    pub size: Option<Formula>,
    /// What is known by what name: "vLLM".
    pub known_as: Option<Cow<'static, str>>,
    /// One clause that tells why: "one process, no shared memory". Empty where nothing is known.
    pub why: Cow<'static, str>,
    /// Where that is written.
    pub source: Option<&'static str>,
}

/// An entry that a user adds in the configuration. It beats the table; all patterns that are given must match.
#[derive(Clone, Debug, Default)]
pub struct UserEntry {
    /// A glob on the image, as in `rules/images.yaml`.
    pub image: Option<String>,
    /// Words of the command, as in `rules/images.yaml`.
    pub command: Option<String>,
    /// A glob on one of the names of the service or container.
    pub name: Option<String>,
    /// What holds for them.
    pub need: Verdict,
    /// How much they need, in bytes.
    pub bytes: Option<u64>,
    /// Why, for the report.
    pub reason: Option<String>,
    /// Whether it ever matched.
    pub used: Used,
}

/// What is known of a workload before its need is looked up.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject<'a> {
    /// The reference of the image that runs as written or resolved, with or without registry, tag and digest.
    pub image: Option<&'a str>,
    /// The image that this one is built from.
    pub built_from: Option<&'a str>,
    /// What its command starts, see [`command::programs`].
    pub programs: &'a [Program<'a>],
    /// What the service or container is called, its own name first.
    pub names: &'a [&'a str],
    /// Whether people start things by hand in a container that only waits, as they do with Docker's. A pod that waits
    /// is mostly a sample.
    pub entered: bool,
}

/// Looks a workload up that runs on so many GPUs: its command, its image, its names and what it is built from. `extra` are the
/// user's own entries, which come first.
pub fn need(subject: &Subject<'_>, gpus: GpuCount, extra: &[UserEntry]) -> Need {
    let Subject { programs, names, .. } = *subject;
    let own = subject.image.map(image::Reference::parse);
    let base = subject.built_from.map(image::Reference::parse);
    let images = || own.iter().chain(&base);
    if let Some(entry) = extra.iter().find(|entry| entry.matches(images(), programs, names)) {
        entry.used.mark();
        return entry.need();
    }
    let named = words::entry(own.as_ref(), programs, names);
    let image = own.as_ref().and_then(image_entry).or_else(|| {
        // What is built from a bare system holds more than that, and a name tells more than what it is built from.
        let needless = named.is_some_and(|named| named.rule == Rule::No);
        base.as_ref().and_then(image_entry).filter(|base| base.rule != Rule::Idle && !needless)
    });
    let by_name = || Some((Told::Name, named.or_else(|| words::entry(base.as_ref(), &[], &[]))?));
    let told = match (command_entry(programs), image) {
        // What the image of a container that only waits is made for counts, if that needs memory.
        (Some(idle), Some(image)) if idle.rule == Rule::Idle => {
            let needy = image.rule.weight() > Rule::Depends.weight();
            Some(if needy { (Told::Image, image) } else { (Told::Command, idle) })
        }
        // Whoever enters it may start anything that a home-made image holds.
        (Some(idle), None) if idle.rule == Rule::Idle && subject.entered => by_name(),
        (Some(entry), _) => Some((Told::Command, entry)),
        // A bare system tells nothing of what is started in it.
        (None, Some(image)) if image.rule != Rule::Idle => Some((Told::Image, image)),
        (None, _) => by_name(),
    };
    told.map_or_else(Need::default, |(told, entry)| judged(told, entry, programs, gpus))
}

/// What is known of a program by the name of its entry, in any case of letters, when it runs on so many GPUs.
pub fn named(name: &str, gpus: GpuCount) -> Option<Need> {
    let entry = TABLE.iter().find(|entry| entry.name.eq_ignore_ascii_case(name))?;
    Some(judged(Told::Name, entry, &[], gpus))
}

/// What an entry says of a workload with so many GPUs.
fn judged(told: Told, entry: &'static Entry, programs: &[Program<'_>], gpus: GpuCount) -> Need {
    let verdict = match entry.rule {
        Rule::Yes => Verdict::Yes,
        Rule::No | Rule::Idle => Verdict::No,
        Rule::Depends => Verdict::Unknown,
        Rule::SeveralGpus => several_gpus(entry, programs, gpus),
    };
    let needless = verdict == Verdict::No;
    let why = if needless && entry.rule == Rule::SeveralGpus {
        "with one GPU it shares nothing between processes".into()
    } else {
        entry.why.into()
    };
    let size = if needless { None } else { entry.size };
    Need { verdict, told, size, known_as: Some(entry.name.into()), why, source: Some(entry.source) }
}

/// The verdict of a program that shares memory only between the processes of several GPUs, or where an option of vLLM
/// moves something into /dev/shm.
fn several_gpus(entry: &Entry, programs: &[Program<'_>], gpus: GpuCount) -> Verdict {
    let parallel = options::parallel(programs).is_some_and(|processes| processes > 1);
    let caches = entry.size == Some(Formula::Vllm) && VllmCaches::read(programs).bytes() > 0;
    match gpus {
        _ if parallel || caches => Verdict::Yes,
        GpuCount::Exactly(0 | 1) => Verdict::No,
        GpuCount::Exactly(_) => Verdict::Yes,
        GpuCount::All | GpuCount::Unknown => Verdict::Unknown,
    }
}

/// What the programs together tell: one that needs memory is enough; none is needed only where every program is known.
fn command_entry(programs: &[Program<'_>]) -> Option<&'static Entry> {
    // Helpers tell something only where nothing else runs.
    let helpers = programs.iter().all(Program::is_neutral);
    let mut best: Option<&'static Entry> = None;
    let mut unknown = false;
    for program in programs.iter().filter(|program| helpers || !program.is_neutral()) {
        match program_entry(program) {
            None => unknown = true,
            Some(entry) => {
                if best.is_none_or(|best| entry.rule.weight() > best.rule.weight()) {
                    best = Some(entry);
                }
            }
        }
    }
    best.filter(|entry| !unknown || entry.rule.weight() > Rule::No.weight())
}

/// The entry whose pattern for `program` is the longest.
fn program_entry(program: &Program<'_>) -> Option<&'static Entry> {
    let fitting = table::COMMANDS.candidates(program.name()).filter(|(pattern, _)| program.matches(pattern));
    fitting.max_by_key(|(pattern, _)| image::literal(pattern)).map(|(_, entry)| entry)
}

/// The entry whose glob for the image is the narrowest.
fn image_entry(image: &image::Reference<'_>) -> Option<&'static Entry> {
    let fitting = table::IMAGES.candidates(image.name()).filter(|(glob, _)| image.matches(glob));
    fitting.max_by_key(|(glob, _)| image::literal(glob)).map(|(_, entry)| entry)
}

impl UserEntry {
    fn matches<'i>(
        &self,
        mut images: impl Iterator<Item = &'i image::Reference<'i>>,
        programs: &[Program<'_>],
        names: &[&str],
    ) -> bool {
        let given = self.image.is_some() || self.command.is_some() || self.name.is_some();
        given
            && self.image.as_deref().is_none_or(|glob| images.any(|image| image.matches(glob)))
            && self
                .command
                .as_deref()
                .is_none_or(|words| programs.iter().any(|program| program.matches(words)))
            && self.name.as_deref().is_none_or(|glob| names.iter().any(|name| scan::glob(glob, name)))
    }

    fn need(&self) -> Need {
        Need {
            verdict: self.need,
            told: Told::Configuration,
            size: self.bytes.map(Formula::Fixed),
            known_as: self
                .image
                .clone()
                .or_else(|| self.command.clone())
                .or_else(|| self.name.clone())
                .map(Cow::from),
            why: self.reason.clone().map_or("the configuration says so".into(), Cow::from),
            source: None,
        }
    }
}

#[cfg(test)]
mod tests;
