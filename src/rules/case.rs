//! What a rule may look at: one workload, its unit, the options of the run, and what is known of its need.

use std::cell::OnceCell;
use std::sync::Arc;

use crate::container::finding::{Change, Finding, NeedReport, Rule, Severity, Wanted};
use crate::container::workload::{Citation, Effect, Ipc, Says, Setting, Shm, Why, Workload};
use crate::knowledge::command::programs;
use crate::need::around::Around;
use crate::need::evidence::{Evidence, Strength};
use crate::need::own::{self, Subject};
use crate::need::verdict::{Need, Scene, Verdict, clause};
use crate::need::{Facts, Recommendation, practice, recommend};
use crate::rules::options::JudgeOptions;
use crate::size::{GIB, human};
use crate::text::place::Place;

/// A rule's judgement, and what it is made on.
pub enum Check {
    /// One for each workload that asks for a GPU.
    Gpu(fn(&'static Rule, &Case<'_>) -> Option<Finding>),
    /// One for each workload with any setting: what is written cannot work, whoever needs it.
    Any(fn(&'static Rule, &Case<'_>) -> Option<Finding>),
    /// One for each setting of any workload, likewise. The number is the setting's index.
    Written(fn(&'static Rule, &Case<'_>, usize, &Setting) -> Option<Finding>),
}

/// A workload to judge.
pub struct Case<'a> {
    /// The workload.
    pub workload: &'a Workload,
    /// All workloads of its unit.
    pub unit: &'a [Workload],
    /// The options of the run.
    pub options: &'a JudgeOptions,
    /// What lies around it.
    around: &'a dyn Around,
    /// What its programs say, where they were read.
    pub read: &'a [Evidence],
    advice: OnceCell<Advice>,
}

/// What is known of a workload's need.
#[derive(Debug)]
pub struct Advice {
    /// Whether it needs more than the default, and what tells that.
    pub need: Need,
    /// How much to give it, and why.
    pub size: Recommendation,
}

impl<'a> Case<'a> {
    /// A case of a workload among all of its unit.
    pub fn new(
        workload: &'a Workload,
        unit: &'a [Workload],
        options: &'a JudgeOptions,
        around: &'a dyn Around,
    ) -> Self {
        Self { workload, unit, options, around, read: &[], advice: OnceCell::new() }
    }

    /// With what the programs of the workloads of the unit say, of which this is the one at `index`.
    #[must_use]
    pub fn read(self, evidence: &'a [Vec<Evidence>], index: usize) -> Self {
        Self { read: evidence.get(index).map_or(&[], Vec::as_slice), ..self }
    }

    /// What is known of the workload's need. Looked up once, and only where a rule asks.
    pub fn advice(&self) -> &Advice {
        self.advice.get_or_init(|| {
            let workload = self.workload;
            let command: Vec<&str> = workload.command.iter().map(String::as_str).collect();
            let programs = programs(&command);
            let gpus = Scene::of(workload).gpus;
            let limit = workload.memory_limit.as_ref().map(|limit| limit.0);
            let mut further = self.read.to_vec();
            if self.depends_on_around() {
                let subject = Subject { workload, programs: &programs, gpus };
                further.extend(practice::evidence(&subject, self.around));
            }
            let need = own::need(workload, &self.options.images, &further);
            let mut size = recommend(&Facts {
                need: &need,
                programs: &programs,
                environment: &workload.environment,
                gpus,
                memory_limit: limit,
                default: self.options.size.max(self.options.minimum.unwrap_or(0)),
            });
            if self.options.size_is_asked {
                size.bytes = self.options.size.min(limit.map_or(u64::MAX, |limit| limit / 2));
                size.reason = "as the options ask".into();
            }
            Advice { need, size }
        })
    }

    /// The bytes without which the workload is known not to work.
    pub(super) fn needed(&self) -> Option<u64> {
        self.advice().size.needed
    }

    /// What is known of the need, as reports tell it.
    pub fn need_report(&self) -> NeedReport {
        let Advice { need, size } = self.advice();
        let said = need.deciding.iter().filter(|one| one.strength != Strength::Name);
        let evidence = said.map(|one| Citation { text: one.text.clone(), place: one.place.clone() });
        NeedReport {
            verdict: need.verdict.as_str(),
            bytes: size.needed,
            why: need.why.to_string(),
            evidence: evidence.take(MAX_EVIDENCE).collect(),
        }
    }

    /// A finding with the places that tell the need, and what leads to them.
    pub(super) fn because_of_need(&self, mut finding: Finding) -> Finding {
        let scene = Scene::of(self.workload);
        let told =
            |one: &&Evidence| one.strength != Strength::Name && !is_same(&one.place, &self.workload.place);
        for one in self.advice().need.deciding.iter().filter(told).take(MAX_EVIDENCE) {
            finding = finding.related(one.place.clone(), clause(one, &scene));
            if let Some(way) = one.via.last().filter(|way| !is_same(way, &self.workload.place)) {
                finding = finding.related(way.clone(), "started from here");
            }
        }
        finding
    }

