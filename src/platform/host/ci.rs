//! Pipelines in YAML: GitHub workflows and composite actions, GitLab, Circle and their like. Their steps are shell
//! text, their jobs may run in containers of their own.

use std::collections::HashSet;
use std::sync::Arc;

use super::command_line::CommandLine;
use super::keyed;
use super::read::{Host, comments, kind};
use super::script::{HostScript, StartedContainer};
use crate::container::workload::Platform;
use crate::platform::embedded::scalar;
use crate::platform::kind::{EVERYWHERE, FileClaim, Kind};
use crate::platform::remarks::{Remarks, in_yaml, lies_in};
use crate::platform::run::{ENGINES, Givens, OuterVariable, starts_containers};
use crate::syntax::shell::{ShellDialect, ShellOptions};
use crate::syntax::yaml::{Entry, Node, NodeId, Yaml};
use crate::text::filename::FileName;
use crate::text::layer::{Encoding, Layer};
use crate::text::scan::{holds, holds_any};
use crate::text::source::{Source, Span};

/// Pipelines in YAML.
pub static KIND: Kind = kind::<PipelineFile>();

struct PipelineFile;

impl Host for PipelineFile {
    const NAME: &'static str = "pipeline";
    const WORDS: &'static [&'static [&'static str]] =
        &[EVERYWHERE, ENGINES, &["container:", "services:"], keyed::WORDS];

    fn claim(file: &FileName<'_>) -> FileClaim {
        if !file.ends_in(&["yml", "yaml"]) {
            return FileClaim::No;
        }
        let folders = [
            ".github/workflows/",
            ".github/actions/",
            ".circleci/",
            ".gitlab/",
            ".buildkite/",
            ".woodpecker/",
        ];
        let by_name = folders.iter().any(|folder| file.is_inside(folder))
            || file.name.ends_with("-ci.yml")
            || file.name.ends_with("-ci.yaml")
            || matches!(
                file.name,
                "action.yml"
                    | "action.yaml"
                    | "azure-pipelines.yml"
                    | "bitbucket-pipelines.yml"
                    | "Taskfile.yml"
                    | "cloudbuild.yaml"
                    | "cloudbuild.yml"
                    | "buildspec.yml"
                    | ".travis.yml"
                    | ".drone.yml"
                    | ".woodpecker.yml"
            );
        if by_name { FileClaim::ByName } else { FileClaim::ByContent }
    }

    fn relevant(text: &str, claim: FileClaim, every_container: bool) -> bool {
        let has = |word: &str| holds(text, word);
        let starts = starts_containers(text, every_container);
        if claim == FileClaim::ByName {
            let containers = has("container:") || has("services:");
            return starts
                || keyed::WORDS.iter().copied().any(has)
                || (containers && (every_container || has("options")));
        }
        // A manifest may speak of a command line, too, in a comment or in what a container runs.
        let is_keyed = keyed::WORDS.iter().copied().any(has) && (every_container || has("gpu") || has("shm"));
        (is_keyed || (starts && text.lines().any(names_script))) && !has("apiVersion:") && {
            let scripts = Self::scripts("", &Layer::file(Source::new("", text.into())));
            scripts.iter().any(|script| starts_containers(script.layer.text(), every_container))
        }
    }

    fn scripts(_: &str, file: &Layer) -> Vec<HostScript> {
        let yaml = Yaml::parse(file.text());
        let shell = StepShell::System { windows: false };
        let mut pipeline = Pipeline { file, found: Vec::new(), given: None, shell, aliased: HashSet::new() };
        for root in yaml.roots(file.text()) {
            // Jobs are a mapping; those of Azure are a list, in stages or not, and name containers that stand elsewhere.
            let jobs = |node| Node::get(node, "jobs").map(Node::resolve);
            let stages = root.get("stages").into_iter().flat_map(Node::items).filter_map(jobs);
            for jobs in jobs(root).into_iter().chain(stages) {
                jobs.entries().for_each(|job| pipeline.containers(job.value));
                jobs.items().for_each(|job| pipeline.containers(job));
            }
            let shared = root.get("resources").and_then(|resources| resources.get("containers"));
            for container in shared.into_iter().flat_map(Node::items) {
                let entry =
                    container.entry("container").map(|entry| Entry { key: entry.key, value: container });
                pipeline.found.extend(entry.and_then(|entry| pipeline.container(entry)));
            }
            pipeline.steps(root);
        }
        pipeline.found
    }

    fn remarks(source: &Arc<Source>, starts: &[usize]) -> Remarks {
        let comments = comments(source, Self::scripts);
        in_yaml(source, &Yaml::of(source), starts, |at, _, _| lies_in(&comments, at))
    }
}

/// Keys whose values are shell text; also behind dots, as in `ansible.builtin.shell`.
const SCRIPTS: [&str; 19] = [
    "after_script",
    "bash",
    "before_script",
    "bootcmd",
    "cmd",
    "cmds",
    "command",
    "commands",
    "inlineScript",
    "postStartCommand",
    "powershell",
    "pwsh",
    "raw",
    "run",
    "runcmd",
    "script",
    "scripts",
    "shell",
    "win_shell",
];

/// Keys whose values are variables for the shell text beside and below them.
const VARIABLES: [&str; 3] = ["env", "environment", "variables"];

/// Whether a line begins with a key of a script, in any quotes and behind dashes; in a flow mapping it may stand anywhere.
fn names_script(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '\t', '-', '{', '"', '\'']);
    let key = line.split_once(':').map_or("", |(key, _)| key.trim_end_matches(['"', '\'', ' ']));
    SCRIPTS.contains(&key.rsplit('.').next().unwrap_or(key)) || line.contains('{')
}

