//! What tells an accelerator, and what does not.

use super::*;

fn alone(text: &str) -> AcceleratorSign {
    device(text, &|_| false)
}

#[test]
fn devices_are_told_by_either_side() {
    assert_eq!(alone("/dev/nvidia0"), AcceleratorSign::Yes(GPU));
    assert_eq!(alone("/dev/null:/dev/nvidiactl:rw"), AcceleratorSign::Yes(GPU));
    assert_eq!(alone("nvidia.com/gpu=all"), AcceleratorSign::Yes(GPU));
    assert_eq!(
        [alone("/dev/hl0"), alone("huawei.com/npu=0")],
        [AcceleratorSign::Yes(GAUDI), AcceleratorSign::Yes(NPU)]
    );
    assert!(matches!(alone("/dev/dri:/dev/dri"), AcceleratorSign::Maybe(_)));
    assert_eq!(device("/dev/dri/renderD128", &|signs| signs.contains(&"xpu")), AcceleratorSign::Yes(XPU));
    assert_eq!([alone("/dev/snd"), alone("/dev/apex_0")], [AcceleratorSign::No; 2]);
}

#[test]
fn every_name_of_the_table_is_what_its_entry_says() {
    let name = |pattern: &str| pattern.replace('*', "0");
    for entry in TABLE.iter().filter(|entry| entry.kind != NONE) {
        let yes =
            if entry.alone.is_some() { AcceleratorSign::Maybe("") } else { AcceleratorSign::Yes(entry.kind) };
        for device in entry.devices {
            let found = match alone(&name(device)) {
                AcceleratorSign::Maybe(_) => AcceleratorSign::Maybe(""),
                found => found,
            };
            assert_eq!(found, yes, "{device}");
            assert!(stands_in(&format!("- {}", name(device))), "{device}");
        }
        for name in entry.runtimes.iter().map(|runtime| name(runtime)) {
            assert_eq!([runtime(&name), runtime(&format!("/usr/bin/{name}"))], [yes; 2], "{name}");
        }
        for variable in entry.variables {
            assert!(chooses(variable) && stands_in(variable), "{variable}");
        }
        for pattern in entry.resources.iter().chain(entry.shares) {
            let name = name(pattern);
            assert_eq!(resource(&name).map(|(kind, _)| kind), Some(entry.kind), "{pattern}");
            assert!(stands_in(&format!("x {name}=0")), "{pattern}");
        }
        assert!(entry.drivers.iter().all(|name| driver(name) == Some(entry.kind)));
    }
}

#[test]
fn resources_are_known_by_their_names() {
    let yes = [
        "nvidia.com/gpu",
        "example.com/gpu",
        "nvidia.com/mig-3g.20gb",
        "nvidia.com/gpu.sliced",
        "aws.amazon.com/neuroncore",
        "nvidia.com/A100",
        "nvidia.com/rtxa6000",
        "huawei.com/Ascend910A",
        "hygon.com/dcunum",
        "deviceclass.resource.kubernetes.io/gpu.nvidia.com",
    ];
    let counts = |name: &str| resource(name).map(|(_, counts)| counts);
    assert!(yes.iter().all(|name| counts(name) == Some(true)));
    let parts = [
        "huawei.com/Ascend910A-memory",
        "hygon.com/dcumem",
        "metax-tech.com/vcore",
        "cambricon.com/mlu.smlu.vmemory",
        "gpu.intel.com/millicores",
    ];
    assert!(parts.iter().all(|name| counts(name) == Some(false)));
    let no = [
        "cpu",
        "memory",
        "rdma/hca",
        "nvidia.com/imex-channel",
        "nvidia.com/hostdev",
        "gpu",
        "requests.cpu",
        "deviceclass.resource.kubernetes.io/rdma.example.com",
    ];
    assert!(no.iter().all(|name| resource(name).is_none()));
    assert_eq!(device_class("gpu.nvidia.com"), Some(Some(GPU)));
    assert_eq!(device_class("compute-domain-default-channel.nvidia.com"), Some(None));
    assert_eq!(device_class("accelerator"), None);
}

