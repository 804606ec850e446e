//! What evidence says together.

use super::*;
use crate::container::workload::{Engine, Platform, Workload};
use crate::knowledge::{TABLE, UserEntry, command};
use crate::need::evidence::Loads;
use crate::need::loader::Sample;
use crate::need::own::{self, Subject};
use crate::text::place::Place;
use crate::text::source::{Source, Span};

const ONE: GpuCount = GpuCount::Exactly(1);
const ALL: GpuCount = GpuCount::All;

/// A container of Docker's.
pub(in crate::need) fn workload(image: &str, command: &[&str], name: &str) -> Workload {
    let place = Place::new(&Source::new("compose.yaml", Vec::new()), Span::at(0));
    let mut workload = Workload::new(Platform::Compose, Engine::Docker, name, place);
    workload.image = Some(image.to_owned()).filter(|image| !image.is_empty());
    workload.command = command.iter().map(|&word| word.to_owned()).collect();
    workload
}

/// What a workload's own words say.
pub(in crate::need) fn need_of(workload: &Workload, gpus: GpuCount) -> Need {
    judge(evidence_of(workload, gpus), &Scene { gpus, own_links: false, nccl: true })
}

fn evidence_of(workload: &Workload, gpus: GpuCount) -> Vec<Evidence> {
    let words: Vec<&str> = workload.command.iter().map(String::as_str).collect();
    let programs = command::programs(&words);
    own::evidence(&Subject { workload, programs: &programs, gpus }, &[])
}

fn verdict(image: &str, command: &[&str], name: &str, gpus: GpuCount) -> Verdict {
    need_of(&workload(image, command, name), gpus).verdict
}

/// The verdict of a command line in an image of which nothing is known, beside further evidence.
fn with(line: &str, gpus: GpuCount, claims: &[(Claim, Strength)]) -> Verdict {
    let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    let workload = workload("me/thing", &words, "app");
    let mut evidence = evidence_of(&workload, gpus);
    let further = claims
        .iter()
        .map(|(claim, strength)| Evidence::new(claim.clone(), workload.place.clone(), *strength));
    evidence.extend(further);
    judge(evidence, &Scene { gpus, own_links: false, nccl: true }).verdict
}

fn loads(workers: u64, batch: Option<u64>, sample: Option<&str>, data: Data) -> Claim {
    let sample = sample.and_then(|sample| Sample::new(sample, "float32").ok());
    Claim::Loader(Loads { workers, assumed: false, batch, sample, data, prefetch: None })
}

fn practice(same: Same) -> Claim {
    Claim::Practice { bytes: Some(1 << 34), spelling: None, same }
}

#[test]
fn what_a_place_proves_is_needed() {
    use Strength::{Later, Program};
    let images = loads(8, Some(64), Some("3x224x224"), Data::Images);
    assert_eq!(with("", ONE, &[(images.clone(), Program)]), Verdict::Yes);
    // A page that says what is typed later proves nothing, and a file that is only probably the one raises nothing.
    assert_eq!(with("", ONE, &[(images.clone(), Later)]), Verdict::Likely);
    assert_eq!(with("", ONE, &[(images, Strength::Guess)]), Verdict::Unknown);
    let shared = Claim::SharedMemory { bytes: Some(1 << 30) };
    assert_eq!(with("", ONE, &[(shared, Program)]), Verdict::Yes);
    for line in [
        "vllm serve m -tp 2",
        "python -m sglang.launch_server --tp 2",
        "text-generation-launcher --num-shard 2",
        "lorax-launcher --num-shard 2",
        "lmdeploy serve api_server m --tp 2",
        "trtllm-serve m --tp_size 2",
        "torchrun --nproc_per_node=2 train.py",
        "python -m torch.distributed.run --nproc-per-node 2 train.py",
        "deepspeed --num_gpus 2 train.py",
        "horovodrun -np 4 python train.py",
        "mpirun -np 2 python train.py",
        "accelerate launch --num_processes 2 train.py",
        "vllm serve m --kv-offloading-size 8",
        "mindieservice_daemon",
        "yolo detect train data=coco8.yaml",
    ] {
        assert_eq!(with(line, ONE, &[]), Verdict::Yes, "{line}");
    }
}