struct Pipeline<'f> {
    file: &'f Layer,
    found: Vec<HostScript>,
    /// Variables that hold where the walk stands.
    given: Option<Arc<Givens>>,
    /// The shell of the steps where the walk stands.
    shell: StepShell,
    /// Scripts that were read where an alias stands for them.
    aliased: HashSet<NodeId>,
}

/// Lists of scripts nest so deep: <https://docs.gitlab.com/ci/yaml/script/>.
const DEEPEST: usize = 10;

/// What reads the text of steps.
#[derive(Clone, Copy)]
enum StepShell {
    /// The system's own: PowerShell for `run` and cmd for `script` on Windows, which is what GitHub and Azure take.
    System { windows: bool },
    /// One that is named.
    Named(ShellDialect),
    /// No shell: Python and the like.
    Other,
}

impl StepShell {
    /// The one of a name, `pwsh` or `bash -el {0}`; nothing where it is a command.
    fn named(text: &str) -> Option<Self> {
        let program = text.split_whitespace().next()?;
        let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
        Some(match name.strip_suffix(".exe").unwrap_or(name) {
            "bash" | "sh" | "zsh" | "dash" | "ksh" => Self::Named(ShellDialect::Posix),
            "fish" => Self::Named(ShellDialect::Fish),
            "pwsh" | "powershell" => Self::Named(ShellDialect::PowerShell),
            "cmd" => Self::Named(ShellDialect::Batch),
            "python" | "python3" | "perl" | "node" | "ruby" | "nu" => Self::Other,
            _ => return None,
        })
    }

    /// The language of the text under a key; nothing where that is none of a shell.
    fn dialect(self, key: &str) -> Option<ShellDialect> {
        match (key, self) {
            ("pwsh" | "powershell" | "win_shell", _) => Some(ShellDialect::PowerShell),
            ("bash", _) => Some(ShellDialect::Posix),
            ("run", Self::System { windows: true }) => Some(ShellDialect::PowerShell),
            ("script", Self::System { windows: true }) => Some(ShellDialect::Batch),
            (_, Self::System { .. }) => Some(ShellDialect::Posix),
            (_, Self::Named(dialect)) => Some(dialect),
            (_, Self::Other) => None,
        }
    }
}

