//! What shows that a container gets a GPU, or another accelerator that trains or serves models: the names of runtimes and
//! devices, as engines of containers take them.

use crate::container::workload::GpuCount;

/// What a runtime, a device or a variable tells of a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// There is one.
    Yes,
    /// There may be one: a clause that says why it is open.
    Maybe(&'static str),
    /// Nothing.
    No,
}

/// Runtimes that bring accelerators in: NVIDIA's container toolkit, Habana's and AMD's container runtimes, and Ascend's.
const RUNTIMES: [&str; 6] = ["nvidia", "nvidia-container-runtime", "nvidia-cdi", "habana", "amd", "ascend"];

/// Device files: NVIDIA's, AMD's compute queue, Ascend's, Gaudi's, AWS Neuron's, Google's TPU, and WSL's GPU.
const DEVICES: [&str; 8] = [
    "/dev/nvidia",
    "/dev/kfd",
    "/dev/davinci",
    "/dev/hl",
    "/dev/accel",
    "/dev/neuron",
    "/dev/vfio/vfio-tpu",
    "/dev/dxg",
];

/// Devices by their CDI names, `vendor/class=name`.
const CDI: [&str; 7] = [
    "nvidia.com/gpu",
    "nvidia.com/mig",
    "amd.com/gpu",
    "intel.com/gpu",
    "gpu.intel.com/",
    "habana.ai/gaudi",
    "google.com/tpu",
];

/// What a runtime's name tells.
pub fn runtime(name: &str) -> Sign {
    let name = name.rsplit('/').next().unwrap_or(name);
    if RUNTIMES.iter().any(|known| known.eq_ignore_ascii_case(name)) { Sign::Yes } else { Sign::No }
}

/// What a device tells that is written as for `--device`: `HOST[:CONTAINER[:rwm]]` or a CDI name. Either side counts.
pub fn device(text: &str) -> Sign {
    if CDI.iter().any(|known| text.starts_with(known)) {
        return Sign::Yes;
    }
    let mut graphics = false;
    for side in text.split(':').filter(|side| side.starts_with("/dev/")) {
        // Capability files and control nodes of other things: none brings a GPU by itself.
        if DEVICES.iter().any(|known| side.starts_with(known)) {
            return Sign::Yes;
        }
        graphics |= side.starts_with("/dev/dri");
    }
    if graphics { Sign::Maybe("/dev/dri is mostly for video and display") } else { Sign::No }
}

/// How many GPUs a device brings, written as for [`device`]: what a CDI name names, or one by a file with a number. A file
/// that all of them share (`/dev/kfd`) tells nothing.
pub fn in_device(text: &str) -> Option<GpuCount> {
    if let Some((_, id)) = text.split_once('=') {
        return Some(device_ids(id));
    }
    let host = text.split(':').next().unwrap_or_default();
    host.ends_with(|c: char| c.is_ascii_digit()).then_some(GpuCount::Exactly(1))
}

/// How many GPUs a value of `NVIDIA_VISIBLE_DEVICES` names: `all`, `0,1`.
pub fn in_list(ids: &str) -> GpuCount {
    ids.split(',').filter(|id| !id.is_empty()).map(device_ids).fold(GpuCount::Exactly(0), sum)
}

/// What `NVIDIA_VISIBLE_DEVICES` tells by itself: a GPU only where the daemon's default runtime is NVIDIA's, which
/// `default_runtime` may say.
pub fn visible_devices(value: &str, default_runtime: Option<&str>) -> Sign {
    if takes_away(value) {
        return Sign::No;
    }
    match default_runtime.map(runtime) {
        Some(Sign::Yes) => Sign::Yes,
        Some(_) => Sign::No,
        None => Sign::Maybe("NVIDIA_VISIBLE_DEVICES gives a GPU only where the default runtime is nvidia"),
    }
}

/// Whether a value of `NVIDIA_VISIBLE_DEVICES` takes the GPUs of a runtime away.
pub fn takes_away(value: &str) -> bool {
    matches!(value, "void" | "none" | "")
}

