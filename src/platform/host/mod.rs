//! The files in which command lines stand: each hands the text of its scripts to [`super::run`].

pub mod shell;
