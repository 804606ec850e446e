//! The data loaders of a program: their workers, their batches, and what one sample is.

use super::signs::{self, Means, Sign};
use super::value::{Value, Values};
use crate::need::evidence::{Data, Loads};
use crate::need::loader::Sample;
use crate::syntax::python::{self, Module, TokenKind};

/// How many processors a machine is taken to have where a program takes all of them.
const PROCESSORS: u64 = 8;

/// Keywords of the number of workers, and of the batch.
const WORKERS: [&str; 5] =
    ["num_workers", "dataloader_num_workers", "num_dataloader_workers", "worker_count", "loader_workers"];
const BATCHES: [&str; 7] = [
    "batch_size",
    "per_device_train_batch_size",
    "train_batch_size",
    "batch",
    "bs",
    "micro_batch_size",
    "images_per_batch",
];

/// Names of the side of an image, and of the length of a text.
const SIDES: [&str; 8] = [
    "imgsz",
    "img_size",
    "image_size",
    "resolution",
    "crop_size",
    "input_size",
    "image_resolution",
    "img_dim",
];
const LENGTHS: [&str; 7] =
    ["max_length", "max_seq_length", "max_seq_len", "block_size", "seq_len", "sequence_len", "max_len"];

/// A larger number in a program is one of something else: machines have fewer processors. An option that says so is believed,
/// see [`crate::need::hints`].
const MOST_IN_CODE: u64 = 256;

/// How many workers a loader has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Workers {
    None,
    Some(u64),
    Unknown,
}

/// One call that makes a loader.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) place: (usize, usize),
    pub(super) workers: Workers,
    /// Whether somebody wrote that it has none, and speaks of shared memory beside it.
    pub(super) given_up: bool,
    pub(super) trains: bool,
    assumed: bool,
    batch: Value,
    prefetch: Option<u64>,
    sample: Option<&'static str>,
    at: Option<(usize, usize)>,
}

impl Call {
    /// What a library loads with once it is imported.
    pub(super) fn brought(sign: &'static Sign, place: (usize, usize)) -> Option<Self> {
        Some(Self {
            place,
            workers: Workers::Some(sign.workers?),
            given_up: false,
            trains: true,
            assumed: true,
            batch: sign.batch.map_or_else(Value::default, |batch| Value::number(batch, None)),
            prefetch: sign.prefetch,
            sample: sign.sample,
            at: None,
        })
    }

