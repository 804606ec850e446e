//! The evidence that a workload itself holds: its command, arguments and environment, its image, its names.

use super::evidence::{Claim, Data, Evidence, Loads, Strength, Workaround};
use super::hints::{Hints, LOADER_WORKERS, MOST_WORKERS};
use super::ranks::{Ranks, launched, ranks, split, told_by};
use super::variables::own_variables;
use super::verdict::{Need, Scene, judge};
use crate::container::workload::{Engine, GpuCount, Workload};
use crate::knowledge::command::{Program, programs, script_of};
use crate::knowledge::options::{VllmCaches, written};
use crate::knowledge::{self, Formula, KnowledgeEntry, NeedRule, UserEntry};
use crate::size::{MIB, human};
use crate::syntax::shell::{Script, ShellOptions};
use crate::text::place::Place;

/// A container with less memory than this holds no program that uses a GPU: it is a stand-in for one.
const LEAST_MEMORY: u64 = 512 * MIB;

/// What a program is asked that only tells its version or options.
const ASKS: [&str; 6] = ["--version", "-V", "--help", "-h", "healthcheck", "health-check"];

/// A workload whose need is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The workload.
    pub workload: &'a Workload,
    /// What its command starts, see [`knowledge::command::programs`].
    pub programs: &'a [Program<'a>],
    /// How many GPUs its program sees.
    pub gpus: GpuCount,
}

impl Subject<'_> {
    /// Where a word of it is written: in its command, its image or its environment, else the workload's own line.
    fn place(&self, word: &str) -> Place {
        let written = || self.workload.written.iter().filter(|_| !word.is_empty());
        let found = written().find_map(|place| place.find(word));
        found.unwrap_or_else(|| self.workload.place.clone())
    }

    /// A claim of the command, at the place of a word.
    fn says(&self, claim: Claim, word: &str) -> Evidence {
        Evidence::new(claim, self.place(word), Strength::Command)
    }

    /// The names that it goes by, its own first.
    fn names(&self) -> Vec<&str> {
        let others = self.workload.other_names.iter();
        std::iter::once(&self.workload.name).chain(others).map(String::as_str).collect()
    }

    /// Whether people start things by hand in a container that only waits, as they do with Docker's. A pod that waits is
    /// mostly a sample.
    fn is_entered(&self) -> bool {
        self.workload.engine != Engine::Kubernetes
    }
}

/// What is known of a workload's need, with what is said of it elsewhere.
pub fn need(workload: &Workload, extra: &[UserEntry], further: &[Evidence]) -> Need {
    let command: Vec<&str> = workload.command.iter().map(String::as_str).collect();
    let own = script_of(&command).filter(|script| script.contains('='));
    let own = own.map(|script| with_variables(workload, &script));
    let workload = own.as_ref().unwrap_or(workload);
    let (programs, scene) = (programs(&command), Scene::of(workload));
    let mut evidence = evidence(&Subject { workload, programs: &programs, gpus: scene.gpus }, extra);
    evidence.extend_from_slice(further);
    judge(evidence, &scene)
}

/// A workload with the variables that its own script sets: `sh -c "NPROC_PER_NODE=4 swift sft"`.
fn with_variables(workload: &Workload, script: &str) -> Workload {
    let script = Script::read(script, ShellOptions::default());
    let mut workload = workload.clone();
    workload.environment.extend(own_variables(&script));
    workload
}

/// All that a workload says of itself. `extra` are the user's own entries, beside which nothing else counts.
pub fn evidence(subject: &Subject<'_>, extra: &[UserEntry]) -> Vec<Evidence> {
    let Subject { workload, programs, .. } = *subject;
    let (image, names) = (workload.image.as_deref(), subject.names());
    let images: Vec<&str> = image.into_iter().chain(workload.built_from.as_deref()).collect();
    if let Some(entry) = extra.iter().find(|entry| entry.matches(&images, programs, &names)) {
        entry.used.mark();
        let claim =
            Claim::Configured { needs: entry.needs, bytes: entry.bytes, reason: entry.reason.clone() };
        return vec![Evidence::new(claim, workload.place.clone(), Strength::Machinery)];
    }
    let mut found: Vec<Evidence> = never_runs(subject).into_iter().collect();
    let known = of_image(subject, &mut found);
    // Arguments alone, and variables that say how many processes there are, are for the image's own program.
    let own = Program::default();
    let arguments = match programs {
        [program] if program.name().is_empty() => Some(program),
        [] if told_by(&workload.environment).is_some() => Some(&own),
        _ => None,
    };
    match (known, arguments) {
        (Some(image), Some(program)) => of_program(subject, program, Some(image), &mut found),
        _ => of_programs(subject, &mut found),
    }
    of_environment(subject, &mut found);
    let own_links = Scene::of(workload).own_links;
    let named = if own_links { knowledge::lightest_entry(image, &names) } else { None };
    // A command that is only probably this one names nothing.
    let called = if workload.inside.guessed { &[] } else { programs };
    if let Some(entry) = named.or_else(|| knowledge::name_entry(image, called, &names)) {
        found.push(Evidence::new(Claim::Named(entry), workload.place.clone(), Strength::Name));
    } else if let Some(entry) =
        workload.kind.as_deref().and_then(|kind| knowledge::name_entry(None, &[], &[kind]))
    {
        found.push(Evidence::new(Claim::Named(entry), workload.place.clone(), Strength::Name));
    }
    if workload.inside.guessed {
        let told = found.iter_mut().filter(|one| one.strength == Strength::Command);
        told.for_each(|one| one.strength = Strength::Guess);
    }
    found
}

