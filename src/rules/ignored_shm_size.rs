//! SHM007: a size beside a setting of higher rank: Docker ignores it, Podman may refuse it.

use super::case::{Case, Check};
use crate::container::finding::{Change, Finding, Rule, Severity, Wanted};
use crate::container::workload::{Effect, Engine, Ipc, Says, Setting, Why};

pub(super) const CHECK: Check = Check::Written(check);

fn check(rule: &'static Rule, case: &Case<'_>, index: usize, setting: &Setting) -> Option<Finding> {
    let (Says::Size(..), Effect::None(Why::Overruled(winner))) = (&setting.says, &setting.effect) else {
        return None;
    };
    let decides = *winner;
    let winner = case.workload.settings.get(decides)?;
    // Podman refuses a size beside any ipc that is not the container's own.
    let refused = case.workload.engine == Engine::Podman && matches!(winner.says, Says::Ipc(_));
    let (title, text, other) = (case.workload.title(), &setting.text, &winner.text);
    let finding = if refused {
        let message = format!("Podman rejects `{text}` together with `{other}`, so {title} does not start");
        Finding::of(rule, case.workload, message).severity(Severity::Error)
    } else if matches!(winner.says, Says::Ipc(_) | Says::Mount { .. }) {
        Finding::of(
            rule,
            case.workload,
            format!("`{text}` of {title} is ignored: `{other}` takes effect instead"),
        )
    } else {
        return None;
    };
    // Beside the host's, the size is what can stay: it was written for the day without `ipc: host`.
    let host = winner.says == Says::Ipc(Ipc::Host) && !case.workload.is_joined;
    let goes = if host { decides } else { index };
    Some(
        finding
            .help(format!("Remove one of the two: without `{other}` the size takes effect."))
            .related(setting.place.clone(), "ignored")
            .related(winner.place.clone(), "this one takes effect")
            .wants(Wanted::with_unsafe_effects(Change::Remove { setting: goes })),
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::{trainer, web};
    use super::*;
    use crate::container::workload::{Mounted, Target};
    use crate::size::Dialect;

    #[test]
    fn docker_ignores_and_podman_refuses() {
        let both = |engine| web().engine(engine).size(Dialect::Docker, "2g").ipc(Ipc::Host).finding();
        assert_eq!(both(Engine::Docker).severity, Severity::Note);
        assert_eq!(both(Engine::Podman).severity, Severity::Error);
        let remove = |setting| Some(Wanted::with_unsafe_effects(Change::Remove { setting }));
        assert_eq!(both(Engine::Docker).wanted, remove(1));
        assert_eq!(web().size(Dialect::Docker, "2g").ipc(Ipc::None).finding().wanted, remove(0));
        let mount = web().size(Dialect::Docker, "2g").mount(Target::Shm, Mounted::Memory(None), false);
        assert_eq!(mount.codes(), ["SHM007"]);
    }

    #[test]
    fn the_last_of_two_sizes_is_a_matter_of_taste() {
        trainer().size(Dialect::Docker, "2g").size(Dialect::Docker, "4g").silent();
        trainer().size(Dialect::Docker, "2g").ipc(Ipc::Own).silent();
    }
}
