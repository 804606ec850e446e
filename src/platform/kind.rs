//! What a platform is: which files are its own, how they are read into workloads, and how changes are written.

use crate::container::finding::{Change, Problem};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::remarks::Remarks;
use crate::container::mount::mounts_shm;
use crate::container::workload::{Citation, Shm, Workload, running};
use crate::need::around::Around;
use crate::need::evidence::Evidence;
use crate::need::reach;
use crate::platform::options::ReadOptions;
use crate::text::edits::Edit;
use crate::text::filename::FileName;
use crate::text::files::Files;
use crate::text::place::Place;
use crate::text::scan::Words;
use crate::text::source::Source;

/// Whether a file of some name can be of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileClaim {
    /// No.
    No,
    /// If its text says so.
    ByContent,
    /// By its name alone, which makes it certainly ours: not being able to read it is a finding.
    ByName,
}

impl FileClaim {
    /// By the name, if that tells, or no.
    pub const fn by_name(tells: bool) -> Self {
        if tells { Self::ByName } else { Self::No }
    }
}

/// A file of a unit.
#[derive(Clone)]
pub struct Member {
    /// As reports show it.
    pub path: String,
    /// What its name told.
    pub claim: FileClaim,
    /// Its text, where it was read already.
    pub source: Option<Arc<Source>>,
}

impl Member {
    /// Its text, if it can be read.
    pub fn read(&self, files: &dyn Files) -> Option<Arc<Source>> {
        self.source.clone().or_else(|| files.read(&self.path).ok())
    }
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
    /// Reads it, and the programs of its workloads.
    pub fn read(&self, context: &Context<'_>) -> Reading {
        let mut reading = (self.kind.read)(self, context);
        running::fold_copies(&mut reading.workloads);
        let path = self.members.first().map_or("", |member| member.path.as_str());
        // The repository is looked at only where that can change what is said.
        let asked = reading.workloads.iter().any(reach::is_asked);
        if let Some(builds) = asked.then(|| context.around.builds(path)).flatten() {
            let read = |workload: &mut Workload| {
                if reach::is_asked(workload) {
                    reach::read(workload, context.files, &builds)
                } else {
                    Vec::new()
                }
            };
            reading.evidence = reading.workloads.iter_mut().map(read).collect();
        }
        reading
    }

    /// A unit of one file.
    pub fn lone(
        kind: &'static Kind,
        path: impl Into<String>,
        claim: FileClaim,
        source: Option<Arc<Source>>,
    ) -> Self {
        Self { kind, members: vec![Member { path: path.into(), claim, source }] }
    }
}

/// Compose files that one command or setting names, in its order.
#[derive(Clone, Debug)]
pub struct Mention {
    /// Where it says so.
    pub place: Place,
    /// The paths as they are written there.
    pub files: Vec<String>,
    /// Whether they are deployed as a stack of Swarm.
    pub stack: bool,
}

/// What is known of all files of the run before the projects among them are read.
#[derive(Default)]
pub struct Index {
    /// Every file of a kind that forms projects, by path.
    pub members: BTreeMap<String, (&'static Kind, Member)>,
    /// Compose files that are named together: `-f a -f b` of a script, `COMPOSE_FILE`, `dockerComposeFile`; in order.
    pub together: Vec<Vec<String>>,
    /// Where each file stands behind another one in these lists: the list and the place, in order.
    pub behind: HashMap<String, Vec<(usize, usize)>>,
    /// Compose files that a script deploys as a stack, and where it does.
    pub stacks: BTreeMap<String, Citation>,
    /// What the texts of the run say of Compose files, until all files are known.
    pub mentions: Vec<Mention>,
}

impl Index {
    /// The lists that name a file behind another one: those that end with it, else those in which more is laid over it. A file
    /// that stands first is its own base.
    pub fn behind(&self, path: &str) -> impl Iterator<Item = &[String]> {
        let places = self.behind.get(path).map_or(&[][..], Vec::as_slice);
        let ends = |(list, at): &&(usize, usize)| {
            self.together.get(*list).is_some_and(|files| at + 1 == files.len())
        };
        let ended = places.iter().any(|place| ends(&place));
        let lists = places.iter().filter(move |place| !ended || ends(place));
        lists.filter_map(|(list, _)| self.together.get(*list).map(Vec::as_slice))
    }
}

/// The paths of the files that a file may belong together with, whichever of them names the other.
pub type Links = fn(member: &Member, index: &Index, files: &dyn Files) -> Vec<String>;

/// One sort of file and how it is read.
pub struct Kind {
    /// A word for it, as messages say it: `Compose file`.
    pub name: &'static str,
    /// What a file's name tells.
    pub claim: fn(file: &FileName<'_>) -> FileClaim,
    /// A text without one of these words is not relevant, whatever was claimed: most texts are told by this one pass. With
    /// those of [`EVERYWHERE`]; empty where no words tell.
    pub words: Words,
    /// Whether a text is worth parsing; a few literal scans. `claim` is what the name told. Where `every_container` is
    /// asked for (the list), any container is of interest; else only those that speak of a GPU or of `/dev/shm`.
    pub relevant: fn(text: &str, claim: FileClaim, every_container: bool) -> bool,
    /// For files that belong together in projects and wait until all of them are known. Nothing where each stands alone.
    pub links: Option<Links>,
    /// From a unit to its workloads.
    pub read: fn(unit: &Unit, context: &Context<'_>) -> Reading,
    /// Whether `after` means what `before` means but for the edits: the structural half of a proof. `edits` are those
    /// that made `after`, in order.
    pub same_but_for: fn(before: &Arc<Source>, after: &Arc<Source>, edits: &[Edit]) -> bool,
    /// What stands at places of a text that look like the beginnings of comments.
    pub remarks: fn(source: &Arc<Source>, starts: &[usize]) -> Remarks,
}

/// Words that matter in the files of any kind: they begin what a text says of Compose files elsewhere, and ignore comments.
pub const EVERYWHERE: &[&str] = &["ompose", "OMPOSE_FILE", "stack deploy", "shmlint:"];

/// What a reading may ask of the world.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Texts by path.
    pub files: &'a dyn Files,
    /// What is known of the other files of the run.
    pub index: &'a Index,
    /// The options of the run.
    pub options: &'a ReadOptions,
    /// Whether every container is wanted, not only those that a rule could speak of.
    pub every_container: bool,
    /// What lies around the files, for whoever judges what is read.
    pub around: &'a dyn Around,
}

/// Writes changes of the workloads of one reading in the style of the files they stand in.
pub trait Writer {
    /// The ways to write `change` for the workload at `index`, best place first; each is a list of edits that make it
    /// together. Nothing where the platform has no such change. The caller proves each before it is offered.
    fn write(&self, index: usize, workload: &Workload, change: &Change) -> Vec<Vec<Edit>>;

