//! Input that means harm, or is broken beyond hope: it is answered soon, and in little memory.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, missing_docs)]

#[path = "common/memory.rs"]
mod memory;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use memory::Memory;
use shmlint::text::source::Source;

/// What a busy machine may take for what a release build does in less than a second.
const PATIENCE: Duration = Duration::from_secs(30);

/// A build without optimisation is asked for less.
const SCALE: usize = if cfg!(debug_assertions) { 5 } else { 1 };

fn answers(name: &str, files: &Memory, paths: &[&str]) {
    let start = Instant::now();
    let report = files.lint(paths);
    let _ = files.fixed(&report);
    assert!(start.elapsed() < PATIENCE, "{name}: {:?}", start.elapsed());
}

fn one(name: &str, text: impl Into<Vec<u8>>) {
    let source: Arc<Source> = Source::new("compose.yaml", text.into());
    answers(name, &Memory([("compose.yaml".to_owned(), source)].into()), &["compose.yaml"]);
}

#[test]
fn bombs_stay_small() {
    let mut aliases = String::from("x-0: &a0 [1, 1]\n");
    let mut merges = String::from("x-0: &m0 {gpus: all}\n");
    for level in 1..200 {
        let below = level - 1;
        writeln!(aliases, "x-{level}: &a{level} [*a{below}, *a{below}, *a{below}]").unwrap();
        writeln!(merges, "x-{level}: &m{level} {{<<: [*m{below}, *m{below}, *m{below}]}}").unwrap();
    }
    one(
        "aliases",
        format!("{aliases}services: {{a: {{image: x, volumes: *a199, devices: *a199, tmpfs: *a199}}}}\n"),
    );
    one("merges", format!("{merges}services: {{a: {{<<: *m199, image: x}}}}\n"));
}

#[test]
fn many_services_may_share_much() {
    let mut text = String::from("x: &x\n  image: pytorch/pytorch\n  gpus: all\n  environment:\n");
    for number in 0..2_000 / SCALE {
        writeln!(text, "    - A{number}={number}").unwrap();
    }
    text.push_str("services:\n");
    for number in 0..2_000 / SCALE {
        writeln!(text, "  s{number}: {{<<: *x}}").unwrap();
    }
    one("shared", text);
    let mut chain = String::from("services:\n  s0: {image: x, gpus: all}\n");
    for number in 1..5_000 / SCALE {
        writeln!(chain, "  s{number}: {{extends: s{}, ipc: \"service:s{}\"}}", number - 1, number + 1)
            .unwrap();
    }
    one("chain", chain);
}

#[test]
fn nesting_ends() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", ""), ("a: {b: [", "")] {
        let text = format!(
            "services:\n  a:\n    gpus: all\n    x: {}{}\n",
            open.repeat(100_000),
            close.repeat(100_000)
        );
        one(open, text);
    }
    one("default", format!("services: {{a: {{gpus: all, shm_size: \"{}\"}}}}\n", "${A:-".repeat(100_000)));
}

#[test]
fn circles_end() {
    let files = Memory::of([
        (
            "compose.yaml",
            "include: [a.yaml, b.yaml]\nservices: {s: {gpus: all, extends: {file: a.yaml, service: s}}}\n",
        ),
        ("a.yaml", "include: [b.yaml]\nservices: {s: {extends: {file: b.yaml, service: s}}}\n"),
        (
            "b.yaml",
            "include: [a.yaml, compose.yaml]\nservices: {s: {extends: {file: compose.yaml, service: s}}}\n",
        ),
    ]);
    answers("circle", &files, &["compose.yaml", "a.yaml", "b.yaml"]);
    let mut texts = Vec::new();
    for level in 0..60 {
        let next = level + 1;
        let include = format!("include: [f{next}.yaml, f{next}.yaml, f{}.yaml]\n", level + 2);
        texts
            .push((format!("f{level}.yaml"), format!("{include}services: {{s: {{image: x, gpus: all}}}}\n")));
    }
    let files = Memory::of(texts.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    answers("fan", &files, &["f0.yaml"]);
}

#[test]
fn large_files_are_read() {
    let mut text = String::from("services:\n");
    while text.len() < 5_000_000 / SCALE {
        writeln!(
            text,
            "  s{}:\n    image: pytorch/pytorch\n    # a service\n    ports: [\"80:80\"]",
            text.len()
        )
        .unwrap();
    }
    text.push_str("  last:\n    image: pytorch/pytorch\n    gpus: all\n");
    one("large", text);
    one(
        "one line",
        format!(
            "services: {{a: {{image: x, gpus: all, command: \"{}\"}}}}\n",
            "x ".repeat(2_000_000 / SCALE)
        ),
    );
}

#[test]
fn broken_bytes_are_no_harm() {
    let sound = "services:\n  a:\n    image: pytorch/pytorch\n    gpus: all\n";
    one("invalid UTF-8", [sound.as_bytes(), b"    # \xff\xfe\xe9\n"].concat());
    let utf16 = |big: bool| -> Vec<u8> {
        let units = std::iter::once(0xFEFF).chain(sound.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    one("UTF-16", utf16(true));
    one("UTF-16", utf16(false));
    for piece in ["\0", "\t", "\u{85}", "\u{2028}", "\u{feff}", "\r"] {
        for at in [0, 12, sound.len()] {
            let mut text = sound.to_owned();
            text.insert_str(at, piece);
            one(piece, text);
        }
    }
}
