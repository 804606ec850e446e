//! Files that are made to break a reader: the binary ends with a status that it knows, says one clear sentence where a file
//! cannot be read or written, and goes on with the others.
//!
// A test that cannot go on says why and stops.
#![allow(clippy::expect_used, missing_docs)]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Far more than any of these files takes; a run that hangs is killed.
const GUARD: Duration = Duration::from_secs(60);

const GPU: &str = "services:\n  a:\n    image: acme/train\n    gpus: all\n";

/// Runs the binary and gives its status, what it printed, and what it complained about.
fn run(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let out = tempfile::tempdir().expect("a scratch folder");
    let open = |name: &str| fs::File::create(out.path().join(name)).expect("a scratch file");
    let mut child = Command::new(env!("CARGO_BIN_EXE_shmlint"))
        .arg("--isolated")
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(open("out"))
        .stderr(open("err"))
        .spawn()
        .expect("the binary runs");
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a run can be waited for") {
            break status;
        }
        if started.elapsed() > GUARD {
            child.kill().expect("a run can be killed");
            panic!("{args:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let read = |name: &str| {
        let bytes = fs::read(out.path().join(name)).expect("what was printed");
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let (printed, complained) = (read("out"), read("err"));
    let code = status.code().unwrap_or_else(|| panic!("{args:?} dies: {complained}"));
    assert!(code <= 2 && !complained.contains("panicked"), "{args:?} ends with {code}: {complained}");
    (code, printed, complained)
}

/// Checks and fixes a folder of files that nothing can be asked of but an orderly end.
fn survives(files: &[(&str, &str)]) {
    let folder = common::scratch(files);
    run(folder.path(), &["--format", "plain", "."]);
    run(folder.path(), &["--fix", "--format", "plain", "."]);
}

#[test]
fn bombs_of_aliases_and_merges() {
    let level = |number: usize, below: &str| format!("x{number}: &x{number} [{}]\n", [below; 9].join(", "));
    let aliases: String = (1..40).map(|number| level(number, &format!("*x{}", number - 1))).collect();
    survives(&[("compose.yaml", &format!("x0: &x0 [gpu]\n{aliases}services:\n  a:\n    gpus: *x39\n"))]);
    let merge = |number: usize| {
        let below = format!("*x{}", number - 1);
        format!("x{number}: &x{number}\n  <<: [{}]\n", [below.as_str(); 9].join(", "))
    };
    let merges: String = (1..40).map(merge).collect();
    survives(&[(
        "compose.yaml",
        &format!("x0: &x0\n  gpus: all\n{merges}services:\n  a:\n    image: x\n    <<: *x39\n"),
    )]);
}

#[test]
fn deep_nesting() {
    for open in ["{a: ", "[", "- ", "? ", "&a [", "!t {a: "] {
        let text = format!("services:\n  a:\n    gpus: all\n    x: {}", open.repeat(100_000));
        survives(&[("compose.yaml", &text)]);
        survives(&[("deploy.yaml", &format!("apiVersion: v1\nkind: Pod\nspec: {}", open.repeat(100_000)))]);
    }
    for open in ["a=(", "$(", "{ ", "\"$(", "${a:-", "if ", "case x in a)", "`", "<<A "] {
        survives(&[("run.sh", &format!("docker run --gpus all {}", open.repeat(50_000)))]);
    }
}

#[test]
fn circles_of_files() {
    let extends = |file: &str| {
        format!("services:\n  a:\n    gpus: all\n    extends:\n      file: {file}\n      service: a\n")
    };
    let include =
        |file: &str| format!("include:\n  - {file}\nservices:\n  a:\n    image: x\n    gpus: all\n");
    survives(&[
        ("a/compose.yaml", &extends("../b/compose.yaml")),
        ("b/compose.yaml", &extends("../a/compose.yaml")),
    ]);
    survives(&[
        ("a/compose.yaml", &include("../b/compose.yaml")),
        ("b/compose.yaml", &include("../a/compose.yaml")),
    ]);
    survives(&[("compose.yaml", &include("compose.yaml"))]);
}

/// Each line doubles what the one before made.
#[test]
fn variables_made_of_each_other() {
    let doubled = |first: &str, line: &str| format!("{first}\n{}", format!("{line}\n").repeat(100));
    let built = "services:\n  a:\n    build: .\n    gpus: all\n    shm_size: ${A}\n";
    survives(&[
        (".env", &doubled("A=ab", "A=${A}$A")),
        ("Dockerfile", &format!("{}FROM $A\n", doubled("ARG A=ab", "ARG A=$A$A"))),
        ("compose.yaml", built),
        ("run.sh", &format!("{}docker run --gpus all $A\n", doubled("A=ab", "A=\"$A $A\""))),
        ("Makefile", &format!("{}r:\n\tdocker run --gpus all $(A)\n", doubled("A = ab", "A := $(A) $(A)"))),
    ]);
}

/// A text as long as the rest of the file, and thousands who take it.
#[test]
fn texts_that_thousands_share() {
    let many = if cfg!(debug_assertions) { 500 } else { 8_000 };
    let long = "echo a; ".repeat(many);
    let takes = |line: &str| line.repeat(many);
    let numbered =
        |line: &str| (0..many).map(|at| line.replace('@', &at.to_string())).collect::<Vec<_>>().concat();
    let services = numbered("  s@: {build: ., gpus: all, command: *c, shm_size: *c}\n");
    let recipes = numbered("r@:\n\tdocker run --gpus all $(A) a\n");
    let pods = "- spec: {containers: [{image: a, args: [*c], resources: {limits: {nvidia.com/gpu: 1}}}]}\n";
    survives(&[
        ("compose.yaml", &format!("x: &c '{long}'\nservices:\n{services}")),
        ("Dockerfile", &format!("FROM a\nCMD {long}\n")),
        ("pods.yaml", &format!("apiVersion: v1\nkind: List\nx: &c '{long}'\nitems:\n{}", takes(pods))),
        ("run.sh", &format!("A='{long}'\n{}", takes("docker run --gpus all a $A\n"))),
        ("Makefile", &format!("A =\n{}{recipes}", takes("A += -e A=b\n"))),
    ]);
}

#[test]
fn texts_that_are_none() {
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(GPU.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let invalid = [b"services:\n  \xff\xfe:\n".as_slice(), GPU.as_bytes()].concat();
    let tabs = GPU.replace("  ", "\t").into_bytes();
    let nul = GPU.replace("acme", "ac\0me").into_bytes();
    let noise: Vec<u8> = (0..4_000_u32).map(|at| at.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect();
    let names = [
        "compose.yaml",
        "deploy.yaml",
        "values.yaml",
        "run.sh",
        "README.md",
        "doc.rst",
        "Makefile",
        "justfile",
        ".github/workflows/ci.yml",
        "action.yml",
        ".devcontainer/devcontainer.json",
        ".gitlab-ci.yml",
        "Jenkinsfile",
        "app.service",
        "app.container",
        "Dockerfile",
        "a.ipynb",
        "run.fish",
        "run.bat",
        "run.ps1",
        "package.json",
        "doc.adoc",
        "run.zsh",
        "run.sh.j2",
        "compose.yml.j2",
        ".buildkite/pipeline.yml",
        "playbook.yml",
        "kustomization.yaml",
        ".env",
        ".shmlint.toml",
    ];
    let folder = tempfile::tempdir().expect("a scratch folder");
    for bytes in [utf16, invalid, tabs, nul, noise] {
        for name in names {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, &bytes).expect("a file");
            run(folder.path(), &["--format", "plain", name]);
        }
        run(folder.path(), &["--fix", "--format", "plain", "."]);
    }
}

#[test]
fn large_files() {
    let folder = common::scratch(&[("compose.yaml", &format!("{GPU}{}", "#\n".repeat(1_000)))]);
    let (status, _, complained) = run(folder.path(), &["--max-file-size", "1k", "compose.yaml"]);
    assert_eq!(status, 2, "{complained}");
    assert!(complained.contains("compose.yaml: ") && complained.contains("--max-file-size"), "{complained}");
    survives(&[("run.sh", &format!("docker run --gpus all {} x\n", "a".repeat(10 << 20)))]);
    let options = format!("docker run --gpus all {}x\n", "-e A=b ".repeat(200_000));
    let folder = common::scratch(&[("run.sh", &options)]);
    let (status, printed, complained) = run(folder.path(), &["--fix", "--format", "plain", "run.sh"]);
    assert_eq!((status, printed.as_str()), (0, ""), "{complained}");
    let fixed = fs::read_to_string(folder.path().join("run.sh")).expect("text");
    assert_eq!(fixed, options.replacen("--gpus all", "--gpus all --shm-size=2g", 1));
}

#[test]
fn a_file_beyond_the_limit_is_named_and_the_others_are_fixed() {
    let folder = common::scratch(&[("good/compose.yaml", GPU)]);
    let large = fs::File::create(folder.path().join("compose.yaml")).expect("a file");
    large.set_len(50 << 20).expect("a long file");
    let (status, _, complained) = run(folder.path(), &["--fix", "."]);
    assert_eq!(status, 2, "{complained}");
    assert!(complained.contains("compose.yaml: 52428800 bytes, more than"), "{complained}");
    let good = fs::read_to_string(folder.path().join("good/compose.yaml")).expect("text");
    assert!(good.contains("shm_size"), "{good}");
    let (status, _, complained) = run(folder.path(), &["--max-file-size", "60m", "compose.yaml"]);
    assert_eq!(status, 1, "NUL is no YAML: {complained}");
}

#[test]
fn many_documents_and_many_files_of_one_folder() {
    let pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: acme/train\n      \
               resources: {limits: {nvidia.com/gpu: 1}}\n---\n";
    survives(&[("pods.yaml", &pod.repeat(2_000)), ("compose.yaml", &format!("{GPU}---\n").repeat(2_000))]);
    let folder = common::scratch(&[("compose.yaml", GPU)]);
    for number in 0..5_000 {
        fs::write(folder.path().join(format!("{number}.yaml")), "a: 1\n").expect("a file");
    }
    let (status, printed, complained) = run(folder.path(), &["--format", "plain", "."]);
    assert_eq!((status, printed.lines().count()), (1, 1), "{complained}");
}

#[cfg(unix)]
mod places {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn repository() -> tempfile::TempDir {
        let folder = common::scratch(&[("good/compose.yaml", GPU)]);
        fs::create_dir(folder.path().join(".git")).expect("a folder");
        folder
    }

    fn good_is_fixed(folder: &Path) -> bool {
        fs::read_to_string(folder.join("good/compose.yaml")).expect("text").contains("shm_size")
    }

    #[test]
    fn a_link_out_of_the_repository_is_not_written_through() {
        let outside = common::scratch(&[("compose.yaml", GPU)]);
        let folder = repository();
        symlink(outside.path().join("compose.yaml"), folder.path().join("compose.yaml")).expect("a link");
        let (status, _, complained) = run(folder.path(), &["--fix", "."]);
        assert_eq!(status, 0, "what is not read is no failure of the run: {complained}");
        assert!(complained.contains("warning: compose.yaml: outside of the repository"), "{complained}");
        assert_eq!(fs::read_to_string(outside.path().join("compose.yaml")).expect("text"), GPU);
        assert!(good_is_fixed(folder.path()), "the others are fixed");
    }

    #[test]
    fn a_file_that_is_met_under_several_names_is_fixed_once() {
        let folder = repository();
        let file = folder.path().join("good/compose.yaml");
        fs::create_dir(folder.path().join("also")).expect("a folder");
        symlink("../good/compose.yaml", folder.path().join("also/compose.yaml")).expect("a link");
        let (_, diff, _) = run(folder.path(), &["--diff", "."]);
        assert_eq!(diff.matches("+++ b/good/compose.yaml").count(), 1, "{diff}");
        assert_eq!(diff.matches("+++ ").count(), 1, "{diff}");
        let spelled = file.to_string_lossy();
        let (status, _, complained) = run(folder.path(), &["--fix", ".", &spelled]);
        assert!(status == 0 && complained.starts_with("Fixed "), "{complained}");
        assert_eq!(fs::read_to_string(&file).expect("text").matches("shm_size").count(), 1);
        assert!(folder.path().join("also/compose.yaml").is_symlink(), "a link stays one");
    }

    #[test]
    fn read_only_and_hard_linked_files_are_named() {
        let folder = repository();
        let path = folder.path().join("compose.yaml");
        fs::write(&path, GPU).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).expect("a mode");
        let linked = folder.path().join("linked");
        fs::create_dir(&linked).expect("a folder");
        fs::write(linked.join("compose.yaml"), GPU).expect("a file");
        fs::hard_link(linked.join("compose.yaml"), linked.join("other")).expect("a hard link");
        let (status, _, complained) = run(folder.path(), &["--fix", "."]);
        assert_eq!(status, 2, "{complained}");
        assert!(complained.contains("compose.yaml: is read-only"), "{complained}");
        assert!(complained.contains("linked/compose.yaml: has several names"), "{complained}");
        assert_eq!(fs::read_to_string(&path).expect("text"), GPU);
        assert!(good_is_fixed(folder.path()), "the others are fixed");
    }

    #[test]
    fn unreadable_files_and_folders_are_named() {
        let folder = repository();
        let file = folder.path().join("compose.yaml");
        let inner = folder.path().join("closed");
        fs::write(&file, GPU).expect("a file");
        fs::create_dir(&inner).expect("a folder");
        for path in [&file, &inner] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o000)).expect("a mode");
        }
        let told = run(folder.path(), &["--fix", "."]);
        let may_read_all = fs::read(&file).is_ok();
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o700)).expect("a mode");
        let (status, _, complained) = told;
        assert!(good_is_fixed(folder.path()), "the others are fixed");
        // Root reads what nobody may read.
        if !may_read_all {
            assert_eq!(status, 2, "{complained}");
            assert!(complained.contains("compose.yaml: permission denied"), "{complained}");
            assert!(complained.contains("closed: "), "{complained}");
        }
    }

    #[test]
    fn loops_pipes_and_sockets_are_passed_by() {
        let folder = repository();
        symlink(".", folder.path().join("self")).expect("a link");
        symlink("loop.yaml", folder.path().join("loop.yaml")).expect("a link");
        let pipe = folder.path().join("docker-compose.yml");
        let made = Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success());
        let socket = folder.path().join("run.sh");
        let _held = std::os::unix::net::UnixListener::bind(&socket);
        run(folder.path(), &["--fix", "."]);
        assert!(good_is_fixed(folder.path()));
        let (status, _, complained) = run(folder.path(), &["run.sh"]);
        assert_eq!(status, 2, "{complained}");
        assert!(complained.contains("run.sh: a device, pipe or socket"), "{complained}");
        let (status, _, complained) = run(folder.path(), &["docker-compose.yml"]);
        assert_eq!((status, made), (0, true), "a pipe that nobody writes to is empty: {complained}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn names_that_are_no_text() {
        use std::os::unix::ffi::OsStrExt;
        let folder = repository();
        let odd = folder.path().join(std::ffi::OsStr::from_bytes(b"\xff\xfe"));
        fs::create_dir(&odd).expect("a folder");
        fs::write(odd.join("compose.yaml"), GPU).expect("a file");
        let (status, _, complained) = run(folder.path(), &["--fix", "."]);
        assert_eq!(status, 0, "{complained}");
        assert!(fs::read_to_string(odd.join("compose.yaml")).expect("text").contains("shm_size"));
        assert!(good_is_fixed(folder.path()));
    }
}
