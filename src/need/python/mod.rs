//! What a Python program says of the shared memory it needs: its data loaders, ranks, servers, and what else it starts.
//!
//! The program is the script and the modules of the repository that it imports; nothing of it is run. Names are followed to
//! the numbers they stand for: literals, constants, parameters, options with their defaults, settings, and what the
//! container's command and environment give, which comes first.

mod declared;
mod given;
mod loader;
mod signs;
#[cfg(test)]
mod tests;
mod value;
mod worth;

use std::borrow::Cow;
use std::collections::HashSet;

pub use given::Given;

use super::evidence::{Claim, Workaround};
use crate::knowledge::Formula;
use crate::syntax::python::{Argument, CallExpression, Module, TokenKind};
use loader::Workers;
use signs::{Means, Sign};
use value::{Value, Values};

/// More claims than this of one program tell nothing more.
const MOST_CLAIMS: usize = 64;

/// Words of a command line that start another program in which there may be loaders.
const STARTERS: [&str; 9] =
    ["python", "python3", "torchrun", "accelerate", "deepspeed", "bash", "sh", "sys.executable", "mpirun"];

/// A claim of a program, with the places that make it: the module and the token, first the one that it is about, then those
/// that the numbers come from.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What is claimed.
    pub claim: Claim,
    /// Where.
    pub places: Vec<(usize, usize)>,
}

/// What a program says.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Its claims.
    pub found: Vec<Found>,
    /// The command lines that it starts, and where.
    pub starts: Vec<(Vec<String>, (usize, usize))>,
}

/// Which modules import a module, and by which import: the names that they use of it are those that run.
pub type Importers = Vec<usize>;

