//! The report for people: each finding with its places in the source, what to do about it, and the fix as a small diff.

mod frame;
mod patch;
mod row;
pub mod summary;

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::View;
use super::style::{Style, clean};
use crate::container::finding::{Finding, Fix, Safety};
use frame::Label;

/// Writes the report.
pub fn write(out: &mut dyn Write, view: &View<'_>) -> io::Result<()> {
    if view.statistics {
        summary::statistics(out, view)?;
    } else {
        let mut report = Human { view, explained: HashSet::new() };
        for group in groups(&view.report.findings) {
            report.write_group(out, &group)?;
        }
    }
    if view.quiet { Ok(()) } else { writeln!(out, "{}", summary::line(view)) }
}

/// Findings that one fix mends stand together, where the first of them stands.
fn groups(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut of_fix = HashMap::new();
    for finding in findings {
        let Some(fix) = &finding.fix else {
            groups.push(vec![finding]);
            continue;
        };
        let index = *of_fix.entry(patch::identity(&fix.edits)).or_insert(groups.len());
        match groups.get_mut(index) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

/// A report under way.
struct Human<'a> {
    view: &'a View<'a>,
    /// Rules whose page was pointed to; once is enough.
    explained: HashSet<&'static str>,
}

impl Human<'_> {
    fn write_group(&mut self, out: &mut dyn Write, group: &[&Finding]) -> io::Result<()> {
        let fix = group.first().and_then(|finding| finding.fix.as_ref());
        let labels: Vec<Vec<Label<'_>>> = group.iter().map(|finding| labels(finding)).collect();
        let widths = labels.iter().map(|labels| frame::gutter(labels));
        let gutter = widths.chain(fix.map(|fix| patch::gutter(&fix.edits))).max().unwrap_or(1);
        let mut shown: HashSet<(String, usize)> = HashSet::new();
        for (finding, labels) in group.iter().zip(labels) {
            // Evidence that the findings of a group share is shown with the first of them.
            let new = |label: &Label<'_>| {
                label.primary.is_some()
                    || shown.insert((label.place.path().to_owned(), label.place.span.start))
            };
            let labels: Vec<Label<'_>> = labels.into_iter().filter(new).collect();
            self.write_finding(out, finding, &labels, gutter)?;
        }
        if let Some((first, fix)) = group.first().zip(fix) {
            self.write_fix(out, fix, first.place.path(), group.len(), gutter)?;
        }
        writeln!(out)
    }

    fn write_finding(
        &mut self,
        out: &mut dyn Write,
        finding: &Finding,
        labels: &[Label<'_>],
        gutter: usize,
    ) -> io::Result<()> {
        let look = self.view.look;
        let url = finding.rule.url();
        let style = Style::of(finding.severity);
        let title = format!("{}[{}]", finding.severity.as_str(), finding.rule.name);
        let title = look.link(&url, look.paint(style, title)).to_string();
        writeln!(out, "{title}{}", look.paint(Style::Strong, format!(": {}", clean(&finding.message))))?;
        frame::write(out, labels, gutter, look)?;
        let sign = look.paint(Style::Frame, format!("{:gutter$} =", ""));
        // What stands before a note's text is as wide as `=`, its word and two spaces more than the gutter.
        let indent = gutter + " = help: ".len();
        for (index, line) in
            wrapped(&clean(&finding.help), look.width.saturating_sub(indent)).iter().enumerate()
        {
            match index {
                0 => writeln!(out, "{sign} {}: {line}", look.paint(Style::Strong, "help"))?,
                _ => writeln!(out, "{:indent$}{line}", "")?,
            }
        }
        if self.explained.insert(finding.rule.code) {
            let page = if look.links { format!("`shmlint rule {}`", finding.rule.name) } else { url.clone() };
            let (word, page) = (look.paint(Style::Strong, "rule"), look.link(&url, page));
            writeln!(out, "{sign} {word}: {}, {page}", finding.rule.code)?;
        }
        Ok(())
    }

    fn write_fix(
        &self,
        out: &mut dyn Write,
        fix: &Fix,
        home: &str,
        findings: usize,
        gutter: usize,
    ) -> io::Result<()> {
        let look = self.view.look;
        let word = match fix.safety {
            Safety::Safe => "fix",
            Safety::Unsafe => "unsafe fix",
        };
        let word = look.paint(Style::Strong, look.paint(Style::Added, word));
        let title = clean(&fix.title);
        let all = match findings {
            1 => String::new(),
            2 => ", which mends both".into(),
            _ => format!(", which mends all {findings}"),
        };
        writeln!(out, "{word}: {title}{all}")?;
        patch::write(out, &fix.edits, home, gutter, look)
    }
}

/// A text in lines of at most `width` columns, broken at spaces but not inside of code; nothing where there is no text.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut in_code = false;
    let pieces = text.split(|c: char| {
        in_code ^= c == '`';
        c == ' ' && !in_code
    });
    for piece in pieces.filter(|piece| !piece.is_empty()) {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + piece.width() <= width => line.extend([" ", piece]),
            _ => lines.push(piece.to_owned()),
        }
    }
    lines
}

/// The places of a finding: its own first.
fn labels(finding: &Finding) -> Vec<Label<'_>> {
    let own = Label { place: &finding.place, text: "", primary: Some(Style::of(finding.severity)) };
    let related = finding.related.iter();
    let related =
        related.map(|related| Label { place: &related.place, text: &related.message, primary: None });
    std::iter::once(own).chain(related).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_at_spaces_outside_of_code() {
        assert_eq!(wrapped("aa bb `c d e` ff", 8), ["aa bb", "`c d e`", "ff"]);
        assert_eq!(wrapped("größe numbers", 5), ["größe", "numbers"]);
        assert_eq!(wrapped("", 8), [""; 0]);
    }
}
