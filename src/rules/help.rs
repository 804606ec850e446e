//! Sentences that several rules need.

use super::case::{Advice, Case};
use crate::need::verdict::Verdict;
use crate::size::human;

/// The size that is recommended and its reasons, or why there is none: one sentence. Nothing where none is needed.
pub(super) fn size(case: &Case<'_>) -> String {
    let Advice { need, size } = case.advice();
    let reasons = size.reasons.join("; ");
    match need.verdict {
        Verdict::No => String::new(),
        _ if size.too_large => format!("No size is recommended: {reasons}."),
        _ if reasons.is_empty() => format!("Give it {}.", human(size.bytes)),
        _ => format!("Give it {}: {reasons}.", human(size.bytes)),
    }
}

/// Sentences with a space between them, empty ones left out.
pub(super) fn sentences(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}
