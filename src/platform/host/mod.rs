//! The files in which command lines stand: each hands the text of its scripts to [`super::run`].

mod adoc;
mod ci;
mod command_line;
mod devcontainer;
mod dockerfile;
mod document;
mod groovy;
mod indented;
mod inner;
mod jsonc;
mod later;
mod make;
mod makefile;
mod markdown;
mod notebook;
mod page;
mod prose;
mod quadlet;
mod read;
mod remarked;
mod rst;
mod same;
mod script;
mod shell;
mod units;

pub use ci::KIND as CI;
pub use devcontainer::KIND as DEVCONTAINER;
pub use dockerfile::KIND as DOCKERFILE;
pub use document::KIND as DOCUMENT;
pub use groovy::KIND as JENKINSFILE;
pub use make::KIND as MAKEFILE;
pub use notebook::{NOTEBOOK, PACKAGE};
pub use quadlet::KIND as QUADLET;
pub use read::add_remarked;
pub use shell::KIND as SCRIPT;
pub use units::KIND as UNIT;