/// What the programs of a command say, with nothing of what stands around it.
pub fn of_command(subject: &Subject<'_>) -> Vec<Evidence> {
    let mut found = Vec::new();
    let programs = subject.programs.iter().filter(|program| !program.is_neutral());
    programs.for_each(|program| of_program(subject, program, None, &mut found));
    found
}

/// What shows that no program of its own ever uses a GPU.
fn never_runs(subject: &Subject<'_>) -> Option<Evidence> {
    let workload = subject.workload;
    let nothing = |why: String, place: &Place| {
        Some(Evidence::new(Claim::NothingRuns(why.into()), place.clone(), Strength::Machinery))
    };
    if let Some(citation) = &workload.never_runs {
        return nothing(citation.text.clone(), &citation.place);
    }
    if let Some((limit, place)) = workload.memory_limit.as_ref().filter(|(limit, _)| *limit < LEAST_MEMORY) {
        return nothing(
            format!(
                "a memory limit of {} leaves no room for a program that uses an accelerator",
                human(*limit)
            ),
            place,
        );
    }
    let image = workload.image.as_deref()?;
    if image.starts_with('<') && image.ends_with('>') {
        return nothing(format!("`{image}` is a placeholder for an image"), &subject.place(image));
    }
    None
}

/// What the table says of the image, or of what it is built from. The entry whose program the container's arguments are
/// for.
fn of_image(subject: &Subject<'_>, found: &mut Vec<Evidence>) -> Option<&'static KnowledgeEntry> {
    let workload = subject.workload;
    let own = workload.image.as_deref().and_then(|image| Some((image, knowledge::image_entry(image)?)));
    let base = || {
        let base = workload.built_from.as_deref()?;
        // What is built from a bare system holds more than that.
        Some((base, knowledge::image_entry(base).filter(|entry| entry.rule != NeedRule::Idle)?))
    };
    let is_own = own.is_some();
    let (image, entry) = own.or_else(base)?;
    let claim = match entry.rule {
        NeedRule::Idle if workload.command.is_empty() && !workload.interactive && is_own => {
            let why = format!("{} starts a shell, which ends at once without a terminal", entry.name);
            Claim::NothingRuns(why.into())
        }
        NeedRule::Idle => return None,
        _ => Claim::Known(entry),
    };
    found.push(Evidence::new(claim, subject.place(image), Strength::Image));
    Some(entry)
}

/// What its programs say, one after the other.
fn of_programs(subject: &Subject<'_>, found: &mut Vec<Evidence>) {
    // Helpers tell something only where nothing else runs.
    let helpers = subject.programs.iter().all(Program::is_neutral);
    for program in subject.programs.iter().filter(|program| helpers || !program.is_neutral()) {
        of_program(subject, program, None, found);
        of_loader(subject, program, found);
    }
}

/// The workers of a data loader that the options of a Python program tell, where its own files do not.
fn of_loader(subject: &Subject<'_>, program: &Program<'_>, found: &mut Vec<Evidence>) {
    let is_python = program.name() == "python" || program.args().any(|word| word.ends_with(".py"));
    let name = program.script().unwrap_or_else(|| program.name());
    let is_read = subject.workload.inside.read.iter().any(|read| read == name);
    let needs_none = |entry: &KnowledgeEntry| matches!(entry.rule, NeedRule::No | NeedRule::Idle);
    let one = || knowledge::name_entry(None, std::slice::from_ref(program), &[]);
    let entry = knowledge::program_entry(program).or_else(one);
    if !is_python || is_read || entry.is_some_and(needs_none) {
        return;
    }
    let Some((option, value)) = written(program.args(), LOADER_WORKERS) else { return };
    if let Ok(workers @ 1..=MOST_WORKERS) = value.parse() {
        let batch = Hints::read(std::slice::from_ref(program), &[]).batch;
        let loads =
            Loads { workers, assumed: false, batch, sample: None, data: Data::Unknown, prefetch: None };
        found.push(subject.says(Claim::Loader(loads), option));
    }
}

/// What one program says. `image` is the entry of the image whose own program the arguments are for.
fn of_program(
    subject: &Subject<'_>,
    program: &Program<'_>,
    image: Option<&'static KnowledgeEntry>,
    found: &mut Vec<Evidence>,
) {
    let name = program.script().unwrap_or_else(|| program.name()).to_owned();
    let known = image.or_else(|| knowledge::program_entry(program));
    let is_read = subject.workload.inside.read.contains(&name);
    // An option that splits a model tells what its program does where nothing else does.
    let is_open = known.is_none_or(|entry| entry.rule == NeedRule::SeveralGpus && entry.processes.is_none());
    if let Some((count, option)) = split(program).filter(|_| is_open && !is_read) {
        let claim = Claim::Ranks { count, size: Formula::Nccl };
        return found.push(Evidence::new(claim, subject.place(option), Strength::Later));
    }
    // Arguments alone are those of the image's own program, which the image's name tells if anything does.
    if name.is_empty() && image.is_none() {
        return;
    }
    let mut asked = program.args().skip(usize::from(program.is_file())).peekable();
    if asked.peek().is_some() && asked.all(|word| ASKS.contains(&word)) {
        let claim = Claim::NothingRuns(format!("{name} says what it is, and ends").into());
        return found.push(subject.says(claim, &name));
    }
    let is_file = image.is_none() && program.is_file();
    let Some(entry) = known else {
        if let Some(entry) = of_model(program.args()) {
            return found.push(subject.says(Claim::Known(entry), &name));
        }
        let runs_file = matches!(program.name(), "source" | ".");
        // A pipeline puts its own values in place before the shell reads them: `if ${{ … }}; then`; `exec {fd}>lock` opens a file.
        let is_name = !name.starts_with("${{") && !name.starts_with('{');
        if is_read || !is_name || (program.is_neutral() && !runs_file) {
            return;
        }
        let claim = Claim::Unread(format!("nothing is known about {name}").into());
        // A shell that is started without a script waits for somebody to type.
        let claim = if program.name() == "sh" { Claim::Entered } else { claim };
        return found.push(subject.says(claim, &name));
    };
    let word = if image.is_some() { program.args().next().unwrap_or_default() } else { name.as_str() };
    let caches = VllmCaches::read(std::slice::from_ref(program));
    if entry.size == Some(Formula::Vllm) && caches.bytes() > 0 {
        found.push(subject.says(Claim::Caches { bytes: caches.bytes() }, caches.option()));
    }
    let claim = match (entry.rule, ranks(entry, program, &subject.workload.environment)) {
        // Its own files tell more.
        (NeedRule::Idle | NeedRule::Yes | NeedRule::Depends | NeedRule::SeveralGpus, None) if is_read => {
            return;
        }
        (NeedRule::No, None) if is_read && is_file => return,
        (NeedRule::Idle, _) if subject.is_entered() || is_made_for_it(subject) => Claim::Entered,
        (NeedRule::Idle, _) => Claim::NothingRuns(entry.why.into()),
        (NeedRule::Depends, _) if loads_compiled(program) => Claim::NoPythonBackend,
        (NeedRule::Ranks | NeedRule::SeveralGpus | NeedRule::Yes, Some(ranks)) => {
            let is_one = matches!(ranks, Ranks::Exactly(0 | 1, _)) && entry.rule == NeedRule::Yes;
            // One process of a launcher needs what its program does.
            if let Some((_, launched, _)) = is_one.then(|| launched(program)).flatten() {
                return of_program(subject, &launched, None, found);
            }
            return of_ranks(subject, entry, ranks, &name, found);
        }
        _ => Claim::Known(entry),
    };
    let mut evidence = subject.says(claim, word);
    // What people call their scripts tells what they do only as long as nobody has read them.
    if is_file && entry.rule != NeedRule::Yes {
        evidence.strength = Strength::Guess;
    }
    found.push(evidence);
}

/// What runs a model of which the arguments name the file: one process, whatever the program is called.
fn of_model<'w>(mut words: impl Iterator<Item = &'w str>) -> Option<&'static KnowledgeEntry> {
    let name = |word: &str| match word.rsplit_once('.')?.1 {
        "onnx" => Some("ONNX Runtime"),
        "gguf" => Some("llama.cpp"),
        _ => None,
    };
    words.find_map(name).and_then(knowledge::named)
}

