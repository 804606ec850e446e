//! Messages that make no sense, one after the other: the server answers or ends, and never panics.

use proptest::prelude::*;

use super::*;

fn message() -> impl Strategy<Value = Message> {
    let uri = prop::sample::select(vec![
        "file:///nowhere/compose.yaml",
        "file:///nowhere/é.sh",
        "untitled:1",
        "",
        "%",
    ]);
    let text =
        prop::sample::select(vec!["", "services:\n  a:\n    gpus: all\n", "docker run --gpus all x\n", "é𝄞"]);
    let number = prop::sample::select(vec![0u32, 1, 2, 7, u32::MAX]);
    let method = prop::sample::select(vec![
        "initialize",
        "initialized",
        "shutdown",
        "textDocument/didOpen",
        "textDocument/didChange",
        "textDocument/didClose",
        "textDocument/diagnostic",
        "textDocument/codeAction",
        "textDocument/hover",
        "textDocument/inlayHint",
        "workspace/didChangeConfiguration",
        "workspace/didChangeWatchedFiles",
        "$/cancelRequest",
        "x",
    ]);
    (method, uri, text, number.clone(), number, any::<bool>()).prop_map(|(method, uri, text, one, two, asks)| {
        let place = json!({"line": one, "character": two});
        let range = json!({"start": place, "end": {"line": two, "character": one}});
        let params = json!({
            "id": one, "capabilities": {}, "context": {"diagnostics": []}, "position": place, "range": range,
            "textDocument": {"uri": uri, "version": 1, "languageId": "yaml", "text": text},
            "contentChanges": [{"text": text, "range": range}],
            "changes": [{"uri": uri, "type": two}],
            "settings": {"shmlint": {"pedantic": asks, "inlayHints": asks}},
        });
        match asks {
            true => Message::Request(Request::new(RequestId::from(1), method.to_owned(), params)),
            false => Message::Notification(Notification::new(method.to_owned(), params)),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn no_order_of_messages_makes_it_panic(messages in prop::collection::vec(message(), 1..8)) {
        let (sender, receiver) = channel();
        // A workspace without a directory of its own: the tree of the test's own process is not walked.
        let mut server = Server::new(Vec::new());
        let mut workspace = Workspace::new(PathBuf::from("/"), PositionEncoding::Utf16, Preferences::default());
        workspace.roots.clear();
        server.workspace = Some(workspace);
        for message in messages {
            sender.send(Some(Ok(message))).unwrap();
        }
        sender.send(None).unwrap();
        prop_assert_eq!(server.run(&receiver), Ok(()));
        let mut output = server.output.as_slice();
        while let Some(message) = transport::read(&mut output).unwrap() {
            prop_assert!(!matches!(message, Message::Request(_)), "nothing is asked of this client");
        }
    }
}

#[test]
fn what_is_cancelled_while_it_waits_is_not_worked_on() {
    let (sender, receiver) = channel();
    let id = RequestId::from(7);
    let ask = Request::new(id.clone(), "textDocument/hover".into(), json!({}));
    sender.send(Some(Ok(Message::Request(ask)))).unwrap();
    let cancel = Notification::new("$/cancelRequest".into(), json!({"id": 7}));
    sender.send(Some(Ok(Message::Notification(cancel)))).unwrap();
    sender.send(None).unwrap();
    let mut server = Server::new(Vec::new());
    server.run(&receiver).unwrap();
    let Some(Message::Response(answer)) = transport::read(&mut server.output.as_slice()).unwrap() else {
        panic!()
    };
    let told = serde_json::to_value(&answer).unwrap();
    assert_eq!(answer.id, id);
    assert_eq!(told["error"]["code"], ErrorCode::RequestCanceled as i32);
}
