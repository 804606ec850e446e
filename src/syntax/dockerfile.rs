//! What a Dockerfile tells of the image that is built from it: the image below, and what it starts.

mod here;

use std::collections::HashMap;
use std::sync::Arc;

use parse_dockerfile::{ArgInstruction, Command, Dockerfile, Instruction, JsonOrStringArray, Spanned, Stage};

use here::without_here_documents;

use super::variables::{ROOM, fill_known};
use crate::text::files::Files;
use crate::text::paths::join;
use crate::text::source::{Source, Span};

/// A larger text is no Dockerfile that people write, and is not read.
const MAX_BYTES: usize = 1 << 20;

/// More copies and variables than these are kept of no image.
const MOST_COPIES: usize = 100;

/// More stages than this stand on each other in none.
const MOST_STAGES: usize = 32;

/// A longer command is none that people write, and thousands of services may be built from one file.
const MAX_COMMAND: usize = 4096;

/// How an image is built.
#[derive(Clone, Debug, Default)]
pub struct BuildRequest<'a> {
    /// The stage that is built, by name or number; the last one where none is named.
    pub target: Option<&'a str>,
    /// Build arguments with their values.
    pub args: Vec<(&'a str, &'a str)>,
}

/// What an image is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DockerfileImage {
    /// The image that it begins with. Variables that have no value stay as they are written.
    pub from: String,
    /// The program, word by word; empty where that of the image below stays.
    pub entrypoint: Vec<String>,
    /// Its arguments, or the program where there is no other.
    pub cmd: Vec<String>,
    /// The paths that it declares as volumes.
    pub volumes: Vec<String>,
    /// Where the entrypoint stands, else the arguments.
    pub starts: Option<Span>,
    /// The folder in which it starts; empty where that of the image below stays.
    pub workdir: String,
    /// What is copied into it, in order, with what the stages hold that it copies from.
    pub copies: Vec<Copied>,
    /// The names of files that other stages have made for it.
    pub made: Vec<String>,
    /// Environment variables.
    pub environment: Vec<(String, String)>,
}

/// What one instruction copies into an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Paths in the build folder, as they are written.
    pub sources: Vec<String>,
    /// An absolute path of the image.
    pub target: String,
}

impl DockerfileImage {
    /// Entrypoint and command of a container that gives its own or none: an own entrypoint hides the image's command.
    pub fn command(self, entrypoint: Option<Vec<String>>, command: Option<Vec<String>>) -> Vec<String> {
        let own = entrypoint.is_some();
        let mut words = entrypoint.unwrap_or(self.entrypoint);
        let arguments = command.unwrap_or_else(|| if own { Vec::new() } else { self.cmd });
        if words.is_empty() {
            return arguments;
        }
        words.extend(arguments);
        words
    }
}

/// The Dockerfile of the build folder `context` (`.` for the folder of the file at `from`), by its name in that folder.
/// Nothing where it is not a file inside of the repository: a URL, a folder that a variable names.
pub fn find(files: &dyn Files, from: &str, context: &str, name: Option<&str>) -> Option<Arc<Source>> {
    let name = name.unwrap_or("Dockerfile");
    if context.contains("://") || context.starts_with("git@") {
        return None;
    }
    let path = if name.starts_with('/') { name.to_owned() } else { join(&format!("{context}/"), name) };
    let source = files.read_reference(from, &path).ok()?;
    (source.text().len() <= MAX_BYTES).then_some(source)
}

/// Reads a Dockerfile. Nothing where it cannot be read or has no such stage.
pub fn read(text: &str, build: &BuildRequest<'_>) -> Option<DockerfileImage> {
    let text = without_here_documents(text)?;
    let file = parse_dockerfile::parse(&text).ok()?;
    let variables = variables(&file, build);
    let stages: Vec<Stage<'_, '_>> = file.stages().collect();
    let last = stages.len().checked_sub(1)?;
    let named = named(&stages);
    let mut at = build.target.map_or(Some(last), |target| position(&named, stages.len(), target))?;
    let mut image = DockerfileImage::default();
    let mut chain = Vec::new();
    // The stage that an image begins with always stands above, so that this ends.
    loop {
        let stage = stages.get(at)?;
        inherit(&mut image, stage);
        chain.push(stage);
        let from = fill(&stage.from.image.value, &variables, &mut ROOM.clone());
        match position(&named, at, &from) {
            Some(above) => at = above,
            None => {
                image.from = from;
                break;
            }
        }
    }
    let skipped = chain.len().saturating_sub(MOST_STAGES);
    for stage in chain.into_iter().rev().skip(skipped) {
        files(&mut image, stage, &stages, &named, &variables);
    }
    Some(image)
}

