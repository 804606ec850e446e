//! From places and edits to what annotate-snippets draws: labelled lines, and a fix as a small diff.

use std::ops::Range;

use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level, Origin, Patch, Renderer, Snippet,
};

use super::window::{Mark, Window, columns};
use crate::container::finding::Severity;
use crate::report::style::{Look, clean, wrapped};
use crate::text::edits::{Edit, sorted};
use crate::text::place::Place;
use crate::text::source::{Source, Span};

/// Lines between two marks beyond which nothing between them is looked at.
const GAP: usize = 100;
/// The fewest columns that a label below its mark is given.
const NARROWEST: usize = 24;
/// The longest fix that is shown, in bytes: more is no small diff.
const LONGEST: usize = 16 << 10;

/// A place to show, and what is to be seen there.
pub(crate) struct Label<'a> {
    pub(crate) place: &'a Place,
    /// Empty where the place says enough.
    pub(crate) text: &'a str,
    /// Whether it is the place that is spoken of; others explain it.
    pub(crate) is_primary: bool,
}

/// Draws groups. Their lines come in windows, so that the renderer need cut none.
pub(crate) fn render(groups: &[Group<'_>], look: Look) -> String {
    let renderer = if look.color { Renderer::styled() } else { Renderer::plain() };
    let text = renderer.hyperlink(look.links).term_width(usize::from(u16::MAX)).render(groups);
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines() {
        // Lines behind a place of its own begin with the sign of another file, which has no name.
        let is_nameless = line.trim_end_matches("\x1b[0m").trim_end().ends_with(":::") && !line.contains('|');
        let head = lines.len().checked_sub(2).and_then(|at| lines.get(at));
        match head {
            Some(head) if is_nameless && ["--> ", "::: "].iter().any(|sign| head.contains(sign)) => {}
            Some(_) if is_nameless => lines.push("..."),
            _ => lines.push(line),
        }
    }
    lines.join("\n")
}

/// One place and what is wrong there.
pub(crate) fn problem(place: &Place, message: &str, severity: Severity, look: Look) -> String {
    let title = level(severity).primary_title(lines(message, severity.as_str().len() + 2, look));
    let gutter = gutter(std::iter::once((&*place.source, place.span.start)));
    let label = Label { place, text: "", is_primary: true };
    render(&[title.elements(places(&[label], gutter, look))], look)
}

/// The word that a severity is shown by.
pub(crate) fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    }
}

/// A text in lines of the terminal's width, behind a word of `before` columns.
pub(crate) fn lines(text: &str, before: usize, look: Look) -> String {
    look.wrap(&clean(text), before).join("\n")
}

