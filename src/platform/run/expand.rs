//! From words to fields: what a shell would make of a word, in every way that the file leaves open.

use super::budget::{BYTES_PER_STEP, Budget};
use super::environment::{Chain, ChainLink, MAX_VALUES, ScopedScript, ValueSource, Vantage};
use super::fields::{Field, FieldBuilder, Knowledge, Spot};
use crate::syntax::shell::{
    AssignedValue, Assigning, Modifier, Piece, PieceKind, Quote, ShellDialect, Variable, Word,
};
use crate::text::layer::{Encoding, Layer};
use crate::text::source::Span;

/// How deep variables are followed through each other.
pub(super) const MAX_DEPTH: usize = 24;

/// How many words of one command are looked at: no system takes more than Linux, whose 2 MiB of arguments hold fewer.
const MAX_WORDS: usize = 1 << 20;

/// Expands words within a budget.
pub(super) struct Expander<'b> {
    pub(super) budget: &'b Budget,
}

/// Something with several possible readings, in a fixed order; never empty.
pub(super) type Ways<T> = Vec<T>;

/// Where and how words are expanded.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) at: Vantage,
    pub(super) depth: usize,
    /// Unquoted values are split into words, as in a command but not in an assignment.
    pub(super) splits: bool,
    /// The name that is being assigned: references to it stand for what the chain holds already.
    pub(super) own: Option<&'a str>,
}

impl Frame<'_> {
    /// Whether a reference stands for what the name that is being assigned held before.
    fn is_own(&self, unit: &ScopedScript<'_>, variable: &Variable) -> bool {
        variable.operand.is_none() && self.own == Some(unit.script.slice(variable.name))
    }
}

