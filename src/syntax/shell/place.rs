//! Where a word stands, which decides what ends it.

/// Where a word stands, which decides what ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WordPlace {
    /// In a command.
    Argument,
    /// In the parentheses of a list.
    Element,
    /// Behind the modifier of `${A:-…}`; in double quotes or not.
    Operand { double: bool },
    /// Between `[[` and `]]`.
    Test,
    /// Before the `)` of a case.
    Pattern,
}

impl WordPlace {
    /// Whether the unquoted `byte` ends a word here.
    pub(super) fn ends(self, byte: u8) -> bool {
        match self {
            Self::Argument => b" \t\n;&|<>()".contains(&byte),
            Self::Element => b" \t\n)".contains(&byte),
            Self::Operand { .. } => byte == b'}',
            Self::Test => b" \t\n;&|".contains(&byte),
            Self::Pattern => b" \t\n|)".contains(&byte),
        }
    }
}
