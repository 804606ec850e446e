//! From a text and edits to the edited text.

use crate::text::edits::{Edit, apply, sorted};
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::syntax::yaml::Yaml;
use crate::text::source::{Source, Span};

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