/// The stages of each name, in small letters and in their order.
fn named(stages: &[Stage<'_, '_>]) -> HashMap<String, Vec<usize>> {
    let mut named: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, stage) in stages.iter().enumerate() {
        if let Some((_, name)) = &stage.from.as_ {
            named.entry(name.value.to_ascii_lowercase()).or_default().push(at);
        }
    }
    named
}

/// The stage of a name, else of a number, among those above the one at `end`.
fn position(named: &HashMap<String, Vec<usize>>, end: usize, wanted: &str) -> Option<usize> {
    let above = named.get(&wanted.to_ascii_lowercase()).and_then(|stages| {
        let above = stages.partition_point(|stage| *stage < end);
        stages.get(above.checked_sub(1)?).copied()
    });
    above.or_else(|| wanted.parse().ok().filter(|number| *number < end))
}

/// Adds what a stage starts to what those built on it start. An entrypoint hides the command of the stages below.
fn inherit(built: &mut DockerfileImage, stage: &Stage<'_, '_>) {
    let mut own = DockerfileImage::default();
    for instruction in stage.instructions {
        match instruction {
            Instruction::Entrypoint(entrypoint) => {
                own.entrypoint = words(&entrypoint.arguments);
                own.starts = Some(span(entrypoint.entrypoint.span.clone()));
            }
            Instruction::Cmd(cmd) => {
                own.cmd = words(&cmd.arguments);
                own.starts = Some(span(cmd.cmd.span.clone()));
            }
            Instruction::Volume(volume) => {
                let (JsonOrStringArray::Json(Spanned { value: paths, .. })
                | JsonOrStringArray::String(paths)) = &volume.arguments;
                built.volumes.extend(paths.iter().take(64).map(|path| path.value.clone().into_owned()));
            }
            _ => {}
        }
    }
    if built.entrypoint.is_empty() {
        built.starts = built.starts.or(own.starts);
        if built.cmd.is_empty() {
            built.cmd = own.cmd;
        }
        built.entrypoint = own.entrypoint;
    }
}

/// A span of the reader of Dockerfiles; blanks stand for here-documents, so that it is one of the text, too.
fn span(range: std::ops::Range<usize>) -> Span {
    Span::new(range.start, range.end)
}

