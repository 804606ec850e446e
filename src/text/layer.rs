//! Text inside text: a `run: |` block in a workflow, a fence in Markdown, a string in JSON, the script of `bash -c '…'`.
//!
//! A [`Layer`] holds the inner text as its reader sees it, knows for every byte where it stands in the host
//! ([`Layer::map`]), and writes new inner text in the host's own spelling ([`Layer::edit`]). Layers stack, so a shell
//! string inside a JSON string inside a Markdown fence still maps to bytes of the file.

use std::sync::Arc;

use crate::text::edits::Edit;
use crate::text::place::Place;
use crate::text::source::{Source, Span};

/// How the host spells a character that has a meaning of its own there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As it is.
    Verbatim,
    /// Every line but the first begins with this prefix in the host (block scalars, indented fences, comments).
    Indented(String),
    /// Between double quotes of JSON or YAML: `\"`, `\\`, `\n`.
    DoubleQuoted,
    /// Between single quotes of YAML: `''`. One line only.
    SingleQuoted,
    /// A plain YAML scalar on one line: text with a meaning in YAML cannot be written.
    Plain,
    /// Between single quotes of a shell: a single quote cannot be written.
    ShellSingle,
    /// Between double quotes of a shell: `\"`, `\$`, `` \` ``, `\\`.
    ShellDouble,
    /// In a here-document that is expanded: `\$`, `` \` ``, `\\`.
    HereDocument,
    /// The host's spelling cannot be written: spans map, edits do not.
    ReadOnly,
}

/// A stretch of inner text and where it comes from.
#[derive(Clone, Copy, Debug)]
struct Segment {
    inner: Span,
    outer: Span,
}

impl Segment {
    /// Whether inner and outer bytes go in step; else the piece is one unit, such as an escape sequence.
    fn is_verbatim(&self) -> bool {
        self.inner.len() == self.outer.len()
    }
}

/// One text, either a whole file or a part of another layer.
#[derive(Clone, Debug)]
pub struct Layer {
    inner: Inner,
}

#[derive(Clone, Debug)]
enum Inner {
    File(Arc<Source>),
    Within(Arc<Within>),
}

#[derive(Debug)]
struct Within {
    text: String,
    pieces: Vec<Segment>,
    encoding: Encoding,
    host: Layer,
}

impl Default for Layer {
    fn default() -> Self {
        Self::file(Arc::default())
    }
}

impl Layer {
    /// The layer of a whole file.
    pub fn file(source: Arc<Source>) -> Self {
        Self { inner: Inner::File(source) }
    }

    /// Starts a layer of text that stands in this one.
    pub fn embed(&self, encoding: Encoding) -> Embed {
        Embed { text: String::new(), pieces: Vec::new(), encoding, host: self.clone() }
    }

    /// A layer of one verbatim stretch of this one.
    pub fn part(&self, span: Span, encoding: Encoding) -> Self {
        let mut embed = self.embed(encoding);
        embed.copy(span);
        embed.finish()
    }

    /// The text as its reader sees it.
    pub fn text(&self) -> &str {
        match &self.inner {
            Inner::File(source) => source.text(),
            Inner::Within(within) => &within.text,
        }
    }

    /// How new text is spelt in the host.
    pub fn encoding(&self) -> &Encoding {
        match &self.inner {
            Inner::File(_) => &Encoding::Verbatim,
            Inner::Within(within) => &within.encoding,
        }
    }

    /// The file in which all of it stands.
    pub fn source(&self) -> &Arc<Source> {
        match &self.inner {
            Inner::File(source) => source,
            Inner::Within(within) => within.host.source(),
        }
    }

    /// Where a span of this text stands in the file.
    pub fn map(&self, span: Span) -> Span {
        match &self.inner {
            Inner::File(_) => span,
            Inner::Within(within) => {
                let start = within.outer_start(span.start);
                let end = if span.is_empty() { start } else { within.outer_end(span.end) };
                within.host.map(Span::new(start, end))
            }
        }
    }

    /// The place of a span of this text, for reports.
    pub fn place(&self, span: Span) -> Place {
        Place { source: Arc::clone(self.source()), span: self.map(span) }
    }

