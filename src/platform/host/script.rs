//! Scripts in files, as each kind of file finds them, and containers that a host starts without one.

use std::sync::Arc;

use crate::container::workload::{Platform, Workload};
use crate::platform::kind::Kind;
use crate::platform::run::Givens;
use crate::syntax::shell::ShellOptions;
use crate::syntax::yaml::NodeId;
use crate::text::layer::Layer;
use crate::text::place::Place;
use crate::text::source::{Source, Span};

/// A script that stands in a file.
#[derive(Default)]
pub(super) struct HostScript {
    /// Its text.
    pub(super) layer: Layer,
    /// How it is read.
    pub(super) options: ShellOptions,
    /// Variables from outside of it.
    pub(super) given: Option<Arc<Givens>>,
    /// The container that a host starts with this command line, where it is none that somebody wrote.
    pub(super) container: Option<StartedContainer>,
    /// Whether a command line in it counts only where no other script was seen to use its line.
    pub(super) is_spare: bool,
    /// Whether it is commented out: what it would start is listed and not judged.
    pub(super) is_off: bool,
    /// Whether it stands there to be read, so that `docs = false` leaves it out.
    pub(super) is_docs: bool,
    /// What it is where it is no script.
    pub(super) inner: Option<&'static Kind>,
}

/// A container of which a host names the image and the options apart.
pub(super) struct StartedContainer {
    /// The image, or what it is built from.
    pub(super) name: String,
    /// Whether the name is an image.
    pub(super) is_image: bool,
    /// Where it is reported.
    pub(super) place: Span,
    /// What says that the machine which runs it may give it a GPU.
    pub(super) gpu_label: Option<Span>,
    /// What starts it.
    pub(super) platform: Platform,
    /// Where its options are keys: their mapping, and the key for the size of `/dev/shm`.
    pub(super) keys: Option<(NodeId, &'static str)>,
}

impl HostScript {
    /// A script that gets no variables from its host.
    pub(super) fn new(layer: Layer, options: ShellOptions) -> Self {
        Self { layer, options, ..Self::default() }
    }
}

impl StartedContainer {
    /// Says of what the command line starts what the host says.
    pub(super) fn name(&self, workload: &mut Workload, source: &Arc<Source>) {
        workload.platform = self.platform;
        workload.name.clone_from(&self.name);
        if self.is_image {
            workload.image = Some(self.name.clone());
        }
        workload.place = Place::new(source, self.place);
        if let Some(label) = self.gpu_label {
            let text = label.of(source.text()).split_whitespace().collect::<Vec<_>>().join(" ");
            workload.gpu.unsure("the runner may have one", text, Place::new(source, label));
        }
    }
}
