//! The README keeps its word: what it prints is printed, and every command in it runs.
//
// A test that cannot go on says why and stops.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use common::{root, run, scratch, shmlint};

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).expect("the README")
}

/// The blocks of code of a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
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

#[test]
fn every_command_of_the_readme_runs() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: t}\nspec:\n  containers:\n  - {name: t, image: x, resources: {limits: {nvidia.com/gpu: 1}}}\n";
    let text = readme();
    let code = blocks(&text, "sh").join("\n");
    let prose: String = text.split("```").step_by(2).collect();
    let inline = prose.split('`').skip(1).step_by(2).map(|code| code.replace('\n', " "));
    let commands: Vec<String> = code.lines().map(str::to_owned).chain(inline).collect();
    let mut tried = 0;
    for command in commands {
        let command = command.split('#').next().unwrap_or_default().replace("\\|", "|");
        let (piped, command) = match command.split_once("| shmlint") {
            Some((_, rest)) => (true, format!("shmlint{rest}")),
            None => (false, command.trim().to_owned()),
        };
        let Some(args) =
            command.strip_prefix("shmlint").filter(|rest| rest.is_empty() || rest.starts_with(' '))
        else {
            continue;
        };
        let args: Vec<&str> = args.split_whitespace().collect();
        let folder = scratch(&[("pod.yaml", pod)]);
        let ran = run(folder.path(), &args, &[], if piped { pod } else { "" });
        assert!(matches!(ran.status, 0 | 1), "`{command}`: {ran:?}");
        assert!(!piped || ran.stdout.contains("missing-shm"), "`{command}` reads what is piped: {ran:?}");
        tried += 1;
    }
    assert!(tried >= 8, "commands are found: {tried}");
}

/// Words of drafts that read like a translation, and what the field says.
const DENIED: [&str; 12] = [
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
    for entry in std::fs::read_dir(root().join("rules")).unwrap().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|ending| ending == "md") {
            texts.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    texts.push(("README.md".into(), readme()));
    texts.push(("--help".into(), shmlint(root(), &["--help"]).stdout));
    for (at, text) in texts {
        // What is quoted from a file is its author's.
        let prose: String = text.split('`').step_by(2).collect();
        let found = DENIED.iter().find(|word| prose.contains(**word));
        assert_eq!(found, None, "{at}: {text}");
    }
}
