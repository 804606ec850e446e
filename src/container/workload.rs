//! The one model that all platforms share: a container that some file starts, what shows that it asks for a GPU, every
//! place that speaks of its `/dev/shm`, and what it will really get.

mod gpu;
pub mod running;
mod shm;

pub use gpu::{Citation, Gpu, GpuCount, GpuVerdict, Refusal};
pub use running::{Declared, Running, Starter};
pub use shm::{Effect, Ipc, Mounted, Says, Setting, Shm, Target, Why};

use crate::text::place::Place;
use crate::text::source::{Source, Span};
use std::sync::Arc;

/// Where a workload was found. The words are part of the contract of the JSON reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Platform {
    /// A service of a Compose file.
    #[default]
    Compose,
    /// A `docker run` or one of its kin.
    DockerRun,
    /// A container of a pod spec, or a custom resource that stands for one.
    Kubernetes,
    /// A development container.
    Devcontainer,
    /// A job's container of GitHub, GitLab or Jenkins.
    CiContainer,
    /// A systemd unit of Podman.
    Quadlet,
    /// A container that an engine describes, or a pod that runs.
    Live,
}

impl Platform {
    /// The word for it in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compose => "compose",
            Self::DockerRun => "docker-run",
            Self::Kubernetes => "kubernetes",
            Self::Devcontainer => "devcontainer",
            Self::CiContainer => "ci-container",
            Self::Quadlet => "quadlet",
            Self::Live => "live",
        }
    }
}

/// What will start the container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Engine {
    /// Docker, and what behaves as Docker does.
    #[default]
    Docker,
    /// Podman.
    Podman,
    /// nerdctl on containerd.
    Nerdctl,
    /// `docker stack deploy`.
    Swarm,
    /// A kubelet.
    Kubernetes,
}

/// Where the files of a container come from, and what is run in it, as far as its file says.
#[derive(Clone, Debug, Default)]
pub struct Inside {
    /// The folder in which it starts, where that is set.
    pub working_dir: Option<String>,
    /// Paths of the host as they are written, with the paths they are mounted on.
    pub mounts: Vec<(String, String)>,
    /// Texts that are mounted as files: their paths, and where they are written.
    pub texts: Vec<(String, Place)>,
    /// How its image is built, where the same file says so.
    pub build: Option<Build>,
    /// Whether the first word of its command takes the place of the image's entrypoint.
    pub own_entrypoint: bool,
    /// What is run in it once it stands, in order.
    pub later: Vec<Later>,
    /// Whether its image is only probably built as the repository says.
    pub guessed: bool,
    /// The programs of its command whose files were read.
    pub read: Vec<String>,
}

/// The path of the host and that of the container in `host:container:options`.
pub fn bound(text: &str) -> Option<(String, String)> {
    let (host, rest) = text.split_once(":/")?;
    Some((host.to_owned(), format!("/{}", rest.split(':').next()?)))
}

/// How an image is built. Paths are as they are written.
#[derive(Clone, Debug)]
pub struct Build {
    /// The file that says so.
    pub from: String,
    /// The folder that it goes to first.
    pub folder: Option<String>,
    /// The build folder.
    pub context: String,
    /// The Dockerfile, where it is not `Dockerfile` in the build folder.
    pub file: Option<String>,
    /// The stage.
    pub target: Option<String>,
}

/// Commands that are run in a container that already stands.
#[derive(Clone, Debug)]
pub struct Later {
    /// The commands, as a shell reads them.
    pub script: String,
    /// Where they are written.
    pub place: Place,
    /// Whether they are typed into this very container: `docker exec`, the prompt in the same block.
    pub typed: bool,
}

