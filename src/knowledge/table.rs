//! The table that `src/build/` makes of `rules/images.yaml`.

/// When an entry's workloads need shared memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeedRule {
    /// Always.
    Yes,
    /// Never.
    No,
    /// With two or more GPUs.
    SeveralGpus,
    /// With two or more processes, which its options ask for.
    Ranks,
    /// On what they are used for, which no file tells.
    Depends,
    /// The container only waits: it needs none by itself.
    Idle,
}

impl NeedRule {
    /// Which of several programs of one command decides.
    pub(super) fn weight(self) -> u8 {
        match self {
            Self::Yes => 4,
            Self::SeveralGpus | Self::Ranks => 3,
            Self::Depends => 2,
            Self::No => 1,
            Self::Idle => 0,
        }
    }
}

/// How much shared memory an entry's workloads want.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Formula {
    /// So many bytes, by the project's own documentation.
    Fixed(u64),
    /// Training with data loader workers, for every GPU.
    Loader,
    /// NCCL between the GPUs of one machine.
    Nccl,
    /// vLLM's rings between its workers.
    Vllm,
    /// The rings of `SGLang`, and NCCL.
    Sglang,
    /// Ray's object store.
    Ray,
}

/// How many processes a program starts where no option says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Processes {
    /// One.
    One,
    /// One for each GPU that it sees.
    ByGpus,
    /// As something else tells.
    Told,
}

/// One thing that is known. What only its tests look at is not in the binary.
#[derive(Debug, PartialEq)]
pub struct KnowledgeEntry {
    /// The heading it stands under.
    #[cfg(test)]
    pub group: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// Globs on images, each with an image that it matches.
    #[cfg(test)]
    pub images: &'static [(&'static str, &'static str)],
    /// Words of commands, each with a command line that they match.
    #[cfg(test)]
    pub commands: &'static [(&'static str, &'static str)],
    /// Words that tell it in the names of services and images.
    #[cfg(test)]
    pub words: &'static [&'static str],
    /// When it needs shared memory.
    pub rule: NeedRule,
    /// How much.
    pub size: Option<Formula>,
    /// How many processes it starts; nothing where it says nothing of that.
    pub processes: Option<Processes>,
    /// Bytes that it takes with the settings it has by itself.
    pub takes: Option<u64>,
    /// Why, in one clause.
    pub why: &'static str,
    /// Where that is written.
    #[cfg(test)]
    pub source: &'static str,
}

/// The patterns of one sort, looked up by the word that a match must have.
#[derive(Debug)]
pub(super) struct PatternIndex {
    /// The word, the pattern and the number of its entry, sorted by the word.
    exact: &'static [(&'static str, &'static str, usize)],
    /// What such a word begins with, where a pattern has a `*` in it: that, the pattern and the number of its entry.
    starred: &'static [(&'static str, &'static str, usize)],
}

impl PatternIndex {
    /// The entry of the pattern `=key`, which stands for what is called so and nothing else.
    pub(super) fn whole(&self, key: &str) -> Option<&'static KnowledgeEntry> {
        let wanted = |word: &'static str| word.strip_prefix('=').map(|word| word.cmp(key));
        let at = self.exact.binary_search_by(|(word, ..)| wanted(word).unwrap_or_else(|| word.cmp(&"=")));
        self.exact.get(at.ok()?).and_then(|(.., entry)| TABLE.get(*entry))
    }

    /// The patterns that may match something with the word `key`, each with its entry.
    pub(super) fn candidates<'k>(
        &self,
        key: &'k str,
    ) -> impl Iterator<Item = (&'static str, &'static KnowledgeEntry)> + use<'k> {
        let from = self.exact.partition_point(|(word, ..)| *word < key);
        let exact =
            self.exact.get(from..).unwrap_or_default().iter().take_while(move |(word, ..)| *word == key);
        let starred = self.starred.iter().filter(move |(start, ..)| key.starts_with(start));
        exact.chain(starred).filter_map(|(_, pattern, entry)| Some((*pattern, TABLE.get(*entry)?)))
    }
}

include!(concat!(env!("OUT_DIR"), "/images.rs"));
