//! The command line: arguments in, output and exit status out.

mod args;
mod check;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};

/// Nothing at or above `--fail-on` is left.
pub const CLEAN: u8 = 0;
/// Something at or above `--fail-on` is left.
pub const FINDINGS: u8 = 1;
/// The run itself failed.
pub const FAILED: u8 = 2;

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        None => check::run(&arguments.check),
        Some(Command::Check(check)) => check::run(&check),
        Some(Command::List(list)) => check::list(&list),
    };
    match done {
        Ok(status) => ExitCode::from(status),
        Err(message) => {
            complain(&message);
            ExitCode::from(FAILED)
        }
    }
}

/// Says on stderr what went wrong.
#[allow(clippy::print_stderr)]
pub(crate) fn complain(message: &str) {
    eprintln!("shmlint: {message}");
}
