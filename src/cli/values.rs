//! The values of options that are read in their own way.

use std::ffi::OsStr;

use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};
use clap::{Arg, Command, Error, ValueEnum};

use crate::report::Format;

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// On a terminal; NO_COLOR, FORCE_COLOR and CLICOLOR_FORCE are honoured
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// A format, and the file it goes to where it does not go to stdout: `sarif=out.sarif`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FormatTo {
    pub(crate) format: Format,
    pub(crate) file: Option<String>,
}

/// Reads `NAME` or `NAME=FILE`.
#[derive(Clone)]
pub(crate) struct FormatToParser;

impl TypedValueParser for FormatToParser {
    type Value = FormatTo;

    fn parse_ref(&self, cmd: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<FormatTo, Error> {
        let text = value.to_string_lossy();
        let (name, file) = match text.split_once('=') {
            Some((name, file)) => (name, Some(file.to_owned())),
            None => (text.as_ref(), None),
        };
        let format = EnumValueParser::<Format>::new().parse_ref(cmd, arg, OsStr::new(name))?;
        Ok(FormatTo { format, file })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Format::value_variants().iter().filter_map(ValueEnum::to_possible_value)))
    }
}
