//! What can be written behind `shmlint`. The long options are a contract.

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::discover::Walk;
use crate::finding::Severity;

/// Finds GPU containers that get the 64 MiB default /dev/shm, and writes the missing setting.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) check: CheckArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check files and folders (the default command)
    Check(Box<CheckArgs>),
    /// List every container found: its GPU, its /dev/shm, and why it is or is not reported
    List(ListArgs),
}

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct CheckArgs {
    /// Files and folders; `-` reads standard input
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<String>,
    /// Write the safe fixes into the files
    #[arg(long)]
    pub(crate) fix: bool,
    /// Apply fixes too that may change what works today
    #[arg(long)]
    pub(crate) unsafe_fixes: bool,
    /// Print what --fix would change as a unified diff, and write nothing
    #[arg(long, conflicts_with = "format")]
    pub(crate) diff: bool,
    /// Exit with 1 where --fix changed something
    #[arg(long)]
    pub(crate) exit_non_zero_on_fix: bool,
    /// Only these rules, by code or name
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(crate) select: Vec<String>,
    /// All but these rules
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,
    /// These rules too
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(crate) extend_select: Vec<String>,
    /// Show notes too
    #[arg(long)]
    pub(crate) pedantic: bool,
    /// The size to recommend, as Docker or Kubernetes spells it
    #[arg(long, value_name = "SIZE")]
    pub(crate) size: Option<String>,
    /// How findings are printed
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// The least severity that makes the exit status 1
    #[arg(long, value_enum, value_name = "SEVERITY", default_value = "warning")]
    pub(crate) fail_on: FailOn,
    /// The same as --fail-on never
    #[arg(long)]
    pub(crate) exit_zero: bool,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Files and folders; `-` reads standard input
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<String>,
    /// How the list is printed
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

/// What is read, and how.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct InputArgs {
    /// The name that standard input is judged by
    #[arg(long, value_name = "NAME")]
    pub(crate) stdin_filename: Option<String>,
    /// Read no configuration
    #[arg(long)]
    pub(crate) isolated: bool,
    /// Leave out what matches
    #[arg(long, value_name = "GLOB")]
    pub(crate) exclude: Vec<String>,
    /// Leave out what --exclude matches even where it is named
    #[arg(long)]
    pub(crate) force_exclude: bool,
    /// Look at files that git ignores
    #[arg(long)]
    pub(crate) no_gitignore: bool,
    /// The largest file that is read, in bytes or as 50m
    #[arg(long, value_name = "SIZE")]
    pub(crate) max_file_size: Option<String>,
}

impl InputArgs {
    /// How folders are walked.
    pub(crate) fn walk(&self) -> Walk {
        Walk {
            exclude: self.exclude.clone(),
            force_exclude: self.force_exclude,
            no_gitignore: self.no_gitignore,
        }
    }
}

/// An output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Human,
    /// One line each
    Plain,
    /// For machines
    Json,
}

/// The least severity that counts as a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Errors
    Error,
    /// Errors and warnings
    Warning,
    /// Everything that is shown
    Note,
    /// Nothing
    Never,
}

impl FailOn {
    /// Whether a finding of a severity makes the run fail.
    pub(crate) fn fails(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity >= Severity::Error,
            Self::Warning => severity >= Severity::Warning,
            Self::Note => true,
            Self::Never => false,
        }
    }
}
