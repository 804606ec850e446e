//! Which Dockerfile an image is built from, by what the texts of the run say ([`super::mentions`]) and where Dockerfiles are.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::maps::MapFile;
use crate::container::workload::Build;
use crate::knowledge::glob;
use crate::text::files::Files;
use crate::text::paths::join;
use crate::text::place::Place;
use crate::text::source::Source;

/// In a repository with more Python files than this nobody can say that none needs anything.
const MOST_PROGRAMS: usize = 300;

/// Words of a tag or name that tell variants of an image apart.
const VARIANTS: [&str; 8] = ["gpu", "cuda", "cpu", "rocm", "dev", "train", "training", "inference"];

/// What stands in names that are not written out.
const OPEN: [char; 4] = ['$', '{', '<', '%'];

/// An image and how it is built.
#[derive(Clone, Debug)]
pub struct BuiltImage {
    /// Its name with its tag, variables filled in where the same text gives them.
    pub image: String,
    /// How it is built.
    pub build: Build,
    /// The line that says so.
    pub place: Place,
}

/// What the texts of a run say of images that are built, and where Dockerfiles are.
#[derive(Debug, Default)]
pub struct Builds {
    /// By the last part of the image's name.
    images: BTreeMap<String, Vec<BuiltImage>>,
    /// The paths of all Dockerfiles, in order.
    dockerfiles: Vec<String>,
    /// Files of `ConfigMap`s: the map, the file's name in it, and where it is.
    maps: Vec<(String, String, MapFile)>,
    /// The paths of all Python files.
    programs: Vec<String>,
}

/// Whether a file is a Dockerfile by its name.
fn is_dockerfile(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let begins = |word: &str| {
        name.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
    };
    (begins("dockerfile") || begins("containerfile") || name.ends_with(".dockerfile"))
        && !name.ends_with(".dockerignore")
}

/// Whether the path of a file tells something: a Dockerfile or a program.
pub fn counts(path: &str) -> bool {
    path.ends_with(".py") || is_dockerfile(path)
}

/// The last part of an image's name and the words of its tag and name that tell variants apart.
fn parts(image: &str) -> (String, Vec<&'static str>) {
    let image = image.split("@sha256").next().unwrap_or(image);
    let last = image.rsplit('/').next().unwrap_or(image);
    let name = last.split(':').next().unwrap_or(last).to_ascii_lowercase().replace('_', "-");
    let lower = last.to_ascii_lowercase();
    let has =
        |word: &str| lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part.starts_with(word));
    let name = ["-gpu", "-cuda"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
    (name.to_owned(), VARIANTS.into_iter().filter(|word| has(word)).collect())
}

/// How well a build fits an image: the same name, or the same last part with the same words.
fn fit(built: &BuiltImage, image: &str) -> u8 {
    let bare = |image: &str| image.trim_end_matches(":latest").to_ascii_lowercase();
    let untagged = |image: &str| {
        let slash = image.rfind('/').unwrap_or(0);
        image
            .get(slash..)
            .and_then(|last| last.find(':'))
            .map_or(image, |at| image.get(..slash + at).unwrap_or(image))
            .to_owned()
    };
    let variants = |image| parts(image).1;
    let same_words = variants(&built.image) == variants(image);
    // The variant for GPUs is mostly the same program.
    let alike = |word: &&str| !["gpu", "cuda"].contains(word);
    let more = variants(image).into_iter().filter(alike).eq(variants(&built.image));
    match () {
        () if bare(&built.image) == bare(image) => 3,
        () if untagged(&built.image) == untagged(image) && same_words => 2,
        () if same_words || more => 1,
        () => 0,
    }
}

/// The longest reference of an image, generously: names have 255 characters, tags 128, digests 71.
const LONGEST: usize = 1024;

impl Builds {
    /// Adds what a text says, and a Dockerfile's own path.
    pub fn add(&mut self, images: Vec<BuiltImage>) {
        for built in images {
            self.images.entry(parts(&built.image).0).or_default().push(built);
        }
    }

    /// Adds the path of a file that is there.
    pub fn add_path(&mut self, path: &str) {
        if is_dockerfile(path) {
            self.dockerfiles.push(path.to_owned());
        } else if path.ends_with(".py") {
            self.programs.push(path.to_owned());
        }
    }

    /// Adds files of `ConfigMap`s.
    pub fn add_maps(&mut self, maps: Vec<(String, String, MapFile)>) {
        self.maps.extend(maps);
    }

    /// The only Python file whose path ends as this does, which has a folder in it.
    pub fn program(&self, path: &str) -> Option<&str> {
        let ends = |own: &&String| own.strip_suffix(path).is_some_and(|before| before.ends_with('/'));
        let mut found = self.programs.iter().filter(ends).filter(|_| path.contains('/'));
        found.next().filter(|_| found.next().is_none()).map(String::as_str)
    }

