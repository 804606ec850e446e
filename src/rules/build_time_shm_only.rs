//! SHM004: a size is given for building the image, and none for the container that runs from it.

use super::case::{Case, Check};
use super::wrong_size_unit;
use crate::container::finding::{Change, Finding, Rule, Wanted};
use crate::container::look::how_to_check;
use crate::container::workload::{Says, Setting};

pub(super) const CHECK: Check = Check::Gpu(check);

fn check(rule: &'static Rule, case: &Case<'_>) -> Option<Finding> {
    let default = case.gets_default()?;
    let built = |setting: &&Setting| matches!(setting.says, Says::BuildSize(..));
    let setting = case.workload.settings.iter().find(built)?;
    if wrong_size_unit::is_wrong(case, setting) {
        return None;
    }
    let written = setting.size().and_then(|(_, size)| size.bytes());
    let title = case.workload.title();
    let message = format!(
        "`{}` of {title} applies only while the image is built; the container gets {} /dev/shm",
        setting.text,
        case.default_size(default)
    );
    let finding = Finding::of(rule, case.workload, message)
        .severity(case.severity(rule.severity))
        .help(format!("Give the container a size of its own. {}", how_to_check(case.workload)))
        .related(setting.place.clone(), "applies to the build only")
        .because_of_gpu(case.workload);
    Some(match case.at_least(written) {
        Some(bytes) => finding.wants(Wanted::safe(Change::size(bytes))),
        None => finding,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{trainer, web};
    use super::*;
    use crate::container::finding::Severity;
    use crate::size::{Dialect, GIB};

    #[test]
    fn the_size_of_the_build_is_given_to_the_container() {
        let finding = trainer().build_size("8g").finding();
        assert_eq!(finding.rule.code, "SHM004");
        assert_eq!(finding.wanted, Some(Wanted::safe(Change::size(8 * GIB))));
        let small = trainer().build_size("64m").wanted();
        assert_eq!(small, Some(Wanted::safe(Change::size(2 * GIB))));
    }

    #[test]
    fn it_is_silent_where_the_container_has_one_too() {
        trainer().build_size("2g").size(Dialect::Compose, "2g").silent();
        web().build_size("2g").silent();
        assert_eq!(trainer().build_size("2Gi").codes(), ["SHM003"]);
        let needless = trainer().runs("a", &["nvidia-smi"]).build_size("2g").finding();
        assert_eq!(needless.severity, Severity::Note);
    }
}
