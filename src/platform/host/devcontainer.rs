//! Development containers: `devcontainer.json`. Those based on Compose are left to Compose; `runArgs` has no effect there.

use super::command_line::CommandLine;
use super::jsonc;
use super::read::{FileState, remarks, run};
use super::same::same_but_for;
use super::script::HostScript;
use crate::container::accelerator;
use crate::container::finding::Change;
use crate::container::workload::{GpuVerdict, Platform, Workload};
use crate::platform::embedded::scalar;
use crate::platform::kind::{Context, FileClaim, Kind, Reading, Unit, Writer};
use crate::platform::run::workload::workload;
use crate::platform::run::{CommandLines, Shared, invocations};
use crate::size;
use crate::syntax::dockerfile::{self, BuildRequest};
use crate::syntax::shell::ShellOptions;
use crate::syntax::yaml::{Editor, EntryPosition, NewValue, Node, Yaml};
use crate::text::edits::Edit;
use crate::text::layer::{Encoding, Layer};
use crate::text::place::Place;
use crate::text::scan::Words;
use crate::text::source::Source;

use std::sync::Arc;

/// Development containers.
pub static KIND: Kind = Kind {
    name: "development container",
    claim: |file| FileClaim::by_name(matches!(file.name, "devcontainer.json" | ".devcontainer.json")),
    words: Words::new(&[]),
    relevant: |_, _, _| true,
    links: None,
    read,
    same_but_for: |before, after, edits| same_but_for(before, after, edits, scripts),
    remarks: |source, starts| {
        let (yaml, _) = jsonc::parse(source.text());
        remarks(source, starts, scripts, |at| yaml.leaf_at(at).is_none())
    },
};

/// Keys whose values are commands: a string, or a mapping of names to strings.
const COMMANDS: [&str; 6] = [
    "initializeCommand",
    "onCreateCommand",
    "updateContentCommand",
    "postCreateCommand",
    "postStartCommand",
    "postAttachCommand",
];

fn read(unit: &Unit, context: &Context<'_>) -> Reading {
    let mut reading = Reading::default();
    for member in &unit.members {
        let Some(source) = member.read(context.files) else { continue };
        let file = Layer::file(Arc::clone(&source));
        let (yaml, text) = jsonc::parse(source.text());
        if let Some(root) = yaml.root(&text) {
            container(&file, root, context, &mut reading);
            let mut met = FileState::of(&file);
            for script in commands(&file, root) {
                run(std::slice::from_ref(&script), 0, context, &mut reading, &mut met);
            }
        }
        reading.sources.push(source);
    }
    reading
}

/// The commands, and the command line that starts the container.
fn scripts(_: &str, file: &Layer) -> Vec<HostScript> {
    let (yaml, text) = jsonc::parse(file.text());
    let Some(root) = yaml.root(&text) else { return Vec::new() };
    let line = command_line(file, root, 0);
    std::iter::once(HostScript::new(line, ShellOptions::default())).chain(commands(file, root)).collect()
}

fn commands(file: &Layer, root: Node<'_>) -> Vec<HostScript> {
    let commands = root.entries().filter(|entry| entry.key.str().is_some_and(|key| COMMANDS.contains(&key)));
    let nodes = commands
        .flat_map(|entry| std::iter::once(entry.value).chain(entry.value.entries().map(|entry| entry.value)));
    nodes
        .filter_map(|node| scalar(file, node))
        .map(|layer| HostScript::new(layer, ShellOptions::default()))
        .collect()
}

/// The container itself.
fn container(file: &Layer, root: Node<'_>, context: &Context<'_>, reading: &mut Reading) -> Option<()> {
    let image = root.get("image").and_then(Node::str);
    let dockerfile =
        root.get("dockerFile").or_else(|| root.get("build")?.get("dockerfile")).and_then(Node::str);
    let compose = root.get("dockerComposeFile");
    let named = root.entry("runArgs").or_else(|| root.entry("hostRequirements"));
    let at = named
        .or_else(|| root.entry("image"))
        .or_else(|| root.entry("build"))
        .or_else(|| root.entry("dockerFile"));
    let at = at.or_else(|| root.entry("dockerComposeFile"))?.key.span();
    // As for a command line its image; for one that is built its own name, or the file that it is built from.
    let own_name = root.get("name").and_then(Node::str).filter(|name| !name.trim().is_empty());
    let service = root.get("service").and_then(Node::str);
    let mut names =
        [image, own_name, service, dockerfile].into_iter().flatten().filter(|name| !name.is_empty());
    let name = names.next().unwrap_or("devcontainer.json").to_owned();
    let line = command_line(file, root, at.start);
    let shared = Shared::of(file.text().len());
    let found = invocations(&line, ShellOptions::default(), None, &shared).into_iter().next()?;
    let mut workload = workload(&found, context.options);
    workload.platform = Platform::Devcontainer;
    workload.name = name;
    workload.image = image.map(str::to_owned);
    workload.place = Place::new(file.source(), at);
    if let Some(wanted) = root.get("hostRequirements").and_then(|wanted| wanted.entry("gpu")) {
        let place = Place::new(file.source(), wanted.span());
        match wanted.value.str() {
            Some("false") => {}
            // `true`, `"optional"`, or what it must have: where there is one, the container gets it.
            _ => workload.gpu.found(accelerator::GPU, wanted.span().of(file.text()), place),
        }
    }
    if image.is_none() && compose.is_none() && workload.gpu.is_yes() {
        workload.built_from = built_from(file, root, context);
        workload.other_names.extend(names.map(str::to_owned));
    }
    if compose.is_some() {
        workload.shm = crate::container::workload::Shm::Unknown("the Compose file says it".into());
        if workload.gpu.verdict == GpuVerdict::No {
            workload.gpu.verdict = GpuVerdict::Unknown("the Compose file says it".into());
        }
    }
    let lines = CommandLines::new(vec![found], ShellOptions::default(), &shared);
    reading.add(vec![workload], Box::new(Args { source: Arc::clone(file.source()), lines }));
    Some(())
}

