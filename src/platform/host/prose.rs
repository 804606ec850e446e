//! Code in documents: what a block of lines holds as shell text, its indent and its prompts taken away.

use crate::knowledge::programs::FENCE_LANGUAGES;
use crate::platform::run::client;
use crate::syntax::shell::{ShellDialect, ShellOptions};
use crate::text::layer::{Encoding, Layer};
use crate::text::source::Span;

/// Words behind a fence that mean lines which are no commands as they stand.
const NO_COMMANDS: [&str; 3] = ["diff", "mermaid", "patch"];

/// How the code of a block is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Language {
    pub(super) options: ShellOptions,
    /// Whether only lines that begin as the command line of a container, or with a prompt, are commands: in a language
    /// that is none of a shell's such a line is one all the same, and its author took the wrong word.
    pub(super) is_foreign: bool,
}

/// How the code of a block is read; nothing where it holds no commands. `word` is the block's language as written, in any
/// case of letters.
pub(super) fn language(word: &str) -> Option<Language> {
    let word = word.to_ascii_lowercase();
    let is_shell = FENCE_LANGUAGES.binary_search(&word.as_str()).is_ok();
    let (dialect, is_foreign) = match word.as_str() {
        "fish" => (ShellDialect::Fish, false),
        "bat" | "batch" | "cmd" | "dos" => (ShellDialect::Batch, false),
        "powershell" | "ps1" | "pwsh" | "ps" => (ShellDialect::PowerShell, false),
        word if NO_COMMANDS.contains(&word) => return None,
        _ => (ShellDialect::Posix, !is_shell),
    };
    Some(Language { options: ShellOptions { dialect, prose: true, ..ShellOptions::default() }, is_foreign })
}

/// How many characters may stand before the arrow of a prompt: an environment, a folder.
const MAX_BEFORE_ARROW: usize = 60;

/// A line of a document without its line end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// The text without the line end.
    pub(super) span: Span,
    /// Behind the line end.
    pub(super) next: usize,
}

/// The lines of a text.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let end = start + line.trim_end_matches(['\n', '\r']).len();
        let next = start + line.len();
        let line = Line { span: Span::new(start, end), next };
        start = next;
        line
    })
}

/// The shell text of a block: `lines` are its lines, each from where its code begins. `prefix` is what stands before the
/// code of a line, for lines that are written anew.
///
/// Where a line begins with a prompt only such lines are commands, with the lines that continue them; the others are
/// what the commands print. So it is in a foreign language. Nothing where no line is a command.
pub(super) fn block(document: &Layer, lines: &[Line], prefix: &str, is_foreign: bool) -> Option<Layer> {
    let text = document.text();
    let mut embed = document.embed(Encoding::Indented(prefix.to_owned()));
    let prompted = is_foreign || lines.iter().any(|line| prompt(line.span.of(text)).is_some());
    let mut goes_on = false;
    for line in lines {
        let code = line.span.of(text);
        let skip = match prompt(code) {
            Some(prompt) => Some(prompt),
            None if goes_on && prompted && code.starts_with("> ") => Some(2),
            None if goes_on || !prompted || begins_run(code) => Some(0),
            None => None,
        };
        if let Some(skip) = skip {
            embed.copy(Span::new(line.span.start + skip, line.span.end));
            // What a document writes behind the code, as AsciiDoc its callouts, lies between.
            let line_end = text.get(line.span.end..line.next).unwrap_or_default();
            let mark = line_end.len() - line_end.trim_end_matches(['\n', '\r']).len();
            embed.copy(Span::new(line.next - mark, line.next));
            goes_on = code.trim_end().ends_with(['\\', '^', '`']);
        }
    }
    let layer = embed.finish();
    (!layer.text().is_empty()).then_some(layer)
}

/// Whether a line begins as a command line that starts a container, as what other commands print does not.
pub(super) fn begins_run(line: &str) -> bool {
    let mut words = line.split_whitespace().skip_while(|word| *word == "sudo");
    words.next().and_then(client).is_some() && matches!(words.next(), Some("run" | "create"))
}

