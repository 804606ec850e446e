//! The frame of the Language Server Protocol on a stream: headers, an empty line, and so many bytes of JSON.
//!
//! `lsp-server` has the types of the messages. It reads a frame into a buffer of whatever size the header names; here a frame
//! has a bound, and a header that lies ends the connection.

use std::io::{BufRead, Read, Write};

use lsp_server::Message;

/// The largest message that is read, in bytes.
pub(super) const MOST: u64 = 64 << 20;

/// The longest header line, in bytes.
const LINE: u64 = 4096;

/// The next message; nothing where the stream ends between two. An error where what comes is no frame, too large, or cut off.
pub(super) fn read(input: &mut dyn BufRead) -> Result<Option<Message>, String> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        input.take(LINE).read_until(b'\n', &mut line).map_err(|error| error.to_string())?;
        if line.is_empty() && length.is_none() {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        let Some(header) = line.strip_suffix('\n') else {
            return Err("a header is cut off, or longer than any is".into());
        };
        let header = header.trim_end();
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').ok_or_else(|| format!("this is no header: {header:?}"))?;
        if name.eq_ignore_ascii_case("Content-Length") {
            let value = value.trim().parse::<u64>();
            length = Some(value.map_err(|_| format!("this is no length: {header:?}"))?);
        }
    }
    let length = length.ok_or("a message without Content-Length")?;
    if length > MOST {
        return Err(format!("a message of {length} bytes, more than the {MOST} that are read"));
    }
    let mut body = Vec::new();
    input.take(length).read_to_end(&mut body).map_err(|error| error.to_string())?;
    if (body.len() as u64) < length {
        return Err(format!("the stream ends after {} of {length} bytes of a message", body.len()));
    }
    serde_json::from_slice(&body).map(Some).map_err(|error| format!("this is no message: {error}"))
}

/// Writes a message with its header.
pub(super) fn write(output: &mut dyn Write, message: &Message) -> Result<(), String> {
    #[derive(serde::Serialize)]
    struct Envelope<'m> {
        jsonrpc: &'static str,
        #[serde(flatten)]
        message: &'m Message,
    }
    let body =
        serde_json::to_vec(&Envelope { jsonrpc: "2.0", message }).map_err(|error| error.to_string())?;
    let written = write!(output, "Content-Length: {}\r\n\r\n", body.len());
    written
        .and_then(|()| output.write_all(&body))
        .and_then(|()| output.flush())
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames(text: &str) -> Result<Option<Message>, String> {
        read(&mut text.as_bytes())
    }

    #[test]
    fn a_message_comes_back_as_it_was_written() {
        let notification = lsp_server::Notification::new("x/y".into(), serde_json::json!({"a": "é"}));
        let mut bytes = Vec::new();
        write(&mut bytes, &Message::Notification(notification)).unwrap();
        let Some(Message::Notification(read)) = read(&mut bytes.as_slice()).unwrap() else { panic!() };
        assert_eq!((read.method.as_str(), read.params["a"].as_str()), ("x/y", Some("é")));
    }

    #[test]
    fn lengths_that_lie_end_the_connection() {
        assert!(frames("Content-Length: 99999999999\r\n\r\n").unwrap_err().contains("more than"));
        assert!(frames("Content-Length: 50\r\n\r\n{}").unwrap_err().contains("ends after 2"));
        assert!(frames("Content-Length: -1\r\n\r\n").unwrap_err().contains("no length"));
        assert!(frames("Content-Type: x\r\n\r\n{}").unwrap_err().contains("without"));
        assert!(frames("nonsense\r\n").unwrap_err().contains("no header"));
        assert!(frames("").unwrap().is_none());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&mut bytes.as_slice());
        }
    }
}