#[test]
fn what_is_only_told_is_likely() {
    use Strength::Program;
    assert_eq!(with("", ONE, &[(loads(4, None, None, Data::Images), Program)]), Verdict::Likely);
    assert_eq!(with("", ONE, &[(Claim::Ray, Program)]), Verdict::Likely);
    assert_eq!(with("", ONE, &[(Claim::PythonBackend { instances: 1 }, Program)]), Verdict::Likely);
    for gpus in [ALL, GpuCount::Exactly(2)] {
        assert_eq!(with("text-generation-launcher --model-id m", gpus, &[]), Verdict::Likely);
        assert_eq!(verdict("nvcr.io/nim/meta/llama:1", &[], "llm", gpus), Verdict::Likely);
    }
    // A shell in an image that is made for training, and an image's own program.
    for command in [&["bash"][..], &["sleep", "infinity"], &["jupyter", "lab"], &[], &["./start"]] {
        assert_eq!(
            verdict("nvcr.io/nvidia/pytorch:25.01-py3", command, "x", ONE),
            Verdict::Likely,
            "{command:?}"
        );
    }
    assert_eq!(with("python train.py --num-workers 0", ONE, &[]), Verdict::Likely);
    for same in [Same::Image, Same::File] {
        assert_eq!(with("./start", ONE, &[(practice(same), Strength::Practice)]), Verdict::Likely);
    }
}

#[test]
fn a_program_that_needs_none_beats_image_practice_and_name() {
    use Strength::{Image, Practice, Program};
    let none = (Claim::NoLoader { complete: true }, Program);
    let known = |image| Claim::Known(crate::knowledge::image_entry(image).unwrap());
    let beside = |more: &[(Claim, Strength)]| with("", ONE, &[std::slice::from_ref(&none), more].concat());
    assert_eq!(beside(&[]), Verdict::No);
    assert_eq!(beside(&[(known("pytorch/pytorch"), Image), (practice(Same::Image), Practice)]), Verdict::No);
    assert_eq!(beside(&[(Claim::Server, Program)]), Verdict::No);
    // Another program of the same container, which could not be read, leaves it open.
    assert_eq!(beside(&[(Claim::Unread("x".into()), Program)]), Verdict::Unknown);
    let incomplete = (Claim::NoLoader { complete: false }, Program);
    assert_eq!(with("", ONE, &[incomplete]), Verdict::Unknown);
    // One process that spreads over the GPUs that it sees.
    let spreads = (Claim::RanksByGpus { size: Formula::Nccl }, Program);
    assert_eq!(with("", ONE, &[none.clone(), spreads.clone()]), Verdict::No);
    assert_eq!(with("", GpuCount::Unknown, &[none.clone(), spreads.clone()]), Verdict::Unknown);
    assert_eq!(with("", ALL, &[none, spreads]), Verdict::Likely);
}

#[test]
fn batches_that_fit_are_not_reported() {
    let fits = |claim| with("", ONE, &[(claim, Strength::Program)]);
    assert_eq!(fits(loads(1, Some(64), Some("1x28x28"), Data::Small)), Verdict::No);
    assert_eq!(fits(loads(8, Some(8), None, Data::Small)), Verdict::No);
    assert_eq!(fits(loads(2, Some(512), Some("1024"), Data::Unknown)), Verdict::No);
    // Nearly all of the default is too near.
    assert_eq!(fits(loads(4, Some(8), Some("3x224x224"), Data::Images)), Verdict::Likely);
}

#[test]
fn servers_of_one_process_are_not_reported() {
    for line in [
        "vllm serve m",
        "vllm serve m -tp 1",
        "python -m sglang.launch_server --model m",
        "trtllm-serve m",
        "lmdeploy serve api_server m --tp 1",
        "text-generation-launcher --sharded false",
        "ollama serve",
        "all_reduce_perf -b 8 -e 128M -g 1",
    ] {
        assert_eq!(with(line, ALL, &[]), Verdict::No, "{line}");
    }
    assert_eq!(with("text-generation-launcher --model-id m", ONE, &[]), Verdict::No);
    assert_eq!(verdict("nvcr.io/nim/meta/llama:1", &[], "llm", ONE), Verdict::No);
    assert_eq!(verdict("vllm/vllm-openai", &["--model", "m"], "", ALL), Verdict::No);
    assert_eq!(with("vllm serve m $EXTRA_ARGS", ALL, &[]), Verdict::Unknown);
    assert_eq!(verdict("gpustack/gpustack:latest", &[], "", ALL), Verdict::No);
    assert_eq!(verdict("gpustack/gpustack:v0.7.1", &[], "", ALL), Verdict::Likely);
}