impl Pipeline<'_> {
    /// Reads the shell text in a node and below. YAML trees nest to a fixed depth.
    fn steps(&mut self, node: Node<'_>) {
        if is_off(node) {
            return;
        }
        let (known, shell) = (self.given.clone(), self.shell);
        self.enter(node);
        let mut own = Vec::new();
        for entry in node.entries().filter(|entry| key(*entry).is_some_and(|key| VARIABLES.contains(&key))) {
            let variables = entry.value.entries().filter_map(|variable| {
                // GitLab may say more of a variable than its value.
                let value = variable.value.get("value").unwrap_or(variable.value);
                let value = one_line(scalar(self.file, value)?);
                Some(OuterVariable {
                    name: key(variable)?.to_owned(),
                    value,
                    append: false,
                    conditional: false,
                })
            });
            own.extend(variables);
        }
        if !own.is_empty() {
            self.given = Some(Givens::new(own, known.clone()));
        }
        for entry in node.entries() {
            let name = key(entry).map(|key| key.rsplit('.').next().unwrap_or(key));
            if let Some(name) = name.filter(|name| SCRIPTS.contains(name)) {
                self.scripts(name, entry.value, DEEPEST);
            } else if name == Some("content") && entry.value.str().is_some_and(is_script) {
                self.script("script", entry.value);
            } else if name == Some("argv") {
                self.words(entry.value);
            }
            self.steps(entry.value);
        }
        // Plugins are a list of mappings, or one mapping.
        let plugins = node.get("plugins");
        let plugins = plugins.into_iter().chain(plugins.into_iter().flat_map(Node::items));
        let plugins = keyed::containers(self.file, node, true, plugins.flat_map(Node::entries));
        let started = plugins
            .chain(keyed::containers(self.file, node, false, node.entries()))
            .map(|script| HostScript { given: self.given.clone(), ..script });
        self.found.extend(started);
        node.items().for_each(|item| self.steps(item));
        (self.given, self.shell) = (known, shell);
    }

    /// Notes what a node says of the shell of what is in it.
    fn enter(&mut self, node: Node<'_>) {
        let system = node.get("runs-on").or_else(|| node.get("pool")?.get("vmImage"));
        if let (Some(system), StepShell::System { .. }) = (system, self.shell) {
            self.shell = StepShell::System { windows: says(system, &["windows"]) };
        }
        let default = node.get("defaults").and_then(|defaults| defaults.get("run")?.get("shell"));
        let own = node.get("shell").filter(|_| node.get("run").is_some() || node.get("command").is_some());
        if let Some(shell) = own.or(default).and_then(Node::str).and_then(StepShell::named) {
            self.shell = shell;
        }
    }

    /// A script, or a list of them and of such lists, which GitLab takes as one. What is written elsewhere is read once.
    fn scripts(&mut self, key: &str, node: Node<'_>, depth: usize) {
        let (script, Some(depth)) = (node.resolve(), depth.checked_sub(1)) else { return };
        if script.id() != node.id() && !self.aliased.insert(script.id()) {
            return;
        }
        self.script(key, script);
        script.items().filter(|item| !item.is_mapping()).for_each(|item| self.scripts(key, item, depth));
    }

    fn script(&mut self, key: &str, node: Node<'_>) {
        if node.is_sequence() && key.ends_with("cmd") {
            // cloud-init's other form.
            return self.words(node);
        }
        // A step's own shell runs what stands beside it: `bash`, `bash -el {0}`.
        let names_shell =
            |text: &str| text.contains("{0}") || StepShell::named(text).is_some_and(|_| !text.contains(' '));
        if key == "shell" && node.str().is_some_and(names_shell) {
            return;
        }
        if let (Some(layer), Some(dialect)) = (scalar(self.file, node), self.shell.dialect(key)) {
            let given = self.given.clone();
            let options = ShellOptions { dialect, ..ShellOptions::default() };
            self.found.push(HostScript { given, ..HostScript::new(layer, options) });
        }
    }

    /// A command as a list of its words.
    fn words(&mut self, list: Node<'_>) {
        let mut line = CommandLine::new(self.file, Encoding::ReadOnly);
        list.items().filter_map(|item| scalar(self.file, item)).for_each(|word| line.word(&word));
        self.found.push(HostScript::new(line.finish(), ShellOptions::default()));
    }

    /// The containers that a GitHub job runs in and beside.
    fn containers(&mut self, job: Node<'_>) {
        let label = job
            .entry("runs-on")
            .filter(|entry| says(entry.value, GPU_LABELS) && !says(entry.value, &["cpu"]));
        let services = job.get("services").into_iter().flat_map(Node::entries);
        for entry in job.entry("container").into_iter().chain(services) {
            let mut found = self.container(entry);
            if let Some(container) = found.as_mut().and_then(|script| script.container.as_mut()) {
                container.gpu_label = label.map(|label| label.span());
            }
            self.found.extend(found);
        }
    }

    /// What `container: IMAGE` or `container: {image: …, options: …}` starts: the runner hands it to `docker create`.
    fn container(&self, entry: Entry<'_>) -> Option<HostScript> {
        let node = entry.value.resolve();
        let image = node.get("image").unwrap_or(node);
        let name = image.str().filter(|name| !name.is_empty())?;
        let options = node.entry("options");
        let text = options.and_then(|options| scalar(self.file, options.value));
        let encoding = text.as_ref().map_or(Encoding::ReadOnly, |text| text.encoding().clone());
        let at = options.map_or(entry.key.span(), |options| options.value.span());
        let mut line = CommandLine::run(self.file, encoding, at.start);
        if let Some(text) = &text {
            line.text(text);
        }
        for variable in node.get("env").into_iter().flat_map(Node::entries) {
            if let (Some(name), Some(value)) = (key(variable), scalar(self.file, variable.value)) {
                line.option(&format!("-e '{name}'="), &value);
            }
        }
        for volume in node.get("volumes").into_iter().flat_map(Node::items) {
            if let Some(volume) = scalar(self.file, volume) {
                line.option("-v ", &volume);
            }
        }
        let place = options.map_or(entry.key.span(), |options| options.key.span());
        let container = StartedContainer {
            name: name.to_owned(),
            is_image: true,
            place,
            gpu_label: None,
            platform: Platform::CiContainer,
            keys: None,
        };
        Some(HostScript {
            container: Some(container),
            ..HostScript::new(line.image(name), ShellOptions::default())
        })
    }
}