    /// An edit of the file that replaces `span` of this text by `text`; nothing where a host on the way cannot spell
    /// `text`, or where `span` begins or ends inside something that is one unit in the host.
    pub fn edit(&self, span: Span, text: &str) -> Option<Edit> {
        match &self.inner {
            Inner::File(source) => Some(Edit { source: Arc::clone(source), span, text: text.to_owned() }),
            Inner::Within(within) => {
                let outer = within.exact(span)?;
                within.host.edit(outer, &within.encoding.encode(text)?)
            }
        }
    }
}

impl Within {
    /// The piece that holds inner byte `at`, or the last one before it.
    fn piece(&self, at: usize) -> Option<&Segment> {
        let next = self.pieces.partition_point(|piece| piece.inner.start <= at);
        self.pieces.get(next.checked_sub(1)?)
    }

    fn outer_start(&self, at: usize) -> usize {
        match self.piece(at) {
            Some(piece) if at >= piece.inner.end => piece.outer.end,
            Some(piece) if piece.is_verbatim() => piece.outer.start + (at - piece.inner.start),
            Some(piece) => piece.outer.start,
            None => self.pieces.first().map_or(0, |piece| piece.outer.start),
        }
    }

    /// Behind the last byte before `at`, so that an end never swallows the prefix of the next line.
    fn outer_end(&self, at: usize) -> usize {
        let Some(last) = at.checked_sub(1) else { return self.outer_start(at) };
        match self.piece(last) {
            Some(piece) if piece.is_verbatim() && at <= piece.inner.end => {
                piece.outer.start + (at - piece.inner.start)
            }
            Some(piece) => piece.outer.end,
            None => self.outer_start(at),
        }
    }

    /// The host's span of an inner span, only where both ends are places of the host too.
    fn exact(&self, span: Span) -> Option<Span> {
        for at in [span.start, span.end] {
            if let Some(piece) = self.piece(at)
                && !piece.is_verbatim()
                && at > piece.inner.start
                && at < piece.inner.end
            {
                return None;
            }
        }
        // An insertion goes behind what stands before it: at a line's end, before the next line's prefix.
        if span.is_empty() && span.start > 0 {
            return Some(Span::at(self.outer_end(span.start)));
        }
        let start = self.outer_start(span.start);
        Some(Span::new(start, if span.is_empty() { start } else { self.outer_end(span.end) }))
    }
}

/// Collects the text of a new layer piece by piece, in the order of the host.
#[derive(Debug)]
pub struct Embed {
    text: String,
    pieces: Vec<Segment>,
    encoding: Encoding,
    host: Layer,
}

impl Embed {
    /// Appends a stretch of the host as it is.
    pub fn copy(&mut self, span: Span) {
        let start = self.text.len();
        self.text.push_str(span.of(self.host.text()));
        if self.text.len() > start {
            self.pieces.push(Segment { inner: Span::new(start, self.text.len()), outer: span });
        }
    }

    /// Appends `text` for a stretch of the host that is spelt otherwise there, such as an escape sequence.
    pub fn replace(&mut self, span: Span, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        self.pieces.push(Segment { inner: Span::new(start, self.text.len()), outer: span });
    }

    /// Appends what stands in another layer of the same host from byte `from` on.
    pub fn append(&mut self, other: &Layer, from: usize) {
        self.append_part(other, Span::new(from, other.text().len()));
    }

    /// Appends a part of another layer of the same host.
    pub fn append_part(&mut self, other: &Layer, part: Span) {
        let Inner::Within(other) = &other.inner else { return };
        let start = self.text.len();
        self.text.push_str(part.of(&other.text));
        for piece in other.pieces.iter().filter(|piece| piece.inner.end > part.start) {
            if piece.inner.start >= part.end {
                break;
            }
            let whole = !piece.is_verbatim();
            let before = if whole { 0 } else { part.start.saturating_sub(piece.inner.start) };
            let behind = if whole { 0 } else { piece.inner.end.saturating_sub(part.end) };
            let from = (piece.inner.start + before).saturating_sub(part.start);
            let inner = Span::new(from, piece.inner.end.min(part.end) - part.start);
            let outer = Span::new(piece.outer.start + before, piece.outer.end - behind);
            self.pieces.push(Segment { inner: inner.shift(start), outer });
        }
    }

