//! The measured table, and what is recommended for workloads.

use super::loader::{Loader, Sample};
use super::*;
use crate::knowledge::command;
use crate::need::verdict::tests::{need_of, workload};
use crate::size::GIB;

fn loader(workers: u64, batch: u64, sample: &str, dtype: &str) -> Loader {
    let sample = Sample::new(sample, dtype).unwrap();
    Loader { workers, prefetch: 2, batch, sample, held: 0, ranks: 1 }
}

/// Rows of the measurement: workers, prefetch factor, batch, held batches, sample, type, and the measured peak.
const MEASURED: [(u64, u64, u64, u64, &str, &str, u64); 14] = [
    (1, 2, 32, 0, "3x224x224", "float32", 57_860_096),
    (2, 2, 32, 0, "3x224x224", "float32", 104_947_712),
    (4, 2, 32, 0, "3x224x224", "float32", 192_790_528),
    (16, 2, 32, 0, "3x224x224", "float32", 636_194_816),
    (4, 2, 128, 0, "3x224x224", "float32", 696_811_520),
    (4, 8, 32, 0, "3x224x224", "float32", 639_803_392),
    (4, 2, 32, 0, "3x224x224", "uint8", 43_470_848),
    (16, 8, 1, 0, "3x512x512", "float32", 406_556_672),
    (1, 2, 1, 0, "3x512x512", "float32", 12_640_256),
    (16, 8, 1, 0, "2048", "int64", 2_891_776),
    (2, 2, 8, 0, "100", "float32", 102_400),
    (8, 2, 128, 0, "100", "float32", 1_159_168),
    (4, 2, 32, 2, "3x224x224", "float32", 231_383_040),
    (1, 2, 8, 2, "3x512x512", "float32", 151_060_480),
];

fn assert_bounds(loader: &Loader, peak: u64, row: &str) {
    let bound = loader.bound().unwrap();
    assert!(bound >= peak, "{row}: {bound} is below the peak of {peak}");
    assert!(bound <= peak + peak / 5 * 2 + 200_000, "{row}: {bound} is far above the peak of {peak}");
}

#[test]
fn the_bound_holds_for_what_was_measured() {
    for row in MEASURED {
        let (workers, prefetch, batch, held, sample, dtype, peak) = row;
        let loader = Loader { prefetch, held, ..loader(workers, batch, sample, dtype) };
        assert_bounds(&loader, peak, &format!("{row:?}"));
    }
}

#[test]
fn the_bound_holds_for_the_whole_measurement_where_it_is_at_hand() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/sizing/grid.csv");
    let Ok(text) = std::fs::read_to_string(path) else { return };
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let mut checked = 0;
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let cell = |name: &str| cells[header.iter().position(|column| *column == name).unwrap()];
        let number = |name: &str| cell(name).parse::<u64>().unwrap();
        if !["tensor", "image_label"].contains(&cell("kind")) || !cell("note").is_empty() {
            continue;
        }
        checked += 1;
        let loader = loader(number("workers"), number("batch"), cell("shape"), cell("dtype"));
        let loader = Loader { prefetch: number("prefetch"), held: number("keep"), ..loader };
        assert_bounds(&loader, number("peak"), line);
    }
    assert!(checked > 80, "only {checked} rows");
}

#[test]
fn without_workers_nothing_is_shared() {
    assert_eq!(loader(0, 64, "3x224x224", "float32").bound(), Ok(0));
    assert_eq!(recommended_for(0, 1), DEFAULT_SHM);
}

#[test]
fn absurd_numbers_are_refused_with_a_reason() {
    assert!(Sample::new("3x0x2", "float32").is_err());
    assert!(Sample::new("", "float32").is_err());
    assert!(Sample::new("3x-1", "float32").is_err());
    assert!(Sample::new("3", "string").is_err());
    assert!(Sample::new("4294967296x4294967296", "float32").is_err());
    assert!(loader(4, 0, "3", "float32").bound().is_err());
    assert!(loader(u64::MAX, 1, "3", "float32").bound().is_err());
    assert!(loader(4, u64::MAX, "3", "float32").bound().is_err());
    assert!(loader(1 << 40, 1 << 20, "3", "float32").bound().is_err());
    assert!(Loader { prefetch: 0, ..loader(4, 1, "3", "float32") }.bound().is_err());
    assert!(Loader { ranks: u64::MAX, ..loader(4, 1, "3", "float32") }.bound().is_err());
    assert_eq!(loader(100_000, 64, "3x224x224", "float32").bound(), Ok(7_709_977_919_488));
}

