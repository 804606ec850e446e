//! The question of `shmlint size`, and its answer.

use super::hints::Hints;
use super::loader::{Impossible, Loader};
use super::users::{self, Share};
use super::verdict::Verdict;
use super::{DEFAULT_SHM, because, recommended_for, round_up};
use crate::container::workload::GpuCount;
use crate::knowledge::{self, KnowledgeEntry, NeedRule};
use crate::need::DEFAULT_SIZE;
use crate::size::human;

/// What is asked: a data loader, a program, or both.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// The data loader, if one is told.
    pub loader: Option<Loader>,
    /// Training or serving processes in the container, one for every GPU.
    pub ranks: u64,
    /// The image that runs.
    pub image: Option<String>,
    /// The name of an entry in the table of images: `vLLM`.
    pub framework: Option<String>,
}

/// What fills `/dev/shm`, and how large it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Bytes that the data loaders take at most.
    pub dataloader: u64,
    /// Bytes to set.
    pub recommended: u64,
    /// What fills it, a sentence each.
    pub reasons: Vec<String>,
    /// What the default of 64 MiB does with it, in a sentence.
    pub by_default: String,
    /// Whether data loaders are part of it: what happens when it is full is known of them.
    pub loads: bool,
}

impl Question {
    /// The answer; an error where numbers make no sense or a name is not known.
    pub fn answer(&self) -> Result<Answer, Impossible> {
        if self.ranks == 0 {
            return Err(Impossible("0 ranks run nothing: at least 1 is meant".into()));
        }
        let dataloader = self.loader.as_ref().map_or(Ok(0), Loader::bound)?;
        let mut reasons = self.loader.as_ref().map_or(Ok(Vec::new()), loader_reasons)?;
        let mut recommended = recommended_for(dataloader, self.ranks);
        if dataloader > 0 && self.ranks > 1 {
            let nccl = human(users::nccl_bytes(self.ranks, 1));
            reasons.push(format!(
                "NCCL between {} ranks without a direct link takes up to {nccl} more.",
                self.ranks
            ));
        }
        let known = self.known_program()?;
        if let Some(entry) = known {
            let (bytes, why) = self.takes(entry);
            recommended = recommended.max(round_up(bytes));
            reasons.push(why);
            if bytes == 0 && self.loader.is_none() && self.verdict(entry) != Verdict::No {
                recommended = DEFAULT_SIZE;
                reasons.push(format!("{} is a usual size.", human(DEFAULT_SIZE)));
            }
        } else if let Some(image) = &self.image {
            recommended = recommended.max(DEFAULT_SIZE);
            reasons.push(format!("Nothing is known about {image}; {} is a usual size.", human(DEFAULT_SIZE)));
        }
        let verdict = known.map(|entry| self.verdict(entry));
        let verdict = verdict.or_else(|| self.image.as_ref().map(|_| Verdict::Unknown));
        let by_default = self.by_default(dataloader, verdict);
        Ok(Answer { dataloader, recommended, reasons, by_default, loads: dataloader > 0 })
    }

    /// What the table says of the framework or the image; nothing where neither is known.
    fn known_program(&self) -> Result<Option<&'static KnowledgeEntry>, Impossible> {
        let Some(name) = &self.framework else {
            return Ok(self.image.as_deref().and_then(knowledge::image_entry));
        };
        let names = || knowledge::TABLE.iter().map(|entry| entry.name);
        let near = || crate::text::near::did_you_mean(name, names());
        let entry = knowledge::named(name);
        entry.map(Some).ok_or_else(|| Impossible(format!("nothing is known about '{name}'{}", near())))
    }

    /// Whether a program needs memory in so many processes.
    fn verdict(&self, entry: &KnowledgeEntry) -> Verdict {
        match entry.rule {
            NeedRule::Yes => Verdict::Likely,
            NeedRule::No | NeedRule::Idle => Verdict::No,
            NeedRule::Depends => Verdict::Unknown,
            NeedRule::Ranks | NeedRule::SeveralGpus if self.ranks > 1 => Verdict::Yes,
            NeedRule::Ranks | NeedRule::SeveralGpus => Verdict::No,
        }
    }

    /// Bytes that a program is known to want, and why, as a sentence.
    fn takes(&self, entry: &'static KnowledgeEntry) -> (u64, String) {
        let gpus = GpuCount::Exactly(self.ranks);
        let wanted = (self.verdict(entry) != Verdict::No)
            .then(|| super::of_entry(entry, &Hints::default(), gpus, None));
        // What is exactly known of the data loaders stands in place of the usual figure for them.
        let wanted = wanted.flatten().filter(|share| self.loader.is_none() || !share.usual);
        match wanted {
            Some(share) => {
                let Share { bytes, why, .. } = share;
                (bytes, format!("{}: {}. It takes {}.", entry.name, entry.why, because(bytes, &why)))
            }
            None if matches!(entry.rule, NeedRule::Ranks | NeedRule::SeveralGpus) && self.ranks == 1 => {
                let why =
                    "with one process there is nobody to share with; `--ranks` tells how many there are";
                (0, format!("{}: {}. But {why}.", entry.name, entry.why))
            }
            None => (0, format!("{}: {}.", entry.name, entry.why)),
        }
    }

    /// What the default does, as the end of a sentence that begins with it.
    fn by_default(&self, dataloader: u64, verdict: Option<Verdict>) -> String {
        let Some(loader) = self.loader.as_ref().filter(|_| dataloader > 0) else {
            let enough = match verdict {
                Some(Verdict::Yes | Verdict::Likely) => "is too small for it.",
                Some(Verdict::No) | None => "is enough.",
                Some(Verdict::Unknown) => "may be too small.",
            };
            return enough.into();
        };
        if dataloader <= DEFAULT_SHM {
            return "is enough for these data loaders.".into();
        }
        match loader.largest_batch(DEFAULT_SHM) {
            0 => "does not hold what batches of even one sample take.".into(),
            largest => {
                format!("is enough for batches of at most {largest} samples, not of {}.", loader.batch)
            }
        }
    }
}

/// What a data loader puts into `/dev/shm`, as sentences.
fn loader_reasons(loader: &Loader) -> Result<Vec<String>, Impossible> {
    let Loader { workers, prefetch, batch, sample, held, ranks } = loader;
    let bytes = human(loader.batch_bytes()?);
    let mut reasons = vec![format!("One batch is {batch} samples of {sample} with a label each: {bytes}.")];
    if *workers == 0 {
        reasons.push("Without workers the main process loads the data, and shares nothing.".into());
        return Ok(reasons);
    }
    let held = match held {
        0 => String::new(),
        held => format!(", later code still refers to {held}"),
    };
    let each = if *workers == 1 { "The worker".to_owned() } else { format!("Each of the {workers} workers") };
    let noun = if *prefetch == 1 { "batch" } else { "batches" };
    reasons.push(format!(
        "{each} prefetches {prefetch} {noun}{held}, and the training loop holds one while it takes the next: {} batches in all.",
        loader.batches()?
    ));
    if *ranks > 1 {
        reasons.push(format!("{ranks} ranks have such a data loader each."));
    }
    Ok(reasons)
}
