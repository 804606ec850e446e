//! The language server as an editor meets it: the binary, spoken to over its standard input and output.
//
// A test that cannot go on says why and stops.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::needless_pass_by_value, clippy::unwrap_used)]
#![cfg(feature = "server")]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use common::shmlint;
use serde_json::{Value, json};
use tempfile::TempDir;

const BROKEN: &str = "services:\n  trainer:\n    image: pytorch/pytorch\n    command: torchrun --nproc_per_node=2 train.py\n    gpus: all\n";

struct Editor {
    child: Child,
    output: BufReader<ChildStdout>,
    folder: TempDir,
    requests: i64,
    /// What was pushed since it was looked at last.
    pushed: Vec<Value>,
}

impl Editor {
    fn start(files: &[(&str, &str)], capabilities: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(".git")).unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_shmlint"))
            .arg("server")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut editor = Self { child, output, folder, requests: 0, pushed: Vec::new() };
        let root = format!("file://{}", editor.folder.path().display());
        let answer = editor.ask("initialize", json!({"rootUri": root, "capabilities": capabilities}));
        assert_eq!(answer["serverInfo"]["name"], "shmlint");
        editor.tell("initialized", json!({}));
        editor
    }

    fn uri(&self, name: &str) -> String {
        format!("file://{}/{name}", self.folder.path().display())
    }

    fn send(&mut self, mut message: Value) {
        message["jsonrpc"] = "2.0".into();
        let body = message.to_string();
        let input = self.child.stdin.as_mut().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        input.flush().unwrap();
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the server is gone");
            match line.trim_end().split_once(": ") {
                Some(("Content-Length", value)) => length = value.parse().unwrap(),
                _ if line.trim_end().is_empty() => break,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(json!({"method": method, "params": params}));
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.requests += 1;
        let id = self.requests;
        self.send(json!({"id": id, "method": method, "params": params}));
        loop {
            let message = self.receive();
            if message["id"] == id && message.get("method").is_none() {
                assert_eq!(message["error"], Value::Null, "{message}");
                return message["result"].clone();
            }
            self.pushed.push(message);
        }
    }

    fn open(&mut self, name: &str, text: &str) {
        let uri = self.uri(name);
        let document = json!({"uri": uri, "languageId": "x", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
    }

    /// What was pushed last of a file, once all that was told is worked on.
    fn diagnostics(&mut self, name: &str) -> Value {
        let uri = self.uri(name);
        self.ask(
            "textDocument/hover",
            json!({"textDocument": {"uri": uri}, "position": {"line": 0, "character": 0}}),
        );
        let of_file = |message: &&Value| message["params"]["uri"] == uri.as_str();
        let last = self.pushed.iter().rfind(of_file).expect("diagnostics of the file");
        last["params"]["diagnostics"].clone()
    }

    fn actions(&mut self, name: &str, line: u32) -> Vec<Value> {
        let at = json!({"line": line, "character": 3});
        let uri = self.uri(name);
        let params = json!({"textDocument": {"uri": uri}, "range": {"start": at, "end": at}, "context": {"diagnostics": []}});
        self.ask("textDocument/codeAction", params).as_array().unwrap().clone()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A text with the edits of an action, all of one file and given in UTF-16 columns of ASCII lines.
fn applied(text: &str, action: &Value) -> String {
    let offset = |place: &Value| {
        let line = usize::try_from(place["line"].as_u64().unwrap()).unwrap();
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        start + usize::try_from(place["character"].as_u64().unwrap()).unwrap()
    };
    let mut out = text.to_owned();
    for edit in action["edit"]["documentChanges"][0]["edits"].as_array().unwrap().iter().rev() {
        let (start, end) = (offset(&edit["range"]["start"]), offset(&edit["range"]["end"]));
        out.replace_range(start..end, edit["newText"].as_str().unwrap());
    }
    out
}

fn fixed(folder: &Path, name: &str) -> String {
    shmlint(folder, &["--isolated", "--fix", name]);
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn a_broken_file_is_told_and_its_fix_is_what_fix_writes() {
    let mut editor = Editor::start(&[("compose.yaml", BROKEN)], json!({}));
    editor.open("compose.yaml", BROKEN);
    let found = editor.diagnostics("compose.yaml");
    assert_eq!(found[0]["code"], "missing-shm");
    assert_eq!(found[0]["range"]["start"], json!({"line": 1, "character": 2}));
    assert!(found[0]["codeDescription"]["href"].as_str().unwrap().contains("missing-shm"));
    assert!(!found[0]["relatedInformation"].as_array().unwrap().is_empty());
    let actions = editor.actions("compose.yaml", 1);
    let quick = actions.iter().find(|action| action["isPreferred"] == true).expect("a safe fix");
    let expected = fixed(editor.folder.path(), "compose.yaml");
    assert_ne!(expected, BROKEN);
    assert_eq!(applied(BROKEN, quick), expected);
    let all = actions.iter().find(|action| action["kind"] == "source.fixAll.shmlint").expect("fix all");
    assert_eq!(applied(BROKEN, all), expected);
    let ignore =
        actions.iter().find(|action| action["title"].as_str().unwrap().starts_with("Ignore")).unwrap();
    assert!(applied(BROKEN, ignore).contains("# shmlint: ignore[missing-shm]"));
    assert!(actions.iter().any(|action| action["title"].as_str().unwrap().contains("16 GiB")), "{actions:?}");
}

#[test]
fn an_edit_takes_the_squiggle_away() {
    let mut editor = Editor::start(&[], json!({}));
    editor.open("compose.yaml", BROKEN);
    assert_eq!(editor.diagnostics("compose.yaml").as_array().unwrap().len(), 1);
    let end = json!({"line": 5, "character": 0});
    let change = json!({"range": {"start": end, "end": end}, "text": "    shm_size: 8gb\n"});
    let document = json!({"uri": editor.uri("compose.yaml"), "version": 2});
    editor.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": [change]}));
    assert_eq!(editor.diagnostics("compose.yaml"), json!([]));
    let place = json!({"line": 5, "character": 6});
    let uri = editor.uri("compose.yaml");
    let hover = editor.ask("textDocument/hover", json!({"textDocument": {"uri": uri}, "position": place}));
    assert!(hover["contents"]["value"].as_str().unwrap().contains("8 GiB"), "{hover}");
}

#[test]
fn an_unsaved_override_counts_for_the_file_on_disk() {
    let base = BROKEN.to_owned();
    let mut editor = Editor::start(&[("compose.yaml", &base)], json!({}));
    editor.open("compose.yaml", BROKEN);
    assert_eq!(editor.diagnostics("compose.yaml").as_array().unwrap().len(), 1);
    editor.open("compose.override.yaml", "services:\n  trainer:\n    shm_size: 8gb\n");
    assert_eq!(editor.diagnostics("compose.yaml"), json!([]), "the override sets it");
    let uri = editor.uri("compose.override.yaml");
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
    assert_eq!(editor.diagnostics("compose.yaml").as_array().unwrap().len(), 1);
}

#[test]
fn a_client_that_pulls_is_not_pushed_to() {
    let pulls = json!({
        "textDocument": {"diagnostic": {}},
        "workspace": {"diagnostics": {"refreshSupport": true}},
        "general": {"positionEncodings": ["utf-8"]},
    });
    let mut editor = Editor::start(&[], pulls);
    editor.open("run.sh", "docker run --gpus all pytorch/pytorch torchrun --nproc_per_node=2 train.py\n");
    let uri = editor.uri("run.sh");
    let report = editor.ask("textDocument/diagnostic", json!({"textDocument": {"uri": uri}}));
    assert_eq!(report["kind"], "full");
    assert_eq!(report["items"][0]["code"], "missing-shm");
    assert!(editor.pushed.iter().all(|message| message["method"] != "textDocument/publishDiagnostics"));
}

#[test]
fn a_client_that_cannot_be_told_to_pull_anew_is_pushed_to() {
    let mut editor = Editor::start(&[], json!({"textDocument": {"diagnostic": {}}}));
    editor.open("compose.yaml", BROKEN);
    assert_eq!(editor.diagnostics("compose.yaml").as_array().unwrap().len(), 1);
    editor.open("compose.override.yaml", "services:\n  trainer:\n    shm_size: 8gb\n");
    assert_eq!(editor.diagnostics("compose.yaml"), json!([]));
}

#[test]
fn a_mistake_in_the_configuration_is_shown_and_the_server_goes_on() {
    let mut editor = Editor::start(&[("shmlint.toml", "selct = []\n")], json!({}));
    editor.open("compose.yaml", BROKEN);
    assert_eq!(editor.diagnostics("compose.yaml").as_array().unwrap().len(), 1);
    let shown = editor.pushed.iter().find(|message| message["method"] == "window/showMessage").unwrap();
    assert!(shown["params"]["message"].as_str().unwrap().contains("selct"));
}

#[test]
fn it_ends_with_its_client() {
    let mut editor = Editor::start(&[], json!({}));
    editor.ask("shutdown", Value::Null);
    editor.tell("exit", Value::Null);
    assert_eq!(editor.child.wait().unwrap().code(), Some(0));
    let mut gone = Editor::start(&[], json!({}));
    drop(gone.child.stdin.take());
    assert!(gone.child.wait().unwrap().code().is_some());
}
