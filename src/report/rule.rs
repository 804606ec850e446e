//! The rules as a table for people and as JSON for machines. Their pages are in [`super::page`].

use std::io::{self, Write};

use serde::Serialize;

use super::style::{Look, Palette, wrapped};
use crate::container::finding::Rule;

#[derive(Serialize)]
struct RuleJson<'a> {
    version: u32,
    rules: Vec<JsonRule<'a>>,
}

#[derive(Serialize)]
struct JsonRule<'a> {
    code: &'a str,
    name: &'a str,
    severity: &'a str,
    fix: &'a str,
    summary: &'a str,
    url: String,
    page: &'a str,
}

/// Writes rules for machines: `{"version":1,"rules":[{"code","name","severity","fix","summary","url","page"}]}`.
pub fn json(out: &mut dyn Write, rules: &[Rule]) -> io::Result<()> {
    let rules: Vec<JsonRule<'_>> = rules
        .iter()
        .map(|rule| JsonRule {
            code: rule.code,
            name: rule.name,
            severity: rule.severity.as_str(),
            fix: rule.fix,
            summary: rule.summary,
            url: rule.url(),
            page: rule.page,
        })
        .collect();
    serde_json::to_writer(&mut *out, &RuleJson { version: 1, rules })?;
    writeln!(out)
}

/// Writes one row for each rule: what it finds stands beside its name where that is wide enough, else below.
pub fn table(out: &mut dyn Write, rules: &[Rule], look: Look) -> io::Result<()> {
    let longest =
        |field: fn(&Rule) -> &'static str| rules.iter().map(|rule| field(rule).len()).max().unwrap_or(0);
    let (name, fix) = (longest(|rule| rule.name).max(4), longest(|rule| rule.fix).max(3));
    let used = "SHM001".len() + name + "severity".len() + fix + 8;
    let beside = look.width.checked_sub(used).filter(|left| *left >= 30);
    let head = format!("{:<6}  {:<name$}  {:<8}  {:<fix$}", "code", "name", "severity", "fix");
    let finds = if beside.is_some() { "  finds" } else { "" };
    writeln!(out, "{}", look.paint(Palette::Faint, format!("{head}{finds}").trim_end()))?;
    for rule in rules {
        let severity = look.paint(Palette::of(rule.severity), format!("{:<8}", rule.severity.as_str()));
        let title = look.link(&rule.url(), look.paint(Palette::Strong, rule.name)).to_string();
        let gap = " ".repeat(name - rule.name.len());
        let fix = if beside.is_some() { fix } else { 0 };
        write!(out, "{}  {title}{gap}  {severity}  {:<fix$}", rule.code, rule.fix)?;
        let lines = wrapped(rule.summary, beside.unwrap_or(look.width.saturating_sub(8)));
        for (index, line) in lines.iter().enumerate() {
            match (index, beside) {
                (0, Some(_)) => writeln!(out, "  {line}")?,
                (_, Some(_)) => writeln!(out, "{:used$}{line}", "")?,
                (0, None) => writeln!(out, "\n        {line}")?,
                (_, None) => writeln!(out, "        {line}")?,
            }
        }
    }
    Ok(())
}
