//! A tolerant reader of Python text: calls with their arguments, what is bound to which name, imports, and which function
//! or class each of them stands in. It runs nothing, never fails, and reads in linear time.
//!
//! ```
//! use shmlint::syntax::python::Module;
//!
//! let module = Module::read("loader = DataLoader(data, num_workers=4)\n");
//! let call = &module.calls[0];
//! assert_eq!(module.name(call.name), "DataLoader");
//! let argument = module.arguments(call.open).last().unwrap();
//! assert_eq!((argument.keyword, module.name(argument.value)), (Some("num_workers"), "4"));
//! ```

mod reader;
mod tokens;

use std::collections::HashMap;

pub use reader::is_dictionary;
pub use tokens::{Token, TokenKind};

use crate::text::source::Span;

/// A call, or the decoration with one.
#[derive(Clone, Copy, Debug)]
pub struct CallExpression {
    /// The token of the callee's last name.
    pub name: usize,
    /// The token of its `(`.
    pub open: usize,
    /// The block that it stands in.
    pub block: usize,
}

/// Where the value of a name may come from.
#[derive(Clone, Copy, Debug)]
pub enum Binding {
    /// The expression that begins at this token.
    Value(usize),
    /// The parameter at this place of the function or class whose name is this token, counted without `self`; its default
    /// begins at the other token.
    Parameter {
        /// The function's or class's name.
        of: usize,
        /// The place among its parameters.
        index: usize,
        /// Where the default begins.
        default: Option<usize>,
    },
}

/// One name that an import brings.
#[derive(Clone, Copy, Debug)]
pub struct Import<'t> {
    /// The module as it is written, with the dots before it: `.data`, `torch.utils.data`.
    pub module: &'t str,
    /// The name taken from it; nothing where the module itself is.
    pub item: Option<&'t str>,
    /// What it is called here; `*` for everything.
    pub alias: &'t str,
    /// The token where it stands.
    pub at: usize,
}

/// A function or class at the top level of a module, or what `if __name__ == "__main__"` holds, which is called `__main__`. The
/// first block is what stands outside of them.
#[derive(Clone, Copy, Debug)]
pub struct Block<'t> {
    /// Its name.
    pub name: &'t str,
    /// Whether a decorator stands before it, which may hand it to others.
    pub decorated: bool,
    /// Its first token.
    pub start: usize,
    /// The token behind its last.
    pub end: usize,
}

/// An argument of a call, or an element of a list.
#[derive(Clone, Copy, Debug)]
pub struct Argument<'t> {
    /// The keyword before `=`; `*` and `**` for what is unpacked.
    pub keyword: Option<&'t str>,
    /// The token its value begins with.
    pub value: usize,
}

/// A Python text taken apart.
#[derive(Debug, Default)]
pub struct Module<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    /// Every call, in the order of the text.
    pub calls: Vec<CallExpression>,
    /// What is bound to each name: by assignments, also of attributes and keys, parameters, keys of dictionaries, and the
    /// keywords of calls that make something like a dictionary.
    pub bindings: HashMap<&'t str, Vec<Binding>>,
    /// What is imported, wherever it is.
    pub imports: Vec<Import<'t>>,
    /// The functions and classes at the top level; the first is the module itself.
    pub blocks: Vec<Block<'t>>,
    /// The import that brings each name.
    aliases: HashMap<&'t str, usize>,
}

impl<'t> Module<'t> {
    /// Takes a text apart. Every text is a module.
    pub fn read(text: &'t str) -> Self {
        let mut module = Self { text, tokens: tokens::Tokens::read(text), ..Self::default() };
        reader::StatementReader::new(&mut module).run();
        module
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The text.
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// Whether the text holds nothing.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// What the token is; a line that begins where there is none.
    pub fn kind(&self, at: usize) -> TokenKind {
        self.tokens.get(at).map_or(TokenKind::Line(0), |token| token.kind)
    }

    /// Whether the token is this sign.
    pub fn is(&self, at: usize, sign: u8) -> bool {
        self.kind(at) == TokenKind::Sign(sign)
    }

    /// The text of a token.
    pub fn name(&self, at: usize) -> &'t str {
        self.span(at).of(self.text)
    }

    /// Where a token stands.
    pub fn span(&self, at: usize) -> Span {
        self.tokens
            .get(at)
            .map_or(Span::at(self.text.len()), |token| Span::new(token.start as usize, token.end as usize))
    }

