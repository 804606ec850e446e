//! The evidence that tells whether a workload needs shared memory: single claims, each at the place that makes it.
//!
//! Whoever reads a part of what a container runs (its command line, a Dockerfile, a Python program, a later `docker exec`) adds
//! what it found to one list. Every program that is started adds something, and be it [`Claim::Unread`]: a list without one
//! says that all of them are known. Nobody but the verdict weighs claims against each other.

use std::borrow::Cow;

use super::loader::{Loader, Sample};
use crate::knowledge::{Formula, KnowledgeEntry, NeedRule};
use crate::text::place::Place;

/// One claim, and what makes it.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// What is claimed.
    pub claim: Claim,
    /// Where that is written.
    pub place: Place,
    /// What is written there, on one line: see [`line_at`].
    pub text: String,
    /// The lines that lead there from the workload, in this order: its command, a `docker build -t`, the Dockerfile's `CMD`.
    pub via: Vec<Place>,
    /// How the place was reached, and so what the claim may decide.
    pub strength: Strength,
}

/// What a place claims of the workload.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    /// Nothing is started at all, or something that ends at once: the reason, as a clause.
    NothingRuns(Cow<'static, str>),
    /// A data loader with worker processes.
    Loader(Loads),
    /// A program that was read and has no data loader with workers.
    NoLoader {
        /// Whether all of its own files were read and nothing in them is chosen while it runs.
        complete: bool,
    },
    /// So many processes that share memory through NCCL or a server's own queues; one of them shares none.
    Ranks {
        /// How many run in this container.
        count: u64,
        /// What they take.
        size: Formula,
    },
    /// One process for each GPU that the container sees, or one process that spreads over them by NCCL (`DataParallel`).
    RanksByGpus {
        /// What they take.
        size: Formula,
    },
    /// Ray, whose object store is in shared memory.
    Ray,
    /// Python's shared memory, tensors in queues between processes, and the like.
    SharedMemory {
        /// Bytes, where they are written.
        bytes: Option<u64>,
    },
    /// Caches that the program keeps in `/dev/shm`.
    Caches {
        /// Bytes.
        bytes: u64,
    },
    /// What the table of images says of the program or the image.
    Known(&'static KnowledgeEntry),
    /// The user's own configuration says so.
    Configured {
        /// Whether it needs memory.
        needs: bool,
        /// How much, where it says so.
        bytes: Option<u64>,
        /// Why, where it says so.
        reason: Option<String>,
    },
    /// A server in one process.
    Server,
    /// A shell, a notebook or a waiting command: whoever enters starts what they like.
    Entered,
    /// A program of which nothing is known, or that could not be read to its end: the reason, as a clause.
    Unread(Cow<'static, str>),
    /// The repository itself gives the same thing a size elsewhere.
    Practice {
        /// The size, nothing where it shares the host's.
        bytes: Option<u64>,
        /// As it is written there: `16GB`.
        spelling: Option<String>,
        /// What is the same.
        same: Same,
    },
    /// What people write to get by without shared memory.
    Workaround(Workaround),
    /// Models of Triton's Python back end, which hand tensors over in shared memory.
    PythonBackend {
        /// How many processes.
        instances: u64,
    },
    /// A model repository of Triton without a Python back end.
    NoPythonBackend,
    /// A word in a name, which proves nothing: the entry that it speaks of.
    Named(&'static KnowledgeEntry),
}

/// What is known of a data loader with workers.
#[derive(Clone, Debug, PartialEq)]
pub struct Loads {
    /// Worker processes of each rank, above 0.
    pub workers: u64,
    /// Whether the number is the library's own default or that of the machine's processors, not one that somebody wrote.
    pub assumed: bool,
    /// Samples in a batch.
    pub batch: Option<u64>,
    /// One sample as it leaves the workers.
    pub sample: Option<Sample>,
    /// What kind of data it loads.
    pub data: Data,
    /// Batches that each worker keeps ahead, where it is not the usual 2.
    pub prefetch: Option<u64>,
}

impl Loads {
    /// The measured loader that it is, in one process; nothing where its batch or its sample is not known.
    pub fn measured(&self) -> Option<Loader> {
        let (batch, sample) = (self.batch?, self.sample.clone()?);
        Some(Loader {
            workers: self.workers,
            prefetch: self.prefetch.unwrap_or(2),
            batch,
            sample,
            held: 0,
            ranks: 1,
        })
    }

    /// The most bytes that one process takes for it, where that is known.
    pub fn bound(&self) -> Option<u64> {
        self.measured()?.bound().ok()
    }

    /// What it takes of images of which nothing more is known than that somebody wrote the workers and the batch: of a
    /// quarter of the usual 224 x 224.
    pub fn least(&self) -> Option<u64> {
        let is_told = self.data == Data::Images && self.sample.is_none() && !self.assumed;
        let sample = Sample::new("3x112x112", "float32").ok().filter(|_| is_told)?;
        Self { sample: Some(sample), ..self.clone() }.bound()
    }
}

/// What kind of data a loader loads, as far as its program tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Data {
    /// Not told.
    #[default]
    Unknown,
    /// Images, video or volumes: a batch of them is large.
    Images,
    /// Token ids, tables, or images of some hundred pixels: batches of many of them fit into the default.
    Small,
}

/// What a size of the repository's own is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Same {
    /// Anything else that asks for a GPU: it tells a size and no need.
    Repository,
    /// A sibling in the same file, whose image comes from the same place.
    File,
    /// The same image.
    Image,
    /// The same image in several files, also without a GPU: not a line that was copied along.
    Images,
}

impl Same {
    /// What is given the size, as reports say it.
    pub fn called(self) -> &'static str {
        match self {
            Self::Image | Self::Images => "the same image",
            Self::File => "the same kind of service",
            Self::Repository => "other GPU containers",
        }
    }
}