    /// Appends what stands in another layer of the same host, its line ends as blanks.
    pub fn append_line(&mut self, other: &Layer) {
        let start = self.text.len();
        self.append(other, 0);
        let line = self.text.split_off(start).replace('\n', " ");
        self.text.push_str(&line);
    }

    /// The layer of what was collected.
    pub fn finish(self) -> Layer {
        let Self { text, pieces, encoding, host } = self;
        Layer { inner: Inner::Within(Arc::new(Within { text, pieces, encoding, host })) }
    }
}

impl Encoding {
    /// `text` in the host's spelling, or nothing where the host has none for it.
    pub fn encode(&self, text: &str) -> Option<String> {
        let escaped = |special: &str| {
            let mut out = String::with_capacity(text.len() + 8);
            for c in text.chars() {
                if special.contains(c) {
                    out.push('\\');
                }
                out.push(c);
            }
            out
        };
        match self {
            Self::Verbatim => Some(text.to_owned()),
            Self::Indented(prefix) => Some(text.replace('\n', &format!("\n{prefix}"))),
            Self::DoubleQuoted => {
                Some(escaped("\"\\").replace('\n', "\\n").replace('\t', "\\t").replace('\r', "\\r"))
            }
            Self::SingleQuoted => (!text.contains('\n')).then(|| text.replace('\'', "''")),
            Self::Plain => {
                let special =
                    text.contains(['\n', '#', '"', '\'']) || text.contains(": ") || text.ends_with(':');
                (!special).then(|| text.to_owned())
            }
            Self::ShellSingle => (!text.contains('\'')).then(|| text.to_owned()),
            Self::ShellDouble => Some(escaped("\"$`\\")),
            Self::HereDocument => Some(escaped("$`\\")),
            Self::ReadOnly => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `run: |` with two indented lines, as a reader of YAML would hand it on.
    fn block() -> (Arc<Source>, Layer) {
        let source = Source::new("w.yml", b"run: |\n  docker run \\\n    x\n".to_vec());
        let mut embed = Layer::file(Arc::clone(&source)).embed(Encoding::Indented("  ".into()));
        embed.copy(Span::new(9, 22));
        embed.copy(Span::new(24, 28));
        (source, embed.finish())
    }

    #[test]
    fn spans_map_through_a_removed_indent() {
        let (source, layer) = block();
        assert_eq!(layer.text(), "docker run \\\n  x\n");
        assert_eq!(source.slice(layer.map(Span::new(0, 6))), "docker");
        assert_eq!(source.slice(layer.map(Span::new(15, 16))), "x");
    }

    #[test]
    fn an_inserted_line_gets_the_hosts_indent() {
        let (_, layer) = block();
        let edit = layer.edit(Span::at(12), "\n  --shm-size=2g \\").unwrap();
        assert_eq!((edit.span, edit.text.as_str()), (Span::at(21), "\n    --shm-size=2g \\"));
    }

    #[test]
    fn strings_in_strings_are_escaped_once_per_host() {
        let source = Source::new("p.json", br#"{"a": "bash -c \"x y\""}"#.to_vec());
        let file = Layer::file(source);
        let mut embed = file.embed(Encoding::DoubleQuoted);
        embed.copy(Span::new(7, 15));
        embed.replace(Span::new(15, 17), "\"");
        embed.copy(Span::new(17, 20));
        embed.replace(Span::new(20, 22), "\"");
        let string = embed.finish();
        assert_eq!(string.text(), "bash -c \"x y\"");
        let script = string.part(Span::new(9, 12), Encoding::ShellDouble);
        let edit = script.edit(Span::at(1), " \"z\"").unwrap();
        assert_eq!((edit.span, edit.text.as_str()), (Span::at(18), r#" \\\"z\\\""#));
        assert!(string.edit(Span::at(8), "q").is_some());
    }

    #[test]
    fn what_a_host_cannot_spell_is_no_edit() {
        let source = Source::new("a.sh", b"sh -c 'docker run x'".to_vec());
        let script = Layer::file(source).part(Span::new(7, 19), Encoding::ShellSingle);
        assert!(script.edit(Span::at(0), "it's").is_none());
        assert!(script.edit(Span::at(0), "ok").is_some());
    }
}
