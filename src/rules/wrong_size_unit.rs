//! SHM003: a size is written that the engine refuses, or reads as something that nobody can mean.

use super::case::{Case, Check};
use crate::container::finding::{Change, Finding, Rule, Wanted};
use crate::container::workload::{Effect, Says, Setting, Why};
use crate::size::{Dialect, MIB, Size, Suggestion, Zero, human, suggest};

pub(super) const CHECK: Check = Check::Written(check);

/// What is wrong with a size.
enum Wrong<'s> {
    /// The engine refuses it with this error.
    Refused(&'s str),
    /// It asks for the engine's default.
    Zero,
    /// Compose makes a zero of the plain number.
    Dropped,
    /// So many bytes, since there is no unit.
    Bare(i64),
    /// So many bytes, since `m` means milli in Kubernetes.
    Milli(i64),
}

fn check(rule: &'static Rule, case: &Case<'_>, index: usize, setting: &Setting) -> Option<Finding> {
    if let Says::Medium { meant } = setting.says {
        return Some(medium(rule, case, index, (setting, meant)));
    }
    let wrong = wrong(case, setting)?;
    let (dialect, size) = setting.size()?;
    let meant = suggest(dialect, &setting.value, size);
    let finding = Finding::of(rule, case.workload, message(case, setting, dialect, &wrong))
        .help(help(case, dialect, meant.as_ref()))
        .related(setting.place.clone(), "written here");
    let change = |bytes| Change::ReplaceSize { setting: index, bytes };
    Some(match meant {
        Some(meant) if meant.certain => finding.wants(Wanted::safe(change(meant.bytes))),
        Some(meant) => finding.wants(Wanted::with_unsafe_effects(change(meant.bytes))),
        None => match case.affordable() {
            Some(bytes) => finding.wants(Wanted::with_unsafe_effects(change(bytes))),
            None => finding,
        },
    })
}

/// A medium that the kubelet does not know.
fn medium(rule: &'static Rule, case: &Case<'_>, index: usize, (setting, meant): (&Setting, bool)) -> Finding {
    let (text, title) = (&setting.text, case.workload.title());
    let finding = Finding::of(
        rule,
        case.workload,
        format!("the kubelet rejects `{text}` of {title}: it knows only `Memory` and huge pages"),
    )
    .help("Write `medium: Memory`, with a capital M: the pod does not start with any other spelling.")
    .related(setting.place.clone(), "written here");
    let change = Change::SetMedium { setting: index };
    finding.wants(if meant { Wanted::safe(change) } else { Wanted::with_unsafe_effects(change) })
}

/// Whether this rule speaks of a setting.
pub(super) fn is_wrong(case: &Case<'_>, setting: &Setting) -> bool {
    wrong(case, setting).is_some()
}

fn wrong<'s>(case: &Case<'_>, setting: &'s Setting) -> Option<Wrong<'s>> {
    let (dialect, size) = setting.size()?;
    let build = matches!(setting.says, Says::BuildSize(..));
    match &setting.effect {
        Effect::Effective | Effect::None(Why::Refused | Why::ReadAsNothing) => {}
        Effect::None(Why::BuildOnly) => {}
        Effect::None(_) => return None,
    }
    match size {
        Size::Refused(error) => Some(Wrong::Refused(error)),
        Size::Null if dialect == Dialect::Compose => Some(Wrong::Refused("must be a number or string")),
        // What is read as nothing does harm only where nothing else is in effect.
        _ if build || (setting.effect != Effect::Effective && case.gets_default().is_none()) => None,
        Size::Dropped => Some(Wrong::Dropped),
        Size::Bytes(bytes) if *bytes < 0 => Some(Wrong::Refused("a size is not negative")),
        Size::Bytes(0) => (dialect.zero() == Zero::Default).then_some(Wrong::Zero),
        Size::Bytes(bytes) if dialect == Dialect::Kubernetes && setting.value.ends_with('m') => {
            Some(Wrong::Milli(*bytes))
        }
        Size::Bytes(bytes) if *bytes < MIB.cast_signed() && is_bare(&setting.value) => {
            Some(Wrong::Bare(*bytes))
        }
        Size::Bytes(_) | Size::Percent(_) | Size::Null | Size::Unknown => None,
    }
}

/// Whether a number stands there without a unit.
fn is_bare(value: &str) -> bool {
    value.trim().ends_with(|last: char| last.is_ascii_digit() || last == '.')
}

