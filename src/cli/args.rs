//! What can be written behind `shmlint`. The long options are a contract.

use std::time::Duration;

use clap::{ArgAction, ArgGroup, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::config_args::{ConfigArgs, SuppressArgs};
use super::console::When;
use super::outputs::{FormatTo, FormatToParser};
use crate::container::finding::Severity;
use crate::need::loader::{Loader, Sample};

/// Finds GPU containers that get the 64 MiB default /dev/shm, and writes the missing setting.
///
/// Reads Compose files, `docker run` lines wherever they stand, and Kubernetes pod specs.
///
/// Exit status: 0 nothing at or above --fail-on is left; 1 something is; 2 the run itself failed.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) check: CheckArgs,
    #[command(flatten)]
    pub(crate) console: ConsoleArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check files and folders (the default command)
    Check(Box<CheckArgs>),
    /// List every container found: its GPU, its /dev/shm, and why it is or is not reported
    List(ListArgs),
    /// Show a rule's page, or all rules
    Rule(RuleArgs),
    /// Print the JSON schema of the configuration file
    ConfigSchema,
    /// Say how large /dev/shm should be for a data loader or a program
    Size(SizeArgs),
    /// Look at the /dev/shm of this container or host: what it is, who fills it, what it should be
    Doctor(DoctorArgs),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the man page, or that of a command
    #[command(hide = true)]
    Man {
        /// The command
        command: Option<String>,
    },
}

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct CheckArgs {
    /// Files and folders (default: the working folder); `-` reads standard input
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<String>,
    /// Write the safe fixes into the files
    #[arg(long, help_heading = "Fixing")]
    pub(crate) fix: bool,
    /// Apply fixes too that may change what works today
    #[arg(long, help_heading = "Fixing")]
    pub(crate) unsafe_fixes: bool,
    /// Print what --fix would change as a unified diff, and write nothing
    #[arg(long, help_heading = "Fixing", conflicts_with_all = ["format", "statistics"])]
    pub(crate) diff: bool,
    /// Exit with 1 where --fix changed something
    #[arg(long, help_heading = "Fixing")]
    pub(crate) exit_non_zero_on_fix: bool,
    #[command(flatten)]
    pub(crate) rules: RuleChoice,
    /// The size to recommend, as Docker or Kubernetes spells it
    #[arg(long, value_name = "SIZE", help_heading = "Rules")]
    pub(crate) size: Option<String>,
    /// The least severity that makes the exit status 1 [default: warning]
    #[arg(long, value_enum, value_name = "SEVERITY", help_heading = "Output")]
    pub(crate) fail_on: Option<FailOn>,
    /// The same as --fail-on never
    #[arg(long, help_heading = "Output")]
    pub(crate) exit_zero: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) suppress: SuppressArgs,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

/// Which rules speak.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Rules")]
pub(crate) struct RuleChoice {
    /// Only these rules, by code or name, or ALL
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
}

/// How findings are printed, and where to.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// How findings are printed; NAME=FILE writes into a file and may be given several times
    #[arg(long, value_name = "NAME[=FILE]", value_parser = FormatToParser)]
    pub(crate) format: Vec<FormatTo>,
    /// Write what would go to standard output into this file
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<String>,
    /// Count the findings of each rule in place of printing them
    #[arg(long)]
    pub(crate) statistics: bool,
    /// Print the files that are read, in place of findings
    #[arg(long, conflicts_with_all = ["fix", "diff", "statistics"])]
    pub(crate) show_files: bool,
}

/// What is said beside the result.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ConsoleArgs {
    /// When to colour
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto", global = true)]
    pub(crate) color: When,
    /// Print findings and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say what was read, and why a file was skipped
    #[arg(short, long, global = true, action = ArgAction::SetTrue)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Files and folders (default: the working folder); `-` reads standard input
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<String>,
    /// How the list is printed
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: TextOrJson,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RuleArgs {
    /// Its code or name; all rules without one
    pub(crate) rule: Option<String>,
    /// How it is printed
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: TextOrJson,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("question").args(["workers", "image", "framework"]).required(true).multiple(true)))]
pub(crate) struct SizeArgs {
    #[command(flatten)]
    pub(crate) loader: LoaderArgs,
    /// The image that runs
    #[arg(long, alias = "images")]
    pub(crate) image: Option<String>,
    /// The program that runs, by its name: vLLM, Ray, PyTorch …
    #[arg(long, value_name = "NAME", conflicts_with = "image")]
    pub(crate) framework: Option<String>,
    /// How the answer is printed
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: TextOrJson,
}

/// A data loader, in numbers.
#[derive(Debug, Args)]
pub(crate) struct LoaderArgs {
    /// Workers of PyTorch's data loader
    #[arg(long, value_name = "W", requires_all = ["batch_size", "sample"])]
    pub(crate) workers: Option<u64>,
    /// Samples in a batch
    #[arg(long, value_name = "B", requires = "workers")]
    pub(crate) batch_size: Option<u64>,
    /// The shape of one sample, as the data set's transforms leave it: 3x224x224
    #[arg(long, value_name = "SHAPE", requires = "workers")]
    pub(crate) sample: Option<String>,
    /// The type of its numbers: float32, float16, uint8, int64 …
    #[arg(long, default_value = "float32")]
    pub(crate) dtype: String,
    /// Batches that each worker keeps ahead
    #[arg(long, value_name = "P", default_value_t = 2)]
    pub(crate) prefetch_factor: u64,
    /// Earlier batches that the training loop still refers to
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) held_batches: u64,
    /// Training or serving processes in the container, one for every GPU
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) ranks: u64,
}

impl LoaderArgs {
    /// The data loader that is described, if one is. An error where the shape or type cannot be read.
    pub(crate) fn loader(&self) -> Result<Option<Loader>, String> {
        let (Some(workers), Some(batch), Some(sample)) = (self.workers, self.batch_size, &self.sample) else {
            return Ok(None);
        };
        Ok(Some(Loader {
            workers,
            prefetch: self.prefetch_factor,
            batch,
            sample: Sample::new(sample, &self.dtype).map_err(|error| error.to_string())?,
            held: self.held_batches,
            ranks: self.ranks,
        }))
    }
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Watch until interrupted, and tell the peak
    #[arg(long)]
    pub(crate) watch: bool,
    /// How long to watch: 30s, 10m, 2h
    #[arg(long = "for", value_name = "TIME", requires = "watch", value_parser = duration)]
    pub(crate) time: Option<Duration>,
    #[command(flatten)]
    pub(crate) loader: LoaderArgs,
    /// How the answer is printed
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: TextOrJson,
}

/// A length of time: a number with a unit, seconds without one.
fn duration(text: &str) -> Result<Duration, String> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.get(number.len()..).unwrap_or_default();
    let factor = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(format!("'{unit}' is not one of ms, s, m, h")),
    };
    let seconds = number.trim().parse::<f64>().map_err(|_| "write a number and a unit, like 30s or 10m")?;
    Duration::try_from_secs_f64(seconds * factor).map_err(|error| error.to_string())
}

/// What is read, and how.
#[derive(Debug, Args)]
#[command(next_help_heading = "Files")]
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct InputArgs {
    /// The name that standard input is judged by
    #[arg(long, value_name = "NAME")]
    pub(crate) stdin_filename: Option<String>,
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
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// For people or for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextOrJson {
    /// For people
    Human,
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