    /// Whether what lies around the workload can change what is said of it: it is read for nothing else.
    fn depends_on_around(&self) -> bool {
        let small = |bytes: u64| bytes < GIB;
        self.workload.gpu.is_yes()
            && match self.workload.shm {
                Shm::Default { .. } => true,
                Shm::Explicit { bytes } | Shm::Tmpfs { bytes: Some(bytes) } => small(bytes),
                Shm::Shared { bytes, .. } => bytes.is_none_or(small),
                Shm::Host | Shm::Tmpfs { bytes: None } | Shm::Disk | Shm::None | Shm::Unknown(_) => false,
            }
    }

    /// How loud a rule is here: a note where the workload is known to need no more than the default.
    pub(super) fn severity(&self, usual: Severity) -> Severity {
        if self.advice().need.verdict == Verdict::No { Severity::Note } else { usual }
    }

    /// Whether the workload needs more than the default: `yes`, `no` or `unknown`.
    pub fn needs_shm(&self) -> &'static str {
        match self.advice().need.verdict {
            Verdict::Yes | Verdict::Likely => "yes",
            Verdict::No => "no",
            Verdict::Unknown => "unknown",
        }
    }

    /// The size to recommend, in bytes; never more than half of the memory limit.
    pub fn recommended(&self) -> u64 {
        let half = self.workload.memory_limit.as_ref().map_or(u64::MAX, |(limit, _)| limit / 2);
        self.advice().size.bytes.min(half)
    }

    /// The size that a fix may give: nothing where the memory limit leaves no room for it.
    pub(super) fn affordable(&self) -> Option<u64> {
        let size = &self.advice().size;
        (!size.too_large).then_some(size.bytes)
    }

    /// The fix that gives the size, spelt as the repository spells it.
    pub(super) fn set_size(&self) -> Option<Wanted> {
        let spelling = self.advice().size.spelling.as_deref().map(Arc::from);
        self.affordable().map(|bytes| Wanted::safe(Change::SetSize { bytes, spelling }))
    }

    /// The size that a fix gives where `written` bytes were meant: these, unless they are known to be too few.
    pub(super) fn at_least(&self, written: Option<u64>) -> Option<u64> {
        match written {
            Some(bytes) if bytes > DEFAULT && self.needed().is_none_or(|needed| needed <= bytes) => {
                Some(bytes)
            }
            _ => self.affordable(),
        }
    }

    /// The written size that takes effect: the setting, its index, and bytes.
    pub(super) fn written(&self) -> Option<(usize, &'a Setting, u64)> {
        let settings = &self.workload.settings;
        let decided = self.workload.decided_by?;
        let index = match settings.get(decided)?.says {
            Says::Size(..) => decided,
            Says::Mount { .. } => settings.iter().rposition(|setting| {
                matches!(setting.says, Says::MountSize(..)) && setting.effect == Effect::Effective
            })?,
            _ => return None,
        };
        let setting = settings.get(index)?;
        Some((index, setting, setting.size()?.1.bytes()?))
    }

    /// The default that the container gets in place of a size: "Docker's default 64 MiB".
    pub(super) fn default_size(&self, bytes: u64) -> String {
        let whose = match self.workload.engine {
            _ if bytes != self.workload.engine.default_shm() => "the daemon's",
            engine => engine.words().whose_default,
        };
        format!("{whose} default {}", human(bytes))
    }

    /// The default in bytes, where that is what the workload gets.
    pub(super) fn gets_default(&self) -> Option<u64> {
        match self.workload.shm {
            Shm::Default { bytes } => Some(bytes),
            _ => None,
        }
    }
}

/// How many places of evidence a report shows.
const MAX_EVIDENCE: usize = 3;

/// Whether two places are the same.
fn is_same(one: &Place, other: &Place) -> bool {
    one.span == other.span && one.path() == other.path()
}

/// 64 MiB: a size that is no larger is as good as none.
pub(super) const DEFAULT: u64 = crate::container::engine::DOCKER_DEFAULT;

/// Whether a setting without effect is one that a rule of its own speaks of, so that SHM001 does not.
pub(super) fn has_own_rule(setting: &Setting) -> bool {
    let Effect::None(why) = &setting.effect else { return false };
    match why {
        Why::BehindImage | Why::SwallowedBy(_) | Why::Misspelt => true,
        Why::BuildOnly | Why::ReadAsNothing | Why::Refused | Why::PodMember => true,
        Why::Swarm => is_lost_in_swarm(setting),
        Why::NotOnShm => matches!(setting.says, Says::Volume { .. }),
        Why::Overruled(_) => false,
    }
}

/// Whether Swarm leaves out something that would have given the container a larger `/dev/shm`.
pub(super) fn is_lost_in_swarm(setting: &Setting) -> bool {
    let would_count =
        matches!(setting.says, Says::Size(..) | Says::Ipc(Ipc::Host | Ipc::Of { .. } | Ipc::Unknown(_)));
    would_count && setting.effect == Effect::None(Why::Swarm)
}
