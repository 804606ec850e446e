//! The image behind a workload: the Dockerfile that the repository builds it from, and what that starts.

use super::builds::Builds;
use super::inside::Image;
use super::{DEPTH, MOST_BYTES};
use crate::container::workload::Workload;
use crate::knowledge;
use crate::knowledge::image::MAX_REFERENCE;
use crate::syntax::dockerfile;
use crate::text::files::Files;
use crate::text::place::Place;

/// The Dockerfile of a workload's image. What it starts becomes the workload's own.
pub(super) fn image(
    workload: &mut Workload,
    files: &dyn Files,
    builds: &Builds,
    root: &str,
) -> Option<Image> {
    let from = workload.place.path().to_owned();
    let written = workload.image.clone().filter(|image| image.len() <= MAX_REFERENCE).unwrap_or_default();
    let mut found = None;
    if let Some(build) = &workload.inside.build {
        found = builds
            .find(files, root, build)
            .map(|(source, context, there)| (source, context, !there, None, build.target.clone()));
    } else {
        for (built, sure) in builds.of_image(&written, &from) {
            if let Some((source, context, there)) = builds.find(files, root, &built.build) {
                let place = Some(built.place.clone());
                found = Some((source, context, !(sure && there), place, built.build.target.clone()));
                break;
            }
        }
        if found.is_none() && knowledge::image_entry(&written).is_none() {
            let names: Vec<&str> =
                std::iter::once(&workload.name).chain(&workload.other_names).map(String::as_str).collect();
            let repository = files.repository(&from).1;
            found = builds.beside(&written, &names, &from, &repository).and_then(|path| {
                let source = files.read_inside(&from, path).ok()?;
                Some((
                    source,
                    path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned(),
                    true,
                    None,
                    None,
                ))
            });
        }
    }
    let (source, context, guessed, line, target) = found?;
    if source.text().len() > MOST_BYTES {
        return None;
    }
    let build = dockerfile::BuildRequest { target: target.as_deref(), args: Vec::new() };
    let built = dockerfile::read(source.text(), &build)?;
    if workload.built_from.is_none() {
        let own = std::mem::take(&mut workload.command);
        let own_entrypoint = workload.inside.own_entrypoint;
        let (entrypoint, command) = match own.is_empty() {
            true => (None, None),
            false if own_entrypoint => (Some(own), None),
            false => (None, Some(own)),
        };
        workload.command = built.clone().command(entrypoint, command);
        workload.built_from = Some(base(&built.from, files, builds, root, &from));
        workload.inside.guessed = guessed;
        workload.written.extend(line);
        workload.written.extend(built.starts.map(|span| Place::new(&source, span)));
        workload.environment.splice(0..0, built.environment.iter().cloned());
    }
    Some(Image { built, context })
}

/// What an image is built from in the end, through those that the repository builds itself.
fn base(image: &str, files: &dyn Files, builds: &Builds, root: &str, near: &str) -> String {
    let mut image = image.to_owned();
    for _ in 0..DEPTH {
        if knowledge::image_entry(&image).is_some() {
            break;
        }
        let below = builds.of_image(&image, near).into_iter().find_map(|(built, _)| {
            let (source, ..) = builds.find(files, root, &built.build)?;
            let build = dockerfile::BuildRequest { target: built.build.target.as_deref(), args: Vec::new() };
            dockerfile::read(source.text(), &build).filter(|_| source.text().len() <= MOST_BYTES)
        });
        let Some(below) = below.filter(|below| below.from != image) else { break };
        image = below.from;
    }
    image
}
