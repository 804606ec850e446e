//! What a chart's own `values.yaml` writes into its templates: the text that Helm makes unless the chart's user says otherwise.
//!
//! Only plain uses of values are filled in: `{{ .Values.image }}`, `toYaml .Values.resources | nindent 12`, and conditions that
//! a value fulfils. What the values leave empty stays open but for lists: a chart that lists no volumes has none.

use std::sync::Arc;

use super::manifest::{Manifest, get};
use super::template::Template;
use super::words;
use crate::syntax::actions::{Action, Sort};
use crate::syntax::yaml::{CollectionLayout, Node};
use crate::text::files::Files;
use crate::text::layer::{Encoding, Layer};
use crate::text::source::{Source, Span};

/// The values of the chart that a template is a part of.
pub(super) fn values(files: &dyn Files, path: &str) -> Option<Arc<Source>> {
    const FOLDER: &str = "templates/";
    let starts = |at: usize| at == 0 || path.as_bytes().get(at - 1) == Some(&b'/');
    let at = path.match_indices(FOLDER).map(|(at, _)| at).find(|at| starts(*at))?;
    let chart = path.get(..at)?;
    let beside = files.beside(&format!("{chart}values.yaml"));
    let has = |name: &str| beside.binary_search_by(|other| other.as_str().cmp(name)).is_ok();
    let depth = path.get(at..)?.matches('/').count();
    (has("Chart.yaml") && has("values.yaml"))
        .then(|| files.read_reference(path, &format!("{}values.yaml", "../".repeat(depth))).ok())?
}

/// Whether a template or the values of its chart speak of a GPU or of `/dev/shm`.
pub(super) fn is_of_interest(text: &str, values: Option<&Source>) -> bool {
    words::speaks_of_us(text) || values.is_some_and(|values| words::speaks_of_us(values.text()))
}

/// The text of a template with what the chart's values write, and where in it that is.
pub(super) fn filled(layer: &Layer, values: &Arc<Source>) -> Option<(Layer, Vec<Span>)> {
    let text = layer.text();
    let values = Manifest::of(Layer::file(Arc::clone(values)));
    let root = values.yaml.root(values.text()).filter(|_| values.excess.is_none())?;
    let mut fill = Fill { text, values: values.text(), root, scopes: Vec::new(), out: Vec::new() };
    for action in Template::actions_of(text) {
        fill.action(action);
    }
    if fill.out.is_empty() {
        return None;
    }
    let mut embed = layer.embed(Encoding::Verbatim);
    let mut written = Vec::new();
    let (mut from, mut length) = (0, 0);
    for WrittenLine { span, action, new } in fill.out {
        embed.copy(Span::new(from, span.start));
        length += span.start.saturating_sub(from);
        if !new.is_empty() {
            embed.replace(action, &new);
            written.push(Span::new(length, length + new.len()));
            length += new.len();
        }
        from = span.end;
    }
    embed.copy(Span::new(from, text.len()));
    Some((embed.finish(), written))
}

/// A block that is open.
struct TemplateScope<'v> {
    /// What `.` is there.
    dot: Option<Node<'v>>,
    /// Whether the values say that its first branch is written.
    decided: bool,
    /// Where something begins that they leave out.
    skips: Option<usize>,
}

/// What stands in place of an action.
struct WrittenLine {
    /// All that goes: the action and the blanks that it takes away.
    span: Span,
    action: Span,
    new: String,
}

struct Fill<'t, 'v> {
    text: &'t str,
    /// The text of the values.
    values: &'v str,
    root: Node<'v>,
    scopes: Vec<TemplateScope<'v>>,
    /// In the order of the text.
    out: Vec<WrittenLine>,
}

