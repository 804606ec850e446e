//! What a file's path tells before the file is opened.

/// A path, taken apart once for all who ask which file it is.
#[derive(Clone, Copy, Debug)]
pub struct FileName<'p> {
    /// The whole path as reports show it, with `/`.
    pub path: &'p str,
    /// What stands behind the last `/`.
    pub name: &'p str,
    /// What stands behind the last dot of the name; empty where it has none.
    pub ending: &'p str,
}

/// Endings behind a file's own, where a tool makes the file from it or people are to copy it.
const UNFINISHED: [&str; 13] = [
    "dist", "erb", "example", "gotmpl", "in", "j2", "jinja", "jinja2", "sample", "template", "tftpl", "tmpl",
    "tpl",
];

impl<'p> FileName<'p> {
    /// Takes a path apart.
    pub fn new(path: &'p str) -> Self {
        let behind = |byte: u8, text: &'p str| {
            memchr::memrchr(byte, text.as_bytes()).and_then(|at| text.get(at + 1..))
        };
        let name = behind(b'/', path).unwrap_or(path);
        Self { path, name, ending: behind(b'.', name).unwrap_or_default() }
    }

    /// What the file is called once it is made from what it is here: `run.sh` for `run.sh.j2`. Nothing where it is what it
    /// is called.
    pub fn finished(&self) -> Option<Self> {
        let inner = self.name.get(..self.name.len().checked_sub(self.ending.len() + 1)?)?;
        let is_unfinished = self.ends_in(&UNFINISHED) && !inner.is_empty();
        is_unfinished.then(|| Self { path: self.path, ..Self::new(inner) })
    }

    /// Whether the ending is one of these, in any case of letters.
    pub fn ends_in(&self, endings: &[&str]) -> bool {
        endings.iter().any(|ending| self.ending.eq_ignore_ascii_case(ending))
    }

    /// Whether it lies in a folder of this path, wherever that is: `.github/workflows/`.
    pub fn is_inside(&self, folder: &str) -> bool {
        let starts = |from: usize| self.path.get(from..).is_some_and(|rest| rest.starts_with(folder));
        starts(0) || memchr::memchr_iter(b'/', self.path.as_bytes()).any(|at| starts(at + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_apart() {
        let parts = |path| {
            let file = FileName::new(path);
            (file.name, file.ending)
        };
        assert_eq!(parts("a.b/compose.gpu.YAML"), ("compose.gpu.YAML", "YAML"));
        assert_eq!(parts("a.b/Makefile"), ("Makefile", ""));
        assert_eq!(parts(".env"), (".env", "env"));
        assert!(FileName::new("a.YML").ends_in(&["yaml", "yml"]) && !FileName::new("yml").ends_in(&["yml"]));
    }

    #[test]
    fn unfinished_files_tell_what_they_become() {
        let finished = |path| FileName::new(path).finished().map(|file| (file.path, file.name, file.ending));
        assert_eq!(finished("a/run.sh.j2"), Some(("a/run.sh.j2", "run.sh", "sh")));
        assert_eq!(finished("compose.yml.example"), Some(("compose.yml.example", "compose.yml", "yml")));
        assert_eq!(finished("a/run.sh"), None);
        assert_eq!(finished(".example"), None);
        assert_eq!(finished("run"), None);
    }

    #[test]
    fn folders_are_whole_parts_of_the_path() {
        assert!(FileName::new(".github/workflows/a.yml").is_inside(".github/workflows/"));
        assert!(FileName::new("x/.circleci/a.yml").is_inside(".circleci/"));
        assert!(!FileName::new("x.circleci/a.yml").is_inside(".circleci/"));
    }
}
