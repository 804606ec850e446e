//! Text with template actions (Helm's `{{ }}`, Jinja's `{% %}` and `{# #}`, `${ }` of envsubst and Terraform), made readable
//! as YAML at the same length.
//!
//! Nothing is evaluated. What an action may write stays open: readers ask whether a node holds an action, whether an
//! action may add keys to a mapping, and whether a line stands inside a condition. Where a condition has several branches
//! there is a reading of the text with each of them, and what is only defined here is read by itself.

use crate::syntax::actions::{Action, Sort, actions};
use crate::text::source::Span;

/// The template actions of one text, and the text without them.
#[derive(Clone, Debug, Default)]
pub(super) struct Template {
    /// As long as the text; nothing where the text has no action.
    masked: Option<String>,
    /// In the order of the text.
    actions: Vec<Action>,
    blocks: Vec<TemplateBlock>,
    /// From which offset on which block is the innermost one.
    steps: Vec<(usize, Option<usize>)>,
}

/// A block, or one branch of it.
#[derive(Clone, Debug)]
struct TemplateBlock {
    sort: Sort,
    outer: Option<usize>,
    /// Which branch of its condition it is, from 0.
    branch: usize,
    /// Whether another branch follows.
    goes_on: bool,
    /// From behind the action that begins it up to the one that ends it.
    body: Span,
    /// The action that begins it.
    opening: Span,
}

/// Blocks nest no deeper than this in anything that people write.
const DEEPEST: usize = 64;

/// So many branches of one condition are read.
const MOST_BRANCHES: usize = 4;

impl Template {
    /// The readings of a text: one where it has no conditions with branches and defines nothing, else one with the first
    /// branch of each condition, one with the second (the last, where there are fewer) and so on; and as many of what it
    /// defines. `variables` says whether `${ }` is an action. Takes linear time; a text without actions is only searched.
    pub(super) fn readings(text: &str, variables: bool) -> Vec<Self> {
        let actions = actions(text, variables);
        if actions.is_empty() {
            return vec![Self::default()];
        }
        let mut template = Self { actions, ..Self::default() };
        template.find_blocks(text.len());
        let branches =
            template.blocks.iter().filter(|block| block.has_lines(text)).map(|block| block.branch + 1);
        let branches = branches.max().unwrap_or(1).min(MOST_BRANCHES);
        let defines =
            template.blocks.iter().any(|block| block.sort == Sort::Defined && block.has_lines(text));
        let parts = if defines { &[false, true][..] } else { &[false] };
        let readings = parts.iter().flat_map(|part| (0..branches).map(move |branch| (*part, branch)));
        readings
            .map(|(defined, branch)| {
                let mut reading = template.clone();
                reading.mask(text, branch, defined);
                reading
            })
            .collect()
    }

    /// The actions of a text, but for variables.
    pub(super) fn actions_of(text: &str) -> Vec<Action> {
        actions(text, false)
    }

    /// The text to read as YAML: `text` is what this was made of.
    pub(super) fn text<'t>(&'t self, text: &'t str) -> &'t str {
        self.masked.as_deref().unwrap_or(text)
    }

    /// Whether there are any actions.
    pub(super) fn has_actions(&self) -> bool {
        !self.actions.is_empty()
    }

    /// Whether an action stands inside of a span, or the other way round.
    pub(super) fn touches(&self, span: Span) -> bool {
        self.first_behind(span.start).is_some_and(|action| action.span.start < span.end.max(span.start + 1))
    }

    /// Whether an action between `from` and `to` writes lines in this column.
    pub(super) fn inserts(&self, from: usize, to: usize, column: usize) -> bool {
        self.inserting(from, to, column).next().is_some()
    }

    /// The actions between `from` and `to` that write lines in this column.
    pub(super) fn inserting(&self, from: usize, to: usize, column: usize) -> impl Iterator<Item = Span> {
        let first = self.actions.partition_point(|action| action.span.end <= from);
        let behind = self.actions.get(first..).unwrap_or_default();
        let within = behind.iter().take_while(move |action| action.span.start < to);
        within.filter(move |action| action.inserts == Some(column)).map(|action| action.span)
    }

