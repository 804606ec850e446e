//! A tree is looked at once; what is edited afterwards is looked at again, with what reads it, and nothing else.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};

use super::Tree;
use crate::fix::fixes::Fixes;
use crate::lint::around::Surroundings;
use crate::lint::check::Request;
use crate::lint::discover::Walk;
use crate::lint::options::Options;
use crate::lint::run::Lint;
use crate::text::files::{Files, ReadError};
use crate::text::paths::join;
use crate::text::source::Source;

/// Files by path, and which of them were read.
#[derive(Default)]
struct Memory {
    texts: BTreeMap<String, Arc<Source>>,
    read: Mutex<Vec<String>>,
}

impl Memory {
    fn of(files: &[(&str, &str)]) -> Self {
        let mut memory = Self::default();
        files.iter().for_each(|(path, text)| memory.put(path, text));
        memory
    }

    fn put(&mut self, path: &str, text: &str) {
        self.texts.insert(path.into(), Source::new(path, text.into()));
    }

    /// Which files were read since this was last asked.
    fn read_since(&self) -> Vec<String> {
        let mut read = std::mem::take(&mut *self.read.lock().unwrap());
        read.sort();
        read.dedup();
        read
    }
}

impl Files for Memory {
    fn read(&self, path: &str) -> Result<Arc<Source>, ReadError> {
        self.read.lock().unwrap().push(path.to_owned());
        self.texts.get(path).cloned().ok_or(ReadError::NotFound)
    }

    fn resolve(&self, from: &str, to: &str) -> Result<String, ReadError> {
        let path = join(from, to);
        if self.texts.contains_key(&path) { Ok(path) } else { Err(ReadError::NotFound) }
    }

    fn beside(&self, path: &str) -> Arc<Vec<String>> {
        let directory = path.rfind('/').map_or("", |at| &path[..=at]);
        let names = self.texts.keys().filter_map(|other| other.strip_prefix(directory));
        Arc::new(names.filter(|name| !name.contains('/')).map(str::to_owned).collect())
    }
}

fn with<R>(files: &Memory, make: Fixes, work: impl FnOnce(&Lint<'_>) -> R) -> R {
    let (options, seen) = (Options::default(), AtomicUsize::new(0));
    let request = Request { prove: Fixes::All, make, ..Request::default() };
    let walk = Walk::default();
    let around = &Surroundings::new(files, &walk, Some(&options.read));
    work(&Lint { files, options: &options, around, request, seen: &seen })
}

fn index(files: &Memory) -> Tree {
    let paths: Vec<String> = files.texts.keys().cloned().collect();
    with(files, Fixes::None, |lint| lint.index(&Walk::default(), &paths))
}

fn update(tree: &mut Tree, files: &Memory, path: &str) -> Vec<String> {
    with(files, Fixes::None, |lint| tree.update(lint, path)).into_iter().collect()
}

fn codes(tree: &Tree, path: &str) -> Vec<&'static str> {
    tree.findings(path).iter().map(|finding| finding.rule.code).collect()
}

const TRAINER: &str =
    "services:\n  trainer:\n    image: pytorch/pytorch\n    gpus: all\n    command: torchrun t.py\n";
const SIZED: &str = "services:\n  trainer:\n    shm_size: 8g\n";

#[test]
fn an_unsaved_text_is_judged_and_what_it_has_nothing_to_do_with_is_left() {
    let mut files =
        Memory::of(&[("a/compose.yaml", TRAINER), ("b/compose.yaml", TRAINER), ("run.sh", "x=1\n")]);
    let mut tree = index(&files);
    assert_eq!(
        (codes(&tree, "a/compose.yaml"), codes(&tree, "b/compose.yaml")),
        (vec!["SHM001"], vec!["SHM001"])
    );
    files.put("a/compose.yaml", &(TRAINER.to_owned() + "    shm_size: 8g\n"));
    files.read_since();
    assert_eq!(update(&mut tree, &files, "a/compose.yaml"), ["a/compose.yaml"]);
    assert_eq!(files.read_since(), ["a/compose.yaml"]);
    assert_eq!((codes(&tree, "a/compose.yaml"), codes(&tree, "b/compose.yaml")), (vec![], vec!["SHM001"]));
    files.put("run.sh", "docker run --gpus all pytorch/pytorch torchrun t.py\n");
    assert_eq!(update(&mut tree, &files, "run.sh"), ["run.sh"]);
    let found = tree.findings("run.sh");
    assert_eq!(found[0].rule.code, "SHM001");
    assert!(found[0].fix.is_some() && found[0].place.text() == "docker", "its text is there");
    files.texts.remove("run.sh");
    update(&mut tree, &files, "run.sh");
    assert!(codes(&tree, "run.sh").is_empty());
}

