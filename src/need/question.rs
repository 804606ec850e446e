//! The question of `shmlint size`, and its answer.

use super::hints::Hints;
use super::loader::{Impossible, Loader};
use super::{DEFAULT_SHM, Facts, recommended_for, round_up, users};
use crate::container::workload::GpuCount;
use crate::knowledge::{self, Need, Subject, Verdict};
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
        let need = self.need()?;
        if let Some(need) = &need {
            let (bytes, why) = self.known(need);
            recommended = recommended.max(round_up(bytes));
            reasons.push(why);
            if bytes == 0 && self.loader.is_none() && need.verdict != Verdict::No {
                recommended = DEFAULT_SIZE;
                reasons.push(format!("{} are what most get by with.", human(DEFAULT_SIZE)));
            }
        }
        let by_default = self.by_default(dataloader, need.as_ref());
        Ok(Answer { dataloader, recommended, reasons, by_default, loads: dataloader > 0 })
    }

    /// What the table says of the image or the framework; nothing where neither is asked.
    fn need(&self) -> Result<Option<Need>, Impossible> {
        let gpus = GpuCount::Exactly(self.ranks);
        if let Some(name) = &self.framework {
            let names = || knowledge::TABLE.iter().map(|entry| entry.name);
            return match knowledge::named(name, gpus) {
                Some(need) => Ok(Some(need)),
                None => Err(Impossible(format!(
                    "nothing is known of '{name}'{}",
                    crate::text::near::did_you_mean(name, names())
                ))),
            };
        }
        let of_image =
            |image| knowledge::need(&Subject { image: Some(image), ..Subject::default() }, gpus, &[]);
        Ok(self.image.as_deref().map(of_image))
    }

    /// Bytes that a program is known to want, and why, as a sentence.
    fn known(&self, need: &Need) -> (u64, String) {
        let Some(name) = &need.known_as else {
            let image = self.image.as_deref().unwrap_or_default();
            return (0, format!("Nothing is known of {image}."));
        };
        let facts = Facts {
            need,
            programs: &[],
            environment: &[],
            gpus: GpuCount::Exactly(self.ranks),
            memory_limit: None,
            default: DEFAULT_SHM,
        };
        let known = need.size.filter(|_| need.verdict != Verdict::No);
        let share = known.and_then(|formula| super::known(&facts, formula, &Hints::default()));
        // What is exactly known of the data loaders stands in place of the usual figure for them.
        let share = share.filter(|_| self.loader.is_none() || known != Some(knowledge::Formula::Loader));
        match share {
            Some(share) => {
                (share.bytes, format!("{name}: {}; {}: {}.", need.why, share.why, human(share.bytes)))
            }
            None => (0, format!("{name}: {}.", need.why)),
        }
    }

    /// What the default does, as the end of a sentence that begins with it.
    fn by_default(&self, dataloader: u64, need: Option<&Need>) -> String {
        let Some(loader) = self.loader.as_ref().filter(|_| dataloader > 0) else {
            let enough = match need.map(|need| need.verdict) {
                Some(Verdict::Yes) => "is too small for it.",
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
        reasons
            .push("Without workers the training process loads its data itself, and shares nothing.".into());
        return Ok(reasons);
    }
    let held = match held {
        0 => String::new(),
        held => format!(", later code still refers to {held}"),
    };
    reasons.push(format!(
        "{workers} workers keep {prefetch} batches ahead each{held}, the training loop holds one and asks for the next before \
         it lets go of it: {} batches.",
        loader.batches()?
    ));
    if *ranks > 1 {
        reasons.push(format!("{ranks} ranks have such a data loader each."));
    }
    Ok(reasons)
}
