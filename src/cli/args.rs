//! What can be written behind `shmlint`. The long options are a contract.

use std::ffi::OsStr;
use std::time::Duration;

use clap::builder::{OsStringValueParser, PossibleValue, TypedValueParser};
use clap::{ArgAction, ArgGroup, Args, Parser, Subcommand, ValueEnum};
#[cfg(feature = "packaging")]
use clap_complete::Shell;

use super::config_args::{ConfigArgs, SuppressArgs};
use super::inert::Syntax;
use super::values::{FormatTo, FormatToParser, When};
use crate::container::finding::Severity;
use crate::need::loader::{Loader, Sample};
use crate::rules;
use crate::text::paths::from_os;

/// Finds GPU containers that get the 64 MiB default /dev/shm, and writes the missing setting.
///
/// Reads Compose files, docker run commands wherever they are written, and Kubernetes pod specs.
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
    /// Check files and directories (the default command)
    Check(Box<CheckArgs>),
    /// List every container: its GPU, its /dev/shm, and why it is or is not reported
    List(ListArgs),
    /// Show a rule's page, or all rules
    Rule(RuleArgs),
    /// Write a commented shmlint.toml, and print lines for pre-commit and GitHub Actions
    Init,
    /// Print the effective settings and where each comes from
    Config(ShowArgs),
    /// Print the JSON schema of the configuration file
    ConfigSchema,
    /// Say how large /dev/shm should be for a data loader or a program
    Size(SizeArgs),
    /// Inspect /dev/shm in this container or on this host: its size, what fills it, what it needs
    Doctor(DoctorArgs),
    /// Run the language server over standard input and output
    #[cfg(feature = "server")]
    Server(ServerArgs),
    /// Print completions for a shell
    #[cfg(feature = "packaging")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the man page of shmlint or of one of its commands
    #[cfg(feature = "packaging")]
    Man {
        /// The command
        command: Option<String>,
    },
}

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct CheckArgs {
    /// Files and directories (default: the working directory); - reads standard input
    #[arg(value_name = "PATH", value_parser = path())]
    pub(crate) paths: Vec<String>,
    /// Write the safe fixes into the files
    #[arg(long, help_heading = "Fixing")]
    pub(crate) fix: bool,
    /// Also apply fixes that may change behaviour
    #[arg(long, help_heading = "Fixing")]
    pub(crate) unsafe_fixes: bool,
    /// Print what --fix would change as a unified diff; writes nothing
    #[arg(long, help_heading = "Fixing", conflicts_with_all = ["format", "statistics"])]
    pub(crate) diff: bool,
    /// Exit with 1 if --fix changed something
    #[arg(long, help_heading = "Fixing")]
    pub(crate) exit_non_zero_on_fix: bool,
    #[command(flatten)]
    pub(crate) rules: RuleChoice,
    /// Size to recommend, in Docker or Kubernetes spelling (8g, 8Gi)
    #[arg(long, value_name = "SIZE", help_heading = "Rules")]
    pub(crate) size: Option<String>,
    /// Lowest severity that makes the exit status 1 [default: warning]
    #[arg(long, value_enum, value_name = "SEVERITY", help_heading = "Output")]
    pub(crate) fail_on: Option<FailOn>,
    /// Same as --fail-on never
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
    /// Only these rules: codes, names, prefixes of codes (SHM0) or ALL; `shmlint rule` lists them
    #[arg(long, value_name = "RULES", value_delimiter = ',', value_parser = RuleWords, hide_possible_values = true)]
    pub(crate) select: Vec<String>,
    /// All but these rules
    #[arg(long, value_name = "RULES", value_delimiter = ',', value_parser = RuleWords, hide_possible_values = true)]
    pub(crate) ignore: Vec<String>,
    /// Also these rules
    #[arg(long, value_name = "RULES", value_delimiter = ',', value_parser = RuleWords, hide_possible_values = true)]
    pub(crate) extend_select: Vec<String>,
    /// Also show notes
    #[arg(long)]
    pub(crate) pedantic: bool,
}

/// How findings are printed, and where to.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Output format; NAME=FILE writes to a file and may be given several times
    #[arg(long, value_name = "NAME[=FILE]", value_parser = FormatToParser)]
    pub(crate) format: Vec<FormatTo>,
    /// Write the report to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<String>,
    /// Count the findings of each rule instead of printing them
    #[arg(long)]
    pub(crate) statistics: bool,
    /// Print the files that are read instead of findings
    #[arg(long, conflicts_with_all = ["fix", "diff", "statistics"])]
    pub(crate) show_files: bool,
    /// Check again whenever a file changes, until interrupted
    #[arg(long, conflicts_with_all = ["fix", "diff", "show_files", "write_baseline", "add_suppressions"])]
    pub(crate) watch: bool,
}

