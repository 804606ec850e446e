//! What a variable may hold where it is used: every assignment of the same file that may reach the place.

use std::collections::{HashMap, HashSet};

use super::calls::{AssignedWhen, Calls, is_empty, reads_in};
use super::engines::names_engine;
use super::given::{Givens, OuterVariable};
use crate::syntax::shell::{
    AssignedValue, Assigning, Assignment, PieceKind, Script, ShellDialect, ShellOptions, Word,
};
use crate::text::layer::Layer;
use crate::text::source::Span;

/// How many values of one variable are looked at. Real scripts have up to 6.
pub(super) const MAX_VALUES: usize = 16;

/// How many assignments to one name are looked at on either side of a use.
const MAX_LOOKED: usize = 64;

/// How far scopes are climbed; a script that nests deeper is treated as if its branches excluded nothing.
pub(super) const MAX_CLIMB: usize = 64;

/// A place in a script from which variables are looked up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vantage {
    pub(super) pos: usize,
    pub(super) scope: usize,
}

/// A script with what is needed to look variables up.
pub(super) struct ScopedScript<'u> {
    pub(super) layer: &'u Layer,
    pub(super) script: Script<'u>,
    pub(super) options: ShellOptions,
    /// The assignments to each name, in order.
    names: HashMap<String, Vec<usize>>,
    /// Names that may hold the name of an engine.
    engines: HashSet<String>,
    /// Where its functions are called.
    pub(super) calls: Calls<'u>,
    /// Where it reads in another file that may set anything.
    reads_in: Vec<usize>,
    /// The script that this one stands in, and where.
    pub(super) outer: Option<(&'u ScopedScript<'u>, Vantage)>,
    pub(super) given: Option<&'u Givens>,
    /// Where in the file the command stands whose words or input this script is.
    own: Option<Span>,
}

/// A part of a value and where it comes from.
#[derive(Clone, Copy)]
pub(super) struct ChainLink<'u> {
    pub(super) source: ValueSource<'u>,
    /// Whether it is there only if something at run time says so.
    pub(super) conditional: bool,
}

