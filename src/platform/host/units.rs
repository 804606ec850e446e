//! systemd units: the commands of `ExecStart=` and its kin.

use std::sync::Arc;

use super::read::{Host, begins_line, kind, remarks};
use super::script::HostScript;
use crate::platform::kind::{FileClaim, Kind};
use crate::platform::remarks::Remarks;
use crate::platform::run::unit_commands;
use crate::syntax::shell::ShellOptions;
use crate::text::filename::FileName;
use crate::text::layer::{Encoding, Layer};
use crate::text::source::Source;

/// systemd units.
pub static KIND: Kind = kind::<SystemdUnit>();

struct SystemdUnit;

impl Host for SystemdUnit {
    const NAME: &'static str = "systemd unit";

    fn claim(file: &FileName<'_>) -> FileClaim {
        let is = file.ends_in(&["service"]) || file.name.ends_with(".service.in");
        FileClaim::by_name(is)
    }

    fn scripts(_: &str, file: &Layer) -> Vec<HostScript> {
        scripts(file)
    }

    fn remarks(source: &Arc<Source>, starts: &[usize]) -> Remarks {
        remarks(source, starts, Self::scripts, |at| begins_line(source.text(), at))
    }
}

/// Every command of a unit. A line goes on behind a `\`, as in a shell; `%n` and its kin stay as they are.
pub(super) fn scripts(file: &Layer) -> Vec<HostScript> {
    let commands = unit_commands(file.text()).unwrap_or_default();
    let script = |span| HostScript::new(file.part(span, Encoding::Verbatim), ShellOptions::default());
    commands.into_iter().map(script).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::source::Source;

    #[test]
    fn commands_are_read_over_continued_lines() {
        let text = "[Service]\nExecStartPre=-/usr/bin/docker rm x\nExecStart=/usr/bin/docker run \\\n  --gpus all x\nRestart=always\n";
        let file = Layer::file(Source::new("a.service", text.as_bytes().to_vec()));
        let texts: Vec<String> = scripts(&file).iter().map(|script| script.layer.text().to_owned()).collect();
        assert_eq!(texts, ["/usr/bin/docker rm x", "/usr/bin/docker run \\\n  --gpus all x"]);
    }
}
