//! The README and the other pages keep their word: what they print is printed, and every command in them runs.
//
// A test that cannot go on says why and stops.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use common::{files, root, run, scratch, shmlint};

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).expect("the README")
}

/// Every page that people read, with its path.
fn pages() -> Vec<(String, String)> {
    let below = |folder: &'static str| {
        files(&root().join(folder)).into_iter().map(move |file| format!("{folder}/{}", file.display()))
    };
    let single =
        ["README.md", "CONTRIBUTING.md", "docs/llms.txt", "editors/README.md", "packaging/README.md"];
    let pages = single.map(str::to_owned).into_iter();
    let pages = pages.chain(["docs/pages", "docs/skill", "rules"].into_iter().flat_map(below));
    let pages = pages.filter(|path| path.ends_with(".md") || path.ends_with(".txt"));
    pages
        .map(|path| {
            let text = std::fs::read_to_string(root().join(&path)).expect("a page");
            (path, text)
        })
        .collect()
}

/// The blocks of code of a language, also those in tabs of the site, which are indented.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.trim_start().strip_prefix("```") {
            let indent = line.len() - line.trim_start().len();
            let block = lines.by_ref().take_while(|line| !line.trim_start().starts_with("```"));
            let block: Vec<&str> = block.map(|line| line.get(indent..).unwrap_or_default()).collect();
            if info == language {
                found.push(block.join("\n"));
            }
        }
    }
    found
}

#[test]
fn what_the_readme_prints_is_what_is_printed() {
    let text = readme();
    let shown = &blocks(&text, "console")[0];
    let (command, report) = shown.split_once('\n').expect("a command and what it prints");
    assert_eq!(command, "$ shmlint");
    let text = std::fs::read_to_string(root().join("fixtures/compose/missing-shm/compose.yaml")).unwrap();
    // By itself: what the rest of the repository gives the same image would count.
    let folder = scratch(&[("compose.yaml", &text)]);
    let ran = shmlint(folder.path(), &["--isolated"]);
    assert!(ran.stdout.starts_with(report), "the README shows:\n{report}\nprinted is:\n{}", ran.stdout);
}

/// The commands of a page that run shmlint: in blocks of code for a shell, and in the prose. `true` where something is piped in.
fn commands(text: &str) -> Vec<(bool, String)> {
    let code = ["sh", "console"].map(|language| blocks(text, language).join("\n")).join("\n");
    let prose: String = text.split("```").step_by(2).collect();
    let inline = prose.split('`').skip(1).step_by(2).map(|code| code.replace('\n', " "));
    let lines: Vec<String> = code.lines().map(str::to_owned).chain(inline).collect();
    let command = |line: String| {
        let line = line.split('#').next().unwrap_or_default().replace("\\|", "|");
        let line = line.strip_prefix("$ ").unwrap_or(&line);
        let (piped, args) = match line.split_once("shmlint -") {
            Some((before, rest)) if before.contains('|') => (true, format!("-{rest}")),
            _ => (false, line.trim().strip_prefix("shmlint")?.to_owned()),
        };
        let is_command = piped || args.is_empty() || args.starts_with(' ');
        // What stands for a file, or is left out.
        let args = args.replace("PATH...", ".").replace(" …", " --batch-size 32 --sample 3x224x224");
        let args = if args.ends_with("--watch") { format!("{args} --for 1s") } else { args };
        // The name of the command alone.
        (is_command && args != " size").then_some((piped, args))
    };
    lines.into_iter().filter_map(command).collect()
}

#[test]
fn every_command_of_every_page_runs() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: t}\nspec:\n  containers:\n  - {name: t, image: x, resources: {limits: {nvidia.com/gpu: 1}}}\n";
    let mut tried = 0;
    for (page, text) in pages() {
        for (piped, args) in commands(&text) {
            let args: Vec<&str> = args.split_whitespace().collect();
            let folder = scratch(&[("pod.yaml", pod)]);
            let ran = run(folder.path(), &args, &[], if piped { pod } else { "" });
            assert!(matches!(ran.status, 0 | 1), "{page}: `shmlint {}`: {ran:?}", args.join(" "));
            assert!(!piped || ran.stdout.contains("missing-shm"), "{page}: it reads what is piped: {ran:?}");
            tried += 1;
        }
    }
    assert!(tried >= 40, "commands are found: {tried}");
}

/// Words of drafts that read like a translation, and what the field says.
const DENIED: [&str; 17] = [
    " mend",
    " anew",
    "stands behind",
    "stands again",
    "take out",
    "takes out",
    " folder",
    "is none of",
    "spelt",
    "comes back to it",
    "in place of printing",
    "keep ahead of",
    "own docs",
    "memory with no other",
    "thousandth",
    "process of the host",
    "is refused by",
];

#[test]
fn reports_and_pages_speak_plainly() {
    let ran = shmlint(root(), &["--isolated", "--pedantic", "--format", "json", "fixtures"]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let findings = json["findings"].as_array().unwrap();
    assert!(findings.len() > 300, "{}", findings.len());
    let mut texts: Vec<(String, String)> = Vec::new();
    for finding in findings {
        let at = format!("{}:{}", finding["path"], finding["line"]);
        let help = finding["help"].as_str().unwrap();
        for text in [&finding["message"], &finding["help"], &finding["fix"]["title"]] {
            texts.push((at.clone(), text.as_str().unwrap_or_default().to_owned()));
        }
        if finding["rule"] == "SHM001" && finding["severity"] != "note" && finding["platform"] != "live" {
            let what = ["Give it ", "No size is "].iter().any(|start| help.starts_with(start));
            let check = help.contains("Check with ");
            assert!(what && check, "{at}: the help says what to do and how to see it: {help}");
        }
    }
    texts.extend(pages());
    for command in ["check", "list", "rule", "init", "config", "size", "doctor", "server"] {
        texts.push((command.into(), shmlint(root(), &[command, "--help"]).stdout));
    }
    for (at, text) in texts {
        // What is quoted from a file is its author's.
        let prose: String = text.split('`').step_by(2).collect();
        let found = DENIED.iter().find(|word| prose.contains(**word));
        assert_eq!(found, None, "{at}: {text}");
    }
}