/// The image below the one that is built, as the Dockerfile tells. What that starts does not matter: the tools keep the
/// container waiting for people.
fn built_from(file: &Layer, root: Node<'_>, context: &Context<'_>) -> Option<String> {
    let build = root.get("build");
    // Older files have the keys of `build` at the top.
    let name = build.and_then(|build| build.get("dockerfile")).or_else(|| root.get("dockerFile"))?.str()?;
    let text = |node: Node<'_>| node.str().map(str::to_owned);
    let target = build.and_then(|build| build.get("target")).and_then(text);
    let args: Vec<(String, String)> = build
        .and_then(|build| build.get("args"))
        .into_iter()
        .flat_map(Node::entries)
        .filter_map(|entry| Some((text(entry.key)?, text(entry.value)?)))
        .collect();
    let build = BuildRequest {
        target: target.as_deref(),
        args: args.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
    };
    // It is named from the folder of devcontainer.json, whatever the context is, or from the folder that is opened.
    let path = file.source().path();
    let inside = path.split('/').rev().skip(1).position(|folder| folder == ".devcontainer");
    let up = "../".repeat(inside.map_or(0, |inside| inside + 1));
    let name = name.replacen("${localWorkspaceFolder}/", &up, 1);
    let source = dockerfile::find(context.files, path, ".", Some(&name))?;
    Some(dockerfile::read(source.text(), &build)?.from)
}

/// `docker run` with each item of `runArgs` as one word, and what other keys say of the same.
fn command_line(file: &Layer, root: Node<'_>, start: usize) -> Layer {
    let arguments = root.get("runArgs").filter(|_| root.get("dockerComposeFile").is_none());
    let at = arguments.map_or(start, |arguments| arguments.span().start);
    let mut line = CommandLine::run(file, Encoding::ReadOnly, at);
    for item in arguments.into_iter().flat_map(Node::items).filter_map(|item| scalar(file, item)) {
        line.open_option("", &item);
    }
    for mount in root.get("mounts").into_iter().flat_map(Node::items) {
        if let Some(mount) = scalar(file, mount) {
            line.open_option("--mount ", &mount);
            continue;
        }
        let fields = mount.entries().filter_map(|field| Some((field.key.str()?, scalar(file, field.value)?)));
        for (at, (name, value)) in fields.enumerate() {
            let before = if at == 0 { " --mount " } else { "," };
            line.part(&format!("{before}{name}="), &value);
        }
    }
    for variable in root.get("containerEnv").into_iter().flat_map(Node::entries) {
        if let (Some(name), Some(value)) = (variable.key.str(), scalar(file, variable.value)) {
            line.open_option(&format!("-e '{name}'="), &value);
        }
    }
    line.image("image")
}

/// Writes into `runArgs`.
struct Args {
    source: Arc<Source>,
    /// Writes what only changes an item.
    lines: CommandLines,
}

impl Writer for Args {
    fn write(&self, index: usize, workload: &Workload, change: &Change) -> Vec<Vec<Edit>> {
        let Change::SetSize { bytes, spelling } = change else {
            return self.lines.write(index, workload, change);
        };
        let text = self.source.text();
        let (yaml, blanked) = jsonc::parse(text);
        let argument = NewValue::quoted(format!(
            "--shm-size={}",
            size::Dialect::Docker.spell(*bytes, spelling.as_deref())
        ));
        let edit = insertion(&yaml, &blanked, text, argument);
        edit.map(|(at, new)| vec![Edit::insertion(&self.source, at, with_tabs(text, at, &new))])
            .into_iter()
            .collect()
    }
}

/// A tab of the text counts as one blank in the tree: new lines are indented by tabs where the line at `at` is.
fn with_tabs(text: &str, at: usize, new: &str) -> String {
    let line = text.get(..at).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
    let indent = line.get(..line.len() - line.trim_start().len()).unwrap_or_default();
    if !indent.contains('\t') {
        return new.to_owned();
    }
    let mut lines = new.split('\n');
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        let code = line.trim_start_matches(' ');
        let blanks = line.len() - code.len();
        let same = indent.get(..blanks).map_or_else(|| "\t".repeat(blanks), str::to_owned);
        out.extend(["\n", &same, code]);
    }
    out
}

fn insertion(yaml: &Yaml, blanked: &str, text: &str, argument: NewValue) -> Option<(usize, String)> {
    let root = yaml.root(blanked)?;
    let editor = Editor::new(yaml, text);
    let insertion = match root.get("runArgs") {
        Some(arguments) => editor.append(arguments, &argument)?,
        None => {
            let after = root
                .entry("hostRequirements")
                .map_or(EntryPosition::Last, |entry| EntryPosition::After(entry.key.id()));
            editor.insert(root, after, "runArgs", &NewValue::Sequence(vec![argument]))?
        }
    };
    // JSON without blanks stays so.
    let is_compact = !text.contains("\": ") && !text.contains("\", ");
    let tight = || insertion.text.replace("\": ", "\":").replacen(", ", ",", 1);
    let new = if is_compact { tight() } else { insertion.text };
    Some((insertion.at, new))
}
