//! From findings to edited texts: what `--fix` writes and `--diff` shows.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::job::Job;
use crate::fix::choose::Chosen;
use crate::lint::Report;
use crate::rules::Rule;
use crate::source::Source;

/// How often the edited texts are looked at again. Fixes that overlap wait for the next round; real files need two.
const ROUNDS: usize = 8;

/// What came of all fixes that may be made.
pub(super) struct Mended {
    /// What is left in the edited texts.
    pub(super) left: Report,
    /// Each file that changes, as it was read and as it is to be.
    pub(super) patches: Vec<(Arc<Source>, Arc<Source>)>,
    /// The fixes that were made: the rule, and the paths that they touch.
    pub(super) made: Vec<(&'static Rule, Vec<String>)>,
}

impl Mended {
    /// Looks, fixes in memory, and looks again until nothing is left that can be fixed.
    pub(super) fn of(job: &Job<'_>) -> Self {
        let mut left = job.lint(true, &[]);
        // What could not be read is told once, as the first look tells it.
        let (errors, counts) = (std::mem::take(&mut left.errors), left.counts);
        let mut patches: BTreeMap<String, (Arc<Source>, Arc<Source>)> = BTreeMap::new();
        let mut made = Vec::new();
        for _ in 0..ROUNDS {
            let chosen = Chosen::of(&left.findings, job.args.unsafe_fixes);
            if chosen.made.is_empty() {
                break;
            }
            for (before, after) in chosen.patches() {
                let entry = patches.entry(before.path().to_owned());
                let patch = entry.or_insert_with(|| (before, Arc::clone(&after)));
                patch.1 = after;
            }
            made.extend(chosen.made);
            let texts: Vec<Arc<Source>> = patches.values().map(|(_, after)| Arc::clone(after)).collect();
            left = job.lint(true, &texts);
        }
        let left = Report { counts, errors, ..left };
        Self { left, patches: patches.into_values().collect(), made }
    }
}
