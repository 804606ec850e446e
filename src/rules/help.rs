//! Sentences that several rules need.

use super::case::{Advice, Case};
use crate::need::because;
use crate::need::verdict::Verdict;

/// The size that is recommended and the reason that decided, or why there is none: one sentence. Nothing where none is needed.
pub(super) fn size(case: &Case<'_>) -> String {
    let Advice { need, size } = case.advice();
    match need.verdict {
        Verdict::No => String::new(),
        _ if size.too_large => format!("No size is recommended: {}.", size.reason),
        _ => format!("Give it {}.", because(size.bytes, &size.reason)),
    }
}

/// Sentences with a space between them, empty ones left out.
pub(super) fn sentences(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}
