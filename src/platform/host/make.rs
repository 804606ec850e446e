//! Makefiles and justfiles as a kind of file.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::makefile::{Recipe, read, recipes};
use super::prose::lines;
use super::read::{Host, kind, remarks};
use super::script::HostScript;
use super::sourced::ReadIn;
use crate::platform::kind::{FileClaim, Kind};
use crate::platform::remarks::{Remarks, lies_in};
use crate::platform::run::{Givens, OuterVariable, may_include, starts_containers};
use crate::text::filename::FileName;
use crate::text::layer::Layer;
use crate::text::source::{Source, Span};

/// Makefiles and justfiles.
pub static KIND: Kind = kind::<Make>();

struct Make;

impl Host for Make {
    const NAME: &'static str = "makefile";

    fn claim(file: &FileName<'_>) -> FileClaim {
        let begins = |name: &str| {
            let start = file.name.get(..name.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(name))
        };
        let is_make = file.name.eq_ignore_ascii_case("makefile")
            || file.name.eq_ignore_ascii_case("gnumakefile")
            || begins("makefile.")
            || file.ends_in(&["mk", "mak", "make", "makefile"]);
        FileClaim::by_name(is_make || is_just(file))
    }

    fn scripts(path: &str, file: &Layer) -> Vec<HostScript> {
        let just = is_just(&FileName::new(path));
        let made = read(file, just);
        // A command line that stands in a variable counts where no recipe was seen to use it.
        let variables = made.variables.iter().filter(|given| {
            starts_containers(given.value.text(), true) && !is_only_printed(file.text(), &given.name)
        });
        let variables: Vec<Layer> = variables.map(|given| given.value.clone()).collect();
        let given = Givens::new(made.variables, None);
        let leading = Leading::of(&made.targets, &made.own);
        let script =
            |layer, given| HostScript { given: Some(given), ..HostScript::new(layer, recipes(just)) };
        let recipe = |recipe: Recipe| {
            let own = leading.given(&recipe.targets);
            let all =
                if own.is_empty() { Arc::clone(&given) } else { Givens::new(own, Some(Arc::clone(&given))) };
            script(recipe.layer, all)
        };
        let spare = variables
            .into_iter()
            .map(|layer| HostScript { is_spare: true, ..script(layer, Arc::clone(&given)) });
        made.recipes.into_iter().map(recipe).chain(spare).collect()
    }

    fn includes(text: &str) -> Vec<ReadIn> {
        if !may_include(text) {
            return Vec::new();
        }
        let found = lines(text).filter_map(|line| {
            let (word, path) = line.span.of(text).split_once(' ')?;
            let path = path.trim();
            let is_one =
                matches!(word, "include" | "-include" | "sinclude") && !path.contains([' ', '*', '#']);
            let tail = path.rsplit(')').next().unwrap_or(path);
            let read = ReadIn { span: line.span, path: tail.to_owned(), is_whole: tail.len() == path.len() };
            is_one.then_some(read)
        });
        found.collect()
    }

    fn remarks(source: &Arc<Source>, starts: &[usize]) -> Remarks {
        let own = own_lines(source.text());
        remarks(source, starts, Self::scripts, |at| lies_in(&own, at))
    }
}

/// The lines that make reads itself: no recipes, and no text of a `define`.
fn own_lines(text: &str) -> Vec<Span> {
    let mut is_text = false;
    let own = lines(text).filter(|line| {
        let written = line.span.of(text);
        let word = written.split_whitespace().next().unwrap_or_default();
        is_text = (is_text || word == "define") && word != "endef";
        !is_text && !written.starts_with('\t')
    });
    own.map(|line| line.span).collect()
}

fn is_just(file: &FileName<'_>) -> bool {
    file.ends_in(&["just", "justfile"]) || file.name.eq_ignore_ascii_case("justfile")
}

/// Whether all that is done with a variable is to print it: it holds a text for people.
fn is_only_printed(text: &str, name: &str) -> bool {
    let uses = |line: &&str| {
        ["$(", "${", "call "].iter().any(|open| {
            let behind = line.split(open).skip(1).filter_map(|rest| rest.strip_prefix(name));
            behind.into_iter().any(|rest| rest.starts_with([')', '}', ',']))
        }) || line
            .strip_prefix("export ")
            .is_some_and(|names| names.split_whitespace().any(|word| word == name))
            || line.contains(&format!("$${name}"))
    };
    let prints =
        |line: &str| ["echo", "printf", "info", "warning", "export "].iter().any(|word| line.contains(word));
    let mut lines = text.lines().filter(uses).peekable();
    lines.peek().is_some() && lines.all(prints)
}

/// How many targets with variables of their own are followed to what they need.
const MAX_OWNERS: usize = 32;

/// The variables that make gives to single targets, and the targets that these lead to: what a target needs is made with its
/// variables.
struct Leading<'m> {
    own: &'m [(Vec<String>, OuterVariable)],
    /// For each target that others need with variables of their own: those others.
    leads: HashMap<&'m str, Vec<&'m str>>,
}

impl<'m> Leading<'m> {
    fn of(targets: &'m [(Vec<String>, Vec<String>)], own: &'m [(Vec<String>, OuterVariable)]) -> Self {
        let mut needs: HashMap<&str, Vec<&str>> = HashMap::new();
        for (names, needed) in targets.iter().filter(|_| !own.is_empty()) {
            for name in names {
                needs.entry(name).or_default().extend(needed.iter().map(String::as_str));
            }
        }
        let owners: HashSet<&str> = own.iter().flat_map(|(names, _)| names).map(String::as_str).collect();
        let mut leads: HashMap<&str, Vec<&str>> = HashMap::new();
        for owner in owners.into_iter().take(MAX_OWNERS) {
            let mut met = HashSet::from([owner]);
            let mut open = vec![owner];
            while let Some(target) = open.pop() {
                for needed in needs.get(target).into_iter().flatten().filter(|needed| met.insert(needed)) {
                    leads.entry(needed).or_default().push(owner);
                    open.push(needed);
                }
            }
        }
        Self { own, leads }
    }

    /// What a recipe of these targets is given besides.
    fn given(&self, targets: &[String]) -> Vec<OuterVariable> {
        let by = |name: &str| targets.iter().any(|target| target == name);
        let through = |name: &str| {
            let leads = targets.iter().filter_map(|target| self.leads.get(target.as_str()));
            leads.flatten().any(|owner| *owner == name)
        };
        // `gpu-%` stands for `gpu-train`.
        let fits = |name: &str| {
            let ends = name.split_once('%');
            ends.is_some_and(|(start, end)| {
                targets.iter().any(|target| target.starts_with(start) && target.ends_with(end))
            })
        };
        let own = self.own.iter().filter_map(|(names, given)| {
            let sure = names.iter().any(|name| by(name));
            let conditional = given.conditional || !sure;
            let reached = sure || names.iter().any(|name| through(name) || fits(name));
            reached.then(|| OuterVariable { conditional, ..given.clone() })
        });
        own.collect()
    }
}
