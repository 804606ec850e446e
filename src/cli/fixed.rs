//! From findings to edited texts: what `--fix` writes and `--diff` shows.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::job::Job;
use crate::container::finding::Finding;
use crate::fix::fixes::Fixes;
use crate::lint::report::Report;
use crate::report::count;
use crate::text::files::Disk;
use crate::text::source::Source;

/// What came of all fixes that may be made.
pub(super) struct Fixed {
    /// What is left in the edited texts, and which files change.
    pub(super) left: Report,
}

impl Fixed {
    /// Looks, and fixes in memory until nothing is left that can be fixed.
    pub(super) fn of(job: &Job<'_>) -> Self {
        let make = if job.args.unsafe_fixes { Fixes::All } else { Fixes::Safe };
        // What is neither made nor printed need not be proven.
        let printed = if job.args.diff { Fixes::None } else { job.outputs.shown_fixes() };
        let all = make == Fixes::All || job.args.suppress.add_suppressions.is_some() || printed == Fixes::All;
        Self { left: job.lint(if all { Fixes::All } else { make }, make) }
    }

    /// Each file that changes, once: it may have been met under several names, by a link or in another spelling. Of names
    /// with the same text that of the file itself stands.
    pub(super) fn files(&self, disk: &Disk) -> Vec<&(Arc<Source>, Arc<Source>)> {
        let mut files: Vec<_> = self.left.patches.iter().collect();
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

    /// `3 findings in 2 files (2 SHM001, 1 SHM003)`, where `left` is left; nothing where all are.
    pub(super) fn told(&self, left: &Report, files: usize) -> String {
        let fixed = self.fixed(&left.findings);
        if fixed.is_empty() {
            return String::new();
        }
        let rules: Vec<String> = fixed.iter().map(|(code, times)| format!("{times} {code}")).collect();
        let (findings, files) = (count(fixed.values().sum(), "finding"), count(files, "file"));
        format!("{findings} in {files} ({})", rules.join(", "))
    }

    /// How many findings of each rule are gone where `left` are left. One edit may fix more than the finding it is for.
    pub(super) fn fixed(&self, left: &[Finding]) -> BTreeMap<&'static str, usize> {
        let left = by_rule(left);
        let mut fixed = self.left.found.clone();
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
