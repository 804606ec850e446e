//! From a text and edits to the edited text.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::finding::Edit;
use crate::source::{Source, Span};
use crate::syntax::yaml::Yaml;

/// Edits of one file, sorted by place, identical ones once; those that overlap an earlier one are left out.
pub fn sorted(edits: impl IntoIterator<Item = Edit>) -> Vec<Edit> {
    let mut edits: Vec<Edit> = edits.into_iter().collect();
    edits.sort_by(|a, b| (a.span, &a.text).cmp(&(b.span, &b.text)));
    let mut kept: Vec<Edit> = Vec::with_capacity(edits.len());
    for edit in edits {
        let clashes = kept.last().is_some_and(|last| last.same_as(&edit) || edit.span.start < last.span.end);
        if !clashes {
            kept.push(edit);
        }
    }
    kept
}

/// The bytes of a file with edits made, which are sorted and do not overlap.
pub fn apply(source: &Source, edits: &[Edit]) -> Vec<u8> {
    source.stored(apply_within(source, Span::new(0, source.counted().len()), edits))
}

/// The bytes that come in place of `window` when edits are made that lie inside of it.
pub fn apply_within(source: &Source, window: Span, edits: &[Edit]) -> Vec<u8> {
    let bytes = source.counted();
    let mut out = Vec::with_capacity(window.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut at = window.start;
    for edit in edits {
        out.extend_from_slice(bytes.get(at..edit.span.start).unwrap_or_default());
        out.extend_from_slice(edit.text.as_bytes());
        at = edit.span.end;
    }
    out.extend_from_slice(bytes.get(at..window.end).unwrap_or_default());
    out
}

/// The edited sources of all files that edits touch, each with its own edits, in the order of the paths.
pub fn edited<'e>(edits: impl IntoIterator<Item = &'e Edit>) -> Vec<(Arc<Source>, Arc<Source>, Vec<Edit>)> {
    let mut files: BTreeMap<&str, Vec<Edit>> = BTreeMap::new();
    for edit in edits {
        files.entry(edit.source.path()).or_default().push(edit.clone());
    }
    let mut out = Vec::with_capacity(files.len());
    for (path, edits) in files {
        let edits = sorted(edits);
        let Some(before) = edits.first().map(|edit| Arc::clone(&edit.source)) else { continue };
        let after = Source::new(path, apply(&before, &edits));
        reread(&before, &after, &edits);
        out.push((before, after, edits));
    }
    out
}

/// Gives the edited text its tree, where the text before has one and the entries around the edits are enough to tell.
fn reread(before: &Source, after: &Source, edits: &[Edit]) {
    let lengths: Vec<(Span, usize)> = edits.iter().map(|edit| (edit.span, edit.text.len())).collect();
    let tree = before.kept::<Yaml>().and_then(|tree| tree.reread(before.text(), after.text(), &lengths));
    if let Some(tree) = tree {
        debug_assert!(tree.is_same(&Yaml::parse(after.text())), "{}: read in parts as in one", after.path());
        after.keep(Arc::new(tree));
    }
}
