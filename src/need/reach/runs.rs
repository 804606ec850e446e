//! Which file or module a command line runs, seen through interpreters and launchers.

/// What a command runs, with the words that it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Runs<'w> {
    /// A Python file.
    File(&'w str, &'w [String]),
    /// A Python module, and what is called of it where that is said: `a.b.c`, `a.b:create_app`.
    Module(&'w str, &'w [String]),
    /// A script for a shell.
    Shell(&'w str, &'w [String]),
}

/// Modules of Python that launch another program.
const LAUNCHERS: [&str; 8] = [
    "torch.distributed.run",
    "torch.distributed.launch",
    "accelerate.commands.launch",
    "deepspeed.launcher.runner",
    "streamlit",
    "coverage",
    "cProfile",
    "debugpy",
];

/// Servers that are given `module:application`.
const SERVERS: [&str; 6] = ["uvicorn", "gunicorn", "hypercorn", "granian", "daphne", "bentoml"];

/// Programs that look at a file and do not run it as it stands.
const READERS: [&str; 9] = ["pytest", "ruff", "black", "mypy", "flake8", "pylint", "vim", "nano", "jupyter"];

/// What the words of a simple command run: mostly one program; a launcher that is a script itself starts a second one.
pub(super) fn runs(words: &[String]) -> Vec<Runs<'_>> {
    let Some((first, rest)) = words.split_first() else { return Vec::new() };
    let name = first.rsplit('/').next().unwrap_or(first);
    if ["sh", "bash", "dash", "ash", "zsh"].contains(&name) {
        let script = rest.iter().position(|word| !word.starts_with(['-', '+']) && word != "pipefail");
        return script
            .and_then(|at| Some(Runs::Shell(rest.get(at)?, rest.get(at + 1..)?)))
            .into_iter()
            .collect();
    }
    if is_python(name) {
        return python(rest);
    }
    if has_ending(name, &["py"]) {
        return python(words);
    }
    if has_ending(name, &["sh", "bash"]) {
        return vec![Runs::Shell(first, rest)];
    }
    if SERVERS.contains(&name) {
        return served(rest);
    }
    if name == "celery" {
        let at = rest.iter().position(|word| word == "-A" || word == "--app");
        let app = at.and_then(|at| rest.get(at + 1)).map(|app| app.split(':').next().unwrap_or(app));
        return app.map(|app| Runs::Module(app, &[])).into_iter().collect();
    }
    if READERS.contains(&name) { Vec::new() } else { launched(rest) }
}

/// The module whose application a server is given.
fn served(words: &[String]) -> Vec<Runs<'_>> {
    let is_application = |word: &&String| {
        word.split_once(':').is_some_and(|(module, name)| {
            let named = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            named && module.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte))
        })
    };
    // `module:create()` is a function that makes it.
    let application = words.iter().find(is_application).map(|word| word.trim_end_matches("()"));
    application.map(|application| Runs::Module(application, &[])).into_iter().collect()
}

/// What stands behind the options of a launcher.
fn launched(words: &[String]) -> Vec<Runs<'_>> {
    for (at, word) in words.iter().enumerate() {
        let rest = words.get(at + 1..).unwrap_or_default();
        match word.as_str() {
            word if is_python(word.rsplit('/').next().unwrap_or(word)) => return python(rest),
            "-m" | "--module" => return python(words.get(at..).unwrap_or_default()),
            word if has_ending(word, &["py"]) => return python(words.get(at..).unwrap_or_default()),
            word if has_ending(word, &["sh", "bash"]) => return vec![Runs::Shell(word, rest)],
            _ => {}
        }
    }
    Vec::new()
}

/// What the interpreter's own arguments run.
fn python(words: &[String]) -> Vec<Runs<'_>> {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let rest = words.get(at + 1..).unwrap_or_default();
        match word.as_str() {
            "-m" | "--module" => {
                let Some((module, rest)) = rest.split_first() else { return Vec::new() };
                let is_launcher = LAUNCHERS.contains(&module.as_str());
                if SERVERS.contains(&module.as_str()) {
                    return served(rest);
                }
                return if is_launcher { launched(rest) } else { vec![Runs::Module(module, rest)] };
            }
            "-c" => return Vec::new(),
            "-W" | "-X" => at += 1,
            option if option.starts_with('-') => {}
            file if has_ending(file, &["py"]) => {
                let mut found = vec![Runs::File(file, rest)];
                // `launcher.py real.py`, `x.py run -- python y.py`
                let behind = rest
                    .iter()
                    .position(|word| word == "--")
                    .map_or(rest, |at| rest.get(at + 1..).unwrap_or_default());
                // Settings may be Python, too: `train.py configs/base.py`.
                let is_program = |word: &String| has_ending(word, &["py"]) && !word.contains("config");
                let next = behind.first().is_some_and(|word| is_program(word) || is_python(word));
                if next {
                    found.extend(launched(behind));
                }
                return found;
            }
            _ => return Vec::new(),
        }
        at += 1;
    }
    Vec::new()
}

pub(super) fn is_python(name: &str) -> bool {
    let version = name.strip_prefix("python").or_else(|| name.strip_prefix("ipython"));
    version.is_some_and(|version| version.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

/// Whether a word is the name of a file with one of some endings.
pub(super) fn has_ending(word: &str, endings: &[&str]) -> bool {
    word.rsplit_once('.').is_some_and(|(name, ending)| !name.is_empty() && endings.contains(&ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_seen_through_launchers() {
        for (line, wanted) in [
            ("python3 -u a/train.py --x 1", "File(a/train.py)"),
            ("python -m a.b.c", "Module(a.b.c)"),
            ("torchrun --nproc_per_node 2 -m a.b", "Module(a.b)"),
            ("accelerate launch --num_processes 2 train.py", "File(train.py)"),
            ("python -m torch.distributed.run --standalone t.py", "File(t.py)"),
            ("mpirun -np 2 python t.py", "File(t.py)"),
            ("python launcher.py train/main.py", "File(launcher.py) File(train/main.py)"),
            ("python tool.py run -- python x.py", "File(tool.py) File(x.py)"),
            ("bash -ex run.sh a", "Shell(run.sh)"),
            ("./entrypoint.sh python x.py", "Shell(./entrypoint.sh)"),
            ("celery -A app.worker worker", "Module(app.worker)"),
            ("streamlit run app.py", "File(app.py)"),
            ("uvicorn backend.server:app --host 0.0.0.0 --port 8000", "Module(backend.server:app)"),
            ("python -m uvicorn app:app", "Module(app:app)"),
            ("nvidia-smi", ""),
            ("pytest tests/test_a.py", ""),
            ("python -c pass", ""),
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let found = runs(&words).into_iter().map(|one| match one {
                Runs::File(file, _) => format!("File({file})"),
                Runs::Module(module, _) => format!("Module({module})"),
                Runs::Shell(script, _) => format!("Shell({script})"),
            });
            assert_eq!(found.collect::<Vec<_>>().join(" "), wanted, "{line}");
        }
    }
}