#[test]
fn the_default_holds_eleven_images_for_four_workers() {
    let images = loader(4, 64, "3x224x224", "float32");
    assert_eq!(images.largest_batch(DEFAULT_SHM), 11);
    assert_eq!(loader(4, 64, "3x224x224", "uint8").largest_batch(DEFAULT_SHM), 44);
    assert_eq!(loader(4, 64, "3x4096x4096", "float32").largest_batch(DEFAULT_SHM), 0);
}

/// What is recommended for an image, a command line and a memory limit.
fn recommended(image: &str, line: &str, gpus: GpuCount, memory_limit: Option<u64>) -> Recommendation {
    let words: Vec<&str> = line.split_whitespace().collect();
    let programs = command::programs(&words);
    let need = need_of(&workload(image, &words, "app"), gpus);
    recommend(&Facts {
        need: &need,
        programs: &programs,
        environment: &[],
        gpus,
        memory_limit,
        default: 2 * GIB,
    })
}

#[test]
fn what_is_known_decides_the_size() {
    let one = GpuCount::Exactly(1);
    let gib = |image, line, gpus| recommended(image, line, gpus, None).bytes / GIB;
    assert_eq!(gib("me/thing", "./start", GpuCount::All), 2);
    assert_eq!(gib("nvcr.io/nvidia/nemo:25.04", "", one), 16);
    assert_eq!(gib("pytorch/pytorch", "", one), 2);
    assert_eq!(gib("pytorch/pytorch", "torchrun --nproc_per_node=8 train.py", GpuCount::All), 16);
    assert_eq!(gib("pytorch/pytorch", "", GpuCount::Exactly(4)), 8);
    assert_eq!(gib("pytorch/pytorch", "python train.py --num-workers 16 --batch-size 128", one), 4);
    assert_eq!(gib("rayproject/ray", "", one), 16);
    assert_eq!(gib("lmsysorg/sglang", "python -m sglang.launch_server --tp 2", GpuCount::All), 4);
    assert_eq!(gib("vllm/vllm-openai", "--model m --tensor-parallel-size 8", GpuCount::All), 4);
    assert_eq!(gib("vllm/vllm-openai", "--model m --kv-offloading-size 20", one), 32);
    assert_eq!(gib("me/launcher", "launch --shm-size 20g", one), 32);
}

#[test]
fn servers_with_workers_load_no_data() {
    let web = recommended("me/thing", "python -m uvicorn app:app --workers 512", GpuCount::Exactly(1), None);
    assert_eq!(web.bytes, 2 * GIB);
}

#[test]
fn beyond_belief_is_ignored() {
    let line = "python train.py --num-workers 100000 --batch-size 0";
    assert_eq!(recommended("me/thing", line, GpuCount::Exactly(1), None).bytes, 2 * GIB);
    let line = "python train.py --num-workers 1024 --batch-size 65536 --nproc-per-node 64";
    assert_eq!(recommended("me/thing", line, GpuCount::Exactly(1), None).bytes, 2048 * GIB);
    let line = "vllm serve m --kv-offloading-size 1e300 -tp 99999999999999999999";
    assert_eq!(recommended("me/thing", line, GpuCount::Exactly(u64::MAX), None).bytes, 2 * GIB);
}

