//! SHM900: a file that is certainly ours cannot be read.

use super::{Rule, find};
use crate::finding::Finding;
use crate::platform::Problem;

/// The finding for a problem that a platform met.
pub fn finding(problem: &Problem) -> Option<Finding> {
    let rule: &'static Rule = find("SHM900")?;
    Some(Finding::in_file(rule, problem.place.clone(), problem.message.clone()))
}
