//! SHM014: the data loader works without worker processes, as people set it when `/dev/shm` is too small.

use super::case::{Case, Check};
use crate::container::finding::{Finding, Rule};
use crate::knowledge;
use crate::knowledge::command::{Program, programs};
use crate::need::evidence::{Claim, Evidence, Workaround};
use crate::need::verdict::Verdict;

pub(super) const CHECK: Check = Check::Gpu(check);

/// What the number of loader workers is called, in options, Hydra keys (the last part) and environment variables.
const NAMES: &[&str] = &[
    "num_workers",
    "dataloader_num_workers",
    "data_num_workers",
    "loader_num_workers",
    "train_num_workers",
    "num_data_workers",
    "num_loader_workers",
    "num_dataloader_workers",
    "dataloader_workers",
    "data_workers",
    "loader_workers",
];

fn check(rule: &'static Rule, case: &Case<'_>) -> Option<Finding> {
    let workload = case.workload;
    let option = || {
        // Most commands say nothing of workers, and need not be taken apart.
        workload.command.iter().find(|word| word.contains("workers"))?;
        let words: Vec<&str> = workload.command.iter().map(String::as_str).collect();
        programs(&words).iter().find_map(option_of_zero)
    };
    let program = || {
        let without = |one: &&Evidence| one.claim == Claim::Workaround(Workaround::NoWorkers);
        case.advice().need.evidence.iter().find(without)
    };
    let variable = || {
        let zero = |(name, value): &&(String, String)| value.trim() == "0" && is_name(name);
        workload.environment.iter().find(zero).map(|(name, _)| format!("{name}=0"))
    };
    let (text, place) = match option().or_else(variable) {
        Some(text) => {
            let word = text.split([' ', '=']).next().unwrap_or(&text);
            let place = workload.written.iter().find_map(|place| place.find(word));
            (text, place)
        }
        None => program().map(|one| (one.text.clone(), Some(one.place.clone())))?,
    };
    if case.advice().need.verdict == Verdict::No {
        return None;
    }
    let message = format!(
        "{} loads its data in the main process (`{text}`), so the {} waits for every batch",
        workload.title(),
        workload.gpu.called().split_once(' ').map_or("GPU", |(_, noun)| noun)
    );
    let help = "Give it enough /dev/shm and a few workers, which load the next batches while the accelerator computes; \
                `shmlint size --workers 4 …` tells how much they need. No workers is a common workaround for a /dev/shm that is \
                too small.";
    let finding = Finding::of(rule, workload, message).help(help);
    let finding = match place {
        Some(place) => finding.related(place, "no workers"),
        None => finding,
    };
    Some(finding.because_of_gpu(workload))
}

/// `--num-workers 0`, `--num_workers=0` or `data.num_workers=0` among a program's arguments, as it is written.
fn option_of_zero(program: &Program<'_>) -> Option<String> {
    let mut args = program.args().peekable();
    while let Some(word) = args.next() {
        match word.split_once('=') {
            Some((name, "0")) if is_name(name) || (name == "--workers" && trains(program)) => {
                return Some(word.to_owned());
            }
            None if args.peek() == Some(&"0")
                && word.starts_with("--")
                && (is_name(word) || (word == "--workers" && trains(program))) =>
            {
                return Some(format!("{word} 0"));
            }
            _ => {}
        }
    }
    None
}

/// Whether a program trains, so that its workers load data: a launcher, or a script that is called so.
fn trains(program: &Program<'_>) -> bool {
    let known = knowledge::program_entry(program)
        .or_else(|| knowledge::name_entry(None, std::slice::from_ref(program), &[]));
    known.is_some_and(|entry| entry.rule == knowledge::NeedRule::Yes)
}

/// Whether a word is a name of the number of workers; dashes are underscores, and the letters' case does not matter.
fn is_name(word: &str) -> bool {
    let name = word.rsplit('.').next().unwrap_or(word).trim_start_matches(['-', '+']);
    let same = |known: &str| {
        name.len() == known.len()
            && name
                .bytes()
                .zip(known.bytes())
                .all(|(a, b)| a.to_ascii_lowercase() == b || (a == b'-' && b == b'_'))
    };
    NAMES.iter().any(|known| same(known))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Build, trainer};
    use crate::size::Dialect;

    fn sized() -> Build {
        trainer().size(Dialect::Compose, "8g")
    }

    #[test]
    fn every_spelling_of_none_is_seen() {
        for args in [
            &["--num-workers", "0"][..],
            &["--num_workers=0"],
            &["--dataloader_num_workers", "0"],
            &["data.num_workers=0"],
            &["+trainer.dataloader.num_workers=0"],
        ] {
            let command = [&["python", "train.py"], args].concat();
            assert_eq!(sized().runs("a", &command).codes(), ["SHM014"], "{args:?}");
        }
        assert_eq!(sized().runs("a", &["bash", "-c", "python train.py --num-workers 0"]).codes(), ["SHM014"]);
        assert_eq!(sized().env("NUM_WORKERS", "0").codes(), ["SHM014"]);
    }

    #[test]
    fn other_numbers_and_other_workers_are_fine() {
        for args in [&["--num-workers", "4"][..], &["--num-workers", "--x"], &["num_workers=01"]] {
            let command = [&["python", "train.py"], args].concat();
            sized().runs("a", &command).silent();
        }
        sized().env("WEB_WORKERS", "0").env("NUM_WORKERS", "").silent();
    }
}
