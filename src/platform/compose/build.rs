//! The Dockerfile behind a service's `build`.

use super::layers::Slot;
use super::resolve::Resolver;
use crate::dockerfile::{self, Build, Built};
use crate::files::Files;

/// What is built for a service: `slots` are the values of its `build`, weakest first. Paths are relative to the file that
/// writes them. Nothing where there is no such Dockerfile in the repository, or it cannot be read.
pub(super) fn read(resolver: Resolver<'_>, files: &dyn Files, slots: &[Slot]) -> Option<Built> {
    let (build, node) = resolver.strongest(slots)?;
    let source = resolver.store.files.get(build.file)?;
    let from = source.source.path();
    if !node.is_mapping() {
        let context = resolver.written(build, node)?;
        let source = dockerfile::find(files, from, &context, None)?;
        return dockerfile::read(source.text(), &Build::default());
    }
    let text = |key| {
        let (slot, node, _) = resolver.scalar(&resolver.children(slots, key))?;
        resolver.written(slot, node)
    };
    let target = text("target");
    let args = resolver.environment(&resolver.children(slots, "args"), &|_| true);
    let known = args.iter().filter_map(|variable| Some((variable.name.as_ref(), variable.known()?)));
    let build = Build { target: target.as_deref(), args: known.collect() };
    if let Some(text) = text("dockerfile_inline") {
        return dockerfile::read(&text, &build);
    }
    let context = text("context");
    let name = text("dockerfile");
    let source = dockerfile::find(files, from, context.as_deref().unwrap_or("."), name.as_deref())?;
    dockerfile::read(source.text(), &build)
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
