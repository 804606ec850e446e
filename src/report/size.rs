//! The answer of `shmlint size`, for people and for machines.

use std::io::{self, Write};

use serde::Serialize;

use super::style::{Look, Palette};
use crate::need::DEFAULT_SHM;
use crate::need::question::Answer;
use crate::size::{Dialect, human};

#[derive(Serialize)]
struct SizeJson<'a> {
    version: u32,
    dataloader_bytes: u64,
    recommended_bytes: u64,
    recommended: String,
    reasons: &'a [String],
}

/// Writes the answer for machines:
/// `{"version":1,"dataloader_bytes","recommended_bytes","recommended","reasons":[…]}`; the size in Docker's spelling.
pub fn json(out: &mut dyn Write, answer: &Answer) -> io::Result<()> {
    let json = SizeJson {
        version: 1,
        dataloader_bytes: answer.dataloader,
        recommended_bytes: answer.recommended,
        recommended: Dialect::Docker.write(answer.recommended),
        reasons: &answer.reasons,
    };
    serde_json::to_writer(&mut *out, &json)?;
    writeln!(out)
}

/// Writes the answer for people: the size as each platform spells it, what fills it, what 64 MiB would do, and what
/// happens when it is full.
pub fn text(out: &mut dyn Write, answer: &Answer, look: Look) -> io::Result<()> {
    let bytes = answer.recommended;
    if bytes == DEFAULT_SHM {
        writeln!(out, "{}", look.paint(Palette::Strong, "Nothing to set: the default of 64 MiB is enough"))?;
        return part(out, look, "What fills /dev/shm", &answer.reasons);
    }
    let first = match answer.dataloader {
        0 => format!("Give it {}", human(bytes)),
        most => format!("Give it {}: data loaders take up to {} ({most} bytes)", human(bytes), human(most)),
    };
    for line in look.wrap(&first, 0) {
        writeln!(out, "{}", look.paint(Palette::Strong, line))?;
    }
    writeln!(out)?;
    writeln!(out, "  docker run   --shm-size={}", Dialect::Docker.write(bytes))?;
    writeln!(out, "  Compose      shm_size: {}", Dialect::Compose.write(bytes))?;
    writeln!(
        out,
        "  Kubernetes   emptyDir: {{medium: Memory, sizeLimit: {}}}",
        Dialect::Kubernetes.write(bytes)
    )?;
    let by_default = [format!("Docker's default of 64 MiB {}", answer.by_default)];
    part(out, look, "What fills /dev/shm", &answer.reasons)?;
    part(out, look, "Without it", &by_default)?;
    if answer.loads {
        part(out, look, "When it is full", &FULL.map(str::to_owned))?;
    }
    Ok(())
}

/// Measured with torch 2.9.1 and 2.15.0; the change came with pytorch/pytorch#161910.
const FULL: [&str; 2] = [
    "Up to PyTorch 2.9 a worker dies: \"Unexpected bus error encountered in worker\".",
    "From 2.10 on a batch is lost instead, and training often hangs without an error.",
];

fn part(out: &mut dyn Write, look: Look, title: &str, sentences: &[String]) -> io::Result<()> {
    if sentences.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    writeln!(out, "{}", look.paint(Palette::Strong, title))?;
    let mut lines = sentences.iter().flat_map(|sentence| look.wrap(sentence, 2));
    lines.try_for_each(|line| writeln!(out, "  {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> Answer {
        Answer {
            dataloader: 385_515_520,
            recommended: 512 << 20,
            reasons: vec!["One batch.".into()],
            by_default: "is enough for batches of at most 11 samples, not of 64.".into(),
            loads: true,
        }
    }

    fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn machines_get_the_fields_of_the_contract() {
        let text = written(|out| json(out, &answer()));
        let expected = "{\"version\":1,\"dataloader_bytes\":385515520,\"recommended_bytes\":536870912,\
                        \"recommended\":\"512m\",\"reasons\":[\"One batch.\"]}\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn people_get_every_spelling_and_the_reasons() {
        let text = written(|out| text(out, &answer(), Look::PLAIN));
        assert!(
            text.starts_with("Give it 512 MiB: data loaders take up to 367.66 MiB (385515520 bytes)\n"),
            "{text}"
        );
        for part in
            ["--shm-size=512m", "shm_size: 512mb", "sizeLimit: 512Mi", "One batch.", "at most 11", "2.10"]
        {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    }
}
