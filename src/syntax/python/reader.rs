//! One way through the tokens of a text, which finds its calls, bindings, imports and blocks.

use super::{Binding, Block, CallExpression, Import, Module, TokenKind};

/// Words that stand before `(` without being called.
#[rustfmt::skip]
const KEYWORDS: [&str; 24] = [
    "and", "as", "assert", "async", "await", "case", "class", "def", "del", "elif", "else", "except", "for", "from", "if",
    "import", "in", "is", "lambda", "not", "or", "raise", "return", "while",
];

/// Calls whose keywords are like the keys of a dictionary, and what the names of such classes end in.
const DICTIONARIES: [&str; 8] =
    ["dict", "set_defaults", "update", "Namespace", "SimpleNamespace", "EasyDict", "DotMap", "replace"];
const CONFIGURATIONS: [&str; 7] = ["Config", "Args", "Arguments", "Options", "Params", "Settings", "Cfg"];

/// Whether a call of this name makes something like a dictionary of settings, which somebody else reads.
pub fn is_dictionary(name: &str) -> bool {
    DICTIONARIES.contains(&name) || CONFIGURATIONS.iter().any(|end| name.ends_with(end))
}

/// The state of the way.
pub(super) struct StatementReader<'m, 't> {
    module: &'m mut Module<'t>,
    /// Open brackets: the token, and what it holds.
    open: Vec<(usize, BracketHolds)>,
    /// The first token of the line.
    line: usize,
    block: usize,
    /// The functions and classes around: their indent, the token of the name, and whether it is a class.
    around: Vec<(u32, usize, bool)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BracketHolds {
    /// Parameters of the function whose name is this token; how many callers have given so far.
    Parameters {
        of: usize,
        index: usize,
    },
    /// Keyword arguments that are like the keys of a dictionary.
    Keys,
    Other,
}

impl<'m, 't> StatementReader<'m, 't> {
    pub(super) fn new(module: &'m mut Module<'t>) -> Self {
        Self { module, open: Vec::new(), line: 0, block: 0, around: Vec::new() }
    }

    pub(super) fn run(mut self) {
        let end = self.module.len();
        self.module.blocks.push(Block { name: "", decorated: false, start: 0, end });
        for at in 0..end {
            match self.module.kind(at) {
                TokenKind::Line(indent) => self.line(at, indent),
                TokenKind::Sign(b'(' | b'[' | b'{') => self.open(at),
                TokenKind::Sign(b')' | b']' | b'}') => drop(self.open.pop()),
                TokenKind::Sign(b'=') => self.assignment(at),
                TokenKind::Name => self.parameter(at),
                TokenKind::Text if self.module.is(at + 1, b':') => {
                    let in_dictionary = self.open.last().is_some_and(|(open, _)| self.module.is(*open, b'{'));
                    if let Some(key) = self.module.string(at).filter(|_| in_dictionary) {
                        self.bind(key, Binding::Value(at + 2));
                    }
                }
                _ => {}
            }
        }
        let imports = self.module.imports.iter().enumerate();
        self.module.aliases = imports.map(|(at, import)| (import.alias, at)).collect();
    }

    fn bind(&mut self, name: &'t str, binding: Binding) {
        self.module.bindings.entry(name).or_default().push(binding);
    }

    fn line(&mut self, at: usize, indent: u32) {
        self.open.clear();
        self.line = at + 1;
        while self.around.last().is_some_and(|(outer, ..)| *outer >= indent) {
            self.around.pop();
        }
        let first = at + 1 + usize::from(self.module.name(at + 1) == "async");
        let waits = |block: &Block<'_>| block.name == "@";
        let decorated = indent == 0 && self.module.blocks.last().is_some_and(waits);
        if indent == 0
            && let Some(block) = self.module.blocks.get_mut(self.block).filter(|_| self.block > 0)
        {
            block.end = at;
            self.block = 0;
        }
        let named = match self.module.name(first) {
            word @ ("def" | "class") => {
                self.around.push((indent, first + 1, word == "class"));
                self.module.name(first + 1)
            }
            "@" => "@",
            "if" if self.module.name(first + 1) == "__name__" => "__main__",
            "import" | "from" => return self.import(first),
            _ => return,
        };
        if indent == 0 {
            // Decorators belong to what they stand before.
            let last = self.module.blocks.last().filter(|_| decorated).map(|block| block.start);
            if last.is_some() {
                self.module.blocks.pop();
            }
            let (start, end) = (last.unwrap_or(at), self.module.len());
            self.block = self.module.blocks.len();
            self.module.blocks.push(Block { name: named, decorated: decorated || named == "@", start, end });
        }
    }

