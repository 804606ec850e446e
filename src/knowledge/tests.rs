//! What the table must hold, and what it says of workloads.

use std::collections::HashSet;

use super::*;

fn verdict(image: &str, command: &[&str], name: &str, gpus: GpuCount) -> Verdict {
    let programs = command::programs(command);
    let image = Some(image).filter(|image| !image.is_empty());
    need(
        &Subject { image, programs: &programs, names: &[name], entered: true, ..Subject::default() },
        gpus,
        &[],
    )
    .verdict
}

/// The narrowest entry for an image, by its name.
fn known_image(image: &str) -> Option<&'static str> {
    image_entry(&image::Reference::parse(image)).map(|entry| entry.name)
}

#[test]
fn entries_are_sorted_and_unique() {
    let mut names = HashSet::new();
    for pair in TABLE.windows(2) {
        let [a, b] = pair else { continue };
        let sorted = a.name.to_lowercase() < b.name.to_lowercase();
        assert!(a.group != b.group || sorted, "{}: {} stands before {}", a.group, a.name, b.name);
    }
    for entry in TABLE {
        assert!(names.insert(entry.name.to_lowercase()), "{} stands twice", entry.name);
        let patterns = entry.images.len() + entry.commands.len() + entry.words.len();
        assert!(patterns > 0, "{} matches nothing", entry.name);
    }
}

#[test]
fn patterns_are_unique() {
    let mut seen = HashSet::new();
    for entry in TABLE {
        for (glob, _) in entry.images {
            assert!(seen.insert(format!("image {glob}")), "{}: {glob} stands twice", entry.name);
        }
        for (words, _) in entry.commands {
            assert!(seen.insert(format!("command {words}")), "{}: {words} stands twice", entry.name);
        }
        for words in entry.words {
            assert!(seen.insert(format!("word {words}")), "{}: {words} stands twice", entry.name);
        }
    }
}

#[test]
fn every_source_is_an_address_and_every_reason_a_clause() {
    for entry in TABLE {
        let address = entry.source.strip_prefix("https://").unwrap_or_default();
        assert!(address.contains('.') && !address.contains(char::is_whitespace), "{}: source", entry.name);
        assert!(!entry.why.is_empty() && !entry.why.ends_with('.'), "{}: why", entry.name);
        assert!(entry.size.is_none() || !matches!(entry.rule, Rule::No | Rule::Idle), "{}: size", entry.name);
    }
}

#[test]
fn every_pattern_matches_its_example_and_no_other_entry_does_better() {
    for entry in TABLE {
        for (glob, example) in entry.images {
            assert!(image::Reference::parse(example).matches(glob), "{glob} does not match {example}");
            assert_eq!(known_image(example), Some(entry.name), "{example}");
        }
        for (words, example) in entry.commands {
            let line = command::programs(&[*example]);
            assert!(
                line.iter().any(|program| program.matches(words)),
                "{words} does not match {example}: {line:?}"
            );
            let known = line.iter().filter_map(program_entry).map(|entry| entry.name).next();
            assert_eq!(known, Some(entry.name), "{example}");
        }
    }
}

#[test]
fn words_are_spelt_as_names_are_read() {
    for entry in TABLE {
        for word in entry.words {
            assert_eq!(words::entry(None, &[], &[word]).map(|known| known.name), Some(entry.name), "{word}");
        }
    }
}

#[test]
fn patterns_are_narrow() {
    for entry in TABLE {
        for (glob, _) in entry.images {
            let path = glob.split(':').next().unwrap_or_default();
            let name = path.rsplit('/').next().unwrap_or_default();
            let owner = path.contains('/');
            assert!(!name.starts_with('*') || owner, "{}: {glob}", entry.name);
            assert!(owner || !name.contains('*'), "{}: {glob} has no owner", entry.name);
        }
    }
}

#[test]
fn no_word_of_what_needs_none_silences_a_trainer() {
    for entry in TABLE.iter().filter(|entry| entry.rule == Rule::No) {
        for word in entry.words {
            for image in [format!("me/train-{word}-data"), format!("me/{word}-finetune:1")] {
                assert_eq!(verdict(&image, &[], "job", GpuCount::All), Verdict::Yes, "{image}");
                assert_eq!(verdict("", &[], &image, GpuCount::All), Verdict::Yes, "service {image}");
            }
        }
    }
}

#[test]
fn home_made_images_and_services_are_known_by_usual_spellings() {
    for name in [
        "comfy",
        "comfy-ui",
        "my-comfyui",
        "comfyui_cuda",
        "a1111",
        "sd-webui",
        "koboldcpp-gpu",
        "tdarr_node",
        "swarmui",
        "codeproject-ai",
        "compreface-core",
        "whisperx",
        "lama-cleaner",
        "gpu-miner",
        "carla-server",
        "check-gpu",
        "test-cuda",
    ] {
        assert_eq!(
            verdict(&format!("reg.io/me/{name}:latest"), &[], "app", GpuCount::All),
            Verdict::No,
            "{name}"
        );
        assert_eq!(verdict("", &[], name, GpuCount::All), Verdict::No, "service {name}");
    }
}

