//! What rules say and what fixes write: findings, the changes they ask for, and the edits that make them.

use crate::container::workload::{Citation, Workload};
use crate::text::edits::Edit;
use crate::text::place::Place;
use crate::text::source::{Source, Span};
use std::sync::Arc;

/// How bad it is. The order is the order of weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Advice, shown with `--pedantic` only.
    Note,
    /// Likely to fail.
    Warning,
    /// Cannot work as meant.
    Error,
}

impl Severity {
    /// The severity of a word.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Note, Self::Warning, Self::Error].into_iter().find(|severity| severity.as_str() == word)
    }

    /// The word for it in reports and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Whether a fix may be applied without being asked for by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// What works now works afterwards, and only one reading of what was meant makes sense.
    Safe,
    /// May change what works today, or guesses what was meant: only with `--unsafe-fixes`.
    Unsafe,
}

impl Safety {
    /// The word for it in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
        }
    }
}

/// A difference in meaning that a rule asks for. How it is written is the platform's business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Give the workload a `/dev/shm` of this many bytes, in the platform's usual way: Compose `shm_size`, command lines
    /// `--shm-size`, Kubernetes and Swarm a memory volume on `/dev/shm`. For a workload that joins another's, that one.
    SetSize {
        /// Bytes.
        bytes: u64,
        /// As the repository writes them elsewhere; it counts where the platform reads it so, too.
        spelling: Option<Arc<str>>,
    },
    /// Write this size in place of the one that a setting holds ([`Setting::spell`](crate::container::workload::Setting::spell)): the value
    /// alone changes. The setting is a `Size`, `BuildSize` or `MountSize`.
    ReplaceSize {
        /// Index into [`Workload::settings`].
        setting: usize,
        /// Bytes.
        bytes: u64,
    },
    /// Take a setting out.
    Remove {
        /// Index into [`Workload::settings`].
        setting: usize,
    },
    /// Put a flag where the engine reads it, spelt as the engine spells it.
    MoveFlag {
        /// Index into [`Workload::settings`].
        setting: usize,
    },
    /// Mount a declared memory volume on `/dev/shm`.
    MountVolume {
        /// Index into [`Workload::settings`].
        setting: usize,
        /// The size that the volume is given besides, where the one it has is too small.
        bytes: Option<u64>,
    },
    /// Make the volume on `/dev/shm` a memory volume: Kubernetes' `medium: Memory`.
    SetMedium {
        /// Index into [`Workload::settings`].
        setting: usize,
    },
    /// Ask for all GPUs where what is asked for is refused.
    AskForGpus,
    /// Limit a memory volume or tmpfs on `/dev/shm` that has no size.
    Limit {
        /// Index into [`Workload::settings`].
        setting: usize,
        /// Bytes.
        bytes: u64,
    },
    /// Take a setting out and give the workload a size instead.
    ReplaceBySize {
        /// Index into [`Workload::settings`].
        setting: usize,
        /// Bytes.
        bytes: u64,
    },
}

impl Change {
    /// A size in the usual spelling.
    pub fn size(bytes: u64) -> Self {
        Self::SetSize { bytes, spelling: None }
    }

    /// The setting that it is about, as an index into [`Workload::settings`](crate::container::workload::Workload::settings).
    pub fn setting(&self) -> Option<usize> {
        match *self {
            Self::SetSize { .. } | Self::AskForGpus => None,
            Self::ReplaceSize { setting, .. }
            | Self::Remove { setting }
            | Self::MoveFlag { setting }
            | Self::MountVolume { setting, .. }
            | Self::SetMedium { setting }
            | Self::Limit { setting, .. }
            | Self::ReplaceBySize { setting, .. } => Some(setting),
        }
    }
}

/// Edits that make one change, proven to make nothing else.
#[derive(Clone, Debug)]
pub struct Fix {
    /// What it does, as an order: "set `shm_size` to 2gb".
    pub title: String,
    /// Whether it may be applied unasked.
    pub safety: Safety,
    /// In order of file and span; they do not overlap.
    pub edits: Vec<Edit>,
}

impl Fix {
    /// A fix that may be applied unasked.
    pub fn safe(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { title: title.into(), safety: Safety::Safe, edits }
    }

    /// A fix that is applied with `--unsafe-fixes` only.
    pub fn with_unsafe_effects(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { title: title.into(), safety: Safety::Unsafe, edits }
    }
}

/// What is known of a workload's need, as reports tell it.
#[derive(Clone, Debug)]
pub struct NeedReport {
    /// `yes`, `likely`, `no` or `unknown`.
    pub verdict: &'static str,
    /// The bytes without which it is known not to work.
    pub bytes: Option<u64>,
    /// Why, as a clause; empty where nothing is known.
    pub why: String,
    /// The places that tell it, the most telling first.
    pub evidence: Vec<Citation>,
}

impl NeedReport {
    /// Everything that it says of files.
    pub fn places(&mut self) -> impl Iterator<Item = (&mut Arc<Source>, Span)> {
        self.evidence.iter_mut().map(|citation| citation.place.parts())
    }
}

/// A further place that belongs to a finding, and what it shows.
#[derive(Clone, Debug)]
pub struct Related {
    /// Where.
    pub place: Place,
    /// What is there, for a reader of the report.
    pub message: String,
}

