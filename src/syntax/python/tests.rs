//! What the reader of Python makes of texts as people write and break them.

use proptest::prelude::*;

use super::{Binding, Module};

fn calls(text: &str) -> Vec<String> {
    let module = Module::read(text);
    module.calls.iter().map(|call| module.full_name(call.name)).collect()
}

#[test]
fn calls_are_told_from_what_looks_like_them() {
    let text = r#"
import torch.utils.data as data
from torch.utils.data import (DataLoader as DL,
                              Dataset)
class TrainingDataLoader(DL):  # DL(num_workers=1)
    """DL(x, num_workers=4)"""
    def __len__(self): return f"{self.x(1)}"
if (a): data.DataLoader(x)
'unclosed DL(
loader = DL(x, \
    num_workers=2); y = '\\'; z = f(b"\"(")
"#;
    assert_eq!(calls(text), ["torch.utils.data.DataLoader", "torch.utils.data.DataLoader", "f"]);
}

#[test]
fn arguments_are_split_at_their_own_commas() {
    let module = Module::read("f(a, (1, 2), k=[3, {4: 5}], *r, **kw, g=lambda x: x)");
    let found: Vec<_> =
        module.arguments(module.calls[0].open).map(|one| (one.keyword, module.name(one.value))).collect();
    let named = |name, value| (Some(name), value);
    let wanted =
        [(None, "a"), (None, "("), named("k", "["), named("*", "r"), named("**", "kw"), named("g", "lambda")];
    assert_eq!(found, wanted);
}

#[test]
fn names_are_bound_in_every_way() {
    let text = "
WORKERS = 4
class C:
    num: int = 3
    def __init__(self, a, b: int = 5, *, c=f(1, x=2)):
        self.d: Optional[int] = 6
        self.e = self.f = 7
cfg['g'] = 8
h = {'i': 9, **{'j': 10}}
k = dict(l=11)
f(m=12)
";
    let module = Module::read(text);
    let value = |name: &str| {
        let found = module.bindings.get(name)?.first()?;
        Some(match *found {
            Binding::Value(at) => module.name(at).to_owned(),
            Binding::Parameter { of, index, default } => {
                format!("{} {index} {}", module.name(of), default.map_or("", |at| module.name(at)))
            }
        })
    };
    let names = ["WORKERS", "num", "a", "b", "c", "d", "e", "f", "g", "i", "j", "l", "m", "x", "self"];
    let found: Vec<String> = names.into_iter().filter_map(value).collect();
    assert_eq!(found, ["4", "3", "C 0 ", "C 1 5", "C 2 f", "6", "self", "7", "8", "9", "10", "11"]);
}

#[test]
fn only_what_is_named_is_reached() {
    let text = "
import x
@app.command()
def go():
    helper()
def helper(): pass
def dead():
    other()
class Other:
    def a(self):
        dead()
if __name__ == '__main__':
    Other()
";
    let module = Module::read(text);
    let names = |from: &[&str]| {
        let starts = module.blocks.iter().enumerate().filter(|(_, block)| from.contains(&block.name));
        let reached = module.reached(starts.map(|(at, _)| at));
        let blocks = module.blocks.iter().zip(reached).filter(|(_, reached)| *reached);
        blocks.map(|(block, _)| block.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&["go"]), ["go", "helper"]);
    assert_eq!(names(&["", "__main__"]), ["", "dead", "Other", "__main__"]);
}

#[test]
fn what_is_not_closed_ends_before_the_next_statement() {
    assert_eq!(calls("f(a, (b\ndef g():\n  h(1)\n"), ["f", "h"]);
    assert_eq!(calls("x = '''f(1)\ng(2)\n"), [""; 0]);
    assert_eq!(calls("x = '''a\\''' f(1) '''; g(2)\n"), ["g"]);
}

proptest! {
    #[test]
    fn any_text_is_a_module(pieces in proptest::collection::vec(
        prop_oneof![
            "[a-z(){}=:,.'\"#@\\\\ \n*-]{0,8}",
            Just("def f(".to_owned()),
            Just("\nclass A(B):\n  ".to_owned()),
            Just("\"\"\"".to_owned()),
            Just("é(".to_owned()),
            Just("\nfrom .a import (b as c,".to_owned()),
            Just("\nimport a.b as c, d".to_owned()),
            Just("\n@d\n".to_owned()),
        ],
        0..60,
    )) {
        let text = pieces.concat();
        let module = Module::read(&text);
        prop_assert!(module.len() <= 2 * text.len() + 1);
        for call in &module.calls {
            prop_assert!(module.arguments(call.open).count() <= module.len());
            module.full_name(call.name);
        }
        for at in 0..module.len() {
            prop_assert!(module.span(at).end <= text.len() && module.behind(at) > at);
        }
        module.reached(0..module.blocks.len());
    }
}