    /// Whether there are Python files in a folder.
    pub fn has_programs(&self, folder: &str) -> bool {
        let below = |path: &String| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        self.programs.iter().any(below)
    }

    /// The Python files of a small repository.
    pub fn programs(&self) -> Option<&[String]> {
        (self.programs.len() <= MOST_PROGRAMS).then_some(&self.programs)
    }

    /// What may be the file of a name in a `ConfigMap`.
    pub fn map_files<'a>(&'a self, map: &'a str, name: &'a str) -> impl Iterator<Item = &'a MapFile> {
        let (map, name) = map.split_once('/').unwrap_or((map, name));
        self.maps.iter().filter(move |(own, file, _)| own == map && file == name).map(|(.., file)| file)
    }

    /// Puts everything in an order that does not depend on how it was found.
    pub fn sort(&mut self) {
        self.dockerfiles.sort();
        self.programs.sort();
        self.maps
            .sort_by(|one, other| (&one.0, &one.1, one.2.path()).cmp(&(&other.0, &other.1, other.2.path())));
        let key = |built: &BuiltImage| (built.place.path().to_owned(), built.place.span);
        self.images.values_mut().for_each(|images| images.sort_by_key(key));
    }

    /// The builds of an image, best first, and whether each of them certainly makes it.
    pub fn of_image(&self, image: &str, near: &str) -> Vec<(&BuiltImage, bool)> {
        // No registry takes a longer name: what is longer is none.
        if image.len() > LONGEST {
            return Vec::new();
        }
        let (name, _) = parts(image);
        let is_open = name.contains(OPEN);
        let pattern = pattern(image);
        // What is all variables fits everything.
        let tells = is_open && pattern.chars().filter(char::is_ascii_alphanumeric).count() > 5;
        let like = |built: &&BuiltImage| tells && glob(&pattern, &built.image);
        let same = self.images.get(&name).map_or(&[][..], Vec::as_slice).iter();
        let all: Vec<&BuiltImage> = if name.is_empty() {
            Vec::new()
        } else if tells {
            same.chain(self.images.values().flatten().filter(like)).collect()
        } else {
            same.collect()
        };
        let mut found: Vec<(&BuiltImage, u8)> =
            all.into_iter().map(|built| (built, fit(built, image))).collect();
        found.retain(|(built, fit)| *fit > 0 || like(built));
        let gpu = |built: &BuiltImage| {
            is_open && parts(&built.image).1.iter().any(|word| ["gpu", "cuda"].contains(word))
        };
        found.sort_by_key(|(built, fit)| {
            std::cmp::Reverse((
                *fit,
                gpu(built),
                common(built.place.path(), near),
                built.place.path() == near,
            ))
        });
        found.into_iter().map(|(built, fit)| (built, fit > 1)).collect()
    }

    /// The only Dockerfile that fits an image that no line builds: in the folder of the file that runs it, else in those
    /// above it and right below these, if the image or the container is called as the folder is. Of several the one whose
    /// name has the words of the image.
    pub fn beside(&self, image: &str, names: &[&str], near: &str, repository: &str) -> Option<&str> {
        let (name, mut variants) = parts(image);
        variants.extend(names.iter().flat_map(|name| parts(name).1));
        let is_open = name.contains(OPEN) || name.is_empty();
        let words: Vec<String> = names.iter().copied().chain([name.as_str()]).flat_map(words).collect();
        let mut folder = folder_of(near);
        loop {
            let here = self.dockerfiles.iter().filter(|path| {
                let own = folder_of(path);
                own == folder
                    || (folder_of(own) == folder
                        && own.len() > folder.len()
                        && is_called(&words, own.rsplit('/').next().unwrap_or(own)))
                    || under(folder, "docker") == own
            });
            let all: Vec<&str> = here.map(String::as_str).collect();
            let file = |path: &str| path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
            let is_gpu = |word: &&str| ["gpu", "cuda"].contains(word);
            let has = |path: &&str| {
                let file = file(path);
                variants.iter().any(|word| {
                    file.contains(word) || (is_gpu(word) && (file.contains("gpu") || file.contains("cuda")))
                })
            };
            let fitting: Vec<&str> = all.iter().copied().filter(has).collect();
            let plain: Vec<&str> = all.iter().copied().filter(|path| file(path) == "dockerfile").collect();
            let one = match (fitting.as_slice(), all.as_slice(), plain.as_slice()) {
                ([one], ..) | ([], [one], _) | ([], _, [one]) => Some(*one),
                _ => None,
            };
            if let Some(one) = one {
                let own = folder_of(one);
                // A folder for Docker is called after what it is in.
                let called = own.trim_end_matches("docker").trim_end_matches('/');
                let called = if called.is_empty() { repository } else { called };
                let speaks = (is_open && own == folder_of(near)) || is_called(&words, called);
                if speaks {
                    return Some(one);
                }
            }
            if !all.is_empty() || folder.is_empty() {
                return if is_open { None } else { self.called(&name, &variants) };
            }
            folder = folder_of(folder);
        }
    }

    /// The only Dockerfile in the folder that is called as an image is, but for the words of its variant.
    fn called(&self, image: &str, variants: &[&str]) -> Option<&str> {
        let bare =
            variants.iter().fold(image, |bare, word| bare.trim_end_matches(word).trim_end_matches('-'));
        let is_there = |path: &&String| {
            let folder = folder_of(path).rsplit('/').next().unwrap_or_default();
            bare.len() > 3 && folder.to_ascii_lowercase().replace('_', "-") == bare
        };
        let fits = |path: &&String| variants.iter().any(|word| path.to_ascii_lowercase().ends_with(word));
        let all: Vec<&String> = self.dockerfiles.iter().filter(is_there).collect();
        let fitting: Vec<&String> = all.iter().copied().filter(|path| fits(path)).collect();
        match (fitting.as_slice(), all.as_slice()) {
            ([one], _) | ([], [one]) => Some(one),
            _ => None,
        }
    }

    /// The only Dockerfile of a name, where it does not stand where it is said to.
    fn moved(&self, file: &str) -> Option<&str> {
        let tail: Vec<&str> = file.rsplit('/').take(2).collect();
        let fits = |path: &&String| path.rsplit('/').take(tail.len()).eq(tail.iter().copied());
        let name = |path: &&String| path.rsplit('/').next() == tail.first().copied();
        let mut found = self.dockerfiles.iter().filter(fits);
        match (found.next(), found.next()) {
            (Some(one), None) => Some(one),
            (None, _) if tail.first() != Some(&"Dockerfile") => {
                let mut found = self.dockerfiles.iter().filter(name);
                found.next().filter(|_| found.next().is_none()).map(String::as_str)
            }
            _ => None,
        }
    }

    /// The Dockerfile and the folder of a build, and whether they stand where they are said to.
    pub fn find(&self, files: &dyn Files, root: &str, build: &Build) -> Option<(Arc<Source>, String, bool)> {
        let own = build.from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let gone = build.folder.as_deref().unwrap_or_default();
        let file = |base: &str, usual: &str| match &build.file {
            Some(file) => under(base, file),
            None => under(&under(base, &build.context), usual),
        };
        let bases = [under(own, gone), own.to_owned(), under(root, gone), root.to_owned()];
        // BuildKit takes the second where the first is not there (frontend/dockerui/config.go).
        for (base, usual) in
            bases.iter().flat_map(|base| ["Dockerfile", "dockerfile"].map(|usual| (base, usual)))
        {
            if let Ok(source) = files.read_inside(&build.from, &file(base, usual)) {
                return Some((source, under(base, &build.context), true));
            }
        }
        let moved = self.moved(&file("", "Dockerfile"))?;
        let source = files.read_inside(&build.from, moved).ok()?;
        let folder = moved.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        Some((source, folder, false))
    }
}

