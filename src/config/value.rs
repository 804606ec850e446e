//! What the values of a configuration may be, and the walk that checks them. Every mistake is kept, none stops the walk.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use toml::Spanned;
use toml::de::{DeInteger, DeString, DeTable, DeValue};

use super::problem::ConfigProblem;
use crate::container::finding::Rule;
use crate::rules;
use crate::size::{Dialect, parse_any};
use crate::text::globs::Globs;
use crate::text::near::did_you_mean;
use crate::text::place::Place;
use crate::text::source::{Source, Span};

/// What a value must be.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// `true` or `false`.
    Flag,
    /// A size in Docker's or Kubernetes' spelling, or a number of bytes.
    Size,
    /// Any text but an empty one.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// The code or name of a rule.
    Rule,
    /// The code or name of a rule, or `ALL`.
    Rules,
    /// A glob on paths, as in a `.gitignore`.
    Glob,
    /// An array.
    List(&'static Shape),
    /// A table with keys of the user's own: their shape, and that of the values.
    Map(&'static Shape, &'static Shape),
    /// A table with these keys.
    Table(&'static [Key]),
}

/// A key of a table.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What its value must be.
    pub shape: Shape,
    /// Whether the table makes no sense without it.
    pub required: bool,
    /// What it does, in a sentence or two.
    pub doc: &'static str,
}

/// A value that was found right, and where it stands.
#[derive(Clone, Debug)]
pub struct Item {
    /// What it is.
    pub value: ConfigValue,
    /// Where.
    pub place: Place,
}

/// A value of one of the shapes.
#[derive(Clone, Debug)]
pub enum ConfigValue {
    /// Of [`Shape::Flag`].
    Flag(bool),
    /// Of [`Shape::Size`].
    Bytes(u64),
    /// Of [`Shape::Text`], [`Shape::Choice`] and [`Shape::Glob`].
    Text(String),
    /// Of [`Shape::Rule`] and [`Shape::Rules`].
    Rules(Vec<&'static Rule>),
    /// Of [`Shape::List`].
    List(Vec<Item>),
    /// Of [`Shape::Map`].
    Map(Vec<(Item, Item)>),
    /// Of [`Shape::Table`].
    Table(Vec<(&'static str, Item)>),
}

impl Item {
    /// The truth of a flag.
    pub fn flag(&self) -> Option<bool> {
        if let ConfigValue::Flag(flag) = self.value { Some(flag) } else { None }
    }

    /// The bytes of a size.
    pub fn bytes(&self) -> Option<u64> {
        if let ConfigValue::Bytes(bytes) = self.value { Some(bytes) } else { None }
    }

    /// The text.
    pub fn text(&self) -> Option<&str> {
        if let ConfigValue::Text(text) = &self.value { Some(text) } else { None }
    }

    /// The rule.
    pub fn rule(&self) -> Option<&'static Rule> {
        if let ConfigValue::Rules(rules) = &self.value { rules.first().copied() } else { None }
    }

    /// The items of a list, none where it is none.
    pub fn items(&self) -> &[Item] {
        if let ConfigValue::List(items) = &self.value { items } else { &[] }
    }

    /// The rules of a list.
    pub fn rules(&self) -> Vec<&'static Rule> {
        let rules = self.items().iter().filter_map(|item| match &item.value {
            ConfigValue::Rules(rules) => Some(rules),
            _ => None,
        });
        rules.flatten().copied().collect()
    }

    /// The pairs of a map, none where it is none.
    pub fn pairs(&self) -> &[(Item, Item)] {
        if let ConfigValue::Map(pairs) = &self.value { pairs } else { &[] }
    }

    /// Where a reader looks first: the first value of a table, else the whole.
    pub fn first(&self) -> &Place {
        match &self.value {
            ConfigValue::Table(entries) => entries
                .iter()
                .map(|(_, item)| &item.place)
                .min_by_key(|place| place.span)
                .unwrap_or(&self.place),
            _ => &self.place,
        }
    }

    /// The value as it was understood: sizes with their unit, rules by name, one by one.
    pub fn shown(&self) -> Value {
        match &self.value {
            ConfigValue::Flag(flag) => json!(flag),
            ConfigValue::Bytes(bytes) => json!(Dialect::Docker.write(*bytes)),
            ConfigValue::Text(text) => json!(text),
            ConfigValue::Rules(rules) => rules.iter().map(|rule| rule.name).collect(),
            ConfigValue::List(items) => {
                let items = items.iter().map(Self::shown);
                items
                    .flat_map(|item| if let Value::Array(rules) = item { rules } else { vec![item] })
                    .collect()
            }
            ConfigValue::Map(pairs) => {
                let key = |item: &Self| item.rule().map(|rule| rule.name).or(item.text()).map(str::to_owned);
                pairs.iter().filter_map(|(name, item)| Some((key(name)?, item.shown()))).collect()
            }
            ConfigValue::Table(entries) => {
                entries.iter().map(|(name, item)| ((*name).to_owned(), item.shown())).collect()
            }
        }
    }

    /// The value of a table's key.
    pub fn get(&self, key: &str) -> Option<&Item> {
        let ConfigValue::Table(entries) = &self.value else { return None };
        entries.iter().find(|(name, _)| *name == key).map(|(_, item)| item)
    }
}

/// Checks the tables and values of one file.
pub struct ConfigReader<'p> {
    /// The file.
    pub source: Arc<Source>,
    /// What was found wrong.
    pub problems: &'p mut Vec<ConfigProblem>,
}

