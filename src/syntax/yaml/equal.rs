//! Whether two trees say the same but for what was inserted: the structural half of the proof of an edit.

use super::node::Node;
use super::record::NodeId;
use super::tree::{Document, Yaml};
use crate::text::source::Span;

/// Whether a text says the same after edits as before, but for the pairs, items and values of empty keys that they put in or
/// take out, and for the scalars in which they stand. `replaced` are what each took out of the text before and what it put
/// into the text after, in order. Kinds, styles, values, tags, anchors, the targets of aliases and the order must be the
/// same; so must the errors of documents that cannot be read. Of a block scalar `inside` tells. Takes linear time.
///
/// Both texts are held against one between them, from which all is taken out and into which nothing is put yet.
pub fn same_but_for(
    old: (&Yaml, &str),
    new: (&Yaml, &str),
    replaced: &[(Span, Span)],
    inside: &dyn Fn(Node<'_>, Node<'_>) -> bool,
) -> bool {
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    // Scalars, and the same in the text after.
    let mut rewritten: Vec<(Span, Span)> = Vec::new();
    for (taken, put) in replaced {
        // What is put behind the last line of a block scalar belongs to it or not.
        let belongs = || scalar_around(new.0.node_around(new.1, *put), *put).is_some();
        let scalar = scalar_around(old.0.node_around(old.1, *taken), *taken);
        match scalar.filter(|_| !taken.is_empty() || belongs()) {
            Some(scalar) => {
                let before = rewritten.pop_if(|(last, _)| *last == scalar);
                let first = || put.start.saturating_sub(taken.start - scalar.start);
                let start = before.map_or_else(first, |(_, after)| after.start);
                rewritten.push((scalar, Span::new(start, put.end + (scalar.end - taken.end))));
            }
            None => {
                come.push(*put);
                gone.extend(Some(*taken).filter(|span| !span.is_empty()));
            }
        }
    }
    let rewritten: Vec<Span> = rewritten.into_iter().map(|(_, after)| after).collect();
    if gone.is_empty() {
        return Proof::new(&come, &rewritten, inside).holds(old, new);
    }
    let mut middle = String::with_capacity(old.1.len());
    let mut at = 0;
    for span in &gone {
        let Some(kept) = old.1.get(at..span.start) else { return false };
        middle.push_str(kept);
        at = span.end;
    }
    middle.push_str(old.1.get(at..).unwrap_or_default());
    let between = (&Yaml::parse(&middle), middle.as_str());
    Proof::new(&gone, &[], inside).holds(between, old)
        && Proof::new(&come, &rewritten, inside).holds(between, new)
}

/// Whether a text says the same as before, but for pairs, items and values of empty keys that were put in, each wholly in one
/// of the `inserted` spans.
pub fn equal_but_for(old: (&Yaml, &str), new: (&Yaml, &str), inserted: &[Span]) -> bool {
    Proof::new(inserted, &[], &|_, _| false).holds(old, new)
}

/// The scalar of which an edit changes a part: what it takes out, or lines of a block.
fn scalar_around(leaf: Option<Node<'_>>, taken: Span) -> Option<Span> {
    let leaf = leaf.filter(|leaf| !taken.is_empty() || leaf.block_scalar().is_some());
    let body = |leaf: Node<'_>| leaf.block_scalar().map_or_else(|| leaf.span(), |block| block.body);
    leaf.filter(|leaf| body(*leaf).contains(taken)).map(Node::span)
}

struct Proof<'p> {
    /// In ascending order.
    inserted: Vec<Span>,
    /// In ascending order.
    rewritten: Vec<Span>,
    /// The anchored nodes of both trees, in ascending order.
    twins: Vec<(NodeId, NodeId)>,
    /// Whether a block scalar that was rewritten says the same to whoever reads it.
    inside: &'p dyn Fn(Node<'_>, Node<'_>) -> bool,
}

impl<'p> Proof<'p> {
    fn new(inserted: &[Span], rewritten: &[Span], inside: &'p dyn Fn(Node<'_>, Node<'_>) -> bool) -> Self {
        let sorted = |spans: &[Span]| {
            let mut spans = spans.to_vec();
            spans.sort_unstable();
            spans
        };
        Self { inserted: sorted(inserted), rewritten: sorted(rewritten), twins: Vec::new(), inside }
    }

    fn holds(mut self, (before, before_text): (&Yaml, &str), (after, after_text): (&Yaml, &str)) -> bool {
        let same = |(one, two): (&Document, &Document)| match (&one.root, &two.root) {
            (Ok(one), Ok(two)) => self.same(before.node(before_text, *one), after.node(after_text, *two)),
            (Err(one), Err(two)) => one.message == two.message,
            _ => false,
        };
        before.documents().len() == after.documents().len()
            && before.documents().iter().zip(after.documents()).all(same)
    }

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
            && (one.str() == two.str() || self.is_rewritten(one, two))
            && one.tag() == two.tag()
            && one.anchor() == two.anchor()
            && self.same_target(one, two)
            && self.same_entries(one, two)
            && self.same_items(one, two)
    }

    fn is_rewritten(&self, one: Node<'_>, two: Node<'_>) -> bool {
        self.rewritten.binary_search(&two.span()).is_ok()
            && (two.block_scalar().is_none() || (self.inside)(one, two))
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
