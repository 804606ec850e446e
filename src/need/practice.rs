//! What the repository gives the like of a workload elsewhere.

use super::around::{Around, Given};
use super::evidence::{Claim, Evidence, Same, Strength};
use super::own::Subject;
use crate::container::workload::{GpuCount, Workload};
use crate::knowledge::{self, ImageIdentity, NeedRule};
use crate::text::place::Place;

/// The evidence of the repository's other containers: the place with the largest size of each sort.
pub fn evidence(subject: &Subject<'_>, around: &dyn Around) -> Vec<Evidence> {
    let workload = subject.workload;
    let given = around.given(workload.place.path());
    let own = workload.image.as_deref().filter(|image| tells(image)).map(ImageIdentity::of);
    let same = |given: &&Given| given.tells && own.is_some() && given.image == own;
    let own_folder = folder(workload.place.path());
    let sibling = |given: &&Given| {
        let related =
            || own.as_ref().zip(given.image.as_ref()).is_some_and(|(own, image)| own.has_maker_of(image));
        given.gpu && folder(given.place.path()) == own_folder && related()
    };
    // What shares memory only between GPUs is like its twin only with as many of them.
    let alone = matches!(subject.gpus, GpuCount::Exactly(0 | 1));
    let like = |given: &&Given| !alone || !given.gpu || given.gpus == GpuCount::Exactly(1);
    let images: Vec<&Given> = given.iter().filter(same).filter(like).collect();
    // What asks for no GPU was given its size by somebody, and by no fix.
    let sized =
        || images.iter().filter(|given| given.bytes.is_some() && !given.gpu).map(|given| given.place.path());
    let several = sized().any(|path| sized().next() != Some(path));
    let image = if several { Same::Images } else { Same::Image };
    let siblings = given.iter().filter(sibling).filter(like);
    let of = |same: Same, all: &mut dyn Iterator<Item = &Given>| {
        let most = all.max_by_key(|given| (given.bytes, std::cmp::Reverse(order(&given.place))))?;
        Some(claim(most, same, workload))
    };
    let mut found: Vec<Evidence> =
        [of(image, &mut images.into_iter()), of(Same::File, &mut siblings.into_iter())]
            .into_iter()
            .flatten()
            .collect();
    if found.is_empty() {
        found.extend(usual(&given, workload));
    }
    found
}

/// The size of all other GPU containers, where they agree.
fn usual(given: &[Given], workload: &Workload) -> Option<Evidence> {
    let mut sized = given.iter().filter(|given| given.gpu && given.bytes.is_some());
    let first = sized.next()?;
    sized.all(|other| other.bytes == first.bytes).then(|| claim(first, Same::Repository, workload))
}

fn claim(given: &Given, same: Same, workload: &Workload) -> Evidence {
    // Each sort of file has a usual spelling of its own.
    let spelling = given.spelling.clone().filter(|_| given.platform == workload.platform);
    let claim = Claim::Practice { bytes: given.bytes, spelling, same };
    Evidence::new(claim, given.place.clone(), Strength::Practice)
}

fn order(place: &Place) -> (&str, usize) {
    (place.path(), place.span.start)
}

fn folder(path: &str) -> &str {
    path.rfind('/').map_or("", |at| path.get(..at).unwrap_or_default())
}

/// Whether an image's text tells what runs: no variable or template, no stand-in that something else replaces, no bare
/// system, which holds whatever is started in it.
pub fn tells(image: &str) -> bool {
    let open =
        image.contains(['$', '{', '<', '%']) || image.contains("replaced-by") || image.trim().is_empty();
    !open && knowledge::image_entry(image).is_none_or(|entry| entry.rule != NeedRule::Idle)
}
