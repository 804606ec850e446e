//! From discovered files to units: what is resolved, judged, proven and fixed together.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::container::workload::Citation;
use crate::platform::kind::{Index, Kind, Mention, Unit};
use crate::text::files::Files;
use crate::text::paths::join;

/// Finds the files that were mentioned, now that all are known. A path counts from the folder of whoever names it, or from
/// one above.
pub fn settle(index: &mut Index, files: &dyn Files) {
    (index.together, index.behind, index.stacks) = Default::default();
    let mut mentions = index.mentions.clone();
    mentions.sort_by(|a, b| (a.place.path(), a.place.span).cmp(&(b.place.path(), b.place.span)));
    let mut known = HashSet::new();
    for mention in mentions {
        let Some(paths) = mentioned(index, &mention, files) else { continue };
        if mention.stack {
            for path in &paths {
                let text = format!("docker stack deploy -c {path}");
                let evidence = Citation { text, place: mention.place.clone() };
                index.stacks.entry(path.clone()).or_insert(evidence);
            }
        }
        if paths.len() > 1 && known.insert(paths.clone()) {
            index.together.push(paths);
        }
    }
    for (list, files) in index.together.iter().enumerate() {
        let mut seen = HashSet::new();
        for (at, file) in files.iter().enumerate().filter(|(_, file)| seen.insert(*file)) {
            if at > 0 {
                index.behind.entry(file.clone()).or_default().push((list, at));
            }
        }
    }
}

/// The paths of the files that a mention names, if all of them are there.
fn mentioned(index: &Index, mention: &Mention, files: &dyn Files) -> Option<Vec<String>> {
    let mut from = mention.place.path();
    loop {
        let paths: Vec<String> = mention.files.iter().map(|file| join(from, file)).collect();
        if paths.iter().any(|path| index.members.contains_key(path))
            && paths.iter().all(|path| index.members.contains_key(path) || is_there(path, files))
        {
            return Some(paths);
        }
        // `a/b/c` stands for the folder `a/b`, which makes `a/b` stand for `a`.
        from = from.get(..from.rfind('/')?)?;
    }
}

/// The units that the members form, in the order of their first paths: what is linked, directly or through others, is
/// one. `links` gives the links of each member, in their order.
pub fn units(index: &Index, links: &BTreeMap<String, Vec<String>>) -> Vec<Unit> {
    let place: HashMap<&str, usize> =
        index.members.keys().enumerate().map(|(at, path)| (path.as_str(), at)).collect();
    let mut groups = Groups::new(index.members.len());
    let all = links.values().enumerate().flat_map(|(at, links)| links.iter().map(move |link| (at, link)));
    for (at, link) in all {
        if let Some(other) = place.get(link.as_str()) {
            groups.join(at, *other);
        }
    }
    for files in &index.together {
        let mut known = files.iter().filter_map(|file| place.get(file.as_str()).copied());
        if let Some(first) = known.next() {
            known.for_each(|other| groups.join(first, other));
        }
    }
    let mut units: Vec<Unit> = Vec::new();
    let mut unit_of: HashMap<(usize, *const Kind), usize> = HashMap::new();
    for (at, (kind, member)) in index.members.values().enumerate() {
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