    /// Whether what stands at `at` may be left out or repeated while what stands at `base` is written.
    pub(super) fn is_conditional(&self, at: usize, base: usize) -> bool {
        if self.blocks.is_empty() {
            return false;
        }
        let around: Vec<usize> = self.blocks_at(base).collect();
        let mut conditions = self.blocks_at(at).filter(|index| {
            self.blocks.get(*index).is_some_and(|block| block.sort == Sort::Condition)
                && !around.contains(index)
        });
        conditions.next().is_some()
    }

    /// Whether something new at `at` is written whenever what stands at `base` is, and stays next to what stands before it.
    pub(super) fn is_literal_spot(&self, text: &str, at: usize, base: usize) -> bool {
        if self.actions.is_empty() {
            return true;
        }
        let behind = self.text(text).get(at..).unwrap_or_default();
        let next = at + (behind.len() - behind.trim_start().len());
        let first = self.actions.partition_point(|action| action.span.end <= at);
        let between = self.actions.get(first..).unwrap_or_default();
        let writes = between
            .iter()
            .take_while(|action| action.span.start < next)
            .any(|action| action.sort == Sort::Value || action.span.start < at);
        !writes && self.block_at(at).is_none_or(|block| self.blocks_at(base).any(|around| around == block))
    }

    /// The blocks around `at`, the innermost first.
    fn blocks_at(&self, at: usize) -> impl Iterator<Item = usize> {
        let outer = |block: &usize| self.blocks.get(*block)?.outer;
        std::iter::successors(self.block_at(at), outer).take(DEEPEST)
    }

    /// The first action that ends behind `at`.
    fn first_behind(&self, at: usize) -> Option<&Action> {
        self.actions.get(self.actions.partition_point(|action| action.span.end <= at))
    }

    fn block_at(&self, at: usize) -> Option<usize> {
        let behind = self.steps.partition_point(|(from, _)| *from <= at);
        self.steps.get(behind.checked_sub(1)?)?.1
    }

    fn find_blocks(&mut self, end: usize) {
        let mut open: Vec<usize> = Vec::new();
        for action in &self.actions {
            let begins = match action.sort {
                Sort::Condition | Sort::Named | Sort::Defined => Some((action.sort, 0)),
                Sort::Else => Some((Sort::Condition, 0)),
                Sort::End => None,
                Sort::Value | Sort::Silent => continue,
            };
            let mut begins = begins;
            if matches!(action.sort, Sort::Else | Sort::End)
                && let Some(closed) = open.pop().and_then(|block| self.blocks.get_mut(block))
            {
                closed.body.end = action.span.start;
                closed.goes_on = action.sort == Sort::Else;
                begins = begins.map(|_| (closed.sort, closed.branch + 1));
            }
            if let Some((sort, branch)) = begins {
                let outer = open.last().copied();
                open.push(self.blocks.len());
                let body = Span::new(action.span.end, end);
                self.blocks.push(TemplateBlock {
                    sort,
                    outer,
                    branch,
                    goes_on: false,
                    body,
                    opening: action.span,
                });
            }
            self.steps.push((action.span.end, open.last().copied()));
        }
    }

    /// The stretches that a reading leaves out: the branches that it does not take, and what is defined here or all that is
    /// not.
    fn left_out(&self, text: &str, branch: usize, defined: bool) -> Vec<Span> {
        let mut out = Vec::new();
        for block in self.blocks.iter().filter(|block| block.has_lines(text) && block.sort == Sort::Condition)
        {
            if block.branch > branch || (block.branch < branch && block.goes_on) {
                out.push(block.body);
            }
        }
        let bodies = self.blocks.iter().filter(|block| block.sort == Sort::Defined && block.has_lines(text));
        let mut from = 0;
        for block in bodies.filter(|block| block.outer.is_none()) {
            if defined {
                out.push(Span::new(from, block.body.start));
            } else {
                out.push(block.body);
            }
            from = block.body.end;
        }
        if defined {
            out.push(Span::new(from, text.len()));
        }
        // A definition on one line is no text of this file.
        let short = self.blocks.iter().filter(|block| block.sort == Sort::Defined && !block.has_lines(text));
        out.extend(short.map(|block| block.opening.join(block.body)));
        out
    }

