//! What holds for every Compose file, however it is written: each missing size is added, nothing else changes, and a second
//! fix has nothing to do. The judge of the data is another YAML reader.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::struct_excessive_bools,
    missing_docs
)]

#[path = "common/memory.rs"]
mod memory;

use memory::Memory;
use proptest::prelude::*;
use serde_yaml::Value as Data;

/// How a generated file is written.
#[derive(Clone, Debug)]
struct Style {
    step: usize,
    /// By how many columns dashes are indented below their key.
    dash: usize,
    crlf: bool,
    final_newline: bool,
    quote: &'static str,
    comments: bool,
    blank_lines: bool,
    marker: bool,
}

/// How a service asks for a GPU, if it does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Asks {
    No,
    Gpus,
    Runtime,
    Devices,
    Deploy,
    DeployFlow,
    Anchor,
    SharedBlock,
}

#[derive(Clone, Debug)]
struct Service {
    asks: Asks,
    flow: bool,
    /// Whether a size stands there already.
    sized: bool,
    /// Where among the other keys the GPU is asked for.
    at: usize,
}

/// Lines with their indentation in steps.
struct Lines {
    style: Style,
    out: Vec<String>,
}

impl Lines {
    fn push(&mut self, depth: usize, text: &str) {
        self.out.push(format!("{}{text}", " ".repeat(depth * self.style.step)));
    }

    /// A list of texts below a key at this depth.
    fn items(&mut self, depth: usize, items: &[String]) {
        let indent = " ".repeat(depth * self.style.step + self.style.dash);
        self.out.extend(items.iter().map(|item| format!("{indent}- {item}")));
    }

    fn comment(&mut self, depth: usize, text: &str) {
        if self.style.comments {
            self.push(depth, &format!("# {text}: größer ← 大"));
        }
    }

    fn quoted(&self, text: &str) -> String {
        format!("{0}{text}{0}", self.style.quote)
    }
}

fn text(style: &Style, services: &[Service]) -> String {
    let mut lines = Lines { style: style.clone(), out: Vec::new() };
    if style.marker {
        lines.push(0, "---");
    }
    lines.comment(0, "the file");
    lines.push(0, "x-gpu: &gpu");
    lines.push(1, "deploy:");
    deploy(&mut lines, 2);
    if style.blank_lines {
        lines.push(0, "");
    }
    lines.push(0, "services:");
    let mut anchored = false;
    for (number, service) in services.iter().enumerate() {
        let asks = match service.asks {
            Asks::Anchor if !anchored => Asks::No,
            asks => asks,
        };
        lines.comment(1, &format!("service {number}"));
        if service.flow {
            flow(&mut lines, number, asks, service.sized);
            continue;
        }
        let anchor = if !anchored && asks == Asks::Gpus { " &first" } else { "" };
        anchored |= !anchor.is_empty();
        lines.push(1, &format!("s{number}-ü:{anchor}"));
        block(&mut lines, number, &Service { asks, ..service.clone() });
        if style.blank_lines {
            lines.push(0, "");
        }
    }
    let eol = if style.crlf { "\r\n" } else { "\n" };
    let mut text = lines.out.join(eol);
    if style.final_newline {
        text.push_str(eol);
    }
    text
}

fn deploy(lines: &mut Lines, depth: usize) {
    lines.push(depth, "resources:");
    lines.push(depth + 1, "reservations:");
    lines.push(depth + 2, "devices:");
    let driver = lines.quoted("nvidia");
    let indent = " ".repeat((depth + 2) * lines.style.step + lines.style.dash);
    lines.out.push(format!("{indent}- driver: {driver}"));
    lines.out.push(format!("{indent}  count: all"));
    lines.out.push(format!("{indent}  capabilities: [gpu]"));
    if lines.style.comments {
        lines.out.push(format!("{indent}  # device_ids: ['0']"));
    }
}

fn block(lines: &mut Lines, number: usize, service: &Service) {
    let image = lines.quoted("pytorch/pytorch:2.9");
    for key in 0..4 {
        if key == service.at {
            ask(lines, service.asks);
            if service.sized {
                let size = lines.quoted("8gb");
                lines.push(2, &format!("shm_size: {size} # already"));
            }
        }
        match key {
            0 => lines.push(2, &format!("image: {image}")),
            1 => {
                lines.comment(2, "what it runs");
                lines.push(2, "command: >-");
                lines.push(3, "python train.py");
                lines.push(3, &format!("--seed {number}"));
            }
            2 => {
                lines.push(2, "ports:");
                let port = lines.quoted(&format!("80{number}:80"));
                lines.items(2, &[port]);
            }
            _ => {
                lines.comment(2, "about it");
                lines.push(2, &format!("labels: {{a: {number}, b: \"ü # x\"}}   # tail"));
            }
        }
    }
}

fn ask(lines: &mut Lines, asks: Asks) {
    match asks {
        Asks::No => {}
        Asks::Gpus => lines.push(2, "gpus: all # all of them"),
        Asks::Runtime => lines.push(2, "runtime: nvidia"),
        Asks::Devices => {
            lines.push(2, "devices:");
            lines.items(2, &["/dev/nvidia0".to_owned(), "/dev/nvidiactl:/dev/nvidiactl".to_owned()]);
        }
        Asks::Deploy => {
            lines.push(2, "deploy:");
            deploy(lines, 3);
        }
        Asks::DeployFlow => {
            lines.push(2, "deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}]}}}");
        }
        Asks::Anchor => lines.push(2, "<<: *first"),
        Asks::SharedBlock => lines.push(2, "<<: *gpu"),
    }
}

