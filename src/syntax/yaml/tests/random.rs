//! Random YAML files in the styles of real ones: any step, dashes below their key or indented, flow and block, quotes,
//! comments, anchors, line ends.

use proptest::prelude::*;
use std::fmt::Write as _;

/// What a file says, before it is written down.
#[derive(Clone, Debug)]
pub(super) enum Tree {
    Null,
    Text(String),
    Map(Vec<Tree>),
    List(Vec<Tree>),
}

/// A file: its tree, and the seed of all choices of style.
pub(super) fn file() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        4 => "[a-z]{1,6}",
        2 => "[a-z]{1,4}( [a-z#:é]{1,4}){1,3}",
        1 => "[0-9]{1,3}|true|1\\.5",
        1 => "[ -~é\\n]{0,8}",
    ];
    let leaf = prop_oneof![1 => Just(Tree::Null), 9 => text.prop_map(Tree::Text)];
    let tree = leaf.prop_recursive(5, 40, 6, |inner| {
        let many = || prop::collection::vec(inner.clone(), 0..6);
        prop_oneof![3 => many().prop_map(Tree::Map), 2 => many().prop_map(Tree::List)]
    });
    let root = prop::collection::vec(tree, 1..6).prop_map(Tree::Map);
    (root, any::<u64>()).prop_map(|(root, seed)| Writer::new(seed).file(&root))
}

struct Writer {
    out: String,
    seed: u64,
    eol: &'static str,
    step: usize,
    keys: usize,
    anchors: usize,
    /// A comment here would become part of the block scalar above.
    in_block_scalar: bool,
}

impl Writer {
    fn new(seed: u64) -> Self {
        let mut writer = Self {
            out: String::new(),
            seed,
            eol: "\n",
            step: 2,
            keys: 0,
            anchors: 0,
            in_block_scalar: false,
        };
        writer.step = writer.pick(&[2, 2, 2, 4, 1, 3, 5, 8]);
        writer.eol = writer.pick(&["\n", "\n", "\r\n"]);
        writer
    }

    /// One of `0..bound` (splitmix64).
    fn below(&mut self, bound: usize) -> usize {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 33).unwrap() % bound
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    fn file(mut self, root: &Tree) -> String {
        if self.one_in(8) {
            self.out.push('\u{feff}');
        } else if self.one_in(6) {
            self.line(0, "# licence");
        }
        if self.one_in(4) {
            self.line(0, "---");
        }
        let Tree::Map(pairs) = root else { unreachable!() };
        if self.one_in(8) {
            self.flow(root, 0);
            self.end_line();
        } else {
            self.map(pairs, 0, self.out.starts_with('\u{feff}'));
        }
        match self.below(6) {
            0 => self.out.truncate(self.out.trim_end_matches(['\n', '\r']).len()),
            1 => self.out.push_str("   "),
            2 => self.line(0, "# end"),
            3 => self.out.push_str(self.eol),
            _ => {}
        }
        self.out
    }

    fn line(&mut self, column: usize, text: &str) {
        self.blanks(column);
        self.out.push_str(text);
        self.out.push_str(self.eol);
    }

    fn blanks(&mut self, count: usize) {
        self.out.push_str(&" ".repeat(count));
    }

    fn end_line(&mut self) {
        let comment = self.pick(&["", "", "", "", "  ", " # same line", " #\ttab"]);
        self.out.push_str(comment);
        self.out.push_str(self.eol);
    }

    /// Keys are unique in the file, so that comments can be traced to them.
    fn key(&mut self) -> String {
        self.keys += 1;
        let plain = format!("k{}_", self.keys);
        match self.below(6) {
            0 => format!("\"{plain}\""),
            1 => format!("'{plain}'"),
            2 => format!("{plain}é"),
            _ => plain,
        }
    }

    fn map(&mut self, pairs: &[Tree], column: usize, mut inline: bool) {
        for value in pairs {
            let key = self.key();
            if !std::mem::take(&mut inline) {
                if self.one_in(8) {
                    self.out.push_str(self.eol);
                }
                if self.one_in(5) {
                    let left = if self.one_in(4) { 0 } else { column };
                    self.line(left, &format!("# about k{}_", self.keys));
                }
                self.blanks(column);
            }
            self.in_block_scalar = false;
            self.out.push_str(&key);
            let colon = if self.one_in(20) { " :" } else { ":" };
            self.out.push_str(colon);
            let step = self.step;
            let dash = self.pick(&[0, step, step, step + 1]);
            self.value(value, column, column + dash);
            if !self.in_block_scalar && self.one_in(10) {
                self.line(column + 1, "# inside");
            }
        }
    }

