//! Whether an edited manifest means what it meant but for the edits.

use std::sync::Arc;

use super::manifest::readings;
use crate::syntax::yaml::{self, Node, NodeKind, ScalarStyle};
use crate::text::edits::{Edit, between, replaced};
use crate::text::source::Source;

/// Manifests in block scalars of manifests are looked into so deep.
const MAX_EMBEDDED: usize = 2;

/// Whether `after` means what `before` means but for the edits, which are in order.
pub(super) fn same_but_for(before: &Arc<Source>, after: &Arc<Source>, edits: &[Edit]) -> bool {
    same(before, after, edits, MAX_EMBEDDED)
}

fn same(before: &Arc<Source>, after: &Arc<Source>, edits: &[Edit], depth: usize) -> bool {
    let replaced = replaced(edits);
    // A manifest in a block scalar is held against itself, as it is written there.
    let inside = |one: Node<'_>, two: Node<'_>| {
        let old = dedented(before, one).filter(|_| depth > 0);
        let (Some(old), Some(new)) = (old, dedented(after, two)) else { return false };
        let edits = between(&old, new.text());
        same(&old, &new, &edits, depth - 1)
    };
    let (old, new) = (readings(before.text()), readings(after.text()));
    old.len() == new.len()
        && old.iter().zip(&new).all(|((old, tree), (new, after_tree))| {
            let (old, new) = ((tree, old.text(before.text())), (after_tree, new.text(after.text())));
            yaml::same_but_for(old, new, &replaced, &inside)
        })
}

/// The text of a literal block scalar without its indent.
fn dedented(host: &Source, scalar: Node<'_>) -> Option<Arc<Source>> {
    let block = scalar.block_scalar().filter(|_| scalar.kind() == NodeKind::Scalar(ScalarStyle::Literal))?;
    let indent = block.indent?;
    let lines = host.slice(block.body).split_inclusive('\n');
    let blanks = |line: &str| line.bytes().take(indent).take_while(|byte| *byte == b' ').count();
    let text: String = lines.map(|line| line.get(blanks(line)..).unwrap_or_default()).collect();
    Some(Source::new(host.path(), text.into()))
}