fn flow(lines: &mut Lines, number: usize, asks: Asks, sized: bool) {
    let gpu = match asks {
        Asks::No => "",
        Asks::Anchor | Asks::SharedBlock => ", <<: *gpu",
        Asks::Runtime => ", runtime: nvidia",
        _ => ", gpus: all",
    };
    let size = if sized { ", shm_size: 8gb" } else { "" };
    lines.push(
        1,
        &format!("s{number}-ü: {{ image: pytorch/pytorch{gpu}{size}, command: [python, train.py] }} # flow"),
    );
}

fn style() -> impl Strategy<Value = Style> {
    let quotes = prop::sample::select(vec!["", "'", "\""]);
    (1..=8_usize, any::<bool>(), any::<[bool; 5]>(), quotes).prop_map(|(step, flush, flags, quote)| {
        let [crlf, final_newline, comments, blank_lines, marker] = flags;
        let dash = if flush { 0 } else { step };
        Style { step, dash, crlf, final_newline, quote, comments, blank_lines, marker }
    })
}

fn services() -> impl Strategy<Value = Vec<Service>> {
    let asks = prop::sample::select(vec![
        Asks::No,
        Asks::Gpus,
        Asks::Runtime,
        Asks::Devices,
        Asks::Deploy,
        Asks::DeployFlow,
        Asks::Anchor,
        Asks::SharedBlock,
    ]);
    let service = (asks, prop::bool::weighted(0.2), prop::bool::weighted(0.25), 0..4_usize)
        .prop_map(|(asks, flow, sized, at)| Service { asks, flow, sized, at });
    prop::collection::vec(service, 1..6)
}

/// Whether `after` is `before` with sizes added.
fn same_but_sizes(before: &Data, after: &Data) -> bool {
    match (before, after) {
        (Data::Mapping(before), Data::Mapping(after)) => {
            let new: Vec<_> = after.iter().filter(|(key, _)| !before.contains_key(*key)).collect();
            let old: Vec<_> = after.iter().filter(|(key, _)| before.contains_key(*key)).collect();
            new.iter().all(|(key, value)| key.as_str() == Some("shm_size") && value.is_string())
                && new.len() <= 1
                && old.len() == before.len()
                && before
                    .iter()
                    .zip(old)
                    .all(|((one, old), (two, new))| one == two && same_but_sizes(old, new))
        }
        (Data::Sequence(before), Data::Sequence(after)) => {
            before.len() == after.len() && before.iter().zip(after).all(|(old, new)| same_but_sizes(old, new))
        }
        (before, after) => before == after,
    }
}

fn holds_in_order(text: &[u8], part: &[u8]) -> bool {
    let mut rest = text.iter();
    part.iter().all(|byte| rest.any(|other| other == byte))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_missing_size_is_added_and_nothing_else_changes(style in style(), services in services()) {
        let before = Memory::of([("compose.yaml", text(&style, &services).as_str())]);
        let old = before.text("compose.yaml");
        let report = before.lint(&["compose.yaml"]);
        prop_assert!(report.findings.iter().all(|finding| finding.rule.code == "SHM001"), "{old}\n{:?}", report.findings);
        prop_assert!(report.findings.iter().all(|finding| finding.fix.is_some()), "a fix is missing:\n{old}");
        for workload in &report.workloads {
            let gpu = workload.workload.gpu.is_yes() && workload.workload.shm.as_str() == "default";
            let told = report.findings.iter().any(|finding| finding.workload == workload.workload.name);
            prop_assert_eq!(gpu, told, "{}", old);
        }

        let after = before.fixed(&report);
        let new = after.text("compose.yaml");
        prop_assert!(Memory::edits(&report).values().flatten().all(|edit| edit.span.is_empty()));
        prop_assert!(holds_in_order(new.as_bytes(), old.as_bytes()), "{new}");
        prop_assert_eq!(new.matches("\r\n").count() == new.matches('\n').count(), style.crlf || !new.contains('\n'), "{}", new);
        let data = |text: &str| serde_yaml::from_str::<Data>(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        prop_assert!(same_but_sizes(&data(old), &data(new)), "{old}\n=>\n{new}");

        let again = after.lint(&["compose.yaml"]);
        prop_assert!(again.findings.is_empty(), "{new}\n{:?}", again.findings);
        for workload in &again.workloads {
            let workload = &workload.workload;
            prop_assert!(!workload.gpu.is_yes() || workload.shm.as_str() == "explicit", "{}", new);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), cut in 0..400_usize, style in style(), services in services()) {
        let mut text = text(&style, &services).into_bytes();
        let at = cut.min(text.len());
        text.splice(at..at, bytes);
        let files = Memory([("compose.yaml".to_owned(), shmlint::text::source::Source::new("compose.yaml", text))].into());
        let report = files.lint(&["compose.yaml"]);
        let _ = files.fixed(&report).lint(&["compose.yaml"]);
    }
}
