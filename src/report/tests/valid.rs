//! What other programs make of the formats.

use std::path::Path;

use serde_json::Value;

use super::*;
use crate::container::finding::{Finding, Severity};
use crate::text::place::Place;
use crate::text::source::{Source, Span};

#[test]
fn sarif_keeps_to_its_schema() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/schemas/sarif-2.1.0.json");
    let Ok(schema) = fs::read_to_string(schema) else { return };
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut broken = Report::default();
    broken.errors.push("x.yml: no such file".into());
    for report in [sample::report(), Report::default(), broken] {
        let sarif: Value = serde_json::from_str(&rendered(Format::Sarif, &view(&report))).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&sarif)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}", errors.join("\n"));
    }
    let mut wrong: Value = serde_json::from_str(&rendered(Format::Sarif, &view(&sample::report()))).unwrap();
    wrong["runs"][0]["results"][0]["level"] = "loud".into();
    assert!(!validator.is_valid(&wrong), "the schema is no rubber stamp");
}

/// What GitHub reads from a workflow command.
#[derive(Debug, PartialEq)]
struct Command {
    level: String,
    properties: Vec<(String, String)>,
    text: String,
}

fn command(line: &str) -> Command {
    let unescape = |text: &str| {
        let text = text.replace("%3A", ":").replace("%2C", ",").replace("%0A", "\n").replace("%0D", "\r");
        text.replace("%25", "%")
    };
    let (head, data) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
    let (level, properties) = head.split_once(' ').unwrap();
    let property = |part: &str| {
        let (key, value) = part.split_once('=').unwrap();
        (key.to_owned(), unescape(value))
    };
    Command {
        level: level.to_owned(),
        properties: properties.split(',').map(property).collect(),
        text: unescape(data),
    }
}

#[test]
fn github_commands_parse_back_to_the_findings() {
    let report = sample::report();
    let text = rendered(Format::Github, &view(&report));
    let mut commands: Vec<Command> = text.lines().map(command).collect();
    let severities: Vec<&str> = commands.iter().map(|command| command.level.as_str()).collect();
    assert_eq!(severities, ["error", "error", "warning", "warning", "warning"]);
    for finding in &report.findings {
        let (start, end) = (finding.place.start(), finding.place.end());
        let properties = [
            ("file", finding.place.path().to_owned()),
            ("line", start.line.to_string()),
            ("col", start.column.to_string()),
            ("endLine", end.line.to_string()),
            ("endColumn", end.column.to_string()),
            ("title", format!("{} ({})", finding.rule.name, finding.rule.code)),
        ];
        let found = commands.iter().position(|command| {
            command.properties.iter().map(|(key, value)| (key.as_str(), value.clone())).eq(properties.clone())
                && command.text.starts_with(&*style::clean(&finding.message))
        });
        commands.remove(found.unwrap_or_else(|| panic!("{properties:?} is not among {commands:#?}")));
    }
    assert_eq!(commands, []);
}

/// `number` findings of a severity, each on its own line.
fn many(number: usize, severity: Severity) -> Vec<Finding> {
    let rule = crate::rules::find("SHM001").unwrap();
    let source = Source::new("many.yml", "x\n".repeat(number).into_bytes());
    let place = |line: usize| Place::new(&source, Span::new(2 * line, 2 * line + 1));
    (0..number)
        .map(|line| Finding::in_file(rule, place(line), format!("m{line}")).severity(severity))
        .collect()
}

#[test]
fn github_shows_ten_of_a_level_so_the_tenth_counts_the_rest() {
    let mut findings = many(10, Severity::Warning);
    findings.extend(many(25, Severity::Error));
    let text = rendered(Format::Github, &view(&Report { findings, ..Report::default() }));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 20);
    assert!(lines[..10].iter().all(|line| line.starts_with("::error ")), "{text}");
    assert_eq!(lines[9], "::error title=shmlint::16 more errors; see the log of this step");
    assert!(lines[10..].iter().all(|line| line.starts_with("::warning file=many.yml,")), "{text}");
}

/// Whether every element of an XML text is closed by its own end, and no character stands raw that may not.
pub(super) fn is_well_formed(xml: &str) -> bool {
    let Some(body) = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") else { return false };
    let mut open = Vec::new();
    for part in body.split('<').skip(1) {
        let Some((tag, text)) = part.split_once('>') else { return false };
        let name = tag.split([' ', '/']).find(|word| !word.is_empty()).unwrap_or_default();
        let entity = |text: &str| {
            let known = ["amp;", "lt;", "gt;", "quot;", "#10;", "#9;"];
            text.split('&').skip(1).all(|rest| known.iter().any(|entity| rest.starts_with(entity)))
        };
        let quoted = tag.matches('"').count() % 2 == 0;
        if !quoted || !entity(tag) || !entity(text) || text.contains(['>']) {
            return false;
        }
        if tag.starts_with('/') {
            if open.pop() != Some(name) {
                return false;
            }
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    let raw = |c: char| c.is_control() && c != '\n';
    open.is_empty() && !xml.contains(raw)
}

#[test]
fn junit_is_well_formed() {
    let mut broken = Report::default();
    broken.errors.push("a \"b\" & <c>.yml: no such file\u{7}".into());
    for report in [sample::report(), Report::default(), broken] {
        let xml = rendered(Format::Junit, &view(&report));
        assert!(is_well_formed(&xml), "{xml}");
        assert!(xml.contains("<testcase "), "a report without a case counts as broken");
    }
    assert!(!is_well_formed("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a><b></a></b>"));
}

#[test]
fn fingerprints_stay_when_lines_move_and_differ_from_each_other() {
    let names = |report: &Report| -> Vec<String> {
        let gitlab: Value = serde_json::from_str(&rendered(Format::Gitlab, &view(report))).unwrap();
        let name = |issue: &Value| issue["fingerprint"].as_str().unwrap().to_owned();
        gitlab.as_array().unwrap().iter().map(name).collect()
    };
    let report = sample::report();
    let before = names(&report);
    let mut moved = sample::report();
    for finding in &mut moved.findings {
        let text = format!("# a comment\n\n{}", finding.place.source.text());
        let source = Source::new(finding.place.path(), text.into_bytes());
        finding.place = Place::new(&source, finding.place.span.shift("# a comment\n\n".len()));
        if !finding.workload.is_empty() {
            finding.message.push_str(" (said otherwise)");
        }
    }
    assert_eq!(names(&moved), before);
    let twice = Report { findings: [report.findings, moved.findings].concat(), ..Report::default() };
    let mut all = names(&twice);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 2 * before.len());
}

#[test]
fn the_sample_names_every_rule_once_in_sarif() {
    let sarif: Value = serde_json::from_str(&rendered(Format::Sarif, &view(&sample::report()))).unwrap();
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: Vec<&str> = rules.iter().filter_map(|rule| rule["id"].as_str()).collect();
    assert_eq!(ids, ["SHM001", "SHM900"]);
    for result in sarif["runs"][0]["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
}
