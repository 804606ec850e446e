//! The files of `ConfigMap`s, as kustomizations, `kubectl create configmap` and manifests make them.

use std::sync::Arc;

use memchr::memmem;

use super::builds::under;
use crate::text::place::Place;
use crate::text::source::{Source, Span};

/// Where a file of a `ConfigMap` is.
#[derive(Clone, Debug)]
pub enum MapFile {
    /// A file of the repository.
    Path {
        /// The file that says so.
        from: String,
        /// The path in the repository.
        path: String,
    },
    /// A part of a manifest.
    Text(Place),
}

impl MapFile {
    /// The path of the file that holds it.
    pub(super) fn path(&self) -> &str {
        match self {
            Self::Path { path, .. } => path,
            Self::Text(place) => place.path(),
        }
    }
}

/// What stands in every text that makes a `ConfigMap`.
pub const MAKES: &[&str] = &["configMapGenerator:", "--from-file", "kind: ConfigMap"];

/// The files of `ConfigMap`s that a text makes: `configMapGenerator` of a kustomization, `--from-file` of `kubectl create
/// configmap`, and the manifest itself.
pub fn maps(source: &Arc<Source>) -> Vec<(String, String, MapFile)> {
    let text = source.text();
    let mut found = Vec::new();
    let has = |word: &str| memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    let own = source.path().rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut add = |map: &str, written: &str| {
        let (key, path) =
            written.split_once('=').unwrap_or((written.rsplit('/').next().unwrap_or(written), written));
        let file = MapFile::Path { from: source.path().to_owned(), path: under(own, path) };
        found.push((map.to_owned(), key.to_owned(), file));
    };
    if has("configMapGenerator:") {
        let (mut map, mut in_files) = (String::new(), false);
        for line in text.lines().skip_while(|line| !line.starts_with("configMapGenerator:")).skip(1) {
            let inner = line.trim();
            if !line.starts_with([' ', '-']) && !inner.is_empty() {
                break;
            }
            if let Some(name) = inner.trim_start_matches("- ").strip_prefix("name:") {
                map = clean(name);
            } else if inner.ends_with(':') {
                in_files = inner.trim_start_matches("- ") == "files:";
            } else if let Some(file) = inner.strip_prefix("- ").filter(|_| in_files) {
                add(&map, &clean(file));
            }
        }
    }
    if has("--from-file") {
        for line in
            text.lines().filter(|line| line.contains("create configmap ") || line.contains("create cm "))
        {
            let mut words =
                line.split_whitespace().skip_while(|word| *word != "configmap" && *word != "cm").skip(1);
            let Some(map) = words.find(|word| !word.starts_with('-')) else { continue };
            for file in line.split_whitespace().filter_map(|word| word.strip_prefix("--from-file=")) {
                add(map, &clean(file));
            }
        }
    }
    if has("kind: ConfigMap") {
        manifest(source, &mut found);
    }
    found
}

/// A word without blanks and quotes around it.
fn clean(word: &str) -> String {
    word.trim().trim_matches(['"', '\'']).to_owned()
}

/// The name that a line gives an object: `name: a`, `metadata: {name: a, labels: {}}`.
fn name_in(line: &str) -> Option<&str> {
    let line = line.trim();
    let flow = || line.strip_prefix("metadata:")?.trim_start().strip_prefix('{')?.split_once("name:");
    line.strip_prefix("name:").or_else(|| flow()?.1.split([',', '}']).next())
}

/// The block scalars below `data:` of each `ConfigMap` of a manifest.
fn manifest(source: &Arc<Source>, found: &mut Vec<(String, String, MapFile)>) {
    let text = source.text();
    let mut at = 0;
    for document in text.split("\n---") {
        let start = at;
        at += document.len() + "\n---".len();
        if !document.contains("kind: ConfigMap") {
            continue;
        }
        let name = document.lines().find_map(name_in).unwrap_or_default();
        let (mut offset, mut open): (usize, Option<(String, usize, usize)>) = (start, None);
        let mut lines = document.split_inclusive('\n').peekable();
        while let Some(line) = lines.next() {
            let from = offset;
            offset += line.len();
            let indent = line.len() - line.trim_start().len();
            let is_last = lines.peek().is_none();
            if let Some((key, outer, begin)) = &open {
                let ends = !line.trim().is_empty() && indent <= *outer;
                if ends || is_last {
                    let end = if ends { from } else { offset };
                    let place = Place::new(source, Span::new(*begin, end));
                    found.push((clean(name), key.clone(), MapFile::Text(place)));
                    open = None;
                }
            }
            let block = line.trim_end().trim_end_matches(['-', '+']).strip_suffix(['|', '>']);
            if let Some(key) = block.and_then(|line| line.trim().strip_suffix(':')).filter(|_| open.is_none())
            {
                open = Some((key.trim_matches(['"', '\'']).to_owned(), indent, offset));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::name_in;

    #[test]
    fn an_object_is_named_in_a_block_or_on_one_line() {
        assert_eq!(name_in("  name: code"), Some(" code"));
        assert_eq!(name_in("metadata: {labels: {}, name: code, namespace: a}"), Some(" code"));
        assert_eq!(name_in("  names: {name: code}"), None);
    }
}
