//! Paths as reports show them: relative to the working folder as they would be typed, with `/`.

use std::borrow::Cow;
use std::path::{MAIN_SEPARATOR, Path};

/// A path as reports show it: with `/` and without `./`.
pub fn shown(path: &Path) -> Cow<'_, str> {
    let without = |text: &str| {
        let mut text = text;
        while let Some(rest) = text.strip_prefix("./") {
            text = rest.trim_start_matches('/');
        }
        text.len()
    };
    match path.to_str() {
        Some(text) if MAIN_SEPARATOR == '/' => {
            text.get(text.len() - without(text)..).unwrap_or_default().into()
        }
        _ => {
            let mut text = path.to_string_lossy().into_owned();
            if MAIN_SEPARATOR != '/' {
                text = text.replace(MAIN_SEPARATOR, "/");
            }
            text.split_off(text.len() - without(&text)).into()
        }
    }
}

/// The path of `to` as the file at `from` means it, without `.` and without `..` where that can be seen from the words.
pub fn join(from: &str, to: &str) -> String {
    let folder = if to.starts_with('/') { None } else { from.rfind('/').and_then(|at| from.get(..=at)) };
    let folder = folder.unwrap_or_default();
    let mut path = String::with_capacity(folder.len() + to.len());
    // Most paths are made of nothing but names.
    if is_clean(folder) && is_clean(to) && !to.is_empty() && !to.ends_with('/') {
        path.push_str(folder);
        path.push_str(to);
        return path;
    }
    if folder.starts_with('/') || to.starts_with('/') {
        path.push('/');
    }
    let root = path.len();
    for part in folder.split('/').chain(to.split('/')) {
        let last = path.get(root..).unwrap_or_default().rsplit('/').next().unwrap_or_default();
        match part {
            "" | "." => {}
            ".." if !matches!(last, "" | "..") => {
                path.truncate((path.len() - last.len()).saturating_sub(1).max(root));
            }
            part => {
                if path.len() > root {
                    path.push('/');
                }
                path.push_str(part);
            }
        }
    }
    path
}

/// Whether a path, perhaps one of a folder with a `/` behind it, begins with a name and has nothing between its slashes that
/// begins with a dot or is empty.
fn is_clean(path: &str) -> bool {
    let mut last = b'/';
    path.bytes().all(|byte| {
        let odd = last == b'/' && matches!(byte, b'/' | b'.');
        last = byte;
        !odd
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_as_they_are_typed() {
        assert_eq!(join("a/b/compose.yaml", "../base.yml"), "a/base.yml");
        assert_eq!(join("compose.yaml", "./sub/x.yml"), "sub/x.yml");
        assert_eq!(join("compose.yaml", "../x.yml"), "../x.yml");
        assert_eq!(join("../a/c.yml", "../x.yml"), "../x.yml");
        assert_eq!(join("/r/c.yml", "/abs/./x.yml"), "/abs/x.yml");
        assert_eq!(join("/r/s/c.yml", "../../x//y.yml"), "/x/y.yml");
        assert_eq!(join("a/c.yml", "../../x.yml"), "../x.yml");
        assert_eq!(join("", "/a/../b"), "/b");
    }
}
