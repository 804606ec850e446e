//! One file as Compose's YAML reader takes it: its tree, and what that reader refuses.

use std::cell::OnceCell;
use std::sync::Arc;

use super::tree::Where;
use crate::syntax::actions::{Action, Sort, actions};
use crate::syntax::yaml::{
    Entry, Fuel, MergedEntry, Node, NodeId, NodeKind, ScalarStyle, Yaml, each_merged, find_merged,
};
use crate::text::scan::{find, holds};
use crate::text::source::{Source, Span};

/// A file of a project.
pub(super) struct ComposeFile {
    pub(super) source: Arc<Source>,
    pub(super) yaml: Arc<Yaml>,
    /// The text to read, where that is another program's template.
    masked: Option<String>,
    /// What Compose refuses, so that it starts nothing of the file.
    pub(super) faults: Vec<Fault>,
    /// Whether it was named or discovered, so that it may be edited.
    pub(super) editable: bool,
    services: OnceCell<Services>,
}

/// In how many documents of a file one service is looked for: each occurrence is a layer of all the others, so that their
/// number counts three times over. Real files repeat none.
pub(super) const MAX_DOCUMENTS: usize = 32;

/// The services of all documents.
#[derive(Default)]
pub(super) struct Services {
    /// In the order of the text, merged ones behind the mapping's own.
    pub(super) all: Vec<Where>,
    /// The document and the index of each service, by name and document.
    by_name: Vec<NamedService>,
}

/// The number of a document, and the index of a service in [`Services::all`].
pub(super) type NamedService = (usize, usize);

impl Services {
    /// The services of these mappings, one a document. Of one name the first of each document counts.
    fn of<'a>(documents: impl Iterator<Item = Node<'a>>, fuel: &Fuel) -> Self {
        let mut found: Vec<(&str, usize, usize, Where)> = Vec::new();
        for (document, services) in documents.enumerate() {
            each_merged(services, fuel, &mut |service| {
                if let Some(name) = service.key.str() {
                    found.push((name, document, found.len(), Where::of(&service)));
                }
                true
            });
        }
        found.sort_unstable_by_key(|(name, document, order, _)| (*name, *document, *order));
        found.dedup_by_key(|(name, document, ..)| (*name, *document));
        let mut last = ("", 0);
        found.retain(|(name, ..)| {
            last = if last.0 == *name { (last.0, last.1 + 1) } else { (*name, 1) };
            last.1 <= MAX_DOCUMENTS
        });
        let mut in_order: Vec<usize> = (0..found.len()).collect();
        let order = |at: &usize| found.get(*at).map_or(0, |(_, _, order, _)| *order);
        in_order.sort_unstable_by_key(order);
        let mut out = Self { all: Vec::with_capacity(found.len()), by_name: vec![(0, 0); found.len()] };
        for at in in_order {
            if let (Some((_, document, _, place)), Some(named)) = (found.get(at), out.by_name.get_mut(at)) {
                *named = (*document, out.all.len());
                out.all.push(*place);
            }
        }
        out
    }

    /// The services of this name, in the order of the documents: one in each that has it. `file` is the one they stand in.
    pub(super) fn named(&self, file: &ComposeFile, name: &str) -> &[NamedService] {
        let is_called =
            |(_, index): &NamedService| self.all.get(*index).and_then(|at| file.node(at.key).str());
        let start = self.by_name.partition_point(|named| is_called(named) < Some(name));
        let rest = self.by_name.get(start..).unwrap_or_default();
        rest.get(..rest.partition_point(|named| is_called(named) == Some(name))).unwrap_or_default()
    }

    /// A service that goes by a name, with the number of its document.
    pub(super) fn at(&self, (document, index): NamedService) -> Option<(usize, Where)> {
        Some((document, *self.all.get(index)?))
    }
}

/// Something that Compose's YAML reader refuses.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) span: Span,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }
}

impl ComposeFile {
    /// A file with this text.
    pub(super) fn read(source: Arc<Source>, editable: bool) -> Self {
        let masked = masked(source.text());
        let yaml = masked.as_deref().map_or_else(|| Yaml::of(&source), |text| Arc::new(Yaml::parse(text)));
        Self { source, yaml, masked, faults: Vec::new(), editable, services: OnceCell::new() }
    }

    /// With what Compose refuses in it.
    pub(super) fn checked(mut self) -> Self {
        // What another program makes of a template is not known yet.
        self.faults = if self.masked.is_some() { Vec::new() } else { self.find_faults() };
        self
    }

    /// Its text, as long as the file's: what a template writes is a variable in it that nothing sets.
    pub(super) fn text(&self) -> &str {
        self.masked.as_deref().unwrap_or(self.source.text())
    }

