//! The binary: hands the arguments to the library and turns its answer into the exit status.

use std::process::ExitCode;

fn main() -> ExitCode {
    shmlint::cli::main()
}
