//! Markdown, for a comment on a pull request or the summary of a job: a table of the findings and the diff that fixes them.

use std::io::{self, Write};

use super::style::{Look, clean};
use super::{View, count, diff, human::summary};
use crate::container::finding::{Finding, Severity};
use crate::fix::choose::patches;

/// How many findings the table holds; a page with more helps nobody, and the places for it have limits.
const ROWS: usize = 200;
/// How much of the diff is shown, in bytes.
const DIFF: usize = 200_000;

/// Writes the report.
pub(super) fn write(out: &mut dyn Write, view: &View<'_>) -> io::Result<()> {
    writeln!(out, "### shmlint\n\n{}", summary::line(view))?;
    let findings = &view.report.findings;
    if findings.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n| | place | rule | what happens |\n|---|---|---|---|")?;
    for finding in findings.iter().take(ROWS) {
        write_row(out, finding, view)?;
    }
    if let Some(rest) = findings.len().checked_sub(ROWS).filter(|rest| *rest > 0) {
        writeln!(out, "\n… and {}.", count(rest, "more finding"))?;
    }
    write_diff(out, view)
}

fn write_row(out: &mut dyn Write, finding: &Finding, view: &View<'_>) -> io::Result<()> {
    let sign = match finding.severity {
        Severity::Error => "❌ error",
        Severity::Warning => "⚠️ warning",
        Severity::Note => "ℹ️ note",
    };
    let place = format!("{}:{}", view.in_repository(finding.place.path()), finding.place.start().line);
    let place = clean(&place).replace('`', "'").replace('|', "\\|");
    let rule = format!("[{}]({})", finding.rule.name, finding.rule.url());
    writeln!(out, "| {sign} | `{place}` | {rule} | {} |", cell(&finding.message))
}

/// A text in a cell of a table: what stands between backticks stays code, the rest loses its meaning as markup.
fn cell(text: &str) -> String {
    let text = clean(text);
    let mut out = String::with_capacity(text.len() + 8);
    let mut code = false;
    for c in text.chars() {
        match c {
            '`' => code = !code,
            '|' => out.push('\\'),
            '\\' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '~' | '&' if !code => out.push('\\'),
            _ => {}
        }
        out.push(c);
    }
    out
}

fn write_diff(out: &mut dyn Write, view: &View<'_>) -> io::Result<()> {
    let patches = patches(&view.report.findings, view.unsafe_fixes);
    if patches.is_empty() {
        return Ok(());
    }
    let mut text = Vec::new();
    for (before, after) in &patches {
        diff::write(&mut text, &view.in_repository(before.path()), before, after, Look::PLAIN)?;
    }
    let whole = text.len() <= DIFF;
    if !whole {
        let end = memchr::memrchr(b'\n', text.get(..DIFF).unwrap_or_default());
        text.truncate(end.map_or(0, |end| end + 1));
    }
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().map(|line| line.split('\t').map(clean).collect::<Vec<_>>().join("\t") + "\n");
    let text: String = lines.collect();
    // The fence is longer than any run of backticks in it.
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let files = count(patches.len(), "file");
    writeln!(out, "\n<details><summary>What <code>shmlint --fix</code> would change in {files}</summary>")?;
    writeln!(out, "\n{fence}diff\n{text}{fence}")?;
    if !whole {
        writeln!(out, "\nThe diff is longer: <code>shmlint --diff</code> shows all of it.")?;
    }
    writeln!(out, "\n</details>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_message_stays_text() {
        assert_eq!(cell("a|b `c|_d` *e* <f>\nx"), "a\\|b `c\\|_d` \\*e\\* \\<f\\> x");
    }
}
