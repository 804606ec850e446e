//! How long the parts take on one file of each sort: `cargo bench`.
//!
//! Whole runs against other tools are measured from outside; `benches/README.md` says how.

#![allow(missing_docs, clippy::expect_used, clippy::format_push_string)]

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use shmlint::lint::around::Surroundings;
use shmlint::lint::check::{Fixes, Request};
use shmlint::lint::discover::Walk;
use shmlint::lint::options::Options;
use shmlint::lint::run::Lint;
use shmlint::syntax::shell::{self, Script};
use shmlint::syntax::yaml::Yaml;
use shmlint::text::files::{Files, ReadError};
use shmlint::text::source::Source;

fn main() {
    divan::main();
}

/// One file in memory.
struct One(Arc<Source>);

impl Files for One {
    fn read(&self, path: &str) -> Result<Arc<Source>, ReadError> {
        if path == self.0.path() { Ok(Arc::clone(&self.0)) } else { Err(ReadError::NotFound) }
    }

    fn resolve(&self, _from: &str, _to: &str) -> Result<String, ReadError> {
        Err(ReadError::NotFound)
    }
}

/// Twenty services, every fourth with a GPU.
fn compose() -> String {
    let mut text = String::from("services:\n");
    for number in 0..20 {
        text.push_str(&format!(
            "  service-{number}:\n    image: registry.local/team/service:{number}\n    restart: unless-stopped\n    \
             environment:\n      - LEVEL=info\n      - PORT=80{number}\n    volumes:\n      - ./data/{number}:/data:ro\n    \
             command: [\"serve\", \"--port\", \"80{number}\"]\n"
        ));
        if number % 4 == 0 {
            text.push_str("    deploy:\n      resources:\n        reservations:\n          devices:\n            - driver: nvidia\n              count: all\n              capabilities: [gpu]\n");
        }
    }
    text
}

fn script() -> String {
    let mut text = String::from("#!/usr/bin/env bash\nset -euo pipefail\nIMAGE=${1:-acme/train:latest}\n");
    for number in 0..20 {
        text.push_str(&format!(
            "mkdir -p \"/tmp/out-{number}\"\nif [ -f a.txt ]; then rm a.txt; fi\ndocker run --rm -it \\\n  --gpus all \\\n  \
             -v \"$PWD/out-{number}:/out\" \\\n  \"$IMAGE\" \\\n  python train.py --epochs {number}\n"
        ));
    }
    text
}

fn manifest() -> String {
    let mut text = String::new();
    for number in 0..10 {
        text.push_str(&format!(
            "---\napiVersion: batch/v1\nkind: Job\nmetadata:\n  name: job-{number}\nspec:\n  template:\n    spec:\n      \
             containers:\n        - name: train\n          image: acme/train:{number}\n          resources:\n            \
             limits:\n              memory: 64Gi\n              nvidia.com/gpu: 1\n      restartPolicy: Never\n"
        ));
    }
    text
}

#[divan::bench]
fn yaml_tree(bencher: Bencher<'_, '_>) {
    let text = compose();
    bencher.counter(BytesCount::of_str(&text)).bench(|| Yaml::parse(black_box(&text)));
}

#[divan::bench]
fn shell_reader(bencher: Bencher<'_, '_>) {
    let text = script();
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| Script::read(black_box(&text), shell::ShellOptions::default()).commands.len());
}

/// Check without and with proven fixes.
#[divan::bench(args = [("compose.yaml", false), ("compose.yaml", true), ("run.sh", false), ("run.sh", true), ("job.yaml", false), ("job.yaml", true)])]
fn whole(bencher: Bencher<'_, '_>, (name, with_fixes): (&str, bool)) {
    let text = match name {
        "run.sh" => script(),
        "job.yaml" => manifest(),
        _ => compose(),
    };
    let memory = One(Source::new(name, text.clone().into_bytes()));
    let options = Options::default();
    let fixes = if with_fixes { Fixes::All } else { Fixes::None };
    let request = Request { prove: fixes, ..Request::default() };
    let paths = [name.to_owned()];
    bencher.counter(BytesCount::of_str(&text)).bench(|| {
        let seen = AtomicUsize::new(0);
        let walk = Walk::default();
        let around = &Surroundings::new(&memory, &walk, Some(&options.read));
        let lint = Lint { files: &memory, options: &options, around, request, seen: &seen };
        lint.run(&walk, black_box(&paths)).findings.len()
    });
}
