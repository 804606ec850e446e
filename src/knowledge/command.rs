//! The programs that a container's command starts, seen through shells, wrappers and interpreters.
//!
//! `bash -lc "cd /app && exec torchrun train.py"` starts `torchrun`; `sudo -E python3 -u -m vllm.entrypoints.openai.api_server`
//! is `python -m vllm.entrypoints.openai.api_server`. This is a reading of words, not a shell: what a script computes stays
//! unknown.

mod script;

use std::borrow::Cow;

use crate::knowledge::programs::{NEUTRAL, PROCESS_WORDS, SHELLS};
use crate::text::scan::glob;

/// How deep a `bash -c` may stand in another.
const DEPTH: usize = 4;

/// So many words of a launcher stand before what it launches.
const LAUNCHER: usize = 64;

/// One program with its arguments. A path is taken off the program's name, interpreters are unified: `python3.11 -u x/y.py`
/// is `python`, `y.py`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program<'a> {
    words: Vec<Cow<'a, str>>,
}

impl Program<'_> {
    /// The program's name.
    pub fn name(&self) -> &str {
        self.words.first().map_or("", AsRef::as_ref)
    }

    /// The arguments behind the name.
    pub fn args(&self) -> impl Iterator<Item = &str> {
        self.words.iter().skip(1).map(AsRef::as_ref)
    }

    /// The arguments in front of the program that it launches itself: `torchrun --nproc-per-node 2 train.py` has two.
    pub fn own_args(&self) -> impl Iterator<Item = &str> {
        let starts = |word: &str| {
            let ends = word.ends_with(".py") || word.ends_with(".sh") || SHELLS.contains(&word);
            word == "--" || word == "-m" || is_python(word) || ends
        };
        // A launcher may itself be a module: `python -m torch.distributed.run`.
        let itself = if self.name() == "python" { 2 } else { 0 };
        self.args()
            .enumerate()
            .take_while(move |(at, word)| *at < itself || !starts(word))
            .map(|(_, word)| word)
    }

    /// What may be the program that it launches: from each of its arguments on.
    pub fn behind(&self) -> impl Iterator<Item = Self> {
        (1..self.words.len().min(LAUNCHER)).map(|at| {
            let mut words: Vec<Cow<'_, str>> = self.words.iter().skip(at).cloned().collect();
            if let Some(first) = words.first_mut() {
                *first = Cow::Owned(base_name(first).to_owned());
            }
            Self { words }
        })
    }

    /// The name of what it runs: of Python the script or module, where it is one, else the program.
    pub fn script(&self) -> Option<&str> {
        if self.name() != "python" {
            return Some(self.name());
        }
        let mut args = self.args();
        match args.next()? {
            "-m" => args.next(),
            option if option.starts_with('-') => None,
            file => Some(file),
        }
    }

    /// Whether it is a Python script, by its file.
    pub fn is_file(&self) -> bool {
        let ending = self.script().and_then(|script| script.rsplit_once('.')).map(|(_, ending)| ending);
        self.name() == "python" && ending == Some("py")
    }

    /// The program that `python -m` starts, as if it were started by its name.
    pub(super) fn as_module(&self) -> Option<Self> {
        let words =
            self.words.get(2..).filter(|_| self.name() == "python" && self.args().next() == Some("-m"))?;
        Some(Self { words: words.to_vec() })
    }

    /// Whether the words of `pattern` fit: the first is the program's name, the others stand among its arguments in this
    /// order. `*` stands for any characters.
    pub(super) fn matches(&self, pattern: &str) -> bool {
        let mut wanted = pattern.split(' ');
        let mut words = self.words.iter();
        wanted.next().is_some_and(|name| words.next().is_some_and(|word| glob(name, word)))
            && wanted.all(|wanted| words.any(|word| glob(wanted, word)))
    }

    /// Whether it is one of the small helpers of every script (`cd`, `echo`, `pip`), which say nothing of what is run.
    pub fn is_neutral(&self) -> bool {
        NEUTRAL.binary_search(&self.name()).is_ok()
    }
}

/// The programs of a command, in order. `words` are those of the container's entrypoint and arguments.
pub fn programs<'a>(words: &[&'a str]) -> Vec<Program<'a>> {
    let mut found = Vec::new();
    each_command(words, false, &mut |words| found.extend(program(words)));
    found
}

/// The simple commands of some words, without wrappers, their paths as they are written. A shell's own script stays its
/// argument.
pub fn simple(words: &[&str]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    each_command(words, true, &mut |words| found.push(words.into_iter().map(Cow::into_owned).collect()));
    found
}

/// The script that a shell is handed in the words of a command.
pub fn script_of(words: &[&str]) -> Option<String> {
    let words = script::without_wrappers(words.iter().map(|word| Cow::Borrowed(*word)).collect());
    let is_shell = words.first().is_some_and(|word| SHELLS.contains(&base_name(word)));
    handed(&words).ok().flatten().filter(|_| is_shell).map(|script| script.clone().into_owned())
}

