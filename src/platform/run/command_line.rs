//! Reading the arguments behind `run` as the engine does: options, the image, and what goes to the program.

use std::collections::VecDeque;

use super::fields::{Field, Knowledge};
use super::guess;
use super::options::{self, Takes};
use crate::container::workload::Engine;
use crate::text::source::Span;

/// One option as the engine reads it.
#[derive(Clone, Debug)]
pub struct OptionUse {
    /// Its long name without dashes, as the engine lists it; as it is written where the engine has no such option.
    pub name: String,
    /// Whether the engine has such an option.
    pub known: bool,
    /// Its value; `-t` and the like have none unless one is written behind `=`.
    pub value: Option<Field>,
    /// The word with its name.
    pub flag: Field,
    /// Whether the value is a word of its own.
    pub apart: bool,
    /// Whether it is there only if something at run time says so.
    pub conditional: bool,
    /// Whether it stands in one word with others, which the engine refuses.
    pub together: bool,
}

/// Arguments that may hold options that nobody can read.
#[derive(Clone, Debug)]
pub struct Unread {
    /// What stands there: `$OPTS`.
    pub field: Field,
}

/// The arguments behind `run`, sorted.
#[derive(Clone, Debug, Default)]
pub(super) struct RunArguments {
    pub(super) options: Vec<OptionUse>,
    pub(super) unread: Vec<Unread>,
    pub(super) image: Option<Field>,
    pub(super) command: Vec<Field>,
    /// Whether a variable that may be empty was passed over before the image: it may be meant for it.
    pub(super) skipped: bool,
}

/// Sorts arguments as `engine` does.
pub(super) fn arguments(engine: Engine, fields: impl IntoIterator<Item = Field>) -> RunArguments {
    let fields = fields.into_iter().collect();
    let mut reading =
        ArgumentReader { engine, fields, together: 0, is_together: false, found: RunArguments::default() };
    while let Some(field) = reading.next() {
        match sort(&field) {
            ArgumentSort::End => {
                reading.found.image = reading.take();
                break;
            }
            ArgumentSort::Together => {
                let words = field.split();
                reading.together = words.len();
                for word in words.into_iter().rev() {
                    reading.fields.push_front(word);
                }
            }
            ArgumentSort::Long => reading.long(field, 2),
            ArgumentSort::Cluster => reading.cluster(&field),
            ArgumentSort::Unread(known) if !guess::is_image(engine, &field, known, &reading.ahead()) => {
                reading.found.unread.push(Unread { field });
            }
            // `docker run --gpus all ... IMAGE` leaves options out, and with no image behind it all of the rest.
            ArgumentSort::Image if matches!(field.value.as_str(), "..." | "…") => {
                if reading.fields.is_empty() {
                    break;
                }
                reading.found.unread.push(Unread { field });
            }
            // `{args} IMAGE`: no image is called so, and what stands behind it is one.
            ArgumentSort::Image if guess::is_placeholder(&field, &reading.ahead()) => {
                reading.found.unread.push(Unread { field });
            }
            // An empty argument is a variable that is empty unless something else sets it.
            ArgumentSort::Image if field.value.is_empty() => reading.found.skipped = true,
            ArgumentSort::Image | ArgumentSort::Unread(_) => {
                if guess::holds_more(&field) {
                    reading.found.unread.push(Unread { field: field.clone() });
                }
                reading.found.image = Some(field);
                break;
            }
        }
    }
    reading.found.command = reading.fields.into();
    reading.found
}

/// What an argument is where an option or the image may stand.
enum ArgumentSort {
    /// `--`.
    End,
    Long,
    /// One or more short options.
    Cluster,
    /// Options that are quoted together by mistake (`"$OPTS"`, `"--gpus all"`); they are read as they are meant.
    Together,
    Unread(Knowledge),
    Image,
}

