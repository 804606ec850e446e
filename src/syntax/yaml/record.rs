//! How the nodes of a tree are kept.

/// The address of a node in its [`Yaml`]. Nodes count in the order in which they begin in the text, parents first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Without quotes.
    Plain,
    /// In `'…'`.
    SingleQuoted,
    /// In `"…"`.
    DoubleQuoted,
    /// A block scalar with `|`: line ends are kept.
    Literal,
    /// A block scalar with `>`: lines are joined.
    Folded,
}

/// How a mapping or sequence is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CollectionLayout {
    /// By lines and indentation.
    Block,
    /// In brackets, as in JSON.
    Flow,
    /// One `key: value` inside `[…]`, a mapping without brackets of its own.
    Pair,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A single value.
    Scalar(ScalarStyle),
    /// Keys with values.
    Mapping(CollectionLayout),
    /// A list.
    Sequence(CollectionLayout),
    /// `*name`: stands for an earlier node.
    Alias,
}

/// One node as it is kept: 16 bytes, in the order of the text, each parent before its children.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) start: u32,
    pub(super) end: u32,
    /// By kind: where the node behind this collection stands (a collection's children lie in between), which node an
    /// alias means, or the place in [`Yaml::values`] of a scalar with [`OWNED`].
    pub(super) link: u32,
    pub(super) kind: NodeKind,
    pub(super) flags: u8,
}

/// The scalar's value differs from its source text.
pub(super) const OWNED: u8 = 1;
/// Nothing is written: the value of `key:`.
pub(super) const MISSING: u8 = 2;
/// The node has a tag.
pub(super) const TAGGED: u8 = 4;
/// The node has an anchor.
pub(super) const ANCHORED: u8 = 8;
