//! Whether two trees say the same but for what was inserted: the structural half of the proof of an edit.

use super::{Document, Node, NodeId, Yaml};
use crate::text::source::Span;

/// Whether `after` is `before` with nothing but new pairs, items and values of empty keys, each of which lies wholly in
/// one of the `inserted` spans of its text. Kinds, styles, values, tags, anchors, the targets of aliases and the order
/// must be the same; so must the errors of documents that cannot be read. Takes linear time.
pub fn equal_but_for(
    before: &Yaml,
    before_text: &str,
    after: &Yaml,
    after_text: &str,
    inserted: &[Span],
) -> bool {
    equal_but_for_values(before, before_text, after, after_text, inserted, &[])
}

/// As [`equal_but_for`], but the scalars that have exactly one of the `rewritten` spans in the text of `after` may say
/// something else than before.
pub fn equal_but_for_values(
    before: &Yaml,
    before_text: &str,
    after: &Yaml,
    after_text: &str,
    inserted: &[Span],
    rewritten: &[Span],
) -> bool {
    let (mut inserted, mut rewritten) = (inserted.to_vec(), rewritten.to_vec());
    inserted.sort_unstable();
    rewritten.sort_unstable();
    let mut proof = Proof { inserted, rewritten, twins: Vec::new() };
    let same = |(one, two): (&Document, &Document)| match (&one.root, &two.root) {
        (Ok(one), Ok(two)) => proof.same(before.node(before_text, *one), after.node(after_text, *two)),
        (Err(one), Err(two)) => one.message == two.message,
        _ => false,
    };
    before.documents().len() == after.documents().len()
        && before.documents().iter().zip(after.documents()).all(same)
}

struct Proof {
    /// In ascending order.
    inserted: Vec<Span>,
    /// In ascending order.
    rewritten: Vec<Span>,
    /// The anchored nodes of both trees, in ascending order.
    twins: Vec<(NodeId, NodeId)>,
}

impl Proof {
    /// Nests as deep as the trees, see [`super`].
    fn same(&mut self, one: Node<'_>, two: Node<'_>) -> bool {
        if one.is_missing() && !two.is_missing() && one.tag().is_none() {
            return one.anchor() == two.anchor() && self.is_new(two.span());
        }
        if one.anchor().is_some() {
            self.twins.push((one.id(), two.id()));
        }
        one.kind() == two.kind()
            && one.is_missing() == two.is_missing()
            && (one.str() == two.str() || self.rewritten.binary_search(&two.span()).is_ok())
            && one.tag() == two.tag()
            && one.anchor() == two.anchor()
            && self.same_target(one, two)
            && self.same_entries(one, two)
            && self.same_items(one, two)
    }

    fn same_target(&self, one: Node<'_>, two: Node<'_>) -> bool {
        let (Some(one), Some(two)) = (one.target(), two.target()) else { return true };
        let twin = self.twins.binary_search_by_key(&one.id(), |(one, _)| *one);
        twin.is_ok_and(|at| self.twins.get(at).is_some_and(|(_, twin)| *twin == two.id()))
    }

    fn same_entries(&mut self, one: Node<'_>, two: Node<'_>) -> bool {
        let mut old = one.entries();
        for entry in two.entries() {
            if self.is_new(Span::new(entry.key.start_with_properties(), entry.value.span().end)) {
                continue;
            }
            let Some(twin) = old.next() else { return false };
            if !self.same(twin.key, entry.key) || !self.same(twin.value, entry.value) {
                return false;
            }
        }
        old.next().is_none()
    }

    fn same_items(&mut self, one: Node<'_>, two: Node<'_>) -> bool {
        let mut old = one.items();
        for item in two.items() {
            if self.is_new(Span::new(item.start_with_properties(), item.span().end)) {
                continue;
            }
            if !old.next().is_some_and(|twin| self.same(twin, item)) {
                return false;
            }
        }
        old.next().is_none()
    }

    fn is_new(&self, span: Span) -> bool {
        let behind = self.inserted.partition_point(|inserted| inserted.start <= span.start);
        let last = behind.checked_sub(1).and_then(|at| self.inserted.get(at));
        // An empty value at the place of the insertion was there before.
        last.is_some_and(|inserted| {
            inserted.contains(span) && (!span.is_empty() || inserted.start < span.start)
        })
    }
}
