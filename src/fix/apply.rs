//! From a text and edits to the edited text.

use crate::text::edits::{Edit, apply, sorted};
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::text::source::Source;

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
        out.push((before, after, edits));
    }
    out
}
