//! What a program is given from outside: the options of its command, its environment, and the files of settings it reads.

use std::collections::HashMap;

/// What a program is given.
#[derive(Clone, Debug, Default)]
pub struct Given {
    options: HashMap<String, String>,
    environment: Vec<(String, String)>,
    settings: HashMap<String, String>,
    /// The function that is called where the program is not run as a script.
    pub(super) entry: Option<String>,
}

/// A name without leading dashes and what it is a part of, as programs ask for it: `--data.num-workers` is `num_workers`. A
/// short option keeps its dash.
pub(super) fn key(name: &str) -> String {
    let long = name.strip_prefix("--").unwrap_or(name).trim_start_matches('+');
    let last = long.rsplit('.').next().unwrap_or(long);
    let is_short = last.starts_with('-');
    let dashes = if is_short { last.to_owned() } else { last.replace('-', "_") };
    if is_short { dashes } else { dashes.to_ascii_lowercase() }
}

impl Given {
    /// Takes the arguments of a command apart: `--name value`, `--name=value`, `-n 4`, `a.name=4`, `A.NAME 4`.
    pub fn new<'a>(arguments: impl Iterator<Item = &'a str>, environment: &[(String, String)]) -> Self {
        let mut options = HashMap::new();
        let mut words = arguments.peekable();
        while let Some(word) = words.next() {
            if let Some((name, value)) = word.split_once('=') {
                options.insert(key(name), value.to_owned());
            } else if word.starts_with('-') || (word.contains('.') && !word.contains('/')) {
                let value = words.next_if(|value| !value.starts_with('-') || value.parse::<f64>().is_ok());
                options.insert(key(word), value.unwrap_or("true").to_owned());
            }
        }
        Self { options, environment: environment.to_vec(), ..Self::default() }
    }

    /// Calls a function of the script, as the commands that a package installs do.
    pub fn enter(&mut self, function: &str) {
        self.entry = Some(function.to_owned());
    }

    /// Adds a key of a file of settings; the file that is read last counts.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.insert(key(name), value.to_owned());
    }

    pub(super) fn option(&self, name: &str) -> Option<&str> {
        self.options.get(&key(name)).map(String::as_str)
    }

    pub(super) fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(&key(name)).map(String::as_str)
    }

    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        let mut found = self.environment.iter().rev().filter(|(key, _)| key == name);
        found.next().map(|(_, value)| value.as_str())
    }
}
