//! Variables that stand outside of a script: those of a makefile, `env:` of a workflow.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::engines::names_engine;
use crate::text::layer::Layer;

/// A variable that stands outside of the script: a make variable, `env:` of a workflow.
#[derive(Clone, Debug, Default)]
pub struct OuterVariable {
    /// Its name.
    pub name: String,
    /// Its value: source text that is read where the variable stands.
    pub value: Layer,
    /// Whether it adds to what was given before.
    pub append: bool,
    /// Whether something decides if it is given, or something else may be given in its place.
    pub conditional: bool,
}

/// All variables that a script gets. Scripts of one file share them, so that many scripts of many variables stay cheap.
#[derive(Debug, Default)]
pub struct Givens {
    /// Those that hold around the place of these.
    outer: Option<Arc<Self>>,
    /// In their order.
    pub(super) list: Vec<OuterVariable>,
    /// Where each name stands in the list.
    names: HashMap<String, Vec<usize>>,
    /// Names that may hold the name of an engine.
    engines: HashSet<String>,
}

impl Givens {
    /// The variables `list`, in their order, behind those of `outer`.
    pub fn new(list: Vec<OuterVariable>, outer: Option<Arc<Self>>) -> Arc<Self> {
        let mut names: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, given) in list.iter().enumerate() {
            names.entry(given.name.clone()).or_default().push(at);
        }
        let engines = list.iter().filter(|given| names_engine(given.value.text()));
        let engines = engines.map(|given| given.name.clone()).collect();
        Arc::new(Self { outer, list, names, engines })
    }

    /// These and those around them, innermost first. As many as the file nests.
    pub(super) fn levels(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |level| level.outer.as_deref())
    }

    /// What is given under a name, in order.
    pub(super) fn of(&self, name: &str) -> Vec<&OuterVariable> {
        let mut levels: Vec<&Self> = self.levels().collect();
        levels.reverse();
        let indices = |level: &'_ Self| level.names.get(name).map_or(&[][..], Vec::as_slice).to_vec();
        levels
            .into_iter()
            .flat_map(|level| indices(level).into_iter().filter_map(|at| level.list.get(at)))
            .collect()
    }

    /// Whether a variable may hold the name of an engine.
    pub(super) fn may_hold_engine(&self, name: &str) -> bool {
        self.levels().any(|level| level.engines.contains(name))
    }

    /// Whether any may.
    pub(super) fn hold_engine(&self) -> bool {
        self.levels().any(|level| !level.engines.is_empty())
    }
}
