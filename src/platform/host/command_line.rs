//! The command line that a host makes of what it names apart: `docker run OPTIONS IMAGE`.

use crate::text::layer::{Embed, Encoding, Layer};
use crate::text::source::Span;

/// The command line that a host makes of what it names apart: `docker run OPTIONS IMAGE`.
pub(super) struct CommandLine {
    embed: Embed,
    /// Where the last part ends in the file.
    end: usize,
}

impl CommandLine {
    /// An empty one. New text in it is spelt as `encoding` says.
    pub(super) fn new(file: &Layer, encoding: Encoding) -> Self {
        Self { embed: file.embed(encoding), end: 0 }
    }

    /// One that begins with `docker run` at byte `at`.
    pub(super) fn run(file: &Layer, encoding: Encoding, at: usize) -> Self {
        Self::begin(file, encoding, at, "docker")
    }

    /// The same of any engine.
    pub(super) fn begin(file: &Layer, encoding: Encoding, at: usize, engine: &str) -> Self {
        let mut line = Self { embed: file.embed(encoding), end: at };
        line.embed.replace(Span::at(at), &format!("{engine} run"));
        line
    }

    /// Adds a word that stands for what is written at a place in other words.
    pub(super) fn literal(&mut self, place: Span, word: &str) {
        self.embed.replace(place, &format!(" {word}"));
        self.end = place.end;
    }

    /// Adds options that stand together in one text of the file.
    pub(super) fn text(&mut self, text: &Layer) {
        let length = text.text().trim_end().len();
        self.embed.replace(text.map(Span::at(0)), " ");
        self.embed.append_line(text);
        self.end = text.map(Span::at(length)).start;
    }

    /// Adds a text of the file as one word.
    pub(super) fn word(&mut self, text: &Layer) {
        self.option("", text);
    }

    /// Adds a text of the file as one word or as its end: `head` stands before it.
    pub(super) fn option(&mut self, head: &str, text: &Layer) {
        let at = text.map(Span::at(0));
        self.embed.replace(at, &format!(" {head}"));
        self.quoted(text, Span::new(0, text.text().len()));
        self.end = text.map(Span::at(text.text().len())).start;
    }

    /// Adds a part of a text in quotes.
    fn quoted(&mut self, text: &Layer, part: Span) {
        // A quote in the text would end the quotes around it; no option of interest has one.
        let quote = if part.of(text.text()).contains('\'') { "\"" } else { "'" };
        let (mut start, mut end) = (text.map(Span::at(part.start)).start, text.map(Span::at(part.end)).start);
        // The word is all of a string of the file, with its quotes.
        let file = text.source().text().as_bytes();
        let is_whole = part.start == 0 && part.end == text.text().len();
        if is_whole && matches!(file.get(end), Some(b'"' | b'\'')) {
            (start, end) = (start.saturating_sub(1), end + 1);
        }
        self.embed.replace(Span::at(start), quote);
        self.embed.append_part(text, part);
        self.embed.replace(Span::at(end), quote);
    }

    /// As [`CommandLine::option`], where `${…}` in the text stands for what a tool puts there.
    pub(super) fn open_option(&mut self, head: &str, text: &Layer) {
        // All of an argument may be any option, or several.
        let written = text.text();
        let is_all =
            head.is_empty() && written.starts_with("${") && written.find('}') == Some(written.len() - 1);
        if is_all {
            self.embed.replace(text.map(Span::new(0, written.len())), " $args");
            self.end = text.map(Span::at(written.len())).start;
        } else {
            self.part(&format!(" {head}"), text);
        }
    }

    /// Adds `head` and such a text to the last word.
    pub(super) fn part(&mut self, head: &str, text: &Layer) {
        let written = text.text();
        self.embed.replace(text.map(Span::at(0)), head);
        let mut from = 0;
        while let Some((at, length)) = written.get(from..).and_then(|rest| {
            let at = rest.find("${")?;
            Some((from + at, rest.get(at..)?.find('}')? + 1))
        }) {
            if at > from {
                self.quoted(text, Span::new(from, at));
            }
            self.embed.replace(text.map(Span::new(at, at + length)), "\"$value\"");
            from = at + length;
        }
        if from < written.len() || written.is_empty() {
            self.quoted(text, Span::new(from, written.len()));
        }
        self.end = text.map(Span::at(written.len())).start;
    }

    /// The line with the image at its end.
    pub(super) fn image(mut self, image: &str) -> Layer {
        self.embed.replace(Span::at(self.end), &format!(" {image}"));
        self.finish()
    }

    /// The line.
    pub(super) fn finish(self) -> Layer {
        self.embed.finish()
    }
}