/// What people write to get by without shared memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workaround {
    /// A loader without workers.
    NoWorkers,
    /// `NCCL_SHM_DISABLE=1`.
    NcclShmDisabled,
}

/// How a claim was reached, from what tells least to what tells most. A claim against a need is worth as much as one for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// A word in a name: it makes nothing louder than a warning, and nothing silent.
    Name,
    /// What else stands in the repository.
    Practice,
    /// The image, by its name in the table.
    Image,
    /// A file that is only probably the one that runs (the only one of its name, the only Dockerfile beside the manifest): it
    /// may silence, and raises nothing.
    Guess,
    /// What is done in the container later, as a page or a job tells it: a warning at most.
    Later,
    /// A file of the repository that runs in the container.
    Program,
    /// What is typed into the container: `docker exec`, the prompt in the same block.
    Typed,
    /// The workload's own command, arguments and environment.
    Command,
    /// What decides whether it runs at all.
    Machinery,
}

impl Strength {
    /// Whether a claim of it may say that memory is needed.
    pub fn may_raise(self) -> bool {
        self != Self::Guess
    }

    /// Whether a claim of it may make an error.
    pub fn may_prove(self) -> bool {
        self >= Self::Program
    }
}

/// Longer lines are cut in reports.
const MAX_LINE: usize = 100;

impl Evidence {
    /// A claim made at a place, with the text of its first line.
    pub fn new(claim: Claim, place: Place, strength: Strength) -> Self {
        let text = line_at(&place);
        Self { claim, place, text, via: Vec::new(), strength }
    }

    /// Whether it is about a program of the table that shares memory between GPUs or processes alone.
    pub fn is_by_gpus(&self) -> bool {
        matches!(&self.claim, Claim::Known(entry) | Claim::Named(entry) if matches!(entry.rule, NeedRule::Ranks | NeedRule::SeveralGpus))
    }

    /// With the lines that lead there.
    #[must_use]
    pub fn via(mut self, via: &[Place]) -> Self {
        self.via.extend_from_slice(via);
        self
    }
}

/// The line on which a place begins, without its indent, shortened to what a report shows.
pub fn line_at(place: &Place) -> String {
    let source = &place.source;
    let line = source.slice(source.line_span(source.line(place.span.start))).trim();
    match line.char_indices().nth(MAX_LINE) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default().trim_end()),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::source::{Source, Span};

    #[test]
    fn the_line_of_a_place_is_shown_shortened() {
        let text = format!("a\n    train(é)  \n{}\n", "x".repeat(200));
        let source = Source::new("train.py", text.into_bytes());
        let at = |source, start| line_at(&Place::new(source, Span::at(start)));
        assert_eq!(at(&source, 8), "train(é)");
        assert_eq!(at(&source, 30).chars().count(), MAX_LINE + 1);
        assert_eq!(at(&source, 9999), "");
        // What is kept of a text has the same lines in the same places.
        assert_eq!(at(&source.excerpt([Span::at(30)]), 30), at(&source, 30));
    }

    #[test]
    fn a_guess_silences_and_raises_nothing() {
        assert!(!Strength::Guess.may_raise() && Strength::Name.may_raise());
        assert!(!Strength::Later.may_prove() && Strength::Typed.may_prove() && Strength::Program.may_prove());
    }
}