#[test]
fn what_never_runs_is_not_reported() {
    let mut simulated = workload("me/train", &["torchrun", "--nproc-per-node", "8", "train.py"], "train");
    assert_eq!(need_of(&simulated, ALL).verdict, Verdict::Yes);
    let text = "it goes to a simulated node".to_owned();
    simulated.never_runs =
        Some(Box::new(crate::container::workload::Citation { text, place: simulated.place.clone() }));
    assert_eq!(need_of(&simulated, ALL).verdict, Verdict::No);
    let mut small = workload("pytorch/pytorch", &[], "train");
    small.memory_limit = Some((250 << 20, small.place.clone()));
    assert_eq!(need_of(&small, ONE).verdict, Verdict::No);
    for (image, command) in
        [("registry.k8s.io/pause:3.9", &[][..]), ("<your-image>", &["torchrun"]), ("ubuntu:24.04", &[])]
    {
        assert_eq!(verdict(image, command, "train", ONE), Verdict::No, "{image}");
    }
    let mut shell = workload("ubuntu:24.04", &[], "x");
    shell.interactive = true;
    assert_eq!(need_of(&shell, ONE).verdict, Verdict::Unknown);
}

#[test]
fn over_links_of_their_own_processes_share_no_memory() {
    let tpu = |line: &str, claims: &[(Claim, Strength)]| {
        let words: Vec<&str> = line.split(' ').collect();
        let workload = workload("me/thing", &words, "job");
        let mut evidence = evidence_of(&workload, GpuCount::Exactly(8));
        let further = claims
            .iter()
            .map(|(claim, strength)| Evidence::new(claim.clone(), workload.place.clone(), *strength));
        evidence.extend(further);
        judge(evidence, &Scene { gpus: GpuCount::Exactly(8), own_links: true, nccl: false }).verdict
    };
    assert_eq!(tpu("vllm serve m -tp 8", &[]), Verdict::No);
    assert_eq!(tpu("python -m maxtext.train base.yml", &[]), Verdict::No);
    assert_eq!(tpu("./start", &[]), Verdict::Unknown);
    let images = loads(8, Some(64), Some("3x224x224"), Data::Images);
    assert_eq!(tpu("./start", &[(images, Strength::Program)]), Verdict::Yes);
}

#[test]
fn a_name_alone_proves_nothing() {
    for (image, name) in [("me/thing", "trainer"), ("me/pytorch-train", "app"), ("", "vllm")] {
        assert_ne!(verdict(image, &["./start"], name, ALL), Verdict::Yes, "{image} {name}");
        assert_ne!(verdict(image, &[], name, ALL), Verdict::Yes, "{image} {name}");
    }
    // Against a program of which nothing is known it does not speak.
    assert_eq!(verdict("me/thing", &["./start"], "ollama", ALL), Verdict::Unknown);
    assert_eq!(verdict("me/thing", &[], "ollama-1", ALL), Verdict::No);
    assert_eq!(verdict("pytorch/pytorch", &[], "ollama", ALL), Verdict::Likely);
    assert_eq!(verdict("", &[], "x", ALL), Verdict::Unknown);
}

#[test]
fn no_word_of_what_needs_none_silences_a_trainer() {
    for entry in TABLE.iter().filter(|entry| entry.rule == NeedRule::No) {
        for word in entry.words {
            for image in [format!("me/train-{word}-data"), format!("me/{word}-finetune:1")] {
                assert_eq!(verdict(&image, &[], "job", ALL), Verdict::Likely, "{image}");
                assert_eq!(verdict("", &[], &image, ALL), Verdict::Likely, "service {image}");
            }
        }
    }
}

