//! What is run in a container once it stands: `docker exec`, the lines at its prompt, the steps of its job, the next pieces of
//! code of a page.

use super::script::HostScript;
use crate::container::workload::{Later, Workload};
use crate::platform::run::client;
use crate::text::layer::Layer;
use crate::text::place::Place;
use crate::text::source::Span;

/// How many lines of a script are looked at.
const MOST_LINES: usize = 200;

/// How far before a container its heading is looked for.
const HEADING: usize = 64 << 10;

/// How many further pieces of code of a page are looked at.
const MOST_BLOCKS: usize = 8;

/// Programs of the host besides the clients of engines, which are not typed into a container.
#[rustfmt::skip]
const OF_HOST: [&str; 13] = [
    "docker-compose", "kubectl", "helm", "curl", "wget", "git", "ssh", "scp", "sudo", "open", "xhost", "make", "gcloud",
];

/// Commands with which a container waits for somebody to type.
const WAITING: [&str; 7] = ["bash", "sh", "zsh", "sleep", "tail", "tmux", "fish"];

/// Options of `exec` with a value.
const VALUED: [&str; 8] = ["-u", "--user", "-w", "--workdir", "-e", "--env", "--env-file", "--detach-keys"];

/// Says of a workload that the script at `at` starts, in which its command line begins at byte `from`, what is run in it.
pub(super) fn fill(
    workload: &mut Workload,
    name: Option<&str>,
    from: usize,
    scripts: &[HostScript],
    at: usize,
) {
    let Some(script) = scripts.get(at) else { return };
    let text = script.layer.text();
    let rest = behind_line(text, from);
    let first = workload.command.first().map(|word| word.rsplit('/').next().unwrap_or(word));
    let waits = match (first, workload.command.len()) {
        (None, _) => true,
        (Some(first), 1) => WAITING.contains(&first),
        (Some(first), _) => WAITING.contains(&first) && workload.command.iter().all(|word| word != "-c"),
    };
    let is_page = script.options.prose;
    let outer = Prompt::before(&script.layer, from);
    let mut marked = false;
    let (mut block, mut first_typed) = (String::new(), None);
    let mut found: Vec<(String, Place, bool)> = Vec::new();
    for (line, span) in lines(text, rest).take(MOST_LINES) {
        let place = || script.layer.place(span);
        if let Some(command) = executed(line, name) {
            found.push((command, place(), true));
        } else if waits && is_page {
            if line.trim().starts_with('#') {
                marked = says_inside(line);
            } else if let Some(command) = typed(line) {
                let prompt = Prompt::before(&script.layer, span.start);
                if !marked && !prompt.who().is_empty() && prompt.who() == outer.who() {
                    continue;
                }
                if marked || prompt.is_inside(&outer) {
                    found.push((command, place(), true));
                } else {
                    first_typed.get_or_insert_with(place);
                    block.push_str(&command);
                    block.push('\n');
                }
            }
        }
    }
    if waits && is_page {
        found.extend(commented(script, text.len()));
    }
    if workload.command.iter().any(|word| word.contains("sshd")) {
        found.extend(scripts.iter().flat_map(spread));
    }
    found.extend(first_typed.map(|place| (block, place, false)));
    let later = found.into_iter().map(|(script, place, typed)| Later { script, place, typed });
    workload.inside.later.extend(later);
    if waits && is_page && workload.inside.later.is_empty() {
        next_blocks(workload, scripts, at);
    }
}

/// What stands before a command on its line of a page: `root@c278c88dd552:/examples# `.
struct Prompt<'t>(&'t str);

impl<'t> Prompt<'t> {
    fn before(layer: &'t Layer, at: usize) -> Self {
        // The first character of the command, since what stands at the border of two pieces belongs to both.
        let first = layer.map(Span::at(at + 1)).start.saturating_sub(1);
        let before = layer.source().text().get(..first).unwrap_or_default();
        Self(before.rsplit('\n').next().unwrap_or_default().trim())
    }

    /// Who types where, without the folder.
    fn who(&self) -> &'t str {
        self.0.split([':', ' ', '~', '$', '#']).next().unwrap_or_default()
    }

    /// Whether it is that of a shell in a container which was started behind another prompt.
    fn is_inside(&self, outer: &Self) -> bool {
        let tells = self.0.ends_with('#') || self.0.contains('@') || self.0.starts_with('(');
        tells && (self.who() != outer.who() || (self.0.ends_with('#') && !outer.0.ends_with('#')))
    }
}

