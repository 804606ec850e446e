//! What operators make of their custom resources: the table that `src/build/` makes of `rules/operators.yaml`.

/// One row: an operator and what it reads.
#[derive(Debug)]
pub(super) struct Custom {
    /// The operator, as reports name it.
    pub(super) operator: &'static str,
    /// The source that shows what it does.
    pub(super) reference: &'static str,
    /// The beginning of the object's apiVersion.
    pub(super) api: &'static str,
    /// Kinds of objects; any if empty.
    pub(super) kinds: &'static [&'static str],
    /// For pod specs: one of these keys stands on the way to them; any way if empty.
    pub(super) under: &'static [&'static str],
    /// Where mappings stand that are turned into containers: keys from the object on, `*` for any key or item. If empty, the row is
    /// about pod specs.
    pub(super) at: &'static [&'static str],
    /// A key without which such a mapping is none.
    pub(super) needs: &'static str,
    /// Which container of a pod spec is meant.
    pub(super) container: Which,
    /// Where the image is written, from the mapping on.
    pub(super) image: &'static str,
    /// Where GPUs are counted, from the mapping on.
    pub(super) counts: &'static [&'static str],
    /// Where the size of `/dev/shm` is written, from the mapping or one that holds it.
    pub(super) size: &'static str,
    /// Where, and with which value, the operator is told to leave `/dev/shm` alone; any value if empty.
    pub(super) off: (&'static str, &'static str),
    /// Where, and with which value, it is asked for; always if empty.
    pub(super) on: (&'static str, &'static str),
    /// What it gives otherwise.
    pub(super) gives: Gives,
}

/// Which container of a pod an operator gives its volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// The first of `containers`.
    First,
    /// The one of this name.
    Named(&'static str),
}

/// The `/dev/shm` that an operator gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gives {
    /// A memory volume of so many bytes.
    Bytes(u64),
    /// One as large as the container's memory request, else its limit.
    Memory,
    /// One of half of the memory limit.
    HalfOfMemory,
    /// One without a bound.
    Unbounded,
    /// None of its own: whether a runtime or template does is not to be seen in the file.
    Unknown,
}

include!(concat!(env!("OUT_DIR"), "/operators.rs"));