/// Whether a step or task is switched off: in GitHub's and Buildkite's words, in those of Azure, of Ansible. A whole job that is
/// waits for better times.
fn is_off(node: Node<'_>) -> bool {
    const OFF: [(&str, &str); 5] =
        [("if", "false"), ("condition", "false"), ("enabled", "false"), ("when", "false"), ("skip", "true")];
    let is_job = ["steps", "runs-on", "jobs", "stage"].iter().any(|key| node.get(key).is_some());
    !is_job
        && OFF.iter().any(|(key, off)| {
            let said = node.get(key).and_then(Node::str).unwrap_or_default();
            let said = said.trim().strip_prefix("${{").and_then(|it| it.strip_suffix("}}")).unwrap_or(said);
            said.trim() == *off
        })
}

/// What runners with GPUs are called by.
const GPU_LABELS: &[&str] = &[
    "gpu", "cuda", "nvidia", "rocm", "a100", "h100", "h200", "b200", "l40", "v100", "a10g", "mi300", "gaudi",
];

/// Whether a scalar or a list of them holds one of these words, in any case of letters.
fn says(node: Node<'_>, words: &[&str]) -> bool {
    let labels = node.get("labels").unwrap_or(node);
    let mut texts = labels.str().into_iter().chain(labels.items().filter_map(Node::str));
    // A tag of the run says nothing of the machine.
    texts.any(|text| !text.starts_with("tag=") && holds_any(text, words))
}

/// Whether a text is a script of a shell, as the files that cloud-init writes.
fn is_script(text: &str) -> bool {
    text.lines().next().is_some_and(|line| line.starts_with("#!") && line.ends_with("sh"))
}

/// A value of several lines as the shell splits it: its line ends are blanks.
fn one_line(value: Layer) -> Layer {
    let text = value.text();
    if !text.contains('\n') {
        return value;
    }
    let mut embed = value.embed(Encoding::Verbatim);
    let mut from = 0;
    for (at, _) in text.match_indices('\n') {
        embed.copy(Span::new(from, at));
        embed.replace(Span::new(at, at + 1), " ");
        from = at + 1;
    }
    embed.copy(Span::new(from, text.len()));
    embed.finish()
}

fn key(entry: Entry<'_>) -> Option<&str> {
    entry.key.str()
}