    /// What stands behind a `:` or `-` in `column`.
    fn value(&mut self, value: &Tree, column: usize, dash: usize) {
        if self.one_in(12) {
            self.anchors += 1;
            write!(self.out, " &x{}", self.anchors).unwrap();
        } else if self.anchors > 0 && matches!(value, Tree::Text(_)) && self.one_in(8) {
            // The last one may be still open.
            let name = self.below(self.anchors);
            if name > 0 && self.out.contains(&format!("&x{name} ")) && self.closed(name) {
                write!(self.out, " *x{name}").unwrap();
                return self.end_line();
            }
        }
        match value {
            Tree::Map(pairs) if !pairs.is_empty() && !self.one_in(4) => {
                self.end_line();
                self.map(pairs, column + self.step, false);
            }
            Tree::List(items) if !items.is_empty() && !self.one_in(4) => {
                self.end_line();
                self.list(items, dash, false);
            }
            Tree::Text(text) if text.contains('\n') || self.one_in(12) => self.block_scalar(text, column),
            Tree::Null => self.end_line(),
            _ => {
                self.out.push(' ');
                self.flow(value, column + self.step);
                self.end_line();
            }
        }
    }

    /// Only anchors on scalars are sure to be closed.
    fn closed(&self, name: usize) -> bool {
        let line = self.out.split(&format!("&x{name} ")).nth(1).unwrap_or_default();
        line.starts_with(|first: char| first.is_ascii_alphanumeric())
    }

    fn list(&mut self, items: &[Tree], column: usize, mut inline: bool) {
        for item in items {
            if !std::mem::take(&mut inline) {
                self.blanks(column);
            }
            self.in_block_scalar = false;
            self.out.push('-');
            let gap = self.pick(&[1, 1, 1, 2, 4]);
            match item {
                Tree::Map(pairs) if !pairs.is_empty() && !self.one_in(4) => {
                    self.blanks(gap);
                    self.map(pairs, column + 1 + gap, true);
                }
                Tree::List(items) if !items.is_empty() && !self.one_in(4) => {
                    self.blanks(gap);
                    self.list(items, column + 1 + gap, true);
                }
                _ => self.value(item, column, column + self.step),
            }
        }
    }

    fn block_scalar(&mut self, text: &str, column: usize) {
        let header = self.pick(&[" |", " |-", " |+", " >", " >-", " >+"]);
        self.out.push_str(header);
        self.end_line();
        let mut lines: Vec<_> = text.split('\n').map(str::trim).collect();
        lines.resize(lines.len() + self.below(3), "");
        for line in lines {
            let blank = line.is_empty();
            self.line(if blank { 0 } else { column + self.step }, line);
        }
        self.in_block_scalar = true;
    }

    /// On one line, or each member on its own.
    fn flow(&mut self, value: &Tree, column: usize) {
        let (open, members, close) = match value {
            Tree::Null => return self.out.push_str("null"),
            Tree::Text(text) => return self.text(text, column),
            Tree::Map(members) => ('{', members, '}'),
            Tree::List(members) => ('[', members, ']'),
        };
        let lines = self.one_in(3) && !members.is_empty();
        let pad = if self.one_in(4) { " " } else { "" };
        self.out.push(open);
        self.out.push_str(pad);
        for (at, member) in members.iter().enumerate() {
            if lines {
                self.end_line();
                self.blanks(column + self.step);
            }
            if open == '{' {
                let key = self.key();
                self.out.push_str(&key);
                let tight = key.starts_with('"') && self.one_in(2);
                self.out.push_str(if tight { ":" } else { ": " });
            }
            self.flow(member, column + self.step);
            if at + 1 < members.len() || self.one_in(5) {
                self.out.push(',');
                let tight = self.one_in(5) && !lines;
                self.out.push_str(if tight { "" } else { " " });
            }
        }
        if lines {
            self.end_line();
            self.blanks(column);
        }
        self.out.push_str(pad);
        self.out.push(close);
    }

    fn text(&mut self, text: &str, column: usize) {
        let plain = !text.is_empty()
            && text.split(' ').all(|word| word.starts_with(|first: char| first.is_ascii_alphanumeric()))
            && text.chars().all(|character| character.is_alphanumeric() || " .".contains(character));
        let fold = !text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  ") && self.one_in(4);
        let quoted = match self.below(3) {
            0 => format!("{text:?}"),
            1 if !text.contains('\n') => format!("'{}'", text.replace('\'', "''")),
            _ if plain => text.to_owned(),
            _ => format!("{text:?}"),
        };
        if fold {
            let next = format!("{}{}", self.eol, " ".repeat(column + 1));
            self.out.push_str(&quoted.replace(' ', &next));
        } else {
            self.out.push_str(&quoted);
        }
    }
}
