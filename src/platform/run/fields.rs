//! Fields: the arguments that a program gets once its words are expanded, each still knowing where its text stands.

use crate::syntax::shell::Quote;
use crate::text::layer::Layer;
use crate::text::source::Span;

/// A span of one layer.
#[derive(Clone, Debug, Default)]
pub struct Spot {
    /// The text it lies in.
    pub layer: Layer,
    /// Bytes of that text.
    pub span: Span,
}

impl Spot {
    /// The text there, as it is written.
    pub fn text(&self) -> &str {
        self.span.of(self.layer.text())
    }

    /// Whether both lie in the same text.
    pub fn beside(&self, other: &Self) -> bool {
        std::ptr::eq(self.layer.text(), other.layer.text())
    }
}

/// What is known of a stretch of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knowledge {
    /// Its text.
    Text,
    /// That it belongs to this field. The value holds its source in place of its text.
    OneWord,
    /// Nothing: it may be any number of fields. The value holds its source.
    AnyWords,
    /// The same of something that goes on further than it is followed: the image may be among the fields.
    Beyond,
}

/// A stretch of a field from one place.
#[derive(Clone, Debug)]
pub struct FieldPart {
    /// Bytes of the field's value.
    pub inner: Span,
    /// Where it is written.
    pub spot: Spot,
    /// How it is quoted there.
    pub quote: Quote,
    /// What is known of it.
    pub known: Knowledge,
    /// Whether it is there only if something at run time says so.
    pub conditional: bool,
    /// Whether it came through a variable.
    pub through: bool,
}

/// One argument.
#[derive(Clone, Debug, Default)]
pub struct Field {
    /// Its text; what cannot be known stands as it is written.
    pub value: String,
    /// Where its text comes from, in the order of the value.
    pub parts: Vec<FieldPart>,
    /// The word that it is by itself, be it of the command or of a list.
    pub(super) word: Option<Spot>,
    /// The word of the command that it came from.
    pub written: Option<Spot>,
    /// Whether the string that it stands in is split into words where it is used.
    pub(super) divided: bool,
    /// Whether what is quoted in it stays whole where the rest is split, as in `${GPU:+--gpus "$GPU"}`.
    keeps_quotes: bool,
}

impl Field {
    /// Adds text.
    pub fn push(&mut self, text: &str, spot: Spot, quote: Quote, known: Knowledge) {
        let start = self.value.len();
        self.value.push_str(text);
        let inner = Span::new(start, self.value.len());
        // Nearly every argument has one part, and there are many.
        if self.parts.is_empty() {
            self.parts.reserve_exact(1);
        }
        self.parts.push(FieldPart { inner, spot, quote, known, conditional: false, through: false });
    }

    /// Adds all of another field.
    pub fn append(&mut self, other: &Self) {
        self.word = if self.parts.is_empty() { other.word.clone() } else { None };
        let shift = self.value.len();
        self.value.push_str(&other.value);
        self.parts.extend(
            other.parts.iter().map(|part| FieldPart { inner: part.inner.shift(shift), ..part.clone() }),
        );
        self.divided |= other.divided;
    }

    /// Notes that it came through a variable.
    pub(super) fn came_through(&mut self) {
        self.parts.iter_mut().for_each(|part| part.through = true);
    }

    /// Whether any of it came through a variable.
    pub fn is_through(&self) -> bool {
        self.parts.iter().any(|part| part.through)
    }

    /// Says that it is all of one word.
    pub(super) fn is_word(&mut self, spot: Spot) {
        self.word = Some(spot);
    }

    /// Says that it is the text of a string, whatever stands around it there.
    pub(super) fn is_text(&mut self) {
        self.word = None;
    }

    /// Says that it is written where it is used, with quotes of its own.
    pub(super) fn keeps_quotes(&mut self) {
        self.keeps_quotes = true;
    }

    /// Marks it as being there only if something at run time says so.
    pub(super) fn depends(&mut self) {
        self.parts.iter_mut().for_each(|part| part.conditional = true);
    }

    /// Whether any of it is there only if something at run time says so.
    pub fn is_conditional(&self) -> bool {
        self.parts.iter().any(|part| part.conditional)
    }

    /// Whether all of it is known.
    pub fn is_known(&self) -> bool {
        self.parts.iter().all(|part| part.known == Knowledge::Text)
    }

    /// What it is where nothing of it is known but its source.
    pub fn unread(&self) -> Option<Knowledge> {
        match self.parts.as_slice() {
            [part] if part.known != Knowledge::Text => Some(part.known),
            _ => None,
        }
    }

