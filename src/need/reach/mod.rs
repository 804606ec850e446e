//! From a container to the programs of the repository that run in it: through mounts, the Dockerfile that its image is built
//! from, shell scripts and launchers, to the files, and what these say of its need.
//!
//! Only files of the repository are read, and only for a workload that would be reported; beyond a bound nothing is known.

mod arms;
pub mod builds;
mod image;
pub mod inside;
pub mod maps;
pub mod mentions;
mod program;
mod runs;
mod scripts;
mod settings;
mod supervised;
mod triton;

use super::evidence::{Claim, Evidence, Strength};
use super::verdict::{Need, Verdict};
use super::{own, python};
use crate::container::accelerator;
use crate::container::workload::{Platform, Shm, Workload};
use crate::knowledge::command::{programs, simple};
use crate::knowledge::{self, NeedRule};
use crate::size::GIB;
use crate::text::files::Files;
use crate::text::paths::join;
use crate::text::place::Place;
use builds::Builds;
use image::image;
use inside::{File, Layout};
use runs::{Runs, runs};

/// How deep scripts may start each other.
const DEPTH: usize = 4;

/// How many files, and bytes of each and of all, are read for one workload.
const MOST_FILES: usize = 48;
const MOST_BYTES: usize = 512 << 10;
const ALL_BYTES: usize = 2 << 20;

/// More commands of one script are not followed.
const MOST_COMMANDS: usize = 400;

/// Programs with which a container waits for what is started in it.
const WAITING: [&str; 5] = ["sh", "sleep", "tail", "jupyter", "jupyter-lab"];

/// How many bytes variables may bring into a command.
const ROOM: usize = 4096;

/// Whether the programs of a workload are worth reading: a rule would speak of it.
pub fn is_asked(workload: &Workload) -> bool {
    let small = |bytes: Option<u64>| bytes.is_some_and(|bytes| bytes < GIB);
    let open = match &workload.shm {
        Shm::Default { .. } => true,
        Shm::Shared { .. } => workload.joins.is_some(),
        Shm::Explicit { bytes } => small(Some(*bytes)),
        Shm::Tmpfs { bytes } => small(*bytes),
        _ => false,
    };
    open && workload.gpu.is_yes() && workload.same_as.is_none() && is_open(&own::need(workload, &[], &[]))
}

/// Whether its programs may tell more than what is known of a need.
fn is_open(need: &Need) -> bool {
    need.verdict != Verdict::No || need.deciding.iter().all(|one| one.strength == Strength::Guess)
}

/// Reads the programs of a workload: what they say, and into the workload what the Dockerfile behind its image starts.
pub fn read(workload: &mut Workload, files: &dyn Files, builds: &Builds) -> Vec<Evidence> {
    let from = workload.place.path().to_owned();
    let root = files.repository(&from).0;
    let image = image(workload, files, builds, &root);
    let (inside, owned) = (workload.inside.clone(), workload.clone());
    let is_foreign = image.is_none() && owned.image.as_deref().and_then(knowledge::image_entry).is_none();
    let image = image.as_ref();
    let layout = Layout { files, from: &from, root: &root, inside: &inside, image, builds, is_foreign };
    let mut reach =
        Reach { layout, workload: &owned, found: Vec::new(), read: Vec::new(), files: 0, bytes: 0 };
    let strength = if inside.guessed { Strength::Guess } else { Strength::Program };
    let folder = reach.layout.working_dir();
    let route = Route { folder: &folder, via: &[], strength, depth: 0, own: &[] };
    reach.commands(&owned.command, route);
    let mut steps: Vec<_> =
        inside.later.iter().filter(|later| later.typed || waits(&owned.command)).collect();
    // Of several the nearest is the one to show.
    let away = |place: &Place| (place.path() != from, place.span.start.abs_diff(owned.place.span.start));
    steps.sort_by_key(|later| away(&later.place));
    for later in steps {
        let strength = match (inside.guessed, later.typed) {
            (true, _) => Strength::Guess,
            (false, true) => Strength::Typed,
            (false, false) => Strength::Later,
        };
        let words = ["sh".to_owned(), "-c".to_owned(), later.script.clone()];
        let before = reach.found.len();
        let via = std::slice::from_ref(&later.place);
        reach.commands(&words, Route { via, strength, depth: 1, ..route });
        // Whoever looks into a container that runs something else changes nothing.
        if !waits(&owned.command) {
            let behind = reach.found.split_off(before);
            reach.found.extend(behind.into_iter().filter(|one| one.claim != Claim::Entered));
        }
        if reach.found.len() > before {
            reach.read.extend(WAITING.map(str::to_owned));
        }
    }
    let is_entered = reach.found.iter().all(|one| one.claim == Claim::Entered);
    if is_entered && (waits(&owned.command) || !reach.found.is_empty()) {
        reach.workspace(builds);
    }
    // Scripts that were read to their end and start nothing that counts.
    if reach.found.is_empty() && !reach.read.is_empty() {
        reach.push(Claim::NoLoader { complete: true }, owned.place.clone(), &[], strength);
    }
    workload.inside.read = reach.read;
    reach.found
}

