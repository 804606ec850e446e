//! Whether an edited manifest means what it meant but for the edits.

use super::manifest::readings;
use crate::syntax::yaml::{BlockScalar, Kind, Node, Style, Yaml, equal_but_for};
use crate::text::edits::{Edit, after_spans};
use crate::text::source::{Source, Span};

/// Manifests in block scalars of manifests are looked into so deep.
const MAX_EMBEDDED: usize = 2;

/// What was there and what stands there now.
type Replaced = (Span, Span);

/// Whether `after` means what `before` means but for the edits, which are in order.
pub(super) fn same_but_for(before: &Source, after: &Source, edits: &[Edit]) -> bool {
    let replaced: Vec<Replaced> = edits.iter().map(|edit| edit.span).zip(after_spans(edits)).collect();
    same(before.text(), after.text(), &replaced, MAX_EMBEDDED)
}

fn same(before: &str, after: &str, replaced: &[Replaced], depth: usize) -> bool {
    let (old, new) = (readings(before), readings(after));
    old.len() == new.len()
        && old.iter().zip(&new).all(|((old, tree), (new, after_tree))| {
            let texts = (old.text(before), new.text(after));
            same_reading((before, after), texts, (tree, after_tree), replaced, depth)
        })
}

/// As [`same`] for one way to read both texts: what is read of each, and its documents.
fn same_reading(
    (before, after): (&str, &str),
    (old, new): (&str, &str),
    (tree, after_tree): (&Yaml, &Yaml),
    replaced: &[Replaced],
    depth: usize,
) -> bool {
    let blocks = if depth == 0 { Vec::new() } else { edited_blocks(tree, old, replaced) };
    if blocks.is_empty() {
        return same_trees(tree, old, after_tree, new, replaced);
    }
    // What is edited inside of block scalars is held against itself; the rest with those scalars cut out.
    let (mut host, mut host_after) = (Cut::new(before), Cut::new(after));
    let mut rest = Vec::with_capacity(replaced.len());
    let mut next = 0;
    for (block, range) in blocks {
        let outer = replaced.get(next..range.start).unwrap_or_default();
        rest.extend(outer.iter().map(|(old, new)| (host.span(*old), host_after.span(*new))));
        next = range.end;
        let inside = replaced.get(range).unwrap_or_default();
        let (Some((_, first)), Some((_, last))) = (inside.first(), inside.last()) else { return false };
        let (Some((old_first, _)), Some((old_last, _))) = (inside.first(), inside.last()) else {
            return false;
        };
        let body = block.body;
        let Some(indent) = block.indent else { return false };
        let new_body =
            Span::new(body.start + first.start - old_first.start, body.end + last.end - old_last.end);
        let (inner, inner_after) =
            (Dedented::new(before, body, indent), Dedented::new(after, new_body, indent));
        let inside: Vec<Replaced> =
            inside.iter().map(|(old, new)| (inner.span(*old), inner_after.span(*new))).collect();
        if !same(&inner.text, &inner_after.text, &inside, depth - 1) {
            return false;
        }
        host.cut(body, indent);
        host_after.cut(new_body, indent);
    }
    let outer = replaced.get(next..).unwrap_or_default();
    rest.extend(outer.iter().map(|(old, new)| (host.span(*old), host_after.span(*new))));
    same(&host.finish(), &host_after.finish(), &rest, 0)
}

