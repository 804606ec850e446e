//! Comments that hide nothing: what is said of them (SHM901), and how they are taken out.

use super::comment::{Comment, CommentContent, Name};
use super::{At, Ignores, is_notebook};
use crate::container::finding::{Finding, Fix, Rule, Severity};
use crate::rules::options::JudgeOptions;
use crate::rules::unused_ignore;
use crate::text::edits::Edit;
use crate::text::place::Place;
use crate::text::source::Span;

impl Comment {
    /// The names that it holds.
    pub(super) fn names(&self) -> &[Name] {
        if let CommentContent::Ignore { names, .. } = &self.says { names } else { &[] }
    }
}

impl Ignores {
    /// What is said of the file's comments, with fixes where they were proven.
    pub fn unused(&mut self, options: &JudgeOptions) -> Vec<Finding> {
        let Some(rule) = unused_ignore::rule(options) else { return Vec::new() };
        let Some(own) = self.file.get(rule.0.code).copied() else { return self.told(rule) };
        // One that silences this very rule is of use if there is something to silence.
        self.set(own, true);
        if self.told(rule).is_empty() {
            self.set(own, false);
            return self.told(rule);
        }
        Vec::new()
    }

    /// The edits that take out everything that can go.
    pub fn removals(&self) -> Vec<Edit> {
        let removals = self.comments.iter().enumerate().flat_map(|(index, comment)| {
            let gone = self.gone(index, comment);
            if gone.iter().all(|gone| *gone) && !gone.is_empty() {
                return vec![self.without(comment)];
            }
            let names = gone.iter().enumerate().filter(|(_, gone)| **gone);
            names.filter_map(|(nth, _)| self.without_name(comment, &gone, nth)).collect()
        });
        removals.collect()
    }

    /// Remembers whether the removals were proven to change nothing.
    pub fn set_removable(&mut self, removable: bool) {
        self.removable = removable;
    }

    pub(super) fn set(&mut self, (comment, name): At, used: bool) {
        if let Some(slot) = self.used.get_mut(comment).and_then(|names| names.get_mut(name)) {
            *slot = used;
        }
    }

    /// For each name of a comment whether it can go: it hides nothing, and it is not a mistyped one whose meaning is plain.
    fn gone(&self, index: usize, comment: &Comment) -> Vec<bool> {
        let used = self.used.get(index).map(Vec::as_slice).unwrap_or_default();
        let gone = comment.names().iter().zip(used).map(|(name, used)| match &name.rule {
            _ if comment.is_example => false,
            Ok(_) => !used,
            Err((_, near)) => near.is_none(),
        });
        gone.collect()
    }

    fn told(&self, rule: (&'static Rule, Severity)) -> Vec<Finding> {
        let mut out = Vec::new();
        for (index, comment) in self.comments.iter().enumerate() {
            let gone = self.gone(index, comment);
            match &comment.says {
                _ if comment.is_example => {}
                CommentContent::Mistake(told) => {
                    out.push(unused_ignore::finding(rule, self.place(comment.span), told.clone(), None));
                }
                CommentContent::Ignore { names, .. } if gone.iter().all(|gone| *gone) => {
                    let fix = self.proven("remove the comment", Some(self.without(comment)));
                    let message = useless(names);
                    out.push(unused_ignore::finding(rule, self.place(comment.span), message, fix));
                }
                CommentContent::Ignore { names, .. } => {
                    out.extend(names.iter().enumerate().filter_map(|(nth, name)| {
                        let (message, fix) = self.told_of_name(comment, &gone, nth, name)?;
                        Some(unused_ignore::finding(rule, self.place(name.span), message, fix))
                    }));
                }
            }
        }
        out
    }

    /// What is said of one name in a comment that stays, if anything is.
    fn told_of_name(
        &self,
        comment: &Comment,
        gone: &[bool],
        nth: usize,
        name: &Name,
    ) -> Option<(String, Option<Fix>)> {
        match &name.rule {
            Err((told, Some(near))) => {
                let edit = Edit::replacement(&self.source, name.span, *near);
                Some((told.clone(), Some(Fix::with_unsafe_effects(format!("write '{near}'"), vec![edit]))))
            }
            _ if gone.get(nth).copied().unwrap_or(false) => {
                let fix = self.proven("remove the rule", self.without_name(comment, gone, nth));
                Some((useless(std::slice::from_ref(name)), fix))
            }
            _ => None,
        }
    }

    fn place(&self, span: Span) -> Place {
        Place::new(&self.source, span)
    }

    fn proven(&self, title: &str, edit: Option<Edit>) -> Option<Fix> {
        edit.filter(|_| self.removable).map(|edit| Fix::safe(title, vec![edit]))
    }

    /// Takes the comment out, with its line where nothing else stands there, else with the blanks before it.
    fn without(&self, comment: &Comment) -> Edit {
        let text = self.source.text();
        let span = if comment.alone && !is_notebook(self.path()) {
            let (start, end) = self.lines.span(self.lines.line(comment.span.start), text.len());
            let behind = text.get(comment.span.end..end).unwrap_or_default();
            // An HTML comment may have text behind it.
            if behind.trim().is_empty() { Span::new(start, end) } else { comment.span }
        } else {
            let before = text.get(..comment.span.start).unwrap_or_default();
            let line = before.rfind('\n').map_or(0, |newline| newline + 1);
            Span::new(line.max(before.trim_end_matches([' ', '\t']).len()), comment.span.end)
        };
        Edit::deletion(&self.source, span)
    }

    /// Takes one name out of a list that keeps others, with the comma that it no longer needs.
    fn without_name(&self, comment: &Comment, gone: &[bool], nth: usize) -> Option<Edit> {
        let names = comment.names();
        let name = names.get(nth)?.span;
        let first_kept = gone.iter().position(|gone| !gone)?;
        let span = if first_kept < nth {
            Span::new(names.get(nth.checked_sub(1)?)?.span.end, name.end)
        } else {
            Span::new(name.start, names.get(nth + 1)?.span.start)
        };
        Some(Edit::deletion(&self.source, span))
    }
}

/// What is said of names that hide nothing.
fn useless(names: &[Name]) -> String {
    let unknown = names.iter().find_map(|name| name.rule.as_ref().err());
    if let Some((told, _)) = unknown {
        return told.clone();
    }
    let rules: Vec<&str> = names.iter().filter_map(|name| Some(name.rule.as_ref().ok()?.name)).collect();
    format!("unused ignore: there is no {} finding here", rules.join(" or "))
}
