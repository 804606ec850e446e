//! What a person would take an argument for where no file can tell: the image or options, a value or the image.

use super::command_line::arguments;
use super::fields::{Field, Knowledge};
use super::options;
use crate::container::workload::Engine;
use crate::knowledge::programs::{IMAGE_NAMES, OPTION_NAMES};

/// How many arguments are looked at behind one that cannot be read.
pub(super) const MAX_LOOKED: usize = 64;

/// Whether an argument that cannot be read is the image rather than options. `rest` are the arguments behind it.
pub(super) fn is_image(engine: Engine, field: &Field, known: Knowledge, rest: &[&Field]) -> bool {
    if known == Knowledge::Beyond {
        return false;
    }
    // `${{ inputs.image != '' && '--env FAST=1' || '' }}` is an option or nothing.
    if ["'-", "\"-"].iter().any(|quoted| field.value.contains(quoted)) {
        return false;
    }
    let Some(next) = rest.first() else { return !stands_for_arguments(&field.value) };
    match (named_image(&field.value), named_options(&field.value)) {
        (true, false) => return true,
        (false, true) => return !rest.iter().any(|field| !field.value.starts_with('-')),
        (true, true) => {
            return known == Knowledge::OneWord || !rest.iter().any(|field| looks_like_image(field));
        }
        (false, false) => {}
    }
    if known == Knowledge::OneWord {
        return true;
    }
    match next.unread() {
        // `$A $B`: the second is the image unless its name says that it is a command.
        Some(_) => {
            let name = next.value.to_ascii_lowercase();
            !named_image(&next.value) && (rest.len() > 1 || name.contains("cmd") || name.contains("command"))
        }
        None if next.value.starts_with('-') => !options_follow(engine, rest),
        None => !looks_like_image(next),
    }
}

/// Words in the names of what stands for arguments.
const ARGUMENTS: [&str; 9] =
    ["arg", "args", "argv", "argument", "arguments", "opt", "opts", "option", "options"];

/// Whether an argument stands for all arguments of a script or a list, of which the image may be the last.
pub(super) fn holds_more(field: &Field) -> bool {
    let substituted = field.value.starts_with('`') || field.value.starts_with("$(");
    let list = || {
        field.value.contains(['@', '*']) || words(&field.value).any(|word| ARGUMENTS.contains(&word.as_str()))
    };
    field.unread() == Some(Knowledge::AnyWords) && !substituted && !named_image(&field.value) && list()
}

/// Whether a placeholder at the end of a command stands for options and image alike: `<docker-args>`, `[options]`.
fn stands_for_arguments(source: &str) -> bool {
    source.starts_with(['<', '[', '{']) && named_options(source) && !named_image(source)
}

/// Whether an argument in braces stands for others before the image, which follows.
pub(super) fn is_placeholder(field: &Field, rest: &[&Field]) -> bool {
    field.value.starts_with('{')
        && field.value.ends_with('}')
        && !named_image(&field.value)
        && rest.first().is_some_and(|next| looks_like_image(next))
}

/// Whether `rest` begins with options of the engine and holds an image behind them.
fn options_follow(engine: Engine, rest: &[&Field]) -> bool {
    let Some(first) = rest.first() else { return false };
    let name = first.value.trim_start_matches('-').split('=').next().unwrap_or_default();
    let known = if first.value.starts_with("--") {
        options::long(engine, name).is_some()
    } else {
        first.value.as_bytes().get(1).copied().is_some_and(|letter| options::short(engine, letter).is_some())
    };
    known
        && !rest.iter().any(|field| field.unread().is_some_and(|_| !named_image(&field.value)))
        && arguments(engine, rest.iter().copied().cloned())
            .image
            .is_some_and(|image| looks_like_image(&image))
}

/// Whether the word behind an unknown option is its value: it is, unless it looks like an image or nothing but it
/// could be the image.
pub(super) fn is_value(rest: &[&Field]) -> bool {
    match rest {
        [next, _, ..] => !next.value.starts_with('-') && !looks_like_image(next),
        _ => false,
    }
}

/// Whether an argument is spelt like an image: a registry, a path or a tag, and no file.
fn looks_like_image(field: &Field) -> bool {
    if field.unread().is_some() {
        return named_image(&field.value);
    }
    let value = field.value.as_str();
    let path = value.starts_with(['/', '.', '~', '-', '$']);
    // `bash -c "echo done: $?"` is a command.
    let plain = !value.contains(['=', ' ', '\t', '\n']);
    !path && plain && (value.contains('/') || value.contains(':'))
}

/// The words of a variable's name: `${DOCKER_IMAGE}` is `docker` and `image`.
fn words(source: &str) -> impl Iterator<Item = String> {
    source
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
}

fn named_image(source: &str) -> bool {
    words(source).any(|word| IMAGE_NAMES.iter().any(|name| word.contains(name)))
}

fn named_options(source: &str) -> bool {
    words(source).any(|word| OPTION_NAMES.iter().any(|name| word.starts_with(name) || word.ends_with(name)))
        || words(source)
            .any(|word| word.ends_with('s') && OPTION_NAMES.iter().any(|name| word.contains(name)))
}
