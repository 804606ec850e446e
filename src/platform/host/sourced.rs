//! Files that a script reads in where it runs: `source env.sh`, `include config.mk`. Their text takes the place of the
//! command, as a shell and make do it, so that what they set reaches what stands behind; spans in it map to the command.

use std::sync::Arc;

use crate::container::accelerator;
use crate::platform::run::may_source;
use crate::syntax::shell::{PieceKind, Script, ShellDialect, ShellOptions, SimpleCommand, Word};
use crate::text::files::Files;
use crate::text::layer::{Encoding, Layer};
use crate::text::source::{Source, Span};

/// How many files are read in for one file. Real scripts have up to 4.
const MAX_FILES: usize = 16;

/// How long a file may be that is read in; longer ones are no lists of settings.
const MAX_BYTES: usize = 128 << 10;

/// How deep files are followed that read in others.
const MAX_DEPTH: usize = 4;

/// A command that reads in another file, and the end of its path that is certain: all of it, or what stands behind the
/// variable or the command that gives the folder.
pub(super) struct ReadIn {
    pub(super) span: Span,
    pub(super) path: String,
    pub(super) is_whole: bool,
}

/// How a language reads in other files.
#[derive(Clone, Copy)]
pub(super) struct Inclusion<'o> {
    /// The commands in a text that do.
    pub(super) find: &'o dyn Fn(&str) -> Vec<ReadIn>,
    /// What stands before and behind the text in place of the command.
    pub(super) around: (&'o str, &'o str),
}

/// A text in which other files were put in place.
pub(super) struct Spliced {
    pub(super) layer: Layer,
    /// Where in the file the commands stand that read them in.
    pub(super) places: Vec<Span>,
    /// What was read in.
    pub(super) texts: String,
}

/// The text with the files that it reads in, where any is found.
pub(super) fn splice(layer: &Layer, files: &dyn Files, how: Inclusion<'_>) -> Option<Spliced> {
    let mut left = MAX_FILES;
    splice_within(layer, files, how, &mut left, MAX_DEPTH)
}

fn splice_within(
    layer: &Layer,
    files: &dyn Files,
    how: Inclusion<'_>,
    left: &mut usize,
    depth: usize,
) -> Option<Spliced> {
    let mut embed = layer.embed(Encoding::Verbatim);
    let (mut places, mut texts, mut done) = (Vec::new(), String::new(), 0);
    for read in (how.find)(layer.text()) {
        if *left == 0 || depth == 0 {
            break;
        }
        let Some(other) = text_of(layer.source().path(), &read, files) else { continue };
        *left -= 1;
        let inner = splice_within(&other, files, how, left, depth - 1);
        let text = inner.as_ref().map_or(other.text(), |inner| inner.layer.text());
        embed.copy(Span::new(done, read.span.start));
        embed.replace(read.span, &format!("{}{text}\n{}", how.around.0, how.around.1));
        texts.push_str(text);
        places.push(layer.map(read.span));
        done = read.span.end;
    }
    embed.copy(Span::new(done, layer.text().len()));
    (!places.is_empty()).then(|| Spliced { layer: embed.finish(), places, texts })
}

/// The file that a command reads in: beside the one that it stands in, or from the root of the repository. What `.env` says is
/// for nobody to see.
fn text_of(from: &str, read: &ReadIn, files: &dyn Files) -> Option<Layer> {
    let path = read.path.trim_start_matches(if read.is_whole { "" } else { "/" });
    let name = path.rsplit('/').next().unwrap_or(path);
    if name.is_empty() || name.starts_with(".env") {
        return None;
    }
    let (root, _) = files.repository(from);
    let from_root =
        || files.read_inside(from, &if root.is_empty() { path.into() } else { format!("{root}/{path}") });
    let source = files.read_reference(from, path).or_else(|_| from_root()).ok()?;
    (source.path() != from && source.text().len() <= MAX_BYTES).then(|| Layer::file(source))
}

/// Commands behind which an assignment may stand.
const SETTERS: [&str; 5] = ["declare", "export", "local", "readonly", "typeset"];

/// How many files beside one are looked at for those that source it.
const MAX_BESIDE: usize = 64;

/// The texts of the scripts beside a file and in the folder above that read it in: they see its variables.
pub(super) fn readers(source: &Source, files: &dyn Files) -> Vec<Arc<Source>> {
    let path = source.path();
    let name = path.rsplit('/').next().unwrap_or(path);
    let sets_options = |line: &str| sets_a_variable(line) && accelerator::stands_in(line);
    let is_sourced = ["sh", "env", "conf"].iter().any(|end| name.ends_with(end)) || !name.contains('.');
    if !is_sourced || !source.text().lines().any(sets_options) {
        return Vec::new();
    }
    let folder = path.get(..path.len() - name.len()).unwrap_or_default();
    let above =
        folder.trim_end_matches('/').rfind('/').map_or("", |end| folder.get(..=end).unwrap_or_default());
    let mut folders = vec![folder, above];
    folders.dedup();
    let names = folders.into_iter().flat_map(|folder| {
        let names = files.beside(&format!("{folder}{name}"));
        let scripts =
            names.iter().filter(|other| *other != name && (other.ends_with("sh") || !other.contains('.')));
        scripts.map(|other| format!("{folder}{other}")).take(MAX_BESIDE).collect::<Vec<_>>()
    });
    let read = names.filter_map(|other| files.read_inside(path, &other).ok());
    let reads_in = |other: &Arc<Source>| {
        let mut lines = other.text().lines().filter(|line| line.contains(name));
        lines.any(may_source)
    };
    read.filter(reads_in).collect()
}

/// Whether a line begins with an assignment: `A=`, `A+=`, `export A=`.
fn sets_a_variable(line: &str) -> bool {
    let Some((before, _)) = line.split_once('=') else { return false };
    let mut words = before.split_whitespace().rev();
    let name = words.next().unwrap_or_default().trim_end_matches('+');
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && words.all(|word| word.starts_with('-') || SETTERS.contains(&word))
}

/// The text of a script of a POSIX shell with what it sources.
pub(super) fn in_shell(layer: &Layer, options: ShellOptions, files: &dyn Files) -> Option<Spliced> {
    if options.dialect != ShellDialect::Posix || options.make || options.just || !may_source(layer.text()) {
        return None;
    }
    let find = |text: &str| {
        let script = Script::read(text, options);
        script.commands.iter().filter_map(|command| sourced(&script, command)).collect()
    };
    splice(layer, files, Inclusion { find: &find, around: ("{\n", "}") })
}

/// What a command reads in, if it is `source FILE` or `. FILE`.
fn sourced(script: &Script<'_>, command: &SimpleCommand) -> Option<ReadIn> {
    let [name, file, ..] = command.words.as_slice() else { return None };
    if !matches!(name.plain(script.text()), Some("source" | ".")) {
        return None;
    }
    let (path, is_whole) = tail(script, file);
    let span = name.span.join(command.words.last().map_or(file.span, |word| word.span));
    Some(ReadIn { span, path, is_whole })
}

/// The end of a word that is certain, and whether that is all of it.
fn tail(script: &Script<'_>, word: &Word) -> (String, bool) {
    let (mut path, mut is_whole) = (String::new(), true);
    for piece in word.pieces() {
        if matches!(piece.kind, PieceKind::Text) {
            path.push_str(&piece.text(script.text()));
        } else {
            (path, is_whole) = (String::new(), false);
        }
    }
    (path, is_whole)
}
