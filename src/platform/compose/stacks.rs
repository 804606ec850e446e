//! Which files a Compose file is resolved with: its base, its override, the files that are named together with it.

use std::sync::Arc;

use super::dotenv::Env;
use super::file::ComposeFile;
use super::mention;
use super::names::{BASES, OVERRIDES, default_of, is_yaml, says_compose};
use super::tree::{KeyTable, ServiceKey};
use crate::platform::kind::Index;
use crate::syntax::yaml::{Fuel, Node, NodeId, find_merged};
use crate::text::filename::FileName;
use crate::text::files::{Files, ReadError};
use crate::text::paths::join;
use crate::text::source::Source;

/// How many possible bases are looked at; with more, nobody can tell.
pub(super) const MAX_BASES: usize = 8;

/// How many files of a folder are looked into for a base that no name tells.
const MAX_SIBLINGS: usize = 64;

/// The files in the neighbourhood of one file.
#[derive(Clone, Copy)]
pub(super) struct Neighbourhood<'a> {
    pub(super) files: &'a dyn Files,
    pub(super) index: &'a Index,
}

impl Neighbourhood<'_> {
    /// The text of a file of this path, if it lies in its folder's repository.
    pub(super) fn read(&self, path: &str) -> Result<Arc<Source>, ReadError> {
        self.files.read_reference(path, FileName::new(path).name)
    }

    /// The lists of files that `file` may be loaded in, each in order and with itself; more than one where it is not told
    /// which holds, and none where it is loaded alone.
    pub(super) fn stacks(&self, source: &Arc<Source>) -> Vec<Vec<String>> {
        let path = source.path();
        let together = self.named_together(path);
        if !together.is_empty() {
            return together;
        }
        let names = self.files.beside(path);
        let default = default_of(&names);
        if default.env
            && let Some(files) = self.of_compose_file(path)
        {
            return vec![files];
        }
        let own = FileName::new(path).name;
        let pair = |base: &str, over: &str| vec![vec![join(path, base), join(path, over)]];
        match (default.base, default.over) {
            (Some(base), Some(over)) if own == base || own == over => pair(base, over),
            _ if BASES.contains(&own) || OVERRIDES.contains(&own) => Vec::new(),
            (base, _) => self.guessed(source, base, &names),
        }
    }

    /// The lists that scripts and settings name, up to and with `path`; one more than is looked at tells that there are
    /// too many.
    fn named_together(&self, path: &str) -> Vec<Vec<String>> {
        let mut out: Vec<Vec<String>> = Vec::new();
        for files in self.index.behind(path) {
            if out.len() <= MAX_BASES && !out.iter().any(|known| known == files) {
                out.push(files.to_vec());
            }
        }
        out
    }

    /// The files that `COMPOSE_FILE` in the `.env` beside `path` names, if it is one of them.
    fn of_compose_file(&self, path: &str) -> Option<Vec<String>> {
        let source = self.files.read_reference(path, ".env").ok()?;
        memchr::memmem::find(source.text().as_bytes(), b"COMPOSE_FILE")?;
        let env = Env::parse(source.text());
        let files = mention::variable(env.get("COMPOSE_FILE")?)?;
        let files: Vec<String> = files.iter().map(|file| join(path, file)).collect();
        files.iter().any(|file| file == path).then_some(files)
    }

    /// A service without image and build is a patch of the service of the same name in a file beside it: the one that
    /// Compose takes by itself, else the one whose name this one's extends, else any other.
    fn guessed(&self, source: &Arc<Source>, base: Option<&str>, names: &[String]) -> Vec<Vec<String>> {
        let file = ComposeFile::read(Arc::clone(source), true);
        let fuel = Fuel::new(file.text().len() * 4 + 1000);
        let patches = patches(&file, &fuel);
        if patches.is_empty() {
            return Vec::new();
        }
        let path = file.source.path();
        let completes = |name: &&str| {
            let source = self.read(&join(path, name)).ok();
            source.is_some_and(|source| {
                let fuel = Fuel::new(source.text().len() * 4 + 1000);
                completes(&ComposeFile::read(source, false), &patches, &fuel)
            })
        };
        let own = FileName::new(path).name;
        let with = |base: &str| vec![join(path, base), path.to_owned()];
        if let Some(base) = base.filter(|base| *base != own && completes(base)) {
            return vec![with(base)];
        }
        let mut stem = own;
        while let Some(shorter) = shortened(stem) {
            let sibling = names.iter().find(|name| without_ending(name) == shorter && name.as_str() != own);
            if let Some(name) = sibling.map(String::as_str).filter(completes) {
                return vec![with(name)];
            }
            stem = shorter;
        }
        let like = |name: &&str| says_compose(name) || (!says_compose(own) && is_yaml(name));
        let others = names.iter().map(String::as_str).filter(|name| *name != own).filter(like);
        others.take(MAX_SIBLINGS).filter(completes).take(MAX_BASES + 1).map(with).collect()
    }
}

/// `docker-compose.gpu.yml` to `docker-compose.gpu` to `docker-compose`; also at `-` and `_`.
fn shortened(name: &str) -> Option<&str> {
    let stem = without_ending(name);
    let stem = if stem.len() < name.len() { stem } else { name };
    stem.get(..stem.rfind(['.', '-', '_'])?).filter(|stem| stem.to_ascii_lowercase().contains("compose"))
}

fn without_ending(name: &str) -> &str {
    let lower = name.len().checked_sub(4).and_then(|at| name.get(at..));
    let longer = name.len().checked_sub(5).and_then(|at| name.get(at..));
    if lower.is_some_and(|end| end.eq_ignore_ascii_case(".yml")) {
        name.get(..name.len() - 4).unwrap_or(name)
    } else if longer.is_some_and(|end| end.eq_ignore_ascii_case(".yaml")) {
        name.get(..name.len() - 5).unwrap_or(name)
    } else {
        name
    }
}

/// The services that say neither image nor build nor what they extend.
fn patches<'a>(file: &'a ComposeFile, fuel: &Fuel) -> Vec<&'a str> {
    let patches = file.services(fuel).all.iter().filter(|at| !is_whole(file, at.value, fuel));
    patches.filter_map(|at| file.node(at.key).str()).collect()
}

/// Whether a file has one of these services with an image or a build.
fn completes(file: &ComposeFile, patches: &[&str], fuel: &Fuel) -> bool {
    let services = file.services(fuel);
    let mut named = patches.iter().flat_map(|name| services.named(file, name));
    named.any(|named| services.at(*named).is_some_and(|(_, at)| is_whole(file, at.value, fuel)))
}

fn is_whole(file: &ComposeFile, service: NodeId, fuel: &Fuel) -> bool {
    let table = KeyTable::of(file.node(service).resolve(), fuel);
    // A build without a context or Dockerfile, as of nothing but arguments, is laid over that of a base.
    let builds = |build: Node<'_>| {
        let says = |key: &str| find_merged(build, key, fuel).is_some();
        !build.is_mapping() || ["context", "dockerfile", "dockerfile_inline"].iter().any(|key| says(key))
    };
    table.get(ServiceKey::Build).is_some_and(|at| builds(file.node(at.value).resolve()))
        || [ServiceKey::Image, ServiceKey::Extends].iter().any(|key| table.get(*key).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shortened_to_the_base_they_extend() {
        assert_eq!(shortened("docker-compose.gpu.yml"), Some("docker-compose"));
        assert_eq!(shortened("compose.vllm.nvidia.yaml"), Some("compose.vllm"));
        assert_eq!(shortened("docker-compose"), None);
        assert_eq!(shortened("compose"), None);
    }
}
