//! SHM015: a size on a member of a Podman pod, which has the pod's `/dev/shm`.

use super::case::{Case, Check};
use crate::container::finding::{Finding, Rule};
use crate::container::look::how_to_size_the_pod;
use crate::container::workload::{Effect, Why};

pub(super) const CHECK: Check = Check::Gpu(check);

fn check(rule: &'static Rule, case: &Case<'_>) -> Option<Finding> {
    let member = |effect: &Effect| *effect == Effect::None(Why::PodMember);
    let setting = case.workload.settings.iter().find(|setting| member(&setting.effect))?;
    let message = format!(
        "`{}` of {} has no effect: the members of a pod share the pod's /dev/shm",
        setting.text,
        case.workload.title()
    );
    Some(
        Finding::of(rule, case.workload, message)
            .help(how_to_size_the_pod(case.workload))
            .related(setting.place.clone(), "on a member of a pod")
            .because_of_gpu(case.workload),
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::trainer;
    use super::*;
    use crate::container::workload::{Engine, Says};
    use crate::size::{Dialect, Size};

    #[test]
    fn a_size_on_a_member_of_a_pod_does_nothing() {
        let says = Says::Size(Dialect::Podman, Size::Bytes(8 << 30));
        let build = trainer().engine(Engine::Podman);
        assert_eq!(
            build.setting(says, "--shm-size=", "8g", Effect::None(Why::PodMember)).codes(),
            ["SHM015"]
        );
    }
}