/// What is said beside the result.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ConsoleArgs {
    /// When to use colours
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto", global = true)]
    pub(crate) color: When,
    /// Print only findings and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Also print which files were read and why others were skipped
    #[arg(short, long, global = true, action = ArgAction::SetTrue)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Files and directories (default: the working directory); - reads standard input
    #[arg(value_name = "PATH", value_parser = path())]
    pub(crate) paths: Vec<String>,
    /// Output format
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: TextOrJson,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Output format
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: TextOrJson,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RuleArgs {
    /// Code or name of the rule; without it, all rules
    pub(crate) rule: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: TextOrJson,
}

#[derive(Debug, Args)]
#[command(
    override_usage = "shmlint size --workers W --batch-size B --sample S\n       shmlint size --image IMAGE\n       \
                            shmlint size --framework NAME"
)]
#[command(group(ArgGroup::new("question").args(["workers", "image", "framework"]).required(true).multiple(true)))]
pub(crate) struct SizeArgs {
    #[command(flatten)]
    pub(crate) loader: LoaderArgs,
    /// Image of the container
    #[arg(long, alias = "images")]
    pub(crate) image: Option<String>,
    /// Name of the program: vLLM, Ray, PyTorch …
    #[arg(long, value_name = "NAME", conflicts_with = "image")]
    pub(crate) framework: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: TextOrJson,
}

/// What clients of language servers give as a habit.
#[cfg(feature = "server")]
#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    /// Serve over standard input and output, as always
    #[arg(long, hide = true)]
    pub(crate) stdio: bool,
}

/// A data loader, in numbers.
#[derive(Debug, Args)]
pub(crate) struct LoaderArgs {
    /// Workers of the PyTorch DataLoader
    #[arg(long, value_name = "W", requires_all = ["batch_size", "sample"])]
    pub(crate) workers: Option<u64>,
    /// Samples per batch
    #[arg(long, value_name = "B", requires = "workers")]
    pub(crate) batch_size: Option<u64>,
    /// Shape of one sample after the data set's transforms, such as 3x224x224
    #[arg(long, value_name = "SHAPE", requires = "workers")]
    pub(crate) sample: Option<String>,
    /// Data type of a sample: float32, float16, uint8, int64 …
    #[arg(long, default_value = "float32")]
    pub(crate) dtype: String,
    /// Batches that each worker prefetches
    #[arg(long, value_name = "P", default_value_t = 2)]
    pub(crate) prefetch_factor: u64,
    /// Earlier batches that the training loop still holds
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) held_batches: u64,
    /// Training or serving processes in the container, usually one per GPU
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
    /// Watch until interrupted, then report the peak
    #[arg(long)]
    pub(crate) watch: bool,
    /// How long to watch: 30s, 10m, 2h
    #[arg(long = "for", value_name = "TIME", requires = "watch", value_parser = duration)]
    pub(crate) time: Option<Duration>,
    #[command(flatten)]
    pub(crate) loader: LoaderArgs,
    /// Output format
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
    /// File name to assume for standard input
    #[arg(long, value_name = "NAME")]
    pub(crate) stdin_filename: Option<String>,
    /// Skip files and directories that match
    #[arg(long, value_name = "GLOB")]
    pub(crate) exclude: Vec<String>,
    /// Apply --exclude to files named on the command line too
    #[arg(long)]
    pub(crate) force_exclude: bool,
    /// Also read files that git ignores
    #[arg(long)]
    pub(crate) no_gitignore: bool,
    /// Do not read the programs that containers run
    #[arg(long)]
    pub(crate) no_programs: bool,
    /// Skip files larger than this (in bytes, or like 50m)
    #[arg(long, value_name = "SIZE")]
    pub(crate) max_file_size: Option<String>,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// Words that choose rules, which completions offer; what they mean is told later, with the near ones.
#[derive(Clone)]
struct RuleWords;

impl TypedValueParser for RuleWords {
    type Value = String;

    fn parse_ref(
        &self,
        _: &clap::Command,
        _: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        Ok(value.to_string_lossy().into_owned())
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(
            rules::all().iter().map(|rule| PossibleValue::new(rule.name).help(rule.code).hide(false)),
        ))
    }
}

/// A path, whatever bytes the system has for it.
fn path() -> impl TypedValueParser<Value = String> {
    OsStringValueParser::new().map(|path| from_os(&path).into_owned())
}

/// For people or for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextOrJson {
    /// For people
    Human,
    /// For programs
    Json,
}

impl TextOrJson {
    /// What is printed in it.
    pub(crate) fn syntax(self) -> Syntax {
        if self == Self::Json { Syntax::Json } else { Syntax::Text }
    }
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
