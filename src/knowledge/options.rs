//! Options among the arguments of a command's programs.

use super::command::Program;
use crate::size::GIB;

/// An option in `--name value`, `--name=value` or `-n value` form, under any of `names`: its name as it is written, and its
/// value. The last one counts. Underscores and dashes in a name are the same.
pub fn written<'a>(args: impl Iterator<Item = &'a str>, names: &[&str]) -> Option<(&'a str, &'a str)> {
    let same = |written: &str, name: &str| {
        written.len() == name.len()
            && written.bytes().zip(name.bytes()).all(|(a, b)| a == b || (a == b'_' && b == b'-'))
    };
    let mut value = None;
    let mut args = args.peekable();
    while let Some(word) = args.next() {
        let (name, glued) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        if names.iter().any(|wanted| same(name, wanted)) {
            let next = || args.peek().copied().filter(|next| !next.starts_with("--"));
            value = glued.or_else(next).map(|value| (name, value)).or(value);
        }
    }
    value
}

/// The value of an option among the arguments of several programs, see [`written`]. The last one counts.
pub fn option<'a>(programs: &'a [Program<'_>], names: &[&str]) -> Option<&'a str> {
    programs.iter().filter_map(|program| written(program.args(), names)).next_back().map(|(_, value)| value)
}

/// What options of vLLM put into `/dev/shm` even with one GPU, in bytes. Read in vLLM 0.33:
/// `v1/kv_offload/cpu/shared_offload_region.py`, `shm_tensor_arena.py`, `multimodal/cache/shm.py`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct VllmCaches {
    /// The key-value cache that is moved off the GPU: all of it is taken at the start.
    pub(crate) offload: u64,
    /// The arena for tensors between processes, eight parts of 256 MiB.
    pub(crate) arena: u64,
    /// The cache for images and sounds, filled as they come.
    pub(crate) inputs: u64,
}

impl VllmCaches {
    /// Reads the options.
    pub(crate) fn read(programs: &[Program<'_>]) -> Self {
        let gib =
            |name| option(programs, &[name]).and_then(|gib| gib.parse::<f64>().ok()).and_then(gib_to_bytes);
        let arena =
            programs.iter().any(|program| program.args().any(|word| word == "--enable-shm-tensor-arena"));
        let in_shm = option(programs, &["--mm-processor-cache-type"]) == Some("shm");
        Self {
            offload: gib("--kv-offloading-size").unwrap_or(0),
            arena: if arena { 2 * GIB } else { 0 },
            inputs: if in_shm { gib("--mm-processor-cache-gb").unwrap_or(4 * GIB) } else { 0 },
        }
    }

    /// The option that asks for the first of them.
    pub(crate) fn option(self) -> &'static str {
        match self {
            Self { offload: 1.., .. } => "--kv-offloading-size",
            Self { arena: 1.., .. } => "--enable-shm-tensor-arena",
            Self { .. } => "--mm-processor-cache-type",
        }
    }

    /// All of them.
    pub(crate) fn bytes(self) -> u64 {
        self.offload.saturating_add(self.arena).saturating_add(self.inputs)
    }
}

/// Gibibytes in bytes, where that is a size of memory: above 0 and below a petabyte.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "bounded"
)]
fn gib_to_bytes(gib: f64) -> Option<u64> {
    (gib > 0.0 && gib < 1e6).then_some((gib * GIB as f64) as u64)
}

#[cfg(test)]
mod tests {
    use super::super::command::programs;
    use super::*;

    #[test]
    fn options_are_found_in_every_spelling() {
        let value = |words: &[&str]| option(&programs(words), &["--num-workers", "-j"]).map(str::to_owned);
        assert_eq!(value(&["x", "--num_workers=4"]).as_deref(), Some("4"));
        assert_eq!(value(&["x", "--num-workers", "4", "-j", "8"]).as_deref(), Some("8"));
        assert_eq!(value(&["x", "--num-workers", "--other"]), None);
        assert_eq!(value(&["bash", "-c", "a; python x.py -j 2"]).as_deref(), Some("2"));
    }

    #[test]
    fn caches_of_vllm_are_sizes_of_memory() {
        let bytes = |line: &str| VllmCaches::read(&programs(&line.split(' ').collect::<Vec<_>>())).bytes();
        assert_eq!(
            bytes("vllm serve m --kv-offloading-size 1.5 --enable-shm-tensor-arena"),
            3 * GIB + GIB / 2
        );
        assert_eq!(bytes("vllm serve m --mm-processor-cache-type shm"), 4 * GIB);
        assert_eq!(bytes("vllm serve m --mm-processor-cache-gb 8"), 0);
        assert_eq!(bytes("vllm serve m --kv-offloading-size 1e300"), 0);
        assert_eq!(bytes("vllm serve m --kv-offloading-size nan"), 0);
    }
}
