//! Ignore comments as people meet them: they hide, they are told of where they hide nothing, and they can be written.
//
// A test that cannot go on says why and stops.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use std::fs;

use common::{Ran, scratch, shmlint};

const RUN: &str = "docker run --gpus all pytorch/pytorch torchrun train.py";

fn check(folder: &tempfile::TempDir, args: &[&str]) -> Ran {
    shmlint(folder.path(), &[&["--format", "plain"], args].concat())
}

/// `path:line rule` of each finding.
fn found(folder: &tempfile::TempDir, args: &[&str]) -> Vec<String> {
    let line = |line: &str| {
        let mut parts = line.splitn(4, ':');
        let (path, number) = (parts.next()?, parts.next()?);
        let (_, rule) = line.split_once('[')?;
        Some(format!("{path}:{number} {}", rule.split(']').next()?))
    };
    check(folder, args).stdout.lines().filter_map(line).collect()
}

#[test]
fn comments_hide_in_every_language() {
    let folder = scratch(&[
        ("a.sh", &format!("# shmlint: ignore[missing-shm] why\n{RUN}\n{RUN}\n")),
        ("Makefile", &format!("x:\n# shmlint: ignore[SHM001]\n\t{RUN}\n\t{RUN}\n")),
        (
            "a.md",
            &format!("<!-- shmlint: ignore[SHM001] -->\n```bash\n{RUN}\n{RUN}\n```\n\n```bash\n{RUN}\n```\n"),
        ),
        (
            ".github/workflows/a.yml",
            &format!("jobs:\n  a:\n    steps:\n      - run: {RUN} # shmlint: ignore[SHM001]\n"),
        ),
        ("run.bat", &format!("REM shmlint: ignore[SHM001]\r\n{RUN}\r\n")),
    ]);
    assert_eq!(found(&folder, &[]), ["Makefile:4 missing-shm", "a.md:8 missing-shm", "a.sh:3 missing-shm"]);
    assert_eq!(found(&folder, &["--no-suppressions"]).len(), 9);
    assert_eq!(
        found(&folder, &["a.sh", "Makefile", "--config", "per-file-ignores = { '*.sh' = ['SHM001'] }"]).len(),
        1
    );
}

#[test]
fn what_hides_nothing_is_told_whatever_the_run_shows() {
    let folder = scratch(&[
        ("a.sh", "docker run nginx # shmlint: ignore[missing-shm]\n# shmlint: ignore[mising-shm]\n"),
        ("b.sh", "docker run --gpus all --ipc=host x # shmlint: ignore[host-ipc] a note\n"),
        ("c.sh", "echo nothing # shmlint: ignore[host-ipc]\n"),
    ]);
    let unused = ["a.sh:1 unused-ignore", "a.sh:2 unused-ignore", "c.sh:1 unused-ignore"];
    assert_eq!(found(&folder, &[]), unused);
    assert_eq!(found(&folder, &["--pedantic"]), unused);
    assert_eq!(found(&folder, &["--select", "missing-shm"]), [""; 0]);
    assert_eq!(check(&folder, &["c.sh"]).status, 1);
}

#[test]
fn comments_are_written_where_they_change_nothing() {
    let notebook = format!(
        "{{\"cells\": [{{\"cell_type\": \"code\", \"source\": [\n    \"!{RUN}\\n\",\n    \"x\"\n]}}], \"metadata\": {{}}, \"nbformat\": 4, \"nbformat_minor\": 5}}\n"
    );
    let workflow = format!(
        "jobs:\n  a:\n    steps:\n      - run: |\n          {RUN} \\\n            x\n      - run: >\n          docker run --gpus all\n          pytorch/pytorch torchrun train.py\n"
    );
    let folder = scratch(&[
        ("Makefile", &format!("x:\r\n\t{RUN}\r\n")),
        ("a.md", &format!("* a\n\n  ```bash\n  {RUN}\n  {RUN}\n  ```\n")),
        ("a.ipynb", &notebook),
        (".github/workflows/a.yml", &workflow),
    ]);
    assert_eq!(found(&folder, &[]).len(), 6);
    let ran = check(&folder, &["--add-suppressions=a \"b\" \\ c"]);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let comment = "shmlint: ignore[missing-shm] a \"b\" \\ c";
    assert_eq!(read("Makefile"), format!("x:\r\n# {comment}\r\n\t{RUN}\r\n"));
    assert_eq!(read("a.md"), format!("* a\n\n  <!-- {comment} -->\n  ```bash\n  {RUN}\n  {RUN}\n  ```\n"));
    assert!(
        read(".github/workflows/a.yml")
            .contains(&format!("run: |\n          # {comment}\n          {RUN} \\\n"))
    );
    let cell: serde_json::Value = serde_json::from_str(&read("a.ipynb")).expect("JSON");
    assert_eq!(cell["cells"][0]["source"][0], format!("# {comment}\n"));
    // A folded scalar has no place for a comment.
    assert_eq!(found(&folder, &[]), [".github/workflows/a.yml:9 missing-shm"]);
    assert_eq!(ran.status, 1);
    assert!(
        ran.stderr.contains(".github/workflows/a.yml:9: no comment that ignores missing-shm can stand here"),
        "{}",
        ran.stderr
    );
    // What is there already is not written again.
    let before = read("a.md");
    check(&folder, &["--add-suppressions"]);
    assert_eq!(read("a.md"), before);
}

