//! How many processes a program starts that share memory with each other.

use crate::knowledge::command::Program;
use crate::knowledge::options::written;
use crate::knowledge::{self, KnowledgeEntry, NeedRule, Processes};

/// How many processes, and the option that tells it; an empty text where none does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ranks<'a> {
    /// This many.
    Exactly(u64, &'a str),
    /// One for each GPU that it sees.
    ByGpus,
    /// As something tells that cannot be read: the option or word.
    Open(&'a str),
}

/// Options whose numbers multiply: servers split a model by tensors, by layers, and run copies of it.
const PARALLEL: [&[&str]; 4] = [
    &["--tensor-parallel-size", "-tp", "--tp", "--tp-size", "--tensor-parallel", "--num-shard"],
    &["--pipeline-parallel-size", "-pp", "--pp", "--pp-size"],
    &["--data-parallel-size-local", "--data-parallel-size", "-dp", "--dp", "--dp-size"],
    &["-g", "--ngpus"],
];

/// Those of them that split a model whatever the program is called.
const SPLIT: [&[&str]; 2] = [
    &["--tensor-parallel-size", "--tensor_parallel_size"],
    &["--pipeline-parallel-size", "--pipeline_parallel_size"],
];

/// Options of launchers, each of which tells all.
const LAUNCHED: &[&str] = &[
    "--nproc-per-node",
    "--nproc_per_node",
    "--num-processes",
    "--num-gpus",
    "--num-proc",
    "-np",
    "-n",
    "--n",
    "--ntasks-per-node",
];

/// Options of launchers with the machines that they start processes on, each with how many: `host1:4,host2:4`.
const HOSTS: &[&str] = &["-H", "-host", "--host", "--hosts", "-hostfile", "--hostfile", "-machinefile"];

/// Variables that say the same where no option does.
const VARIABLES: [&str; 4] =
    ["NIM_TENSOR_PARALLEL_SIZE", "NUM_SHARD", "TENSOR_PARALLEL_SIZE", "NPROC_PER_NODE"];

/// More processes than this do not run in one container.
const MOST: u64 = 1024;

/// The processes of a program of which the table knows `entry`; nothing where that says nothing of processes.
pub(super) fn ranks<'a>(
    entry: &KnowledgeEntry,
    program: &'a Program<'_>,
    environment: &'a [(String, String)],
) -> Option<Ranks<'a>> {
    let usual = entry.processes?;
    let launches = entry.rule == NeedRule::Yes;
    // Behind a launcher's own options stand those of what it launches.
    let own = launches.then(|| launched(program)).flatten().map_or(usize::MAX, |(at, ..)| at);
    let args = || {
        let own = launches.then(|| program.own_args().take(own));
        let all = (!launches).then(|| program.args());
        own.into_iter().flatten().chain(all.into_iter().flatten())
    };
    let groups: &[&[&str]] = if launches { &[LAUNCHED] } else { &PARALLEL };
    let (mut product, mut told) = (1_u64, None);
    for names in groups {
        let Some((name, value)) = written(args(), names) else { continue };
        let first = product == 1 && value != "1";
        let hosts = written(args(), HOSTS).filter(|_| launches);
        match value.parse::<u64>() {
            Ok(_) if hosts.is_some() => return hosts.map(|(name, value)| on_host(name, value)),
            Ok(count @ 1..=MOST) => product = product.saturating_mul(count),
            _ if matches!(value, "gpu" | "auto") => return Some(Ranks::ByGpus),
            _ => return Some(Ranks::Open(name)),
        }
        // The option to point at is the one that makes several.
        if told.is_none() || first {
            told = Some(name);
        }
    }
    if let Some(name) = told {
        return Some(Ranks::Exactly(product, name));
    }
    if written(args(), &["--sharded"]).is_some_and(|(_, value)| value == "false") {
        return Some(Ranks::Exactly(1, "--sharded"));
    }
    if let Some((name, value)) = told_by(environment) {
        return Some(match value.trim().parse() {
            Ok(count @ 1..=MOST) => Ranks::Exactly(count, name),
            _ => Ranks::Open(name),
        });
    }
    if let Some(word) = args().find(|word| holds_options(word)) {
        return Some(Ranks::Open(word));
    }
    Some(match usual {
        Processes::One => Ranks::Exactly(1, ""),
        Processes::ByGpus => Ranks::ByGpus,
        Processes::Told => Ranks::Open(""),
    })
}

/// Over how many processes the options of a program of which nothing is known split a model, if over several, and the option
/// that says so.
pub(super) fn split<'a>(program: &'a Program<'_>) -> Option<(u64, &'a str)> {
    let told = SPLIT.iter().filter_map(|names| {
        let (name, value) = written(program.args(), names)?;
        Some((value.parse().ok().filter(|count| (2..=MOST).contains(count))?, name))
    });
    told.reduce(|(all, name), (count, _)| (all * count, name))
}

