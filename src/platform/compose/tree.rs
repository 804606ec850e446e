//! The keys of a service, its merge keys followed.

use crate::syntax::yaml::{Fuel, MergedEntry, Node, NodeId, each_merged};

macro_rules! keys {
    ($($(#[$doc:meta])* $key:ident = $name:literal,)*) => {
        /// The keys of a service that matter here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum ServiceKey { $($(#[$doc])* $key,)* }

        impl ServiceKey {
            /// How many there are.
            const COUNT: usize = [$(Self::$key),*].len();

            fn of(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$key),)*
                    _ => is_misspelt(name).then_some(Self::Misspelt),
                }
            }

            /// As it is written.
            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$key => $name,)* }
            }
        }
    };
}

keys! {
    Build = "build",
    Command = "command",
    ContainerName = "container_name",
    Deploy = "deploy",
    Devices = "devices",
    Entrypoint = "entrypoint",
    Environment = "environment",
    Extends = "extends",
    Gpus = "gpus",
    Image = "image",
    Ipc = "ipc",
    MemLimit = "mem_limit",
    /// A key that Compose does not know and that was meant for `shm_size`.
    Misspelt = "shm-size",
    Runtime = "runtime",
    ShmSize = "shm_size",
    StdinOpen = "stdin_open",
    Tmpfs = "tmpfs",
    Volumes = "volumes",
    VolumesFrom = "volumes_from",
    WorkingDir = "working_dir",
}

/// Whether a key is spelt like `shm_size` but for its case and what parts its words.
fn is_misspelt(name: &str) -> bool {
    let letters = name.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase());
    (7..=9).contains(&name.len()) && letters.eq(*b"shmsize") && name != ServiceKey::ShmSize.name()
}

/// Where a key stands; its tree is known from the context.
#[derive(Clone, Copy, Debug)]
pub(super) struct Where {
    pub(super) holder: NodeId,
    pub(super) key: NodeId,
    pub(super) value: NodeId,
}

impl Where {
    pub(super) fn of(found: &MergedEntry<'_>) -> Self {
        Self { holder: found.holder.id(), key: found.key.id(), value: found.value.id() }
    }
}

/// The keys of one service in one file, its merge keys followed.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyTable([Option<Where>; ServiceKey::COUNT]);

impl KeyTable {
    /// Looks through a service's mapping once.
    pub(super) fn of(service: Node<'_>, fuel: &Fuel) -> Self {
        let mut table = Self::default();
        each_merged(service, fuel, &mut |found| {
            let slot = found.key.str().and_then(ServiceKey::of).and_then(|key| table.0.get_mut(key as usize));
            if let Some(slot @ None) = slot {
                *slot = Some(Where::of(&found));
            }
            true
        });
        table
    }

    /// Where a key stands.
    pub(super) fn get(&self, key: ServiceKey) -> Option<Where> {
        self.0.get(key as usize).copied().flatten()
    }
}