#[test]
fn programs_are_known_in_images_of_other_things() {
    let lines: &[&[&str]] = &[
        &["python3", "-u", "main.py", "--listen", "0.0.0.0"],
        &["bash", "-c", "cd /ComfyUI && python3 main.py --port 8188 --listen"],
        &["./webui.sh", "--listen"],
        &["/bin/bash", "./CarlaUE4.sh", "-RenderOffScreen"],
        &["watch", "-n", "1", "nvidia-smi"],
        &["bash", "-c", "watch -n1 nvidia-smi"],
        &["trtexec", "--onnx=m.onnx"],
        &["blender", "-noaudio", "-b", "a.blend"],
        &["./server", "-m", "/models/a.gguf"],
        &["python", "-m", "torch.utils.collect_env"],
        &["python", "check_gpu.py"],
        &["", "nvidia-smi", "-L"],
        &["ls", "-l", "/dev"],
        &["bash", "-c", "id; df -h /dev/shm"],
    ];
    for line in lines {
        assert_eq!(verdict("me/thing", line, "app", GpuCount::All), Verdict::No, "{line:?}");
    }
    // What only looks like them stays unknown.
    let others: &[&[&str]] = &[
        &["python", "main.py"],
        &["python", "launch.py"],
        &["./server"],
        &["blender"],
        &["cat"],
        &["bash", "-c", "echo start; source run.sh"],
        &["bash", "-c", "ls && ./start"],
    ];
    for line in others {
        assert_eq!(verdict("me/thing", line, "app", GpuCount::All), Verdict::Unknown, "{line:?}");
    }
}

#[test]
fn a_program_that_trains_too_is_not_taken_for_one_that_only_answers() {
    let all = GpuCount::All;
    assert_eq!(verdict("breakstring/gpt-sovits", &["python", "webui.py"], "", all), Verdict::Yes);
    assert_eq!(verdict("nvcr.io/nvidia/isaac/ros:x86_64-ros2_humble", &[], "ros", all), Verdict::Yes);
    assert_eq!(verdict("isaac_ros_dev-x86_64", &[], "", all), Verdict::Yes);
    assert_eq!(
        verdict("me/thing", &["bash", "-c", "trtexec --onnx=m && python train.py"], "", all),
        Verdict::Yes
    );
    assert_eq!(verdict("pytorch/pytorch", &["bash", "-c", "watch nvidia-smi & ./go"], "", all), Verdict::Yes);
}

#[test]
fn vllm_shares_memory_only_between_gpus() {
    let vllm = |command: &[&str], gpus| verdict("vllm/vllm-openai:v0.11.0", command, "", gpus);
    assert_eq!(vllm(&["--model", "m"], GpuCount::Exactly(1)), Verdict::No);
    assert_eq!(vllm(&["--model", "m"], GpuCount::Exactly(2)), Verdict::Yes);
    assert_eq!(vllm(&["--model", "m"], GpuCount::All), Verdict::Unknown);
    assert_eq!(vllm(&["--model", "m", "--tensor-parallel-size=4"], GpuCount::All), Verdict::Yes);
    assert_eq!(vllm(&["--model", "m", "--kv-offloading-size", "8"], GpuCount::Exactly(1)), Verdict::Yes);
}

#[test]
fn the_command_beats_the_image() {
    let one = GpuCount::Exactly(1);
    assert_eq!(verdict("pytorch/pytorch", &["nvidia-smi"], "", one), Verdict::No);
    assert_eq!(verdict("ollama/ollama", &["bash", "-c", "torchrun x.py"], "", one), Verdict::Yes);
    assert_eq!(verdict("ubuntu", &["bash", "-c", "nvidia-smi; ls -l"], "", one), Verdict::No);
    assert_eq!(verdict("ubuntu", &["bash", "-c", "nvidia-smi && ./start"], "", one), Verdict::Unknown);
    assert_eq!(verdict("pytorch/pytorch", &["python", "-m", "http.server"], "", one), Verdict::Yes);
    assert_eq!(verdict("pytorch/pytorch", &["python", "-c", "import torch"], "", one), Verdict::No);
    assert_eq!(verdict("pytorch/pytorch", &["python", "-c", "DataLoader(x)"], "", one), Verdict::Yes);
}

#[test]
fn a_waiting_container_needs_what_its_image_is_made_for() {
    let wait = ["sleep", "infinity"];
    assert_eq!(verdict("nvidia/cuda:12.4.1-base-ubuntu22.04", &wait, "", GpuCount::All), Verdict::No);
    assert_eq!(verdict("nvcr.io/nvidia/nemo:25.04", &wait, "", GpuCount::All), Verdict::Yes);
    assert_eq!(verdict("ubuntu:24.04", &wait, "", GpuCount::All), Verdict::No);
}