/// The variable that says how many processes there are.
pub(super) fn told_by(environment: &[(String, String)]) -> Option<&(String, String)> {
    environment.iter().find(|(name, value)| VARIABLES.contains(&name.as_str()) && !value.is_empty())
}

/// The program behind a launcher's options where the table knows it, and how many arguments stand before it.
pub(super) fn launched<'a>(program: &Program<'a>) -> Option<(usize, Program<'a>, &'static KnowledgeEntry)> {
    let known = |(at, inner): (usize, Program<'a>)| {
        let entry = knowledge::program_entry(&inner).filter(|entry| entry.rule != NeedRule::Idle)?;
        (!inner.is_neutral()).then_some((at, inner, entry))
    };
    program.behind().enumerate().find_map(known)
}

/// How many of the processes that are spread over machines one of them gets at most.
fn on_host<'a>(name: &'a str, hosts: &str) -> Ranks<'a> {
    let slots = |host: &str| host.split_once(':').map_or(Ok(1), |(_, slots)| slots.parse::<u64>());
    let most = hosts.split(',').map(slots).try_fold(1, |most, slots| slots.map(|slots| most.max(slots)));
    match most {
        Ok(count @ 1..=MOST) if !name.ends_with("file") => Ranks::Exactly(count, name),
        _ => Ranks::Open(name),
    }
}

/// Whether a word stands for options that are written elsewhere: `"$@"`, `$EXTRA_ARGS`, `<options>`, a file.
fn holds_options(word: &str) -> bool {
    const NAMES: [&str; 6] = ["ARG", "OPT", "FLAG", "PARAM", "EXTRA", "CMD"];
    if word == "--config" || word.starts_with("--config=") || word == "..." || word == "…" {
        return true;
    }
    if matches!(word, "$@" | "$*" | "${@}" | "${*}") {
        return true;
    }
    let open = word.starts_with(['$', '<', '[', '{']);
    let upper = word.to_ascii_uppercase();
    open && NAMES.iter().any(|name| upper.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::command::programs;
    use crate::knowledge::program_entry;

    fn told(line: &str) -> String {
        let programs = programs(&line.split(' ').collect::<Vec<_>>());
        let program = programs.first().unwrap();
        format!("{:?}", program_entry(program).and_then(|entry| ranks(entry, program, &[])))
    }

    #[test]
    fn servers_run_one_process_unless_their_options_say_otherwise() {
        assert_eq!(told("vllm serve m"), r#"Some(Exactly(1, ""))"#);
        assert_eq!(told("vllm serve m -tp 2 --pipeline-parallel-size=2"), r#"Some(Exactly(4, "-tp"))"#);
        assert_eq!(told("vllm serve m -tp 1 -dp 2"), r#"Some(Exactly(2, "-dp"))"#);
        assert_eq!(told("vllm serve m -tp $N"), r#"Some(Open("-tp"))"#);
        assert_eq!(told("vllm serve m $EXTRA_ARGS"), r#"Some(Open("$EXTRA_ARGS"))"#);
        assert_eq!(told("vllm serve $MODEL"), r#"Some(Exactly(1, ""))"#);
        assert_eq!(told("vllm serve -tp 99999999999999999999"), r#"Some(Open("-tp"))"#);
        assert_eq!(told("text-generation-launcher --model-id m"), "Some(ByGpus)");
        assert_eq!(told("text-generation-launcher --num-shard 2"), r#"Some(Exactly(2, "--num-shard"))"#);
        assert_eq!(told("text-generation-launcher --sharded false"), r#"Some(Exactly(1, "--sharded"))"#);
    }

    #[test]
    fn launchers_run_as_many_as_they_are_told() {
        assert_eq!(told("torchrun train.py"), r#"Some(Exactly(1, ""))"#);
        assert_eq!(told("torchrun --nproc_per_node=8 train.py"), r#"Some(Exactly(8, "--nproc_per_node"))"#);
        assert_eq!(told("torchrun --nproc-per-node gpu train.py"), "Some(ByGpus)");
        assert_eq!(told("deepspeed train.py"), "Some(ByGpus)");
        assert_eq!(told("mpirun -np 4 python x.py"), r#"Some(Exactly(4, "-np"))"#);
        assert_eq!(told("ollama serve"), "None");
        // Of what is spread over machines each has its own /dev/shm.
        assert_eq!(told("horovodrun -np 16 -H a:4,b:4 python t.py"), r#"Some(Exactly(4, "-H"))"#);
        assert_eq!(told("mpirun -np 2 -H a,b python t.py"), r#"Some(Exactly(1, "-H"))"#);
        assert_eq!(told("mpirun -np 2 --hostfile h python t.py"), r#"Some(Open("--hostfile"))"#);
    }
}
