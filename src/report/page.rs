//! A rule's page: as it is where it goes to a file, dressed for reading where it goes to a terminal.
//!
//! Just the Markdown that our own pages use: headings, paragraphs, fenced code, tables, lists, code words and links.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::style::{Look, Style};
use crate::container::finding::Rule;

/// Writes the page.
pub fn write(out: &mut dyn Write, rule: &Rule, look: Look) -> io::Result<()> {
    if !look.color {
        return out.write_all(rule.page.as_bytes());
    }
    dress(out, rule.page, look)?;
    let status = format!("{} · {} · fix: {}", rule.code, rule.severity.as_str(), rule.fix);
    writeln!(out, "\n{}", look.paint(Style::Faint, status))?;
    writeln!(out, "{}", look.link(&rule.url(), rule.url()))
}

fn dress(out: &mut dyn Write, page: &str, look: Look) -> io::Result<()> {
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            if let Some(label) = label(info) {
                writeln!(out, "    {}", look.paint(Style::Faint, label))?;
            }
            for code in lines.by_ref().take_while(|line| !line.starts_with("```")) {
                writeln!(out, "    {code}")?;
            }
        } else if line.starts_with('|') {
            let mut table = vec![line];
            while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
                table.push(row);
            }
            write_table(out, &table, look)?;
        } else if let Some(title) = heading(line) {
            writeln!(out, "{}", look.paint(Style::Strong, title))?;
        } else {
            writeln!(out, "{}", inline(line, look))?;
        }
    }
    Ok(())
}

/// The text of a heading.
fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    if text.len() < line.len() { text.strip_prefix(' ') } else { None }
}

/// What is said above an example: the file it is, or what that file is after the fix.
fn label(info: &str) -> Option<String> {
    let word = |key: &str| info.split_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
    if let Some(file) = word("fixed") {
        return Some(format!("{file}, fixed"));
    }
    word("file").or_else(|| word("and-file")).map(str::to_owned)
}

/// Writes a table with its columns aligned.
fn write_table(out: &mut dyn Write, rows: &[&str], look: Look) -> io::Result<()> {
    let cells = |row: &&str| -> Vec<String> {
        row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()
    };
    let is_rule = |row: &&str| row.chars().all(|c| matches!(c, '|' | '-' | ' ' | ':'));
    let table: Vec<Vec<String>> = rows.iter().filter(|row| !is_rule(row)).map(cells).collect();
    let mut widths: Vec<usize> = Vec::new();
    for row in &table {
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(bare(cell).width());
        }
    }
    for (index, row) in table.iter().enumerate() {
        let mut line = String::from(" ");
        for (width, cell) in widths.iter().zip(row) {
            let gap = " ".repeat(width.saturating_sub(bare(cell).width()));
            line.extend([" ", inline(cell, look).as_str(), gap.as_str(), " "]);
        }
        let line = line.trim_end();
        if index == 0 {
            writeln!(out, "{}", look.paint(Style::Strong, line))?;
        } else {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// A text as it will be seen: without backticks and the targets of links.
fn bare(text: &str) -> String {
    inline(text, Look::PLAIN)
}

/// A line of prose with its code words coloured and its links live.
fn inline(line: &str, look: Look) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(['`', '[']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let (shown, after) = code(from, look).or_else(|| link(from, look)).unwrap_or_else(|| {
            let (one, after) = from.split_at(1);
            (one.to_owned(), after)
        });
        out.push_str(&shown);
        rest = after;
    }
    out + rest
}

/// `` `word` `` at the start of a text, and what follows.
fn code(text: &str, look: Look) -> Option<(String, &str)> {
    let (word, after) = text.strip_prefix('`')?.split_once('`')?;
    Some((look.paint(Style::Hunk, word).to_string(), after))
}

/// `[text](url)` at the start of a text, and what follows.
fn link(text: &str, look: Look) -> Option<(String, &str)> {
    let (title, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (url, after) = rest.split_once(')')?;
    Some((look.link(url, inline_code(title, look)).to_string(), after))
}

/// The title of a link, in which code words may stand but no further link.
fn inline_code(title: &str, look: Look) -> String {
    let mut parts = title.split('`');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (index, part) in parts.enumerate() {
        let shown = if index % 2 == 0 { look.paint(Style::Hunk, part).to_string() } else { part.to_owned() };
        out.push_str(&shown);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Look = Look { color: true, links: true, width: 80, terminal: true };

    fn dressed(page: &str) -> String {
        let mut out = Vec::new();
        dress(&mut out, page, LOOK).unwrap();
        String::from_utf8(out).unwrap().replace('\x1b', "␛")
    }

    #[test]
    fn a_page_is_dressed_for_a_terminal() {
        assert_eq!(dressed("# title\n"), "␛[1mtitle␛[0m\n");
        assert_eq!(dressed("#5 is no title\n"), "#5 is no title\n");
        assert_eq!(dressed("a `b` [c](d) [e]\n"), "a ␛[36mb␛[0m ␛]8;;d␛\\c␛]8;;␛\\ [e]\n");
        assert_eq!(dressed("[`x` y](u)\n"), "␛]8;;u␛\\␛[36mx␛[0m y␛]8;;␛\\\n");
        let fence = "```yaml file=compose.yaml reports=SHM001\na: `b`\n```\nend `\n";
        assert_eq!(dressed(fence), "    ␛[2mcompose.yaml␛[0m\n    a: `b`\nend `\n");
        assert_eq!(dressed("```yaml fixed=c.yml\n"), "    ␛[2mc.yml, fixed␛[0m\n");
    }

    #[test]
    fn the_columns_of_a_table_are_aligned_as_they_are_seen() {
        let table = "| a | b |\n| --- | --- |\n| `x` | größe |\n| longer | [z](u) |\n";
        let mut out = Vec::new();
        dress(&mut out, table, Look::PLAIN).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "  a       b\n  x       größe\n  longer  z\n");
    }
}