/// A command word by word.
type CommandWords<'a> = Vec<Cow<'a, str>>;

/// Calls `visit` with each simple command of some words, without wrappers, and with those of the scripts that shells are
/// handed. A script that prepares something and starts what it is given is a wrapper, unless it `prepares` on its own account.
fn each_command<'a>(words: &[&'a str], prepares: bool, visit: &mut dyn FnMut(CommandWords<'a>)) {
    match words {
        // One word with spaces is a whole command line for an image whose entrypoint is a shell.
        [line] if line.trim().contains(char::is_whitespace) => each_of_script(line, prepares, 1, visit),
        _ => each_of_words(words.iter().map(|word| Cow::Borrowed(*word)).collect(), prepares, 0, visit),
    }
}

fn each_of_script<'a>(script: &str, prepares: bool, depth: usize, visit: &mut dyn FnMut(CommandWords<'a>)) {
    for words in script::commands(script) {
        each_of_words(words.into_iter().map(Cow::Owned).collect(), prepares, depth, visit);
    }
}

fn each_of_words<'a>(
    words: CommandWords<'a>,
    prepares: bool,
    depth: usize,
    visit: &mut dyn FnMut(CommandWords<'a>),
) {
    let is_kept = prepares && words.first().is_some_and(|word| word.ends_with("entrypoint.sh"));
    let words = if is_kept { words } else { script::without_wrappers(words) };
    let Some(name) = words.first().map(|word| base_name(word)) else { return };
    let script = match name {
        // Some images start a shell.
        "-c" | "-lc" => words.get(1),
        // `su - user -c '…'`
        "su" | "runuser" => words.iter().skip_while(|word| *word != "-c" && *word != "--command").nth(1),
        name if SHELLS.contains(&name) => handed(&words).ok().flatten(),
        _ => None,
    };
    match script {
        Some(script) if depth < DEPTH => each_of_script(script, prepares, depth + 1, visit),
        Some(_) => {}
        None => visit(words),
    }
}

/// The script that a shell is handed behind `-c`, or else the place of the file that it runs.
fn handed<'w>(words: &'w [Cow<'_, str>]) -> Result<Option<&'w Cow<'w, str>>, usize> {
    let mut args = words.iter().enumerate().skip(1);
    while let Some((at, word)) = args.next() {
        if word.starts_with('-') && !word.starts_with("--") && word.ends_with('c') {
            // Options may stand between `-c` and the script.
            return Ok(args.map(|(_, word)| word).find(|word| !word.starts_with('-')));
        }
        if word.as_ref() == "-o" {
            args.next();
        } else if !word.starts_with(['-', '+']) {
            return Err(at);
        }
    }
    Ok(None)
}

/// The program of one simple command: of a shell the file that it runs, else the shell itself.
fn program(mut words: CommandWords<'_>) -> Option<Program<'_>> {
    while SHELLS.contains(&base_name(words.first()?)) {
        match handed(&words) {
            Err(at) => words = script::without_wrappers(words.split_off(at)),
            Ok(_) => return Some(Program { words: vec![Cow::Borrowed("sh")] }),
        }
    }
    let name = base_name(words.first()?).to_owned();
    // Arguments alone are those of the image's own entrypoint, whose name they do not tell.
    if name.starts_with('-') {
        return Some(Program { words: std::iter::once(Cow::Borrowed("")).chain(words).collect() });
    }
    let rest = words.into_iter().skip(1);
    let words = if is_python(&name) {
        python(rest)
    } else if name.rsplit_once('.').is_some_and(|(_, ending)| ending == "py") {
        [Cow::Borrowed("python"), Cow::Owned(name)].into_iter().chain(rest).collect()
    } else {
        std::iter::once(Cow::Owned(name)).chain(rest).collect()
    };
    Some(Program { words })
}

fn is_python(name: &str) -> bool {
    let version = name.strip_prefix("python").or_else(|| name.strip_prefix("ipython"));
    version.is_some_and(|version| version.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

/// `python -m module …`, `python -c code`, or `python file.py …` without the interpreter's own options.
fn python<'a>(mut args: impl Iterator<Item = Cow<'a, str>>) -> Vec<Cow<'a, str>> {
    let mut words = vec![Cow::Borrowed("python")];
    while let Some(word) = args.next() {
        match word.as_ref() {
            // Code that starts processes is a program of its own, which nobody knows.
            "-c" => {
                let code = args.next();
                let alone =
                    code.as_ref().is_some_and(|code| !PROCESS_WORDS.iter().any(|word| code.contains(word)));
                words.extend(code.filter(|_| alone).map(|_| word));
                return words;
            }
            "-m" => {
                words.push(word);
                words.extend(args);
                return words;
            }
            "-W" | "-X" => drop(args.next()),
            "--version" | "-V" | "--help" | "-h" => words.push(word),
            option if option.starts_with('-') => {}
            file => {
                words.push(Cow::Owned(base_name(file).to_owned()));
                words.extend(args);
                return words;
            }
        }
    }
    words
}

/// The last part of a path.
fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests;