/// How long the prompt is that a line begins with: `$ `, `user@host:~$ `, `(env) $ `, `PS C:\> `, `C:\> `; before the
/// command line of a container also `> `, `bash-5.1# `, `[gpu]$ ` and the like.
fn prompt(line: &str) -> Option<usize> {
    let indent = line.len() - line.trim_start().len();
    let code = line.get(indent..)?;
    let length = if code.starts_with("$ ") || code.starts_with("% ") {
        2
    } else if code.strip_prefix('!').is_some_and(begins_run) {
        1
    } else if code.strip_prefix("> ").is_some_and(begins_run) {
        2
    } else if let Some(arrow) = arrow(code) {
        arrow
    } else if code.starts_with("PS ") || code.get(1..3) == Some(":\\") {
        code.find("> ")? + 2
    } else {
        let end = code.find("$ ").or_else(|| code.find("# "))?;
        let host = code.get(..end)?;
        let is_prompt =
            host.contains('@') && !host.contains(['"', '\'', '=']) && host.split(' ').count() <= 2
                || (host.starts_with('(') && host.trim_end().ends_with(')'))
                || (!host.is_empty() && !host.contains(' ') && code.get(end + 2..).is_some_and(begins_run));
        is_prompt.then_some(end + 2)?
    };
    Some(indent + length)
}

/// The length of a prompt with an arrow: `❯ `, `➜  ~ `, `(base) ➜  project `.
fn arrow(code: &str) -> Option<usize> {
    let (at, mark) = code.char_indices().take(MAX_BEFORE_ARROW).find(|(_, c)| ['❯', '➜'].contains(c))?;
    let before = code.get(..at)?.trim();
    if !(before.is_empty() || before.ends_with(')') || !before.contains([' ', '"'])) {
        return None;
    }
    let behind = code.get(at + mark.len_utf8()..)?;
    let blanks = behind.len() - behind.trim_start().len();
    // Behind `➜` oh-my-zsh shows the folder, after two blanks.
    let folder = if mark == '➜' && blanks > 1 { behind.trim_start().find(' ')? + 1 } else { 0 };
    (blanks > 0).then_some(at + mark.len_utf8() + blanks + folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::source::Source;

    fn code(text: &str) -> String {
        let layer = Layer::file(Source::new("a.md", text.as_bytes().to_vec()));
        let lines: Vec<Line> = lines(text).collect();
        block(&layer, &lines, "", false).map(|code| code.text().to_owned()).unwrap_or_default()
    }

    #[test]
    fn the_table_of_shells_is_sorted() {
        assert!(FENCE_LANGUAGES.is_sorted());
        let is_foreign = |word| language(word).map(|language| language.is_foreign);
        assert_eq!(
            [is_foreign("Bash"), is_foreign("dockerfile"), is_foreign("diff")],
            [Some(false), Some(true), None]
        );
    }

    #[test]
    fn with_prompts_only_commands_count() {
        assert_eq!(code("$ docker run \\\n    x\nhello docker run y\n$ ls\n"), "docker run \\\n    x\nls\n");
        assert_eq!(code("me@host:~/a$ docker run x\nout\n"), "docker run x\n");
        assert_eq!(code("$ ls\na\ndocker run x\ndocker: no\n"), "ls\ndocker run x\n");
        assert_eq!(code("(env) $ docker run x\n"), "docker run x\n");
        assert_eq!(code("PS C:\\w> docker run x\n"), "docker run x\n");
        assert_eq!(code("!docker run \\\n x\nout\n"), "docker run \\\n x\n");
        assert_eq!(code("❯ docker run x\nout\n"), "docker run x\n");
        assert_eq!(code("(base) ➜  ~ docker run x\nout\n"), "docker run x\n");
        assert_eq!(code("$ docker run \\\n> x\n"), "docker run \\\nx\n");
        assert_eq!(code("[gpu]$ docker run x\nout\n"), "docker run x\n");
        assert_eq!(code("bash-5.1# docker run x\n# docker run y\n"), "docker run x\n");
        assert_eq!(code("> docker run x\n"), "docker run x\n");
    }

    #[test]
    fn without_prompts_every_line_counts() {
        assert_eq!(code("# comment\ndocker run -e A=$ x\n"), "# comment\ndocker run -e A=$ x\n");
    }
}