    /// As [`Writer::write`] for all changes of a reading. A change may be made larger where workloads share what is
    /// written.
    fn write_all(&self, wanted: &mut [(usize, &Workload, Change)]) -> Vec<Vec<Vec<Edit>>> {
        wanted.iter().map(|(index, workload, change)| self.write(*index, workload, change)).collect()
    }
}

/// What one unit holds.
#[derive(Default)]
pub struct Reading {
    /// Its workloads, in the order of the files.
    pub workloads: Vec<Workload>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// The files that were read for it and may be edited.
    pub sources: Vec<Arc<Source>>,
    /// What the programs of each workload say, where they were read.
    pub evidence: Vec<Vec<Evidence>>,
    /// Who writes changes: the index of the first workload of each writer, in order.
    writers: Vec<(usize, Box<dyn Writer>)>,
}

impl Reading {
    /// Adds workloads and who writes changes for them; the writer counts them from 0.
    pub fn add(&mut self, workloads: Vec<Workload>, writer: Box<dyn Writer>) {
        self.writers.push((self.workloads.len(), writer));
        let joined: Vec<usize> = workloads.iter().filter_map(|workload| workload.joins).collect();
        let mut workloads = workloads;
        for workload in workloads.iter_mut().filter(|workload| mounts_shm(&workload.command.join(" "))) {
            if matches!(workload.shm, Shm::Default { .. }) && !workload.cannot_mount {
                workload.shm = Shm::Unknown("its command gives /dev/shm another size".into());
            }
        }
        if self.workloads.is_empty() {
            self.workloads = workloads;
        } else {
            self.workloads.extend(workloads);
        }
        for index in joined {
            if let Some(owner) = self.workloads.get_mut(index) {
                owner.is_joined = true;
            }
        }
    }

    /// Lets go of who writes changes: they keep every word of a text.
    pub fn forget_writers(&mut self) {
        self.writers = Vec::new();
    }

    /// The ways to write each change for the workload at its index, best place first. `wanted` is sorted by index; a
    /// change may come back larger where workloads share what is written.
    pub fn write_all(&self, wanted: &mut [(usize, Change)]) -> Vec<Vec<Vec<Edit>>> {
        let mut written = Vec::with_capacity(wanted.len());
        let mut rest = wanted;
        for (position, (first, writer)) in self.writers.iter().enumerate() {
            let end = self.writers.get(position + 1).map_or(usize::MAX, |(next, _)| *next);
            let (own, others) = rest.split_at_mut(rest.partition_point(|(index, _)| *index < end));
            rest = others;
            let ask = |(index, change): &(usize, Change)| {
                Some((index.checked_sub(*first)?, self.workloads.get(*index)?, change.clone()))
            };
            let mut asked: Vec<(usize, &Workload, Change)> = own.iter().filter_map(ask).collect();
            written.extend(writer.write_all(&mut asked));
            for ((_, change), (_, _, agreed)) in own.iter_mut().zip(asked) {
                *change = agreed;
            }
        }
        written
    }
}