/// Adds what a stage copies, where it works and what it sets to what those below it do.
fn files(
    built: &mut DockerfileImage,
    stage: &Stage<'_, '_>,
    stages: &[Stage<'_, '_>],
    named: &HashMap<String, Vec<usize>>,
    variables: &HashMap<String, String>,
) {
    let mut folder = if built.workdir.is_empty() { "/".to_owned() } else { built.workdir.clone() };
    let mut known = variables.clone();
    let mut room = ROOM;
    for instruction in stage.instructions {
        let (options, src, dest) = match instruction {
            Instruction::Workdir(workdir) => {
                let to = fill(&workdir.arguments.value, &known, &mut room);
                folder = join(&format!("{folder}/"), to.trim().trim_matches(['"', '\'']));
                built.workdir.clone_from(&folder);
                continue;
            }
            Instruction::Env(env) => {
                for (name, value) in pairs(&env.arguments.value) {
                    let value = fill(&value, &known, &mut room);
                    known.insert(name.clone(), value.clone());
                    built.environment.push((name, value));
                }
                continue;
            }
            Instruction::Arg(arg) => {
                for (name, value) in pairs(&arg.arguments.value) {
                    known.entry(name).or_insert(value);
                }
                continue;
            }
            Instruction::Copy(copy) => (&copy.options, &copy.src, &copy.dest),
            Instruction::Add(add) => (&add.options, &add.src, &add.dest),
            _ => continue,
        };
        let sources = src.iter().filter_map(|source| match source {
            parse_dockerfile::Source::Path(path) => Some(fill(&path.value, &known, &mut room)),
            _ => None,
        });
        let sources: Vec<String> = sources.collect();
        let dest = fill(&dest.value, &known, &mut room);
        let target = join(&format!("{folder}/"), &dest);
        let from = options
            .iter()
            .find(|option| option.name.value == "from")
            .and_then(|option| option.value.as_ref());
        match from.map(|from| position(named, stages.len(), &from.value)) {
            None => built.copies.push(Copied { sources, target }),
            Some(Some(other)) if built.copies.len() < MOST_COPIES && built.made.len() < MOST_COPIES => {
                built.made.extend(
                    sources.iter().take(1).filter_map(|made| Some(made.rsplit_once('/')?.1.to_owned())),
                );
                let mut inner = DockerfileImage::default();
                if let Some(other) = stages
                    .get(other)
                    .filter(|other| other.from.image.span.start != stage.from.image.span.start)
                {
                    plain_copies(&mut inner, other);
                }
                let moved = inner.copies.into_iter().map(|copied| {
                    let rest = sources
                        .iter()
                        .find_map(|source| copied.target.strip_prefix(source.trim_end_matches('/')));
                    let target =
                        rest.map_or_else(|| target.clone(), |rest| join("", &format!("{target}/{rest}")));
                    Copied { target, ..copied }
                });
                built.copies.extend(moved);
            }
            Some(_) => {}
        }
        built.copies.truncate(MOST_COPIES);
    }
    built.environment.truncate(MOST_COPIES);
}

/// What a stage copies from the build folder.
fn plain_copies(built: &mut DockerfileImage, stage: &Stage<'_, '_>) {
    let mut folder = "/".to_owned();
    for instruction in stage.instructions {
        match instruction {
            Instruction::Workdir(workdir) => {
                folder = join(&format!("{folder}/"), workdir.arguments.value.trim())
            }
            Instruction::Copy(copy) if copy.options.iter().all(|option| option.name.value != "from") => {
                let paths = copy.src.iter().filter_map(|source| match source {
                    parse_dockerfile::Source::Path(path) => Some(path.value.clone().into_owned()),
                    _ => None,
                });
                let target = join(&format!("{folder}/"), &copy.dest.value);
                built.copies.push(Copied { sources: paths.collect(), target });
            }
            _ => {}
        }
    }
    built.copies.truncate(MOST_COPIES);
}

/// The pairs of `A=b C="d e"`, or of `A b`.
fn pairs(text: &str) -> Vec<(String, String)> {
    if !text.contains('=') {
        let pair = text.split_once(char::is_whitespace);
        return pair.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).into_iter().collect();
    }
    let pair = |(_, word): (Span, String)| {
        word.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.to_owned()))
    };
    super::words::words(text).into_iter().filter_map(pair).collect()
}

/// The words of an instruction; the other form is a script for a shell.
fn words(command: &Command<'_>) -> Vec<String> {
    match command {
        Command::Shell(script) if script.value.len() > MAX_COMMAND => Vec::new(),
        Command::Exec(words) if words.span.len() > MAX_COMMAND => Vec::new(),
        Command::Exec(words) => words.value.iter().map(|word| word.value.clone().into_owned()).collect(),
        Command::Shell(script) => vec!["/bin/sh".into(), "-c".into(), script.value.to_owned()],
        _ => Vec::new(),
    }
}

/// The arguments that stand above all stages, with their defaults or what the build gives them.
fn variables(file: &Dockerfile<'_>, build: &BuildRequest<'_>) -> HashMap<String, String> {
    let given: HashMap<&str, &str> = build.args.iter().copied().collect();
    let mut known = HashMap::new();
    let mut room = ROOM;
    for ArgInstruction { arguments, .. } in file.global_args() {
        for argument in arguments.value.split_whitespace() {
            let (name, default) = argument.split_once('=').unwrap_or((argument, ""));
            let value = match given.get(name) {
                Some(value) => (*value).to_owned(),
                None => fill(default.trim_matches(['"', '\'']), &known, &mut room),
            };
            known.insert(name.to_owned(), value);
        }
    }
    known
}

