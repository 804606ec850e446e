//! systemd units: the commands of `ExecStart=` and its kin.

use super::same::same_but_for;
use super::{Script, begins_line};
use crate::platform::kind::{Claim, EVERYWHERE, Kind};
use crate::platform::run::{ENGINES, starts_containers, unit_commands};
use crate::syntax::shell::Options;
use crate::text::layer::{Encoding, Layer};
use crate::text::scan::Words;

/// systemd units.
pub static KIND: Kind = Kind {
    name: "systemd unit",
    claim: |file| {
        let is = file.ends_in(&["service"]) || file.name.ends_with(".service.in");
        if is { Claim::ByName } else { Claim::No }
    },
    words: Words::new(&[EVERYWHERE, ENGINES]),
    relevant: |text, _, every_container| starts_containers(text, every_container),
    links: None,
    read: |unit, context| super::read(unit, context, |_, file| scripts(file)),
    same_but_for: |before, after, edits| same_but_for(before, after, edits, |_, file| scripts(file)),
    remarks: |source, starts| {
        super::remarks(source, starts, |_, file| scripts(file), |at| begins_line(source.text(), at))
    },
};

/// Every command of a unit. A line goes on behind a `\`, as in a shell; `%n` and its kin stay as they are.
pub(super) fn scripts(file: &Layer) -> Vec<Script> {
    let commands = unit_commands(file.text()).unwrap_or_default();
    let script = |span| Script::new(file.part(span, Encoding::Verbatim), Options::default());
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
