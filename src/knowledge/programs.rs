//! The lists that `src/build/` makes of `rules/programs.yaml`: what programs and names mean on a command line.

include!(concat!(env!("OUT_DIR"), "/programs.rs"));