/// A container that a file starts, resolved as its engine would.
#[derive(Clone, Debug, Default)]
pub struct Workload {
    /// Where it was found.
    pub platform: Platform,
    /// What starts it.
    pub engine: Engine,
    /// What shows that it is this engine, where the sort of file alone does not: a `docker stack deploy` that names it, a
    /// key that only Swarm knows.
    pub engine_evidence: Option<Citation>,
    /// The service's or container's name; for command lines the image as written.
    pub name: String,
    /// Its name as older versions told it, where that was another: baselines and fingerprints go by it.
    pub former_name: Option<String>,
    /// What else it is called where it is written: the container, the dev container, the folder that its image is built from.
    pub other_names: Vec<String>,
    /// The contract's line: the service key, the engine word, the container's list item.
    pub place: Place,
    /// The sort of object that starts it, where its platform has several: `InferenceService`.
    pub kind: Option<String>,
    /// The template that the text was rendered from, where it says so itself: Helm's `# Source:` comment.
    pub rendered_from: Option<Citation>,
    /// The image as written, variables resolved where the file resolves them.
    pub image: Option<String>,
    /// The image that its own is built from, where the Dockerfile tells and the workload asks for a GPU.
    pub built_from: Option<String>,
    /// Entrypoint and command, word by word; also those that the Dockerfile behind `build:` tells.
    pub command: Vec<String>,
    /// Where image, command and environment are written.
    pub written: Vec<Place>,
    /// Whether somebody types into it: `-i`, `stdin_open`.
    pub interactive: bool,
    /// Whether it is known to lack the right to mount anything, so that a command which does fails.
    pub cannot_mount: bool,
    /// What shows that no program of it ever runs, such as a simulated node that it goes to, as a clause.
    pub never_runs: Option<Citation>,
    /// Where its files come from.
    pub inside: Inside,
    /// Environment variables with literal values.
    pub environment: Vec<(String, String)>,
    /// Whether it asks for a GPU.
    pub gpu: Gpu,
    /// Every place that speaks of its `/dev/shm`.
    pub settings: Vec<Setting>,
    /// What it gets.
    pub shm: Shm,
    /// The setting that decides, as an index into `settings`; nothing where no setting does.
    pub decided_by: Option<usize>,
    /// The memory limit, in bytes, and where it is written.
    pub memory_limit: Option<(u64, Place)>,
    /// The index in the reading of the workload whose `/dev/shm` this one joins, where that is in the same unit: a fix goes
    /// to that one.
    pub joins: Option<usize>,
    /// Whether another of the unit joins this one's, which could not join a private one. Set as a reading takes the workloads.
    pub is_joined: bool,
    /// The index in the reading of the same container at another place, where it is reported: a service of a base file that is
    /// merged with its override is listed in both. A base that only others extend points to one of them.
    pub same_as: Option<usize>,
    /// Whether it is switched off where it is written, in a comment: it is listed and not judged.
    pub is_off: bool,
    /// What it is in each of the things that are built of it, where there are several: a base of overlays.
    pub builds: Vec<Overlaid>,
    /// For a container that runs: what is known of it besides.
    pub running: Option<Box<Running>>,
}

/// A container as one build has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlaid {
    /// What builds it.
    pub name: String,
    /// What it gets there.
    pub shm: Shm,
    /// A number for all the rest of it.
    pub rest: u64,
}

impl Workload {
    /// Everything that it says of files.
    pub fn places(&mut self) -> impl Iterator<Item = (&mut Arc<Source>, Span)> {
        let evidence = self.engine_evidence.iter_mut().chain(&mut self.rendered_from);
        let evidence = evidence.chain(&mut self.gpu.evidence).map(|evidence| evidence.place.parts());
        let limit = self.memory_limit.iter_mut().map(|(_, place)| place.parts());
        let settings = self.settings.iter_mut().map(|setting| setting.place.parts());
        let written = self.written.iter_mut().map(Place::parts);
        let never = self.never_runs.iter_mut().map(|citation| citation.place.parts());
        let written = written.chain(never);
        std::iter::once(self.place.parts()).chain(evidence).chain(limit).chain(settings).chain(written)
    }

    /// A workload of which nothing but the name and place is known yet.
    pub fn new(platform: Platform, engine: Engine, name: impl Into<String>, place: Place) -> Self {
        Self { platform, engine, name: name.into(), place, ..Self::default() }
    }

    /// Every place that it knows of.
    pub fn places_mut(&mut self) -> impl Iterator<Item = &mut Place> {
        let evidence = [&mut self.engine_evidence, &mut self.rendered_from].into_iter().flatten();
        let evidence = evidence.chain(&mut self.gpu.evidence).map(|evidence| &mut evidence.place);
        let limit = self.memory_limit.as_mut().map(|(_, place)| place);
        let settings = self.settings.iter_mut().map(|setting| &mut setting.place);
        std::iter::once(&mut self.place).chain(evidence).chain(limit).chain(settings)
    }

    /// The setting that decides what `/dev/shm` is.
    pub fn deciding(&self) -> Option<&Setting> {
        self.settings.get(self.decided_by?)
    }

    /// What the platform's people call it: `service 'trainer'`.
    pub fn title(&self) -> String {
        let kind = match self.platform {
            Platform::Compose => "service",
            Platform::Devcontainer => "dev container",
            _ => "container",
        };
        let title = format!("{kind} '{}'", self.name);
        let Some(running) = &self.running else { return title };
        match (&running.pod, &running.owner) {
            (Some(_), Some(owner)) if running.copies > 1 => {
                format!("{title} of {owner} ({} pods)", running.copies)
            }
            (Some((namespace, pod)), _) => format!("{title} of pod '{namespace}/{pod}'"),
            (None, Some(owner)) if running.copies > 1 => {
                format!("{title} (one of {} of {owner})", running.copies)
            }
            _ => title,
        }
    }
}
