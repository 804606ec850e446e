//! SHM006: a flag that would set `/dev/shm` where the engine does not read it as a flag of its own.

use super::case::{Case, Check, DEFAULT};
use crate::container::finding::{Change, Finding, Rule, Severity, Wanted};
use crate::container::look::how_to_check;
use crate::container::workload::{Effect, Platform, Says, Setting, Why, Workload};
use crate::size::is_open;

pub(super) const CHECK: Check = Check::Written(check);

fn check(rule: &'static Rule, case: &Case<'_>, index: usize, setting: &Setting) -> Option<Finding> {
    let (Says::Flag { meant }, Effect::None(why)) = (&setting.says, &setting.effect) else { return None };
    let (title, text) = (case.workload.title(), &setting.text);
    let reader = reader(case.workload);
    let message = match why {
        // Where the container has what it needs, a flag for the program may be just that.
        Why::BehindImage => {
            case.gets_default()?;
            format!(
                "`{text}` comes after the image of {title}, so it is passed to the container's command, not to {reader}"
            )
        }
        Why::SwallowedBy(option) => {
            format!("`{option}` takes `{meant}` as its value, so it has no effect on {title}")
        }
        Why::Misspelt => format!("`{text}` of {title} is unknown to {reader}; did you mean `{meant}`?"),
        _ => return None,
    };
    // A key has no place that matters; an option stands before the image.
    let where_to = if meant.starts_with('-') { " before the image" } else { "" };
    let size = meant.strip_prefix("--shm-size=").filter(|size| !is_open(size));
    let dialect = case.workload.engine.starter().size;
    let gives_none = |size: &str| dialect.read(size).bytes().is_none_or(|bytes| bytes <= DEFAULT);
    let meant = match size.filter(|size| gives_none(size)) {
        Some(_) => format!("--shm-size={}", dialect.write(case.options.size)),
        None => meant.clone(),
    };
    let action = match why {
        Why::SwallowedBy(option) => format!("Remove `{option}`, or give it a value of its own."),
        _ => format!("Write `{meant}`{where_to}."),
    };
    let help = format!("{action} {}", how_to_check(case.workload));
    let finding = Finding::of(rule, case.workload, message)
        .help(help)
        .related(setting.place.clone(), format!("not read by {reader}"));
    let change = Change::MoveFlag { setting: index };
    Some(if *why == Why::BehindImage && names_a_program(&case.workload.command) {
        finding.severity(Severity::Warning).wants(Wanted::with_unsafe_effects(change))
    } else {
        finding.wants(Wanted::safe(change))
    })
}

/// What should have read it.
fn reader(workload: &Workload) -> &'static str {
    if workload.platform == Platform::Compose { "Compose" } else { workload.engine.words().name }
}

/// Whether a program is named before the first such flag: launchers have a `--shm-size` of their own. A shell has none.
fn names_a_program(command: &[String]) -> bool {
    let before = command.iter().take_while(|word| !word.starts_with("--shm") && !word.starts_with("--ipc"));
    let shell = |word: &str| ["sh", "bash", "zsh"].contains(&word.rsplit('/').next().unwrap_or(word));
    before.into_iter().any(|word| !word.starts_with('-') && !shell(word))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{trainer, web};
    use super::*;
    use crate::size::Dialect;

    #[test]
    fn each_way_to_lose_a_flag_is_named() {
        let message = |why| web().flag("--shm_size=2g", "--shm-size=2g", why).finding().message;
        assert!(message(Why::BehindImage).contains("comes after the image"));
        assert!(message(Why::SwallowedBy("-e".into())).starts_with("`-e` takes"));
        assert!(message(Why::Misspelt).ends_with("did you mean `--shm-size=2g`?"));
    }

    #[test]
    fn a_program_may_have_such_a_flag_itself() {
        let behind = |command: &[&str]| {
            let build = web().runs("a", command);
            build.flag("--shm-size=2g", "--shm-size=2g", Why::BehindImage).finding()
        };
        let change = Change::MoveFlag { setting: 0 };
        assert_eq!(behind(&["/bin/bash", "--shm-size=2g"]).wanted, Some(Wanted::safe(change.clone())));
        let launcher = behind(&["launch", "--shm-size=2g"]);
        assert_eq!(launcher.severity, Severity::Warning);
        assert_eq!(launcher.wanted, Some(Wanted::with_unsafe_effects(change)));
    }

    #[test]
    fn a_flag_for_the_program_is_none_where_the_container_has_its_own() {
        let build = trainer().size(Dialect::Docker, "2g");
        build.flag("--shm-size=2g", "--shm-size=2g", Why::BehindImage).silent();
    }
}