/// A text with its variables filled in.
pub(crate) fn fill(text: &str, known: &HashMap<String, String>, room: &mut usize) -> String {
    fill_known(text, &|name| known.get(name).map(String::as_str).filter(|value| !value.is_empty()), room)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(text: &str, target: Option<&str>, args: &[(&str, &str)]) -> Option<(String, String)> {
        let built = read(text, &BuildRequest { target, args: args.to_vec() })?;
        Some((built.from.clone(), built.command(None, None).join(" ")))
    }

    fn is(text: &str, from: &str, command: &str) {
        assert_eq!(built(text, None, &[]), Some((from.into(), command.into())), "{text}");
    }

    #[test]
    fn the_last_stage_is_built() {
        is("FROM a AS build\nCMD x\nFROM b\nENTRYPOINT [\"python\"]\nCMD [\"t.py\"]\n", "b", "python t.py");
        is(
            "from --platform=$BUILDPLATFORM a\ncmd python t.py \\\n  -j 2\n",
            "a",
            "/bin/sh -c python t.py \\\n  -j 2",
        );
        assert_eq!(built("RUN x\n", None, &[]), None);
        assert_eq!(built("", None, &[]), None);
    }

    #[test]
    fn a_stage_follows_the_one_below() {
        let text = "FROM a AS Base\nCMD [\"x\"]\nFROM base AS mid\nENTRYPOINT [\"e\"]\nFROM mid\nRUN y\nFROM other\n";
        assert_eq!(built(text, Some("2"), &[]), Some(("a".into(), "e".into())));
        assert_eq!(built(text, Some("base"), &[]), Some(("a".into(), "x".into())));
        assert_eq!(built(text, Some("none"), &[]), None);
        is("FROM loop AS loop\n", "loop", "");
    }

    #[test]
    fn arguments_have_defaults_and_values() {
        let text = "ARG V=2.1 R=pytorch\nARG I=\"$R/pytorch:${V}-cuda\"\nFROM ${I}\n";
        is(text, "pytorch/pytorch:2.1-cuda", "");
        assert_eq!(built(text, None, &[("V", "3")]).unwrap().0, "pytorch/pytorch:3-cuda");
        is("ARG A\nFROM ${A:-x}:$A${B-y}", "x:$Ay", "");
        is("FROM a:${A", "a:${A", "");
    }

    #[test]
    fn long_chains_end_and_arguments_that_double_stay_small() {
        let stages: Vec<String> = (1..20_000).map(|at| format!("FROM s{} AS s{at}", at - 1)).collect();
        is(&format!("FROM a AS s0\n{}\nCMD [\"x\"]\n", stages.join("\n")), "a", "x");
        let text = format!("ARG A=ab\n{}FROM x$A\n", "ARG A=$A$A\n".repeat(100));
        assert!(built(&text, None, &[]).unwrap().0.len() <= 2 * ROOM);
        is(&format!("FROM a\nCMD {}\n", "x".repeat(MAX_COMMAND + 1)), "a", "");
    }

    #[test]
    fn here_documents_hide_what_is_in_them() {
        is("FROM a\nRUN bash -ex <<\"EOF\"\nFROM b\nCMD c\nEOF\nCMD [\"d\"]\n", "a", "d");
        is("FROM a\nRUN <<-A cat \\\n <<B >x\nFROM b\n\tA\nFROM c\nB\nCOPY <<E /e\nCMD x\nE\n", "a", "");
        assert_eq!(built("FROM a\nRUN cat <<EOF\nCMD x\n", None, &[]), None);
        is("FROM a\nRUN echo $((1<<2))\nCMD [\"d\"]\n", "a", "d");
    }

    #[test]
    fn an_own_entrypoint_hides_the_command_of_the_image() {
        let image = || DockerfileImage {
            from: "a".into(),
            entrypoint: vec!["e".into()],
            cmd: vec!["c".into()],
            ..DockerfileImage::default()
        };
        assert_eq!(image().command(None, Some(vec!["x".into()])), ["e", "x"]);
        assert_eq!(image().command(Some(vec!["y".into()]), None), ["y"]);
    }
}
