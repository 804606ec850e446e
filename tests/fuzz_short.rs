//! A short run of the fuzz targets in `fuzz/` on any toolchain: seeds from `fixtures/`, mutated by a fixed series of random
//! numbers.
//!
//! `ROUNDS=1000000 cargo test --release --test fuzz_short` runs longer; `SEED=7` runs another series.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::pedantic, unreachable_pub, missing_docs)]

mod common;

#[path = "../fuzz/src/lib.rs"]
mod targets;

use common::{files, root};

/// A xorshift generator: the same series everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// Pieces of text that mean something to one of the readers.
const WORDS: &[&str] = &[
    "\n",
    "\n  ",
    "\t",
    " \\\n",
    "&a",
    "*a",
    "<<: *a",
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    "`",
    "$(",
    ")",
    "${A:-",
    "#",
    "docker run ",
    "--gpus all ",
    "--shm-size=2g ",
    "--ipc=host ",
    "services:",
    "shm_size: 8",
    "gpus: all",
    "containers:",
    "nvidia.com/gpu: 1",
    "<<EOF\n",
    "EOF\n",
    "---\n",
    "{{ x }}",
    "!reset",
    "é",
    "\r\n",
    "\0",
    "extends: ",
    "image: x",
    "volumes:",
];

#[test]
fn nothing_breaks_on_mutated_fixtures() {
    let env = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let rounds = env("ROUNDS").unwrap_or(3_000);
    let mut random = Random(env("SEED").unwrap_or(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let fixtures = root().join("fixtures");
    let seeds: Vec<(String, Vec<u8>)> = files(&fixtures)
        .into_iter()
        .map(|file| (file.display().to_string(), std::fs::read(fixtures.join(file)).expect("a fixture")))
        .collect();
    for round in 0..rounds {
        let (name, target) = targets::TARGETS[round as usize % targets::TARGETS.len()];
        let (file, mut data) = seeds[random.below(seeds.len())].clone();
        data.insert(0, name_like(&file, &mut random));
        for _ in 0..=random.below(6) {
            mutate(&mut data, &mut random);
        }
        data.truncate(4_000);
        let kept = data.clone();
        if std::panic::catch_unwind(move || target(&data)).is_err() {
            let file = std::env::temp_dir().join(format!("shmlint-fuzz-{name}-{round}"));
            std::fs::write(&file, kept).expect("a finding can be kept");
            panic!("target {name} fails in round {round}; its input is in {}", file.display());
        }
    }
}

/// The byte that chooses a name: that of the file itself or one with its ending, most times; else any.
fn name_like(file: &str, random: &mut Random) -> u8 {
    let ending = |name: &str| name.rsplit(['.', '/']).next().map(str::to_owned);
    let file = file.trim_end_matches(".fixed");
    let own = |name: &&str| file.ends_with(*name);
    let alike = |name: &&str| ending(name) == ending(file);
    let fitting = |fits: &dyn Fn(&&str) -> bool| {
        (0..targets::NAMES.len()).filter(|at| fits(&targets::NAMES[*at])).collect::<Vec<_>>()
    };
    let names = match random.below(4) {
        0 => Vec::new(),
        1 => fitting(&alike),
        _ => Some(fitting(&own)).filter(|own| !own.is_empty()).unwrap_or_else(|| fitting(&alike)),
    };
    if names.is_empty() { random.next() as u8 } else { names[random.below(names.len())] as u8 }
}

fn mutate(data: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(data.len());
    match random.below(5) {
        0 => data[at] = random.next() as u8,
        1 => drop(data.splice(at..at, WORDS[random.below(WORDS.len())].bytes())),
        2 => drop(data.drain(at..(at + random.below(20)).min(data.len()))),
        3 => {
            let end = (at + random.below(80)).min(data.len());
            let copy = data[at..end].to_vec();
            let to = random.below(data.len());
            drop(data.splice(to..to, copy));
        }
        _ => data.truncate(at.max(1)),
    }
    if data.is_empty() {
        data.push(b'\n');
    }
}
