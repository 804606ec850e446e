//! The binary: hands the arguments to the library and turns its answer into the exit status.

fn main() {}
