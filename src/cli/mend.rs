//! From findings to edited texts: what `--fix` writes and `--diff` shows.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::job::Job;
use crate::container::finding::Finding;
use crate::fix::choose;
use crate::fix::prove::Fixes;
use crate::lint::run::Report;
use crate::text::files::Disk;
use crate::text::source::Source;

/// How often the edited texts are looked at again. Fixes that overlap wait for the next round; real files need two.
const ROUNDS: usize = 8;

/// What came of all fixes that may be made.
pub(super) struct Mended {
    /// What is left in the edited texts.
    pub(super) left: Report,
    /// Each file that changes, as it was read and as it is to be.
    pub(super) patches: Vec<(Arc<Source>, Arc<Source>)>,
    /// How many findings of each rule there were, by code.
    before: BTreeMap<&'static str, usize>,
}

impl Mended {
    /// Looks, fixes in memory, and looks again until nothing is left that can be fixed.
    pub(super) fn of(job: &Job<'_>) -> Self {
        // What is neither made nor printed need not be proven.
        let printed = if job.args.diff { Fixes::None } else { job.outputs.shown_fixes() };
        let all =
            job.args.unsafe_fixes || job.args.suppress.add_suppressions.is_some() || printed == Fixes::All;
        let fixes = if all { Fixes::All } else { Fixes::Safe };
        let mut left = job.lint(fixes, &[]);
        let before = by_rule(&left.findings);
        // What could not be read is told once, as the first look tells it.
        let (errors, counts) = (std::mem::take(&mut left.errors), left.counts);
        let mut patches: BTreeMap<String, (Arc<Source>, Arc<Source>)> = BTreeMap::new();
        for _ in 0..ROUNDS {
            // What the proofs have shown already need not be looked at again.
            let known = left.mended.take().filter(|_| !job.args.unsafe_fixes);
            let is_known = known.is_some();
            let round = match known {
                Some(known) => {
                    left.findings = known.findings;
                    known.patches
                }
                None => choose::patches(&left.findings, job.args.unsafe_fixes),
            };
            if round.is_empty() {
                break;
            }
            for (before, after) in round {
                let entry = patches.entry(before.path().to_owned());
                let patch = entry.or_insert_with(|| (before, Arc::clone(&after)));
                patch.1 = after;
            }
            if is_known {
                break;
            }
            let texts: Vec<Arc<Source>> = patches.values().map(|(_, after)| Arc::clone(after)).collect();
            left = job.lint(fixes, &texts);
        }
        let left = Report { counts, errors, ..left };
        Self { left, patches: patches.into_values().collect(), before }
    }

    /// Each file that changes, once: it may have been met under several names, by a link or in another spelling. Of names
    /// with the same text that of the file itself stands.
    pub(super) fn files(&self, disk: &Disk) -> Vec<&(Arc<Source>, Arc<Source>)> {
        let mut files: Vec<_> = self.patches.iter().collect();
        let mut met = BTreeSet::new();
        if files.iter().all(|(before, _)| identity(before.path()).is_some_and(|file| met.insert(file))) {
            return files;
        }
        let is_link = |path: &str| Path::new(path).is_symlink();
        files.sort_by_cached_key(|(before, _)| is_link(before.path()));
        let mut known = HashSet::new();
        files.retain(|(before, after)| match disk.target(before.path()) {
            Ok(target) => known.insert((target, after.bytes())),
            Err(_) => true,
        });
        files.sort_by_key(|(before, _)| before.path());
        files
    }

    /// How many findings of each rule are gone where `left` are left. One edit may mend more than the finding it is for.
    pub(super) fn fixed(&self, left: &[Finding]) -> BTreeMap<&'static str, usize> {
        let left = by_rule(left);
        let mut fixed = self.before.clone();
        for (code, number) in &mut fixed {
            *number = number.saturating_sub(left.get(code).copied().unwrap_or(0));
        }
        fixed.retain(|_, number| *number > 0);
        fixed
    }
}

/// What is the same for all names of one file; nothing where the system has no such thing.
fn identity(path: &str) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.dev(), metadata.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

fn by_rule(findings: &[Finding]) -> BTreeMap<&'static str, usize> {
    let mut rules = BTreeMap::new();
    for finding in findings {
        *rules.entry(finding.rule.code).or_default() += 1;
    }
    rules
}
