//! From findings to edited texts: what `--fix` writes and `--diff` shows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::job::Job;
use crate::finding::{Edit, Finding, Safety};
use crate::fix::apply::{apply, sorted};
use crate::lint::Report;
use crate::source::Source;

/// How often the edited texts are looked at again. Fixes that overlap wait for the next round; real files need two.
const ROUNDS: usize = 8;

/// What came of all fixes that may be made.
pub(super) struct Mended {
    /// What was found in the files as they are.
    pub(super) before: Report,
    /// What is left in the edited texts.
    pub(super) left: Report,
    /// Each file that changes, as it was read and as it is to be.
    pub(super) patches: Vec<(Arc<Source>, Arc<Source>)>,
    /// The fixes that were made: rule code and the paths they touch.
    pub(super) made: Vec<(&'static str, Vec<String>)>,
}

impl Mended {
    /// Looks, fixes in memory, and looks again until nothing is left that can be fixed.
    pub(super) fn of(job: &Job<'_>) -> Self {
        let before = job.lint(true, &[]);
        let mut originals: BTreeMap<String, Arc<Source>> = BTreeMap::new();
        let mut edited: BTreeMap<String, Arc<Source>> = BTreeMap::new();
        let mut made = Vec::new();
        let mut left = None;
        for _ in 0..ROUNDS {
            let findings = &left.as_ref().unwrap_or(&before).findings;
            let round = Round::of(findings, job.args.unsafe_fixes);
            if round.edits.is_empty() {
                break;
            }
            for (path, edits) in round.edits {
                let edits = sorted(edits);
                let Some(source) = edits.first().map(|edit| &edit.source) else { continue };
                originals.entry(path.clone()).or_insert_with(|| Arc::clone(source));
                let after = Source::new(path.as_str(), apply(source, &edits));
                edited.insert(path, after);
            }
            made.extend(round.made);
            let texts: Vec<Arc<Source>> = edited.values().cloned().collect();
            left = Some(job.lint(true, &texts));
        }
        let pairs = originals.into_iter().zip(edited.into_values());
        let patches = pairs.map(|((_, before), after)| (before, after)).collect();
        let left = match left {
            Some(left) => left,
            None => Report { findings: before.findings.clone(), counts: before.counts, ..Report::default() },
        };
        Self { before, left, patches, made }
    }
}

/// The fixes that can be made at once.
#[derive(Default)]
struct Round {
    edits: BTreeMap<String, Vec<Edit>>,
    made: Vec<(&'static str, Vec<String>)>,
}

impl Round {
    /// Takes each fix whole, or not at all where one of its edits overlaps one that was taken before.
    fn of(findings: &[Finding], with_unsafe: bool) -> Self {
        let mut round = Self::default();
        let mut taken: BTreeMap<String, Taken> = BTreeMap::new();
        for finding in findings {
            let Some(fix) = &finding.fix else { continue };
            let allowed = fix.safety == Safety::Safe || with_unsafe;
            let clashes =
                |edit: &Edit| taken.get(edit.source.path()).is_some_and(|taken| taken.clashes(edit));
            if !allowed || fix.edits.is_empty() || fix.edits.iter().any(clashes) {
                continue;
            }
            for edit in &fix.edits {
                let path = edit.source.path().to_owned();
                taken.entry(path.clone()).or_default().add(edit);
                round.edits.entry(path).or_default().push(edit.clone());
            }
            let paths: BTreeSet<String> =
                fix.edits.iter().map(|edit| edit.source.path().to_owned()).collect();
            round.made.push((finding.rule.code, paths.into_iter().collect()));
        }
        round
    }
}

/// The spans of one file that are taken, by their starts.
#[derive(Default)]
struct Taken(BTreeMap<usize, Vec<(usize, String)>>);

impl Taken {
    fn add(&mut self, edit: &Edit) {
        self.0.entry(edit.span.start).or_default().push((edit.span.end, edit.text.clone()));
    }

    /// Whether the edit overlaps one that is not the same. Insertions at one place do not: they follow each other.
    fn clashes(&self, edit: &Edit) -> bool {
        let (start, end) = (edit.span.start, edit.span.end);
        let same = |(other, text): &(usize, String)| *other == end && *text == edit.text;
        if self.0.get(&start).is_some_and(|there| there.iter().any(same)) {
            return false;
        }
        // Those that were taken do not overlap each other, so only the nearest on either side can reach over.
        let reaches = |there: &Vec<(usize, String)>| there.iter().any(|(other, _)| *other > start);
        self.0.range(..start).next_back().is_some_and(|(_, there)| reaches(there))
            || (end > start && self.0.get(&start).is_some_and(reaches))
            || self.0.range(start + 1..).next().is_some_and(|(at, _)| *at < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    #[test]
    fn edits_that_overlap_clash_and_same_ones_do_not() {
        let source = Source::new("a", b"0123456789".to_vec());
        let edit = |start, end, text: &str| Edit::replacement(&source, Span::new(start, end), text);
        let mut taken = Taken::default();
        taken.add(&edit(2, 4, "x"));
        taken.add(&edit(6, 6, "y"));
        assert!(!taken.clashes(&edit(2, 4, "x")));
        assert!(taken.clashes(&edit(2, 4, "z")));
        assert!(taken.clashes(&edit(3, 3, "z")));
        assert!(taken.clashes(&edit(0, 3, "z")));
        assert!(taken.clashes(&edit(5, 7, "z")));
        assert!(!taken.clashes(&edit(4, 5, "z")));
        assert!(!taken.clashes(&edit(6, 6, "other")));
        assert!(!taken.clashes(&edit(2, 2, "in front")));
    }
}