/// Reads a program: its script, then the modules it imports, each with the places of those that import it. `complete` says
/// whether all of its own modules are among them.
pub fn read(modules: &[Module<'_>], importers: &[Importers], given: &Given, complete: bool) -> Reading {
    let mut reader = Reader {
        values: Values::new(modules, given),
        reached: reached(modules, importers, given),
        reading: Reading::default(),
        loaders: Vec::new(),
        open: false,
        complete,
    };
    reader.run();
    reader.finish()
}

/// Whether any part of a text, whatever of it runs, has loader workers, ranks or memory that processes share.
pub fn may_share(text: &str) -> bool {
    let words = [
        "Loader",
        "workers",
        "Parallel",
        "ray",
        "nprocs",
        "multiprocessing",
        "Trainer",
        "train(",
        "SharedMemory",
        "jax",
        "tensor_parallel",
        "fastai",
        "nnUNet",
    ];
    if !words.iter().any(|word| text.contains(word)) {
        return false;
    }
    let modules = [Module::read(text)];
    let given = Given::default();
    let reached = vec![vec![true; modules.iter().map(|module| module.blocks.len()).sum()]];
    let mut reader = Reader {
        values: Values::new(&modules, &given),
        reached,
        reading: Reading::default(),
        loaders: Vec::new(),
        open: false,
        complete: true,
    };
    reader.run();
    let found = reader.finish().found;
    found.iter().any(|found| !matches!(found.claim, Claim::NoLoader { .. } | Claim::Server))
}

/// Which blocks of each module may run.
fn reached(modules: &[Module<'_>], importers: &[Importers], given: &Given) -> Vec<Vec<bool>> {
    let mut all: Vec<Vec<bool>> = Vec::new();
    let mut used: Vec<HashSet<&str>> = Vec::new();
    for (at, module) in modules.iter().enumerate() {
        let by: Vec<&HashSet<&str>> =
            importers.get(at).into_iter().flatten().filter_map(|by| used.get(*by)).collect();
        let starts = module.blocks.iter().enumerate().filter(|(block, named)| {
            let entry = given.entry.as_deref() == Some(named.name);
            let script = at == 0 && (named.name == "__main__" || named.decorated || entry);
            *block == 0 || script || by.iter().any(|used| used.contains(named.name))
        });
        let reached = module.reached(starts.map(|(block, _)| block));
        let imported: HashSet<usize> = module.imports.iter().map(|import| import.at).collect();
        let blocks = reached.iter().enumerate().filter(|(_, reached)| **reached);
        let tokens = blocks.flat_map(|(block, _)| module.tokens_of(block));
        let names =
            tokens.filter(|token| module.kind(*token) == TokenKind::Name && !imported.contains(token));
        used.push(names.map(|token| module.name(token)).collect());
        all.push(reached);
    }
    all
}

struct Reader<'m, 't> {
    values: Values<'m, 't>,
    reached: Vec<Vec<bool>>,
    reading: Reading,
    loaders: Vec<loader::Call>,
    /// Whether another program is started of which nothing is known.
    open: bool,
    /// Whether all of it was read, and nothing is chosen while it runs.
    complete: bool,
}

impl<'t> Reader<'_, 't> {
    fn run(&mut self) {
        for (at, module) in self.values.modules.iter().enumerate() {
            for import in &module.imports {
                for sign in signs::of_import(import) {
                    self.import(sign, (at, import.at));
                }
            }
            for call in &module.calls {
                if self.reached.get(at).and_then(|blocks| blocks.get(call.block)) == Some(&true) {
                    self.call(at, module, call);
                }
            }
        }
    }

    fn claim(&mut self, claim: Claim, places: Vec<(usize, usize)>) {
        let is_new = !self.reading.found.iter().any(|found| found.claim == claim);
        if is_new && self.reading.found.len() < MOST_CLAIMS {
            self.reading.found.push(Found { claim, places });
        }
    }

    fn import(&mut self, sign: &'static Sign, place: (usize, usize)) {
        match sign.means {
            Means::Ray => self.claim(Claim::Ray, vec![place]),
            Means::Server => self.claim(Claim::Server, vec![place]),
            Means::SeveralGpus => self.claim(Claim::RanksByGpus { size: Formula::Nccl }, vec![place]),
            Means::Brings => self.loaders.extend(loader::Call::brought(sign, place)),
            _ => {}
        }
    }

    fn call(&mut self, at: usize, module: &Module<'t>, call: &CallExpression) {
        let sign = signs::of_call(module, call);
        let place = (at, call.name);
        let nccl = Claim::RanksByGpus { size: Formula::Nccl };
        match sign.map(|sign| sign.means) {
            Some(Means::Loader | Means::Brings | Means::Trainer | Means::Configured) => {
                self.loaders.extend(loader::Call::read(&self.values, at, call, sign));
                if sign.is_some_and(|sign| sign.means == Means::Trainer)
                    && !module.imports.iter().any(|i| i.module == "unsloth")
                {
                    self.claim(nccl, vec![place]);
                }
            }
            Some(Means::SeveralGpus) => self.claim(nccl, vec![place]),
            Some(Means::Spawn) => {
                self.ranks(place, self.argument(at, call, &["nprocs", "num_processes"], None), Formula::Nccl);
            }
            Some(Means::Devices) => {
                let devices = self.keyword(at, call, "devices");
                let many = devices.and_then(|argument| {
                    let shape = self.values.shape(at, argument.value, 1);
                    (shape.len() > 1).then(|| Value::number(shape.len() as u64, None))
                });
                let value = many.unwrap_or_else(|| self.argument(at, call, &["devices"], None));
                self.ranks(place, value, Formula::Nccl);
            }
            Some(Means::Parallel) => {
                let one = Some(Value::number(1, None));
                let value = self.argument(at, call, &["tensor_parallel_size", "tp_size", "tp"], one);
                let size = if module.name(call.name) == "Engine" { Formula::Sglang } else { Formula::Vllm };
                self.ranks(place, value, size);
            }
            Some(Means::Shared) => {
                let creates =
                    module.name(call.name) != "SharedMemory" || self.keyword(at, call, "create").is_some();
                if creates {
                    let bytes =
                        self.keyword(at, call, "size").and_then(|size| self.values.number(at, size.value));
                    self.claim(Claim::SharedMemory { bytes }, vec![place]);
                }
            }
            Some(Means::Ray) => self.claim(Claim::Ray, vec![place]),
            Some(Means::Server) => self.claim(Claim::Server, vec![place]),
            Some(Means::Starts) => self.starts(at, module, call),
            Some(Means::Dynamic) => self.complete = false,
            Some(Means::Threads | Means::Images | Means::Text) => {}
            None => self.loaders.extend(loader::Call::read(&self.values, at, call, None)),
        }
    }

    fn keyword(&self, at: usize, call: &CallExpression, name: &str) -> Option<Argument<'t>> {
        self.values.modules.get(at)?.arguments(call.open).find(|argument| argument.keyword == Some(name))
    }

    /// The value of the first of some keywords that is given, else another.
    fn argument(&self, at: usize, call: &CallExpression, names: &[&str], other: Option<Value>) -> Value {
        let given = names.iter().find_map(|name| self.keyword(at, call, name));
        given.map_or(other.unwrap_or(Value::UNSET), |argument| self.values.value(at, argument.value))
    }

    fn ranks(&mut self, place: (usize, usize), value: Value, size: Formula) {
        let places = std::iter::once(place).chain(value.at).collect();
        match value.number {
            Some(count) if count > 0 && !value.many => self.claim(Claim::Ranks { count, size }, places),
            _ => self.claim(Claim::RanksByGpus { size }, places),
        }
    }

    /// A call that starts another program: its words where they are written, else whether it may be one with loaders.
    fn starts(&mut self, at: usize, module: &Module<'t>, call: &CallExpression) {
        let Some(first) = module.arguments(call.open).next() else { return };
        let mut value = first.value;
        if module.kind(value) == TokenKind::Name
            && let Some([crate::syntax::python::Binding::Value(bound)]) =
                module.bindings.get(module.name(value)).map(Vec::as_slice)
        {
            value = *bound;
        }
        let mut words: Vec<String> = Vec::new();
        if let Some(line) = module.string(value) {
            words = vec!["sh".into(), "-c".into(), line.to_owned()];
        } else if module.is(value, b'[') {
            for word in module.arguments(value).take(64) {
                let text = module.string(word.value).map(str::to_owned);
                let is_python =
                    || module.name(word.value) == "sys" && module.name(word.value + 2) == "executable";
                words.push(
                    text.unwrap_or_else(|| if is_python() { "python".into() } else { "$unknown".into() }),
                );
            }
        }
        match words.first().map(String::as_str) {
            None | Some("$unknown") => {
                let starts =
                    |token| STARTERS.contains(&module.string(token).unwrap_or_else(|| module.name(token)));
                self.open |= (0..module.len()).any(|token| starts(token) && module.name(token) != "sh");
            }
            Some(_) if self.reading.starts.len() < MOST_CLAIMS => {
                self.reading.starts.push((words, (at, call.name)));
            }
            Some(_) => self.open = true,
        }
    }

    /// Chooses among the loaders: the one that trains, else the largest.
    fn finish(mut self) -> Reading {
        let mut without: Option<(usize, usize)> = None;
        let mut unknown = None;
        let mut chosen: Option<&loader::Call> = None;
        for loader in &self.loaders {
            match loader.workers {
                Workers::None => without = without.or(Some(loader.place)),
                Workers::Unknown => unknown = unknown.or(Some(loader.place)),
                Workers::Some(workers) => {
                    let better =
                        |other: &loader::Call| (loader.trains, workers) > (other.trains, other.workers());
                    if chosen.is_none_or(better) {
                        chosen = Some(loader);
                    }
                }
            }
        }
        let with = chosen.map(|chosen| (chosen.claim(&self.values, &self.reached), chosen.places()));
        let start = vec![(0, 0)];
        match (with, unknown) {
            (Some((loader, places)), _) => self.claim(Claim::Loader(loader), places),
            (None, Some(place)) => {
                let why = Cow::Borrowed("the number of workers of its data loader is known only at run time");
                self.claim(Claim::Unread(why), vec![place]);
            }
            (None, None) => {
                // What a server answers with is its own, wherever that is written.
                let serves = self.reading.found.iter().any(|found| {
                    found.claim == Claim::Server && found.places.iter().any(|(module, _)| *module == 0)
                });
                let complete = !self.open && (self.complete || serves);
                self.claim(Claim::NoLoader { complete }, without.map_or(start, |place| vec![place]));
            }
        }
        if let Some(loader) = self.loaders.iter().find(|loader| loader.given_up) {
            let places = loader.places();
            self.claim(Claim::Workaround(Workaround::NoWorkers), places);
        }
        self.reading
    }
}