#[test]
fn files_that_are_read_together_are_looked_at_together() {
    let mut files = Memory::of(&[("compose.yaml", TRAINER)]);
    let mut tree = index(&files);
    assert_eq!(codes(&tree, "compose.yaml"), ["SHM001"]);
    files.put("compose.override.yaml", SIZED);
    assert_eq!(update(&mut tree, &files, "compose.override.yaml"), ["compose.override.yaml", "compose.yaml"]);
    assert!(codes(&tree, "compose.yaml").is_empty(), "the override sets it");
    files.put("compose.override.yaml", "services:\n  trainer:\n    shm_size: 8\n");
    update(&mut tree, &files, "compose.override.yaml");
    assert_eq!(codes(&tree, "compose.yaml"), ["SHM003"]);
    files.put(".env", "SIZE=8g\n");
    files.put("compose.override.yaml", "services:\n  trainer:\n    shm_size: ${SIZE}\n");
    update(&mut tree, &files, "compose.override.yaml");
    assert!(codes(&tree, "compose.yaml").is_empty());
    files.put(".env", "SIZE=8\n");
    let concerned = update(&mut tree, &files, ".env");
    assert!(concerned.contains(&"compose.override.yaml".to_owned()), "{concerned:?}");
    assert_eq!(codes(&tree, "compose.yaml"), ["SHM002"]);
    files.texts.remove("compose.override.yaml");
    update(&mut tree, &files, "compose.override.yaml");
    assert_eq!(codes(&tree, "compose.yaml"), ["SHM001"]);
}

#[test]
fn a_script_that_deploys_a_stack_changes_what_the_stack_is() {
    let deploy = "docker stack deploy -c stack.yml x\n";
    let mut files =
        Memory::of(&[("stack.yml", &(TRAINER.to_owned() + "    shm_size: 8g\n")), ("up.sh", deploy)]);
    let mut tree = index(&files);
    assert_eq!(codes(&tree, "stack.yml"), ["SHM005"]);
    files.put("up.sh", "docker compose -f stack.yml up\n");
    update(&mut tree, &files, "up.sh");
    assert!(codes(&tree, "stack.yml").is_empty());
}

#[test]
fn comments_in_files_without_containers_come_and_go() {
    let mut files = Memory::of(&[("run.sh", "# shmlint: ignore[missing-shm]\ntrue\n")]);
    let mut tree = index(&files);
    assert_eq!(codes(&tree, "run.sh"), ["SHM901"]);
    files.put("run.sh", "true\n");
    update(&mut tree, &files, "run.sh");
    assert!(codes(&tree, "run.sh").is_empty());
}

#[test]
fn what_is_left_after_fixes_is_told_of_the_edited_texts() {
    let script = "docker run --gpus all pytorch/pytorch torchrun t.py\n# shmlint: ignore[host-ipc]\ntrue\n";
    let files = Memory::of(&[("compose.yaml", TRAINER), ("run.sh", script), ("b/run.sh", "echo docker\n")]);
    let paths: Vec<String> = files.texts.keys().cloned().collect();
    let report = with(&files, Fixes::Safe, |lint| lint.run(&Walk::default(), &paths));
    assert_eq!(report.found, BTreeMap::from([("SHM001", 2), ("SHM901", 1)]));
    assert!(report.findings.is_empty());
    let after: Vec<(&str, &str)> =
        report.patches.iter().map(|(_, after)| (after.path(), after.text())).collect();
    let fixed = "docker run --gpus all --shm-size=2g pytorch/pytorch torchrun t.py\ntrue\n";
    assert_eq!(
        after,
        [("compose.yaml", &*(TRAINER.replace("all\n", "all\n    shm_size: \"2gb\"\n"))), ("run.sh", fixed)]
    );
}
