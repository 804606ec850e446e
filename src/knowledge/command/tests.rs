//! Which programs a command is found to start.

use super::*;

fn found(words: &[&str]) -> Vec<String> {
    programs(words).iter().map(|program| program.words.join(" ")).collect()
}

#[test]
fn paths_interpreters_and_wrappers_are_seen_through() {
    assert_eq!(found(&["/usr/local/bin/torchrun", "a.py"]), ["torchrun a.py"]);
    assert_eq!(found(&["python3.11", "-u", "-W", "ignore", "-m", "vllm.x", "--a"]), ["python -m vllm.x --a"]);
    assert_eq!(found(&["/opt/conda/bin/python", "src/train.py", "-j", "4"]), ["python train.py -j 4"]);
    assert_eq!(found(&["./train.py"]), ["python train.py"]);
    assert_eq!(found(&["sudo", "-E", "-u", "me", "A=1", "nvidia-smi"]), ["nvidia-smi"]);
    assert_eq!(found(&["timeout", "-k", "5", "60", "uv", "run", "--with", "x", "sleep", "1"]), ["sleep 1"]);
    assert_eq!(found(&["tini", "-g", "--", "ollama", "serve"]), ["ollama serve"]);
}

#[test]
fn scripts_of_shells_are_looked_into() {
    let line = "set -e; cd /app && exec torchrun --nproc_per_node=8 train.py 2>&1 | tee log # torchrun";
    assert_eq!(
        found(&["bash", "-lc", line]),
        ["set -e", "cd /app", "torchrun --nproc_per_node=8 train.py", "tee log"]
    );
    assert_eq!(
        found(&["sh", "-c", "while true; do vectorAdd; sleep 30; done"]),
        ["true", "vectorAdd", "sleep 30"]
    );
    assert_eq!(found(&["bash", "-c", "bash -c 'nvidia-smi -L' > /out"]), ["nvidia-smi -L"]);
    assert_eq!(found(&["bash", "-ex", "scripts/train.sh", "8"]), ["train.sh 8"]);
    assert_eq!(found(&["su", "-", "app", "-c", "nvidia-smi -L"]), ["nvidia-smi -L"]);
    // What an installer does that comes through a pipe is not what the container is for.
    assert_eq!(
        found(&["sh", "-c", "curl https://example.com/i.sh | sudo bash -s -- -y && python a.py"]),
        ["curl https://example.com/i.sh", "python a.py"]
    );
    assert_eq!(found(&["vllm serve m \\\n  --tp 2"]), ["vllm serve m --tp 2"]);
    assert_eq!(found(&["/bin/bash"]), ["sh"]);
    assert_eq!(found(&["bash", "-c", "sleep $((60 * 5))"]), ["sleep $((60 * 5))"]);
}

#[test]
fn a_shell_in_a_shell_in_a_shell_ends() {
    let mut line = "nvidia-smi".to_owned();
    for _ in 0..50 {
        line = format!("bash -c {}", line.replace(' ', "\\ "));
    }
    assert!(found(&["bash", "-c", &line]).len() <= 1);
    for odd in ["", "-c", "'", "\"", "$(", "\\", "bash -c", "#", "&", ">", "a >"] {
        found(&["bash", "-c", odd]);
        found(&[odd]);
    }
}

#[test]
fn the_list_of_neutral_programs_is_sorted() {
    assert!(crate::knowledge::programs::NEUTRAL.is_sorted());
}

#[test]
fn the_first_option_of_an_image_s_own_program_counts() {
    let programs = programs(&["--tensor-parallel-size", "2"]);
    assert_eq!(programs[0].name(), "");
    assert_eq!(programs[0].args().next(), Some("--tensor-parallel-size"));
}

#[test]
fn a_script_that_prepares_and_starts_is_seen_through() {
    let name = |words: &[&str]| programs(words).first().map(|program| program.name().to_owned());
    assert_eq!(name(&["/opt/docker-entrypoint.sh", "nvidia-smi", "-l"]).as_deref(), Some("nvidia-smi"));
    assert_eq!(name(&["/entrypoint.sh"]).as_deref(), Some("entrypoint.sh"));
    assert_eq!(name(&["/entrypoint.sh", "--port", "1"]).as_deref(), Some("entrypoint.sh"));
}
