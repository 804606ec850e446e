//! The repositories of a run, read for evidence, each at most once: which images they build, where their programs are, and
//! what their containers have of shared memory.
//!
//! They are read the same way whichever of their files were named, so that the answer for a file never depends on that.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use crate::container::engine::DOCKER_DEFAULT;
use crate::container::workload::{Engine, Says, Setting, Shm, Workload};
use crate::knowledge::ImageIdentity;
use crate::lint::discover::{Discovered, Walk, kinds};
use crate::lint::notes::Notes;
use crate::lint::parallel::shared_out;
use crate::need::around::{Alone, Around, Given};
use crate::need::practice;
use crate::need::reach::builds::Builds;
use crate::platform::kind::{Context, Index, Unit};
use crate::platform::options::ReadOptions;
use crate::text::files::Files;
use crate::text::paths::{join, to_os};
use crate::text::place::shed;

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
    /// What the run itself has noted.
    walked: OnceLock<Notes>,
}

/// What is known of repositories, for whoever asks again and again.
#[derive(Default)]
pub struct Memory(Mutex<BTreeMap<String, Shelf>>);

/// Where what is known of a repository goes.
type Shelf = Arc<OnceLock<Arc<Known>>>;

/// What is known of one repository.
#[derive(Default)]
struct Known {
    builds: Arc<Builds>,
    /// The files in which containers may have shared memory. They are parsed once somebody asks what these have.
    giving: Vec<String>,
    given: OnceLock<Arc<Vec<Given>>>,
}

impl<'a> Surroundings<'a> {
    /// What lies around the files of a run.
    pub fn new(files: &'a dyn Files, walk: &'a Walk, options: Option<&'a ReadOptions>) -> Self {
        Self { files, walk, options, known: Arc::default(), walked: OnceLock::new() }
    }

    /// The same, with what was known before and for who comes after.
    pub fn remembering(self, known: &Arc<Memory>) -> Self {
        Self { known: Arc::clone(known), ..self }
    }

    /// Notes for a run that walks one directory: its repositories need not be walked a second time then. Nothing where nothing
    /// around a file is to be read.
    pub fn notes(&self, paths: &[String]) -> Option<Notes> {
        let [path] = paths else { return None };
        (self.options.is_some() && to_os(path).is_dir()).then(|| Notes::new(join("", path)))
    }

    /// Takes over what a run has noted.
    pub fn learn(&self, notes: Notes) {
        // There is one run.
        let _ = self.walked.set(notes);
    }

    /// What is known of the repository at `root`.
    fn slot(&self, root: &str) -> Option<Shelf> {
        let mut all = self.known.0.lock().ok()?;
        Some(Arc::clone(all.entry(root.to_owned()).or_default()))
    }

    /// What is known of the repository that holds a path.
    fn known(&self, path: &str) -> Option<Arc<Known>> {
        self.options?;
        let (root, name) = self.files.repository(path);
        let slot = self.slot(&root).filter(|_| !name.is_empty())?;
        Some(Arc::clone(slot.get_or_init(|| Arc::new(self.read(&root)))))
    }

    /// What is known of a repository, by what the run has noted or a walk of its own.
    fn read(&self, root: &str) -> Known {
        let walked = self.walked.get().filter(|notes| notes.covers(root));
        let (builds, giving) = match walked {
            Some(notes) => notes.within(root, self.files),
            None => self.walk(root).within(root, self.files),
        };
        Known { builds: Arc::new(builds), giving, given: OnceLock::new() }
    }

    /// Walks a repository.
    fn walk(&self, root: &str) -> Notes {
        let notes = Notes::new(root.to_owned());
        let look = |found: Discovered<'_>| {
            // What lies in the working directory is called as it would be typed there.
            let typed = root.starts_with('.').then(|| self.files.as_typed_here(found.path)).flatten();
            let found = Discovered { path: typed.as_deref().unwrap_or(found.path), ..found };
            let source = kinds(found.path).next().and_then(|_| found.read(self.files).ok());
            notes.note(found.path, source.as_ref());
        };
        let folder = if root.is_empty() { "." } else { root };
        self.walk.each(&[folder.to_owned()], &look, &|_| {});
        notes
    }

    /// The containers of one file that have shared memory.
    fn given_in(&self, path: &str) -> Vec<Given> {
        let Some((options, source)) = self.options.zip(self.files.read(path).ok()) else { return Vec::new() };
        let Some((kind, claim)) =
            kinds(path).find(|(kind, claim)| (kind.relevant)(source.text(), *claim, false))
        else {
            return Vec::new();
        };
        let (index, alone) = (Index::default(), Alone);
        let files = self.files;
        let context = Context { files, index: &index, options, every_container: false, around: &alone };
        let unit = Unit::lone(kind, path, claim, Some(source));
        let mut given: Vec<Given> = (kind.read)(&unit, &context).workloads.iter().filter_map(given).collect();
        given.sort_by_key(|given| given.place.span.start);
        shed(given.iter_mut().map(|given| given.place.parts()));
        given
    }
}

impl Around for Surroundings<'_> {
    fn given(&self, path: &str) -> Arc<Vec<Given>> {
        let Some(known) = self.known(path) else { return Arc::default() };
        let read = || {
            let given = shared_out(&known.giving, |path| self.given_in(path));
            Arc::new(given.into_iter().flatten().collect())
        };
        Arc::clone(known.given.get_or_init(read))
    }

    fn builds(&self, path: &str) -> Option<Arc<Builds>> {
        self.options.map(|_| self.known(path).map(|known| Arc::clone(&known.builds)).unwrap_or_default())
    }
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
        image: workload.image.as_deref().map(ImageIdentity::of),
        tells: workload.image.as_deref().is_some_and(practice::tells),
        gpu: workload.gpu.is_yes(),
        gpus: workload.gpu.count,
        bytes,
        spelling: Some(setting.value.clone()).filter(|value| bytes.is_some() && !value.is_empty()),
        platform: workload.platform,
        place: setting.place.clone(),
    })
}