    /// The roots of the documents that can be read.
    pub(super) fn roots(&self) -> impl Iterator<Item = Node<'_>> {
        self.yaml.roots(self.text()).filter(|root| root.is_mapping())
    }

    /// The node with this address.
    pub(super) fn node(&self, id: NodeId) -> Node<'_> {
        self.yaml.node(self.text(), id)
    }

    /// The services.
    pub(super) fn services(&self, fuel: &Fuel) -> &Services {
        self.services.get_or_init(|| Services::of(self.mappings(fuel), fuel))
    }

    /// The mapping of services of each document that has one.
    fn mappings<'a>(&'a self, fuel: &'a Fuel) -> impl Iterator<Item = Node<'a>> {
        let services = |root| Some(find_merged(root, "services", fuel)?.value.resolve());
        self.roots().filter_map(services).filter(|services| services.is_mapping())
    }

    /// What stands at the top level of any document; the last one counts where Compose merges documents.
    pub(super) fn top<'a>(&'a self, key: &str, fuel: &Fuel) -> Option<MergedEntry<'a>> {
        self.roots().filter_map(|root| find_merged(root, key, fuel)).last()
    }

    /// Whether it is a template of another program, which is no YAML before that program ran.
    pub(super) fn is_template(&self) -> bool {
        ["{{", "{%", "<%", "<<<<<<<"].iter().any(|mark| holds(self.text(), mark))
    }

    fn find_faults(&self) -> Vec<Fault> {
        let text = self.text();
        let mut faults: Vec<Fault> =
            self.yaml.errors().map(|error| Fault::new(error.span, error.message.clone())).collect();
        for duplicate in self.yaml.duplicate_keys(text) {
            let (first, again) = duplicate.nodes(&self.yaml, text);
            let name = again.str().unwrap_or_default();
            let line = self.source.line(first.span().start);
            let message = if name == "<<" {
                format!(
                    "a second '<<' in one mapping (the first is on line {line}); several are merged as '<<: [*a, *b]'"
                )
            } else {
                format!("duplicate key '{name}' (first on line {line})")
            };
            faults.push(Fault::new(again.span(), message));
        }
        if holds(text, MERGE) {
            self.yaml.roots(text).for_each(|root| bad_merges(root, &mut faults));
        }
        if self.yaml.documents().len() > 1 {
            let empty = self.yaml.roots(text).filter(|root| root.is_missing());
            faults.extend(empty.map(|root| Fault::new(root.span(), "an empty document; Compose refuses it")));
        }
        faults.extend(version_directive(text));
        faults.sort_by_key(|fault| fault.span);
        faults
    }
}

/// A template (of Jinja, cookiecutter, Go, ERB) as YAML of the same length: values that an action writes are variables of
/// [`TEMPLATED`] letters, a line that an action writes stands for anything that a service may hold, lines that hold nothing
/// else are blank. Nothing for what is none, and for text that only asks Docker to fill something in: `"{{.Node.Hostname}}"`.
fn masked(text: &str) -> Option<String> {
    if !["{{", "{%", "<%"].iter().any(|mark| holds(text, mark)) {
        return None;
    }
    let actions = actions(text, false);
    let before = |action: &Action| {
        let before = text.get(..action.span.start).unwrap_or_default();
        before.rsplit('\n').next().unwrap_or(before)
    };
    let begins = |action: &Action| before(action).trim().is_empty();
    let is_bare = |action: &Action| {
        begins(action)
            || action.sort != Sort::Value
            || [": ", "- "].iter().any(|mark| before(action).ends_with(mark))
    };
    if !actions.iter().any(is_bare) {
        return None;
    }
    let mut out = text.as_bytes().to_vec();
    for action in &actions {
        let behind = text.get(action.span.end..).unwrap_or_default();
        let is_alone = begins(action) && behind.lines().next().is_none_or(|rest| rest.trim().is_empty());
        let Some(bytes) = out.get_mut(action.span.start..action.span.end) else { continue };
        let is_value = action.sort == Sort::Value;
        let column = before(action).len();
        let indent = indent_before(text, action.span.start - column).saturating_sub(column);
        let fill = if is_value && !is_alone { TEMPLATED } else { b' ' };
        bytes.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = fill);
        match bytes {
            [first, second, .., last] if fill == TEMPLATED => (*first, *second, *last) = (b'$', b'{', b'}'),
            _ if is_value => {
                if let Some(start) = bytes.get_mut(indent..indent + ANYTHING.len()) {
                    start.copy_from_slice(ANYTHING);
                }
            }
            _ => {}
        }
    }
    String::from_utf8(out).ok()
}

/// The indent of the last line before a place that is not empty.
fn indent_before(text: &str, line: usize) -> usize {
    let before = text.get(..line).unwrap_or_default().lines().rev().take(MAX_LOOKED);
    let last =
        before.filter(|line| !line.trim().is_empty()).find(|line| !line.trim_start().starts_with("{%"));
    last.map_or(0, |line| line.len() - line.trim_start().len())
}

/// How many lines are looked at in search of text.
const MAX_LOOKED: usize = 16;

/// What stands for lines that a template writes into a service: it goes on from something that nobody can read.
const ANYTHING: &[u8] = b"extends: $_";

/// The letter of which the names of variables consist that stand for what a template writes.
pub(super) const TEMPLATED: u8 = b'_';

