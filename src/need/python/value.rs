//! What a name or expression of a program is worth: numbers followed to where they are written, without running anything.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::declared::{Declared, declared};
use super::given::{Given, key};
pub(super) use super::worth::{Value, either};
use crate::syntax::python::{Binding, CallExpression, Module, TokenKind};

/// How many names may stand for each other on the way to a number.
const DEPTH: usize = 8;

/// More places that call a function, or that bind a name, tell nothing more.
const MOST: usize = 24;

/// The modules of a program, and what it is given. The first module is the script.
pub(super) struct Values<'m, 't> {
    pub(super) modules: &'m [Module<'t>],
    given: &'m Given,
    /// The declared options of each module, by the name under which the program asks for them.
    declared: Vec<HashMap<String, Vec<Declared>>>,
    /// The calls of each module, by the callee's last name.
    calls: Vec<HashMap<&'t str, Vec<usize>>>,
    /// Names that are being looked up.
    asked: RefCell<Vec<(usize, &'t str)>>,
    /// How many tokens may still be looked at.
    fuel: Cell<usize>,
}

impl<'m, 't> Values<'m, 't> {
    pub(super) fn new(modules: &'m [Module<'t>], given: &'m Given) -> Self {
        let calls = modules.iter().map(|module| {
            let mut calls: HashMap<&str, Vec<usize>> = HashMap::new();
            for (at, call) in module.calls.iter().enumerate() {
                calls.entry(module.name(call.name)).or_default().push(at);
            }
            calls
        });
        let fuel = 4096 + 8 * modules.iter().map(Module::len).sum::<usize>();
        Self {
            modules,
            given,
            declared: modules.iter().map(declared).collect(),
            calls: calls.collect(),
            asked: RefCell::default(),
            fuel: Cell::new(fuel),
        }
    }

    /// What `name` may be in a module: what the command gives, else what is declared or bound there, else in the others.
    pub(super) fn lookup(&self, module: usize, name: &'t str, depth: usize) -> Option<Value> {
        if depth == 0 || name.is_empty() {
            return Some(Value::default());
        }
        if let Some(text) = self.given.option(name) {
            return Some(Value::given(text));
        }
        if self.asked.borrow().contains(&(module, name)) {
            return None;
        }
        self.asked.borrow_mut().push((module, name));
        let others = (0..self.modules.len()).filter(|other| *other != module);
        let found =
            std::iter::once(module).chain(others).find_map(|module| self.bound(module, name, depth - 1));
        self.asked.borrow_mut().pop();
        found.or_else(|| Some(self.given.setting(name).map_or_else(Value::default, Value::given)))
    }

    fn bound(&self, module: usize, name: &'t str, depth: usize) -> Option<Value> {
        let mut found: Option<Value> = None;
        let mut add = |value: Option<Value>| {
            found = either(found, value);
        };
        for option in self.declared.get(module)?.get(&key(name)).into_iter().flatten() {
            let given = option.flags.iter().find_map(|flag| self.given.option(flag));
            match given {
                Some(text) => return Some(Value::given(text)),
                None => add(self.given.setting(name).map(Value::given)),
            }
            add(option.default.map_or(Some(Value::UNSET), |at| self.at(module, at, depth)));
        }
        let bindings = self.modules.get(module)?.bindings.get(name).map_or(&[][..], Vec::as_slice);
        for binding in bindings.iter().take(MOST) {
            add(match *binding {
                Binding::Value(at) => self.at(module, at, depth),
                Binding::Parameter { of, index, default } => {
                    self.parameter(module, (of, index, default), name, depth)
                }
            });
        }
        if bindings.len() > MOST { found.map(Value::unsure) } else { found }
    }

    /// What callers give for a parameter, else its default.
    fn parameter(
        &self,
        module: usize,
        (of, index, default): (usize, usize, Option<usize>),
        name: &str,
        depth: usize,
    ) -> Option<Value> {
        let of = self.modules.get(module)?.name(of);
        let default = || default.and_then(|at| self.at(module, at, depth));
        let mut found: Option<Value> = None;
        let mut callers = 0;
        for (caller, calls) in self.calls.iter().enumerate() {
            for call in calls.get(of).into_iter().flatten().take(MOST) {
                let Some((within, call)) =
                    self.modules.get(caller).and_then(|m| Some((m, m.calls.get(*call)?)))
                else {
                    continue;
                };
                callers += 1;
                let mut places = 0..;
                let given = within.arguments(call.open).find(|argument| match argument.keyword {
                    Some(keyword) => keyword == name,
                    None => places.next() == Some(index),
                });
                let value = given.map_or_else(default, |argument| self.at(caller, argument.value, depth));
                found = either(found, value);
            }
        }
        if callers == 0 { default() } else { found }
    }

    /// What the expression that begins at a token is worth; nothing where it leads only back to itself.
    pub(super) fn at(&self, module: usize, at: usize, depth: usize) -> Option<Value> {
        let mut at = at;
        let within = self.modules.get(module)?;
        let mut value = self.sum(module, &mut at, depth);
        loop {
            match within.name(at) {
                "or" => {
                    at += 1;
                    let other = self.sum(module, &mut at, depth);
                    value = match value {
                        Some(one) if one.unset || one.number == Some(0) => other.or(value),
                        Some(one) => Some(other.filter(|_| !one.sure).map_or(one, |other| one.or(other))),
                        None => other,
                    };
                }
                "if" => {
                    while !matches!(within.kind(at), TokenKind::Line(_) | TokenKind::Sign(b',' | b')'))
                        && within.name(at) != "else"
                    {
                        at = within.behind(at);
                        self.spend()?;
                    }
                    if within.name(at) != "else" {
                        return value;
                    }
                    let other = self.at(module, at + 1, depth.checked_sub(1)?);
                    return either(value, other);
                }
                "and" | "is" | "in" | "not" => return Some(Value::default()),
                _ if within.is(at, b'?') => return Some(Value::default()),
                _ => return value,
            }
        }
    }

    fn spend(&self) -> Option<()> {
        self.fuel.set(self.fuel.get().checked_sub(1)?);
        Some(())
    }

    fn sum(&self, module: usize, at: &mut usize, depth: usize) -> Option<Value> {
        let within = self.modules.get(module)?;
        let mut value = self.operand(module, at, depth);
        loop {
            let TokenKind::Sign(sign @ (b'+' | b'-' | b'*' | b'/' | b'%' | b'P')) = within.kind(*at) else {
                return value;
            };
            *at += 1;
            let other = self.operand(module, at, depth).unwrap_or_default();
            value = value.map(|value| match sign {
                b'+' => value.with(other, u64::checked_add),
                b'-' => value.with(other, |a, b| Some(a.saturating_sub(b))),
                b'*' => value.with(other, u64::checked_mul),
                b'/' => value.with(other, u64::checked_div),
                b'%' => value.with(other, u64::checked_rem),
                _ => value.with(other, |a, b| a.checked_pow(u32::try_from(b).ok()?)),
            });
        }
    }

    /// A number, string, name or call with all that hangs on it; the token is moved behind it.
    fn operand(&self, module: usize, at: &mut usize, depth: usize) -> Option<Value> {
        self.spend()?;
        let within = self.modules.get(module)?;
        let first = *at;
        *at = within.behind(first);
        match within.kind(first) {
            TokenKind::Number => {
                let number = within.name(first).replace('_', "").parse().ok();
                Some(
                    number.map_or_else(Value::default, |number| Value::number(number, Some((module, first)))),
                )
            }
            TokenKind::Text => {
                let text = within.string(first).unwrap_or_default();
                let value = Value::given(text);
                Some(Value { at: value.number.map(|_| (module, first)), ..value })
            }
            TokenKind::Sign(b'-') => {
                let one = within.kind(first + 1) == TokenKind::Number;
                *at = within.behind(first + 1);
                Some(if one { Value::MANY } else { Value::default() })
            }
            TokenKind::Sign(b'(') if depth > 0 => {
                let value = self.at(module, first + 1, depth - 1);
                let mut end = first + 1;
                while end < *at && !within.is(end, b',') {
                    end = within.behind(end);
                    self.spend()?;
                }
                if end < *at { Some(Value::default()) } else { self.trailers(module, at, value, depth) }
            }
            TokenKind::Name => match within.name(first) {
                "None" => Some(Value::UNSET),
                "False" => Some(Value::number(0, Some((module, first)))),
                "True" | "lambda" | "not" | "await" => Some(Value::default()),
                _ => {
                    *at = first;
                    self.trailers(module, at, None, depth)
                }
            },
            _ => Some(Value::default()),
        }
    }

    /// Names, calls and keys that hang on each other: the last of them tells. `at` is that of the first name, or behind what
    /// is in parentheses.
    fn trailers(&self, module: usize, at: &mut usize, inner: Option<Value>, depth: usize) -> Option<Value> {
        let within = self.modules.get(module)?;
        let mut last = None;
        loop {
            self.spend()?;
            match within.kind(*at) {
                TokenKind::Name if last.is_none() || within.is(*at - 1, b'.') => {
                    last = Some(Tail::Name(*at));
                    *at += 1;
                }
                TokenKind::Sign(b'.') => *at += 1,
                TokenKind::Sign(b'(') => {
                    last = match last {
                        Some(Tail::Name(name)) => {
                            Some(Tail::Call(CallExpression { name, open: *at, block: 0 }))
                        }
                        _ => Some(Tail::Unknown),
                    };
                    *at = within.behind(*at);
                }
                TokenKind::Sign(b'[') => {
                    let is_key = within.kind(*at + 1) == TokenKind::Text && within.is(*at + 2, b']');
                    last = Some(if is_key { Tail::Key(*at + 1) } else { Tail::Unknown });
                    *at = within.behind(*at);
                }
                _ => break,
            }
        }
        match last {
            None => inner,
            Some(Tail::Name(name)) => self.lookup(module, within.name(name), depth),
            Some(Tail::Key(key)) => {
                let key = within.string(key).unwrap_or_default();
                let variable = self.given.variable(key).map(Value::given);
                variable.or_else(|| self.lookup(module, key, depth))
            }
            Some(Tail::Call(call)) => self.call(module, &call, depth),
            Some(Tail::Unknown) => Some(Value::default()),
        }
    }

    fn call(&self, module: usize, call: &CallExpression, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        let within = self.modules.get(module)?;
        let arguments: Vec<_> = within.arguments(call.open).take(MOST).collect();
        let value =
            |index: usize| arguments.get(index).and_then(|argument| self.at(module, argument.value, depth));
        let keyword = |name| {
            let found = arguments.iter().find(|argument| argument.keyword == Some(name))?;
            self.at(module, found.value, depth)
        };
        let key_at = |index: usize| arguments.get(index).and_then(|argument| within.string(argument.value));
        match within.name(call.name) {
            "int" | "float" | "abs" | "round" | "str" | "ceil" => value(0),
            "max" => (0..arguments.len()).filter_map(value).reduce(Value::or),
            "min" => {
                let known = (0..arguments.len()).filter_map(value).filter(|value| value.number.is_some());
                known.min_by_key(|value| value.number).or(Some(Value::MANY))
            }
            "cpu_count" | "device_count" | "sched_getaffinity" | "process_cpu_count" => Some(Value::MANY),
            "len" => value(0).filter(|value| value.many).or(Some(Value::default())),
            "Field" | "field" | "Option" | "Argument" => {
                keyword("default").or_else(|| value(0)).or(Some(Value::UNSET))
            }
            "cast" => value(1),
            name @ ("get" | "getenv" | "pop" | "setdefault" | "getattr") => {
                let first = usize::from(name == "getattr");
                let key = key_at(first)?;
                if let Some(text) = self.given.variable(key) {
                    return Some(Value::given(text));
                }
                let default = value(first + 1).or_else(|| keyword("default"));
                match self.lookup(module, key, depth) {
                    Some(found) if found.number.is_some() || found.many => Some(found),
                    _ => default.or(Some(Value::UNSET)),
                }
            }
            _ => Some(Value::default()),
        }
    }

    /// The numbers of a tuple or list, of a single number, or of the name that stands for either.
    pub(super) fn shape(&self, module: usize, at: usize, depth: usize) -> Vec<u64> {
        let Some(within) = self.modules.get(module) else { return Vec::new() };
        if matches!(within.kind(at), TokenKind::Sign(b'(' | b'[')) {
            let numbers = within.arguments(at).take(5).map(|part| self.number(module, part.value));
            return numbers.collect::<Option<Vec<u64>>>().unwrap_or_default();
        }
        if let Some(number) = self.number(module, at) {
            return vec![number];
        }
        let mut name = at;
        while within.is(name + 1, b'.') {
            name += 2;
        }
        let bindings = within.bindings.get(within.name(name)).map_or(&[][..], Vec::as_slice);
        match bindings {
            [Binding::Value(value)] if depth > 0 => self.shape(module, *value, depth - 1),
            _ => Vec::new(),
        }
    }

    /// A number that is known for sure.
    pub(super) fn number(&self, module: usize, at: usize) -> Option<u64> {
        self.at(module, at, DEPTH)?.number
    }

    /// What an argument is worth, as far as names may be followed.
    pub(super) fn value(&self, module: usize, at: usize) -> Value {
        self.at(module, at, DEPTH).unwrap_or_default()
    }

    /// What the command gives under a name.
    pub(super) fn command(&self, name: &str) -> Option<Value> {
        self.given.option(name).map(Value::given)
    }

    /// What a name is worth.
    pub(super) fn named(&self, module: usize, name: &'t str) -> Option<Value> {
        self.lookup(module, name, DEPTH)
    }
}

/// What stands last in a chain of names.
enum Tail {
    Name(usize),
    Key(usize),
    Call(CallExpression),
    Unknown,
}