impl Expander<'_> {
    /// The fields of a command's words. Way `i` takes the `i`-th value of every variable, and the last one of those
    /// that have fewer: variables that are set in the same branches go together, and every value is seen.
    pub(super) fn command<'u>(
        &self,
        unit: &'u ScopedScript<'u>,
        words: &[Word],
        at: Vantage,
    ) -> Ways<Vec<Field>> {
        let frame = Frame { at, depth: 0, splits: true, own: None };
        let expand = |word: &Word| {
            let mut ways = self.word(unit, word, frame);
            let written = Spot { layer: unit.layer.clone(), span: word.span };
            for field in ways.iter_mut().flatten() {
                field.written = Some(written.clone());
            }
            ways
        };
        together(words.iter().take(MAX_WORDS).map(expand))
    }

    /// The fields of one word.
    pub(super) fn word<'u>(
        &self,
        unit: &'u ScopedScript<'u>,
        word: &Word,
        frame: Frame<'_>,
    ) -> Ways<Vec<Field>> {
        let mut ways = vec![FieldBuilder::new(frame.splits)];
        let mut own_text = word.pieces().is_empty();
        for piece in word.pieces() {
            let values = match &piece.kind {
                PieceKind::Text => {
                    own_text = true;
                    for way in &mut ways {
                        push_text(unit, piece, way.open());
                    }
                    continue;
                }
                PieceKind::Variable(variable) if frame.is_own(unit, variable) => {
                    continue;
                }
                PieceKind::Variable(variable) => {
                    self.budget.spend(1);
                    self.variable(unit, piece, variable, frame)
                }
                PieceKind::Substitution(commands) => self.written(unit, commands.clone(), frame),
                _ => None,
            };
            own_text |= values.is_none();
            let values = values.unwrap_or_else(|| vec![vec![unread(unit, piece)]]);
            // What make puts in place is read as source: its words are whole already.
            let read = matches!(&piece.kind, PieceKind::Variable(variable) if variable.make)
                && piece.quote == Quote::None;
            let whole = matches!(&piece.kind, PieceKind::Variable(variable)
                if !unit.options.splits_strings() && !variable.splits && variable.operand.is_none())
                && piece.quote == Quote::None;
            let apart =
                matches!(&piece.kind, PieceKind::Variable(variable) if variable.elements) || read || whole;
            grow(&mut ways, values.len());
            for (index, way) in ways.iter_mut().enumerate() {
                way.insert(nth(&values, index), piece.quote != Quote::None || read || whole, apart);
            }
        }
        let finish = |builder: FieldBuilder| {
            let mut fields = builder.finish();
            if let [field] = fields.as_mut_slice()
                && own_text
            {
                field.is_word(Spot { layer: unit.layer.clone(), span: word.span });
            }
            fields
        };
        ways.into_iter().map(finish).collect()
    }

    /// The values of a variable: lists of elements, of which a plain variable has one. Nothing where it is unknown.
    fn variable<'u>(
        &self,
        unit: &'u ScopedScript<'u>,
        piece: &Piece,
        variable: &Variable,
        frame: Frame<'_>,
    ) -> Option<Ways<Vec<Field>>> {
        if self.budget.is_spent() || frame.depth >= MAX_DEPTH {
            return Some(vec![vec![beyond(unread(unit, piece))]]);
        }
        let name = unit.script.slice(variable.name);
        let chains = unit.chains(name, frame.at);
        self.budget.spend(chains.iter().map(|chain| 1 + chain.len()).sum());
        let operand = || {
            let inner = Frame { depth: frame.depth + 1, splits: piece.quote == Quote::None, ..frame };
            let word = variable.operand.as_ref();
            let mut ways = word.map_or_else(|| vec![Vec::new()], |word| self.word(unit, word, inner));
            ways.iter_mut().flatten().for_each(|field| {
                field.is_text();
                field.keeps_quotes();
            });
            ways
        };
        let mut ways: Ways<Vec<Field>> = Vec::new();
        let unset = chains.is_empty() || chains.iter().any(Vec::is_empty);
        match variable.modifier {
            Modifier::None | Modifier::Required | Modifier::Index(_) if chains.is_empty() => return None,
            Modifier::None | Modifier::Required | Modifier::Index(_) => {}
            // `${EXTRA:-}` of what nothing sets is for the environment to fill in.
            Modifier::Default if chains.is_empty() && variable.operand.as_ref().is_none_or(is_nothing) => {
                return None;
            }
            Modifier::Default if unset => ways.extend(operand()),
            Modifier::Default => {}
            Modifier::Alternative => {
                ways.extend(unset.then(Vec::new));
                ways.extend(operand());
                return Some(through(ways));
            }
            Modifier::Other => return None,
        }
        for chain in &chains {
            if !chain.is_empty() || variable.modifier != Modifier::Default {
                ways.extend(self.chain(name, chain, &unread(unit, piece), frame.depth));
            }
        }
        // Of a list, bash takes the first element where no other is asked for. What a host gives is a string.
        let given = |link: &ChainLink<'_>| matches!(link.source, ValueSource::Given(..));
        let string = variable.make || chains.iter().flatten().any(given);
        if let Modifier::Index(index) = variable.modifier {
            for elements in &mut ways {
                *elements = elements.get(index).cloned().into_iter().collect();
            }
        } else if unit.options.dialect == ShellDialect::Posix
            && !unit.options.zsh
            && !variable.elements
            && !string
        {
            for elements in &mut ways {
                elements.truncate(1);
            }
        }
        if ways.len() > MAX_VALUES {
            ways.truncate(MAX_VALUES - 1);
            ways.push(vec![beyond(unread(unit, piece))]);
        }
        for field in ways.iter_mut().flatten().filter(|field| field.is_nameless()) {
            *field = unread(unit, piece);
        }
        Some(through(ways))
    }

    /// The elements that a chain of assignments makes. `reference` stands for what is read at run time.
    fn chain(&self, name: &str, chain: &Chain<'_>, reference: &Field, depth: usize) -> Ways<Vec<Field>> {
        let mut ways: Ways<Vec<Field>> = vec![Vec::new()];
        for link in chain {
            if self.budget.is_spent() {
                return vec![vec![beyond(reference.clone())]];
            }
            let (glued, values) = self.link(name, link, reference, depth + 1);
            grow(&mut ways, values.len());
            for (index, way) in ways.iter_mut().enumerate() {
                for (at, value) in nth(&values, index).iter().enumerate() {
                    self.budget.spend(value.parts.len() + value.value.len() / BYTES_PER_STEP);
                    let mut value = value.clone();
                    if link.conditional {
                        value.depends();
                    }
                    match way.last_mut() {
                        Some(last) if glued && at == 0 => last.append(&value),
                        _ => way.push(value),
                    }
                }
            }
        }
        ways
    }

    /// The elements of one assignment, and whether the first goes on with the text before it.
    fn link(
        &self,
        name: &str,
        link: &ChainLink<'_>,
        reference: &Field,
        depth: usize,
    ) -> (bool, Ways<Vec<Field>>) {
        let value = match link.source {
            ValueSource::Unread => return (false, vec![vec![reference.clone()]]),
            ValueSource::Each(unit, word, at) => {
                return (false, self.word(unit, word, Frame { at, depth, splits: true, own: None }));
            }
            ValueSource::Given(unit, given) => {
                return (false, self.source(unit, &given.value, unit.end(), depth));
            }
            ValueSource::Assigned(unit, assignment) => (unit, assignment),
        };
        let (unit, assignment) = value;
        let at = Vantage { pos: assignment.span.start, scope: assignment.scope };
        let frame = Frame { at, depth, splits: false, own: Some(name) };
        match &assignment.value {
            AssignedValue::Word(word) => {
                let string = assignment.store != Assigning::Element
                    && unit.options.dialect != ShellDialect::PowerShell;
                let mut values = self.word(unit, word, frame);
                values.iter_mut().flatten().for_each(Field::is_text);
                (string, values)
            }
            AssignedValue::Array(words) => {
                let frame = Frame { splits: true, ..frame };
                (false, together(words.iter().map(|word| self.word(unit, word, frame))))
            }
            AssignedValue::Source(span) => {
                let layer = unit.layer.part(*span, Encoding::Verbatim);
                (false, self.source(unit, &layer, at, depth))
            }
            AssignedValue::Each(_) | AssignedValue::Unread => (false, vec![vec![reference.clone()]]),
        }
    }

    /// The fields of source text that is put in place before the line is read.
    fn source(&self, unit: &ScopedScript<'_>, text: &Layer, at: Vantage, depth: usize) -> Ways<Vec<Field>> {
        if depth >= MAX_DEPTH {
            let mut field = Field::default();
            let spot = Spot { layer: text.clone(), span: Span::new(0, text.text().len()) };
            field.push(text.text(), spot, Quote::None, Knowledge::Beyond);
            return vec![vec![field]];
        }
        let inner = ScopedScript::new(text, unit.options, Some((unit, at)), None);
        let frame = Frame { at: inner.end(), depth, splits: true, own: None };
        // The value may hold more than one command (`cd x && docker run`); those before the last are over by then.
        let command = inner.script.commands.iter().rfind(|command| command.scope == 0);
        together(
            command.into_iter().flat_map(|command| &command.words).map(|word| self.word(&inner, word, frame)),
        )
    }
}

