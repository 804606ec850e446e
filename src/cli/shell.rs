//! `shmlint completions` and `shmlint man`: what packages install beside the binary.

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Arguments;
use super::inert::Syntax;
use super::outputs::to_stdout;
use super::status::CLEAN;
use crate::config::problem::Failure;

/// Prints the completions for a shell.
pub(super) fn completions(shell: Shell) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "shmlint", &mut script);
    to_stdout(Syntax::Raw, |out| out.write_all(&script))?;
    Ok(CLEAN)
}

/// Prints the man page of the program, or of one of its commands.
pub(super) fn man(command: Option<&str>) -> Result<u8, Failure> {
    let mut program = Arguments::command();
    program.build();
    let page = match command {
        None => program,
        Some(name) => {
            // Built, it knows its full name: `shmlint-list`, as `man` looks for it.
            let found = program.find_subcommand(name);
            found.ok_or_else(|| format!("no command is called '{name}'"))?.clone()
        }
    };
    let page = clap_mangen::Man::new(page).source(concat!("shmlint ", env!("CARGO_PKG_VERSION")));
    to_stdout(Syntax::Raw, |out| page.render(&mut &mut *out))?;
    Ok(CLEAN)
}
