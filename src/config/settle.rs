//! From what was asked for to what the run does: the last step of the configuration.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Config;
use super::problem::ConfigProblem;
use super::value::Item;
use crate::container::finding::{Rule, Severity};
use crate::knowledge;
use crate::knowledge::used::Used;
use crate::lint::discover::Walk;
use crate::lint::options::{FileIgnore, Options};
use crate::platform::options::{Provider, ShmField};
use crate::rules;
use crate::text::globs::Globs;
use crate::text::place::Place;

/// Documents and notebooks, which `docs = false` leaves out.
const DOCUMENTS: [&str; 12] = [
    "*.md",
    "*.mdx",
    "*.markdown",
    "*.mkd",
    "*.rst",
    "*.adoc",
    "*.txt",
    "*.tex",
    "*.rmd",
    "*.Rmd",
    "*.qmd",
    "*.ipynb",
];

/// What a run does.
#[derive(Debug, Default)]
pub struct Settled {
    /// How workloads are read and judged.
    pub options: Options,
    /// How folders are walked.
    pub walk: Walk,
    /// The least severity that makes the run fail, as it is written; nothing for the default.
    pub fail_on: Option<String>,
    /// The largest file that is read, in bytes; nothing for the default.
    pub max_file_size: Option<u64>,
    /// The baseline file.
    pub baseline: Option<PathBuf>,
    /// The folder of the configuration file, absolute; empty where none was read.
    folder: PathBuf,
    /// Entries of the configuration that should match something.
    entries: Vec<(Place, Used)>,
    globs: Vec<Arc<Globs>>,
}

impl Settled {
    /// The baseline file, where it is named or where it is by default.
    pub fn baseline_file(&self) -> PathBuf {
        self.baseline.clone().unwrap_or_else(|| crate::lint::baseline::DEFAULT.into())
    }

    /// Every entry of the configuration that matched nothing; none where the run over `paths`
    /// did not see all files that the configuration speaks of.
    pub fn unused(&self, paths: &[String]) -> Vec<ConfigProblem> {
        let whole =
            |path: &String| std::fs::canonicalize(path).is_ok_and(|path| self.folder.starts_with(path));
        if !paths.iter().any(whole) {
            return Vec::new();
        }
        let entries = self.entries.iter().filter(|(_, used)| !used.is_marked()).map(|(place, _)| place);
        let mut places: Vec<&Place> =
            self.globs.iter().flat_map(|globs| globs.unused()).chain(entries).collect();
        places.sort_by_key(|place| place.span);
        let told = places.into_iter().map(|place| ConfigProblem::new(place.clone(), "this matches nothing"));
        told.collect()
    }
}

impl Config {
    /// What the run does. The error is a sentence about a glob of the command line; those of files were checked before.
    pub fn settle(&self) -> Result<Settled, String> {
        let mut settled = Settled {
            fail_on: self.fail_on.clone(),
            max_file_size: self.max_file_size,
            baseline: self.baseline.clone(),
            folder: self.folder.clone(),
            ..Settled::default()
        };
        settled.walk = self.walk(&mut settled.globs)?;
        let options = &mut settled.options;
        (options.judge.rules, options.judge.by_name) = self.rules();
        options.judge.pedantic = self.pedantic.unwrap_or(options.judge.pedantic);
        options.judge.size = self.size.unwrap_or(options.judge.size);
        options.judge.size_is_asked = self.size.is_some();
        options.judge.minimum = self.minimum;
        options.read.default_shm_size = self.default_shm_size;
        options.read.default_runtime.clone_from(&self.default_runtime);
        for (files, rules) in &self.per_file_ignores {
            let files = Arc::new(self.globs([files])?);
            settled.globs.push(Arc::clone(&files));
            options.per_file_ignores.push(FileIgnore { files, rules: rules.rules() });
        }
        let entries = &mut settled.entries;
        let mut tracked = |item: &Item| {
            let used = Used::default();
            entries.push((item.first().clone(), used.clone()));
            used
        };
        options.read.no_docs = self.docs == Some(false);
        options.programs = self.programs != Some(false);
        options.judge.images = self.images.iter().map(|item| image(item, tracked(item))).collect();
        options.read.shm_fields = self.shm_fields.iter().map(|item| field(item, tracked(item))).collect();
        for item in &self.provides_shm {
            let path = item.get("path").map(|path| self.globs([path])).transpose()?;
            options.read.provides_shm.push(provider(item, path, tracked(item)));
        }
        Ok(settled)
    }