/// The ways of several words, put behind each other.
pub(super) fn together(words: impl Iterator<Item = Ways<Vec<Field>>>) -> Ways<Vec<Field>> {
    let mut all: Ways<Vec<Field>> = vec![Vec::new()];
    for mut ways in words {
        if let ([fields], [_]) = (all.as_mut_slice(), ways.as_slice()) {
            fields.extend(ways.pop().unwrap_or_default());
            continue;
        }
        grow(&mut all, ways.len());
        for (index, fields) in all.iter_mut().enumerate() {
            fields.extend(nth(&ways, index).iter().cloned());
        }
    }
    all
}

/// The `index`-th way, or the last one.
fn nth<T>(ways: &[Vec<T>], index: usize) -> &[T] {
    ways.get(index).or(ways.last()).map_or(&[], Vec::as_slice)
}

/// Gives `ways` at least `count` members, as far as values are looked at, by repeating the last.
fn grow<T: Clone>(ways: &mut Ways<T>, count: usize) {
    while ways.len() < count.min(MAX_VALUES) {
        let Some(last) = ways.last().cloned() else { return };
        ways.push(last);
    }
}

/// Notes that values came through a variable.
fn through(mut ways: Ways<Vec<Field>>) -> Ways<Vec<Field>> {
    ways.iter_mut().flatten().for_each(Field::came_through);
    ways
}

fn push_text(unit: &ScopedScript<'_>, piece: &Piece, field: &mut Field) {
    let spot = Spot { layer: unit.layer.clone(), span: piece.span };
    field.push(&piece.text(unit.script.text()), spot, piece.quote, Knowledge::Text);
}

/// Whether a word is empty as it is written.
fn is_nothing(word: &Word) -> bool {
    word.pieces().iter().all(|piece| piece.span.is_empty())
}

/// A piece whose value nobody knows.
fn unread(unit: &ScopedScript<'_>, piece: &Piece) -> Field {
    let many = match &piece.kind {
        PieceKind::Variable(variable) => piece.quote == Quote::None || variable.elements,
        PieceKind::Opaque | PieceKind::Substitution(_) => piece.quote == Quote::None,
        _ => false,
    };
    let mut field = Field::default();
    let spot = Spot { layer: unit.layer.clone(), span: piece.span };
    let known = if many { Knowledge::AnyWords } else { Knowledge::OneWord };
    field.push(unit.script.slice(piece.span), spot, piece.quote, known);
    field
}

/// What may go on further than it is followed.
fn beyond(mut field: Field) -> Field {
    field.parts.iter_mut().for_each(|part| part.known = Knowledge::Beyond);
    field
}
