//! The options that a program declares, and under which names it asks for them.

use std::collections::HashMap;

use super::given::key;
use crate::syntax::python::Module;

/// An option that a program declares.
#[derive(Debug, Default)]
pub(super) struct Declared {
    pub(super) flags: Vec<String>,
    /// Where the default begins.
    pub(super) default: Option<usize>,
}

/// The options that a module declares, by the names under which their values are kept: argparse, click, absl.
pub(super) fn declared(module: &Module<'_>) -> HashMap<String, Vec<Declared>> {
    let mut found: HashMap<String, Vec<Declared>> = HashMap::new();
    for call in &module.calls {
        let called = module.name(call.name);
        if !matches!(called, "add_argument" | "option" | "add_option" | "DEFINE_integer" | "argument") {
            continue;
        }
        let (mut option, mut name) = (Declared::default(), None);
        for argument in module.arguments(call.open) {
            match (argument.keyword, module.string(argument.value)) {
                (None, Some(flag)) if flag.starts_with("--") => {
                    name = name.or(Some(key(flag)));
                    option.flags.push(flag.to_owned());
                }
                (None, Some(flag)) if flag.starts_with('-') => option.flags.push(flag.to_owned()),
                (None, Some(flag)) if name.is_none() => name = Some(key(flag)),
                (Some("dest"), Some(dest)) => name = Some(key(dest)),
                (Some("default"), _) => option.default = Some(argument.value),
                (None, None) if called == "DEFINE_integer" && option.default.is_none() => {
                    option.default = Some(argument.value);
                }
                _ => {}
            }
        }
        if let Some(name) = name {
            found.entry(name).or_default().push(option);
        }
    }
    found
}
