//! Workloads by hand, and what the rules say of them.

use super::case::Case;
use super::judge;
use crate::container::engine::decide;
use crate::container::finding::{Finding, Wanted};
use crate::container::workload::{
    Citation, Effect, Engine, Gpu, GpuCount, Ipc, Mounted, Platform, Refusal, Says, Setting, Shm, Target,
    Why, Workload,
};
use crate::need::around::Alone;
use crate::rules::options::JudgeOptions;
use crate::size::Dialect;
use crate::text::place::Place;
use crate::text::source::{Source, Span};

/// A workload under construction. It begins as a Compose service `trainer` that runs `torchrun train.py` on a GPU.
pub(super) struct Build {
    workload: Workload,
    others: Vec<Workload>,
    options: JudgeOptions,
    daemon: Option<u64>,
}

fn place() -> Place {
    Place::new(&Source::new("compose.yaml", Vec::new()), Span::at(0))
}

/// A Compose service that trains on one GPU.
pub(super) fn trainer() -> Build {
    let mut workload = Workload::new(Platform::Compose, Engine::Docker, "trainer", place());
    workload.gpu.found(crate::container::accelerator::GPU, "gpus: all", place());
    workload.gpu.count = GpuCount::Exactly(1);
    workload.image = Some("pytorch/pytorch".into());
    workload.command = vec!["torchrun".into(), "train.py".into()];
    Build {
        workload,
        others: Vec::new(),
        options: JudgeOptions { pedantic: true, ..JudgeOptions::default() },
        daemon: None,
    }
}

/// A Compose service without a GPU.
pub(super) fn web() -> Build {
    let mut build = trainer();
    build.workload.gpu = Gpu::default();
    build.workload.image = Some("nginx".into());
    build.workload.command.clear();
    build
}

/// A Kubernetes container that trains on one GPU.
pub(super) fn pod() -> Build {
    let mut build = trainer().engine(Engine::Kubernetes);
    build.workload.platform = Platform::Kubernetes;
    build
}

impl Build {
    pub(super) fn engine(mut self, engine: Engine) -> Self {
        self.workload.engine = engine;
        self
    }

    pub(super) fn called(mut self, name: &str) -> Self {
        self.workload.name = name.into();
        self
    }

    pub(super) fn runs(mut self, image: &str, command: &[&str]) -> Self {
        self.workload.image = Some(image.into());
        self.workload.command = command.iter().map(|&word| word.into()).collect();
        self
    }

    pub(super) fn env(mut self, name: &str, value: &str) -> Self {
        self.workload.environment.push((name.into(), value.into()));
        self
    }

    pub(super) fn memory(mut self, limit: u64) -> Self {
        self.workload.memory_limit = Some((limit, place()));
        self
    }

    /// With a daemon whose default is `bytes`.
    pub(super) fn default_of(mut self, bytes: u64) -> Self {
        self.daemon = Some(bytes);
        self
    }

    pub(super) fn options(mut self, change: impl FnOnce(&mut JudgeOptions)) -> Self {
        change(&mut self.options);
        self
    }

    /// With a request for GPUs that is refused.
    pub(super) fn refused(mut self, text: &str, why: &str) -> Self {
        let evidence = Citation { text: text.into(), place: place() };
        self.workload.gpu.refused = Some(Box::new(Refusal { evidence, why: why.into() }));
        self
    }

    fn says(self, says: Says, key: &str, value: &str) -> Self {
        self.setting(says, key, value, Effect::Effective)
    }

    pub(super) fn setting(mut self, says: Says, key: &str, value: &str, effect: Effect) -> Self {
        let text = format!("{key}{value}");
        self.workload.settings.push(Setting { says, text, value: value.into(), place: place(), effect });
        self
    }

    /// A size as the engine's own spelling has it.
    pub(super) fn size(self, dialect: Dialect, value: &str) -> Self {
        let size = match dialect {
            Dialect::Compose => crate::size::compose(value, crate::size::Style::Plain, None),
            _ => dialect.read(value),
        };
        self.says(Says::Size(dialect, size), "shm_size: ", value)
    }

    pub(super) fn build_size(self, value: &str) -> Self {
        self.says(Says::BuildSize(Dialect::Compose, Dialect::Compose.read(value)), "build.shm_size: ", value)
    }

    pub(super) fn ipc(self, ipc: Ipc) -> Self {
        self.says(Says::Ipc(ipc), "ipc: ", "host")
    }

    /// A memory mount on `/dev/shm` with the size that is written for it.
    pub(super) fn memory_mount(self, dialect: Dialect, value: &str) -> Self {
        let size = dialect.read(value);
        let what = Mounted::Memory(size.bytes());
        let built = self.mount(Target::Shm, what, false);
        built.says(Says::MountSize(dialect, size), "sizeLimit: ", value)
    }

    pub(super) fn mount(self, target: Target, what: Mounted, read_only: bool) -> Self {
        self.says(Says::Mount { target, what, read_only }, "a mount", "")
    }

    pub(super) fn volume(self, mounted: Option<&str>) -> Self {
        let mounted = mounted.map(str::to_owned);
        self.says(Says::Volume { name: "dshm".into(), mounted, bytes: None }, "volume dshm", "")
    }

    pub(super) fn flag(self, text: &str, meant: &str, why: Why) -> Self {
        self.setting(Says::Flag { meant: meant.into() }, text, "", Effect::None(why))
    }

    /// Shares the `/dev/shm` of a container without a GPU of its own.
    pub(super) fn joins(mut self, owner: Build) -> Self {
        let owner = owner.decided();
        let bytes = owner.shm.bytes();
        self.workload.joins = Some(0);
        self.others.push(owner);
        self.ipc(Ipc::Of { name: "owner".into(), shm: bytes.map(|bytes| Box::new(Shm::Default { bytes })) })
    }

    fn decided(mut self) -> Workload {
        let default = self.daemon.unwrap_or(self.workload.engine.default_shm());
        let (shm, decided_by) = decide(self.workload.engine, default, &mut self.workload.settings);
        (self.workload.shm, self.workload.decided_by) = (shm, decided_by);
        self.workload
    }

    /// What all rules say, notes too.
    pub(super) fn findings(mut self) -> Vec<Finding> {
        let options = self.options.clone();
        let mut unit = std::mem::take(&mut self.others);
        unit.push(self.decided());
        unit.last().map(|workload| judge(&Case::new(workload, &unit, &options, &Alone))).unwrap_or_default()
    }

    /// The codes of what all rules say.
    pub(super) fn codes(self) -> Vec<&'static str> {
        self.findings().iter().map(|finding| finding.rule.code).collect()
    }

    /// Fails where any rule says anything.
    pub(super) fn silent(self) {
        let findings = self.findings();
        assert!(findings.is_empty(), "{findings:?}");
    }

    /// The only finding.
    pub(super) fn finding(self) -> Finding {
        let mut findings = self.findings();
        assert_eq!(findings.len(), 1, "{findings:?}");
        findings.remove(0)
    }

    /// What the only finding wants changed.
    pub(super) fn wanted(self) -> Option<Wanted> {
        self.finding().wanted
    }
}
