//! The names under which the device plugins of clusters advertise accelerators.

/// Resources that are an accelerator, or a share of one, with at most one `*` each. `true` where the quantity counts
/// devices. The names are those that the makers' device plugins advertise; `*/gpu` covers the many that are built after
/// NVIDIA's.
const RESOURCES: &[(&str, bool)] = &[
    // https://github.com/NVIDIA/k8s-device-plugin and its time slicing and MIG strategies.
    ("*/gpu", true),
    ("nvidia.com/gpu.shared", true),
    ("nvidia.com/mig-*", true),
    ("nvidia.com/pgpu", true),
    // https://github.com/Project-HAMi/HAMi/blob/15b26b087c4f1f2b19edded85b43d25d59d72c7c/examples/remotegpu/default_use.yaml
    ("nvidia.com/remote-gpu*", true),
    ("nvidia.com/vgpu", true),
    ("alpha.kubernetes.io/nvidia-gpu", true),
    // https://github.com/ROCm/k8s-device-plugin: partitions.
    ("amd.com/cpx*", true),
    ("amd.com/dpx*", true),
    ("amd.com/spx*", true),
    ("amd.com/qpx*", true),
    // https://github.com/intel/intel-device-plugins-for-kubernetes
    ("gpu.intel.com/i915", true),
    ("gpu.intel.com/xe", true),
    ("gpu.intel.com/*", false),
    ("habana.ai/gaudi*", true),
    ("aws.amazon.com/neuron*", true),
    ("k8s.amazonaws.com/vgpu", true),
    ("google.com/tpu", true),
    ("cloud-tpus.google.com/*", true),
    ("huawei.com/Ascend*-memory", false),
    ("huawei.com/Ascend*", true),
    ("huawei.com/npu*", true),
    ("cambricon.com/*", true),
    ("hygon.com/dcu*", true),
    ("iluvatar.ai/*", true),
    ("mthreads.com/*", true),
    ("metax-tech.com/*", true),
    ("kunlunxin.com/*", true),
    ("enflame.com/*", true),
    ("birentech.com/*", true),
    ("tenstorrent.com/*", true),
    ("furiosa.ai/*", true),
    ("rebellions.ai/*", true),
    ("graphcore.ai/ipu", true),
    ("qualcomm.com/qaic*", true),
    ("vastaitech.com/va*", true),
    ("baidu.com/xpu*", true),
    // Shares of GPUs: HAMi, Volcano, Alibaba's gpushare, Tencent's GPU manager and qGPU, nos.
    ("*/vgpu", true),
    ("*/shared-gpu", true),
    ("*/sharedgpu", true),
    ("*/gpumem*", false),
    ("*/gpucores", false),
    ("volcano.sh/vgpu-number", true),
    ("volcano.sh/gpu-number", true),
    ("volcano.sh/vgpu-*", false),
    ("volcano.sh/gpu-*", false),
    ("aliyun.com/gpu*", false),
    ("tencent.com/vcuda-*", false),
    ("*/qgpu-*", false),
    ("elasticgpu.io/*", false),
    ("nos.nebuly.com/gpu-*", true),
];

/// What is in the names of resources that count a part of a device: `hygon.com/dcumem`, `metax-tech.com/vcore`.
const SHARES: &[&str] = &["mem", "cores", "vcore", "cuda-core", "percent"];

/// Cards that clusters advertise each by its model, so that pods may ask for one: NVIDIA's device plugin renames its
/// resource at will (<https://nrp.ai/documentation/userdocs/running/gpu-pods/>). In any case of letters, more may follow.
const CARDS: [&str; 21] = [
    "nvidia.com/a10",
    "nvidia.com/a30",
    "nvidia.com/a40",
    "nvidia.com/a6000",
    "nvidia.com/b200",
    "nvidia.com/b300",
    "nvidia.com/gb200",
    "nvidia.com/gb300",
    "nvidia.com/gh200",
    "nvidia.com/gtx",
    "nvidia.com/h100",
    "nvidia.com/h20",
    "nvidia.com/l4",
    "nvidia.com/p100",
    "nvidia.com/quadro",
    "nvidia.com/rtx",
    "nvidia.com/t4",
    "nvidia.com/tesla",
    "nvidia.com/titan",
    "nvidia.com/tu104",
    "nvidia.com/v100",
];

/// Whether `name` fits a pattern with at most one `*`.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) if tail.contains('*') => {
            debug_assert!(head.is_empty(), "two stars only around a word");
            name.contains(tail.trim_end_matches('*'))
        }
        Some((head, tail)) => {
            name.len() >= head.len() + tail.len() && name.starts_with(head) && name.ends_with(tail)
        }
    }
}

/// Whether a resource is an accelerator, and if so whether its quantity counts devices.
pub(super) fn resource(name: &str) -> Option<bool> {
    // The resources of Kubernetes itself have no vendor.
    if !name.contains('/') {
        return None;
    }
    let is_card = |card: &str| name.get(..card.len()).is_some_and(|start| start.eq_ignore_ascii_case(card));
    if CARDS.iter().any(|card| is_card(card)) {
        return Some(true);
    }
    let (_, counts) = RESOURCES.iter().find(|(pattern, _)| fits(pattern, name))?;
    Some(*counts && !SHARES.iter().any(|share| name.contains(share)))
}

/// Words that stand in every text that asks for one of the resources.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    RESOURCES.iter().map(|(pattern, _)| pattern.trim_matches('*')).chain(CARDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_known_by_their_names() {
        let yes = [
            "nvidia.com/gpu",
            "example.com/gpu",
            "nvidia.com/mig-3g.20gb",
            "aws.amazon.com/neuroncore",
            "nvidia.com/A100",
            "nvidia.com/rtxa6000",
        ];
        assert!(yes.iter().all(|name| resource(name) == Some(true)));
        assert_eq!(resource("huawei.com/Ascend910A-memory"), Some(false));
        assert_eq!(resource("huawei.com/Ascend910A"), Some(true));
        assert_eq!(resource("hygon.com/dcunum"), Some(true));
        let parts = ["hygon.com/dcumem", "metax-tech.com/vcore", "cambricon.com/mlu.smlu.vmemory"];
        assert!(parts.iter().all(|name| resource(name) == Some(false)));
        let no = [
            "cpu",
            "memory",
            "rdma/hca",
            "nvidia.com/imex-channel",
            "nvidia.com/hostdev",
            "gpu",
            "requests.cpu",
        ];
        assert!(no.iter().all(|name| resource(name).is_none()));
    }
}
