//! Which fixes are made together, and the texts that come of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::apply::edited;
use crate::finding::{Edit, Finding, Safety};
use crate::source::Source;

/// The fixes that can be made at once.
#[derive(Default)]
pub struct Chosen {
    edits: Vec<Edit>,
    /// How many fixes of the allowed kind wait for another look.
    waiting: usize,
}

impl Chosen {
    /// Takes each fix whole, or not at all where one of its edits overlaps one that was taken before; unsafe ones only
    /// where they are wanted.
    pub fn of(findings: &[Finding], with_unsafe: bool) -> Self {
        let mut chosen = Self::default();
        let mut taken: BTreeMap<&str, Taken<'_>> = BTreeMap::new();
        for finding in findings {
            let Some(fix) = &finding.fix else { continue };
            let allowed = fix.safety == Safety::Safe || with_unsafe;
            let clashes =
                |edit: &Edit| taken.get(edit.source.path()).is_some_and(|taken| taken.clashes(edit));
            if !allowed || fix.edits.is_empty() {
                continue;
            }
            if fix.edits.iter().any(clashes) {
                chosen.waiting += 1;
                continue;
            }
            for edit in &fix.edits {
                taken.entry(edit.source.path()).or_default().add(edit);
                chosen.edits.push(edit.clone());
            }
        }
        chosen
    }

    /// Whether there is nothing to fix.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// Whether no fix of the allowed kind was left out.
    pub fn is_whole(&self) -> bool {
        self.waiting == 0
    }

    /// Every file that changes, as it is and as it is to be, in the order of the paths.
    pub fn patches(&self) -> Vec<(Arc<Source>, Arc<Source>)> {
        edited(&self.edits).into_iter().map(|(before, after, _)| (before, after)).collect()
    }
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
    use crate::source::Span;

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
