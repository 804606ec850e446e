//! One text with manifests, read: a file, or a block scalar in one. Gives nodes as Kubernetes takes them: aliases and merge
//! keys followed, the last of two equal keys.

use memchr::memmem;

use super::template::Template;
use crate::container::workload::Citation;
use crate::size::{self, Size};
use crate::syntax::yaml::{
    CollectionLayout, Entry, Fuel, MergedEntry, Node, NodeId, NodeKind, ScalarStyle, Yaml, each_merged,
};
use crate::text::layer::{Encoding, Layer};
use crate::text::place::{Place, shortened};
use crate::text::source::Span;

/// How much the aliases of a text may stand for, beside four times its length: thousands of pods may share lists that are
/// as long as the rest. Kubernetes' own reader refuses such documents as excessive, too.
const MAX_ALIASED: usize = 4 << 20;

/// The text, its template actions and its documents.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) layer: Layer,
    pub(super) template: Template,
    pub(super) yaml: Yaml,
    /// What the values of a chart write, which its user may change.
    pub(super) filled: Vec<Span>,
    /// The alias up to which all of them stand for more than is followed.
    pub(super) excess: Option<NodeId>,
}

/// What a text may come to, as a template is filled in, each way with its documents: the first branches of conditions come
/// first. There is always one.
pub(super) fn readings(text: &str) -> Vec<(Template, Yaml)> {
    let read = |variables| {
        let parse = |template: Template| {
            let yaml = Yaml::parse(template.text(text));
            (template, yaml)
        };
        Template::readings(text, variables).into_iter().map(parse).collect::<Vec<_>>()
    };
    let plain = read(false);
    let variables = text.contains("${") || text.contains("%{");
    // A shell's variables are text, but what is no YAML or takes a line of it is filled in before anybody reads it as such.
    if variables && plain.iter().any(|(template, yaml)| is_filled_in(template.text(text), yaml)) {
        let filled = read(true);
        let broken =
            |readings: &[(Template, Yaml)]| readings.iter().map(|(_, yaml)| errors(yaml)).sum::<usize>();
        if broken(&filled) == 0 || broken(&filled) < broken(&plain) {
            return filled;
        }
    }
    plain
}

/// How many documents cannot be read.
fn errors(yaml: &Yaml) -> usize {
    yaml.documents().iter().filter(|document| document.root.is_err()).count()
}

/// Whether a text with variables is no YAML before they are filled in.
fn is_filled_in(text: &str, yaml: &Yaml) -> bool {
    let is_text = |at: usize| {
        let leaf = yaml.leaf_at(at).map(|leaf| yaml.node(text, leaf).kind());
        matches!(
            leaf,
            Some(NodeKind::Scalar(
                ScalarStyle::Literal
                    | ScalarStyle::Folded
                    | ScalarStyle::DoubleQuoted
                    | ScalarStyle::SingleQuoted
            ))
        )
    };
    let is_line = |at: usize| {
        let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default().trim();
        text.get(start..at).is_some_and(|head| head.trim().is_empty()) && line.ends_with('}') && !is_text(at)
    };
    errors(yaml) > 0 || ["${", "%{"].iter().any(|mark| memmem::find_iter(text.as_bytes(), mark).any(is_line))
}

impl Manifest {
    /// The ways to read a text, see [`readings`]. Documents that cannot be read are errors in [`Manifest::yaml`].
    pub(super) fn readings(layer: &Layer, filled: &[Span]) -> Vec<Self> {
        let text = layer.text();
        let most = text.len().saturating_mul(4).saturating_add(MAX_ALIASED);
        let manifest = |(template, yaml): (Template, Yaml)| {
            let excess = yaml.excess(most);
            Self { layer: layer.clone(), template, yaml, filled: filled.to_vec(), excess }
        };
        readings(text).into_iter().map(manifest).collect()
    }

    /// The first way to read a text.
    pub(super) fn of(layer: Layer) -> Self {
        let first = Self::readings(&layer, &[]).into_iter().next();
        first.unwrap_or_else(|| {
            let yaml = Yaml::parse("");
            Self { layer, template: Template::default(), yaml, filled: Vec::new(), excess: None }
        })
    }

