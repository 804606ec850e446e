//! The command line: arguments in, output and exit status out.

mod args;
mod baseline;
mod check;
mod config_args;
mod console;
mod diff;
#[cfg(target_os = "linux")]
mod doctor;
mod fix;
mod github;
mod job;
mod list;
mod mend;
mod outputs;
mod progress;
mod rule;
mod select;
mod shell;
mod size;
mod suppress;

use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::config::schema::schema;
use args::{Arguments, Command};
use console::Console;

/// Nothing at or above `--fail-on` is left.
pub const CLEAN: u8 = 0;
/// Something at or above `--fail-on` is left.
pub const FINDINGS: u8 = 1;
/// The run itself failed.
pub const FAILED: u8 = 2;

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let console = Console::new(arguments.console);
    let done = match arguments.command {
        None => misplaced(&arguments.check.paths).map_or_else(|| check::run(&arguments.check, &console), Err),
        Some(Command::Check(args)) => check::run(&args, &console),
        Some(Command::List(args)) => list::run(&args, &console),
        Some(Command::Rule(args)) => rule::run(&args, &console),
        Some(Command::ConfigSchema) => {
            outputs::to_stdout(|out| out.write_all(schema().as_bytes())).map(|()| CLEAN)
        }
        Some(Command::Size(args)) => size::run(&args, &console),
        #[cfg(target_os = "linux")]
        Some(Command::Doctor(args)) => doctor::run(&args, &console),
        #[cfg(not(target_os = "linux"))]
        Some(Command::Doctor(_)) => {
            Err("doctor looks at Linux's /dev/shm: run it inside the container".into())
        }
        Some(Command::Completions { shell }) => shell::completions(shell),
        Some(Command::Man { command }) => shell::man(command.as_deref()),
    };
    match done {
        Ok(status) => ExitCode::from(status),
        Err(message) => {
            console.fail(&message);
            ExitCode::from(FAILED)
        }
    }
}

/// What is wrong with a path that is no file but the name of a command: options in front of it have made it one.
fn misplaced(paths: &[String]) -> Option<String> {
    let path = paths.first().filter(|path| !Path::new(path).exists())?;
    let is_command = Arguments::command().find_subcommand(path).is_some();
    is_command.then(|| format!("{path}: no such file; the command goes first: `shmlint {path} --help`"))
}