/// Whether a container with this command waits for somebody who starts something in it: a shell, a notebook, or nothing that is known.
fn waits(command: &[String]) -> bool {
    let mut words = command.iter().map(|word| word.rsplit('/').next().unwrap_or(word));
    match words.next() {
        None => true,
        Some(name) if name != "sh" && WAITING.contains(&name) => true,
        Some("bash" | "sh" | "zsh") => {
            !words.any(|word| word.starts_with('-') && word.ends_with('c'))
                || words.any(|word| word == "bash")
        }
        Some(_) => false,
    }
}

/// How a command is reached: the directory it runs in, the lines that lead there, what they may decide, and through how many
/// scripts.
#[derive(Clone, Copy)]
struct Route<'w> {
    folder: &'w str,
    via: &'w [Place],
    strength: Strength,
    depth: usize,
    /// The variables of the script that it stands in.
    own: &'w [(String, String)],
}

impl Route<'_> {
    /// The same through a file, which may be only probably the one.
    fn through(self, file: &File) -> Self {
        let strength = if file.guessed { self.strength.min(Strength::Guess) } else { self.strength };
        Self { strength, ..self }
    }

    /// A path of the container, as a command in this directory writes it.
    fn path(self, written: &str) -> String {
        join(&format!("{}/", self.folder), written)
    }
}

/// A walk through what a container runs.
struct Reach<'a> {
    layout: Layout<'a>,
    workload: &'a Workload,
    found: Vec<Evidence>,
    /// The names of the programs that were read.
    read: Vec<String>,
    files: usize,
    bytes: usize,
}

