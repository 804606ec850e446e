//! A rule's page: its Markdown as it is where it goes to a file; on a terminal wrapped to its width, with colours.

use std::io::{self, Write};

use super::style::{Look, Palette};
use crate::container::finding::Rule;

/// Writes the page.
pub fn write(out: &mut dyn Write, rule: &Rule, look: Look) -> io::Result<()> {
    if !look.terminal {
        return out.write_all(rule.page.as_bytes());
    }
    show(out, rule.page, look)?;
    let status = format!("{} · {} · fix: {}", rule.code, rule.severity.as_str(), rule.fix);
    writeln!(out, "\n{}", look.paint(Palette::Faint, status))?;
    writeln!(out, "{}", look.link(&rule.url(), rule.url()))
}

fn show(out: &mut dyn Write, page: &str, look: Look) -> io::Result<()> {
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            // What stands behind the language is for the tests.
            writeln!(out, "{}", look.paint(Palette::Faint, line.split(' ').next().unwrap_or(line)))?;
            for code in lines.by_ref() {
                let style = if code.starts_with("```") { Palette::Faint } else { Palette::Hunk };
                writeln!(out, "{}", look.paint(style, code))?;
                if code.starts_with("```") {
                    break;
                }
            }
        } else if line.starts_with('#') {
            writeln!(out, "{}", look.paint(Palette::Strong, line))?;
        } else if line.starts_with('|') {
            // Cells in lines of their own are read at any width.
            if !line.trim_matches(['|', '-', ' ', ':']).is_empty() {
                paragraph(out, &format!("- {}", line.trim_matches('|').trim().replace(" | ", "; ")), look)?;
            }
        } else {
            let mut text = line.to_owned();
            let goes_on = |next: &&str| {
                !next.is_empty()
                    && !next.starts_with(['#', '|', '-'])
                    && !text_ends(next)
                    && !next.starts_with("```")
            };
            while !line.is_empty()
                && let Some(next) = lines.next_if(goes_on)
            {
                text.extend([" ", next.trim_start()]);
            }
            paragraph(out, &text, look)?;
        }
    }
    Ok(())
}

/// Whether a line begins a numbered item.
fn text_ends(line: &str) -> bool {
    line.split_once(". ")
        .is_some_and(|(number, _)| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// Writes prose within the width; what goes on from an item of a list is indented as its text.
fn paragraph(out: &mut dyn Write, text: &str, look: Look) -> io::Result<()> {
    let indent = if text.starts_with("- ") { 2 } else { 0 };
    let lines = look.wrap(text, indent);
    if lines.is_empty() {
        return writeln!(out);
    }
    for (index, line) in lines.iter().enumerate() {
        let indent = if index == 0 { 0 } else { indent };
        let mut parts = line.split('`');
        write!(out, "{:indent$}{}", "", parts.next().unwrap_or_default())?;
        for (index, part) in parts.enumerate() {
            match index % 2 {
                0 if line.matches('`').count() > index + 1 => {
                    write!(out, "{}", look.paint(Palette::Hunk, format!("`{part}`")))?
                }
                0 => write!(out, "`{part}")?,
                _ => write!(out, "{part}")?,
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_wrapped_and_code_stays() {
        let look = Look { color: false, links: false, width: 20, terminal: true };
        let mut out = Vec::new();
        let page = "# a title\n\nSome words that\nare `short` enough.\n\n- an item of more than a line\n\n```sh file=a.sh\na very long line of code stays\n```\n";
        show(&mut out, page, look).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "# a title\n\nSome words that are\n`short` enough.\n\n- an item of more\n  than a line\n\n```sh\na very long line of code stays\n```\n"
        );
    }
}