/// How many GPUs the value of `--gpus` asks for. A value of 0 asks for none.
///
/// The value is a list of comma-separated fields, which may be quoted: `all`, `2`, `device=0`, `"device=0,1"`,
/// `count=2`, `all,"capabilities=compute,utility"`. A word without a key is a count, of which the last holds; named
/// devices need none; where neither stands there, it is one GPU (docker/cli `opts/gpus.go`).
pub fn gpus(value: &str) -> GpuCount {
    let (mut key, mut count, mut devices) = ("", None, None);
    for field in value.split(',').map(|field| field.trim_matches(['"', '\''])) {
        match field.split_once('=') {
            Some((name, text)) => {
                key = name;
                match name {
                    "count" => count = Some(counted(text)),
                    "device" => devices = Some(device_ids(text)),
                    _ => {}
                }
            }
            None if key.is_empty() => count = Some(counted(field)),
            // The rest of a quoted list. Unquoted it is refused, but what is meant is plain.
            None if key == "device" => {
                let more = device_ids(field);
                devices = devices.map(|ids| sum(ids, more));
            }
            None => {}
        }
    }
    devices.or(count).unwrap_or(GpuCount::Exactly(1))
}

fn counted(text: &str) -> GpuCount {
    match text {
        "all" | "-1" => GpuCount::All,
        number => number.parse().map_or(GpuCount::Unknown, GpuCount::Exactly),
    }
}

/// How many GPUs one id stands for.
fn device_ids(id: &str) -> GpuCount {
    match id {
        "all" => GpuCount::All,
        id if id.contains(['$', '{', '<']) => GpuCount::Unknown,
        _ => GpuCount::Exactly(1),
    }
}

/// How many two requests ask for together.
pub fn sum(one: GpuCount, two: GpuCount) -> GpuCount {
    match (one, two) {
        (GpuCount::Exactly(one), GpuCount::Exactly(two)) => GpuCount::Exactly(one.saturating_add(two)),
        (GpuCount::All, _) | (_, GpuCount::All) => GpuCount::All,
        _ => GpuCount::Unknown,
    }
}

/// The GPUs that the program itself may use: at most those that `CUDA_VISIBLE_DEVICES` or `HIP_VISIBLE_DEVICES` name
/// (CUDA Programming Guide, "CUDA Environment Variables"). What is no list of numbers or ids says nothing.
pub fn within(count: GpuCount, environment: &[(String, String)]) -> GpuCount {
    let chosen = environment
        .iter()
        .filter(|(name, _)| matches!(name.as_str(), "CUDA_VISIBLE_DEVICES" | "HIP_VISIBLE_DEVICES"));
    chosen.fold(count, |count, (_, list)| {
        let is_id = |id: &str| {
            let id = id.trim();
            ["GPU-", "MIG-"].iter().any(|start| id.starts_with(start)) || id.parse::<u16>().is_ok()
        };
        if !list.split(',').all(is_id) {
            return count;
        }
        let listed = list.split(',').count() as u64;
        match count {
            GpuCount::Exactly(count) => GpuCount::Exactly(count.min(listed)),
            GpuCount::All | GpuCount::Unknown => GpuCount::Exactly(listed),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_told_by_either_side() {
        assert_eq!(device("/dev/nvidia0"), Sign::Yes);
        assert_eq!(device("/dev/null:/dev/nvidiactl:rw"), Sign::Yes);
        assert_eq!(device("nvidia.com/gpu=all"), Sign::Yes);
        assert!(matches!(device("/dev/dri:/dev/dri"), Sign::Maybe(_)));
        assert_eq!(device("/dev/snd"), Sign::No);
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
        assert!(matches!(visible_devices("all", None), Sign::Maybe(_)));
        assert_eq!(visible_devices("all", Some("nvidia")), Sign::Yes);
        assert_eq!(visible_devices("all", Some("runc")), Sign::No);
        assert_eq!(visible_devices("void", Some("nvidia")), Sign::No);
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
        assert_eq!(gpus("all"), GpuCount::All);
        assert_eq!(gpus("2"), GpuCount::Exactly(2));
        assert_eq!(gpus("0"), GpuCount::Exactly(0));
        assert_eq!(gpus("device=0"), GpuCount::Exactly(1));
        assert_eq!(gpus("\"device=0,1\""), GpuCount::Exactly(2));
        assert_eq!(gpus("all,\"capabilities=compute,utility\""), GpuCount::All);
        assert_eq!(gpus("device=$X"), GpuCount::Unknown);
        assert_eq!(gpus("0,1"), GpuCount::Exactly(1));
        assert_eq!(gpus("count=0,device=0"), GpuCount::Exactly(1));
        assert_eq!(gpus("\"device=0,1\",driver=nvidia"), GpuCount::Exactly(2));
        assert_eq!(gpus("driver=nvidia,count=3"), GpuCount::Exactly(3));
        assert_eq!(gpus("capabilities=gpu"), GpuCount::Exactly(1));
        assert_eq!(gpus("device=all"), GpuCount::All);
    }
}
