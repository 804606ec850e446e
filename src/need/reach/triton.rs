//! The models that a Triton Inference Server loads: the `config.pbtxt` of each says by which back end.
//!
//! <https://github.com/triton-inference-server/server/blob/main/docs/user_guide/model_configuration.md>

use super::inside::{File, place};
use super::{Reach, Route};
use crate::need::evidence::Claim;
use crate::text::source::Span;

/// Options that name a folder of models.
const FOLDERS: [&str; 2] = ["--model-repository", "--model-store"];

/// The file of a model of the Python back end.
const PYTHON_MODEL: &str = "model.py";

/// More models are read of no folder.
const MOST_MODELS: usize = 32;

impl Reach<'_> {
    /// Reads the models that a command serves; false where it serves none that are in the repository.
    pub(super) fn serves_models(&mut self, words: &[String], route: Route<'_>) -> bool {
        if words.first().is_none_or(|word| word.rsplit('/').next() != Some("tritonserver")) {
            return false;
        }
        let mut models = Vec::new();
        for folder in folders(words) {
            // One that is elsewhere may hold anything.
            let Some((own, names)) = self.layout.entries(&route.path(folder)) else { return false };
            let read = |path: String| {
                let source = self.layout.files.read_inside(self.layout.from, &path).ok()?;
                Some(File { source, part: None, guessed: false })
            };
            // A model without a configuration has that of its files: one of Python is called so.
            let model = |name: &String| {
                let configured = read(format!("{own}/{name}/config.pbtxt"));
                configured.or_else(|| read(format!("{own}/{name}/1/{PYTHON_MODEL}")))
            };
            models.extend(names.iter().take(MOST_MODELS).filter_map(model));
        }
        models.retain(|model| self.affords(model));
        let python = |model: &File| {
            let is_code = model.source.path().ends_with(PYTHON_MODEL);
            if is_code { Some(Span::new(0, 0)) } else { python_backend(model.text()) }
        };
        let python: Vec<(&File, Span)> =
            models.iter().filter_map(|model| Some((model, python(model)?))).collect();
        let route = models.first().map_or(route, |model| route.through(model));
        if let Some((model, span)) = python.first() {
            let configured = python.iter().filter(|(model, _)| !model.source.path().ends_with(PYTHON_MODEL));
            let code = python.len() - configured.clone().count();
            let instances = configured.map(|(model, _)| instances(model.text())).sum::<u64>() + code as u64;
            self.push(Claim::PythonBackend { instances }, place(model, *span), route.via, route.strength);
        } else if let Some(model) = models.first() {
            let start = place(model, Span::new(0, 0));
            self.push(Claim::NoPythonBackend, start, route.via, route.strength);
        }
        !models.is_empty()
    }
}

/// The folders that a command names.
fn folders(words: &[String]) -> impl Iterator<Item = &str> {
    words.iter().enumerate().filter_map(|(at, word)| match word.split_once('=') {
        Some((name, folder)) => FOLDERS.contains(&name).then_some(folder),
        None => words.get(at + 1).filter(|_| FOLDERS.contains(&word.as_str())).map(String::as_str),
    })
}

/// Where a model says that Python runs it: `backend: "python"`.
fn python_backend(text: &str) -> Option<Span> {
    let mut at = 0;
    text.split_inclusive('\n').find_map(|line| {
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        let value = line.trim().strip_prefix("backend")?.trim_start().strip_prefix(':')?.trim();
        (value.trim_matches(['"', '\'']) == "python").then(|| Span::new(start, start + line.trim().len()))
    })
}

/// How many processes a model of the Python back end has: one, or those of its instance groups.
fn instances(text: &str) -> u64 {
    let counts = text.split("count").skip(1).filter_map(|rest| {
        let number = rest.trim_start().strip_prefix(':')?.trim_start();
        number.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u64>().ok()
    });
    counts.fold(0, u64::saturating_add).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_back_end_of_a_model_is_what_its_configuration_says() {
        let python = "name: \"pre\"\nbackend: \"python\"\ninstance_group [ { count: 2 kind: KIND_GPU } ]\n";
        assert_eq!(python_backend(python).map(|span| span.of(python)), Some("backend: \"python\""));
        assert_eq!((instances(python), instances("backend: \"python\"")), (2, 1));
        assert_eq!(python_backend("platform: \"onnxruntime_onnx\"\n# backend: \"python\"\n"), None);
        let words: Vec<String> =
            ["tritonserver", "--model-repository=/a", "--model-store", "/b"].map(str::to_owned).into();
        assert_eq!(folders(&words).collect::<Vec<_>>(), ["/a", "/b"]);
    }
}
