//! The Dockerfile behind a service's `build`.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::layers::Slot;
use super::resolve::Resolver;
use crate::syntax::dockerfile::{self, BuildRequest, DockerfileImage};
use crate::text::files::Files;

/// How many bytes of Dockerfiles are read for one unit. Hundreds of services with one each take a tenth.
const MAX_BYTES: usize = 16 << 20;

/// What tells a build from others: the file that asks for it, the folder, the Dockerfile, the stage and the arguments.
type BuildKey = (usize, String, Option<String>, Option<String>, Vec<(String, String)>);

/// The Dockerfiles of a unit: services that are built alike share one reading.
pub(super) struct Dockerfiles<'a> {
    files: &'a dyn Files,
    known: RefCell<HashMap<BuildKey, Option<DockerfileImage>>>,
    /// What is left of [`MAX_BYTES`].
    left: Cell<usize>,
}

impl<'a> Dockerfiles<'a> {
    /// None read yet.
    pub(super) fn new(files: &'a dyn Files) -> Self {
        Self { files, known: RefCell::default(), left: Cell::new(MAX_BYTES) }
    }

    /// What the Dockerfile `name` of the folder `context`, as the file at `from` means it, makes.
    fn read(
        &self,
        from: (usize, &str),
        context: &str,
        name: Option<&str>,
        build: &BuildRequest<'_>,
    ) -> Option<DockerfileImage> {
        let args = build.args.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let key: BuildKey = (
            from.0,
            context.to_owned(),
            name.map(str::to_owned),
            build.target.map(str::to_owned),
            args.collect(),
        );
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let source = dockerfile::find(self.files, from.1, context, name);
        let made = source.and_then(|source| self.parse(source.text(), build));
        self.known.borrow_mut().insert(key, made.clone());
        made
    }

    fn parse(&self, text: &str, build: &BuildRequest<'_>) -> Option<DockerfileImage> {
        self.left.set(self.left.get().checked_sub(text.len())?);
        dockerfile::read(text, build)
    }
}

/// What is built for a service: `slots` are the values of its `build`, weakest first. Paths are relative to the file that
/// writes them. Nothing where there is no such Dockerfile in the repository, or it cannot be read.
pub(super) fn read(
    resolver: Resolver<'_>,
    files: &Dockerfiles<'_>,
    slots: &[Slot],
) -> Option<DockerfileImage> {
    let (build, node) = resolver.strongest(slots)?;
    let source = resolver.store.files.get(build.file)?;
    let from = (build.file, source.source.path());
    if !node.is_mapping() {
        let context = resolver.written(build, node)?;
        return files.read(from, &context, None, &BuildRequest::default());
    }
    let text = |key| {
        let (slot, node, _) = resolver.scalar(&resolver.children(slots, key))?;
        resolver.written(slot, node)
    };
    let target = text("target");
    let args = resolver.environment(&resolver.children(slots, "args"), &|_| true);
    let known = args.iter().filter_map(|variable| Some((variable.name.as_ref(), variable.known()?)));
    let build = BuildRequest { target: target.as_deref(), args: known.collect() };
    if let Some(text) = text("dockerfile_inline") {
        return files.parse(&text, &build);
    }
    let (context, name) = (text("context"), text("dockerfile"));
    files.read(from, context.as_deref().unwrap_or("."), name.as_deref(), &build)
}

/// What a service is called besides its own name: its container, the folder that it is built from, and what stands behind
/// the dot of its Dockerfile's name (`Dockerfile.train`).
pub(super) fn names(resolver: Resolver<'_>, container_name: &[Slot], build: &[Slot]) -> Vec<String> {
    let text = |slots: &[Slot]| {
        let (slot, node, _) = resolver.scalar(slots)?;
        resolver.written(slot, node)
    };
    let context = text(build).or_else(|| text(&resolver.children(build, "context")));
    let dockerfile = text(&resolver.children(build, "dockerfile"));
    let folder = context.as_deref().map(|context| last_part(context.trim_end_matches('/')));
    let variant = dockerfile.as_deref().map(last_part);
    let container = text(container_name);
    let names = [container.as_deref(), folder, variant].into_iter().flatten();
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// What stands behind the last `/` of a path.
fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
