//! Which fixes are made together, and the texts that come of them.

use std::collections::BTreeMap;

use super::apply::edited;
use super::prove::Patch;
use crate::container::finding::{Finding, Safety};
use crate::text::edits::Edit;

/// Every file that changes by the fixes that can be made at once, as it is and as it is to be, in the order of the paths.
/// Each fix is taken whole, or not at all where one of its edits overlaps one that was taken before; unsafe ones only where
/// they are wanted.
pub fn patches(findings: &[Finding], with_unsafe: bool) -> Vec<Patch> {
    let mut taken: BTreeMap<&str, Taken<'_>> = BTreeMap::new();
    let mut edits = Vec::new();
    let shown = findings.iter().filter(|finding| finding.suppressed.is_none());
    let fixes = shown.filter_map(|finding| finding.fix.as_ref());
    for fix in fixes.filter(|fix| fix.safety == Safety::Safe || with_unsafe) {
        let clashes = |edit: &Edit| taken.get(edit.source.path()).is_some_and(|taken| taken.clashes(edit));
        if fix.edits.iter().any(clashes) {
            continue;
        }
        for edit in &fix.edits {
            taken.entry(edit.source.path()).or_default().add(edit);
        }
        edits.extend(&fix.edits);
    }
    edited(edits).into_iter().map(|(before, after, _)| (before, after)).collect()
}

/// The spans of one file that are taken, by their starts: each span's end, and what comes there.
#[derive(Default)]
struct Taken<'e>(BTreeMap<usize, Vec<(usize, &'e str)>>);

impl<'e> Taken<'e> {
    fn add(&mut self, edit: &'e Edit) {
        self.0.entry(edit.span.start).or_default().push((edit.span.end, &edit.text));
    }

    /// Whether the edit overlaps one that is not the same. Insertions at one place do not: they follow each other.
    fn clashes(&self, edit: &Edit) -> bool {
        let (start, end) = (edit.span.start, edit.span.end);
        let same = |(other, text): &(usize, &str)| *other == end && *text == edit.text;
        if self.0.get(&start).is_some_and(|there| there.iter().any(same)) {
            return false;
        }
        // Those that were taken do not overlap each other, so only the nearest on either side can reach over.
        let reaches = |there: &Vec<(usize, &str)>| there.iter().any(|(other, _)| *other > start);
        self.0.range(..start).next_back().is_some_and(|(_, there)| reaches(there))
            || (end > start && self.0.get(&start).is_some_and(reaches))
            || self.0.range(start + 1..).next().is_some_and(|(at, _)| *at < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::source::{Source, Span};

    #[test]
    fn edits_that_overlap_clash_and_same_ones_do_not() {
        let source = Source::new("a", b"0123456789".to_vec());
        let edit = |start, end, text: &str| Edit::replacement(&source, Span::new(start, end), text);
        let (replaced, inserted) = (edit(2, 4, "x"), edit(6, 6, "y"));
        let mut taken = Taken::default();
        taken.add(&replaced);
        taken.add(&inserted);
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
