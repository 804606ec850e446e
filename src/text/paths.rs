//! Paths as reports show them: relative to the working folder as they would be typed, with `/`.

use std::borrow::Cow;
use std::ffi::OsStr;
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
            let mut text = from_os(path.as_os_str()).into_owned();
            if MAIN_SEPARATOR != '/' {
                text = text.replace(MAIN_SEPARATOR, "/");
            }
            text.split_off(text.len() - without(&text)).into()
        }
    }
}

/// Stands in a path for a byte that is not UTF-8, with the byte added to it: a character that nobody writes.
const RAW: u32 = 0x0010_FE00;

/// The byte that a character of a path stands for, where the name on disk is not UTF-8.
pub fn raw_byte(c: char) -> Option<u8> {
    u32::from(c).checked_sub(RAW).and_then(|byte| u8::try_from(byte).ok())
}

/// A path of the system as text, from which [`to_os`] makes the same path again whatever its bytes are.
pub fn from_os(path: &OsStr) -> Cow<'_, str> {
    #[cfg(unix)]
    if path.to_str().is_none() {
        let mut text = String::new();
        for chunk in path.as_encoded_bytes().utf8_chunks() {
            text.push_str(chunk.valid());
            text.extend(chunk.invalid().iter().filter_map(|byte| char::from_u32(RAW + u32::from(*byte))));
        }
        return text.into();
    }
    path.to_string_lossy()
}

/// The path of the system that a text of [`from_os`] stands for.
pub fn to_os(path: &str) -> Cow<'_, Path> {
    #[cfg(unix)]
    if path.chars().any(|c| raw_byte(c).is_some()) {
        use std::os::unix::ffi::OsStringExt;
        let mut bytes = Vec::new();
        for c in path.chars() {
            match raw_byte(c) {
                Some(byte) => bytes.push(byte),
                None => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
            }
        }
        return std::path::PathBuf::from(std::ffi::OsString::from_vec(bytes)).into();
    }
    Path::new(path).into()
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
    #[cfg(unix)]
    fn a_name_that_is_not_text_is_found_again() {
        use std::os::unix::ffi::OsStrExt;
        let name = OsStr::from_bytes(b"caf\xe9/\xc3\xa9.sh");
        let text = from_os(name);
        assert_eq!(to_os(&text).as_os_str(), name);
        assert!(text.ends_with("/é.sh") && text.starts_with("caf"));
    }

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