    fn walk(&self, globs: &mut Vec<Arc<Globs>>) -> Result<Walk, String> {
        let include = Arc::new(self.globs(&self.include)?);
        let exclude = Arc::new(self.globs(&self.exclude)?);
        globs.extend([Arc::clone(&include), Arc::clone(&exclude)]);
        let plain = |texts: &[String], root: &str| {
            Globs::new(Path::new(root), texts.iter().map(|text| (text.as_str(), None)))
        };
        let also = plain(&self.also_exclude, "").map_err(|error| format!("--exclude: {error}"))?;
        let mut exclude = vec![exclude, Arc::new(also)];
        if self.docs == Some(false) {
            exclude.push(Arc::new(plain(&DOCUMENTS.map(str::to_owned), "/")?));
        }
        exclude.retain(|globs| !globs.is_empty());
        Ok(Walk {
            include,
            exclude,
            force_exclude: self.force_exclude.unwrap_or(false),
            no_gitignore: self.gitignore == Some(false),
        })
    }

    /// Globs of the file, relative to its folder.
    fn globs<'i>(&self, items: impl IntoIterator<Item = &'i Item>) -> Result<Globs, String> {
        let texts = items.into_iter().filter_map(|item| Some((item.text()?, Some(item.place.clone()))));
        Globs::new(&self.folder, texts)
    }

    /// The rules that all layers together choose, each with its severity, and those that were asked for by name.
    fn rules(&self) -> (Vec<(&'static Rule, Severity)>, Vec<&'static Rule>) {
        let mut chosen: Vec<&Rule> = rules::all().iter().collect();
        let mut by_name: Vec<&Rule> = Vec::new();
        for choice in &self.choices {
            if let Some(select) = &choice.select {
                chosen.clone_from(select);
                by_name.clone_from(select);
            }
            chosen.extend(&choice.extend);
            by_name.extend(&choice.extend);
            chosen.retain(|rule| !choice.ignore.contains(rule));
        }
        let severity = |rule: &'static Rule| {
            let given = self.severity.iter().rev().find(|(name, _)| name.rule() == Some(rule));
            given.and_then(|(_, word)| Severity::named(word.text()?)).unwrap_or(rule.severity)
        };
        let chosen = rules::all().iter().filter(|rule| chosen.contains(rule));
        (chosen.map(|rule| (rule, severity(rule))).collect(), by_name)
    }
}

fn text(item: &Item, key: &str) -> Option<String> {
    item.get(key)?.text().map(str::to_owned)
}

fn image(item: &Item, used: Used) -> knowledge::UserEntry {
    let needed = item.get("need").and_then(Item::text) == Some("yes");
    knowledge::UserEntry {
        image: text(item, "image"),
        command: text(item, "command"),
        name: text(item, "name"),
        needs: needed,
        bytes: item.get("size").and_then(Item::bytes),
        reason: text(item, "reason"),
        used,
    }
}

fn provider(item: &Item, path: Option<Globs>, used: Used) -> Provider {
    Provider {
        kind: text(item, "kind"),
        namespace: text(item, "namespace"),
        path: path.map(Arc::new),
        bytes: item.get("size").and_then(Item::bytes),
        by: text(item, "by").unwrap_or_default(),
        used,
    }
}

fn field(item: &Item, used: Used) -> ShmField {
    let path = text(item, "path").unwrap_or_default();
    ShmField { kind: text(item, "kind"), path: path.split('.').map(str::to_owned).collect(), used }
}
