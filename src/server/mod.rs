//! The language server, `shmlint server`: diagnostics, fixes, hovers and hints for editors, over standard input and output.
//!
//! One thread reads messages, so that a request that was cancelled while it waited is not worked on; the other answers them
//! in their order. Texts that change faster than they are looked at are looked at once, when no message waits.

mod answers;
mod convert;
mod state;
mod transport;

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::{
    CodeActionParams, DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    DocumentDiagnosticParams, HoverParams, InitializeParams, InlayHintParams, PublishDiagnosticsParams, Uri,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use convert::{PositionEncoding, path, plain};
use state::{OpenDocument, Preferences, Workspace};

/// Serves until the client says `exit` or closes the stream. The error is what ended it before.
pub fn serve() -> Result<(), String> {
    converse(BufReader::new(io::stdin()), io::stdout())
}

/// As [`serve`], over other streams. The thread that reads `input` may outlive the call.
pub fn converse(mut input: impl BufRead + Send + 'static, output: impl Write) -> Result<(), String> {
    let (sender, messages) = channel();
    thread::spawn(move || {
        loop {
            let message = transport::read(&mut input).transpose();
            let is_last = !matches!(message, Some(Ok(_)));
            if sender.send(message).is_err() || is_last {
                break;
            }
        }
    });
    Server::new(output).run(&messages)
}

/// What the reader hands over: a message, why there is none, or nothing at the end.
type Incoming = Option<Result<Message, String>>;

struct Server<W> {
    output: W,
    workspace: Option<Workspace>,
    /// Whether the client asks for diagnostics by itself, and anew when told that another text changed them. All others get
    /// them pushed: Neovim 0.11 pulls the text that changes and nothing beside it.
    pulls: bool,
    is_shut_down: bool,
    /// Paths whose texts changed and were not looked at yet.
    changed: BTreeSet<String>,
    /// Requests that came and are cancelled already.
    cancelled: HashSet<RequestId>,
    requests: i32,
}

impl<W: Write> Server<W> {
    fn new(output: W) -> Self {
        Self {
            output,
            workspace: None,
            pulls: false,
            is_shut_down: false,
            changed: BTreeSet::new(),
            cancelled: HashSet::new(),
            requests: 0,
        }
    }

    fn run(&mut self, messages: &Receiver<Incoming>) -> Result<(), String> {
        let mut waiting: VecDeque<Message> = VecDeque::new();
        let mut is_over = false;
        // What came before a frame that lies is answered all the same.
        let mut end = Ok(());
        loop {
            if is_over && waiting.is_empty() {
                return end;
            }
            // All that is there is taken in first: a cancellation counts for what waits before it.
            let next = if waiting.is_empty() { messages.recv().ok() } else { messages.try_recv().ok() };
            match next {
                Some(Some(Ok(message))) => {
                    self.note_cancellation(&message);
                    waiting.push_back(message);
                    continue;
                }
                Some(Some(Err(error))) => (is_over, end) = (true, Err(error)),
                Some(None) => is_over = true,
                None => is_over |= waiting.is_empty(),
            }
            let Some(message) = waiting.pop_front() else { continue };
            if is_exit(&message) {
                return if self.is_shut_down {
                    Ok(())
                } else {
                    Err("the client left without shutdown".into())
                };
            }
            self.take(message)?;
            if waiting.is_empty() {
                self.look()?;
            }
        }
    }

    fn note_cancellation(&mut self, message: &Message) {
        if let Message::Notification(notification) = message
            && notification.method == "$/cancelRequest"
        {
            let id = notification.params.get("id").cloned().unwrap_or_default();
            self.cancelled.extend(serde_json::from_value::<RequestId>(id));
        }
    }

    fn take(&mut self, message: Message) -> Result<(), String> {
        match message {
            Message::Request(request) => {
                let response = self.answer(request)?;
                self.send(&Message::Response(response))
            }
            Message::Notification(notification) => self.hear(notification),
            // Answers to what was asked of the client tell nothing that is needed.
            Message::Response(_) => Ok(()),
        }
    }

    fn send(&mut self, message: &Message) -> Result<(), String> {
        transport::write(&mut self.output, message)
    }

    fn tell(&mut self, method: &str, params: impl serde::Serialize) -> Result<(), String> {
        self.send(&Message::Notification(Notification::new(method.to_owned(), params)))
    }

    fn answer(&mut self, request: Request) -> Result<Response, String> {
        let Request { id, method, params } = request;
        let fail = |code: ErrorCode, text: &str| Response::new_err(id.clone(), code as i32, text.to_owned());
        if self.cancelled.remove(&id) {
            return Ok(fail(ErrorCode::RequestCanceled, "cancelled"));
        }
        if self.is_shut_down {
            return Ok(fail(ErrorCode::InvalidRequest, "the server is shut down"));
        }
        match method.as_str() {
            "initialize" => return Ok(Response::new_ok(id, self.initialize(params))),
            "shutdown" => {
                self.is_shut_down = true;
                return Ok(Response::new_ok(id, Value::Null));
            }
            _ if self.workspace.is_none() => {
                return Ok(fail(ErrorCode::ServerNotInitialized, "initialize comes first"));
            }
            _ => {}
        }
        // What is asked is asked of the texts as they are now.
        self.look()?;
        let Some(workspace) = &mut self.workspace else { return Ok(fail(ErrorCode::InternalError, "")) };
        let answer = match method.as_str() {
            "textDocument/diagnostic" => parsed(params).map(|params: DocumentDiagnosticParams| {
                let items = path(&params.text_document.uri, &workspace.folder)
                    .map(|path| workspace.diagnostics(&path))
                    .unwrap_or_default();
                json!({"kind": "full", "items": items})
            }),
            "textDocument/codeAction" => parsed(params).map(|params: CodeActionParams| {
                let only = params.context.only.as_deref();
                let path = path(&params.text_document.uri, &workspace.folder);
                json!(path.map(|path| workspace.actions(&path, params.range, only)).unwrap_or_default())
            }),
            "textDocument/hover" => parsed(params).map(|params: HoverParams| {
                let at = params.text_document_position_params;
                let path = path(&at.text_document.uri, &workspace.folder);
                json!(path.and_then(|path| workspace.hover(&path, at.position)))
            }),
            "textDocument/inlayHint" => parsed(params).map(|params: InlayHintParams| {
                let path = path(&params.text_document.uri, &workspace.folder);
                json!(path.map(|path| workspace.hints(&path, params.range)).unwrap_or_default())
            }),
            _ => return Ok(fail(ErrorCode::MethodNotFound, &format!("{method} is not known"))),
        };
        Ok(match answer {
            Ok(answer) => Response::new_ok(id, answer),
            Err(error) => fail(ErrorCode::InvalidParams, &error),
        })
    }

    fn initialize(&mut self, params: Value) -> Value {
        let options = params.get("initializationOptions").cloned().unwrap_or_default();
        let preferences: Preferences = serde_json::from_value(options).unwrap_or_default();
        let root = root(&params);
        // The protocol has it under `diagnostics`.
        let refresh = params.pointer("/capabilities/workspace/diagnostics/refreshSupport");
        let refreshes = refresh.and_then(Value::as_bool).unwrap_or(false);
        let params: InitializeParams = serde_json::from_value(params).unwrap_or_default();
        let general = params.capabilities.general.and_then(|general| general.position_encodings);
        let is_utf8 = general.is_some_and(|known| known.contains(&lsp_types::PositionEncodingKind::UTF8));
        let encoding = if is_utf8 { PositionEncoding::Utf8 } else { PositionEncoding::Utf16 };
        self.pulls =
            refreshes && params.capabilities.text_document.is_some_and(|text| text.diagnostic.is_some());
        if let Some(root) = &root {
            // Paths are then as the command line shows them. Where the directory is gone, they are absolute.
            let _ = std::env::set_current_dir(root);
        }
        let folder = root.or_else(|| std::env::current_dir().ok()).unwrap_or_default();
        self.workspace = Some(Workspace::new(folder, encoding, preferences));
        let mut capabilities = json!({
            "positionEncoding": if is_utf8 { "utf-8" } else { "utf-16" },
            "textDocumentSync": {"openClose": true, "change": 2, "save": {"includeText": false}},
            "codeActionProvider": {"codeActionKinds": ["quickfix", answers::FIX_ALL.as_str()]},
            "hoverProvider": true,
            "inlayHintProvider": true,
        });
        if let Some(capabilities) = capabilities.as_object_mut().filter(|_| self.pulls) {
            let pull = json!({"identifier": "shmlint", "interFileDependencies": true, "workspaceDiagnostics": false});
            capabilities.insert("diagnosticProvider".into(), pull);
        }
        json!({
            "serverInfo": {"name": "shmlint", "version": env!("CARGO_PKG_VERSION")},
            "capabilities": capabilities,
        })
    }

    fn hear(&mut self, notification: Notification) -> Result<(), String> {
        let Notification { method, params } = notification;
        if method == "initialized" {
            return self.configure();
        }
        let Some(workspace) = &mut self.workspace else { return Ok(()) };
        match method.as_str() {
            "textDocument/didOpen" => {
                let Ok(DidOpenTextDocumentParams { text_document }) = parsed(params) else { return Ok(()) };
                let Some(path) = path(&text_document.uri, &workspace.folder) else { return Ok(()) };
                let (uri, version, text) = (text_document.uri, text_document.version, text_document.text);
                workspace.open.insert(path.clone(), OpenDocument { uri, version, text });
                self.changed.insert(path);
            }
            "textDocument/didChange" => {
                let Ok(params) = parsed::<DidChangeTextDocumentParams>(params) else { return Ok(()) };
                let Some(path) = path(&params.text_document.uri, &workspace.folder) else { return Ok(()) };
                workspace.change(&path, params.text_document.version, params.content_changes);
                self.changed.insert(path);
            }
            "textDocument/didClose" => {
                let Ok(params) = parsed::<DidCloseTextDocumentParams>(params) else { return Ok(()) };
                let Some(path) = path(&params.text_document.uri, &workspace.folder) else { return Ok(()) };
                if let Some(document) = workspace.open.remove(&path) {
                    self.changed.insert(path);
                    return self.publish(document.uri, None, Vec::new());
                }
            }
            "workspace/didChangeConfiguration" => {
                let told = params.get("settings").and_then(|settings| settings.get("shmlint")).cloned();
                if let Some(Ok(preferences)) = told.map(serde_json::from_value::<Preferences>) {
                    workspace.preferences = preferences;
                }
                return self.configure();
            }
            "workspace/didChangeWatchedFiles" => return self.watched(&params),
            _ => {}
        }
        Ok(())
    }

    /// Files changed outside of the editor. A configuration counts for all; a file that came or went may be found by others.
    fn watched(&mut self, params: &Value) -> Result<(), String> {
        let Some(workspace) = &mut self.workspace else { return Ok(()) };
        let changes = params.get("changes").and_then(Value::as_array).cloned().unwrap_or_default();
        let uri = |change: &Value| change.get("uri").and_then(Value::as_str).unwrap_or_default().to_owned();
        let is_config = |change: &Value| {
            [".toml", "/.shmlint-baseline.json"].iter().any(|end| uri(change).ends_with(end))
        };
        if changes.iter().any(is_config) {
            return self.configure();
        }
        // 2: its text changed.
        if changes.iter().any(|change| change.get("type").and_then(Value::as_i64) != Some(2)) {
            workspace.forget();
            self.changed.extend(workspace.open.keys().cloned());
        }
        let paths =
            changes.iter().filter_map(|change| path(&uri(change).parse::<Uri>().ok()?, &workspace.folder));
        self.changed.extend(paths);
        Ok(())
    }

    /// Reads the configuration anew and looks at all open texts.
    fn configure(&mut self) -> Result<(), String> {
        let Some(workspace) = &mut self.workspace else { return Ok(()) };
        let told = workspace.configure();
        self.changed.extend(workspace.open.keys().cloned());
        match told {
            Ok(()) => Ok(()),
            Err(message) => self.tell("window/showMessage", json!({"type": 1, "message": message})),
        }
    }

    /// Looks at what changed, and tells what is found in the open texts that it concerns.
    fn look(&mut self) -> Result<(), String> {
        let changed = std::mem::take(&mut self.changed);
        let Some(workspace) = self.workspace.as_mut().filter(|_| !changed.is_empty()) else { return Ok(()) };
        let concerned = workspace.update(&changed);
        let others =
            concerned.iter().any(|path| !changed.contains(path) && workspace.open.contains_key(path));
        if self.pulls {
            if others {
                self.requests += 1;
                let id = RequestId::from(self.requests);
                let refresh = Request::new(id, "workspace/diagnostic/refresh".into(), Value::Null);
                return self.send(&Message::Request(refresh));
            }
            return Ok(());
        }
        let mut published = BTreeMap::new();
        for path in concerned.iter().chain(&changed) {
            let Some(document) = workspace.open.get(path) else { continue };
            let (uri, version) = (document.uri.clone(), document.version);
            published.insert(path.clone(), (uri, version, workspace.diagnostics(path)));
        }
        published.into_values().try_for_each(|(uri, version, found)| self.publish(uri, Some(version), found))
    }

    fn publish(
        &mut self,
        uri: Uri,
        version: Option<i32>,
        diagnostics: Vec<lsp_types::Diagnostic>,
    ) -> Result<(), String> {
        if self.pulls {
            return Ok(());
        }
        self.tell("textDocument/publishDiagnostics", PublishDiagnosticsParams { uri, diagnostics, version })
    }
}

fn is_exit(message: &Message) -> bool {
    matches!(message, Message::Notification(notification) if notification.method == "exit")
}

fn parsed<T: DeserializeOwned>(params: Value) -> Result<T, String> {
    serde_json::from_value(params).map_err(|error| error.to_string())
}

/// The directory of the workspace: its first folder, or what older clients call its root.
fn root(params: &Value) -> Option<PathBuf> {
    let first = params.get("workspaceFolders").and_then(|folders| folders.get(0)?.get("uri")?.as_str());
    let uri = first.or_else(|| params.get("rootUri")?.as_str()).and_then(plain);
    let path = uri.or_else(|| params.get("rootPath")?.as_str().map(str::to_owned))?;
    Some(PathBuf::from(path))
}

#[cfg(test)]
mod tests;