#[test]
fn devices_and_lists_are_counted() {
    assert_eq!(in_device("nvidia.com/gpu=0"), Some(GpuCount::Exactly(1)));
    assert_eq!(in_device("nvidia.com/gpu=all"), Some(GpuCount::All));
    assert_eq!(in_device("/dev/nvidia0:/dev/nvidia0"), Some(GpuCount::Exactly(1)));
    assert_eq!(in_device("/dev/kfd"), None);
    assert_eq!(
        [in_list("0,1"), in_list("all"), in_list("$G")],
        [GpuCount::Exactly(2), GpuCount::All, GpuCount::Unknown]
    );
}

#[test]
fn visible_devices_alone_depend_on_the_default_runtime() {
    assert!(matches!(visible_devices("all", None), AcceleratorSign::Maybe(_)));
    assert_eq!(visible_devices("all", Some("nvidia")), AcceleratorSign::Yes(GPU));
    assert_eq!(visible_devices("all", Some("runc")), AcceleratorSign::No);
    assert_eq!(visible_devices("void", Some("nvidia")), AcceleratorSign::No);
}

#[test]
fn a_program_uses_the_gpus_that_it_may_see() {
    let seen = |count, list: &str| within(count, &[("CUDA_VISIBLE_DEVICES".into(), list.into())]);
    assert_eq!(seen(GpuCount::All, "0"), GpuCount::Exactly(1));
    assert_eq!(seen(GpuCount::Unknown, "0, 1"), GpuCount::Exactly(2));
    assert_eq!(seen(GpuCount::Exactly(1), "0,1"), GpuCount::Exactly(1));
    assert_eq!(seen(GpuCount::All, "GPU-8932f937"), GpuCount::Exactly(1));
    for nothing in ["", "all", "-1", "0,$N"] {
        assert_eq!(seen(GpuCount::All, nothing), GpuCount::All, "{nothing}");
    }
    assert_eq!(within(GpuCount::All, &[]), GpuCount::All);
}

#[test]
fn counts_of_gpus_are_read_as_docker_does() {
    let count = |text: &str| DeviceRequest::read(text).count;
    assert_eq!(count("all"), GpuCount::All);
    assert_eq!(count("2"), GpuCount::Exactly(2));
    assert_eq!(count("0"), GpuCount::Exactly(0));
    assert_eq!(count("device=0"), GpuCount::Exactly(1));
    assert_eq!(count("\"device=0,1\""), GpuCount::Exactly(2));
    assert_eq!(count("all,\"capabilities=compute,utility\""), GpuCount::All);
    assert_eq!(count("device=$X"), GpuCount::Unknown);
    assert_eq!(count("0,1"), GpuCount::Exactly(1));
    assert_eq!(count("count=0,device=0"), GpuCount::Exactly(1));
    assert_eq!(count("\"device=0,1\",driver=nvidia"), GpuCount::Exactly(2));
    assert_eq!(count("driver=nvidia,count=3"), GpuCount::Exactly(3));
    assert_eq!(count("capabilities=gpu"), GpuCount::Exactly(1));
    assert_eq!(count("device=all"), GpuCount::All);
    assert_eq!([count(""), count("none")], [GpuCount::Exactly(0); 2]);
}

#[test]
fn requests_that_the_client_refuses_are_told() {
    let refused = |text: &str| DeviceRequest::read(text).refused.is_some();
    for text in ["", "none", "ALL", "1.5", "--name", "al", "gpu=0", "two"] {
        assert!(refused(text), "{text}");
    }
    for text in ["all", "-1", "0", "+2", "device=0", "\"device=0,1\"", "$N", "<count>", "driver=nvidia"] {
        assert!(!refused(text), "{text}");
    }
    let asked = DeviceRequest::read("driver=cdi,\"capabilities=compute,utility\",count=2");
    assert_eq!(
        (asked.driver.as_str(), asked.capabilities.len(), asked.count),
        ("cdi", 2, GpuCount::Exactly(2))
    );
}