/// Where a part of a value comes from.
#[derive(Clone, Copy)]
pub(super) enum ValueSource<'u> {
    /// An assignment; references to its own name in it stand for what was there before.
    Assigned(&'u ScopedScript<'u>, &'u Assignment),
    /// One round of a loop.
    Each(&'u ScopedScript<'u>, &'u Word, Vantage),
    Given(&'u ScopedScript<'u>, &'u OuterVariable),
    /// Read at run time.
    Unread,
}

/// What something that nobody can follow puts there.
const UNREAD: ChainLink<'static> = ChainLink { source: ValueSource::Unread, conditional: false };

/// One possible value: parts that are put behind each other.
pub(super) type Chain<'u> = Vec<ChainLink<'u>>;

impl<'u> ScopedScript<'u> {
    pub(super) fn new(
        layer: &'u Layer,
        options: ShellOptions,
        outer: Option<(&'u ScopedScript<'u>, Vantage)>,
        given: Option<&'u Givens>,
    ) -> Self {
        let script = Script::read(layer.text(), options);
        let calls = Calls::of(&script);
        let reads_in = reads_in(&script);
        let (names, engines) = (HashMap::new(), HashSet::new());
        let mut unit =
            Self { layer, script, options, names, engines, calls, reads_in, outer, given, own: None };
        for (index, assignment) in unit.script.assignments.iter().enumerate() {
            let name = unit.spell(unit.script.slice(assignment.name));
            if unit.holds_engine(assignment) {
                unit.engines.insert(name.clone());
            }
            unit.names.entry(name).or_default().push(index);
        }
        unit
    }

    /// A script in the words or the input of a command of another, which stands at `own` in the file.
    pub(super) fn within(layer: &'u Layer, outer: &'u ScopedScript<'u>, at: Vantage, own: Span) -> Self {
        Self { own: Some(own), ..Self::new(layer, outer.options, Some((outer, at)), None) }
    }

    /// Where in the file the command at `span` stands, or the one that this script belongs to.
    pub(super) fn own_or(&self, span: Span) -> Span {
        self.own.unwrap_or_else(|| self.layer.map(span))
    }

    /// A name as it is looked up: Windows' shells ignore case, PowerShell also scopes.
    fn spell(&self, name: &str) -> String {
        match self.options.dialect {
            ShellDialect::Batch => name.to_ascii_lowercase(),
            ShellDialect::PowerShell => name.rsplit(':').next().unwrap_or(name).to_ascii_lowercase(),
            _ => name.to_owned(),
        }
    }

    /// Whether an assignment names an engine, or refers to a name that may hold one.
    fn holds_engine(&self, assignment: &Assignment) -> bool {
        let words = match &assignment.value {
            AssignedValue::Word(word) => std::slice::from_ref(word),
            AssignedValue::Array(words) | AssignedValue::Each(words) => words.as_slice(),
            AssignedValue::Source(span) => return names_engine(self.script.slice(*span)),
            AssignedValue::Unread => return false,
        };
        names_engine(self.script.slice(assignment.span))
            || words.iter().flat_map(Word::pieces).any(|piece| {
                matches!(&piece.kind, PieceKind::Variable(variable)
                    if self.may_hold_engine(self.script.slice(variable.name)))
            })
    }

    /// Whether a variable may hold the name of an engine.
    pub(super) fn may_hold_engine(&self, name: &str) -> bool {
        names_engine(name)
            || self.engines.contains(&self.spell(name))
            || self.given.is_some_and(|given| given.may_hold_engine(name))
            || self.outer.is_some_and(|(outer, _)| outer.may_hold_engine(name))
    }

    /// Whether a name holds nothing but lists here.
    pub(super) fn is_list(&self, name: &str) -> bool {
        let set = self.names.get(&self.spell(name)).map_or(&[][..], Vec::as_slice);
        let is_list = |assignment: &Assignment| matches!(assignment.value, AssignedValue::Array(_));
        set.iter().filter_map(|&index| self.script.assignments.get(index)).all(is_list)
    }

    /// Whether anything in the script may start a container.
    pub(super) fn concerns(&self) -> bool {
        names_engine(self.layer.text())
            || !self.engines.is_empty()
            || self.given.is_some_and(Givens::hold_engine)
            || self.outer.is_some_and(|(outer, _)| outer.concerns())
    }

    /// The values that `name` may have at a place. None at all where nothing assigns it; an empty chain where it may
    /// be unset.
    pub(super) fn chains(&'u self, name: &str, at: Vantage) -> Vec<Chain<'u>> {
        let mut chains = match self.outer {
            Some((outer, place)) => outer.chains(name, place),
            None => self.given_chains(name),
        };
        let indices = self.names.get(&self.spell(name)).map_or(&[][..], Vec::as_slice);
        // They stand in the order of their ends. Of many only the nearest are looked at, so that a long script stays cheap.
        let ends_before = |index: &usize| {
            self.script.assignments.get(*index).is_some_and(|assignment| assignment.span.end <= at.pos)
        };
        let before = indices.partition_point(ends_before);
        if before > MAX_LOOKED {
            chains = vec![vec![UNREAD]];
        }
        let nearest = before.saturating_sub(MAX_LOOKED)..(before + MAX_LOOKED).min(indices.len());
        let mut reaching: Vec<(AssignedWhen, bool, &'u Assignment)> = indices
            .get(nearest)
            .unwrap_or_default()
            .iter()
            .filter_map(|&index| self.script.assignments.get(index))
            .filter_map(|assignment| {
                let (when, certain) = self.reaches(assignment, at)?;
                Some((when, certain, assignment))
            })
            .collect();
        reaching.sort_by_key(|(when, ..)| *when);
        let around = self.around(at.scope);
        let mut choices: HashMap<usize, Arms> = HashMap::new();
        for (when, certain, assignment) in reaching {
            // Where nothing was there before it may be unset.
            let older = chains.len().max(1);
            self.apply(&mut chains, assignment, certain);
            if when == AssignedWhen::At(assignment.span.end)
                && !certain
                && let Some(choice) = self.choice(assignment, &around)
            {
                let arms = choices.entry(choice).or_insert_with(|| Arms { older, set: HashSet::new() });
                arms.set.insert(assignment.scope);
                // Every arm gave it a value: what was there before is gone.
                if self.script.choices.get(choice).is_some_and(|choice| arms.set.len() == choice.arms.len()) {
                    chains.drain(..std::mem::take(&mut arms.older).min(chains.len()));
                }
            }
        }
        // Values before the lack of one: they tell more, and those of one branch stay side by side.
        chains.sort_by_key(Vec::is_empty);
        if chains.len() > MAX_VALUES {
            chains.truncate(MAX_VALUES - 1);
            chains.push(vec![UNREAD]);
        }
        if !chains.is_empty() && chains.iter().any(|chain| self.is_left_open(chain, at)) {
            chains.push(vec![UNREAD]);
        }
        chains
    }

    /// Whether a value is empty and another file is read in behind it: that is how scripts declare what a configuration is to
    /// set.
    fn is_left_open(&self, chain: &Chain<'_>, at: Vantage) -> bool {
        let set = match chain.as_slice() {
            [ChainLink { source: ValueSource::Assigned(_, assignment), .. }]
                if is_empty(&assignment.value) =>
            {
                Some(assignment.span.end)
            }
            _ => None,
        };
        set.is_some_and(|set| self.reads_in.iter().any(|place| (set..at.pos).contains(place)))
    }

    /// The place behind the whole script.
    pub(super) fn end(&self) -> Vantage {
        Vantage { pos: self.script.text().len(), scope: 0 }
    }

    fn given_chains(&'u self, name: &str) -> Vec<Chain<'u>> {
        let mut chains: Vec<Chain<'u>> = Vec::new();
        for given in self.given.map_or_else(Vec::new, |given| given.of(name)) {
            let link = ChainLink { source: ValueSource::Given(self, given), conditional: given.conditional };
            match (given.append, given.conditional) {
                (true, _) if !chains.is_empty() => chains.iter_mut().for_each(|chain| chain.push(link)),
                (_, true) => chains.push(vec![ChainLink { conditional: false, ..link }]),
                _ => chains = vec![vec![link]],
            }
        }
        chains
    }

    fn apply(&'u self, chains: &mut Vec<Chain<'u>>, assignment: &'u Assignment, certain: bool) {
        let link = |conditional| ChainLink { source: ValueSource::Assigned(self, assignment), conditional };
        let own = self.own_place(assignment);
        // `A="$A"` changes nothing.
        if own.is_some() && matches!(&assignment.value, AssignedValue::Word(word) if word.pieces().len() == 1)
        {
            return;
        }
        if assignment.store != Assigning::Set || own.is_some() {
            if chains.is_empty() {
                chains.push(Vec::new());
            }
            for chain in chains.iter_mut() {
                let at = if own == Some(Own::Behind) { 0 } else { chain.len() };
                chain.insert(at, link(!certain));
            }
            return;
        }
        let new: Vec<Chain<'u>> = match &assignment.value {
            AssignedValue::Each(words) => {
                let at = Vantage { pos: assignment.span.start, scope: assignment.scope };
                let round =
                    |word| vec![ChainLink { source: ValueSource::Each(self, word, at), conditional: false }];
                words.iter().take(MAX_VALUES).map(round).collect()
            }
            AssignedValue::Unread => {
                vec![vec![ChainLink { source: ValueSource::Unread, conditional: false }]]
            }
            _ => vec![vec![link(false)]],
        };
        if certain {
            *chains = new;
        } else {
            if chains.is_empty() {
                chains.push(Vec::new());
            }
            chains.extend(new);
        }
    }

    /// Where an assignment refers to its own name, as `A="$A …"` does.
    pub(super) fn own_place(&self, assignment: &Assignment) -> Option<Own> {
        let name = self.script.slice(assignment.name);
        let words = match &assignment.value {
            AssignedValue::Word(word) => std::slice::from_ref(word),
            AssignedValue::Array(words) => words.as_slice(),
            _ => return None,
        };
        let mut pieces = words.iter().flat_map(Word::pieces);
        let place = pieces.position(|piece| self.refers_to(&piece.kind, name))?;
        Some(if place == 0 { Own::Before } else { Own::Behind })
    }

    /// Whether a piece is a reference to `name`.
    fn refers_to(&self, kind: &PieceKind, name: &str) -> bool {
        matches!(kind, PieceKind::Variable(variable) if self.script.slice(variable.name) == name
            && variable.operand.is_none())
    }
}

/// The arms of a choice that give a name a value.
struct Arms {
    /// How many values there were before the first of them.
    older: usize,
    set: HashSet<usize>,
}

/// Where the old value stands in the new one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    Before,
    Behind,
}