    /// The text that was parsed: that of the layer, with its template actions masked.
    pub(super) fn text(&self) -> &str {
        self.template.text(self.layer.text())
    }

    /// The node of an address.
    pub(super) fn node(&self, id: NodeId) -> Node<'_> {
        self.yaml.node(self.text(), id)
    }

    /// A place in the file.
    pub(super) fn place(&self, span: Span) -> Place {
        self.layer.place(span)
    }

    /// What stands there, template actions as they are written, shortened to one line.
    pub(super) fn line(&self, span: Span) -> String {
        let line = one_line(span.of(self.layer.text()));
        if self.filled.iter().any(|filled| filled.start < span.end && span.start < filled.end) {
            return format!("{line}{}", Citation::OF_VALUES);
        }
        line
    }

    /// A scalar's text; one that a template writes is as it is written there.
    pub(super) fn str<'a>(&'a self, node: Node<'a>) -> Option<&'a str> {
        let text = node.str()?;
        if !self.template.has_actions() || !self.template.touches(node.span()) {
            return Some(text);
        }
        let written = node.span().of(self.layer.text());
        let quotes = matches!(node.style(), Some(ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted));
        Some(if quotes { written.get(1..written.len() - 1).unwrap_or(written) } else { written })
    }

    /// The text of the scalar under a key.
    pub(super) fn text_of<'a>(&'a self, mapping: Node<'a>, key: &str) -> Option<&'a str> {
        get(mapping, key).and_then(|value| self.str(value)).filter(|text| !text.is_empty())
    }

    /// Whether a template writes the node, or a part of it, or text that something else fills in before it is used.
    pub(super) fn is_open(&self, node: Node<'_>) -> bool {
        self.template.touches(node.span()) || node.str().is_some_and(has_variable)
    }

    /// Whether a mapping or list may get more than is written: a template writes lines in its column.
    pub(super) fn may_gain(&self, node: Node<'_>) -> bool {
        if !self.template.has_actions() {
            return false;
        }
        let span = node.span();
        match node.layout() {
            Some(CollectionLayout::Block) => {
                let text = self.text();
                let behind = text.get(span.end..).unwrap_or_default();
                let blank = behind.len() - behind.trim_start().len();
                let start = text.get(..span.start).unwrap_or_default().trim_end().len();
                let mut lines = self.template.inserting(start, span.end + blank, node.column());
                let mut entries = node.entries().peekable();
                let mut above = None;
                lines.any(|action| {
                    while let Some(entry) = entries.next_if(|entry| entry.key.span().start < action.start) {
                        above = Some(entry);
                    }
                    !above.is_some_and(|entry| self.is_of_list(entry, node.column(), action))
                })
            }
            Some(_) => self.template.touches(span),
            None => self.is_open(node),
        }
    }

    /// Whether what an action writes in the column of a key are further items of the list under it, whose dashes stand in
    /// that column too: it names what the key does (`toYaml .Values.extraEnv` below `env`).
    fn is_of_list(&self, entry: Entry<'_>, column: usize, action: Span) -> bool {
        let value = entry.value.resolve();
        let list = value.is_sequence()
            && value.layout() == Some(CollectionLayout::Block)
            && value.column() == column;
        let key = entry.key.str().unwrap_or_default().trim_end_matches('s').to_ascii_lowercase();
        list && !key.is_empty() && action.of(self.layer.text()).to_ascii_lowercase().contains(&key)
    }

    /// Whether the value of an entry may get more than is written, also where nothing is written.
    pub(super) fn value_may_gain(&self, mapping: Node<'_>, entry: Entry<'_>) -> bool {
        if !self.template.has_actions() {
            return false;
        }
        let value = entry.value.resolve();
        if !(value.is_missing() || value.is_mapping() || value.is_sequence()) {
            return self.is_open(value);
        }
        if self.may_gain(value) {
            return true;
        }
        let end = if value.is_missing() { entry.key.span().end } else { value.span().end };
        let behind = self.text().get(end..).unwrap_or_default();
        let behind = behind.strip_prefix(':').unwrap_or(behind);
        let blank = end + 1 + behind.len() - behind.trim_start().len();
        let column = mapping.column();
        let same = usize::from(value.is_missing() || value.is_sequence());
        // A list's dashes may stand in the column of its key, so lines there may belong to it.
        (column + 1 - same..=column + 8).any(|column| self.template.inserts(end, blank, column))
    }

    /// The number of bytes that a quantity under a path asks for.
    pub(super) fn bytes(&self, mapping: Node<'_>, path: &str) -> Option<u64> {
        let node = at(mapping, path).filter(|node| !self.is_open(*node))?;
        quantity(node)?.bytes()
    }

    /// The layer of a literal block scalar; nothing for other nodes.
    pub(super) fn embedded(&self, node: Node<'_>) -> Option<Layer> {
        let block = node.block_scalar().filter(|_| node.kind() == NodeKind::Scalar(ScalarStyle::Literal))?;
        let indent = block.indent?;
        let text = self.layer.text();
        let mut embed = self.layer.embed(Encoding::Indented(" ".repeat(indent)));
        let mut at = block.body.start;
        for line in block.body.of(text).split_inclusive('\n') {
            let blanks = line.bytes().take(indent).take_while(|byte| *byte == b' ').count();
            embed.copy(Span::new(at + blanks, at + line.len()));
            at += line.len();
        }
        Some(embed.finish())
    }
}

