//! Whether a workload asks for a GPU, for how many, and what says so.

use super::Place;
use crate::container::accelerator::AcceleratorKind;

/// Whether the workload asks for a GPU: for any accelerator that trains or serves models.
#[derive(Clone, Debug, Default)]
pub struct Gpu {
    /// The answer.
    pub verdict: GpuVerdict,
    /// Every place that says so, in the order of the file. For `Unknown`, the places that leave it open.
    pub evidence: Vec<Citation>,
    /// What sort of accelerator, by the first place that asks for one.
    pub kind: Option<AcceleratorKind>,
    /// How many, where that is known.
    pub count: GpuCount,
    /// A request that whoever reads it refuses, so that nothing starts.
    pub refused: Option<Box<Refusal>>,
}

/// A request for devices that is refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The request.
    pub evidence: Citation,
    /// What its reader says.
    pub why: String,
}

/// Yes, no, or not to be known from the files, and why not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GpuVerdict {
    /// No.
    #[default]
    No,
    /// Yes.
    Yes,
    /// The reason why no file can tell.
    Unknown(String),
}

impl GpuVerdict {
    /// The word for it in reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Yes => "yes",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// How many GPUs one container gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GpuCount {
    /// Not written, or not to be known.
    #[default]
    Unknown,
    /// All of the machine's.
    All,
    /// This many.
    Exactly(u64),
}

/// A place that shows that a GPU is asked for.
#[derive(Clone, Debug)]
pub struct Citation {
    /// What stands there, shortened to one line: `runtime: nvidia`.
    pub text: String,
    /// Where.
    pub place: Place,
}

impl Citation {
    /// Stands behind the text of what a chart's own values write.
    pub const OF_VALUES: &str = " (default in values.yaml)";

    /// What it shows of an accelerator, for a report.
    pub fn message(&self, gpu: &Gpu) -> String {
        let unless = if self.text.ends_with(Self::OF_VALUES) { ", by default (values.yaml)" } else { "" };
        format!("asks for {} here{unless}", gpu.called())
    }
}

impl Gpu {
    /// Adds a place that asks for an accelerator.
    pub fn found(&mut self, kind: AcceleratorKind, text: impl Into<String>, place: Place) {
        self.kind.get_or_insert(kind);
        if self.verdict != GpuVerdict::Yes {
            self.evidence.clear();
        }
        self.verdict = GpuVerdict::Yes;
        self.evidence.push(Citation { text: text.into(), place });
    }

    /// Adds a place that leaves it open whether there is one; without effect where another place says yes.
    pub fn unsure(&mut self, why: impl Into<String>, text: impl Into<String>, place: Place) {
        if self.verdict == GpuVerdict::Yes {
            return;
        }
        if self.verdict == GpuVerdict::No {
            self.verdict = GpuVerdict::Unknown(why.into());
        }
        self.evidence.push(Citation { text: text.into(), place });
    }

    /// What it is called, with its article: `a GPU`, `a TPU`.
    pub fn called(&self) -> &'static str {
        self.kind.map_or("a GPU", |kind| kind.called)
    }

    /// Whether the answer is yes.
    pub fn is_yes(&self) -> bool {
        self.verdict == GpuVerdict::Yes
    }
}