/// Commands in the comments behind the code of a piece, as what is typed into the container is often set apart.
fn commented(script: &HostScript, end: usize) -> Vec<(String, Place, bool)> {
    let source = script.layer.source();
    let from = script.layer.map(Span::new(end.saturating_sub(1), end)).end;
    let (mut marked, mut found) = (false, Vec::new());
    let rest = source.text().get(from..).unwrap_or_default();
    let begin = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
    for (line, span) in lines(rest, begin).take(MOST_LINES) {
        let Some(code) = line.trim().strip_prefix('#') else { break };
        if says_inside(line) {
            marked = true;
        } else if let Some(command) = typed(code.trim_start()).filter(|_| marked) {
            found.push((command, Place::new(source, span.shift(from)), true));
        }
    }
    found
}

/// The command lines of a piece of code with which a launcher starts processes on other hosts, over SSH.
fn spread(script: &HostScript) -> Vec<(String, Place, bool)> {
    let spreads = |line: &str| {
        ["horovodrun ", "mpirun "].iter().any(|word| line.contains(word)) && line.contains(" -H ")
    };
    let all = lines(script.layer.text(), 0).take(MOST_LINES).filter(|(line, _)| spreads(line));
    all.filter_map(|(line, span)| Some((typed(line)?, script.layer.place(span), true))).collect()
}

/// Whether a comment says that what follows is typed into the container.
fn says_inside(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    ["inside", "in the container", "in docker", "within the container", "容器内", "容器中"]
        .iter()
        .any(|word| lower.contains(word))
}

/// The pieces of code that follow under the same heading, up to the next container.
fn next_blocks(workload: &mut Workload, scripts: &[HostScript], at: usize) {
    let Some(own) = scripts.get(at) else { return };
    let source = own.layer.source();
    let start = own.layer.map(Span::at(0)).start;
    let from = (start.saturating_sub(HEADING)..=start).find(|at| source.text().is_char_boundary(*at));
    let before = source.text().get(from.unwrap_or(0)..start).unwrap_or_default();
    let (level, is_step) = headings(before).last().unwrap_or_default();
    let mut behind = own.layer.map(Span::at(own.layer.text().len())).end;
    for script in scripts.iter().skip(at + 1).take(MOST_BLOCKS) {
        let text = script.layer.text();
        let begin = script.layer.map(Span::at(0)).start;
        let between = source.text().get(behind..begin).unwrap_or_default();
        // What closes the last piece of code opens none.
        let between = between.split_once("```").map_or(between, |(_, rest)| rest);
        // The steps of a list go on under headings with numbers.
        let goes_on = |other, step| other > level || (other == level && is_step && step);
        let ends = headings(between).any(|(other, step)| level > 0 && !goes_on(other, step));
        if ends || text.contains("docker run") || text.contains("docker compose") {
            return;
        }
        let commands: Vec<String> =
            lines(text, 0).take(MOST_LINES).filter_map(|(line, _)| typed(line)).collect();
        if !commands.is_empty() {
            let place = script.layer.place(Span::at(text.len() - text.trim_start().len()));
            workload.inside.later.push(Later { script: commands.join("\n"), place, typed: false });
        }
        behind = script.layer.map(Span::at(text.len())).end;
    }
}

/// The steps of the job whose container stands at a byte of a pipeline: the scripts in the same mapping.
pub(super) fn steps(workload: &mut Workload, scripts: &[HostScript], at: usize) {
    let Some(own) = scripts.get(at) else { return };
    let text = own.layer.source().text();
    let place = workload.place.span.start;
    let start = text.get(..place).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut own_indent = text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, indent);
    // `options:` stands below `container:`.
    let above = text
        .get(..start)
        .unwrap_or_default()
        .lines()
        .rev()
        .find(|line| line.trim_start().starts_with("container:"));
    if let Some(above) = above.filter(|line| indent(line) < own_indent) {
        own_indent = indent(above);
    }
    // A job works in its checkout.
    workload.inside.working_dir = Some("/workspace".to_owned());
    workload.inside.mounts.push(("$GITHUB_WORKSPACE".to_owned(), "/workspace".to_owned()));
    let is_out = |line: &str| !line.trim().is_empty() && indent(line) < own_indent;
    let mut end = start;
    for line in text.get(start..).unwrap_or_default().split_inclusive('\n') {
        if is_out(line) {
            break;
        }
        end += line.len();
    }
    let mut begin = start;
    for line in text.get(..start).unwrap_or_default().split_inclusive('\n').rev() {
        if is_out(line) {
            break;
        }
        begin -= line.len();
    }
    for script in scripts.iter().filter(|script| script.container.is_none()) {
        let at = script.layer.map(Span::at(0)).start;
        if (begin..end).contains(&at) && workload.inside.later.len() < 64 {
            let (script, place) = (script.layer.text().to_owned(), script.layer.place(Span::at(0)));
            workload.inside.later.push(Later { script, place, typed: false });
        }
    }
}