/// A path as people write it, below a folder.
pub(super) fn under(folder: &str, path: &str) -> String {
    let here = ["$(pwd)", "${PWD}", "$PWD", "`pwd`", "%cd%", "${workspaceFolder}", "${localWorkspaceFolder}"];
    let rest = here.iter().find_map(|here| path.strip_prefix(here));
    let path = rest.map_or(path, |rest| rest.trim_start_matches('/'));
    if folder.is_empty() || path.starts_with('/') {
        join("", path)
    } else {
        join(&format!("{folder}/"), path)
    }
}

/// The folder of a path.
fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The words of a name that tell something.
fn words(name: &str) -> Vec<String> {
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase);
    parts
        .filter(|word| {
            word.len() > 3 && !["image", "container", "latest", "demo", "docker"].contains(&word.as_str())
        })
        .collect()
}

/// Whether a folder is called by one of some words.
fn is_called(words: &[String], folder: &str) -> bool {
    let lower = folder.to_ascii_lowercase();
    // `SceneDetect-Whisper` is written in one word in the name of an image.
    let joined: String = lower.chars().filter(char::is_ascii_alphanumeric).collect();
    words.iter().any(|word| lower.contains(word.as_str()) || joined.contains(word.as_str()))
}

/// The glob that a name with variables stands for.
fn pattern(image: &str) -> String {
    let mut out = String::new();
    let mut depth = 0_usize;
    let mut variable = false;
    for letter in image.chars() {
        match letter {
            '{' | '<' => depth += 1,
            '}' | '>' => depth = depth.saturating_sub(1),
            '$' => variable = true,
            _ if depth > 0 => continue,
            _ if variable && (letter.is_ascii_alphanumeric() || letter == '_') => continue,
            _ => {
                variable = false;
                out.push(letter);
                continue;
            }
        }
        if !out.ends_with('*') {
            out.push('*');
        }
        variable &= letter == '$';
    }
    out
}

/// How many folders two paths have in common.
fn common(one: &str, other: &str) -> usize {
    one.split('/').zip(other.split('/')).take_while(|(one, other)| one == other).count()
}
