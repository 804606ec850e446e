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
mod forge;
mod github;
mod inert;
mod init;
mod job;
mod list;
mod mend;
mod outputs;
mod plugin;
mod progress;
mod rule;
mod select;
#[cfg(feature = "packaging")]
mod shell;
mod show;
mod size;
mod status;
mod suppress;
mod values;
mod watch;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use crate::config::problem::Failure;
use crate::config::schema::schema;
use crate::text::near;
use crate::text::paths::to_os;
use args::{Arguments, Command};
use console::Console;
use plugin::Start;
pub use status::{CLEAN, FAILED, FINDINGS};

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let (name, words) = match plugin::start(std::env::args_os()) {
        Start::Run(name, words) => (name, words),
        Start::Asked => {
            let told = outputs::to_stdout(inert::Syntax::Json, plugin::tell);
            return ExitCode::from(if told.is_ok() { CLEAN } else { FAILED });
        }
    };
    let matches = Arguments::command().bin_name(name).get_matches_from(words);
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let console = Console::new(arguments.console);
    let done = match arguments.command {
        None => misplaced(&arguments.check.paths)
            .map_or_else(|| check::run(&arguments.check, &console), |text| Err(text.into())),
        Some(Command::Check(args)) => check::run(&args, &console),
        Some(Command::List(args)) => list::run(&args, &console),
        Some(Command::Rule(args)) => rule::run(&args, &console),
        Some(Command::ConfigSchema) => {
            outputs::to_stdout(inert::Syntax::Json, |out| out.write_all(schema().as_bytes()))
                .map(|()| CLEAN)
                .map_err(Failure::Said)
        }
        Some(Command::Init) => init::init(),
        Some(Command::Config(args)) => show::run(&args, &console),
        Some(Command::Size(args)) => size::run(&args, &console),
        #[cfg(target_os = "linux")]
        Some(Command::Doctor(args)) => doctor::run(&args, &console),
        #[cfg(not(target_os = "linux"))]
        Some(Command::Doctor(_)) => {
            Err("doctor looks at Linux's /dev/shm: run it inside the container".to_owned().into())
        }
        #[cfg(feature = "server")]
        Some(Command::Server(_)) => crate::server::serve().map(|()| CLEAN).map_err(Into::into),
        #[cfg(feature = "packaging")]
        Some(Command::Completions { shell }) => shell::completions(shell),
        #[cfg(feature = "packaging")]
        Some(Command::Man { command }) => shell::man(command.as_deref()),
    };
    match done {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            console.fail(&failure);
            ExitCode::from(FAILED)
        }
    }
}

/// What is wrong with a path that is no file but the name of a command, or nearly: options before it have made it a path, or a
/// slip of the finger.
fn misplaced(paths: &[String]) -> Option<String> {
    let path = paths.first().filter(|path| !to_os(path).exists())?;
    let program = Arguments::command();
    if program.find_subcommand(path).is_some() {
        return Some(format!("{path}: no such file; the command goes first: `shmlint {path} --help`"));
    }
    let names = program.get_subcommands().map(clap::Command::get_name);
    let near = near::near(path, names);
    let is_word = paths.len() == 1 && !path.contains(['/', '.']);
    let name = near.first().filter(|_| is_word)?;
    Some(format!("{path}: no such file or command; did you mean `shmlint {name}`?"))
}