/// The levels of the headings in a part of a page, and whether each is numbered.
fn headings(text: &str) -> impl Iterator<Item = (usize, bool)> {
    let mut in_fence = false;
    text.lines().filter_map(move |line| {
        in_fence ^= line.trim_start().starts_with("```");
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        let title = line.get(level..)?.strip_prefix(' ').filter(|_| !in_fence && level > 0)?.trim_start();
        let title = title.strip_prefix("Step ").unwrap_or(title);
        Some((level, title.starts_with(|c: char| c.is_ascii_digit())))
    })
}

/// The byte behind the command line that begins at `from`, with all lines that it goes on over.
fn behind_line(text: &str, from: usize) -> usize {
    let mut at = from;
    for line in text.get(from..).unwrap_or_default().split_inclusive('\n') {
        at += line.len();
        if !line.trim_end().ends_with(['\\', '`', '^']) {
            break;
        }
    }
    at
}

/// The lines of a text from a byte on, each with its span; those that go on are one.
fn lines(text: &str, from: usize) -> impl Iterator<Item = (&str, Span)> {
    let mut at = from;
    std::iter::from_fn(move || {
        let end = behind_line(text, at);
        let span = Span::new(at, end.min(text.len()));
        at = end;
        (!span.is_empty()).then(|| (span.of(text), span))
    })
}

/// What `docker exec` runs in the container of a name.
fn executed(line: &str, name: Option<&str>) -> Option<String> {
    let (before, behind) = line.split_once(" exec ")?;
    if ["echo ", "printf ", "Write-"].iter().any(|word| before.contains(word)) {
        return None;
    }
    let engine = before.rsplit([' ', '(', '"', '\t']).next()?;
    client(engine)?;
    let mut words = behind.split_whitespace();
    let mut rest = behind.trim_start();
    loop {
        let word = words.next()?;
        rest = rest.get(word.len()..)?.trim_start();
        if VALUED.contains(&word) {
            let value = words.next()?;
            rest = rest.get(value.len()..)?.trim_start();
        } else if !word.starts_with('-') && word != "\\" {
            let target = word.trim_matches(['"', '\'']);
            let is_own = name == Some(target) || target.starts_with(['$', '<', '{', '%']);
            return (is_own && !rest.is_empty()).then(|| rest.trim_end().to_owned());
        }
    }
}

/// The command in a line of a page that may be typed into the container.
fn typed(line: &str) -> Option<String> {
    let line = line.trim();
    let command = line.strip_prefix("$ ").unwrap_or(line);
    let first = command.split_whitespace().next()?;
    let is_word = first.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./~=$".contains(&byte));
    // What a program says: `INFO:`, `2025-04-03 01:20`, `...`
    let is_said = first.bytes().all(|byte| byte.is_ascii_uppercase() && first.len() > 3)
        || first.starts_with(|letter: char| letter.is_ascii_digit())
        || !first.contains(|letter: char| letter.is_ascii_alphanumeric());
    (is_word && !is_said && client(first).is_none() && !OF_HOST.contains(&first)).then(|| command.to_owned())
}

#[cfg(test)]
mod tests {
    use super::typed;

    #[test]
    fn what_a_program_says_is_no_command() {
        for said in
            ["INFO 2025-04-03 server.py:82] Started", "...", "2025-04-03 01:20:29 ready", "WARNING: slow"]
        {
            assert_eq!(typed(said), None, "{said}");
        }
        for command in ["$ python train.py", "NPROC=2 torchrun t.py", "./run.sh", "R -f a.R"] {
            assert!(typed(command).is_some(), "{command}");
        }
    }
}