/// Whether all models that Triton is told to load are compiled ones, as far as they are called so.
fn loads_compiled(program: &Program<'_>) -> bool {
    let mut args = program.args();
    let mut loaded = std::iter::from_fn(|| {
        let word = args.find(|word| word.starts_with("--load-model"))?;
        word.split_once('=').map(|(_, name)| name).or_else(|| args.next())
    });
    let is_compiled = |name: &str| ["onnx", "trt", "tensorrt", "plan"].iter().any(|word| name.contains(word));
    loaded.next().is_some_and(is_compiled) && loaded.all(is_compiled)
}

/// Whether the image is made for what needs memory, so that a container of it waits for that.
fn is_made_for_it(subject: &Subject<'_>) -> bool {
    let image = subject.workload.image.as_deref().and_then(knowledge::image_entry);
    image.is_some_and(|entry| !matches!(entry.rule, NeedRule::No | NeedRule::Idle | NeedRule::Depends))
}

/// What a program says that starts as many processes as its options tell.
fn of_ranks(
    subject: &Subject<'_>,
    entry: &'static KnowledgeEntry,
    ranks: Ranks<'_>,
    name: &str,
    found: &mut Vec<Evidence>,
) {
    let size = entry.size.unwrap_or(Formula::Nccl);
    // One process of a server is all there is; a launcher's is a program of its own.
    let launched = || Claim::Unread(format!("nothing is known about what {name} starts").into());
    let serves = entry.rule != NeedRule::Yes;
    let is_read = subject.workload.inside.read.iter().any(|read| read == name);
    let alone = |count| if serves || is_read { Claim::Ranks { count, size } } else { launched() };
    let (claim, word) = match (ranks, subject.gpus) {
        (Ranks::Exactly(count @ 2.., option), _) => (Claim::Ranks { count, size }, option),
        (Ranks::Exactly(count, option), _) => (alone(count), option),
        (Ranks::ByGpus, GpuCount::Exactly(0 | 1)) => (alone(1), name),
        (Ranks::ByGpus, _) => (Claim::RanksByGpus { size }, name),
        (Ranks::Open(_), GpuCount::Exactly(0 | 1)) if serves => (alone(1), name),
        // A launcher is told to use the GPUs that there are.
        (Ranks::Open(option), GpuCount::All | GpuCount::Exactly(2..)) if !serves && !option.is_empty() => {
            (Claim::RanksByGpus { size }, option)
        }
        (Ranks::Open(option), _) => {
            (Claim::Unread(format!("how many processes {name} starts is not written here").into()), option)
        }
    };
    found.push(subject.says(claim, if word.is_empty() { name } else { word }));
}

