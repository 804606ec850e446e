//! Scripts: sh, bash, zsh and ksh, Slurm's batch scripts, fish, batch files and PowerShell.

use super::read::{Host, kind};
use super::script::Script;
use super::{inner, remarked};
use crate::platform::kind::{Claim, EVERYWHERE, Kind};
use crate::platform::remarks::lies_in;
use crate::platform::run::{ENGINES, comments, starts_containers};
use crate::syntax::shell::{Dialect, Options};
use crate::text::filename::FileName;
use crate::text::layer::Layer;
use crate::text::source::Span;

/// Endings of scripts and the language they are in.
const ENDINGS: [(&str, Dialect); 13] = [
    ("sh", Dialect::Posix),
    ("bash", Dialect::Posix),
    ("zsh", Dialect::Posix),
    ("ksh", Dialect::Posix),
    ("command", Dialect::Posix),
    ("sbatch", Dialect::Posix),
    ("slurm", Dialect::Posix),
    ("sub", Dialect::Posix),
    ("pbs", Dialect::Posix),
    ("fish", Dialect::Fish),
    ("bat", Dialect::Batch),
    ("cmd", Dialect::Batch),
    ("ps1", Dialect::PowerShell),
];

/// What shells read where they start: people keep functions and aliases there.
const STARTUP: [&str; 9] = [
    ".aliases",
    ".bash_aliases",
    ".bash_functions",
    ".bash_profile",
    ".bashrc",
    ".functions",
    ".profile",
    ".zprofile",
    ".zshrc",
];

/// Scripts.
pub static KIND: Kind = kind::<Shell>();

struct Shell;

impl Host for Shell {
    const NAME: &'static str = "script";
    const WORDS: &'static [&'static [&'static str]] = &[EVERYWHERE, ENGINES, inner::WORDS];

    fn claim(file: &FileName<'_>) -> Claim {
        claim(file)
    }

    fn relevant(text: &str, claim: Claim, every_container: bool) -> bool {
        let starts = starts_containers(text, every_container)
            || (text.contains("<<") && inner::may_hold(text, every_container));
        starts && (claim == Claim::ByName || shebang(text).is_some())
    }

    fn scripts(path: &str, file: &Layer) -> Vec<Script> {
        let name = FileName::new(path);
        let ending = by_ending(name.finished().unwrap_or(name).ending);
        let dialect = ending.or_else(|| shebang(file.text())).unwrap_or_default();
        let zsh = dialect == Dialect::Posix && is_zsh(&name.finished().unwrap_or(name), file.text());
        let options = Options { dialect, zsh, ..Options::default() };
        let mut found = vec![Script::new(file.clone(), options)];
        let said = remarked::scripts(file, true);
        if !said.is_empty() {
            // What looks like a comment may stand in a here-document.
            let comments = comments(file, options);
            let is_real = |script: &Script| lies_in(&comments, script.layer.map(Span::at(0)).start);
            found.extend(said.into_iter().filter(is_real));
        }
        found
    }
}

fn claim(file: &FileName<'_>) -> Claim {
    if let Some(finished) = file.finished() {
        return Claim::by_name(claim(&finished) == Claim::ByName);
    }
    if by_ending(file.ending).is_some() || STARTUP.contains(&file.name) {
        Claim::ByName
    } else if file.name.contains('.') {
        // Hidden files without an ending are settings, as a rule.
        Claim::No
    } else {
        Claim::ByContent
    }
}

fn by_ending(ending: &str) -> Option<Dialect> {
    ENDINGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending)).map(|(_, dialect)| *dialect)
}

/// The language that a first line names, `#!/bin/bash`. Some scripts have a licence before it.
fn shebang(text: &str) -> Option<Dialect> {
    let line = text.lines().take(40).find_map(|line| line.strip_prefix("#!"))?;
    let names =
        line.split([' ', '\t', '/']).map(|word| word.trim_end_matches(|c: char| !c.is_ascii_alphabetic()));
    let mut found = names.filter_map(|name| match name {
        "sh" | "bash" | "zsh" | "ksh" | "dash" | "ash" => Some(Dialect::Posix),
        "fish" => Some(Dialect::Fish),
        "pwsh" => Some(Dialect::PowerShell),
        _ => None,
    });
    found.next()
}

/// Whether zsh runs a script, and as itself: an option can make it split strings as others do.
fn is_zsh(name: &FileName<'_>, text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    let named = name.ending == "zsh" || name.name.starts_with(".z");
    let is = if first.starts_with("#!") { first.contains("zsh") } else { named };
    let as_other = || {
        ["shwordsplit", "sh_word_split", "SH_WORD_SPLIT", "emulate "].iter().any(|word| text.contains(word))
    };
    is && !as_other()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_known_by_ending_or_first_line() {
        let claim = |path| claim(&FileName::new(path));
        assert_eq!(claim("a/run.sh"), Claim::ByName);
        assert_eq!(claim("a/run.BAT"), Claim::ByName);
        assert_eq!(claim("a/run"), Claim::ByContent);
        assert_eq!(claim("a/run.sh.j2"), Claim::ByName);
        assert_eq!(claim("a/run.example"), Claim::No);
        assert_eq!(claim("a/run.py"), Claim::No);
        assert_eq!(claim("a/.bashrc"), Claim::ByName);
        assert_eq!(shebang("# licence\n#!/usr/bin/env -S bash -e\n"), Some(Dialect::Posix));
        assert_eq!(shebang("#!/usr/bin/env python3\n"), None);
    }
}
