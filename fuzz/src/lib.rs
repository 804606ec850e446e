//! What must hold for any bytes, one function for each reader and one for the whole way through.
//!
//! A function panics where something does not hold. `cargo fuzz run target` with `TARGET=yaml` (or another name of
//! [`TARGETS`]) feeds one of them from libFuzzer; the test `fuzz_short` of the main crate feeds all of them for a short
//! while on any toolchain.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use shmlint::config::Config;
use shmlint::container::finding::Severity;
use shmlint::lint::around::Surroundings;
use shmlint::lint::check::{Fixes, Request};
use shmlint::lint::discover::Walk;
use shmlint::lint::options::Options;
use shmlint::lint::report::Report;
use shmlint::lint::run::Lint;
use shmlint::need::python::{Given, read};
use shmlint::rules::options::JudgeOptions;
use shmlint::size::{Dialect, Style, compose, kubernetes, parse_any};
use shmlint::syntax::python::Module;
use shmlint::syntax::shell::{self, Script};
use shmlint::syntax::yaml::Yaml;
use shmlint::text::edits::Edit;
use shmlint::text::edits::{apply, sorted};
use shmlint::text::files::{Files, ReadError};
use shmlint::text::paths::join;
use shmlint::text::source::Source;

/// One fuzz target.
pub type Target = fn(&[u8]);

/// All of them, by name.
pub const TARGETS: &[(&str, Target)] = &[
    ("sizes", sizes),
    ("source", source),
    ("yaml", yaml),
    ("shell", shell),
    ("python", python),
    ("whole", whole),
    ("config", config),
    ("ignored", ignored),
    ("built", built),
    ("server", server),
];

/// The target of a name.
#[allow(dead_code, reason = "the short run goes through all of them")]
pub fn target(name: &str) -> Target {
    let found = TARGETS.iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("no target is called {name}")).1
}

/// Python: any text is a program, whose claims stand in it.
pub fn python(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let modules = [Module::read(text), Module::read(text)];
    let given = Given::new(text.split_whitespace().take(64), &[]);
    for found in read(&modules, &[Vec::new(), vec![0]], &given, true).found {
        for (module, token) in found.places {
            assert!(modules[module].span(token).end <= text.len());
        }
    }
}

/// Sizes in every dialect.
pub fn sizes(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    use Dialect::{Compose, Docker, Kubernetes, Mebibytes, Podman, TmpfsOption, TmpfsSize};
    for dialect in [Docker, Podman, Compose, Kubernetes, TmpfsOption, TmpfsSize, Mebibytes] {
        let read = dialect.read(text);
        if let Some(bytes) = read.bytes() {
            assert!(
                dialect.read(&dialect.write(bytes)).bytes().is_some(),
                "{dialect:?} reads what it writes"
            );
        }
        if let Some(meant) = shmlint::size::suggest(dialect, text, &read) {
            assert_eq!(
                dialect.read(&meant.text).bytes(),
                Some(meant.bytes),
                "{dialect:?} reads what it suggests"
            );
        }
    }
    let _ = (compose(text, Style::Plain, None), kubernetes(text, Style::Plain, None), parse_any(text));
}

/// Any bytes keep their offsets and have positions.
pub fn source(data: &[u8]) {
    let source = Source::new("a", data.to_vec());
    assert_eq!(source.text().len(), data.len());
    let mut last = source.position(0);
    for at in 1..=data.len().min(256) {
        let position = source.position(at);
        assert!(last <= position);
        last = position;
    }
}

/// Every node's span lies in the text and inside of its parent's.
pub fn yaml(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let tree = Yaml::parse(text);
    assert!(shmlint::syntax::yaml::equal_but_for((&tree, text), (&tree, text), &[]), "a tree equals itself");
}

/// Every word's span lies in the text, and words come in order.
pub fn shell(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let options = shell::ShellOptions {
        dialect: match data.len() % 5 {
            0 => shell::ShellDialect::Fish,
            1 => shell::ShellDialect::Batch,
            2 => shell::ShellDialect::PowerShell,
            _ => shell::ShellDialect::Posix,
        },
        zsh: data.len().is_multiple_of(7),
        make: data.len().is_multiple_of(7),
        just: data.len().is_multiple_of(11),
        prose: data.len().is_multiple_of(3),
    };
    for command in Script::read(text, options).commands {
        let mut last = 0;
        for word in &command.words {
            assert!(word.span.start >= last && text.get(word.span.range()).is_some());
            last = word.span.end;
        }
    }
}

