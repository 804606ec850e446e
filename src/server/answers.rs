//! What the server answers: diagnostics, fixes, hovers and hints, from what was found.

use std::collections::HashMap;

use lsp_types::{
    CodeAction, CodeActionKind, CodeDescription, Diagnostic, DiagnosticRelatedInformation,
    DiagnosticSeverity, DiagnosticTag, DocumentChanges, Hover, HoverContents, InlayHint, InlayHintLabel,
    Location, MarkupContent, MarkupKind, NumberOrString, OneOf, OptionalVersionedTextDocumentIdentifier,
    Position, Range, TextDocumentEdit, TextEdit, WorkspaceEdit,
};

use super::convert::{LineTable, uri};
use super::state::Workspace;
use crate::container::finding::{Change, Finding, Safety, Severity};
use crate::lint::check::Listed;
use crate::size::{GIB, human};
use crate::text::edits::{Edit, sorted};
use crate::text::place::Place;
use crate::text::source::Span;

/// The kind of the action that fixes all that is safe in a file.
pub(super) const FIX_ALL: CodeActionKind = CodeActionKind::new("source.fixAll.shmlint");

/// Sizes that are offered beside the recommended one.
const SIZES: [u64; 3] = [4 * GIB, 8 * GIB, 16 * GIB];

impl Workspace {
    /// What is found in a file, as the protocol says it.
    pub(super) fn diagnostics(&mut self, path: &str) -> Vec<Diagnostic> {
        let Some(text) = self.text(path) else { return Vec::new() };
        let lines = LineTable::of(&text, self.encoding);
        let found = self.findings(path);
        found.iter().map(|finding| self.diagnostic(finding, &lines)).collect()
    }

