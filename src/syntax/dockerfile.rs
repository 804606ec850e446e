//! What a Dockerfile tells of the image that is built from it: the image below, and what it starts.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use memchr::memmem;
use parse_dockerfile::{ArgInstruction, Command, Dockerfile, Instruction, JsonOrStringArray, Spanned, Stage};

use crate::text::files::Files;
use crate::text::paths::join;
use crate::text::source::{Source, Span};

/// A larger text is no Dockerfile that people write, and is not read.
const MAX_BYTES: usize = 1 << 20;

/// How many bytes arguments may bring into others, or into the name of an image; beyond, they stay as they are written.
/// Arguments that are made of each other would double with every line.
const ROOM: usize = 4096;

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
            Some(Some(other)) if built.copies.len() < MOST_COPIES => {
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
        return text
            .split_once(char::is_whitespace)
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .into_iter()
            .collect();
    }
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((name, behind)) = rest.split_once('=') {
        let quote = behind.chars().next().filter(|c| matches!(c, '"' | '\''));
        let inner = behind.get(quote.map_or(0, char::len_utf8)..).unwrap_or_default();
        let end =
            inner.find(|c: char| quote.map_or(c.is_whitespace(), |quote| c == quote)).unwrap_or(inner.len());
        let name = name.trim().trim_start_matches(['\\', '\n', ' ']);
        found.push((name.to_owned(), inner.get(..end).unwrap_or_default().to_owned()));
        rest = inner.get(end + 1..).unwrap_or_default();
    }
    found
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

/// A text with `$NAME`, `${NAME}` and `${NAME:-default}` filled in; a variable without a value, or for which there is no
/// room, stays as it is written.
pub(crate) fn fill(text: &str, known: &HashMap<String, String>, room: &mut usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('$') {
        out.push_str(before);
        rest = behind;
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (name, default, end) = match behind.strip_prefix('{') {
            Some(inner) => {
                let Some((inside, _)) = inner.split_once('}') else {
                    out.push('$');
                    break;
                };
                let name = inside.split(|c| !is_name(c)).next().unwrap_or_default();
                let default = inside.get(name.len()..).unwrap_or_default();
                let default = default.strip_prefix(":-").or_else(|| default.strip_prefix('-'));
                (name, default, inside.len() + 2)
            }
            None => {
                let end = behind.find(|c| !is_name(c)).unwrap_or(behind.len());
                (behind.get(..end).unwrap_or_default(), None, end)
            }
        };
        let value = known.get(name).map(String::as_str).filter(|value| !value.is_empty());
        let (written, after) = behind.split_at_checked(end).unwrap_or((behind, ""));
        let value = value.or(default).and_then(|value| Some((value, room.checked_sub(value.len())?)));
        match value {
            Some((value, left)) => {
                out.push_str(value);
                *room = left;
            }
            None => {
                out.push('$');
                out.push_str(written);
            }
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The text with here-documents made into blanks of the same length, and their `<<` into letters: the reader of
/// Dockerfiles knows them only as the first word of an instruction. Nothing where one does not end, which Docker refuses.
fn without_here_documents(text: &str) -> Option<Cow<'_, str>> {
    if memmem::find(text.as_bytes(), b"<<").is_none() {
        return Some(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut open: Vec<Announced<'_>> = Vec::new();
    let mut lines = text.split_inclusive('\n');
    // Inside of an instruction that takes here-documents, which ends with a line that does not go on.
    let mut inside = false;
    while let Some(line) = lines.next() {
        let written = line.trim_end();
        let begins = written.split_whitespace().next().unwrap_or_default();
        let takes = ["RUN", "COPY", "ADD"].iter().any(|name| name.eq_ignore_ascii_case(begins));
        inside = inside || takes;
        if inside {
            let from = out.len();
            out.push_str(line);
            for announced in announced(line) {
                let at = from + announced.at;
                out.replace_range(at..at + 2, "xx");
                open.push(announced);
            }
        } else {
            out.push_str(line);
        }
        if inside && !written.ends_with(['\\', '`']) && !written.is_empty() && !begins.starts_with('#') {
            inside = false;
            for announced in open.drain(..) {
                loop {
                    let body = lines.next()?;
                    out.extend(body.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
                    let body = body.trim_end_matches(['\n', '\r']);
                    let body = if announced.strips_tabs { body.trim_start_matches('\t') } else { body };
                    if body == announced.delimiter {
                        break;
                    }
                }
            }
        }
    }
    Some(Cow::Owned(out))
}

/// A here-document that a line announces.
struct Announced<'a> {
    /// The byte of its `<<` in the line.
    at: usize,
    delimiter: &'a str,
    strips_tabs: bool,
}

/// The here-documents that a line announces: words such as `<<EOF`, `3<<-"EOF"`, as `BuildKit` takes them.
fn announced(line: &str) -> impl Iterator<Item = Announced<'_>> {
    let mut end = 0;
    line.split_whitespace().filter_map(move |word| {
        let start = end + line.get(end..)?.find(word)?;
        end = start + word.len();
        let marked = word.trim_start_matches(|c: char| c.is_ascii_digit());
        let name = marked.strip_prefix("<<")?;
        let bare = name.strip_prefix('-').unwrap_or(name);
        let delimiter = bare.trim_end_matches(';').trim_matches(['"', '\'']);
        let fits = !delimiter.is_empty() && !delimiter.contains('<');
        let at = start + word.len() - marked.len();
        fits.then_some(Announced { at, delimiter, strips_tabs: bare.len() < name.len() })
    })
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