#[test]
fn a_comment_that_is_there_gets_the_further_rule() {
    let folder = scratch(&[(
        "Makefile",
        "x:\n# shmlint: ignore[missing-shm] why\n\tdocker run --gpus all --ipc=host x\n",
    )]);
    check(&folder, &["--pedantic", "--add-suppressions"]);
    let text = fs::read_to_string(folder.path().join("Makefile")).unwrap();
    assert_eq!(
        text,
        "x:\n# shmlint: ignore[missing-shm, host-ipc] why\n\tdocker run --gpus all --ipc=host x\n"
    );
}

#[test]
fn writing_comments_takes_none_out() {
    let text = "docker run nginx # shmlint: ignore[missing-shm]\n";
    let folder = scratch(&[("a.sh", text), ("b.sh", "echo # shmlint: ignore[missing-shm]\n")]);
    check(&folder, &["--add-suppressions=x"]);
    assert_eq!(fs::read_to_string(folder.path().join("a.sh")).unwrap(), text);
    assert_eq!(found(&folder, &[]).len(), 2);
}

#[test]
fn a_reason_must_not_end_its_comment() {
    let folder = scratch(&[]);
    for reason in ["a\nb", "a --> b", "*/"] {
        let ran = check(&folder, &[&format!("--add-suppressions={reason}")]);
        assert_eq!(ran.status, 2, "{reason}: {}", ran.stderr);
    }
}

#[test]
fn a_baseline_survives_moved_lines_and_tells_what_is_gone() {
    let folder = scratch(&[
        ("a.sh", &format!("{RUN}\n")),
        ("sub/b.sh", &format!("{RUN}\n{RUN}\n")),
        ("shmlint.toml", ""),
    ]);
    let write = check(&folder, &["--write-baseline"]);
    assert_eq!(
        (write.status, write.stderr.as_str()),
        (0, "Wrote 3 findings to .shmlint-baseline.json; runs in this directory hide them from now on.\n")
    );
    let use_it = ["--baseline", ".shmlint-baseline.json"];
    assert_eq!(found(&folder, &[]), [""; 0], "at its default place it is found");
    assert_eq!(found(&folder, &["--isolated"]).len(), 3);
    assert_eq!(found(&folder, &use_it), [""; 0]);
    assert_eq!(found(&folder, &[&use_it[..], &["--no-suppressions"]].concat()).len(), 3);
    // Lines move, a finding is new, another is gone.
    fs::write(folder.path().join("a.sh"), "# first\n\necho\n").unwrap();
    fs::write(folder.path().join("sub/b.sh"), format!("\n\n\n{RUN}\n\n{RUN}\n{RUN}\n")).unwrap();
    assert_eq!(found(&folder, &use_it), ["sub/b.sh:7 missing-shm"]);
    let told =
        "warning: the baseline holds missing-shm of 'pytorch/pytorch' in a.sh, which no longer occurs\n";
    assert_eq!(check(&folder, &use_it).stderr, told);
    assert_eq!(check(&folder, &[&use_it[..], &["sub"]].concat()).stderr, "");
    // Named in the configuration, it is found from anywhere below.
    fs::create_dir(folder.path().join(".git")).unwrap();
    fs::write(folder.path().join("shmlint.toml"), "baseline = '.shmlint-baseline.json'\n").unwrap();
    let ran = shmlint(&folder.path().join("sub"), &["--format", "plain"]);
    assert_eq!((ran.stdout.lines().count(), ran.stderr.as_str()), (1, ""));
    let ran = check(&folder, &["--baseline", "none.json"]);
    assert_eq!(ran.status, 2);
    assert_eq!(ran.stderr, "error: none.json: no such file; create a baseline with --write-baseline\n");
}
