//! Which files a Compose file is read together with, for forming units.

use super::layers::EXTENDS;
use super::names::{BASES, OVERRIDES};
use super::stacks::Neighbourhood;
use crate::platform::kind::{Index, Member};
use crate::text::filename::FileName;
use crate::text::files::Files;
use crate::text::paths::join;
use crate::text::scan::holds;

/// The key without which nothing is included.
const INCLUDE: &str = "include";

/// The paths of files that a file may be resolved with, or that may be resolved with it.
pub(super) fn links(member: &Member, index: &Index, files: &dyn Files) -> Vec<String> {
    let Some(source) = &member.source else { return Vec::new() };
    let path = member.path.as_str();
    let text = source.text();
    let mut out = Vec::new();
    if holds(text, EXTENDS) || holds(text, INCLUDE) {
        referred(path, text, index, &mut out);
    }
    let around = Neighbourhood { files, index };
    out.extend(around.stacks(source).into_iter().flatten());
    if BASES.contains(&FileName::new(path).name) {
        let names = files.beside(path);
        let is_there = |over: &&&str| names.binary_search_by(|name| name.as_str().cmp(over)).is_ok();
        out.extend(OVERRIDES.iter().filter(is_there).map(|over| join(path, over)));
    }
    out
}

/// Every word that names a YAML file; a word with a variable in it may name any file in its folder.
fn referred(path: &str, text: &str, index: &Index, out: &mut Vec<String>) {
    for line in text.lines().filter(|line| line.contains(".y")) {
        let words =
            line.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '[' | ']' | '{' | '}'));
        for word in words.filter(|word| super::names::is_yaml(word)) {
            out.push(join(path, word));
        }
        if line.contains('$') && line.contains("file") {
            let folder = join(path, "x");
            let folder = folder.strip_suffix('x').unwrap_or_default().to_owned();
            let inside =
                index.members.range(folder.clone()..).take_while(|(other, _)| other.starts_with(&folder));
            out.extend(
                inside
                    .filter(|(other, _)| !other.get(folder.len()..).unwrap_or_default().contains('/'))
                    .map(|(other, _)| other.clone()),
            );
        }
    }
}
