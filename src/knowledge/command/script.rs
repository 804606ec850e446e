//! The simple commands of a shell script, and the wrappers in front of them.

use std::borrow::Cow;

use crate::knowledge::programs::{OPERAND_WRAPPERS, RUNNERS, WRAPPERS};

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

/// Splits a script into its simple commands, each as its words without quotes. Redirections and comments fall away, a
/// substitution stays one word.
pub(super) fn commands(script: &str) -> Vec<Vec<String>> {
    let mut splitter = Splitter::default();
    let mut chars = script.chars().peekable();
    while let Some(c) = chars.next() {
        match (splitter.quote, c) {
            (Some(quote), _) if c == quote => splitter.quote = None,
            (Some('\''), _) => splitter.push(c),
            (_, '\\') => match chars.next() {
                Some('\n') | None => {}
                Some(escaped) => splitter.push(escaped),
            },
            (Some(_), _) => splitter.push(c),
            (None, '\'' | '"') => {
                splitter.quote = Some(c);
                splitter.open = true;
            }
            (None, '$') if chars.peek() == Some(&'(') => splitter.substitution(&mut chars),
            (None, '#') if !splitter.open => while chars.next_if(|&c| c != '\n').is_some() {},
            (None, ';' | '\n' | '|' | '(' | ')') => splitter.end_command(),
            // `2>&1` is a redirection, `a & b` are two commands.
            (None, '&') if splitter.word.ends_with('>') || chars.peek() == Some(&'>') => splitter.push(c),
            (None, '&') => splitter.end_command(),
            (None, c) if c.is_whitespace() => splitter.end_word(),
            (None, c) => splitter.push(c),
        }
    }
    splitter.end_command();
    splitter.commands
}

/// The state of the way through a script.
#[derive(Default)]
struct Splitter {
    commands: Vec<Vec<String>>,
    words: Vec<String>,
    word: String,
    /// Whether a word has begun, if only with an empty pair of quotes.
    open: bool,
    quote: Option<char>,
    /// Whether the next word is the target of a redirection.
    redirected: bool,
}

impl Splitter {
    fn push(&mut self, c: char) {
        self.word.push(c);
        self.open = true;
    }

    /// Takes a `$(…)` into the word as it stands.
    fn substitution(&mut self, chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
        self.push('$');
        let mut depth = 0_usize;
        for c in chars.by_ref() {
            self.push(c);
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn end_word(&mut self) {
        if !std::mem::take(&mut self.open) {
            return;
        }
        let word = std::mem::take(&mut self.word);
        let target = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '&');
        if target.starts_with(['>', '<']) {
            // The target stands behind the sign or is the next word.
            self.redirected =
                target.trim_start_matches(['>', '<', '&', '-']).is_empty() && !word.contains(">&");
        } else if !std::mem::take(&mut self.redirected) {
            self.words.push(word);
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        self.redirected = false;
        if !self.words.is_empty() {
            self.commands.push(std::mem::take(&mut self.words));
        }
    }
}
