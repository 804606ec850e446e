//! Pipelines in YAML: GitHub workflows and composite actions, GitLab, Circle and their like. Their steps are shell
//! text, their jobs may run in containers of their own.

use std::sync::Arc;

use super::same::same_but_for;
use super::{Container, Script};
use crate::platform::embedded::scalar;
use crate::platform::kind::{Claim, EVERYWHERE, Kind};
use crate::platform::remarks::{Remarks, in_yaml, lies_in};
use crate::platform::run::{ENGINES, Given, Givens, starts_containers};
use crate::syntax::shell::Options;
use crate::syntax::yaml::{Entry, Node, Yaml};
use crate::text::filename::FileName;
use crate::text::layer::Layer;
use crate::text::scan::Words;
use crate::text::source::Source;

/// Pipelines in YAML.
pub static KIND: Kind = Kind {
    name: "pipeline",
    claim,
    words: Words::new(&[EVERYWHERE, ENGINES, &["container:", "services:"]]),
    relevant,
    in_projects: None,
    read: |unit, context| super::read(unit, context, scripts),
    same_but_for: |before, after, edits| same_but_for(before, after, edits, scripts),
    remarks,
};

/// Keys whose values are shell text.
const SCRIPTS: [&str; 13] = [
    "after_script",
    "bash",
    "before_script",
    "cmd",
    "cmds",
    "command",
    "commands",
    "inlineScript",
    "postStartCommand",
    "run",
    "script",
    "scripts",
    "shell",
];

/// Keys whose values are variables for the shell text beside and below them.
const VARIABLES: [&str; 3] = ["env", "environment", "variables"];

fn claim(file: &FileName<'_>) -> Claim {
    if !file.ends_in(&["yml", "yaml"]) {
        return Claim::No;
    }
    let folders = [".github/workflows/", ".github/actions/", ".circleci/", ".gitlab/", ".buildkite/"];
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
        );
    if by_name { Claim::ByName } else { Claim::ByContent }
}

fn relevant(text: &str, claim: Claim, every_container: bool) -> bool {
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    let starts = starts_containers(text, every_container);
    if claim == Claim::ByName {
        let containers = has("container:") || has("services:");
        return starts || (containers && (every_container || has("options")));
    }
    // A manifest may speak of a command line, too, in a comment or in what a container runs.
    starts && !has("apiVersion:") && SCRIPTS.iter().any(|key| has(key)) && {
        let scripts = scripts("", &Layer::file(Source::new("", text.into())));
        scripts.iter().any(|script| starts_containers(script.layer.text(), every_container))
    }
}

fn remarks(source: &Source, starts: &[usize]) -> Remarks {
    let comments = super::comments(source, scripts);
    in_yaml(source, &Yaml::of(source), starts, |at, _, _| lies_in(&comments, at))
}

fn scripts(_: &str, file: &Layer) -> Vec<Script> {
    let yaml = Yaml::parse(file.text());
    let mut pipeline = Pipeline { file, found: Vec::new(), given: None };
    for root in yaml.roots(file.text()) {
        for job in root.get("jobs").into_iter().flat_map(Node::entries) {
            pipeline.containers(job.value);
        }
        pipeline.steps(root);
    }
    pipeline.found
}

struct Pipeline<'f> {
    file: &'f Layer,
    found: Vec<Script>,
    /// Variables that hold where the walk stands.
    given: Option<Arc<Givens>>,
}

impl Pipeline<'_> {
    /// Reads the shell text in a node and below. YAML trees nest to a fixed depth.
    fn steps(&mut self, node: Node<'_>) {
        let known = self.given.clone();
        let mut own = Vec::new();
        for entry in node.entries().filter(|entry| key(*entry).is_some_and(|key| VARIABLES.contains(&key))) {
            let variables = entry.value.entries().filter_map(|variable| {
                let value = scalar(self.file, variable.value)?;
                Some(Given { name: key(variable)?.to_owned(), value, append: false, conditional: false })
            });
            own.extend(variables);
        }
        if !own.is_empty() {
            self.given = Some(Givens::new(own, known.clone()));
        }
        for entry in node.entries() {
            if key(entry).is_some_and(|key| SCRIPTS.contains(&key)) {
                self.script(entry.value);
                entry.value.items().for_each(|item| self.script(item));
            }
            self.steps(entry.value);
        }
        node.items().for_each(|item| self.steps(item));
        self.given = known;
    }

    fn script(&mut self, node: Node<'_>) {
        if let Some(layer) = scalar(self.file, node) {
            let given = self.given.clone();
            self.found.push(Script { given, ..Script::new(layer, Options::default()) });
        }
    }

    /// The containers that a GitHub job runs in and beside.
    fn containers(&mut self, job: Node<'_>) {
        let services = job.get("services").into_iter().flat_map(Node::entries);
        for entry in job.entry("container").into_iter().chain(services) {
            self.found.extend(self.container(entry));
        }
    }

    /// What `container: IMAGE` or `container: {image: …, options: …}` starts: the runner hands it to `docker create`.
    fn container(&self, entry: Entry<'_>) -> Option<Script> {
        let node = entry.value.resolve();
        let image = node.get("image").unwrap_or(node);
        let name = image.str().filter(|name| !name.is_empty())?;
        let options = node.entry("options");
        let at = options.map_or(entry.key.span(), |options| options.value.span());
        let text = options.and_then(|options| scalar(self.file, options.value));
        let line = super::line(self.file, text.as_ref(), at.start, name);
        let place = options.map_or(entry.key.span(), |options| options.key.span());
        let container = Some(Container { name: name.to_owned(), is_image: true, place });
        Some(Script { container, ..Script::new(line, Options::default()) })
    }
}

fn key(entry: Entry<'_>) -> Option<&str> {
    entry.key.str()
}