/// The labelled lines, file by file; that of the first label comes first.
pub(crate) fn places(labels: &[Label<'_>], gutter: usize, look: Look) -> Vec<Element<'static>> {
    let mut elements: Vec<Element<'static>> = Vec::new();
    let mut paths: Vec<&str> = Vec::new();
    for label in labels {
        let path = label.place.path();
        if !paths.contains(&path) {
            paths.push(path);
            let mut here: Vec<&Label<'_>> =
                labels.iter().filter(|label| label.place.path() == path).collect();
            let start = label.place.start();
            let origin = Origin::path(clean(path).into_owned()).line(start.line).char_column(start.column);
            elements.push(origin.into());
            here.sort_by_key(|label| label.place.span);
            let source = &label.place.source;
            let line = |label: &&Label<'_>| source.line(label.place.span.start);
            for near in here.chunk_by(|a, b| line(b) - line(a) <= GAP) {
                elements.push(annotated(source, near, look.width.saturating_sub(gutter + 4)).into());
            }
        }
    }
    elements
}

fn annotated(source: &Source, labels: &[&Label<'_>], width: usize) -> Snippet<'static, Annotation<'static>> {
    let mark = |label: &&Label<'_>| {
        let start = label.place.span.start;
        let line = source.line_span(source.line(start));
        let content = line.start + source.slice(line).trim_end_matches(['\n', '\r']).len();
        let span = Span::new(start.min(content), label.place.span.end.min(content));
        let (marked, text) = (columns(source.slice(span)), columns(label.text) + 1);
        let before = source.slice(Span::new(line.start, span.start));
        // A label that is too long stands below its mark, in lines of at least this many columns.
        let beside =
            text <= NARROWEST || marked + text <= width / 2 || columns(before) + marked + text <= width;
        Mark { span, room: if beside { text } else { NARROWEST.saturating_sub(marked) } }
    };
    let marks: Vec<Mark> = labels.iter().map(mark).collect();
    let window = Window::new(source, &marks, width);
    let annotations = labels.iter().zip(&marks).flat_map(|(label, mark)| {
        let kind = if label.is_primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        let (span, text) = (window.span(mark.span), clean(label.text));
        let line = window.text.get(..span.start).and_then(|text| text.rfind('\n')).map_or(0, |at| at + 1);
        let shown = |range: Range<usize>| columns(window.text.get(range).unwrap_or_default());
        let before = shown(line..span.start);
        let beside = before + shown(span.clone()) + 1 + columns(&text) <= width;
        let lines = if beside { vec![text.into_owned()] } else { below(&text, width.saturating_sub(before)) };
        let label = move |text: String| kind.span(span.clone()).label((!text.is_empty()).then_some(text));
        lines.into_iter().map(label)
    });
    let annotations: Vec<_> = annotations.collect();
    Snippet::source(window.text).line_start(window.first_line).annotations(annotations)
}

/// The lines of a label that is too long to stand beside its mark: at least two, for a single one would be put there.
fn below(text: &str, width: usize) -> Vec<String> {
    let most = columns(text).saturating_sub(1);
    wrapped(text, width.min(most).max(NARROWEST))
}

/// What the edits of a fix change, file by file.
pub(crate) fn fix(edits: &[Edit], home: &str, gutter: usize, look: Look) -> Vec<Element<'static>> {
    let mut edits = edits.to_vec();
    edits.sort_by(|a, b| a.source.path().cmp(b.source.path()));
    let mut elements: Vec<Element<'static>> = Vec::new();
    for edits in edits.chunk_by(|a, b| a.source.path() == b.source.path()) {
        let Some(source) = edits.first().map(|edit| &edit.source) else { continue };
        if source.path() != home {
            elements.push(Origin::path(clean(source.path()).into_owned()).into());
        }
        let edits: Vec<Edit> = sorted(edits.iter().map(whole_lines));
        for near in edits.chunk_by(|a, b| source.line(b.span.start) - source.line(a.span.end) <= 3) {
            let size: usize = near.iter().map(|edit| edit.span.len() + edit.text.len()).sum();
            if size > LONGEST {
                elements.push(Level::NOTE.message("too long to show here; see --diff").into());
                continue;
            }
            let mark = |edit: &Edit| Mark {
                span: edit.span,
                room: edit.text.chars().take_while(|c| *c != '\n').count(),
            };
            let marks: Vec<Mark> = near.iter().map(mark).collect();
            // What is put into a line pushes the rest of it.
            let more = marks.iter().map(|mark| mark.room).max().unwrap_or(0);
            let marks: Vec<Mark> = marks.into_iter().map(|mark| Mark { room: 0, ..mark }).collect();
            let window = Window::new(source, &marks, look.width.saturating_sub(gutter + 4 + more));
            let whole =
                |edit: &Edit| -> Range<usize> { window.at(edit.span.start)..window.at(edit.span.end) };
            let patches: Vec<Patch<'static>> =
                near.iter().map(|edit| Patch::new(whole(edit), edit.text.clone())).collect();
            elements.push(Snippet::source(window.text).line_start(window.first_line).patches(patches).into());
        }
    }
    elements
}

/// An edit that puts lines behind the end of one as one that puts them before the next, which leaves the line itself alone.
fn whole_lines(edit: &Edit) -> Edit {
    let behind = edit.source.slice(Span::new(edit.span.end, edit.span.end + 2));
    let end = ["\r\n", "\n"].into_iter().find(|end| behind.starts_with(end));
    match end.and_then(|end| Some((end, edit.text.strip_prefix(end)?))) {
        Some((end, lines)) if edit.span.is_empty() => {
            Edit { span: Span::at(edit.span.end + end.len()), text: format!("{lines}{end}"), ..edit.clone() }
        }
        _ => edit.clone(),
    }
}

/// The width that line numbers up to those of labels and edits need.
pub(crate) fn gutter<'p>(places: impl Iterator<Item = (&'p Source, usize)>) -> usize {
    let last = places.map(|(source, offset)| source.line(offset) + 1).max().unwrap_or(1);
    last.checked_ilog10().map_or(1, |log| log as usize + 1)
}
