//! Names for findings that stay the same while lines around them move.

use std::collections::HashMap;

use crate::container::finding::Finding;

/// One name for each finding, in their order: of its path, rule and workload, not of its line or message. Findings that
/// agree in all of these are told apart by their order.
pub(super) fn all(findings: &[Finding]) -> Vec<String> {
    let mut seen: HashMap<u64, usize> = HashMap::new();
    let name = |finding: &Finding| {
        // What is about a file has no workload; its message tells it from others.
        let workload = finding.former_workload.as_ref().unwrap_or(&finding.workload);
        let what = if workload.is_empty() { &finding.message } else { workload };
        let key = hash([finding.place.path(), finding.rule.code, finding.platform, what]);
        let times = seen.entry(key).or_default();
        *times += 1;
        format!("{:016x}", hash([format!("{key:x}").as_str(), times.to_string().as_str()]))
    };
    findings.iter().map(name).collect()
}

/// FNV-1a of some words: the same in every build and on every machine.
fn hash<'w>(words: impl IntoIterator<Item = &'w str>) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    // No UTF-8 text holds the byte 0xff, so the ends of the words count.
    let bytes = words.into_iter().flat_map(|word| word.bytes().chain([0xff]));
    bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_words_count() {
        assert_ne!(hash(["ab", "c"]), hash(["a", "bc"]));
        assert_eq!(hash([]), 0xcbf2_9ce4_8422_2325);
    }
}
