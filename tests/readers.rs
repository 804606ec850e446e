//! Text that several readers share: whatever else a script does with the variable in which it asks for a GPU, a fix changes the
//! arguments of its containers and of nothing else.
//!
//! Random scripts are fixed and then run by a small model of a shell, which notes the arguments of every command.
//
// A test that cannot go on says why and stops.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use std::collections::HashMap;
use std::fs;

use common::shmlint;
use proptest::prelude::*;

const RUN: &str = "pytorch/pytorch python train.py --num-workers 8";

/// What a script does with `$X` (a string) or `${X[@]}` (a list); `{}` is the name.
const OF_STRINGS: &[&str] = &[
    "docker run --rm ${} IMAGE",
    "docker run ${} --shm-size=8g IMAGE",
    "sudo docker run -it --name x ${{}} IMAGE",
    "srun ${} python train.py",
    "singularity exec ${} image.sif python train.py",
    "[ \"${}\" = \"--gpus all\" ]",
    "echo \"${}\" done",
    "printf ${}",
    "export {}",
    "Y=\"--rm ${}\"\ndocker run $Y IMAGE",
    "Y=\"--rm ${}\"\ndocker run $Y IMAGE\nsrun $Y python train.py",
    "bash -c \"docker run ${} IMAGE\"",
    "bash -c \"docker run ${} IMAGE; srun ${} python\"",
    "CMD=\"docker run ${} IMAGE\"\neval \"$CMD\"",
    "CMD=\"docker run ${} IMAGE\"\n$CMD",
    "cat <<E\nwith ${} here\nE",
    "L=(${} --rm)\ndocker run \"${L[@]}\" IMAGE",
];
const OF_WORDS: &[&str] =
    &["docker run \"${}\" IMAGE", "docker run --rm ${} \"${}\" IMAGE", "apptainer run \"${}\""];
const OF_LISTS: &[&str] = &[
    "docker run \"${{}[@]}\" IMAGE",
    "docker run --rm ${{}[*]} IMAGE",
    "docker run \"${{}[0]}\" \"${{}[1]}\" IMAGE",
    "docker run \"${{}[@]:2}\" busybox ls",
    "srun \"${{}[@]}\" python train.py",
    "echo ${#{}[@]}",
    "[ \"${{}[*]}\" = \"--gpus all\" ]",
    "L=(\"${{}[@]}\" --rm)\ndocker run \"${L[@]}\" IMAGE",
    "L=(\"${{}[*]}\" --rm)\necho \"${L[0]}\"",
    "{}+=(--name x)\ndocker run \"${{}[@]}\" IMAGE",
];

fn script() -> impl Strategy<Value = String> {
    let uses = |of: &'static [&'static str]| prop::collection::vec(prop::sample::select(of), 1..=4);
    let name = prop::sample::select(&["X", "GPU", "DOCKER_ARGS"][..]);
    let strings: Vec<&str> = OF_STRINGS.iter().chain(OF_WORDS).copied().collect();
    let words = prop::collection::vec(prop::sample::select(strings), 1..=4);
    let made = prop_oneof![
        (Just("{}=\"--gpus all\"\n"), uses(OF_STRINGS)),
        (Just("{}='-it --gpus all --name t'\n"), uses(OF_STRINGS)),
        (Just("{}=--gpus=all\n"), words),
        (Just("{}=(--gpus all)\n"), uses(OF_LISTS)),
        (Just("{}=(--gpus all -v /d:/d)\n"), uses(OF_LISTS)),
    ];
    (name, made).prop_map(|(name, (set, uses))| {
        let body = uses.join("\n").replace("IMAGE", RUN);
        format!("#!/bin/bash\n{set}{body}\n").replace("{}", name)
    })
}

/// A shell for such scripts: variables, lists, and the arguments of every command that it runs.
#[derive(Default)]
struct Shell {
    values: HashMap<String, Vec<String>>,
    ran: Vec<Vec<String>>,
}