fn message(case: &Case<'_>, setting: &Setting, dialect: Dialect, wrong: &Wrong<'_>) -> String {
    let (title, text) = (case.workload.title(), &setting.text);
    let default = case.default_size(case.gets_default().unwrap_or(case.workload.engine.default_shm()));
    match wrong {
        Wrong::Refused(error) => format!("{} rejects `{text}` of {title}: {error}", reader(dialect)),
        Wrong::Zero => format!("`{text}` gives {title} {default} /dev/shm, not an unlimited one"),
        Wrong::Dropped => {
            format!("`{text}` gives {title} {default} /dev/shm: Compose reads a float as 0")
        }
        Wrong::Bare(bytes) => format!(
            "`{text}` gives {title} {} of /dev/shm: a number without a unit counts {}",
            human(bytes.unsigned_abs()),
            if dialect == Dialect::Mebibytes { "MiB" } else { "bytes" }
        ),
        Wrong::Milli(bytes) => format!(
            "`{text}` gives {title} {} of /dev/shm: `m` means milli (1/1000) in Kubernetes",
            human(bytes.unsigned_abs())
        ),
    }
}

/// Who reads a size, as messages call it.
fn reader(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Docker | Dialect::TmpfsSize | Dialect::Mebibytes => "Docker",
        Dialect::Podman => "Podman",
        Dialect::Compose => "Compose",
        Dialect::Kubernetes => "Kubernetes",
        Dialect::TmpfsOption => "the kernel",
    }
}

fn help(case: &Case<'_>, dialect: Dialect, meant: Option<&Suggestion>) -> String {
    match meant {
        Some(meant) if meant.certain => format!("Write it as `{}`.", meant.text),
        Some(meant) => format!("If you meant {}, write `{}`.", human(meant.bytes), meant.text),
        None => format!("Write a number with a unit, such as `{}`.", dialect.write(case.options.size)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{pod, trainer, web};
    use super::*;
    use crate::container::workload::{Ipc, Mounted, Target};
    use crate::size::GIB;

    fn says(dialect: Dialect, value: &str) -> (String, Option<Wanted>) {
        let finding = web().size(dialect, value).finding();
        assert_eq!(finding.rule.code, "SHM003", "{value}");
        (finding.message, finding.wanted)
    }

    fn bytes(bytes: u64) -> Change {
        Change::ReplaceSize { setting: 0, bytes }
    }

    #[test]
    fn what_one_reading_explains_is_mended_safely() {
        let (message, wanted) = says(Dialect::Compose, "8Gi");
        assert_eq!(message, "Compose rejects `shm_size: 8Gi` of service 'trainer': invalid suffix: 'gi'");
        assert_eq!(wanted, Some(Wanted::safe(bytes(8 * GIB))));
        let (message, wanted) = says(Dialect::Compose, "17179869184.0");
        assert!(message.ends_with("Compose reads a float as 0"), "{message}");
        assert_eq!(wanted, Some(Wanted::safe(bytes(16 * GIB))));
    }

    #[test]
    fn a_bare_number_is_a_guess() {
        let (message, wanted) = says(Dialect::Docker, "8");
        assert!(message.contains("gives service 'trainer' 8 bytes of /dev/shm"), "{message}");
        assert_eq!(wanted, Some(Wanted::with_unsafe_effects(bytes(8 * GIB))));
        assert!(
            says(Dialect::Docker, "0").0.contains("Docker's default 64 MiB /dev/shm, not an unlimited one")
        );
        assert!(says(Dialect::Docker, "max").0.starts_with("Docker rejects"));
    }

    #[test]
    fn quantities_are_kubernetes_own() {
        for (value, what) in [("2g", "Kubernetes rejects"), ("2GB", "rejects"), ("400m", "milli")] {
            let finding = pod().memory_mount(Dialect::Kubernetes, value).finding();
            assert!(finding.message.contains(what), "{}", finding.message);
            assert_eq!(finding.rule.code, "SHM003");
        }
    }

    #[test]
    fn sizes_that_work_or_do_no_harm_are_none_of_its_business() {
        for value in ["8g", "1073741824", "512k"] {
            web().size(Dialect::Docker, value).silent();
        }
        web().size(Dialect::Podman, "0").silent();
        web().size(Dialect::Podman, "2Gi").silent();
        web().size(Dialect::Docker, "0").size(Dialect::Docker, "2g").silent();
        assert_eq!(trainer().size(Dialect::Docker, "0").ipc(Ipc::Host).codes(), ["SHM012"]);
        assert_eq!(pod().mount(Target::Shm, Mounted::Memory(None), false).codes(), ["SHM011"]);
    }
}
