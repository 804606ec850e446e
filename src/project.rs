//! From discovered files to units: what is resolved, judged, proven and fixed together.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::files::{Files, join};
use crate::platform::compose::Mention;
use crate::platform::{Claim, Kind};
use crate::source::Source;
use crate::workload::Citation;

/// A file of a unit.
#[derive(Clone)]
pub struct Member {
    /// As reports show it.
    pub path: String,
    /// What its name told.
    pub claim: Claim,
    /// Its text, where it was read already.
    pub source: Option<Arc<Source>>,
}

/// Files that are resolved, judged, proven and fixed together.
#[derive(Clone)]
pub struct Unit {
    /// Their kind.
    pub kind: &'static Kind,
    /// The files; a lone file is a unit of one.
    pub members: Vec<Member>,
}

impl Unit {
    /// A unit of one file.
    pub fn lone(
        kind: &'static Kind,
        path: impl Into<String>,
        claim: Claim,
        source: Option<Arc<Source>>,
    ) -> Self {
        Self { kind, members: vec![Member { path: path.into(), claim, source }] }
    }
}

/// What is known of all files of the run before the projects among them are read.
#[derive(Default)]
pub struct Index {
    /// Every file of a kind that forms projects, by path.
    pub members: BTreeMap<String, (&'static Kind, Member)>,
    /// Compose files that are named together: `-f a -f b` of a script, `COMPOSE_FILE`, `dockerComposeFile`; in order.
    pub together: Vec<Vec<String>>,
    /// Where each file stands behind another one in these lists: the list and the place, in order.
    behind: HashMap<String, Vec<(usize, usize)>>,
    /// Compose files that a script deploys as a stack, and where it does.
    pub stacks: BTreeMap<String, Citation>,
    /// What the texts of the run say of Compose files, until all files are known.
    mentions: Vec<Mention>,
}

impl Index {
    /// Adds a file that belongs to a project.
    pub fn add(&mut self, kind: &'static Kind, member: Member) {
        self.members.insert(member.path.clone(), (kind, member));
    }

    /// Adds what a text says of Compose files.
    pub fn mention(&mut self, mentions: Vec<Mention>) {
        self.mentions.extend(mentions);
    }

    /// Finds the files that were mentioned, now that all are known. A path counts from the folder of whoever names it, or from
    /// one above.
    pub fn settle(&mut self, files: &dyn Files) {
        let mut mentions = std::mem::take(&mut self.mentions);
        mentions.sort_by(|a, b| (a.place.path(), a.place.span).cmp(&(b.place.path(), b.place.span)));
        let mut known = HashSet::new();
        for mention in mentions {
            let Some(paths) = self.mentioned(&mention, files) else { continue };
            if mention.stack {
                for path in &paths {
                    let text = format!("docker stack deploy -c {path}");
                    let evidence = Citation { text, place: mention.place.clone() };
                    self.stacks.entry(path.clone()).or_insert(evidence);
                }
            }
            if paths.len() > 1 && known.insert(paths.clone()) {
                self.together.push(paths);
            }
        }
        for (list, files) in self.together.iter().enumerate() {
            let mut seen = HashSet::new();
            for (at, file) in files.iter().enumerate().filter(|(_, file)| seen.insert(*file)) {
                if at > 0 {
                    self.behind.entry(file.clone()).or_default().push((list, at));
                }
            }
        }
    }

    /// The lists that name a file behind another one, up to and with it; a file that stands first is its own base.
    pub fn behind(&self, path: &str) -> impl Iterator<Item = &[String]> {
        let places = self.behind.get(path).map_or(&[][..], Vec::as_slice);
        places.iter().filter_map(|(list, at)| self.together.get(*list)?.get(..=*at))
    }

    /// The paths of the files that a mention names, if all of them are there.
    fn mentioned(&self, mention: &Mention, files: &dyn Files) -> Option<Vec<String>> {
        let mut from = mention.place.path();
        loop {
            let paths: Vec<String> = mention.files.iter().map(|file| join(from, file)).collect();
            if paths.iter().any(|path| self.members.contains_key(path))
                && paths.iter().all(|path| self.members.contains_key(path) || is_there(path, files))
            {
                return Some(paths);
            }
            // `a/b/c` stands for the folder `a/b`, which makes `a/b` stand for `a`.
            from = from.get(..from.rfind('/')?)?;
        }
    }

    /// The units that the members form, in the order of their first paths: what is linked, directly or through others, is
    /// one. `links` gives the links of each member, in their order.
    pub fn units(&self, links: &[Vec<String>]) -> Vec<Unit> {
        let place: HashMap<&str, usize> =
            self.members.keys().enumerate().map(|(at, path)| (path.as_str(), at)).collect();
        let mut groups = Groups::new(self.members.len());
        let all = links.iter().enumerate().flat_map(|(at, links)| links.iter().map(move |link| (at, link)));
        for (at, link) in all {
            if let Some(other) = place.get(link.as_str()) {
                groups.join(at, *other);
            }
        }
        for files in &self.together {
            let mut known = files.iter().filter_map(|file| place.get(file.as_str()).copied());
            if let Some(first) = known.next() {
                known.for_each(|other| groups.join(first, other));
            }
        }
        let mut units: Vec<Unit> = Vec::new();
        let mut unit_of: HashMap<(usize, *const Kind), usize> = HashMap::new();
        for (at, (kind, member)) in self.members.values().enumerate() {
            let key = (groups.root(at), std::ptr::from_ref::<Kind>(kind));
            let unit = *unit_of.entry(key).or_insert_with(|| {
                units.push(Unit { kind, members: Vec::new() });
                units.len() - 1
            });
            if let Some(unit) = units.get_mut(unit) {
                unit.members.push(member.clone());
            }
        }
        units
    }
}

fn is_there(path: &str, files: &dyn Files) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    files.beside(path).binary_search_by(|other| other.as_str().cmp(name)).is_ok()
}

/// Sets of numbers that grow together.
struct Groups(Vec<usize>);

impl Groups {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    /// The number that stands for the set of `at`.
    fn root(&mut self, mut at: usize) -> usize {
        while let Some(&above) = self.0.get(at) {
            if above == at {
                break;
            }
            let next = self.0.get(above).copied().unwrap_or(above);
            if let Some(slot) = self.0.get_mut(at) {
                *slot = next;
            }
            at = next;
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        if let Some(slot) = self.0.get_mut(one.max(other)) {
            *slot = one.min(other);
        }
    }
}
