//! Documents that are certainly manifests and cannot be read.

use super::manifest::Manifest;
use super::words::{self, is_template};
use crate::container::finding::Problem;
use crate::text::filename::FileName;

/// What is wrong with the documents of a file that speak of containers and of a GPU or `/dev/shm`. A template is none: its
/// text is read by something else first.
pub(super) fn problems(manifest: &Manifest) -> Vec<Problem> {
    let text = manifest.text();
    let path = FileName::new(manifest.layer.source().path());
    if manifest.template.has_actions() || text.contains("{{") || is_template(&path) {
        return Vec::new();
    }
    if let Some(alias) = manifest.excess {
        let ours = words::speaks_of_pods(text) && words::speaks_of_us(text);
        let message = "the aliases up to here stand for more text than is followed".to_owned();
        let place = manifest.place(manifest.node(alias).span());
        return ours.then_some(Problem { place, message }).into_iter().collect();
    }
    let documents = manifest.yaml.documents();
    let ends = documents.iter().skip(1).map(|next| next.span.start).chain([text.len()]);
    let broken = documents.iter().zip(ends).filter_map(|(document, end)| {
        let error = document.root.as_ref().err()?;
        let document = text.get(document.span.start..end)?;
        let ours = is_object(document) && words::speaks_of_pods(document) && words::speaks_of_us(document);
        ours.then(|| Problem { place: manifest.place(error.span), message: error.message.clone() })
    });
    broken.collect()
}

/// Whether a text is meant to be an object of Kubernetes in YAML or JSON: what a program printed may use the same words.
fn is_object(text: &str) -> bool {
    let names = |line: &str| line.starts_with("kind:") || line.starts_with("apiVersion:");
    let json = || text.trim_start().starts_with(['{', '[']) && text.contains("\"kind\"");
    text.lines().any(|line| names(line.trim_start_matches(['-', ' ']))) || json()
}
