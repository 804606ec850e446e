//! Findings for the tests of the formats: one of every sort that a format can stumble over.

use std::sync::Arc;

use crate::container::finding::Rule;
use crate::container::finding::{Finding, Fix, NeedReport, Severity};
use crate::container::workload::{Effect, Engine, Ipc, Platform, Says, Setting, Shm, Workload};
use crate::lint::check::Listed;
use crate::lint::report::{Counts, Report};
use crate::rules;
use crate::text::edits::Edit;
use crate::text::place::Place;
use crate::text::source::{Source, Span};

const COMPOSE: &str = r#"# Größe: 数
x-gpu: &gpu
  deploy:
    resources:
      reservations:
        devices:
          - {driver: nvidia, capabilities: [gpu]}

services:
  trainer:
    <<: *gpu
    image: pytorch/pytorch:2.10
  "größe":
    <<: *gpu
    image: ghcr.io/example/größe   # 数	tab
"#;

const SCRIPT: &str =
    "#!/bin/sh\nif true; then\n\tdocker run --rm --gpus all -e A=\"b c\" example/train python train.py\r\nfi";

const OVERLAY: &str =
    "services:\n  infer:\n    deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}]}}}\n";

const BASE: &str =
    "services:\n  infer:\n    image: example/infer\n    ports:\n      - 8000:8000\n    shm_size: 64m\n";

const BROKEN: &str = "services:\n  a:\n    command: [\"x\"\n";

/// A file and the places in it.
struct SampleFile(Arc<Source>);

impl SampleFile {
    fn new(path: &str, text: &str) -> Self {
        Self(Source::new(path, text.as_bytes().to_vec()))
    }

    /// The `nth` place (from 0) at which `text` stands.
    fn place(&self, text: &str, nth: usize) -> Place {
        let (start, _) = self.0.text().match_indices(text).nth(nth).expect("the sample holds it");
        Place::new(&self.0, Span::new(start, start + text.len()))
    }
}

fn finding(rule: &str, platform: Platform, name: &str, place: Place, message: &str) -> Finding {
    let rule: &'static Rule = rules::find(rule).expect("the sample's rules exist");
    let workload = Workload::new(platform, Engine::Docker, name, place);
    Finding::of(rule, &workload, message)
}

/// Two services that one edit mends; a command line with everything in one line; a fix in another file, unsafe; a file that
/// cannot be read, with everything in its message that some format must escape.
pub(super) fn report() -> Report {
    let compose = SampleFile::new("compose.yaml", COMPOSE);
    let gpu = "{driver: nvidia, capabilities: [gpu]}";
    let size = || {
        let at = compose.place("  deploy:", 0).span.start;
        Fix::safe("give it 2 GiB of /dev/shm", vec![Edit::insertion(&compose.0, at, "  shm_size: \"2gb\"\n")])
    };
    let asks = "asks for a GPU but gets Docker's default 64 MiB /dev/shm";
    let service = |name: &str, text: &str| {
        let message = format!("service '{name}' {asks}");
        let mut found = finding("SHM001", Platform::Compose, name, compose.place(text, 0), &message)
            .related(compose.place(gpu, 0), "asks for a GPU here")
            .help(format!(
                "check with `docker compose exec {name} df -h /dev/shm`; recreate a running container"
            ));
        found.fix = Some(size());
        found
    };

    let script = SampleFile::new("scripts/train me.sh", SCRIPT);
    let mut run = finding(
        "SHM001",
        Platform::DockerRun,
        "example/train",
        script.place("docker", 0),
        &format!("container 'example/train' {asks}"),
    )
    .severity(Severity::Error)
    .related(script.place("--gpus all", 0), "asks for a GPU here")
    .related(script.place("python train.py", 0), "needs about 1.2 GiB");
    let behind = script.place("--gpus all", 0).span.end;
    run.fix = Some(Fix::safe(
        "give it 2 GiB of /dev/shm",
        vec![Edit::insertion(&script.0, behind, " --shm-size=2g")],
    ));

    let (overlay, base) =
        (SampleFile::new("gpu/compose.gpu.yaml", OVERLAY), SampleFile::new("gpu/compose.yaml", BASE));
    let mut infer = finding(
        "SHM001",
        Platform::Compose,
        "infer",
        overlay.place("infer", 0),
        "service 'infer' asks for a GPU but gets 64 MiB of /dev/shm",
    )
    .related(overlay.place("capabilities: [gpu]", 0), "asks for a GPU here")
    .related(base.place("shm_size: 64m", 0), "the size is set here");
    let old = base.place("64m", 0).span;
    infer.fix = Some(Fix::with_unsafe_effects(
        "write the size as 2 GiB",
        vec![Edit::replacement(&base.0, old, "2gb")],
    ));

    let broken = SampleFile::new("odd & 100%/a,b:c.yml", BROKEN);
    let rule = rules::find("SHM900").expect("the sample's rules exist");
    let unread = Finding::in_file(
        rule,
        broken.place("[", 0),
        "this '[' is never closed: <\"a\"> & | 100%, `x`\u{1b}[31m ]]> --\nsecond line",
    );
    Report {
        findings: vec![service("trainer", "trainer"), service("größe", "\"größe\""), infer, unread, run],
        counts: Counts { seen: 12, files: 5, workloads: 9, gpu_workloads: 4 },
        ..Report::default()
    }
}

/// Containers of every sort for the list.
pub(super) fn listed() -> Vec<Listed> {
    let compose = SampleFile::new("compose.yaml", COMPOSE);
    let base = SampleFile::new("gpu/compose.yaml", BASE);
    let listed = |workload: Workload, why: &str| Listed {
        needs_shm: "unknown",
        recommended: 2 << 30,
        need: NeedReport { verdict: "unknown", bytes: None, why: String::new(), evidence: Vec::new() },
        why: why.into(),
        workload,
    };
    let mut trainer =
        Workload::new(Platform::Compose, Engine::Docker, "trainer", compose.place("trainer", 0));
    trainer.gpu.found(
        crate::container::accelerator::GPU,
        "capabilities: [gpu]",
        compose.place("capabilities: [gpu]", 0),
    );
    trainer.shm = Shm::Default { bytes: 64 << 20 };
    let mut size = Workload::new(Platform::Compose, Engine::Docker, "größe数", compose.place("\"größe\"", 0));
    size.shm = Shm::Shared { with: "trainer".into(), bytes: None };
    let mut infer = Workload::new(Platform::Compose, Engine::Docker, "infer", base.place("infer", 0));
    infer.gpu.unsure("a variable may", "runtime: ${RUNTIME}", base.place("infer", 0));
    infer.shm = Shm::Explicit { bytes: 64 << 20 };
    infer.settings.push(Setting {
        says: Says::Ipc(Ipc::Own),
        text: "shm_size: 64m".into(),
        value: "64m".into(),
        place: compose.place("image", 0),
        effect: Effect::Effective,
    });
    infer.decided_by = Some(0);
    vec![
        listed(trainer, "missing-shm: service 'trainer' asks for a GPU but gets 64 MiB of /dev/shm"),
        listed(size, "asks for no GPU"),
        listed(infer, "may have a GPU: a variable may"),
    ]
}
