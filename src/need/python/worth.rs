//! Numbers as far as they are known, and what comes of two of them.

/// What an expression may be worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Value {
    /// The largest number that it may be.
    pub(super) number: Option<u64>,
    /// Whether every number that it may be is known.
    pub(super) sure: bool,
    /// Whether it may be as many as the machine has, or as many as whoever starts it wants.
    pub(super) many: bool,
    /// Whether it is `None`.
    pub(super) unset: bool,
    /// The module and the token where the number stands; nothing where the command gave it.
    pub(super) at: Option<(usize, usize)>,
}

impl Value {
    pub(super) const UNSET: Self = Self { number: None, sure: true, many: false, unset: true, at: None };
    pub(super) const MANY: Self = Self { number: None, sure: false, many: true, unset: false, at: None };

    pub(super) fn number(number: u64, at: Option<(usize, usize)>) -> Self {
        Self { number: Some(number), sure: true, many: false, unset: false, at }
    }

    /// A value that the command or a file of settings gives as text.
    pub(super) fn given(text: &str) -> Self {
        match text.trim().parse::<i64>() {
            Ok(number) => u64::try_from(number).map_or(Self::MANY, |number| Self::number(number, None)),
            Err(_) if text == "auto" => Self::MANY,
            Err(_) => Self::default(),
        }
    }

    /// One of two: the larger, and unknown as either is.
    pub(super) fn or(self, other: Self) -> Self {
        let larger = if other.number > self.number { other } else { self };
        Self {
            sure: self.sure && other.sure,
            many: self.many || other.many,
            unset: self.unset && other.unset,
            ..larger
        }
    }

    pub(super) fn unsure(self) -> Self {
        Self { sure: false, ..self }
    }

    pub(super) fn with(self, other: Self, sum: impl Fn(u64, u64) -> Option<u64>) -> Self {
        match (self.number, other.number) {
            (Some(a), Some(b)) => Self { number: sum(a, b), sure: self.sure && other.sure, ..self },
            // What something unknown takes away or shares out leaves no more.
            (Some(_), None) => self.unsure(),
            _ => Self { many: self.many || other.many, ..Self::default() },
        }
    }
}

/// The larger of two values, of which either may lead nowhere.
pub(super) fn either(one: Option<Value>, other: Option<Value>) -> Option<Value> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.or(other)),
        (one, other) => one.or(other),
    }
}
