//! The diff against the programs that have to read it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::*;

/// Before and after.
const CASES: &[(&[u8], &[u8])] = &[
    (b"a\nb\nc\n", b"a\nb\nx\nc\n"),
    (b"a\nb", b"a\nb\nx"),
    (b"a\nb", b"a\nb\nx\n"),
    (b"a\nb\n", b"a\nx"),
    (b"a\r\nb\r\n", b"a\r\nx\r\nb\r\n"),
    (b"a\rb\nc\n", b"a\rb\nx\nc\n"),
    (b"a\n\xe9\xff\nb\n", b"a\n\xe9\xff\nx\nb\n"),
    (b"\xef\xbb\xbfa\n", b"\xef\xbb\xbfa\nx\n"),
    (b"", b"x\n"),
    (b"1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n", b"0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n12\n"),
    (b"a\x0cb\nc\xe2\x80\xa8d\n", b"a\x0cb\nx\nc\xe2\x80\xa8d\n"),
];

fn diff(path: &str, before: &[u8], after: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let (before, after) = (Source::new(path, before.to_vec()), Source::new(path, after.to_vec()));
    write(&mut out, before.path(), &before, &after, Look::PLAIN).unwrap();
    out
}

/// Feeds a diff to a program in `folder`; nothing where the program is not installed.
fn feed(folder: &Path, program: &str, args: &[&str], diff: &[u8]) -> Option<bool> {
    let mut command = Command::new(program);
    let command = command.args(args).current_dir(folder).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
    child.stdin.take().unwrap().write_all(diff).unwrap();
    Some(child.wait().unwrap().success())
}

#[test]
fn git_and_patch_make_the_new_text_of_it() {
    // The last is a name that is not UTF-8, as paths hold it.
    for path in ["compose.yml", "a b/Größe x.yml", "q\"uote\\.yml", "caf\u{10fee9}.sh"] {
        for (before, after) in CASES {
            for (program, args) in [("git", ["apply", "--whitespace=nowarn"]), ("patch", ["-p1", "--binary"])]
            {
                let folder = tempfile::tempdir().unwrap();
                let file = folder.path().join(crate::text::paths::to_os(path));
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(&file, before).unwrap();
                let Some(accepted) = feed(folder.path(), program, &args, &diff(path, before, after)) else {
                    continue;
                };
                let shown = String::from_utf8_lossy(before).into_owned();
                assert!(accepted, "{program} refuses {path}: {shown:?}");
                assert_eq!(fs::read(&file).unwrap(), *after, "{program}, {path}: {shown:?}");
            }
        }
    }
}

#[test]
fn texts_that_are_the_same_give_nothing() {
    assert_eq!(diff("a", b"x\n", b"x\n"), b"");
}

#[test]
fn a_terminal_gets_colours_and_nothing_that_steers_it() {
    let (before, after) =
        (Source::new("a", b"x\x1b[2J\n".to_vec()), Source::new("a", b"x\x1b[2J\ny\n".to_vec()));
    let mut out = Vec::new();
    write(
        &mut out,
        before.path(),
        &before,
        &after,
        Look { color: true, links: false, width: 80, terminal: true },
    )
    .unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains("\x1b[32m+y\x1b[0m\n"), "{out:?}");
    assert!(out.contains(" x\u{fffd}[2J\n"), "{out:?}");
}
