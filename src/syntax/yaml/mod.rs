//! The located YAML tree: what stands where in a text, and how it is written.
//!
//! [`Yaml::parse`] never fails as a whole: each document is a tree or an [`Error`] with its place. The tree keeps
//! aliases, merge keys and tags as they are written and expands nothing, so that its size is bounded by the text's. It
//! holds spans, not copies: only a value that differs from its source text (escapes, folded lines, block scalars) is
//! kept. Readers walk it with the [`Node`] cursor, which lays the text beside the tree again.
//!
//! ```
//! use shmlint::syntax::yaml::Yaml;
//!
//! let text = "services:\n  trainer: {image: 'pytorch/pytorch'}\n";
//! let yaml = Yaml::parse(text);
//! let image = yaml.root(text).and_then(|root| root.get("services")?.get("trainer")?.get("image")).unwrap();
//! assert_eq!(image.str(), Some("pytorch/pytorch"));
//! assert_eq!(image.span().of(text), "'pytorch/pytorch'");
//! ```
//!
//! Promises that walkers may lean on: nodes nest at most 510 deep (aliases not followed); an alias points to
//! a node that ends before it, so following aliases comes to an end, though chains of them may be as long as the file.

mod build;
mod duplicates;
mod edit;
mod equal;
mod error;
mod merge;
mod node;
mod record;
mod remove;
mod scan;
mod style;
#[cfg(test)]
mod tests;
mod tree;
mod value;

pub use edit::{Editor, EntryPosition, Insertion};
pub use equal::{equal_but_for, same_but_for};
pub use error::Error;
pub use merge::{Fuel, MergedEntry, each_merged, find_merged};
pub use node::{BlockScalar, Chomping, Entry, Node};
pub use record::{CollectionLayout, NodeId, NodeKind, ScalarStyle};
pub use tree::{Document, Yaml};
pub use value::NewValue;