/// A change with the safety of making it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What is to be different.
    pub change: Change,
    /// Whether it may be made unasked.
    pub safety: Safety,
}

impl Wanted {
    /// A change that may be made unasked.
    pub fn safe(change: Change) -> Self {
        Self { change, safety: Safety::Safe }
    }

    /// A change that is made with `--unsafe-fixes` only.
    pub fn with_unsafe_effects(change: Change) -> Self {
        Self { change, safety: Safety::Unsafe }
    }
}

/// Why a finding is not reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suppression {
    /// A comment in a file, with the reason that it gives, or an empty text.
    Comment {
        /// The reason.
        reason: String,
    },
    /// The configuration's `per-file-ignores`.
    Configuration,
    /// The baseline file.
    Baseline,
}

/// One thing a rule says of one workload, or of one file.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// As the rule gives it, or as the configuration overrides it.
    pub severity: Severity,
    /// What happens, in one sentence.
    pub message: String,
    /// What to do and how to check, or nothing.
    pub help: String,
    /// Where it is reported.
    pub place: Place,
    /// The workload's name; empty where the finding is about a file.
    pub workload: String,
    /// The workload's name as older versions told it, where that was another.
    pub former_workload: Option<String>,
    /// The platform's word as in the list; empty where the finding is about a file.
    pub platform: &'static str,
    /// The word of the accelerator that the workload asks for, if it does.
    pub accelerator: Option<&'static str>,
    /// Citation and other places.
    pub related: Vec<Related>,
    /// What is known of the workload's need; nothing where the finding is about a file.
    pub need: Option<NeedReport>,
    /// What the rule wants changed, if it can be changed.
    pub wanted: Option<Wanted>,
    /// The proven edits, once they are asked for.
    pub fix: Option<Fix>,
    /// Why it is not reported; nothing for one that is.
    pub suppressed: Option<Suppression>,
}

impl Finding {
    /// Everything that it says of files.
    pub fn places(&mut self) -> impl Iterator<Item = (&mut Arc<Source>, Span)> {
        let related = self.related.iter_mut().map(|related| related.place.parts());
        let edits =
            self.fix.iter_mut().flat_map(|fix| &mut fix.edits).map(|edit| (&mut edit.source, edit.span));
        let evidence = self.need.iter_mut().flat_map(NeedReport::places);
        std::iter::once(self.place.parts()).chain(related).chain(edits).chain(evidence)
    }

    /// A finding about a workload, at the workload's own line.
    pub fn of(rule: &'static Rule, workload: &Workload, message: impl Into<String>) -> Self {
        let rendered = workload.rendered_from.iter().map(|template| Related {
            place: template.place.clone(),
            message: format!("rendered from {}", template.text),
        });
        let source = &workload.place.source;
        let generated = source.generated().filter(|_| workload.rendered_from.is_none()).map(|span| Related {
            place: Place::new(source, span),
            message: "says that the file is generated: what it is made from wants the change".into(),
        });
        Self {
            workload: workload.name.clone(),
            former_workload: workload.former_name.clone(),
            platform: workload.platform.as_str(),
            accelerator: workload.gpu.kind.map(|kind| kind.word),
            related: rendered.chain(generated).collect(),
            ..Self::in_file(rule, workload.place.clone(), message)
        }
    }

    /// A finding about a file, at a place in it.
    pub fn in_file(rule: &'static Rule, place: Place, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: rule.severity,
            message: message.into(),
            help: String::new(),
            place,
            workload: String::new(),
            former_workload: None,
            platform: "",
            accelerator: None,
            related: Vec::new(),
            need: None,
            wanted: None,
            fix: None,
            suppressed: None,
        }
    }

    /// With another severity than the rule's own.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// With a help text.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// With a further place.
    pub fn related(mut self, place: Place, message: impl Into<String>) -> Self {
        self.related.push(Related { place, message: message.into() });
        self
    }

    /// With the places that show the workload's GPU.
    pub fn because_of_gpu(mut self, workload: &Workload) -> Self {
        for evidence in &workload.gpu.evidence {
            let message = evidence.message(&workload.gpu);
            self.related.push(Related { place: evidence.place.clone(), message });
        }
        self
    }

    /// With a change that would fix it.
    pub fn wants(mut self, wanted: Wanted) -> Self {
        self.wanted = Some(wanted);
        self
    }
}

/// What a page in `rules/` says of its rule.
#[derive(Debug)]
pub struct Rule {
    /// `SHM001`. Never changes meaning.
    pub code: &'static str,
    /// `missing-shm`.
    pub name: &'static str,
    /// How bad it is unless the rule itself knows better.
    pub severity: Severity,
    /// What its fix is: `safe`, `unsafe`, `sometimes`, `none`.
    pub fix: &'static str,
    /// One line.
    pub summary: &'static str,
    /// The page without its front matter.
    pub page: &'static str,
}

impl Rule {
    /// Its page on the site, whose address is that of `homepage` in Cargo.toml.
    pub fn url(&self) -> String {
        format!("{}rules/{}/", env!("CARGO_PKG_HOMEPAGE"), self.name)
    }
}

/// There is one `Rule` of each: the one in the table.
impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Rule {}

/// A part of a file that cannot be read though it is certainly ours.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The exact place.
    pub place: Place,
    /// What is wrong there, in one sentence.
    pub message: String,
}