    /// The content of a string, as it is written between its quotes.
    pub fn string(&self, at: usize) -> Option<&'t str> {
        let text = self.name(at).trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let quote = text.get(..1).filter(|_| self.kind(at) == TokenKind::Text)?;
        let three = text
            .get(..3)
            .filter(|start| text.len() >= 6 && start.bytes().all(|byte| [byte] == quote.as_bytes()));
        let quote = three.unwrap_or(quote);
        let inner = text.strip_prefix(quote)?;
        Some(inner.strip_suffix(quote).unwrap_or(inner))
    }

    /// The token of the bracket that closes, or the one behind what is open.
    pub fn partner(&self, open: usize) -> usize {
        self.tokens.get(open).map_or(usize::MAX, |token| token.partner as usize).min(self.tokens.len())
    }

    /// The arguments between the bracket at `open` and its partner, in order.
    pub fn arguments(&self, open: usize) -> impl Iterator<Item = Argument<'t>> + '_ {
        let close = self.partner(open);
        let mut at = open + 1;
        std::iter::from_fn(move || {
            if at >= close {
                return None;
            }
            let (keyword, value) = match (self.kind(at), self.kind(at + 1)) {
                (TokenKind::Name, TokenKind::Sign(b'=')) => (Some(self.name(at)), at + 2),
                (TokenKind::Sign(b'*'), _) => (Some("*"), at + 1),
                (TokenKind::Sign(b'P'), _) => (Some("**"), at + 1),
                _ => (None, at),
            };
            while at < close && !self.is(at, b',') {
                at = self.behind(at);
            }
            at += 1;
            Some(Argument { keyword, value })
        })
    }

    /// The token behind this one, or behind the bracket that it opens.
    pub fn behind(&self, at: usize) -> usize {
        match self.kind(at) {
            TokenKind::Sign(b'(' | b'[' | b'{') => self.partner(at).max(at) + 1,
            _ => at + 1,
        }
    }

    /// The names before and with the one at `at`: `torch.utils.data.DataLoader`, with the token that it begins with.
    pub fn dotted(&self, at: usize) -> (String, usize) {
        let mut start = at;
        while start >= 2 && self.is(start - 1, b'.') && self.kind(start - 2) == TokenKind::Name {
            start -= 2;
        }
        let names: Vec<&str> = (start..=at).step_by(2).map(|at| self.name(at)).collect();
        (names.join("."), start)
    }

    /// What the names of a call stand for, with what imports say: `DL` is `torch.utils.data.DataLoader`.
    pub fn full_name(&self, at: usize) -> String {
        let (dotted, _) = self.dotted(at);
        let (root, rest) = dotted.split_once('.').unwrap_or((&dotted, ""));
        let Some(import) = self.import_of(root) else { return dotted };
        let item = import.item.map(|item| format!(".{item}")).unwrap_or_default();
        let rest = if rest.is_empty() { String::new() } else { format!(".{rest}") };
        // `import a.b` binds `a`, which the names then spell out.
        if import.item.is_none() && import.module.starts_with(&format!("{root}.")) {
            return dotted;
        }
        format!("{}{item}{rest}", import.module)
    }

    /// The import that brings a name.
    pub fn import_of(&self, name: &str) -> Option<&Import<'t>> {
        self.imports.get(*self.aliases.get(name)?)
    }

    /// Which blocks may run: those that the ones in `from` name, directly or through others.
    pub fn reached(&self, from: impl Iterator<Item = usize>) -> Vec<bool> {
        let mut of: HashMap<&str, Vec<usize>> = HashMap::new();
        self.blocks.iter().enumerate().for_each(|(at, block)| of.entry(block.name).or_default().push(at));
        let mut reached = vec![false; self.blocks.len()];
        let mut waiting: Vec<usize> = from.collect();
        while let Some(at) = waiting.pop() {
            let Some(known @ false) = reached.get_mut(at) else { continue };
            *known = true;
            for token in self.tokens_of(at).filter(|token| self.kind(*token) == TokenKind::Name) {
                waiting.extend(of.remove(self.name(token)).unwrap_or_default());
            }
        }
        reached
    }

    /// The tokens of a block; those of the first are what the others leave over.
    pub fn tokens_of(&self, block: usize) -> impl Iterator<Item = usize> + '_ {
        let range = self.blocks.get(block).map_or(0..0, |block| block.start..block.end);
        let mut others = self.blocks.iter().skip(if block == 0 { 1 } else { usize::MAX }).peekable();
        range.filter(move |at| {
            while others.next_if(|other| other.end <= *at).is_some() {}
            others.peek().is_none_or(|other| *at < other.start)
        })
    }
}

#[cfg(test)]
mod tests;