#[test]
fn what_is_started_by_hand_in_a_waiting_container_is_not_known() {
    let programs = command::programs(&["sleep", "infinity"]);
    let verdict = |image, name, entered| {
        let names = &[name];
        let subject =
            Subject { image: Some(image), programs: &programs, names, entered, ..Subject::default() };
        need(&subject, GpuCount::All, &[]).verdict
    };
    assert_eq!(verdict("me/thing", "dev", true), Verdict::Unknown);
    assert_eq!(verdict("me/thing", "dev", false), Verdict::No);
    assert_eq!(verdict("me/pytorch-demo", "demo", true), Verdict::Yes);
    assert_eq!(verdict("me/pytorch-demo", "demo", false), Verdict::No);
    assert_eq!(verdict("me/ollama", "demo", true), Verdict::No);
}

#[test]
fn a_name_tells_more_than_what_a_home_made_image_is_built_from() {
    let built = |image, name, programs: &[&str]| {
        let programs = command::programs(programs);
        let built_from = Some("pytorch/pytorch");
        let subject =
            Subject { image, built_from, programs: &programs, names: &[name], ..Subject::default() };
        need(&subject, GpuCount::All, &[]).verdict
    };
    assert_eq!(built(None, "comfyui", &[]), Verdict::No);
    assert_eq!(built(Some("me/whisper-api"), "api", &["./start"]), Verdict::No);
    for (image, name) in
        [(None, "app"), (None, "comfy-trainer"), (None, "jupyter"), (Some("me/train"), "tts")]
    {
        assert_eq!(built(image, name, &[]), Verdict::Yes, "{name}");
    }
    assert_eq!(built(None, "whisper", &["python", "train.py"]), Verdict::Yes);
    assert_eq!(built(Some("pytorch/pytorch"), "comfyui", &[]), Verdict::Yes);
}

#[test]
fn a_bare_system_tells_nothing_of_what_is_started_in_it() {
    assert_eq!(verdict("ubuntu:24.04", &["./start"], "app", GpuCount::All), Verdict::Unknown);
    assert_eq!(verdict("nvidia/cuda:12.4.1-base-ubuntu22.04", &[], "app", GpuCount::All), Verdict::Unknown);
    assert_eq!(verdict("ubuntu", &["python", "train.py"], "app", GpuCount::All), Verdict::Yes);
    let programs = command::programs(&["sleep", "infinity"]);
    let built = Subject {
        built_from: Some("ubuntu:24.04"),
        programs: &programs,
        entered: true,
        ..Subject::default()
    };
    assert_eq!(need(&built, GpuCount::All, &[]).verdict, Verdict::Unknown);
    let built = Subject { built_from: Some("pytorch/pytorch"), ..built };
    assert_eq!(need(&built, GpuCount::All, &[]).verdict, Verdict::Yes);
}

#[test]
fn names_tell_where_nothing_else_is_known() {
    let all = GpuCount::All;
    assert_eq!(verdict("", &[], "ollama-1", all), Verdict::No);
    assert_eq!(verdict("me/whisper-finetune:latest", &[], "job", all), Verdict::Yes);
    assert_eq!(verdict("pytorch/pytorch", &[], "ollama", all), Verdict::Yes);
    assert_eq!(verdict("me/thing", &["./start"], "app", all), Verdict::Unknown);
    assert_eq!(verdict("me/thing", &["python", "src/train_local.py"], "app", all), Verdict::Yes);
    assert_eq!(verdict("me/thing", &["python", "-m", "app.finetune"], "app", all), Verdict::Yes);
    assert_eq!(verdict("me/thing", &["bash", "scripts/train.sh"], "app", all), Verdict::Yes);
    assert_eq!(verdict("me/thing", &["python", "train.py"], "whisper", all), Verdict::Yes);
    assert_eq!(verdict("me/thing", &["python", "train.py"], "tensorflow", GpuCount::Exactly(1)), Verdict::No);
    assert_eq!(verdict("me/thing", &["python", "--help"], "app", all), Verdict::Unknown);
    assert_eq!(
        verdict("tensorflow/tensorflow", &["python", "train.py"], "", GpuCount::Exactly(1)),
        Verdict::No
    );
    assert_eq!(need(&Subject::default(), all, &[]), Need::default());
}

#[test]
fn the_users_own_entries_come_first() {
    let entry =
        UserEntry { image: Some("me/thing".into()), need: Verdict::No, bytes: None, ..UserEntry::default() };
    let extra = [UserEntry::default(), entry];
    let torchrun = command::programs(&["torchrun"]);
    let verdict = |image| {
        let subject = Subject { image: Some(image), programs: &torchrun, ..Subject::default() };
        need(&subject, GpuCount::All, &extra).verdict
    };
    assert_eq!(verdict("r.io/me/thing:1"), Verdict::No);
    assert_eq!(verdict("me/other"), Verdict::Yes);
}
