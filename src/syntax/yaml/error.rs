//! What is wrong with a document, in plain words and with its place.

use crate::text::source::Span;
use granit_parser::{ErrorKind, ScanError};

/// Why a document cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Where it goes wrong: for an unclosed quote or bracket where that opens.
    pub span: Span,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
}

impl Error {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }

    /// The parser's error. `open` is where the innermost open bracket stands, if there is one.
    pub(super) fn scan(text: &str, error: &ScanError, open: Option<usize>) -> Self {
        let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
        let message = match error.kind() {
            ErrorKind::ExpectedFlowMappingSeparator => return Self::in_flow(text, at, open, '}'),
            ErrorKind::ExpectedFlowSequenceSeparator => return Self::in_flow(text, at, open, ']'),
            kind => message(kind),
        };
        let at = if message == TAB { tab_before(text, at) } else { at };
        Self::new(character(text, at), message)
    }

    /// A comma is missing, or the bracket that opened long before is never closed.
    fn in_flow(text: &str, at: usize, open: Option<usize>, close: char) -> Self {
        let rest = text.get(at..).unwrap_or_default();
        let document = memchr::memmem::find(rest.as_bytes(), b"\n---").and_then(|end| rest.get(..end));
        match open {
            Some(open) if !document.unwrap_or(rest).contains(close) => {
                let bracket = character(text, open);
                Self::new(bracket, format!("this '{}' is never closed", bracket.of(text)))
            }
            _ => Self::new(character(text, at), format!("expected ',' or '{close}'")),
        }
    }
}

const TAB: &str = "tab used for indentation; YAML allows only spaces";

/// The span of the character at `at`; empty at a line's end.
fn character(text: &str, at: usize) -> Span {
    let here = text.get(at..).and_then(|rest| rest.chars().next());
    let width = here.filter(|here| !matches!(here, '\n' | '\r')).map_or(0, char::len_utf8);
    Span::new(at, at + width)
}

/// The parser points behind some tabs.
fn tab_before(text: &str, at: usize) -> usize {
    let blanks = text.get(..at).unwrap_or_default().trim_end_matches([' ', '\t']).len();
    let tab = text.get(blanks..=at).and_then(|blanks| blanks.rfind('\t'));
    tab.map_or(at, |tab| blanks + tab)
}

/// Own words where the parser's speak of its insides, else the parser's.
fn message(kind: &ErrorKind) -> String {
    let plain = match kind {
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            "this quote is never closed"
        }
        ErrorKind::UnclosedFlowCollection { open: '{' } => "this '{' is never closed",
        ErrorKind::UnclosedFlowCollection { .. } => "this '[' is never closed",
        ErrorKind::RecursionLimitExceeded => "nested more than 255 levels deep",
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart => TAB,
        ErrorKind::MappingValueNotAllowed => {
            "a ':' cannot make a mapping here: is the indentation right, or does the value need quotes?"
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => "expected 'key: value', found no ':'",
        ErrorKind::ExpectedBlockMappingKey => {
            "expected another key of this mapping: is the indentation right?"
        }
        ErrorKind::ExpectedBlockSequenceEntry => {
            "expected another '- ' item of this list: is the indentation right?"
        }
        ErrorKind::ExpectedDocumentStart => {
            "this belongs to nothing above it: is the indentation right, or is a '---' missing?"
        }
        ErrorKind::BlockEntryInFlowCollection => "a '- ' item cannot stand inside brackets",
        ErrorKind::BlockSequenceEntryNotAllowed => "a list item cannot begin here",
        ErrorKind::InvalidIndentation | ErrorKind::InvalidBlockScalarIndent => {
            "the indentation fits nothing above it"
        }
        ErrorKind::MisplacedFlowCollectionEnd => "this bracket closes nothing",
        ErrorKind::BomInsideDocument => "a byte order mark may only stand at the beginning",
        ErrorKind::MissingDocumentEndBeforeDirective => {
            "a '%' directive needs a line with '...' before it: does the value need quotes?"
        }
        ErrorKind::UnexpectedCharacter { character: '@' | '`' } => {
            "a plain value cannot begin with '@' or '`'"
        }
        ErrorKind::UnexpectedCharacter { character: '%' } => "a plain value cannot begin with '%'",
        ErrorKind::UnexpectedCharacter { character } => {
            return format!("the character '{}' is not allowed here", character.escape_default());
        }
        _ => return kind.to_string(),
    };
    plain.to_owned()
}
