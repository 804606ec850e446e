//! The simple commands of a shell script, and the wrappers in front of them.

use std::borrow::Cow;

use crate::knowledge::programs::{OPERAND_WRAPPERS, RUNNERS, WRAPPERS};
use crate::syntax::shell::{Piece, PieceKind, ScopeKind, Script, ShellOptions, SimpleCommand};

/// Takes off assignments, shell keywords and wrappers until the program itself stands first.
pub(super) fn without_wrappers(words: Vec<Cow<'_, str>>) -> Vec<Cow<'_, str>> {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let name = word.rsplit('/').next().unwrap_or(word);
        let second = words.get(at + 1).map(AsRef::as_ref);
        // Scripts of this name prepare something and then start what they are given.
        let prepares = name.ends_with("entrypoint.sh") && second.is_some_and(|word| !word.starts_with('-'));
        // An empty first word is an entrypoint that was taken away.
        if word.is_empty() || is_assignment(word) || prepares {
            at += 1;
        } else if let Some((_, valued)) = WRAPPERS.iter().find(|(wrapper, _)| *wrapper == name) {
            at = behind_options(&words, at + 1, valued);
            // These take one operand of their own: a user or a time.
            at += usize::from(OPERAND_WRAPPERS.contains(&name));
        } else if let Some((_, valued)) =
            RUNNERS.iter().find(|(words, _)| words.split_once(' ') == second.map(|verb| (name, verb)))
        {
            at = behind_options(&words, at + 2, valued);
        } else {
            break;
        }
    }
    words.into_iter().skip(at).collect()
}

/// The index of the first word from `at` on that is no option and no option's value.
fn behind_options(words: &[Cow<'_, str>], mut at: usize, valued: &[&str]) -> usize {
    while let Some(word) = words.get(at).filter(|word| word.starts_with('-')) {
        at += 1 + usize::from(valued.contains(&word.as_ref()));
        if word.as_ref() == "--" {
            break;
        }
    }
    at
}

fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// How far scopes are climbed.
const MAX_CLIMB: usize = 64;

/// The simple commands of a script, each as its words without quotes. Redirections, assignments and comments fall away; what
/// stands in a substitution is a part of its word.
pub(super) fn commands(script: &str) -> Vec<Vec<String>> {
    let read = Script::read(script, ShellOptions::default());
    let is_own = |command: &&SimpleCommand| {
        let around =
            std::iter::successors(read.scopes.get(command.scope), |scope| read.scopes.get(scope.parent));
        around.take(MAX_CLIMB).all(|scope| scope.kind != ScopeKind::Substitution)
    };
    let text = |piece: &Piece| match piece.kind {
        PieceKind::Text => piece.text(script),
        _ => Cow::Borrowed(piece.span.of(script)),
    };
    let words = |command: &SimpleCommand| {
        command.words.iter().map(|word| word.pieces().iter().map(text).collect()).collect::<Vec<String>>()
    };
    let kept =
        read.commands.iter().enumerate().filter(|(at, _)| !read.is_fed(*at)).map(|(_, command)| command);
    kept.filter(is_own).map(words).filter(|words| !words.is_empty()).collect()
}
