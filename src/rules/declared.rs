//! A container that runs, beside what the file that started it says now: both lack a size, the file was changed and the
//! container not recreated, or the container has a size that its next start will lose.

use super::case::Case;
use super::help;
use crate::container::finding::{Finding, Rule, Severity};
use crate::container::workload::{Declared, Shm, Workload};
use crate::size::{Dialect, human};

/// Adds to what is said of a running container where the file stands, and what its text says.
pub(super) fn beside(case: &Case<'_>, mut finding: Finding) -> Finding {
    let Some(declared) = &case.workload.declared else { return finding };
    let Declared { service, place, setting, .. } = declared;
    let (recreate, add) = (recreate(service), add(case, declared));
    let check = help::how_to_check(case.workload);
    match setting.as_ref().filter(|_| is_set(&declared.shm) && declared.is_literal) {
        Some((text, at)) => {
            finding.message = format!(
                "{} still has {}: `{text}` of service '{service}' is newer than the container",
                case.workload.title(),
                has(&case.workload.shm)
            );
            finding = finding.related(at.clone(), "set here since");
            finding.help(help::sentences(&[&recreate, &check]))
        }
        None => {
            finding = finding.related(place.clone(), "started as this service");
            finding.help(help::sentences(&[&add, &recreate, &check]))
        }
    }
}

/// What is to be said of a container that has a size of which its file knows nothing.
pub(super) fn lost(rule: &'static Rule, case: &Case<'_>) -> Option<Finding> {
    let Workload { declared, shm, .. } = case.workload;
    let declared = declared.as_ref().filter(|declared| declared.is_literal)?;
    let is_lost = is_set(shm) && matches!(declared.shm, Shm::Default { .. });
    is_lost.then(|| {
        let message = format!(
            "{} has {}, but service '{}' sets none: the next `docker compose up` loses it",
            case.workload.title(),
            has(shm),
            declared.service
        );
        Finding::of(rule, case.workload, message)
            .severity(Severity::Warning)
            .related(declared.place.clone(), "nothing sets it here")
            .help(add(case, declared))
    })
}

fn is_set(shm: &Shm) -> bool {
    matches!(shm, Shm::Explicit { .. } | Shm::Tmpfs { .. } | Shm::Host)
}

fn has(shm: &Shm) -> String {
    match (shm.bytes(), shm) {
        (Some(bytes), _) => format!("{} of /dev/shm", human(bytes)),
        (None, Shm::Host) => "the host's /dev/shm".to_owned(),
        (None, _) => "a /dev/shm without a size".to_owned(),
    }
}

/// The line to write into the file: the size that the container has, or that it should have.
fn add(case: &Case<'_>, declared: &Declared) -> String {
    let Some(bytes) =
        case.workload.shm.bytes().filter(|_| is_set(&case.workload.shm)).or_else(|| case.affordable())
    else {
        return String::new();
    };
    let size = Dialect::Compose.write(bytes);
    let (path, line) = (declared.place.path(), declared.place.start().line);
    format!("Add `shm_size: {size}` to service '{}' ({path}:{line}).", declared.service)
}

fn recreate(service: &str) -> String {
    format!("Then `docker compose up -d {service}` recreates it; a restart does not.")
}
