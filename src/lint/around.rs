//! The repositories of a run, read for evidence, each at most once: which images they build, where their programs are, and
//! what their containers have of shared memory.
//!
//! They are read the same way whichever of their files were named, so that the answer for a file never depends on that.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use crate::container::engine::DOCKER_DEFAULT;
use crate::container::workload::{Engine, Says, Setting, Shm, Workload};
use crate::lint::discover::{Discovered, Walk, kinds};
use crate::lint::parallel::Collected;
use crate::need::around::{Alone, Around, Given};
use crate::need::reach::builds::Builds;
use crate::need::reach::{maps, mentions};
use crate::platform::kind::{Context, Index, Unit};
use crate::platform::options::ReadOptions;
use crate::text::files::Files;
use crate::text::place::shed;
use crate::text::scan::Words;
use crate::text::source::Source;

/// More files than this are no repository of somebody's project: none of them is read.
const MAX_FILES: usize = 100_000;
/// What stands in every text that gives a container shared memory.
static GIVES: Words = Words::new(&[&["shm", "Shm", "SHM", "--ipc", "ipc:", "ipc\"", "Ipc", "IPC"]]);

/// The repositories of a run.
pub struct Surroundings<'a> {
    /// Texts by path.
    files: &'a dyn Files,
    /// How folders are walked.
    walk: &'a Walk,
    /// How containers are read; nothing where nothing around a file is to be read.
    options: Option<&'a ReadOptions>,
    /// Each repository that was asked for.
    known: Arc<Memory>,
}

/// What is known of repositories, for whoever asks again and again.
#[derive(Default)]
pub struct Memory(Mutex<BTreeMap<String, Arc<OnceLock<Known>>>>);

/// What is known of one repository.
#[derive(Clone, Default)]
struct Known {
    given: Arc<Vec<Given>>,
    builds: Arc<Builds>,
}

impl<'a> Surroundings<'a> {
    /// What lies around the files of a run.
    pub fn new(files: &'a dyn Files, walk: &'a Walk, options: Option<&'a ReadOptions>) -> Self {
        Self { files, walk, options, known: Arc::default() }
    }

    /// The same, with what was known before and for who comes after.
    pub fn remembering(self, known: &Arc<Memory>) -> Self {
        Self { known: Arc::clone(known), ..self }
    }

    /// What is known of the repository that holds a path.
    fn known(&self, path: &str) -> Known {
        let Some(options) = self.options else { return Known::default() };
        let (root, name) = self.files.repository(path);
        if name.is_empty() {
            return Known::default();
        }
        let Ok(mut all) = self.known.0.lock() else { return Known::default() };
        let known = Arc::clone(all.entry(root.clone()).or_default());
        drop(all);
        known.get_or_init(|| self.read(&root, options)).clone()
    }

    /// Reads a repository.
    fn read(&self, root: &str, options: &ReadOptions) -> Known {
        let (given, builds): (Collected<Given>, Mutex<Builds>) = Default::default();
        let count = AtomicUsize::new(0);
        let look = |found: Discovered<'_>| {
            if count.fetch_add(1, Ordering::Relaxed) >= MAX_FILES {
                return;
            }
            // What lies in the working directory is called as it would be typed there.
            let typed = root.starts_with('.').then(|| self.files.as_typed_here(found.path)).flatten();
            let path = typed.as_deref().unwrap_or(found.path);
            let source = kinds(path).next().and_then(|_| self.files.read_met(path).ok());
            let said = source.as_ref().map(|source| (mentions::of_text(source), maps::maps(source)));
            if let Ok(mut builds) = builds.lock() {
                builds.add_path(path);
                let (images, maps) = said.unwrap_or_default();
                builds.add(images);
                builds.add_maps(maps);
            }
            given.extend(source.map(|source| self.given_in(path, &source, options)).unwrap_or_default());
        };
        let folder = if root.is_empty() { "." } else { root };
        self.walk.each(&[folder.to_owned()], &look, &|_| {});
        if count.into_inner() > MAX_FILES {
            return Known::default();
        }
        let (mut given, mut builds) = (given.into_inner(), builds.into_inner().unwrap_or_default());
        given.sort_by(|a, b| order(a).cmp(&order(b)));
        shed(given.iter_mut().map(|given| given.place.parts()));
        builds.sort();
        shed(builds.places());
        Known { given: Arc::new(given), builds: Arc::new(builds) }
    }

    /// The containers of one file that have shared memory.
    fn given_in(&self, path: &str, source: &Arc<Source>, options: &ReadOptions) -> Vec<Given> {
        if !GIVES.stand_in(source.text()) {
            return Vec::new();
        }
        let Some((kind, claim)) =
            kinds(path).find(|(kind, claim)| (kind.relevant)(source.text(), *claim, false))
        else {
            return Vec::new();
        };
        let (index, alone) = (Index::default(), Alone);
        let context =
            Context { files: self.files, index: &index, options, every_container: false, around: &alone };
        let unit = Unit::lone(kind, path, claim, Some(Arc::clone(source)));
        (kind.read)(&unit, &context).workloads.iter().filter_map(given).collect()
    }
}

impl Around for Surroundings<'_> {
    fn given(&self, path: &str) -> Arc<Vec<Given>> {
        self.known(path).given
    }

    fn builds(&self, path: &str) -> Option<Arc<Builds>> {
        self.options.map(|_| self.known(path).builds)
    }
}

fn order(given: &Given) -> (&str, usize) {
    (given.place.path(), given.place.span.start)
}

/// What a workload has of shared memory, where something gives it more than the default.
fn given(workload: &Workload) -> Option<Given> {
    let bytes = match workload.shm {
        Shm::Explicit { bytes } | Shm::Tmpfs { bytes: Some(bytes) } if bytes > DOCKER_DEFAULT => Some(bytes),
        Shm::Tmpfs { bytes: None } | Shm::Host => None,
        _ => return None,
    };
    // A volume without a size of its own has what its pod's memory limit leaves: nobody chose that.
    let is_written = |setting: &Setting| matches!(setting.says, Says::MountSize(..));
    let is_volume = matches!(workload.shm, Shm::Tmpfs { .. }) && workload.engine == Engine::Kubernetes;
    if is_volume && bytes.is_some() && !workload.settings.iter().any(is_written) {
        return None;
    }
    let setting = workload.deciding()?;
    Some(Given {
        image: workload.image.clone(),
        gpu: workload.gpu.is_yes(),
        gpus: workload.gpu.count,
        bytes,
        spelling: Some(setting.value.clone()).filter(|value| bytes.is_some() && !value.is_empty()),
        platform: workload.platform,
        place: setting.place.clone(),
    })
}
