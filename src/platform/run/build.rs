//! What other commands of a script make that its containers use: images that are built with `--shm-size`, which does nothing
//! for the containers that run them, and volumes of memory.

use std::collections::HashMap;

use super::fields::{Field, Spot};
use super::find::{find_build, find_volume};
use super::invocation::{BuildSize, Invocation};
use crate::text::source::Span;

/// A build that asks for a size, and the images it makes.
pub(super) struct ImageBuild {
    images: Vec<String>,
    size: BuildSize,
}

/// The build in a command's fields, if it asks for a size.
pub(super) fn build(fields: &[Field]) -> Option<ImageBuild> {
    let arguments = find_build(fields)?;
    let images =
        values(arguments, &["-t", "--tag"]).map(|(_, value)| untagged(&value.value).to_owned()).collect();
    let (flag, value) = values(arguments, &["--shm-size"]).last()?;
    let (start, end) = (flag.spot()?, value.spot()?);
    let span = if end.beside(&start) { start.span.join(end.span) } else { start.span };
    let size = BuildSize { value: value.value, spot: Spot { layer: start.layer, span } };
    Some(ImageBuild { images, size })
}

/// The name of the volume that a command makes of memory, and its options for the kernel: `docker volume create --opt
/// type=tmpfs --opt o=size=700m NAME`.
pub(super) fn volume(fields: &[Field]) -> Option<(String, String)> {
    let arguments = find_volume(fields)?;
    let options: Vec<String> = values(arguments, &["-o", "--opt"])
        .map(|(_, value)| value.value.trim_matches('"').to_owned())
        .collect();
    let name = values(arguments, &["--name"]).last().map(|(_, value)| value.value);
    let name = name.or_else(|| Some(arguments.last()?.value.clone()))?;
    options.iter().any(|option| option == "type=tmpfs").then(|| {
        let memory = options.into_iter().find(|option| option.starts_with("o="));
        (name, memory.unwrap_or_default())
    })
}

/// The values of an option under any of its names, each with the word of the flag.
fn values<'f>(arguments: &'f [Field], names: &'f [&str]) -> impl Iterator<Item = (&'f Field, Field)> {
    arguments.iter().enumerate().filter_map(move |(at, field)| {
        if names.contains(&field.value.as_str()) {
            return Some((field, arguments.get(at + 1)?.clone()));
        }
        let (name, _) = field.value.split_once('=')?;
        let value = field.slice(Span::new(name.len() + 1, field.value.len()));
        names.contains(&name).then_some((field, value))
    })
}

/// An image's name without the tag that is meant where none is written.
fn untagged(image: &str) -> &str {
    image.strip_suffix(":latest").unwrap_or(image)
}

/// The size that the last build of each image asks for.
pub(super) fn by_image(builds: &[ImageBuild]) -> HashMap<&str, &BuildSize> {
    let images = builds.iter().flat_map(|build| build.images.iter().map(move |image| (image, &build.size)));
    images.map(|(image, size)| (image.as_str(), size)).collect()
}

/// Notes at an invocation the build of its image.
pub(super) fn attach(builds: &HashMap<&str, &BuildSize>, invocation: &mut Invocation) {
    let image = invocation.image.as_ref().map(|image| untagged(&image.value));
    invocation.build_size = image.and_then(|image| builds.get(image)).map(|size| (*size).clone());
}
