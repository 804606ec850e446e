//! One fuzz target of `src/lib.rs`, chosen by the environment variable `TARGET` (default: `whole`).
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use shmlint_fuzz::{Target, target};

static CHOSEN: OnceLock<Target> = OnceLock::new();

fuzz_target!(|data: &[u8]| {
    let run = CHOSEN.get_or_init(|| target(&std::env::var("TARGET").unwrap_or_else(|_| "whole".into())));
    run(data);
});