#[test]
fn half_of_the_memory_limit_is_the_most() {
    let with = |limit| recommended("pytorch/pytorch", "", GpuCount::Exactly(1), Some(limit));
    assert_eq!(with(16 * GIB).bytes, 2 * GIB);
    assert_eq!((with(3 * GIB).bytes, with(3 * GIB).too_large), (GIB, false));
    assert!(with(128 * MIB).too_large);
    let vllm = |limit| recommended("vllm/vllm-openai", "-tp 2", GpuCount::Exactly(2), Some(limit));
    assert_eq!((vllm(GIB).bytes, vllm(GIB).too_large), (512 * MIB, false));
    assert_eq!((vllm(400 * MIB).needed, vllm(400 * MIB).too_large), (Some(240 * MIB), true));
}

#[test]
fn reasons_name_what_fills_it() {
    let vllm = recommended("vllm/vllm-openai", "-tp 2", GpuCount::Exactly(2), None);
    let why = "the message queues of vLLM's 2 workers take up to 664 MiB, and NCCL needs room beside them";
    assert_eq!(vllm.reason, why);
    let unknown = recommended("me/thing", "", GpuCount::Exactly(1), None);
    assert_eq!(unknown.reason, "a usual size, since nothing more is known");
}

#[test]
fn sizes_are_those_that_people_write() {
    assert_eq!([0, DEFAULT_SHM + 1, GIB, 3 * GIB].map(round_up), [DEFAULT_SHM, 128 * MIB, GIB, 4 * GIB]);
    assert_eq!([0, DEFAULT_SHM - 1, 3 * GIB].map(round_down), [None, None, Some(2 * GIB)]);
    assert_eq!(round_up(u64::MAX), 1 << 63);
    // 4 workers with 64 images: 385 MB, and with two ranks NCCL on top.
    assert_eq!(recommended_for(385_486_848, 1), 512 * MIB);
    assert_eq!(recommended_for(2 * 385_486_848, 2), 2 * GIB);
}

/// The answer to a question of a data loader with 4 workers for 64 images of 224 x 224.
fn asked(ranks: u64, framework: Option<&str>) -> question::Answer {
    let loader = Some(Loader { ranks, ..loader(4, 64, "3x224x224", "float32") });
    let framework = framework.map(str::to_owned);
    question::Question { loader, ranks, image: None, framework }.answer().unwrap()
}

#[test]
fn a_question_is_answered_with_reasons() {
    let answer = asked(1, None);
    assert_eq!((answer.dataloader, answer.recommended), (385_515_520, 512 * MIB));
    assert_eq!(answer.reasons.len(), 2);
    assert!(answer.reasons[1].ends_with("takes the next: 10 batches in all."), "{:?}", answer.reasons);
    assert_eq!(answer.by_default, "is enough for batches of at most 11 samples, not of 64.");
    assert_eq!(asked(2, None).recommended, 2 * GIB);
    assert_eq!(asked(1, Some("Ray")).recommended, 16 * GIB);
    // The usual figure for training gives way to the numbers.
    assert_eq!(asked(1, Some("pytorch")).recommended, 512 * MIB);
}

#[test]
fn a_program_alone_is_an_answer_too() {
    let asked = |framework: Option<&str>, image: Option<&str>, ranks| {
        let [framework, image] = [framework, image].map(|name| name.map(str::to_owned));
        question::Question { loader: None, ranks, image, framework }.answer()
    };
    assert_eq!(asked(Some("vllm"), None, 2).unwrap().recommended, 2 * GIB);
    assert_eq!(asked(Some("vLLM"), None, 1).unwrap().recommended, DEFAULT_SHM);
    assert_eq!(asked(None, Some("nvcr.io/nvidia/nemo:25.04"), 1).unwrap().recommended, 16 * GIB);
    let unknown = asked(None, Some("me/thing"), 1).unwrap();
    assert_eq!(
        (unknown.recommended, unknown.reasons[0].as_str()),
        (2 * GIB, "Nothing is known about me/thing; 2 GiB is a usual size.")
    );
    assert_eq!(unknown.by_default, "may be too small.");
    assert!(asked(Some("vlm"), None, 1).unwrap_err().0.contains("did you mean 'vLLM'"));
    assert!(asked(Some("vLLM"), None, 0).is_err());
}
