//! `shmlint doctor` on a real `/dev/shm` of 64 MiB: a mount of its own in a private namespace, where the machine allows one.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::process::Command;

use serde_json::Value;

const MIB: f64 = (1 << 20) as f64;

/// Runs a script with `$SHMLINT` in a namespace in which `/dev/shm` has 64 MiB. Nothing where there can be no such namespace.
fn in_64_mib(script: &str) -> Option<String> {
    let script = format!("mount -t tmpfs -o size=64m,noexec shm /dev/shm || exit 77\n{script}");
    let run = Command::new("unshare")
        .args(["--mount", "--map-root-user", "sh", "-c", &script])
        .env("SHMLINT", env!("CARGO_BIN_EXE_shmlint"))
        .output();
    let Ok(run) = run else {
        eprintln!("skipped: there is no unshare here");
        return None;
    };
    let text = String::from_utf8(run.stdout).unwrap();
    let errors = String::from_utf8_lossy(&run.stderr).into_owned();
    if text.is_empty() && (errors.contains("unshare") || run.status.code() == Some(77)) {
        eprintln!("skipped: no namespace of our own: {errors}");
        return None;
    }
    assert!(!text.is_empty(), "{errors}");
    Some(text)
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

#[test]
fn it_says_what_is_there_and_who_holds_what_nobody_sees() {
    let script = "exec 3<>/dev/shm/torch_1_2_0; rm /dev/shm/torch_1_2_0; head -c 41943040 /dev/zero >&3\n\
                  \"$SHMLINT\" doctor --format json";
    let Some(text) = in_64_mib(script) else { return };
    let seen = json(&text);
    assert_eq!(seen["size_bytes"], 64 << 20);
    assert_eq!(seen["set_by"], "engine-default");
    assert_eq!(seen["used_bytes"], 40 << 20);
    let torch = seen["users"].as_array().unwrap().iter().find(|user| user["kind"] == "torch").unwrap();
    assert_eq!(torch["bytes"], 40 << 20);
    assert!(torch["pid"].is_u64() && torch["dead"] == false, "{torch}");
}

#[test]
fn a_watch_tells_the_peak_of_what_is_unlinked_at_once() {
    let script = "\"$SHMLINT\" doctor --watch --for 2s --format json -q & watch=$!\n\
                  sleep 0.3\n\
                  (exec 3<>/dev/shm/torch_1_2_0; rm /dev/shm/torch_1_2_0; head -c 52428800 /dev/zero >&3)\n\
                  wait $watch";
    let Some(text) = in_64_mib(script) else { return };
    let peak = json(&text)["peak_bytes"].as_f64().unwrap() / MIB;
    assert!((46.5..=53.5).contains(&peak), "{peak} MiB, not 50");
}

#[test]
fn a_watch_counts_what_was_refused_right_before_the_end() {
    // As PyTorch does: the length is set, the allocation fails, and the file stays.
    let script = "\"$SHMLINT\" doctor --watch --for 2s --format json -q & watch=$!\n\
                  sleep 0.3\n\
                  (exec 3<>/dev/shm/torch_1_2_0; rm /dev/shm/torch_1_2_0; head -c 41943040 /dev/zero >&3\n\
                   truncate -s 50331648 /dev/shm/torch_1_2_1)\n\
                  wait $watch";
    let Some(text) = in_64_mib(script) else { return };
    let seen = json(&text);
    assert_eq!(seen["refused_bytes"], serde_json::json!([50_331_648]));
    let peak = seen["peak_bytes"].as_f64().unwrap() / MIB;
    assert!((37.2..=42.8).contains(&peak), "{peak} MiB, not 40");
    assert_eq!(seen["verdict"], "too-small");
}

#[test]
fn without_dev_shm_it_says_so_and_fails() {
    let script = "umount /dev/shm; mount -t tmpfs none /dev; \"$SHMLINT\" doctor; echo \"status $?\"";
    let Some(text) = in_64_mib(script) else { return };
    assert!(text.contains("There is no /dev/shm") && text.contains("status 1"), "{text}");
}

#[test]
fn what_the_readme_shows_is_what_is_printed() {
    let readme = include_str!("../README.md");
    let (_, shown) = readme.split_once("$ shmlint ").unwrap();
    let (arguments, report) = shown.split_once('\n').unwrap();
    let report = report.split("```").next().unwrap();
    let Some(text) = in_64_mib(&format!("\"$SHMLINT\" {arguments} | cat")) else { return };
    assert!(arguments.starts_with("doctor "), "{arguments}");
    assert_eq!(text, report);
}