/// Both texts are held against what they have in common: the text before without what was replaced. Each may differ
/// from that by nothing but what stands in the replaced and in the new spans.
fn same_trees(tree: &Yaml, old: &str, after: &Yaml, new: &str, replaced: &[Replaced]) -> bool {
    let mut common = String::with_capacity(old.len());
    let mut at = 0;
    for (gone, _) in replaced {
        let Some(kept) = old.get(at..gone.start) else { return false };
        common.push_str(kept);
        at = gone.end;
    }
    common.push_str(old.get(at..).unwrap_or_default());
    let gone: Vec<Span> = replaced.iter().map(|(gone, _)| *gone).filter(|gone| !gone.is_empty()).collect();
    let come: Vec<Span> = replaced.iter().map(|(_, come)| *come).collect();
    if gone.is_empty() {
        return equal_but_for(tree, old, after, new, &come);
    }
    let middle = Yaml::parse(&common);
    equal_but_for(&middle, &common, tree, old, &gone) && equal_but_for(&middle, &common, after, new, &come)
}

/// The literal block scalars in which edits lie, each with those edits.
fn edited_blocks(
    tree: &Yaml,
    text: &str,
    replaced: &[Replaced],
) -> Vec<(BlockScalar, std::ops::Range<usize>)> {
    let mut found: Vec<(BlockScalar, std::ops::Range<usize>)> = Vec::new();
    for (index, (old, _)) in replaced.iter().enumerate() {
        if let Some((block, range)) = found.last_mut()
            && block.body.contains(*old)
            && range.end == index
        {
            range.end += 1;
            continue;
        }
        // An insertion may stand right behind the last letter.
        let leaf = [Some(old.start), old.start.checked_sub(1)].into_iter().flatten();
        let leaf = leaf.filter_map(|at| tree.leaf_at(at)).map(|id| tree.node(text, id));
        let mut blocks = leaf.filter(|leaf| leaf.kind() == Kind::Scalar(Style::Literal));
        let block = blocks.next().and_then(Node::block_scalar);
        if let Some(block) = block.filter(|block| block.body.contains(*old)) {
            found.push((block, index..index + 1));
        }
    }
    found
}

/// The text of a block scalar without its indent.
struct Dedented {
    text: String,
    /// Where each line begins, outside and inside; of its indent nothing is left inside.
    lines: Vec<(usize, usize)>,
}

impl Dedented {
    fn new(host: &str, body: Span, indent: usize) -> Self {
        let mut dedented = Self { text: String::with_capacity(body.len()), lines: Vec::new() };
        let mut at = body.start;
        for line in body.of(host).split_inclusive('\n') {
            let blanks = line.bytes().take(indent).take_while(|byte| *byte == b' ').count();
            dedented.lines.push((at + blanks, dedented.text.len()));
            dedented.text.push_str(line.get(blanks..).unwrap_or_default());
            at += line.len();
        }
        dedented
    }

    fn inner(&self, at: usize) -> usize {
        let behind = self.lines.partition_point(|(outer, _)| *outer <= at);
        let next = self.lines.get(behind).map_or(self.text.len(), |(_, inner)| *inner);
        match behind.checked_sub(1).and_then(|line| self.lines.get(line)) {
            // A place in the next line's indent is that line's beginning.
            Some((outer, inner)) => (inner + (at - outer)).min(next),
            None => 0,
        }
    }

    fn span(&self, span: Span) -> Span {
        Span::new(self.inner(span.start), self.inner(span.end))
    }
}

/// A text from which block scalars are cut out.
struct Cut<'t> {
    text: &'t str,
    out: String,
    /// Up to here the text was copied or cut.
    at: usize,
}

impl<'t> Cut<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, out: String::with_capacity(text.len()), at: 0 }
    }

    /// Where a span behind the last cut stands in what comes out.
    fn span(&self, span: Span) -> Span {
        let place = |at: usize| self.out.len() + at.saturating_sub(self.at);
        Span::new(place(span.start), place(span.end))
    }

    /// Leaves one word of a block scalar.
    fn cut(&mut self, body: Span, indent: usize) {
        self.out.push_str(self.text.get(self.at..body.start).unwrap_or_default());
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.out.push_str("x\n");
        self.at = body.end;
    }

    fn finish(mut self) -> String {
        self.out.push_str(self.text.get(self.at..).unwrap_or_default());
        self.out
    }
}
