//! From discovered files to units: what is resolved, judged, proven and fixed together.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::platform::{Claim, Kind};
use crate::source::Source;

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
    /// Compose files that a script deploys as a stack.
    pub stacks: Vec<String>,
}

impl Index {
    /// Adds a file that belongs to a project.
    pub fn add(&mut self, kind: &'static Kind, member: Member) {
        self.members.insert(member.path.clone(), (kind, member));
    }

    /// The units that the members form, in the order of their first paths.
    pub fn units(&self) -> Vec<Unit> {
        self.members.values().map(|(kind, member)| Unit { kind, members: vec![member.clone()] }).collect()
    }
}