/// The names under which the whole way is tried; the first byte chooses.
pub const NAMES: &[&str] = &[
    "compose.yaml",
    "compose.override.yaml",
    "docker-compose.gpu.yml",
    "stack.yml",
    "deploy.yaml",
    "chart/templates/a.yaml",
    "chart/values.yaml",
    "kustomization.yaml",
    "pod.json",
    "run.sh",
    "run",
    "README.md",
    "doc.rst",
    "Makefile",
    "justfile",
    ".github/workflows/ci.yml",
    "action.yml",
    ".devcontainer/devcontainer.json",
    ".gitlab-ci.yml",
    ".circleci/config.yml",
    "Jenkinsfile",
    "app.service",
    "app.container",
    "Dockerfile",
    "a.ipynb",
    "run.fish",
    "run.bat",
    "run.ps1",
    "package.json",
    "doc.adoc",
    "README.txt",
    "run.zsh",
    "run.sh.j2",
    "compose.yml.j2",
    "deploy.yaml.tmpl",
    "app.container.in",
    ".buildkite/pipeline.yml",
    "azure-pipelines.yml",
    "playbook.yml",
    "cloud-init.yaml",
    "rules.mk",
];

/// How often the edited text may want a further fix: as often as `--fix` looks again.
const ROUNDS: usize = 8;

/// Lines of bytes as the messages of an editor, or as whatever else comes through its pipe: the server answers or ends.
pub fn server(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else { return };
    let folder = std::env::temp_dir().join("shmlint-fuzz-server");
    std::fs::create_dir_all(&folder).expect("a directory");
    let root = format!("file://{}", folder.display());
    let begin = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{{"rootUri":"{root}","capabilities":{{}}}}}}"#
    );
    let text = serde_json::Value::String(String::from_utf8_lossy(rest).into_owned());
    let document = format!(
        r#"{{"uri":"{root}/{}","languageId":"x","version":1,"text":{text}}}"#,
        NAMES[usize::from(first) % NAMES.len()]
    );
    let open = format!(
        r#"{{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{{"textDocument":{document}}}}}"#
    );
    let mut input = Vec::new();
    for body in [begin.as_bytes(), open.as_bytes()].into_iter().chain(rest.split(|byte| *byte == b'\n')) {
        input.extend(format!("Content-Length: {}\r\n\r\n", body.len()).bytes());
        input.extend(body);
    }
    // Odd ones come without the frames.
    if first % 2 == 1 {
        input.extend(rest);
    }
    let mut output = Vec::new();
    let _ = shmlint::server::converse(std::io::Cursor::new(input), &mut output);
    assert!(output.starts_with(b"Content-Length: "), "what can be read is answered");
}

/// Any bytes under any of our names: checked, fixed, checked again, until nothing is left to fix.
pub fn whole(data: &[u8]) {
    let Some((&first, text)) = data.split_first() else { return };
    let name = NAMES[usize::from(first) % NAMES.len()];
    let mut files = Memory(BTreeMap::from([(name.to_owned(), Source::new(name, text.to_vec()))]));
    let mut before = lint(&files, name);
    for _ in 0..ROUNDS {
        let mut edits: BTreeMap<String, Vec<Edit>> = BTreeMap::new();
        for fix in before.findings.iter().filter_map(|finding| finding.fix.as_ref()) {
            for edit in &fix.edits {
                edits.entry(edit.source.path().to_owned()).or_default().push(edit.clone());
            }
        }
        if edits.is_empty() {
            return;
        }
        for (path, edits) in edits {
            let edits = sorted(edits);
            let old = Arc::clone(&files.0[&path]);
            let new = apply(&old, &edits);
            if edits.iter().all(|edit| edit.span.is_empty()) {
                assert!(holds_in_order(&new, old.bytes()), "every byte is still there, in order");
            }
            files.0.insert(path.clone(), Source::new(path, new));
        }
        let after = lint(&files, name);
        assert!(loud(&after) <= loud(&before), "a fix brings nothing new");
        before = after;
    }
    panic!("fixing comes to an end");
}

