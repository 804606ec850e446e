//! Scripts: sh, bash, zsh and ksh, Slurm's batch scripts, fish, batch files and PowerShell.

use super::read::{Host, kind};
use super::script::HostScript;
use super::{inner, remarked};
use crate::platform::kind::{EVERYWHERE, FileClaim, Kind};
use crate::platform::remarks::lies_in;
use crate::platform::run::{ENGINES, comments, starts_containers};
use crate::syntax::shell::{ShellDialect, ShellOptions};
use crate::text::filename::FileName;
use crate::text::layer::Layer;
use crate::text::source::Span;

/// Endings of scripts and the language they are in.
const ENDINGS: [(&str, ShellDialect); 13] = [
    ("sh", ShellDialect::Posix),
    ("bash", ShellDialect::Posix),
    ("zsh", ShellDialect::Posix),
    ("ksh", ShellDialect::Posix),
    ("command", ShellDialect::Posix),
    ("sbatch", ShellDialect::Posix),
    ("slurm", ShellDialect::Posix),
    ("sub", ShellDialect::Posix),
    ("pbs", ShellDialect::Posix),
    ("fish", ShellDialect::Fish),
    ("bat", ShellDialect::Batch),
    ("cmd", ShellDialect::Batch),
    ("ps1", ShellDialect::PowerShell),
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
pub static KIND: Kind = kind::<ShellScripts>();

struct ShellScripts;

impl Host for ShellScripts {
    const NAME: &'static str = "script";
    const WORDS: &'static [&'static [&'static str]] = &[EVERYWHERE, ENGINES, inner::WORDS];

    fn claim(file: &FileName<'_>) -> FileClaim {
        claim(file)
    }

    fn relevant(text: &str, claim: FileClaim, every_container: bool) -> bool {
        let starts = starts_containers(text, every_container)
            || (text.contains("<<") && inner::may_hold(text, every_container));
        starts && (claim == FileClaim::ByName || shebang(text).is_some())
    }

    fn scripts(path: &str, file: &Layer) -> Vec<HostScript> {
        let options = language(path, file.text()).unwrap_or_default();
        let mut found = vec![HostScript::new(file.clone(), options)];
        let said = remarked::scripts(file, true);
        if !said.is_empty() {
            // What looks like a comment may stand in a here-document.
            let comments = comments(file, options);
            let is_real = |script: &HostScript| lies_in(&comments, script.layer.map(Span::at(0)).start);
            found.extend(said.into_iter().filter(is_real));
        }
        found
    }
}

fn claim(file: &FileName<'_>) -> FileClaim {
    if let Some(finished) = file.finished() {
        return FileClaim::by_name(claim(&finished) == FileClaim::ByName);
    }
    if by_ending(file.ending).is_some() || STARTUP.contains(&file.name) {
        FileClaim::ByName
    } else if file.name.contains('.') {
        // Hidden files without an ending are settings, as a rule.
        FileClaim::No
    } else {
        FileClaim::ByContent
    }
}

/// How a script is read, by the name and first line of its file; nothing where neither tells.
pub(super) fn language(path: &str, text: &str) -> Option<ShellOptions> {
    let name = FileName::new(path);
    let name = name.finished().unwrap_or(name);
    let dialect = by_ending(name.ending).or_else(|| shebang(text))?;
    let zsh = dialect == ShellDialect::Posix && is_zsh(&name, text);
    Some(ShellOptions { dialect, zsh, ..ShellOptions::default() })
}

fn by_ending(ending: &str) -> Option<ShellDialect> {
    ENDINGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending)).map(|(_, dialect)| *dialect)
}

/// The language that a first line names, `#!/bin/bash`. Some scripts have a licence before it.
fn shebang(text: &str) -> Option<ShellDialect> {
    let line = text.lines().take(40).find_map(|line| line.strip_prefix("#!"))?;
    let names =
        line.split([' ', '\t', '/']).map(|word| word.trim_end_matches(|c: char| !c.is_ascii_alphabetic()));
    let mut found = names.filter_map(|name| match name {
        "sh" | "bash" | "zsh" | "ksh" | "dash" | "ash" => Some(ShellDialect::Posix),
        "fish" => Some(ShellDialect::Fish),
        "pwsh" => Some(ShellDialect::PowerShell),
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
        assert_eq!(claim("a/run.sh"), FileClaim::ByName);
        assert_eq!(claim("a/run.BAT"), FileClaim::ByName);
        assert_eq!(claim("a/run"), FileClaim::ByContent);
        assert_eq!(claim("a/run.sh.j2"), FileClaim::ByName);
        assert_eq!(claim("a/run.example"), FileClaim::No);
        assert_eq!(claim("a/run.py"), FileClaim::No);
        assert_eq!(claim("a/.bashrc"), FileClaim::ByName);
        assert_eq!(shebang("# licence\n#!/usr/bin/env -S bash -e\n"), Some(ShellDialect::Posix));
        assert_eq!(shebang("#!/usr/bin/env python3\n"), None);
    }
}