impl Shell {
    fn run(&mut self, text: &str) {
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if line.starts_with("#!") {
                continue;
            }
            if let Some(command) = line.strip_suffix(" <<E") {
                let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "E").collect();
                let body = format!("\"{}\"", body.join(" "));
                let words = self.words(&format!("{command} {body}"));
                self.ran.push(words);
                continue;
            }
            self.line(line);
        }
    }

    fn line(&mut self, line: &str) {
        let end = line.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        if let Some(list) = rest.strip_prefix("+=(").or_else(|| rest.strip_prefix("=(")) {
            let new = self.words(list.strip_suffix(')').unwrap());
            let old = self.values.remove(name).filter(|_| rest.starts_with('+')).unwrap_or_default();
            self.values.insert(name.to_owned(), old.into_iter().chain(new).collect());
        } else if let Some(value) = rest.strip_prefix('=') {
            let value = self.words(value).concat();
            self.values.insert(name.to_owned(), vec![value]);
        } else {
            let words = self.words(line);
            match (words[0].as_str(), words.get(1).map(String::as_str)) {
                ("eval", _) => self.run(&words[1..].join(" ")),
                ("bash", Some("-c")) => words[2].split("; ").for_each(|command| self.line(command)),
                // Whoever is started with it sees what it is.
                ("export", Some(name)) => {
                    self.ran.push([vec!["export".into()], self.values[name].clone()].concat());
                }
                _ => self.ran.push(words),
            }
        }
    }

    /// The words of a line, expanded.
    fn words(&self, line: &str) -> Vec<String> {
        let (mut words, mut word, mut quote): (Vec<String>, Option<String>, Option<char>) =
            (Vec::new(), None, None);
        let mut chars = line.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\'' | '"' if quote == Some(c) => quote = None,
                '\'' | '"' if quote.is_none() => {
                    quote = Some(c);
                    word.get_or_insert_default();
                }
                ' ' if quote.is_none() => words.extend(word.take()),
                '$' if quote != Some('\'') => {
                    let rest = &line[at + 1..];
                    let (length, values, apart) = self.reference(rest);
                    chars.by_ref().take(length).for_each(drop);
                    let values: Vec<String> = match quote {
                        Some(_) if apart => values,
                        Some(_) => vec![values.join(" ")],
                        None => values
                            .iter()
                            .flat_map(|value| value.split_whitespace())
                            .map(str::to_owned)
                            .collect(),
                    };
                    for (index, value) in values.into_iter().enumerate() {
                        if index > 0 {
                            words.extend(word.take());
                        }
                        word.get_or_insert_default().push_str(&value);
                    }
                }
                c => word.get_or_insert_default().push(c),
            }
        }
        words.extend(word);
        words
    }

    /// How long a reference is that stands behind a `$`, its values, and whether each is a word in quotes, too.
    fn reference(&self, rest: &str) -> (usize, Vec<String>, bool) {
        let name_end =
            |text: &str| text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
        let value = |name: &str| self.values.get(name).cloned().unwrap_or_default();
        let Some(inside) = rest.strip_prefix('{') else {
            let end = name_end(rest);
            return (end, value(&rest[..end]).into_iter().take(1).collect(), false);
        };
        let close = inside.find('}').unwrap();
        let (length, inside) = (close + 2, &inside[..close]);
        if let Some(counted) = inside.strip_prefix('#') {
            return (length, vec![value(&counted[..name_end(counted)]).len().to_string()], false);
        }
        let end = name_end(inside);
        let all = value(&inside[..end]);
        match &inside[end..] {
            "[@]" => (length, all, true),
            "[*]" => (length, all, false),
            "" => (length, all.into_iter().take(1).collect(), false),
            "[@]:2" => (length, all.into_iter().skip(2).collect(), true),
            index => {
                let index: usize = index.trim_matches(['[', ']']).parse().unwrap();
                (length, all.into_iter().skip(index).take(1).collect(), false)
            }
        }
    }
}

fn ran(text: &str) -> Vec<Vec<String>> {
    let mut shell = Shell::default();
    shell.run(text);
    shell.ran
}

/// The options of a container command, up to its image.
fn options(words: &[String]) -> Option<&[String]> {
    let run =
        words.iter().position(|word| word == "run").filter(|at| *at > 0 && words[at - 1] == "docker")?;
    let image = words.iter().position(|word| word == "pytorch/pytorch")?;
    words.get(run + 1..image)
}

fn is_sized(options: &[String]) -> bool {
    options.iter().any(|option| option.starts_with("--shm-size"))
}

/// The words without the first size that they did not have before.
fn without_size(before: &[String], after: &[String]) -> Vec<String> {
    let mut words = after.to_vec();
    let new = (0..after.len())
        .find(|at| after[*at].starts_with("--shm-size") && before.get(*at) != Some(&after[*at]));
    if let Some(at) = new {
        let count = if after[at].contains('=') { 1 } else { 2 };
        words.drain(at..at + count);
    }
    words
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_fix_changes_the_arguments_of_containers_alone(scripts in prop::collection::vec(script(), 24..=24)) {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        for (index, text) in scripts.iter().enumerate() {
            fs::write(scratch.path().join(format!("{index}.sh")), text).expect("a script");
        }
        shmlint(scratch.path(), &["--isolated", "--fix", "--size", "2g"]);
        let (mut lacked, mut got) = (0, 0);
        for (index, text) in scripts.iter().enumerate() {
            let fixed = fs::read_to_string(scratch.path().join(format!("{index}.sh"))).expect("a fixed script");
            let (before, after) = (ran(text), ran(&fixed));
            prop_assert_eq!(before.len(), after.len(), "{}\nbecame\n{}", text, fixed);
            for (before, after) in before.iter().zip(&after) {
                let Some(old) = options(before) else {
                    prop_assert_eq!(before, after, "{}\nbecame\n{}", text, fixed);
                    continue;
                };
                prop_assert_eq!(before, &without_size(before, after), "{}\nbecame\n{}", text, fixed);
                if old.iter().any(|option| option.starts_with("--gpus")) && !is_sized(old) {
                    lacked += 1;
                    got += usize::from(options(after).is_some_and(is_sized));
                }
            }
        }
        prop_assert!(got * 10 >= lacked * 9, "{got} of {lacked} containers have a size");
    }
}