/// How many findings are more than advice: an option that is spelt right may be one to remark on.
fn loud(report: &Report) -> usize {
    report.findings.iter().filter(|finding| finding.severity > Severity::Note).count()
}

/// Any bytes as a configuration: it is read, or each mistake is told at its place.
pub fn config(data: &[u8]) {
    for path in ["shmlint.toml", "pyproject.toml"] {
        match Config::parse(&Source::new(path, data.to_vec())) {
            Ok(config) => assert!(config.settle().is_ok(), "what was checked can be used"),
            Err(told) => {
                assert!(told.to_string().contains(&format!("{path}:")), "every mistake has a place: {told}")
            }
        }
    }
}

/// Any bytes with ignore comments written for all that is found: every other byte stays, and what got one is hidden.
pub fn ignored(data: &[u8]) {
    let Some((&first, text)) = data.split_first() else { return };
    let name = NAMES[usize::from(first) % NAMES.len()];
    let mut files = Memory(BTreeMap::from([(name.to_owned(), Source::new(name, text.to_vec()))]));
    let options = Options {
        judge: JudgeOptions { pedantic: true, ..JudgeOptions::default() },
        ignore_because: Some("why".into()),
        ..Options::default()
    };
    let before = lint_with(&files, name, &options);
    let with_comment = before.findings.iter().filter_map(|finding| finding.fix.as_ref());
    let edits = sorted(with_comment.flat_map(|fix| fix.edits.clone()));
    if edits.is_empty() {
        return;
    }
    assert!(edits.iter().all(|edit| edit.span.is_empty()), "comments are put in, nothing goes");
    let old = Arc::clone(&files.0[name]);
    files.0.insert(name.to_owned(), Source::new(name, apply(&old, &edits)));
    let after = lint_with(&files, name, &options);
    let hidden = before.findings.iter().filter(|finding| finding.fix.is_some()).count();
    assert!(after.findings.len() + hidden <= before.findings.len(), "what got a comment is hidden");
}

/// Any bytes as the Dockerfile behind a service's `build`.
pub fn built(data: &[u8]) {
    let compose = b"services:\n  a:\n    build: .\n    gpus: all\n".to_vec();
    let files = [Source::new("compose.yaml", compose), Source::new("Dockerfile", data.to_vec())];
    let files = Memory(files.into_iter().map(|source| (source.path().to_owned(), source)).collect());
    let report = lint(&files, "compose.yaml");
    assert_eq!(report.counts.gpu_workloads, 1, "the service is there whatever it is built from");
}

fn lint(files: &Memory, name: &str) -> Report {
    lint_with(
        files,
        name,
        &Options { judge: JudgeOptions { pedantic: true, ..JudgeOptions::default() }, ..Options::default() },
    )
}

fn lint_with(files: &Memory, name: &str, options: &Options) -> Report {
    let request = Request { prove: Fixes::All, workloads: true, ..Request::default() };
    let seen = AtomicUsize::new(0);
    let walk = Walk::default();
    let around = &Surroundings::new(files, &walk, Some(&options.read));
    let lint = Lint { files, options, around, request, seen: &seen };
    lint.run(&walk, &[name.to_owned()])
}

/// Whether the bytes of `part` stand in `text` in their order.
fn holds_in_order(text: &[u8], part: &[u8]) -> bool {
    let mut rest = text.iter();
    part.iter().all(|byte| rest.any(|other| other == byte))
}

/// Files in memory, and no others.
struct Memory(BTreeMap<String, Arc<Source>>);

impl Files for Memory {
    fn read(&self, path: &str) -> Result<Arc<Source>, ReadError> {
        self.0.get(path).cloned().ok_or(ReadError::NotFound)
    }

    fn resolve(&self, from: &str, to: &str) -> Result<String, ReadError> {
        let path = join(from, to);
        if self.0.contains_key(&path) { Ok(path) } else { Err(ReadError::NotFound) }
    }
}