/// Whether text has a variable that a shell or a tool fills in: `$GPUS`, `${GPUS}`, `<GPUS>`.
fn has_variable(text: &str) -> bool {
    text.starts_with('$') || text.contains("${") || (text.starts_with('<') && text.ends_with('>'))
}

/// What looking a mapping through may take beside its own length: what is merged into many mappings is looked into for each.
const MOST_MERGED: usize = 1 << 10;

/// The entries of a mapping and, behind them, those of what it merges, which may be overridden.
pub(super) fn entries_with_merged(mapping: Node<'_>) -> Vec<Entry<'_>> {
    let mut found = Vec::new();
    each_merged(mapping, &Fuel::new(mapping.resolve().span().len() + MOST_MERGED), &mut |entry| {
        found.push(Entry { key: entry.key, value: entry.value });
        true
    });
    found
}

/// The entry of a key, also from a merged mapping; of two the last.
pub(super) fn find<'a>(mapping: Node<'a>, key: &str) -> Option<Entry<'a>> {
    let mut found: Option<MergedEntry<'a>> = None;
    each_merged(mapping, &Fuel::new(mapping.resolve().span().len() + MOST_MERGED), &mut |entry| {
        let is_done = found.is_some_and(|found| found.holder != entry.holder);
        if !is_done && entry.key.str() == Some(key) {
            found = Some(entry);
        }
        !is_done
    });
    found.map(|found| Entry { key: found.key, value: found.value })
}

/// The value of a key, with aliases followed.
pub(super) fn get<'a>(mapping: Node<'a>, key: &str) -> Option<Node<'a>> {
    Some(find(mapping, key)?.value.resolve())
}

/// The value at the end of a path of keys.
pub(super) fn at<'a>(mapping: Node<'a>, path: &str) -> Option<Node<'a>> {
    path.split('.').try_fold(mapping.resolve(), get)
}

/// The mappings of a list under a key.
pub(super) fn list<'a>(mapping: Node<'a>, key: &str) -> impl Iterator<Item = Node<'a>> + use<'a> {
    let items = get(mapping, key).into_iter().flat_map(Node::items);
    items.map(Node::resolve).filter(|item| item.is_mapping())
}

/// A scalar read as a quantity.
pub(super) fn quantity(node: Node<'_>) -> Option<Size> {
    let text = node.str()?;
    let style = match node.style()? {
        ScalarStyle::Plain => size::Style::Plain,
        _ => size::Style::Quoted,
    };
    Some(size::kubernetes(text, style, node.tag()))
}

/// Text on one line and not too long for a report.
pub(super) fn one_line(text: &str) -> String {
    shortened(text.split_whitespace())
}