    /// Makes the readable text: lines that hold nothing but actions become blank, an action beside other text becomes a
    /// plain word.
    fn mask(&mut self, text: &str, branch: usize, defined: bool) {
        let mut bytes = text.as_bytes().to_vec();
        let mut fill = |from: usize, to: usize, byte: u8| {
            if let Some(range) = bytes.get_mut(from..to) {
                range.fill(byte);
            }
        };
        let mut from = 0;
        while from < self.actions.len() {
            let group = same_line(text, self.actions.get(from..).unwrap_or_default());
            let actions = self.actions.get_mut(from..from + group).unwrap_or_default();
            from += group.max(1);
            let (Some(first), Some(last)) = (actions.first(), actions.last()) else { continue };
            let line =
                text.get(..first.span.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
            let (start, end) = (first.span.start, last.span.end);
            let line_end = text.get(end..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| end + at);
            let tail = text.get(end..line_end).unwrap_or_default().trim();
            let alone = text.get(line..start).is_some_and(|head| head.trim().is_empty())
                && (tail.is_empty() || tail.starts_with('#'))
                && gaps(text, actions).all(|gap| gap.trim().is_empty());
            if alone {
                for action in actions.iter_mut().filter(|action| action.sort == Sort::Value) {
                    action.inserts =
                        Some(indent_of(action.span.of(text)).unwrap_or(action.span.start - line));
                }
                // Blanks before a line end could belong to a block scalar, and be too many for it.
                let line_end = if text.get(..line_end).is_some_and(|it| it.ends_with('\r')) {
                    line_end - 1
                } else {
                    line_end
                };
                fill(line, line_end.max(end), b'\n');
                continue;
            }
            let silent = |action: &&mut Action| action.sort != Sort::Value;
            let leading = if text.get(line..start).is_some_and(|head| head.trim().is_empty()) {
                actions.iter_mut().take_while(silent).count()
            } else {
                0
            };
            let trailing =
                if tail.is_empty() { actions.iter_mut().rev().take_while(silent).count() } else { 0 };
            let count = actions.len();
            for (at, action) in actions.iter().enumerate() {
                let blank = action.sort == Sort::Silent || at < leading || at + trailing >= count;
                fill(action.span.start, action.span.end, if blank { b' ' } else { b'x' });
            }
        }
        let out = self.left_out(text, branch, defined);
        for out in &out {
            fill(out.start, out.end, b'\n');
        }
        if defined {
            // What is defined apart is a document of its own.
            let tops =
                self.blocks.iter().filter(|block| block.sort == Sort::Defined && block.outer.is_none());
            for at in tops.filter(|block| block.has_lines(text)).map(|block| block.opening.start) {
                let line = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
                fill(line, line + 3, b'-');
            }
        }
        if !out.is_empty() {
            let is_out = |action: &Action| out.iter().any(|out| out.contains(action.span));
            self.actions.retain(|action| !is_out(action));
        }
        self.masked = String::from_utf8(bytes).ok();
    }
}

impl TemplateBlock {
    /// Whether its body goes over lines: what stands within one line is a part of a value.
    fn has_lines(&self, text: &str) -> bool {
        self.body.of(text).contains('\n')
    }
}

/// How many of the actions, from the first, stand on one line (or on lines that actions themselves join).
fn same_line(text: &str, actions: &[Action]) -> usize {
    let breaks = |pair: &[Action]| match pair {
        [one, two] => text.get(one.span.end..two.span.start).is_none_or(|gap| gap.contains('\n')),
        _ => true,
    };
    actions.windows(2).take_while(|pair| !breaks(pair)).count() + 1
}

/// What stands between actions of one line.
fn gaps<'t>(text: &'t str, actions: &[Action]) -> impl Iterator<Item = &'t str> {
    actions.windows(2).filter_map(move |pair| match pair {
        [one, two] => text.get(one.span.end..two.span.start),
        _ => None,
    })
}

/// The number behind the last `indent` or `nindent` of an action.
fn indent_of(action: &str) -> Option<usize> {
    let (_, behind) = action.rsplit_once("indent")?;
    let digits: String =
        behind.trim_start_matches([' ', '(']).chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests;
