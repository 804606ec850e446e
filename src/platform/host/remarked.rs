//! Command lines in comments: `# Usage: docker run …` of a Dockerfile, a script, a Compose file.
//!
//! In a script a command may also be commented out. Where no word beside it says that it is there to be read, it is listed and
//! never reported.

use super::prose::{Line, begins_run, block, language, lines};
use super::script::HostScript;
use crate::platform::run::starts_containers;
use crate::text::layer::Layer;
use crate::text::scan::holds_any;
use crate::text::source::Span;

/// Words that say of a command below or behind them that people are to run it.
const TOLD: &[&str] = &[
    "usage",
    "use:",
    "run",
    "example",
    "e.g.",
    "start",
    "launch",
    "execute",
    "invoke",
    "how to",
    "howto",
    "test",
    "try",
    "command:",
    "deploy",
    "with docker",
    "to use",
];

/// A comment of some lines below each other.
#[derive(Default)]
struct CommentBlock {
    lines: Vec<Line>,
    prefix: Option<String>,
    /// Whether a line before its first command says what the command is for.
    is_told: bool,
    has_command: bool,
}

/// The command lines in comments that begin with `#`. In a text that has no commands of its own (`is_script` says no) a
/// command is always there to be read.
pub(super) fn scripts(file: &Layer, is_script: bool) -> Vec<HostScript> {
    let text = file.text();
    let mut found = Vec::new();
    let mut open = CommentBlock::default();
    for line in lines(text) {
        let written = line.span.of(text);
        if written.trim_start().starts_with('#') && !written.starts_with("#!") {
            open.take(line, text);
        } else {
            found.extend(std::mem::take(&mut open).script(file, is_script));
        }
    }
    found.extend(open.script(file, is_script));
    found
}

impl CommentBlock {
    fn take(&mut self, line: Line, text: &str) {
        let written = line.span.of(text);
        let code = written.trim_start().trim_start_matches('#');
        let code = code.trim_start_matches([' ', '\t']);
        // `# Usage: docker run …`
        let told = code.split_once(": ").filter(|(label, rest)| {
            label.len() < 40 && begins_run(rest.trim_start().trim_start_matches("$ "))
        });
        let command = told.map_or(code, |(_, rest)| rest.trim_start());
        self.is_told |= told.is_some();
        if begins_run(command.trim_start_matches("$ ")) && is_prose(command) {
            return;
        }
        if begins_run(command.trim_start_matches("$ ")) {
            self.has_command = true;
        } else if !self.has_command {
            self.is_told |= holds_any(code, TOLD);
        }
        let start = line.span.end - command.len();
        if self.prefix.is_none() {
            self.prefix = Span::new(line.span.start, start).of(text).to_owned().into();
        }
        self.lines.push(Line { span: Span::new(start, line.span.end), next: line.next });
    }

    fn script(self, file: &Layer, is_script: bool) -> Option<HostScript> {
        if !self.has_command {
            return None;
        }
        let layer = block(file, &self.lines, &self.prefix.unwrap_or_default(), true)?;
        starts_containers(layer.text(), true).then(|| HostScript {
            is_off: is_script && !self.is_told,
            is_docs: true,
            ..HostScript::new(layer, language("").map(|language| language.options).unwrap_or_default())
        })
    }
}

/// Whether a line that begins as a command is a sentence.
pub(super) fn is_prose(line: &str) -> bool {
    const WORDS: &[&str] = &["and", "can", "does", "is", "the", "will", "with"];
    !line.contains(['"', '\'']) && line.split_whitespace().any(|word| WORDS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::source::Source;

    /// Each command, and whether it is switched off.
    fn found(text: &str, is_script: bool) -> Vec<(String, bool)> {
        let layer = Layer::file(Source::new("a.sh", text.as_bytes().to_vec()));
        let scripts = scripts(&layer, is_script);
        scripts.iter().map(|script| (script.layer.text().trim_end().to_owned(), script.is_off)).collect()
    }

    #[test]
    fn commands_in_comments_are_found_over_several_lines() {
        let text = "# docker run --gpus all \\\n#   x\n# and more\nFROM y\n";
        assert_eq!(found(text, false), [("docker run --gpus all \\\nx".to_owned(), false)]);
        assert_eq!(found("# Usage: docker run x\n", true), [("docker run x".to_owned(), false)]);
        assert_eq!(found("# $ docker run x\n", false), [("docker run x".to_owned(), false)]);
        assert_eq!(found("# docker run --rm with x does it\n", false), []);
        assert_eq!(found("# docker is run by hand\n# run docker run x\n", false), []);
    }

    #[test]
    fn what_nobody_speaks_of_is_commented_out() {
        assert!(found("ls\n# docker run x\nls\n", true)[0].1);
        assert!(!found("# Start it:\n#\n#   docker run x\nls\n", true)[0].1);
    }
}
