//! Globs on paths, written as in a `.gitignore`: relative to a folder, and without a `/` they match at any depth.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::text::paths::{join, shown};
use crate::text::place::Place;

/// Globs that were written in one place, with the memory of which of them ever matched.
#[derive(Debug)]
pub struct Globs {
    /// The folder that they are relative to, absolute and with `/`.
    root: String,
    /// The working folder in the same form.
    folder: String,
    matcher: Gitignore,
    written: Vec<Written>,
    /// Where each text stands in the list, the first of equal ones.
    places: HashMap<String, usize>,
}

#[derive(Debug)]
struct Written {
    place: Option<Place>,
    used: AtomicBool,
}

impl Default for Globs {
    fn default() -> Self {
        Self {
            root: String::new(),
            folder: String::new(),
            matcher: Gitignore::empty(),
            written: Vec::new(),
            places: HashMap::new(),
        }
    }
}

impl Globs {
    /// Globs that are relative to `root`, or to the working folder where that is empty, each with the place where it is
    /// written if it stands in a file. The error is a sentence that names the one which is no glob.
    pub fn new<'g>(
        root: &Path,
        globs: impl IntoIterator<Item = (&'g str, Option<Place>)>,
    ) -> Result<Self, String> {
        let mut globs = globs.into_iter().peekable();
        if globs.peek().is_none() {
            return Ok(Self::default());
        }
        let folder = std::env::current_dir().map(|folder| shown(&folder).into_owned()).unwrap_or_default();
        let root = if root.as_os_str().is_empty() { folder.clone() } else { shown(root).into_owned() };
        let root = join(&format!("{folder}/"), &root);
        let mut builder = GitignoreBuilder::new("");
        builder.allow_unclosed_class(false);
        let mut written = Vec::new();
        let mut places = HashMap::new();
        for (glob, place) in globs {
            builder.add_line(None, glob).map_err(|error| refused(glob, &error))?;
            places.entry(glob.to_owned()).or_insert(written.len());
            written.push(Written { place, used: AtomicBool::new(false) });
        }
        let matcher = builder.build().map_err(|error| format!("these globs are too many: {error}"))?;
        Ok(Self { root, folder, matcher, written, places })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.written.is_empty()
    }

    /// Whether the path itself matches. `path` is as reports show it.
    pub fn matches(&self, path: &str, is_folder: bool) -> bool {
        self.look(path, |matcher, path| matcher.matched(path, is_folder))
    }

    /// Whether the path of a file matches, or a folder that it lies in.
    pub fn covers(&self, path: &str) -> bool {
        self.look(path, |matcher, path| matcher.matched_path_or_any_parents(path, false))
    }

    /// Where the globs stand that never matched; those that stand in no file are left out.
    pub fn unused(&self) -> impl Iterator<Item = &Place> {
        let unused = self.written.iter().filter(|written| !written.used.load(Ordering::Relaxed));
        unused.filter_map(|written| written.place.as_ref())
    }

    fn look<'g>(
        &'g self,
        path: &str,
        matched: impl Fn(&'g Gitignore, &str) -> Match<&'g ignore::gitignore::Glob>,
    ) -> bool {
        if self.matcher.is_empty() {
            return false;
        }
        let Some(path) = self.below(path) else { return false };
        match matched(&self.matcher, &path) {
            Match::Ignore(glob) => {
                let place = self.places.get(glob.original());
                if let Some(written) = place.and_then(|place| self.written.get(*place)) {
                    written.used.store(true, Ordering::Relaxed);
                }
                true
            }
            Match::Whitelist(_) | Match::None => false,
        }
    }

    /// The path relative to the globs' folder, if it lies below.
    fn below<'p>(&self, path: &'p str) -> Option<Cow<'p, str>> {
        let plain = !path.starts_with('/') && !path.starts_with("..") && path != "." && !path.is_empty();
        if plain && self.root == self.folder {
            return Some(Cow::Borrowed(path));
        }
        let path = join(&format!("{}/", self.folder), path);
        let below = path.strip_prefix(&self.root)?.trim_start_matches('/');
        let boundary = path.len() == self.root.len() + below.len() + 1 || self.root == "/";
        (boundary && !below.is_empty()).then(|| Cow::Owned(below.to_owned()))
    }
}

fn refused(glob: &str, error: &ignore::Error) -> String {
    match error {
        ignore::Error::Glob { err, .. } => format!("'{glob}' is not a glob: {err}"),
        error => format!("'{glob}' is not a glob: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn globs(root: &str, globs: &[&str]) -> Globs {
        Globs::new(Path::new(root), globs.iter().map(|glob| (*glob, None))).unwrap()
    }

    #[test]
    fn they_read_as_git_reads_them() {
        let globs = globs("", &["vendor/", "*.gen.yaml", "/top.yml", "!keep.gen.yaml", "docs/**/old.md"]);
        assert!(globs.covers("a/vendor/compose.yaml"));
        assert!(!globs.covers("a/vendor"));
        assert!(globs.covers("a/b/x.gen.yaml") && !globs.covers("a/keep.gen.yaml"));
        assert!(globs.covers("top.yml") && !globs.covers("a/top.yml"));
        assert!(globs.covers("docs/a/b/old.md") && !globs.covers("x/docs/a/old.md"));
        assert!(globs.matches("vendor", true) && !globs.matches("vendor", false));
    }

    #[test]
    fn they_are_relative_to_their_folder() {
        let up = globs("..", &["/a.yml", "/sub/b.yml"]);
        assert!(up.covers("../a.yml") && !up.covers("a.yml"));
        assert!(!up.covers("../../a.yml"));
        let absolute = globs("/srv/repo", &["/a.yml"]);
        assert!(absolute.covers("/srv/repo/a.yml") && !absolute.covers("/srv/repository/a.yml"));
        assert!(!absolute.covers("a.yml"));
    }

    #[test]
    fn odd_paths_match_nothing() {
        let globs = globs("", &["*"]);
        for path in ["", ".", "..", "/", "../..", "//"] {
            assert!(!globs.covers(path), "{path}");
        }
    }

    #[test]
    fn a_bad_glob_is_refused_with_its_text() {
        let refused = Globs::new(Path::new(""), [("a[", None)]).unwrap_err();
        assert!(refused.starts_with("'a[' is not a glob: "), "{refused}");
    }
}