fn sort(field: &Field) -> ArgumentSort {
    if let Some(known) = field.unread() {
        return ArgumentSort::Unread(known);
    }
    let name = field.value.split('=').next().unwrap_or_default();
    match field.value.as_bytes() {
        b"--" => ArgumentSort::End,
        // As a field is split: other spaces, as they come from web pages, belong to the word.
        [b'-', ..] if name.bytes().any(|b| b.is_ascii_whitespace()) && field.knows(name.len()) => {
            ArgumentSort::Together
        }
        [b'-', b'-', ..] => ArgumentSort::Long,
        [b'-', _, ..] if field.knows(2) => ArgumentSort::Cluster,
        _ => ArgumentSort::Image,
    }
}

struct ArgumentReader {
    engine: Engine,
    fields: VecDeque<Field>,
    /// How many of the fields stand in one word.
    together: usize,
    /// Whether the option at hand is one of them.
    is_together: bool,
    found: RunArguments,
}

impl ArgumentReader {
    /// The next argument that may be an option.
    fn next(&mut self) -> Option<Field> {
        self.is_together = self.together > 0;
        self.take()
    }

    fn take(&mut self) -> Option<Field> {
        self.together = self.together.saturating_sub(1);
        self.fields.pop_front()
    }

    /// The next arguments, as many as a guess needs.
    fn ahead(&self) -> Vec<&Field> {
        self.fields.iter().take(guess::MAX_LOOKED).collect()
    }

    fn add(&mut self, (name, known): (&str, bool), flag: Field, value: Option<Field>, apart: bool) {
        let conditional = flag.is_conditional();
        let (name, together) = (name.to_owned(), self.is_together);
        self.found.options.push(OptionUse { name, known, value, flag, apart, conditional, together });
    }

    /// `--name=value`, `--name value`, `--name`. With one dash it is no option, but it is read as it is meant.
    fn long(&mut self, field: Field, dashes: usize) {
        let whole = field.value.len();
        let name = field.value.get(dashes..).unwrap_or_default();
        let (name, equals) =
            name.split_once('=').map_or((name, None), |(name, _)| (name, Some(dashes + name.len() + 1)));
        let name = name.to_owned();
        let meant = options::long(self.engine, &name);
        let known = meant.filter(|_| dashes == 2);
        if let Some(at) = equals {
            let value = field.slice(Span::new(at, whole));
            return self.add((&name, known.is_some()), field, Some(value), false);
        }
        // Misspelt sizes are spelt like the real one otherwise; of others the next word tells.
        let takes = match meant.or_else(|| options::long(self.engine, &name.replace('_', "-"))) {
            Some((_, takes)) => takes == Takes::Value,
            None => guess::is_value(&self.ahead()),
        };
        // Nobody means an option for a number of GPUs: what is meant is `all`.
        let forgotten = name == "gpus" && self.fields.front().is_some_and(|next| next.value.starts_with('-'));
        let value = if takes && !forgotten { self.take() } else { None };
        let apart = value.is_some();
        self.add((&name, known.is_some()), field, value, apart);
    }

    /// `-it`, `-m4g`, `-itv /a:/b`, `-e=A=b`.
    fn cluster(&mut self, field: &Field) {
        let whole = field.value.len();
        let letters: Vec<u8> = field.value.bytes().collect();
        let mut at = 1;
        while let Some(&letter) = letters.get(at) {
            at += 1;
            let equals = usize::from(letters.get(at) == Some(&b'='));
            match options::short(self.engine, letter) {
                Some((name, Takes::Flag)) if equals == 0 => {
                    self.add((name, true), field.clone(), None, false);
                }
                Some((name, Takes::Value)) if at == whole => {
                    let value = self.take();
                    self.add((name, true), field.clone(), value, true);
                }
                Some((name, _)) => {
                    let value = field.slice(Span::new(at + equals, whole));
                    return self.add((name, true), field.clone(), Some(value), false);
                }
                None => {
                    let name = field.value.get(at - 1..).unwrap_or_default();
                    let long = name.split('=').next().unwrap_or_default();
                    if at == 2
                        && long.len() > 1
                        && options::long(self.engine, &long.replace('_', "-")).is_some()
                    {
                        return self.long(field.clone(), 1);
                    }
                    return self.add((name, false), field.clone(), None, false);
                }
            }
        }
    }
}