/// The key that merges.
const MERGE: &str = "<<";

/// The directive that names a version.
const DIRECTIVE: &str = "%YAML";

/// Merge keys with a value that cannot be merged. Nests as deep as the tree.
fn bad_merges(node: Node<'_>, faults: &mut Vec<Fault>) {
    for entry in node.entries() {
        if entry.is_merge() && !can_be_merged(entry.value) {
            let span = if entry.value.is_missing() { entry.key.span() } else { entry.value.span() };
            faults.push(Fault::new(span, "'<<' merges a mapping or a list of mappings, and this is neither"));
        }
        bad_merges(entry.value, faults);
    }
    node.items().for_each(|item| bad_merges(item, faults));
}

fn can_be_merged(value: Node<'_>) -> bool {
    let value = value.resolve();
    match value.kind() {
        NodeKind::Mapping(_) => true,
        NodeKind::Sequence(_) => value.items().all(|item| item.resolve().is_mapping()),
        _ => false,
    }
}

/// The Go reader knows YAML 1.1 only by that name.
fn version_directive(text: &str) -> Option<Fault> {
    let at = find(text, DIRECTIVE)?;
    let line = text.get(at..)?.lines().next()?;
    let starts_line = at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n');
    let version = line.split_whitespace().nth(1)?;
    (starts_line && version != "1.1").then(|| {
        Fault::new(
            Span::new(at, at + line.trim_end().len()),
            "Compose reads no YAML version but 1.1: leave this line out",
        )
    })
}

/// The keys that a Compose file may have at its top level.
const TOP_LEVEL: &[&str] =
    &["version", "name", "services", "networks", "volumes", "secrets", "configs", "include", "models", "<<"];

/// Keys by which a container is known.
const OF_A_CONTAINER: &[&str] = &["image", "build", "container_name", "deploy", "runtime", "gpus", "extends"];

impl ComposeFile {
    /// Whether it is a Compose file by what is in it: `services` with containers, and nothing at the top level that
    /// Compose does not know; of a broken one, the words. By its name alone it is one as soon as it has `services`.
    pub(super) fn is_compose(&self, by_name: bool, fuel: &Fuel) -> bool {
        let includes = || self.top("include", fuel).is_some_and(|found| found.value.resolve().is_sequence());
        if by_name {
            return self.mappings(fuel).next().is_some() || includes();
        }
        if self.yaml.errors().next().is_some() {
            return self.seems_compose();
        }
        let known = |root: Node<'_>| {
            root.entries().all(|entry| {
                let key = entry.key.str().unwrap_or_default();
                TOP_LEVEL.contains(&key) || key.starts_with("x-")
            })
        };
        self.roots().all(known) && self.has_containers(fuel)
    }

    fn has_containers(&self, fuel: &Fuel) -> bool {
        let is_key = |entry: Entry<'_>| entry.key.str().is_some_and(|key| OF_A_CONTAINER.contains(&key));
        self.services(fuel)
            .all
            .iter()
            .take(64)
            .any(|at| self.node(at.value).resolve().entries().take(64).any(is_key))
    }

    /// Whether each line without indentation begins as one of a Compose file, and some service has an image.
    fn seems_compose(&self) -> bool {
        let mut top = self.text().lines().filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()));
        let known = top.all(|line| {
            let key = line.split(':').next().unwrap_or_default();
            TOP_LEVEL.contains(&key) || key.starts_with("x-")
        });
        let says = |word: &str| holds(self.text(), word);
        let services = says("\nservices:") || self.text().starts_with("services:");
        known && services && (says(" image:") || says(" build:"))
    }
}

/// Whether a scalar is a YAML null.
pub(super) fn is_null(node: Node<'_>) -> bool {
    let plain = node.style() == Some(ScalarStyle::Plain)
        && node.tag().is_none_or(|tag| tag.starts_with('!') && !tag.starts_with("!!"));
    node.is_tagged("null") || (plain && matches!(node.str(), Some("" | "~" | "null" | "Null" | "NULL")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_one_name_the_first_service_of_each_document_counts() {
        let text = "x: &x\n  a: {image: m}\n  b: {image: m}\nservices:\n  <<: *x\n  a: {image: o}\n\
                    ---\nservices:\n  c: {image: q}\n  a: {image: p}\n";
        let file = ComposeFile::read(Source::new("compose.yaml", text.into()), true);
        let fuel = Fuel::new(1000);
        let services = file.services(&fuel);
        let image = |at: &Where| file.node(at.value).resolve().get("image").and_then(Node::str).unwrap_or("");
        assert_eq!(services.all.iter().map(image).collect::<String>(), "omqp");
        let named = |name| {
            let named = services.named(&file, name).iter().filter_map(|named| services.at(*named));
            named.map(|(document, at)| format!("{document}{}", image(&at))).collect::<Vec<_>>()
        };
        assert_eq!(named("a"), ["0o", "1p"]);
        assert_eq!((named("b"), named("c"), named("d")), (vec!["0m".into()], vec!["1q".into()], vec![]));
    }
}