impl Reach<'_> {
    /// Follows the simple commands of some words. Those of the workload itself, at depth 0, speak elsewhere for the programs
    /// that are not read here. Gives the directory that they end in.
    fn commands(&mut self, words: &[String], route: Route<'_>) -> String {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut folder = route.folder.to_owned();
        for command in simple(&words) {
            // What only looks whether something is there tells nothing of what it is for.
            let looks = ["--version", "-version", "--help", "-V", "-encoders", "-decoders"];
            let checks = || command.iter().any(|word| looks.contains(&word.as_str()) || word == "-c");
            if route.depth == 1 && route.strength <= Strength::Later && route.via.len() == 1 && checks() {
                continue;
            }
            if let [cd, to, ..] = command.as_slice()
                && cd == "cd"
            {
                // The script's own folder: where it stands is as good as that.
                if !to.contains("$(") && !to.contains("BASH_SOURCE") {
                    folder = join(&format!("{folder}/"), to);
                }
                continue;
            }
            let before = self.read.len();
            let route = Route { folder: &folder, ..route };
            self.program(&command, route);
            if route.depth > 0 {
                self.spoken(&command, route, self.read.len() > before);
            }
        }
        folder
    }

    /// What is known of a command by its words.
    fn spoken(&mut self, command: &[String], Route { via, strength, own, .. }: Route<'_>, is_read: bool) {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let programs = programs(&words);
        let mut inner = self.workload.clone();
        inner.command = command.to_vec();
        inner.environment.extend_from_slice(own);
        inner.written = via.last().cloned().into_iter().collect();
        inner.place = via.last().cloned().unwrap_or(inner.place);
        let gpus = accelerator::within(inner.gpu.count, &inner.environment);
        let subject = own::Subject { workload: &inner, programs: &programs, gpus };
        // A script waits a moment for what it has started.
        let waits =
            ["sleep", "tail"].iter().any(|word| programs.iter().any(|program| program.name() == *word));
        let left_out = |one: &Evidence| match one.claim {
            Claim::Unread(_) | Claim::Known(_) => is_read,
            Claim::Entered | Claim::NothingRuns(_) => waits,
            _ => false,
        };
        for mut evidence in own::of_command(&subject).into_iter().filter(|one| !left_out(one)) {
            evidence.strength = evidence.strength.min(strength);
            let known = |one: &Evidence| one.claim == evidence.claim && one.place.span == evidence.place.span;
            if self.found.iter().any(known) {
                continue;
            }
            self.found.push(evidence.via(via.get(..via.len().saturating_sub(1)).unwrap_or_default()));
        }
    }

    /// Reads what one command runs.
    fn program(&mut self, words: &[String], route: Route<'_>) {
        if route.depth >= DEPTH {
            return;
        }
        // What is known of the program itself tells more than its file would.
        let plain: Vec<&str> = words.iter().map(String::as_str).collect();
        let programs = programs(&plain);
        let own = programs.first();
        let name = own.map(|program| program.script().unwrap_or_else(|| program.name()).to_owned());
        let serves = own.and_then(knowledge::program_entry).is_some_and(|entry| entry.rule == NeedRule::No);
        if self.serves_models(words, route) || self.supervises(words, route) {
            return self.read.extend(name);
        }
        let found = runs(words);
        for (at, one) in found.iter().enumerate() {
            let before = self.found.len();
            let read = match one {
                Runs::Shell(script, rest) => self.shell(script, rest, route),
                Runs::File(file, rest) => {
                    let file = self.layout.find(&route.path(file));
                    file.is_some_and(|file| self.python(file, "", rest, route))
                }
                Runs::Module(module, rest) => self.module(module, rest, route),
            };
            if read {
                self.read.extend(name.clone());
            }
            // What a launcher starts is known: the next one. What a server is given answers in its process.
            if at + 1 < found.len() || serves {
                let own = self.found.split_off(before);
                let open = |one: &Evidence| matches!(one.claim, Claim::NoLoader { .. } | Claim::Unread(_));
                self.found.extend(own.into_iter().filter(|one| !open(one)));
            }
        }
        let Some(program) = words.first().filter(|_| found.is_empty()) else { return };
        let own = Some(program).filter(|program| !program.contains('/'));
        let read = match own.and_then(|program| program::console_script(&self.layout, program)) {
            Some(module) => self.module(&module, words.get(1..).unwrap_or_default(), route),
            None => {
                programs.first().and_then(knowledge::program_entry).is_none() && self.compiled(program, route)
            }
        };
        self.read.extend(name.filter(|_| read));
    }

    /// A program that is compiled from the repository: in another stage of its Dockerfile, or beside its sources.
    fn compiled(&mut self, program: &str, Route { via, strength, .. }: Route<'_>) -> bool {
        let name = program.rsplit('/').next().unwrap_or(program);
        let is_binary = !name.is_empty() && !name.contains('.');
        let made = self.layout.image.is_some_and(|image| image.built.made.iter().any(|made| made == name));
        let built = ["target/release/", "target/debug/"].iter().any(|folder| program.contains(folder));
        let entry = knowledge::named("Compiled program").filter(|_| is_binary && (made || built));
        let place = via.last().or(self.workload.written.last()).unwrap_or(&self.workload.place).clone();
        if let Some(entry) = entry {
            self.push(Claim::Known(entry), place, via.get(1..).unwrap_or_default(), strength);
        }
        entry.is_some()
    }

    /// Follows a module, and what it calls where a command says so: `module:function`.
    fn module(&mut self, module: &str, rest: &[String], route: Route<'_>) -> bool {
        let (module, entry) = module.split_once(':').unwrap_or((module, ""));
        if programs(&["python", "-m", module]).first().and_then(knowledge::program_entry).is_some() {
            return false;
        }
        let path = module.replace('.', "/");
        let bases = [route.folder.to_owned(), route.path("src")];
        let paths = bases.iter().flat_map(|base| {
            [
                format!("{base}/{path}.py"),
                format!("{base}/{path}/__main__.py"),
                format!("{base}/{path}/__init__.py"),
            ]
        });
        // What is there comes before what is only probably there.
        let file = paths.filter_map(|path| self.layout.find(&path)).min_by_key(|file| file.guessed);
        file.is_some_and(|file| self.python(file, entry, rest, route))
    }

    /// Whether a file may still be read.
    fn affords(&mut self, file: &File) -> bool {
        let bytes = file.text().len();
        let fits = self.files < MOST_FILES && bytes <= MOST_BYTES && self.bytes + bytes <= ALL_BYTES;
        self.files += usize::from(fits);
        self.bytes += if fits { bytes } else { 0 };
        fits
    }

    /// A container that waits over a small repository of which no program has workers, ranks or Ray: nothing that is there
    /// needs more.
    fn workspace(&mut self, builds: &Builds) {
        let mounts_all = self.layout.holds_root() || self.workload.platform == Platform::Devcontainer;
        let Some(programs) = builds.programs().filter(|programs| mounts_all && !programs.is_empty()) else {
            return;
        };
        let mut bytes = 0;
        for path in programs {
            let Ok(source) = self.layout.files.read_inside(self.layout.from, path) else { return };
            bytes += source.text().len();
            if bytes > ALL_BYTES || python::may_share(source.text()) {
                return;
            }
        }
        self.read.extend(WAITING.map(str::to_owned));
        self.found.clear();
        self.push(Claim::NoLoader { complete: true }, self.workload.place.clone(), &[], Strength::Guess);
    }

    fn push(&mut self, claim: Claim, place: Place, via: &[Place], strength: Strength) {
        self.found.push(Evidence::new(claim, place, strength).via(via));
    }
}