impl ConfigReader<'_> {
    fn place<T>(&self, spanned: &Spanned<T>) -> Place {
        let range = spanned.span();
        Place::new(&self.source, Span::new(range.start, range.end))
    }

    fn wrong(&mut self, place: Place, message: impl Into<String>) {
        self.problems.push(ConfigProblem::new(place, message));
    }

    /// The known keys of a table with their values; `what` names it in messages.
    pub fn table(
        &mut self,
        keys: &[Key],
        table: &DeTable<'_>,
        whole: &Place,
        what: &str,
    ) -> Vec<(&'static str, Item)> {
        let mut out = Vec::new();
        let mut missing: Vec<&str> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
        for (name, value) in table {
            missing.retain(|key| key != name.get_ref());
            let Some(key) = keys.iter().find(|key| key.name == name.get_ref()) else {
                let near = did_you_mean(name.get_ref(), keys.iter().map(|key| key.name));
                self.wrong(self.place(name), format!("unknown key '{}'{near}", name.get_ref()));
                continue;
            };
            if let Some(item) = self.item(&key.shape, value, key.name) {
                out.push((key.name, item));
            }
        }
        for key in missing {
            self.wrong(whole.clone(), format!("{what} lacks the required key '{key}'"));
        }
        out
    }

    /// The value of a shape; `what` names it in messages.
    fn item(&mut self, shape: &Shape, value: &Spanned<DeValue<'_>>, what: &str) -> Option<Item> {
        let place = self.place(value);
        let read = match (shape, value.get_ref()) {
            (Shape::Flag, DeValue::Boolean(flag)) => ConfigValue::Flag(*flag),
            (Shape::Size, DeValue::Integer(number)) => self.size_number(number, &place)?,
            (Shape::List(shape), DeValue::Array(values)) => {
                ConfigValue::List(values.iter().filter_map(|value| self.item(shape, value, what)).collect())
            }
            (Shape::Map(key, shape), DeValue::Table(table)) => {
                ConfigValue::Map(self.map(key, shape, table, what))
            }
            (Shape::Table(keys), DeValue::Table(table)) => {
                ConfigValue::Table(self.table(keys, table, &place, &format!("[[{what}]]")))
            }
            (shape, DeValue::String(text)) if shape.is_written_as_text() => self.text(shape, text, &place)?,
            (shape, value) => {
                let message = format!("'{what}' must be {}, not {}", shape.describe(), describe(value));
                self.wrong(place, message);
                return None;
            }
        };
        Some(Item { value: read, place })
    }

    fn map(&mut self, key: &Shape, shape: &Shape, table: &DeTable<'_>, what: &str) -> Vec<(Item, Item)> {
        let mut out = Vec::new();
        for (name, value) in table {
            let place = self.place(name);
            let name = self.text(key, name.get_ref(), &place).map(|value| Item { value, place });
            let value = self.item(shape, value, what);
            out.extend(name.zip(value));
        }
        out
    }

    fn size_number(&mut self, number: &DeInteger<'_>, place: &Place) -> Option<ConfigValue> {
        let bytes = i64::from_str_radix(number.as_str(), number.radix()).ok();
        let bytes = bytes.and_then(|bytes| u64::try_from(bytes).ok()).filter(|&bytes| bytes > 0);
        if bytes.is_none() {
            self.wrong(place.clone(), "a size must be above zero: write it like \"2g\", \"512m\" or \"2Gi\"");
        }
        bytes.map(ConfigValue::Bytes)
    }

    fn text(&mut self, shape: &Shape, text: &DeString<'_>, place: &Place) -> Option<ConfigValue> {
        let read = match shape {
            Shape::Size => parse_any(text).map(ConfigValue::Bytes),
            Shape::Choice(words) if !words.contains(&text.as_ref()) => {
                let near = did_you_mean(text, words.iter().copied());
                Err(format!("'{text}' is not one of {}{near}", words.join(", ")))
            }
            Shape::Rules => rules::chosen(text).map(ConfigValue::Rules),
            Shape::Rule => rules::named(text).map(|rule| ConfigValue::Rules(vec![rule])),
            Shape::Glob => {
                let read = Globs::new(Path::new("/"), [(text.as_ref(), None)]);
                read.map(|_| ConfigValue::Text(text.clone().into_owned()))
            }
            Shape::Text if text.trim().is_empty() => Err("this text must not be empty".into()),
            _ => Ok(ConfigValue::Text(text.clone().into_owned())),
        };
        read.map_err(|message| self.wrong(place.clone(), message)).ok()
    }
}

impl Shape {
    fn is_written_as_text(&self) -> bool {
        matches!(self, Self::Size | Self::Text | Self::Choice(_) | Self::Rule | Self::Rules | Self::Glob)
    }

    /// What it is, in words that go on "must be …".
    fn describe(&self) -> String {
        match self {
            Self::Flag => "true or false".into(),
            Self::Size => "a size like \"2g\"".into(),
            Self::Text => "a string".into(),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Rule => "the code or name of a rule".into(),
            Self::Rules => "the code or name of a rule, or \"ALL\"".into(),
            Self::Glob => "a glob in quotes".into(),
            Self::List(Self::Rules) => "an array of rule codes or names".into(),
            Self::List(Self::Glob) => "an array of globs".into(),
            Self::List(_) => "an array of tables".into(),
            Self::Map(..) | Self::Table(_) => "a table".into(),
        }
    }
}

/// What a value of TOML is, in words that go on "not …".
fn describe(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
