//! SHM006: a flag that would set `/dev/shm` where the engine does not read it as a flag of its own.

use super::{Case, Check, Rule, help};
use crate::finding::{Change, Finding, Wanted};
use crate::workload::{Effect, Says, Setting, Why};

pub(super) const CHECK: Check = Check::Written(check);

fn check(rule: &'static Rule, case: &Case<'_>, index: usize, setting: &Setting) -> Option<Finding> {
    let (Says::Flag { meant }, Effect::None(why)) = (&setting.says, &setting.effect) else { return None };
    let (title, text) = (case.workload.title(), &setting.text);
    let message = match why {
        // Where the container has what it needs, a flag for the program may be just that.
        Why::BehindImage => {
            case.gets_default()?;
            format!("`{text}` stands behind the image of {title}, so that it goes to the program")
        }
        Why::SwallowedBy(option) => {
            format!("`{option}` takes `{meant}` for its value, so that {title} does not get it")
        }
        Why::Misspelt => format!("the engine of {title} knows no `{text}`: it is spelt `{meant}`"),
        _ => return None,
    };
    let help = format!("Write `{meant}` before the image. {}", help::how_to_check(case.workload));
    Some(
        Finding::of(rule, case.workload, message)
            .help(help)
            .related(setting.place.clone(), "not read by the engine")
            .wants(Wanted::safe(Change::MoveFlag { setting: index })),
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::{trainer, web};
    use super::*;
    use crate::size::Dialect;

    #[test]
    fn each_way_to_lose_a_flag_is_named() {
        let message = |why| web().flag("--shm_size=2g", "--shm-size=2g", why).finding().message;
        assert!(message(Why::BehindImage).contains("stands behind the image"));
        assert!(message(Why::SwallowedBy("-e".into())).starts_with("`-e` takes"));
        assert!(message(Why::Misspelt).ends_with("it is spelt `--shm-size=2g`"));
    }

    #[test]
    fn a_flag_for_the_program_is_none_where_the_container_has_its_own() {
        let build = trainer().size(Dialect::Docker, "2g");
        build.flag("--shm-size=2g", "--shm-size=2g", Why::BehindImage).silent();
    }
}