    /// A call of a known loader, or of anything that is given a number of loader workers.
    pub(super) fn read(
        values: &Values<'_, '_>,
        at: usize,
        call: &python::CallExpression,
        sign: Option<&'static Sign>,
    ) -> Option<Self> {
        let module = values.modules.get(at)?;
        let arguments: Vec<_> = module.arguments(call.open).take(64).collect();
        let keyword = |names: &[&str]| {
            arguments.iter().find(|argument| argument.keyword.is_some_and(|name| names.contains(&name)))
        };
        let brings = sign.is_some_and(|sign| sign.means == Means::Brings);
        let by_keyword = keyword(&WORKERS).or_else(|| keyword(&["workers"]).filter(|_| brings));
        let by_place = || {
            let mut places = arguments.iter().take_while(|argument| argument.keyword.is_none());
            let is_loader = sign.is_some_and(|sign| sign.means == Means::Loader);
            places.nth(5).filter(|_| is_loader)
        };
        let unpacked = arguments.iter().any(|argument| argument.keyword == Some("**"));
        let default = sign.and_then(|sign| sign.workers);
        let written = by_keyword.or_else(by_place);
        if sign.is_none() && (written.is_none() || python::is_dictionary(module.name(call.name))) {
            return None;
        }
        let mut value = match written {
            Some(argument) => values.value(at, argument.value),
            None if sign.is_some_and(|sign| sign.means == Means::Trainer) => {
                let given = values.command("dataloader_num_workers");
                given
                    .or_else(|| unpacked.then(|| values.named(at, "dataloader_num_workers"))?)
                    .unwrap_or(Value::UNSET)
            }
            None if sign.is_some_and(|sign| sign.means == Means::Configured) => {
                values.named(at, "num_workers").unwrap_or_default()
            }
            None if unpacked => values.named(at, "num_workers").unwrap_or_default(),
            None => Value::UNSET,
        };
        if value.unset {
            value = default.map_or(Value::UNSET, |number| Value::number(number, None));
        }
        let workers = match value.number {
            Some(0) | None if value.many => Workers::Some(PROCESSORS),
            Some(0) if value.sure => Workers::None,
            Some(0) => Workers::Unknown,
            Some(number) if number <= MOST_IN_CODE => Workers::Some(number),
            None if value.unset => Workers::None,
            _ => Workers::Unknown,
        };
        let batch = keyword(&BATCHES).or_else(|| {
            let second = arguments.get(1).filter(|argument| argument.keyword.is_none());
            second.filter(|_| sign.is_some_and(|sign| sign.means == Means::Loader))
        });
        let batch = match batch {
            Some(argument) => values.value(at, argument.value),
            None => sign.and_then(|sign| sign.batch).map_or_else(
                || {
                    BATCHES
                        .iter()
                        .find_map(|name| values.named(at, name).filter(|value| value.number.is_some()))
                        .unwrap_or_default()
                },
                |batch| Value::number(batch, None),
            ),
        };
        let prefetch = keyword(&["prefetch_factor"]).and_then(|argument| values.number(at, argument.value));
        let shuffles = keyword(&["shuffle"]).is_some_and(|argument| module.name(argument.value) == "True");
        let line = module.text().get(..module.span(module.partner(call.open)).end).unwrap_or_default();
        let line = line.get(line.rfind('\n').map_or(0, |at| at + 1)..).unwrap_or_default();
        Some(Self {
            place: (at, call.name),
            workers,
            given_up: workers == Workers::None && written.is_some() && speaks_of_shm(module, call),
            trains: shuffles || line.to_ascii_lowercase().contains("train"),
            assumed: written.is_none() || value.many,
            batch,
            prefetch: prefetch.or_else(|| sign.and_then(|sign| sign.prefetch)),
            sample: sign.and_then(|sign| sign.sample),
            at: value.at,
        })
    }

    pub(super) fn workers(&self) -> u64 {
        if let Workers::Some(workers) = self.workers { workers } else { 0 }
    }

    pub(super) fn places(&self) -> Vec<(usize, usize)> {
        let numbers = self.at.into_iter().chain(self.batch.at).filter(|place| *place != self.place);
        std::iter::once(self.place).chain(numbers).collect()
    }

    pub(super) fn claim(&self, values: &Values<'_, '_>, reached: &[Vec<bool>]) -> Loads {
        let (data, shape) = sample(values, reached);
        let sample = self.sample.map(str::to_owned).or(shape);
        let sample = sample.and_then(|text| {
            let (shape, dtype) = text.split_once(' ')?;
            Sample::new(shape, dtype).ok()
        });
        let data = if self.sample.is_some() { Data::Images } else { data };
        let batch = self.batch.number.filter(|batch| (1..=1 << 16).contains(batch));
        Loads { workers: self.workers(), assumed: self.assumed, batch, sample, data, prefetch: self.prefetch }
    }
}

/// Whether a call or the line before it speaks of shared memory, as people do who gave workers up.
fn speaks_of_shm(module: &Module<'_>, call: &python::CallExpression) -> bool {
    let text = module.text();
    let line = |at: usize| text.get(..at).and_then(|before| before.rfind('\n')).unwrap_or(0);
    let end = module.span(module.partner(call.open)).end;
    let end = end + text.get(end..).and_then(|rest| rest.find('\n')).unwrap_or_default();
    let around =
        text.get(line(line(module.span(call.name).start))..end).unwrap_or_default().to_ascii_lowercase();
    ["shm", "shared memory", "bus error"].iter().any(|word| around.contains(word))
}

