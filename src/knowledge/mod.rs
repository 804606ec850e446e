//! What is known of the shared memory that images and commands need.
//!
//! The knowledge stands in `rules/images.yaml`, each entry with its source: an entry for what a program is called, for an
//! image, and for the words of names, which prove nothing. What an entry says of a workload is weighed elsewhere.

pub mod command;
pub mod image;
pub mod options;
pub mod programs;
mod table;
pub mod used;
mod words;

use command::Program;

use crate::knowledge::used::Used;
use crate::text::scan;

pub(crate) use crate::text::scan::glob;
pub use table::{Formula, KnowledgeEntry, NeedRule, Processes, TABLE};

/// An entry that a user adds in the configuration. It beats the table; all patterns that are given must match.
#[derive(Clone, Debug, Default)]
pub struct UserEntry {
    /// A glob on the image, as in `rules/images.yaml`.
    pub image: Option<String>,
    /// Words of the command, as in `rules/images.yaml`.
    pub command: Option<String>,
    /// A glob on one of the names of the service or container.
    pub name: Option<String>,
    /// Whether they need shared memory.
    pub needs: bool,
    /// How much they need, in bytes.
    pub bytes: Option<u64>,
    /// Why, for the report.
    pub reason: Option<String>,
    /// Whether it ever matched.
    pub used: Used,
}

/// What tells images apart: the repository, and the words of the tag that are no versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageIdentity {
    repository: String,
    words: Vec<String>,
}

impl ImageIdentity {
    /// That of a reference.
    pub fn of(reference: &str) -> Self {
        let reference = image::Reference::parse(reference);
        let words = reference.tag_words().into_iter().map(str::to_owned).collect();
        Self { repository: reference.repository.to_string(), words }
    }

    /// Whether two images lie in the same place of a registry, below the registry itself: siblings of one maker.
    pub fn has_maker_of(&self, other: &Self) -> bool {
        self.maker().is_some_and(|maker| other.maker() == Some(maker))
    }

    fn maker(&self) -> Option<&str> {
        self.repository.rsplit_once('/').map(|(place, _)| place).filter(|place| place.contains('/'))
    }
}

/// The entry of a name: `vLLM`, in any case of letters.
pub fn named(name: &str) -> Option<&'static KnowledgeEntry> {
    TABLE.iter().find(|entry| entry.name.eq_ignore_ascii_case(name))
}

/// The entry whose words stand in the own name of an image, in one of the workload's, or in that of its script.
pub fn name_entry(
    image: Option<&str>,
    programs: &[Program<'_>],
    names: &[&str],
) -> Option<&'static KnowledgeEntry> {
    words::entry(image.map(image::Reference::parse).as_ref(), programs, names)
}

/// Of the entries whose words stand in the own name of an image or in one of the workload's, that which needs least.
pub fn lightest_entry(image: Option<&str>, names: &[&str]) -> Option<&'static KnowledgeEntry> {
    let image = image.map(|image| image::Reference::parse(image).name());
    let all = image.into_iter().chain(names.iter().copied()).flat_map(words::all);
    all.min_by_key(|entry| entry.rule.weight())
}

/// The entry whose pattern for `program` is the longest.
pub fn program_entry(program: &Program<'_>) -> Option<&'static KnowledgeEntry> {
    let best = |program: &Program<'_>| {
        let fitting =
            table::COMMANDS.candidates(program.name()).filter(|(pattern, _)| program.matches(pattern));
        fitting.max_by_key(|(pattern, _)| image::literal(pattern)).map(|(_, entry)| entry)
    };
    // `python -m uvicorn` is `uvicorn`.
    best(program).or_else(|| best(&program.as_module()?))
}

/// The entry whose glob for the image is the narrowest. The reference stands with or without registry, tag and digest.
pub fn image_entry(image: &str) -> Option<&'static KnowledgeEntry> {
    let image = image::Reference::parse(image);
    let fitting = table::IMAGES.candidates(image.name()).filter(|(glob, _)| image.matches(glob));
    fitting.max_by_key(|(glob, _)| image::literal(glob)).map(|(_, entry)| entry)
}

impl UserEntry {
    /// Whether it is about a container of one of these images, with such programs and names.
    pub fn matches(&self, images: &[&str], programs: &[Program<'_>], names: &[&str]) -> bool {
        let given = self.image.is_some() || self.command.is_some() || self.name.is_some();
        let mut images = images.iter().map(|image| image::Reference::parse(image));
        given
            && self.image.as_deref().is_none_or(|glob| images.any(|image| image.matches(glob)))
            && self
                .command
                .as_deref()
                .is_none_or(|words| programs.iter().any(|program| program.matches(words)))
            && self.name.as_deref().is_none_or(|glob| names.iter().any(|name| scan::glob(glob, name)))
    }
}

#[cfg(test)]
mod tests;