impl<'v> Fill<'_, 'v> {
    fn action(&mut self, action: Action) {
        let inner = action.span.of(self.text).trim_start_matches('{').trim_end_matches('}');
        let words: Vec<&str> = inner.trim_matches('-').split_whitespace().collect();
        let skipping = self.scopes.iter().any(|scope| scope.skips.is_some());
        let dot = self.scopes.last().and_then(|scope| scope.dot);
        match action.sort {
            Sort::Condition => {
                let value = match words.as_slice() {
                    ["with" | "if", path] => self.value(path),
                    _ => None,
                };
                let with = words.first() == Some(&"with");
                let decided = !skipping && value.is_some_and(is_true);
                // A list without items: nothing is written.
                let none =
                    !skipping && with && value.is_some_and(|value| value.is_sequence() && is_empty(value));
                let dot = match words.first() {
                    Some(&"with") => value,
                    Some(&"if") => dot,
                    _ => None,
                };
                if decided {
                    self.put(action.span, String::new());
                }
                let skips = none.then_some(self.trimmed(action.span).start);
                self.scopes.push(TemplateScope { dot, decided, skips });
            }
            Sort::Named | Sort::Defined => {
                self.scopes.push(TemplateScope { dot: None, decided: false, skips: None })
            }
            Sort::Else => {
                let start = self.trimmed(action.span).start;
                let outer = self.scopes.iter().rev().nth(1).and_then(|scope| scope.dot);
                if let Some(scope) = self.scopes.last_mut() {
                    scope.dot = outer;
                    if scope.decided {
                        scope.skips.get_or_insert(start);
                    } else if scope.skips.is_some() {
                        // The other branch of an empty list is rare enough to stay open.
                        scope.skips = None;
                    }
                }
            }
            Sort::End => {
                let Some(scope) = self.scopes.pop() else { return };
                let outside = !self.scopes.iter().any(|scope| scope.skips.is_some());
                match scope.skips {
                    Some(start) if outside => self.put(Span::new(start, action.span.end), String::new()),
                    None if scope.decided => self.put(action.span, String::new()),
                    _ => {}
                }
            }
            Sort::Value if !skipping => {
                if let Some(new) = self.written(inner.trim_matches('-').trim()) {
                    self.put(action.span, new);
                }
            }
            Sort::Value | Sort::Silent => {}
        }
    }

    /// The value at a path: `.Values.a.b`, `$.Values.a`, `.` and what is in it.
    fn value(&self, path: &str) -> Option<Node<'v>> {
        let path = path.strip_prefix('$').unwrap_or(path);
        let (from, path) = match path.strip_prefix(".Values") {
            Some(rest) if rest.is_empty() || rest.starts_with('.') => (self.root, rest),
            _ => (self.scopes.last()?.dot?, path),
        };
        let mut keys =
            path.strip_prefix('.').filter(|keys| !keys.is_empty()).into_iter().flat_map(|it| it.split('.'));
        if !path.is_empty() && !path.starts_with('.') {
            return None;
        }
        keys.try_fold(from.resolve(), get)
    }

    /// What an action writes.
    fn written(&self, action: &str) -> Option<String> {
        let mut parts = action.split('|').map(str::trim);
        let first = parts.next()?;
        let (yaml, path) = match first.strip_prefix("toYaml ") {
            Some(path) => (true, path.trim()),
            None => (false, first),
        };
        let node = self.value(path)?;
        let mut new = if node.is_sequence() && is_empty(node) {
            String::new()
        } else if is_empty(node) {
            // What a user may fill in is open.
            parts.clone().next().and_then(|filter| filter.strip_prefix("default ")).and_then(literal)?
        } else {
            text(self.values, node, yaml || parts.clone().next() == Some("toYaml"))?
        };
        for filter in parts {
            let (name, argument) = filter.split_once(' ').unwrap_or((filter, ""));
            new = match name {
                "default" | "toYaml" | "int" | "int64" | "toString" => new,
                "quote" => format!("\"{new}\""),
                "squote" => format!("'{new}'"),
                "indent" | "nindent" => {
                    let blanks = " ".repeat(argument.trim().parse().ok().filter(|blanks| *blanks < 200)?);
                    let lines: Vec<String> = new.lines().map(|line| format!("{blanks}{line}")).collect();
                    let start = if name == "nindent" && !new.is_empty() { "\n" } else { "" };
                    format!("{start}{}", lines.join("\n"))
                }
                _ => return None,
            };
        }
        Some(new)
    }

    fn put(&mut self, action: Span, new: String) {
        let span = self.trimmed(action);
        let from = self.out.last().map_or(0, |last| last.span.end);
        self.out.push(WrittenLine { span: Span::new(span.start.max(from), span.end), action, new });
    }

    /// An action with the blanks that its dashes take away.
    fn trimmed(&self, span: Span) -> Span {
        let written = span.of(self.text);
        let (mut start, mut end) = (span.start, span.end);
        if written.starts_with("{{-") {
            start = self.text.get(..start).unwrap_or_default().trim_end().len();
        }
        if written.ends_with("-}}") {
            let behind = self.text.get(end..).unwrap_or_default();
            end += behind.len() - behind.trim_start().len();
        }
        Span::new(start, end)
    }
}

/// A string or number as a template writes it.
fn literal(word: &str) -> Option<String> {
    let word = word.trim();
    let inner = word.strip_prefix('"').and_then(|word| word.strip_suffix('"'));
    let plain = || word.bytes().all(|byte| byte.is_ascii_alphanumeric()).then_some(word);
    inner.filter(|inner| !inner.contains(['"', '\\'])).or_else(plain).map(str::to_owned)
}

fn is_empty(node: Node<'_>) -> bool {
    match node.str() {
        Some(text) => matches!(text, "" | "null" | "~"),
        None => node.entries().next().is_none() && node.items().next().is_none(),
    }
}

/// Whether a template takes a value for true.
fn is_true(node: Node<'_>) -> bool {
    !is_empty(node) && !matches!(node.str(), Some("false" | "0"))
}

/// A value as a template writes it: YAML as it stands in the values, without its indent there.
fn text(values: &str, node: Node<'_>, yaml: bool) -> Option<String> {
    if let Some(text) = node.str().filter(|text| !yaml && !text.contains('\n')) {
        return (!text.contains("{{")).then(|| text.to_owned());
    }
    let written = node.span().of(values);
    // What stands elsewhere in the values cannot be taken along.
    if ["{{", " *", " &", "<<"].iter().any(|mark| written.contains(mark)) {
        return None;
    }
    let column = if node.layout() == Some(CollectionLayout::Block) { node.column() } else { 0 };
    let line = |line: &str| {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        line.get(blanks.min(column)..).unwrap_or_default().trim_end().to_owned()
    };
    let lines: Vec<String> = written.lines().map(line).collect();
    Some(lines.join("\n").trim_end().to_owned())
}