/// What the environment says, and the options that say the same.
fn of_environment(subject: &Subject<'_>, found: &mut Vec<Evidence>) {
    let environment = &subject.workload.environment;
    if environment.iter().any(|(name, value)| name == "NCCL_SHM_DISABLE" && value.trim() == "1") {
        let claim = Claim::Workaround(Workaround::NcclShmDisabled);
        found.push(subject.says(claim, "NCCL_SHM_DISABLE"));
    }
    let is_udp =
        |(name, value): &(String, String)| name == "FASTDDS_BUILTIN_TRANSPORTS" && value.starts_with("UDP");
    if environment.iter().any(is_udp) {
        // https://fast-dds.docs.eprosima.com/en/latest/fastdds/env_vars/env_vars.html
        let why = "FASTDDS_BUILTIN_TRANSPORTS lets its nodes talk without shared memory";
        found.push(subject.says(Claim::NothingRuns(why.into()), "FASTDDS_BUILTIN_TRANSPORTS"));
    }
    if let Some(entry) = of_model(environment.iter().map(|(_, value)| value.as_str())) {
        let place = subject.place(entry.name);
        found.push(Evidence::new(Claim::Known(entry), place, Strength::Guess));
    }
    let hints = Hints::read(subject.programs, environment);
    if hints.workers == Some(0) {
        found.push(subject.says(Claim::Workaround(Workaround::NoWorkers), "workers"));
    }
}
