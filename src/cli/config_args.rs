//! The options that choose and override the configuration, and the way from all of them to what the run does.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::args::{CheckArgs, FailOn, InputArgs};
use super::console::Console;
use super::select;
use crate::config::problem::Failure;
use crate::config::{Loaded, Settled, load};
use crate::lint::baseline::Baseline;
use crate::size::parse_any;

/// Where the configuration comes from.
#[derive(Debug, Args)]
#[command(next_help_heading = "Configuration")]
pub(crate) struct ConfigArgs {
    /// Configuration file to use, or a single setting such as `size = "8g"`
    #[arg(long, value_name = "FILE|KEY=VALUE")]
    pub(crate) config: Vec<String>,
    /// Ignore configuration files, and the baseline at its default place
    #[arg(long)]
    pub(crate) isolated: bool,
}

/// What findings are kept quiet.
#[derive(Debug, Args)]
#[command(next_help_heading = "Suppressing")]
pub(crate) struct SuppressArgs {
    /// Show what ignore comments, per-file-ignores and the baseline hide
    #[arg(long)]
    pub(crate) no_suppressions: bool,
    /// Hide the findings listed in this file (default: .shmlint-baseline.json where it exists)
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write the current findings to the baseline file (default: .shmlint-baseline.json)
    #[arg(long, conflicts_with_all = ["fix", "diff", "add_suppressions", "no_suppressions"])]
    pub(crate) write_baseline: bool,
    /// Add an ignore comment for every finding, with a reason
    #[arg(
        long,
        value_name = "REASON",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        value_parser = reason,
        conflicts_with_all = ["fix", "no_suppressions"],
    )]
    pub(crate) add_suppressions: Option<String>,
}

/// A reason stands in a comment, which must not end in its midst.
fn reason(text: &str) -> Result<String, String> {
    let odd = |c: char| c.is_control();
    if text.contains(odd) || text.contains("-->") || text.contains("*/") {
        return Err("a reason is one line without '-->' and '*/'".into());
    }
    Ok(text.trim().to_owned())
}

/// What the run does: the configuration with the command line laid over it. `check` is what only a check asks for.
pub(super) fn settle(
    input: &InputArgs,
    check: Option<&CheckArgs>,
    console: &Console,
) -> Result<Settled, Failure> {
    let Loaded { mut config, warnings, file } = load(input.config.isolated, &input.config.config)?;
    if let Some(file) = file {
        console.detail(&format!("{file}: read as the configuration"));
    }
    for warning in warnings {
        console.warn(&warning);
    }
    config.also_exclude.clone_from(&input.exclude);
    if input.force_exclude {
        config.force_exclude = Some(true);
    }
    if input.no_gitignore {
        config.gitignore = Some(false);
    }
    if input.no_programs {
        config.programs = Some(false);
    }
    if let Some(size) = &input.max_file_size {
        config.max_file_size = Some(parse_any(size).map_err(|error| format!("--max-file-size: {error}"))?);
    }
    if let Some(check) = check {
        if let Some(size) = &check.size {
            config.size = Some(parse_any(size).map_err(|error| format!("--size: {error}"))?);
        }
        if check.rules.pedantic {
            config.pedantic = Some(true);
        }
        config.choices.push(select::choice(&check.rules)?);
    }
    let mut settled = config.settle()?;
    if let Some(check) = check {
        settled.options.suppressions = !check.suppress.no_suppressions;
        settled.options.ignore_because.clone_from(&check.suppress.add_suppressions);
        if let Some(baseline) = &check.suppress.baseline {
            settled.baseline = Some(baseline.clone());
        }
        let read = settled.options.suppressions && !check.suppress.write_baseline;
        let usual = settled.baseline_file();
        if settled.baseline.is_none() && !input.config.isolated && usual.symlink_metadata().is_ok() {
            settled.baseline = Some(usual);
        }
        if let Some(path) = settled.baseline.as_ref().filter(|_| read) {
            settled.options.baseline = Some(Arc::new(Baseline::read(path)?));
        }
    }
    Ok(settled)
}

/// The least severity that makes the run fail.
pub(crate) fn fail_on(args: &CheckArgs, settled: &Settled) -> FailOn {
    if args.exit_zero {
        return FailOn::Never;
    }
    let configured = settled.fail_on.as_ref().and_then(|word| FailOn::from_str(word, false).ok());
    args.fail_on.or(configured).unwrap_or(FailOn::Warning)
}
