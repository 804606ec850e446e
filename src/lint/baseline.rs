//! The baseline: findings that are known and not reported, so that a repository can begin with what is new.
//!
//! An entry names the path, the rule and the workload, never a line, so it survives edits above it. Several findings of the
//! same name are counted.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::container::finding::{Finding, Severity, Suppression};
use crate::rules;
use crate::rules::options::JudgeOptions;
use crate::text::files::{Disk, Files, MAX_SIZE};
use crate::text::paths::{join, shown};

/// The file's name where none is given.
pub const DEFAULT: &str = ".shmlint-baseline.json";

/// A baseline file that was read.
#[derive(Clone, Debug)]
pub struct Baseline {
    base: Base,
    entries: BTreeMap<FindingKey, KnownFindings>,
}

/// What the paths of a baseline are relative to. Both are absolute and with `/`.
#[derive(Clone, Debug)]
struct Base {
    /// The working folder.
    here: String,
    /// The folder of the baseline file.
    folder: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct FindingKey {
    path: String,
    rule: String,
    workload: String,
}

#[derive(Clone, Copy, Debug)]
struct KnownFindings {
    count: usize,
    /// Whether it is shown with `--pedantic` only.
    note: bool,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct BaselineFile {
    version: u32,
    findings: Vec<BaselineEntry>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct BaselineEntry {
    path: String,
    rule: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    workload: String,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    count: usize,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    note: bool,
}

fn one() -> usize {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands references")]
fn is_one(count: &usize) -> bool {
    *count == 1
}

impl Baseline {
    /// Reads a baseline file. The error is a sentence that begins with its path, and with the place where there is one.
    pub fn read(path: &Path) -> Result<Self, String> {
        let name = shown(path).into_owned();
        let source = Disk::new(MAX_SIZE)
            .read(&name)
            .map_err(|error| format!("{name}: {error}; create a baseline with --write-baseline"))?;
        let document: BaselineFile = serde_json::from_slice(source.bytes()).map_err(|error| {
            let told = error.to_string();
            // The place stands in front, as everywhere.
            let told = told.rsplit_once(" at line ").map_or(told.as_str(), |(told, _)| told);
            format!("{name}:{}:{}: {told}", error.line(), error.column())
        })?;
        if document.version != 1 {
            return Err(format!("{name}: unsupported version {}; only 1 is supported", document.version));
        }
        let mut entries: BTreeMap<FindingKey, KnownFindings> = BTreeMap::new();
        for BaselineEntry { path, rule, workload, count, note } in document.findings {
            let rule = rules::find(&rule).map_or(rule, |rule| rule.code.to_owned());
            let known = entries
                .entry(FindingKey { path, rule, workload })
                .or_insert(KnownFindings { count: 0, note });
            known.count = known.count.saturating_add(count);
        }
        Ok(Self { base: Base::of(path), entries })
    }

    /// Marks the findings of one unit that are known: so many of a name as were counted.
    pub fn hide(&self, findings: &mut [Finding]) {
        let mut met: BTreeMap<FindingKey, usize> = BTreeMap::new();
        for finding in findings.iter_mut().filter(|finding| finding.suppressed.is_none()) {
            let Some((key, known)) = self.known(finding) else { continue };
            let met = met.entry(key).or_default();
            *met += 1;
            if *met <= known.count {
                finding.suppressed = Some(Suppression::Baseline);
            }
        }
    }

    /// The entry of a finding: by its workload's name, or by the one that an older version wrote.
    fn known(&self, finding: &Finding) -> Option<(FindingKey, KnownFindings)> {
        let key = self.base.key(finding);
        let former = || Some(FindingKey { workload: finding.former_workload.clone()?, ..key.clone() });
        let keys = [Some(key.clone()), former()];
        keys.into_iter().flatten().find_map(|key| Some((key.clone(), *self.entries.get(&key)?)))
    }

    /// Sentences about entries of files below `paths` that hide none of the findings, though the rules could find them.
    pub fn gone<'f>(
        &self,
        suppressed: impl IntoIterator<Item = &'f Finding>,
        options: &JudgeOptions,
        paths: &[String],
    ) -> Vec<String> {
        let mut left = self.entries.clone();
        for finding in suppressed {
            let known = self.known(finding).and_then(|(key, _)| left.get_mut(&key));
            if let Some(known) = known.filter(|_| finding.suppressed == Some(Suppression::Baseline)) {
                known.count = known.count.saturating_sub(1);
            }
        }
        let roots: Vec<String> = paths.iter().map(|path| join(&self.base.here, path)).collect();
        let gone = left.iter().filter(|(key, known)| {
            known.count > 0 && could_be_found(key, known, options) && self.base.is_below(&roots, &key.path)
        });
        let told = gone.map(|(key, _)| {
            let rule = rules::find(&key.rule).map_or(key.rule.as_str(), |rule| rule.name);
            let of = if key.workload.is_empty() { String::new() } else { format!(" of '{}'", key.workload) };
            format!("the baseline holds {rule}{of} in {}, which no longer occurs", key.path)
        });
        told.collect()
    }
}

/// Whether the run shows findings of this sort, or nobody can.
fn could_be_found(key: &FindingKey, known: &KnownFindings, options: &JudgeOptions) -> bool {
    let Some(rule) = rules::find(&key.rule) else { return true };
    let shows_notes = options.pedantic || options.by_name.contains(&rule);
    options.rules.iter().any(|(chosen, _)| *chosen == rule) && (shows_notes || !known.note)
}

impl Base {
    fn of(path: &Path) -> Self {
        let here =
            std::env::current_dir().map(|folder| shown(&folder).into_owned()).unwrap_or_default() + "/";
        let path = join(&here, &shown(path));
        let folder = path.rsplit_once('/').map_or_else(String::new, |(folder, _)| folder.to_owned());
        Self { here, folder }
    }

    fn key(&self, finding: &Finding) -> FindingKey {
        FindingKey {
            path: relative(&self.folder, &join(&self.here, finding.place.path())),
            rule: finding.rule.code.to_owned(),
            workload: finding.workload.clone(),
        }
    }

    /// Whether a path of an entry is one of some files and folders, or lies below.
    fn is_below(&self, roots: &[String], path: &str) -> bool {
        let path = join(&format!("{}/", self.folder), path);
        let below = |root: &String| {
            path.strip_prefix(root.trim_end_matches('/'))
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        roots.iter().any(below)
    }
}

/// The text of a baseline at `path` that holds all of these findings, an entry a line.
pub fn text<'f>(path: &Path, findings: impl IntoIterator<Item = &'f Finding>) -> String {
    let base = Base::of(path);
    let mut entries: BTreeMap<FindingKey, KnownFindings> = BTreeMap::new();
    for finding in findings {
        let note = finding.severity == Severity::Note;
        let known = entries.entry(base.key(finding)).or_insert(KnownFindings { count: 0, note });
        known.count += 1;
        known.note &= note;
    }
    let lines: Vec<String> = entries
        .into_iter()
        .filter_map(|(FindingKey { path, rule, workload }, KnownFindings { count, note })| {
            serde_json::to_string(&BaselineEntry { path, rule, workload, count, note }).ok()
        })
        .map(|entry| format!("    {entry}"))
        .collect();
    let list = if lines.is_empty() { String::new() } else { format!("\n{}\n  ", lines.join(",\n")) };
    format!("{{\n  \"version\": 1,\n  \"findings\": [{list}]\n}}\n")
}

/// `path` as it is typed in `folder`; both absolute.
fn relative(folder: &str, path: &str) -> String {
    let (mut folders, mut parts) = (folder.split('/').peekable(), path.split('/').peekable());
    while folders.peek().is_some() && folders.peek() == parts.peek() {
        folders.next();
        parts.next();
    }
    let up = folders.map(|_| "..");
    up.chain(parts).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::place::Place;
    use crate::text::source::{Source, Span};

    fn finding(path: &str, rule: &str, workload: &str) -> Finding {
        let place = Place::new(&Source::new(path, Vec::new()), Span::at(0));
        let mut finding = Finding::in_file(rules::named(rule).unwrap(), place, "no");
        finding.workload = workload.into();
        finding
    }

    fn baseline(folder: &tempfile::TempDir, text: &str) -> Result<Baseline, String> {
        let path = folder.path().join("base.json");
        std::fs::write(&path, text).unwrap();
        Baseline::read(&path)
    }

    #[test]
    fn what_is_written_is_known_again_once_each() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| shown(&folder.path().join(name)).into_owned();
        let known = [
            finding(&at("a.yml"), "SHM001", "x"),
            finding(&at("a.yml"), "SHM001", "x"),
            finding(&at("sub/b.sh"), "SHM900", ""),
            finding("elsewhere.sh", "SHM001", "y"),
        ];
        let written = text(&folder.path().join("base.json"), &known);
        assert!(
            written.contains(r#"    {"path":"a.yml","rule":"SHM001","workload":"x","count":2}"#),
            "{written}"
        );
        assert!(written.contains(r#"{"path":"sub/b.sh","rule":"SHM900"}"#), "{written}");
        let baseline = baseline(&folder, &written).unwrap();
        let mut now = known.to_vec();
        now.push(finding(&at("a.yml"), "SHM001", "x"));
        now.push(finding(&at("a.yml"), "SHM001", "other"));
        baseline.hide(&mut now);
        let gone = baseline.gone(&now, &JudgeOptions::default(), &["/".into()]);
        let hidden: Vec<bool> = now.iter().map(|finding| finding.suppressed.is_some()).collect();
        assert_eq!(hidden, [true, true, true, true, false, false]);
        assert_eq!(gone, [""; 0]);
    }

    #[test]
    fn entries_of_older_versions_hide_what_is_called_otherwise_now() {
        let folder = tempfile::tempdir().unwrap();
        let path = shown(&folder.path().join("run.sh")).into_owned();
        let older = text(&folder.path().join("base.json"), &[finding(&path, "SHM001", "\"$IMG\"")]);
        let baseline = baseline(&folder, &older).unwrap();
        let mut now = [finding(&path, "SHM001", "pytorch/pytorch"), finding(&path, "SHM001", "other")];
        now[0].former_workload = Some("\"$IMG\"".into());
        baseline.hide(&mut now);
        assert_eq!(now.map(|finding| finding.suppressed.is_some()), [true, false]);
    }

    #[test]
    fn what_no_longer_occurs_is_told_of_the_paths_that_were_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| shown(&folder.path().join(name)).into_owned();
        let written = text(
            &folder.path().join("base.json"),
            &[finding(&at("a.yml"), "SHM001", "x"), finding(&at("ab.yml"), "SHM001", "x")],
        );
        let baseline = baseline(&folder, &written).unwrap();
        let gone = |paths: &[String], options: &JudgeOptions| baseline.gone(&[], options, paths);
        let told = "the baseline holds missing-shm of 'x' in a.yml, which no longer occurs";
        assert_eq!(gone(&[at("a.yml")], &JudgeOptions::default()), [told]);
        assert_eq!(gone(&[at("")], &JudgeOptions::default()).len(), 2);
        assert_eq!(gone(&[at("a")], &JudgeOptions::default()), [""; 0]);
        assert_eq!(gone(&[at("")], &JudgeOptions { rules: Vec::new(), ..JudgeOptions::default() }), [""; 0]);
    }

    #[test]
    fn mistakes_in_the_file_have_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |text: &str| baseline(&folder, text).unwrap_err();
        assert!(
            refused("{\n \"version\": 1,\n \"finding\": []}")
                .contains("base.json:3:10: unknown field `finding`, expected `version` or `findings`")
        );
        assert!(
            refused("{\"version\": 2, \"findings\": []}")
                .ends_with("unsupported version 2; only 1 is supported")
        );
        assert!(refused("").contains("base.json:1:0: "));
        let missing = Baseline::read(&folder.path().join("none.json")).unwrap_err();
        assert!(
            missing.ends_with("none.json: no such file; create a baseline with --write-baseline"),
            "{missing}"
        );
    }

    #[test]
    fn paths_are_typed_from_the_baselines_folder() {
        assert_eq!(relative("/a/b", "/a/b/c/d"), "c/d");
        assert_eq!(relative("/a/b", "/a/c/d"), "../c/d");
        assert_eq!(relative("", "/a"), "a");
    }
}
