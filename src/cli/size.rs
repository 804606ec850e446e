//! `shmlint size`: how large /dev/shm should be for a data loader or a program.

use super::args::{SizeArgs, TextOrJson};
use super::console::Console;
use super::outputs::to_stdout;
use super::status::CLEAN;
use crate::config::problem::Failure;
use crate::need::question::Question;
use crate::report::size;

/// Answers the question of the arguments. Gives the exit status.
pub(super) fn run(args: &SizeArgs, console: &Console) -> Result<u8, Failure> {
    let loader = args.loader.loader()?;
    let question = Question {
        loader,
        ranks: args.loader.ranks,
        image: args.image.clone(),
        framework: args.framework.clone(),
    };
    let answer = question.answer().map_err(|error| error.to_string())?;
    to_stdout(args.format.syntax(), |out| match args.format {
        TextOrJson::Json => size::json(out, &answer),
        TextOrJson::Human => size::text(out, &answer, console.stdout()),
    })?;
    Ok(CLEAN)
}