    fn open(&mut self, at: usize) {
        let mut holds = BracketHolds::Other;
        let named = |name: &usize| self.module.is(at, b'(') && self.module.kind(*name) == TokenKind::Name;
        if let Some(name_at) = at.checked_sub(1).filter(named) {
            let name = self.module.name(name_at);
            match name_at.checked_sub(1).map_or("", |before| self.module.name(before)) {
                "def" => {
                    // Whoever makes an object of a class gives what its `__init__` takes.
                    let class = self.around.iter().rev().nth(1);
                    let class = class.filter(|(.., is_class)| *is_class && name == "__init__");
                    holds = BracketHolds::Parameters { of: class.map_or(name_at, |class| class.1), index: 0 };
                }
                "class" => {}
                _ if KEYWORDS.contains(&name) => {}
                _ => {
                    self.module.calls.push(CallExpression { name: name_at, open: at, block: self.block });
                    if is_dictionary(name) {
                        holds = BracketHolds::Keys;
                    }
                }
            }
        }
        self.open.push((at, holds));
    }

    /// A parameter begins right behind the bracket or a comma; `self` and `cls` are none that a caller gives.
    fn parameter(&mut self, at: usize) {
        let Some((open, BracketHolds::Parameters { of, index })) = self.open.last_mut() else { return };
        let begins = at == *open + 1;
        let name = self.module.name(at);
        if (!begins && !self.module.is(at - 1, b',')) || (begins && matches!(name, "self" | "cls")) {
            return;
        }
        let (of, own) = (*of, *index);
        *index += 1;
        let mut end = at;
        while !matches!(self.module.kind(end), TokenKind::Line(_) | TokenKind::Sign(b',' | b')' | b'=')) {
            end = self.module.behind(end);
        }
        let default = self.module.is(end, b'=').then_some(end + 1);
        self.bind(name, Binding::Parameter { of, index: own, default });
    }

    fn assignment(&mut self, at: usize) {
        let module = &*self.module;
        let Some(before) = at.checked_sub(1) else { return };
        let name = match self.open.last() {
            Some((_, BracketHolds::Keys)) => module.name(before),
            Some(_) => return,
            None => {
                // `self.a: int = 4`
                let mut name = self.line;
                while module.kind(name) == TokenKind::Name && module.is(name + 1, b'.') {
                    name += 2;
                }
                if module.is(name + 1, b':') && !KEYWORDS.contains(&module.name(name)) {
                    module.name(name)
                } else if module.is(before, b']') {
                    before.checked_sub(1).and_then(|key| module.string(key)).unwrap_or_default()
                } else {
                    module.name(before)
                }
            }
        };
        self.bind(name, Binding::Value(at + 1));
    }

    /// `import a.b as c, d` or `from .a import (b as c, d)`.
    fn import(&mut self, first: usize) {
        let module = &*self.module;
        let mut at = first + 1;
        let is_from = module.name(first) == "from";
        let from = if is_from { module.path(&mut at) } else { "" };
        at += if is_from { 1 + usize::from(module.is(at + 1, b'(')) } else { 0 };
        let mut found = Vec::new();
        while matches!(module.kind(at), TokenKind::Name | TokenKind::Sign(b'*')) {
            let own = at;
            let name = if is_from { module.name(at) } else { module.path(&mut at) };
            at += usize::from(is_from);
            let mut alias = if is_from { name } else { name.split('.').next().unwrap_or(name) };
            if module.name(at) == "as" {
                alias = module.name(at + 1);
                at += 2;
            }
            let (module_name, item) = if is_from { (from, Some(name)) } else { (name, None) };
            found.push(Import { module: module_name, item, alias, at: own });
            if !module.is(at, b',') {
                break;
            }
            at += 1;
        }
        self.module.imports.extend(found);
    }
}

impl<'t> Module<'t> {
    /// The dotted path of a module that begins at a token, which is moved behind it.
    fn path(&self, at: &mut usize) -> &'t str {
        let start = self.span(*at).start;
        let mut end = start;
        let is_part = |at| self.kind(at) == TokenKind::Name && !["import", "as"].contains(&self.name(at));
        while self.is(*at, b'.') || is_part(*at) {
            end = self.span(*at).end;
            *at += 1;
        }
        self.text.get(start..end).unwrap_or_default()
    }
}