    fn diagnostic(&self, finding: &Finding, lines: &LineTable<'_>) -> Diagnostic {
        let severity = match finding.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Note => DiagnosticSeverity::INFORMATION,
        };
        let related = finding.related.iter().filter_map(|related| {
            Some(DiagnosticRelatedInformation {
                location: self.location(&related.place)?,
                message: related.message.clone(),
            })
        });
        let unused = (finding.rule.code == "SHM901").then(|| vec![DiagnosticTag::UNNECESSARY]);
        Diagnostic {
            range: lines.range(finding.place.span),
            severity: Some(severity),
            code: Some(NumberOrString::String(finding.rule.name.to_owned())),
            code_description: finding.rule.url().parse().ok().map(|href| CodeDescription { href }),
            source: Some("shmlint".into()),
            message: finding.message.clone(),
            related_information: Some(related.collect()),
            tags: unused,
            data: None,
        }
    }

    fn location(&self, place: &Place) -> Option<Location> {
        let text = self.text(place.path())?;
        let range = LineTable::of(&text, self.encoding).range(place.span);
        Some(Location { uri: uri(place.path(), &self.folder)?, range })
    }

    /// The fixes that can be made at a range of a file, and the one for all of it.
    pub(super) fn actions(
        &mut self,
        path: &str,
        range: Range,
        only: Option<&[CodeActionKind]>,
    ) -> Vec<CodeAction> {
        let Some(text) = self.text(path) else { return Vec::new() };
        let span = LineTable::of(&text, self.encoding).span(range);
        let wants = |kind: &CodeActionKind| {
            only.is_none_or(|only| only.iter().any(|wanted| kind.as_str().starts_with(wanted.as_str())))
        };
        let found = self.findings(path);
        let mut actions = Vec::new();
        if wants(&CodeActionKind::QUICKFIX) {
            let here: Vec<&Finding> =
                found.iter().filter(|finding| touches(finding.place.span, span)).collect();
            for finding in &here {
                actions.extend(self.fix(finding, path));
            }
            actions.extend(here.iter().filter_map(|finding| self.other_sizes(finding, path)).flatten());
            for finding in here {
                actions.extend(self.ignore(finding, path));
            }
        }
        if wants(&FIX_ALL) {
            let edits = found
                .iter()
                .filter(|finding| finding.fix.as_ref().is_some_and(|fix| fix.safety == Safety::Safe));
            let edits: Vec<Edit> =
                edits.flat_map(|finding| finding.fix.iter().flat_map(|fix| fix.edits.clone())).collect();
            if !edits.is_empty() {
                let edit = self.edit(&sorted(edits));
                actions.push(CodeAction {
                    title: "Fix all that shmlint can fix safely".into(),
                    kind: Some(FIX_ALL),
                    edit,
                    ..CodeAction::default()
                });
            }
        }
        actions
    }

    /// The action that makes a finding's fix.
    fn fix(&self, finding: &Finding, path: &str) -> Option<CodeAction> {
        let fix = finding.fix.as_ref()?;
        let is_safe = fix.safety == Safety::Safe;
        let note = if is_safe { "" } else { " (may change behaviour)" };
        self.action(format!("{}{note}", sentence(&fix.title)), finding, &fix.edits, path, is_safe)
    }

    /// Actions that set other sizes than the recommended one.
    fn other_sizes(&mut self, finding: &Finding, path: &str) -> Option<Vec<CodeAction>> {
        let Change::SetSize { bytes: recommended, .. } = finding.wanted.as_ref()?.change else { return None };
        let others = SIZES.into_iter().filter(|size| *size != recommended);
        let actions = others.filter_map(|size| {
            let found = self.findings_with(path, |options| {
                options.judge.size = size;
                options.judge.size_is_asked = true;
            });
            let same = found.iter().find(|other| is_same(other, finding))?;
            self.action(
                format!("Give it {} of /dev/shm", human(size)),
                finding,
                &same.fix.as_ref()?.edits,
                path,
                false,
            )
        });
        Some(actions.collect())
    }

    /// The action that hides a finding by a comment.
    fn ignore(&mut self, finding: &Finding, path: &str) -> Option<CodeAction> {
        let found = self.findings_with(path, |options| options.ignore_because = Some("reason".into()));
        let same = found.iter().find(|other| is_same(other, finding))?;
        let title = format!("Ignore {} here with a comment", finding.rule.name);
        self.action(title, finding, &same.fix.as_ref()?.edits, path, false)
    }

    fn action(
        &self,
        title: String,
        finding: &Finding,
        edits: &[Edit],
        path: &str,
        is_preferred: bool,
    ) -> Option<CodeAction> {
        let text = self.text(path)?;
        let lines = LineTable::of(&text, self.encoding);
        Some(CodeAction {
            title,
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: Some(vec![self.diagnostic(finding, &lines)]),
            edit: Some(self.edit(edits)?),
            is_preferred: is_preferred.then_some(true),
            ..CodeAction::default()
        })
    }

    /// Edits as the protocol says them, each file with the version that they were made for.
    fn edit(&self, edits: &[Edit]) -> Option<WorkspaceEdit> {
        let mut files: HashMap<&str, Vec<&Edit>> = HashMap::new();
        for edit in edits {
            files.entry(edit.source.path()).or_default().push(edit);
        }
        let mut changes = Vec::new();
        for (path, edits) in files {
            let text = self.text(path)?;
            let lines = LineTable::of(&text, self.encoding);
            let document = self.open.get(path);
            let address =
                document.map_or_else(|| uri(path, &self.folder), |document| Some(document.uri.clone()))?;
            let edits = edits.iter().map(|edit| {
                OneOf::Left(TextEdit { range: lines.range(edit.span), new_text: edit.text.clone() })
            });
            changes.push(TextDocumentEdit {
                text_document: OptionalVersionedTextDocumentIdentifier {
                    uri: address,
                    version: document.map(|document| document.version),
                },
                edits: edits.collect(),
            });
        }
        Some(WorkspaceEdit {
            document_changes: Some(DocumentChanges::Edits(changes)),
            ..WorkspaceEdit::default()
        })
    }

    /// What is to be said of a place: of the finding there, or of the container or setting.
    pub(super) fn hover(&mut self, path: &str, position: Position) -> Option<Hover> {
        let text = self.text(path)?;
        let lines = LineTable::of(&text, self.encoding);
        let at = Span::at(lines.offset(position));
        let found = self.findings(path);
        let mut parts: Vec<String> =
            found.iter().filter(|finding| touches(finding.place.span, at)).map(explained).collect();
        parts.extend(self.containers(path, |listed| {
            let workload = &listed.workload;
            let settings = workload.settings.iter().map(|setting| &setting.place);
            let places = settings.chain([&workload.place]);
            let mut places = places.filter(|place| place.path() == path);
            places.any(|place| touches(place.span, at)).then(|| described(listed))
        }));
        if parts.is_empty() {
            return None;
        }
        let value = parts.join("\n\n---\n\n");
        let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value });
        Some(Hover { contents, range: None })
    }

    /// The effective `/dev/shm` behind each container with an accelerator, where that is asked for.
    pub(super) fn hints(&mut self, path: &str, range: Range) -> Vec<InlayHint> {
        if !self.preferences.inlay_hints {
            return Vec::new();
        }
        let Some(text) = self.text(path) else { return Vec::new() };
        let lines = LineTable::of(&text, self.encoding);
        let wanted = lines.span(range);
        self.containers(path, |listed| {
            let workload = &listed.workload;
            let end = line_end(&text, workload.place.span.start);
            let is_meant = workload.gpu.is_yes() && touches(Span::at(end), wanted);
            is_meant.then(|| InlayHint {
                position: lines.position(end),
                label: InlayHintLabel::String(format!("/dev/shm {}", size(listed))),
                kind: None,
                text_edits: None,
                tooltip: None,
                padding_left: Some(true),
                padding_right: None,
                data: None,
            })
        })
    }
}

/// Whether two spans meet; the ends count.
fn touches(one: Span, other: Span) -> bool {
    one.start <= other.end && other.start <= one.end
}

/// Whether two findings say the same of one place.
fn is_same(one: &Finding, other: &Finding) -> bool {
    one.rule.code == other.rule.code && one.place.span == other.place.span
}

/// An order as a title: with a capital letter.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn line_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.find(['\r', '\n']).unwrap_or(rest.len())
}

fn explained(finding: &Finding) -> String {
    let rule = finding.rule;
    format!("**[{}]({})** {}\n\n{}", rule.name, rule.url(), finding.message, finding.help)
}

/// How large the container's `/dev/shm` is, in words.
fn size(listed: &Listed) -> String {
    let shm = &listed.workload.shm;
    match shm.bytes() {
        Some(bytes) => format!("{} ({})", human(bytes), shm.as_str()),
        None => shm.as_str().to_owned(),
    }
}

fn described(listed: &Listed) -> String {
    let title = listed.workload.title();
    let bytes = listed.workload.shm.bytes().map_or(String::new(), |bytes| format!(" = {bytes} bytes"));
    format!("**{title}**: /dev/shm {}{bytes}. {}.", size(listed), sentence(&listed.why))
}
