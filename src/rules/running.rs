//! A container that runs, beside what the file that started it says now: both lack a size, the file was changed and the
//! container not recreated, or the container has a size that its next start will lose. And what happened to it.

use super::case::Case;
use super::help;
use crate::container::finding::{Finding, Rule, Severity};
use crate::container::look::how_to_check;
use crate::container::workload::{Declared, Running, Shm, Starter, Workload};
use crate::size::{Dialect, human};

/// Adds to what is said of a running container where the file stands that started it, and what is to be written there.
pub(super) fn beside(case: &Case<'_>, mut finding: Finding) -> Finding {
    let Some(running) = &case.workload.running else { return finding };
    let check = how_to_check(case.workload);
    let Some(declared) = &running.declared else {
        return finding.help(help::sentences(&[&help::size(case), &elsewhere(case, running), &check]));
    };
    match declared.setting.as_ref().filter(|_| is_set(&declared.shm) && declared.is_literal) {
        Some((text, at)) => {
            finding.message = format!(
                "{} still has {}: it was created before {} got `{text}`",
                case.workload.title(),
                has(&case.workload.shm),
                title(declared)
            );
            finding = finding.related(at.clone(), "sets the size now");
            finding.help(help::sentences(&[&recreate(declared), &check]))
        }
        None => {
            let message = format!("started as {} here", title(declared));
            finding = finding.related(declared.place.clone(), message);
            finding.help(help::sentences(&[&add(case, declared), &recreate(declared), &check]))
        }
    }
}

/// What is to be said of a container that has a size of which its file knows nothing.
pub(super) fn lost(rule: &'static Rule, case: &Case<'_>) -> Option<Finding> {
    let Workload { running, shm, .. } = case.workload;
    let declared = running.as_ref()?.declared.as_ref().filter(|declared| declared.is_literal)?;
    let is_lost = is_set(shm) && matches!(declared.shm, Shm::Default { .. });
    is_lost.then(|| {
        let next = match declared.starter {
            Starter::Compose => "the next `docker compose up` loses it",
            Starter::Quadlet => "the next start of the unit loses it",
            Starter::Devcontainer => "the next rebuild loses it",
        };
        let (is, whose) = (case.workload.title(), title(declared));
        Finding::of(rule, case.workload, format!("{is} has {}, but {whose} sets none: {next}", has(shm)))
            .severity(Severity::Warning)
            .related(declared.place.clone(), "nothing sets it here")
            .help(add(case, declared))
    })
}

/// Adds what happened to the container, as its engine tells it.
pub(super) fn with_facts(workload: &Workload, finding: &mut Finding) {
    for fact in workload.running.iter().flat_map(|running| &running.facts) {
        finding.message.push_str("; ");
        finding.message.push_str(fact);
    }
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

fn title(declared: &Declared) -> String {
    let kind = match declared.starter {
        Starter::Compose => "service",
        Starter::Quadlet => "unit",
        Starter::Devcontainer => "dev container",
    };
    format!("{kind} '{}'", declared.name)
}

/// The line to write into the file: the size that the container has, or that it should have.
fn add(case: &Case<'_>, declared: &Declared) -> String {
    let has = case.workload.shm.bytes().filter(|_| is_set(&case.workload.shm));
    let Some(bytes) = has.or_else(|| case.affordable()) else { return String::new() };
    let (path, line) = (declared.place.path(), declared.place.start().line);
    match declared.starter {
        Starter::Compose => {
            let size = Dialect::Compose.write(bytes);
            format!("Add `shm_size: {size}` to {} ({path}:{line}).", title(declared))
        }
        Starter::Quadlet => {
            format!("Add `ShmSize={}` to [Container] in {path}.", Dialect::Podman.write(bytes))
        }
        Starter::Devcontainer => {
            format!("Add `\"--shm-size={}\"` to `runArgs` in {path}.", Dialect::Docker.write(bytes))
        }
    }
}

fn recreate(declared: &Declared) -> String {
    let name = &declared.name;
    match declared.starter {
        Starter::Compose => {
            format!("Run `docker compose up -d {name}`, which recreates it; a restart does not.")
        }
        Starter::Quadlet => format!(
            "Run `systemctl daemon-reload` and `systemctl restart {name}` (with `--user` for a user's unit), which recreate it."
        ),
        Starter::Devcontainer => "Rebuild the dev container.".to_owned(),
    }
}

/// What to write where the file is not in sight.
fn elsewhere(case: &Case<'_>, running: &Running) -> String {
    let origin = running.origin.as_deref();
    let (Some((_, pod)), Some(bytes)) = (&running.pod, case.affordable()) else {
        return origin
            .map_or(String::new(), |origin| format!("Set it where the container was started: {origin}."));
    };
    let owner = running.owner.clone().unwrap_or_else(|| format!("the manifest of pod '{pod}'"));
    let origin = origin.map_or(String::new(), |origin| format!(" ({origin})"));
    let size = Dialect::Kubernetes.write(bytes);
    format!(
        "Mount an emptyDir with `medium: Memory` and `sizeLimit: {size}` on /dev/shm in {owner}{origin}: volumes of a \
         running pod cannot change."
    )
}