    /// Whether a value is one that is read at run time and that tells nothing of what it is meant for, as the name of the
    /// variable does that takes it: `IMAGE=$1`, `IMAGE=$OPTARG`.
    pub(super) fn is_nameless(&self) -> bool {
        let name = self.value.trim_start_matches(['"', '$', '{']);
        let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(name.len());
        let name = name.get(..end).unwrap_or_default();
        let is_nameless =
            name == "OPTARG" || (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()));
        is_nameless && self.value.starts_with('$') && self.unread().is_some() && !self.is_conditional()
    }

    /// Whether the first `count` bytes are known.
    pub fn knows(&self, count: usize) -> bool {
        self.parts.iter().all(|part| part.known == Knowledge::Text || part.inner.start >= count)
    }

    /// The word that it is, or the stretch of a string that it comes from.
    pub fn spot(&self) -> Option<Spot> {
        if let Some(word) = &self.word {
            return Some(word.clone());
        }
        let mut spot = self.parts.first()?.spot.clone();
        for part in &self.parts {
            // Quotes or an escape character may stand between two parts; more than that is another place.
            let near = part.spot.span.start >= spot.span.end && part.spot.span.start <= spot.span.end + 2;
            if near && part.spot.beside(&spot) {
                spot.span.end = part.spot.span.end;
            }
        }
        Some(spot)
    }

    /// Its quoting where that is the same all over.
    pub fn quote(&self) -> Option<Quote> {
        let first = self.parts.first()?.quote;
        self.parts.iter().all(|part| part.quote == first).then_some(first)
    }

    /// Bytes `range` of it as a field of its own.
    pub fn slice(&self, range: Span) -> Self {
        self.slice_from(range, 0)
    }

    /// The same, where no part before the `first` reaches into the range.
    fn slice_from(&self, range: Span, first: usize) -> Self {
        let written = self.written.clone();
        let mut slice = Self { written, divided: self.divided, ..Self::default() };
        slice.value.push_str(range.of(&self.value));
        for part in self.parts.iter().skip(first).take_while(|part| part.inner.start <= range.end) {
            let start = part.inner.start.max(range.start);
            let end = part.inner.end.min(range.end);
            if start < end || (part.inner.is_empty() && range.is_empty()) {
                slice.parts.push(part.cut(Span::new(start, end), range.start));
            }
        }
        slice
    }

    /// The words of its value, as an unquoted expansion splits it. What is unknown is never split.
    pub fn split(&self) -> Vec<Self> {
        let mut words = Vec::new();
        let mut start = None;
        // The part at hand, and the one in which the word at hand begins.
        let (mut part, mut first) = (0, 0);
        for (at, byte) in self.value.bytes().enumerate() {
            while self.parts.get(part).is_some_and(|here| here.inner.end <= at) {
                part += 1;
            }
            let unread = |here: &FieldPart| here.known != Knowledge::Text && here.inner.start <= at;
            let held = |here: &FieldPart| unread(here) || (self.keeps_quotes && here.quote != Quote::None);
            let blank = byte.is_ascii_whitespace() && !self.parts.get(part).is_some_and(held);
            match (blank, start) {
                (true, Some(from)) => {
                    words.push(self.slice_from(Span::new(from, at), first));
                    start = None;
                }
                (false, None) => (start, first) = (Some(at), part),
                _ => {}
            }
        }
        if let Some(from) = start {
            words.push(self.slice_from(Span::new(from, self.value.len()), first));
        }
        if let [word] = words.as_mut_slice()
            && word.value.len() == self.value.len()
        {
            word.word.clone_from(&self.word);
        }
        words
    }
}

impl FieldPart {
    /// The bytes `inner` of the value alone, in a value that begins at `origin`.
    fn cut(&self, inner: Span, origin: usize) -> Self {
        let mut part = self.clone();
        part.inner = Span::new(inner.start.saturating_sub(origin), inner.end.saturating_sub(origin));
        // Escape sequences make the source longer than the value; then the whole of it is the nearest place.
        if self.spot.span.len() == self.inner.len() {
            let start = self.spot.span.start + (inner.start - self.inner.start);
            part.spot.span = Span::new(start, start + inner.len());
        }
        part
    }
}

/// Collects the fields of one word.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldBuilder {
    done: Vec<Field>,
    open: Option<Field>,
    /// Whether unquoted values are split into words, as in a command but not in an assignment.
    splits: bool,
}

impl FieldBuilder {
    pub(super) fn new(splits: bool) -> Self {
        Self { splits, ..Self::default() }
    }

    /// The field that what comes next belongs to.
    pub(super) fn open(&mut self) -> &mut Field {
        self.open.get_or_insert_default()
    }

    fn close(&mut self) {
        self.done.extend(self.open.take());
    }

    /// Puts the values of a variable in. Quoted ones stay whole; without `apart` they become one field.
    pub(super) fn insert(&mut self, values: &[Field], quoted: bool, apart: bool) {
        if !quoted && self.splits {
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    self.close();
                }
                self.insert_split(value);
            }
        } else {
            if quoted && !apart {
                self.open();
            }
            for (index, value) in values.iter().enumerate() {
                if index > 0 && apart && self.splits {
                    self.close();
                } else if index > 0 {
                    self.open().value.push(' ');
                }
                self.open().append(value);
            }
        }
    }

    fn insert_split(&mut self, value: &Field) {
        let blank = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_whitespace);
        if blank(value.value.as_bytes().first()) {
            self.close();
        }
        for (index, word) in value.split().iter().enumerate() {
            if index > 0 {
                self.close();
            }
            let open = self.open();
            open.append(word);
            open.divided = true;
        }
        if blank(value.value.as_bytes().last()) {
            self.close();
        }
    }

    /// The fields.
    pub(super) fn finish(mut self) -> Vec<Field> {
        self.close();
        self.done
    }
}