#[test]
fn programs_are_known_in_images_of_other_things() {
    let lines: &[&[&str]] = &[
        &["python3", "-u", "main.py", "--listen", "0.0.0.0"],
        &["bash", "-c", "cd /ComfyUI && python3 main.py --port 8188 --listen"],
        &["./webui.sh", "--listen"],
        &["watch", "-n", "1", "nvidia-smi"],
        &["bash", "-c", "watch -n1 nvidia-smi"],
        &["./server", "-m", "/models/a.gguf"],
        &["python", "-m", "torch.utils.collect_env"],
        &["", "nvidia-smi", "-L"],
        &["ls", "-l", "/dev"],
        &["bash", "-c", "id; df -h /dev/shm"],
        &["pip", "list"],
        &["bash", "-c", "pip install -e . && cargo build --release"],
    ];
    for line in lines {
        assert_eq!(verdict("me/thing", line, "app", ALL), Verdict::No, "{line:?}");
    }
    let others: &[&[&str]] = &[
        &["python", "main.py"],
        &["python", "launch.py"],
        &["./server"],
        &["bash", "-c", "echo start; source run.sh"],
        &["bash", "-c", "ls && ./start"],
        &["bash", "-c", "pip install -e . && ./start"],
    ];
    for line in others {
        assert_eq!(verdict("me/thing", line, "app", ALL), Verdict::Unknown, "{line:?}");
    }
}

#[test]
fn a_waiting_container_needs_what_its_image_is_made_for() {
    let wait = ["sleep", "infinity"];
    assert_eq!(verdict("nvcr.io/nvidia/nemo:25.04", &wait, "", ALL), Verdict::Likely);
    assert_eq!(verdict("ollama/ollama", &wait, "", ALL), Verdict::No);
    assert_eq!(verdict("me/thing", &wait, "dev", ALL), Verdict::Unknown);
    // A pod that waits in an image of which nothing is known is mostly a sample.
    let mut pod = workload("me/thing", &wait, "demo");
    pod.engine = Engine::Kubernetes;
    assert_eq!(need_of(&pod, ALL).verdict, Verdict::No);
    pod.image = Some("pytorch/pytorch".into());
    assert_eq!(need_of(&pod, ALL).verdict, Verdict::Likely);
}

#[test]
fn the_users_own_entries_come_first() {
    let needs = |needs| UserEntry { image: Some("me/thing".into()), needs, ..UserEntry::default() };
    let said = |image, entry: UserEntry| {
        let workload = workload(image, &["torchrun", "--nproc-per-node", "2"], "");
        let words: Vec<&str> = workload.command.iter().map(String::as_str).collect();
        let programs = command::programs(&words);
        let subject = Subject { workload: &workload, programs: &programs, gpus: ALL };
        let evidence = own::evidence(&subject, &[UserEntry::default(), entry]);
        judge(evidence, &Scene { gpus: ALL, own_links: false, nccl: true }).verdict
    };
    assert_eq!(said("r.io/me/thing:1", needs(false)), Verdict::No);
    assert_eq!(said("r.io/me/thing:1", needs(true)), Verdict::Yes);
    assert_eq!(said("me/other", needs(false)), Verdict::Yes);
}

#[test]
fn every_claim_has_a_sentence() {
    let entry = TABLE.first().unwrap();
    for claim in [
        Claim::NothingRuns("why".into()),
        loads(2, None, None, Data::Unknown),
        Claim::NoLoader { complete: true },
        Claim::NoLoader { complete: false },
        Claim::Ranks { count: 2, size: Formula::Nccl },
        Claim::Ranks { count: 1, size: Formula::Vllm },
        Claim::RanksByGpus { size: Formula::Nccl },
        Claim::Ray,
        Claim::SharedMemory { bytes: None },
        Claim::Caches { bytes: 1 },
        Claim::Known(entry),
        Claim::Named(entry),
        Claim::Server,
        Claim::Entered,
        Claim::Unread("why".into()),
        practice(Same::Image),
        Claim::PythonBackend { instances: 2 },
        Claim::NoPythonBackend,
        Claim::Workaround(Workaround::NoWorkers),
        Claim::Workaround(Workaround::NcclShmDisabled),
        Claim::Configured { needs: true, bytes: None, reason: None },
    ] {
        let place = workload("", &[], "").place;
        let evidence = Evidence::new(claim, place, Strength::Command);
        let clause = clause(&evidence, &Scene { gpus: ALL, own_links: false, nccl: true });
        assert!(!clause.is_empty() && !clause.ends_with('.'), "{evidence:?}");
    }
}