/// What kind of data a program loads, and the largest sample that it makes, as a shape and a type.
fn sample(values: &Values<'_, '_>, reached: &[Vec<bool>]) -> (Data, Option<String>) {
    let (mut images, mut text, mut tensors) = (false, false, false);
    let (mut named, mut sides, mut shapes) = (None, Vec::new(), Vec::new());
    for (at, module) in values.modules.iter().enumerate() {
        for import in &module.imports {
            images |= signs::of_import(import).any(|sign| sign.means == Means::Images);
            text |= signs::of_import(import).any(|sign| sign.means == Means::Text);
        }
        let is_reached = |block| reached.get(at).and_then(|blocks| blocks.get(block)) == Some(&true);
        for call in module.calls.iter().filter(|call| is_reached(call.block)) {
            let shape = || {
                module
                    .arguments(call.open)
                    .next()
                    .map(|one| values.shape(at, one.value, 3))
                    .unwrap_or_default()
            };
            match module.name(call.name) {
                "Resize" | "CenterCrop" | "RandomCrop" | "RandomResizedCrop"
                    if !is_conditional(module, call.name) =>
                {
                    sides.push(shape());
                }
                "TensorDataset" => tensors = true,
                "randn" | "rand" | "zeros" | "ones" => {
                    let sides = module.arguments(call.open).take_while(|one| one.keyword.is_none());
                    let sides: Option<Vec<u64>> = sides.map(|one| values.number(at, one.value)).collect();
                    shapes.push(sides.filter(|sides| sides.len() > 1).unwrap_or_else(shape));
                }
                _ => {}
            }
            match signs::of_call(module, call) {
                Some(sign) if sign.means == Means::Text => text = true,
                Some(sign) if sign.means == Means::Images => named = named.max(sign.sample),
                _ => {}
            }
        }
    }
    let data = match (images, text, named) {
        (_, _, Some(_)) => Data::Small,
        (true, ..) => Data::Images,
        (false, true, _) => Data::Small,
        _ => Data::Unknown,
    };
    let square = |side: &Vec<u64>| match side.as_slice() {
        [side] => Some((*side, *side)),
        [height, width] => Some((*height, *width)),
        _ => None,
    };
    let largest = sides.iter().filter_map(square).max_by_key(|(height, width)| height.saturating_mul(*width));
    let images = |side: Option<(u64, u64)>| side.map(|(height, width)| format!("3x{height}x{width} float32"));
    let number = |names: &[&'static str], range: std::ops::RangeInclusive<u64>| {
        let found = names.iter().filter_map(|name| values.named(0, name)?.number);
        found.filter(|number| range.contains(number)).max()
    };
    let shape = match data {
        Data::Images => {
            images(largest).or_else(|| images(number(&SIDES, 16..=8192).map(|side| (side, side))))
        }
        Data::Small if named.is_some() => images(largest).or(named.map(str::to_owned)),
        Data::Small => number(&LENGTHS, 8..=1 << 20).map(|length| format!("3x{length} int64")),
        Data::Unknown => {
            let own = shapes
                .iter()
                .filter(|_| tensors)
                .filter_map(|shape| shape.get(1..).filter(|rest| !rest.is_empty()));
            let own = own
                .max_by_key(|shape| shape.iter().fold(1_u64, |product, side| product.saturating_mul(*side)));
            own.map(|shape| {
                let sides: Vec<String> = shape.iter().map(u64::to_string).collect();
                format!("{} float32", sides.join("x"))
            })
        }
    };
    (data, shape)
}

/// Whether a call stands in the branch of a condition.
fn is_conditional(module: &Module<'_>, at: usize) -> bool {
    let mut indent = None;
    for token in (0..at).rev().take(2000) {
        if let TokenKind::Line(columns) = module.kind(token) {
            let opens = ["if", "elif", "else"].contains(&module.name(token + 1));
            if indent.is_some_and(|inner| columns < inner) {
                return opens;
            }
            if indent.is_none() && opens {
                return true;
            }
            indent = indent.or(Some(columns));
        }
    }
    false
}
