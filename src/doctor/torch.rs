//! The installed version of PyTorch, from the name of its `dist-info` directory: no Python is started.

use super::system::System;

/// The version, as `torch-2.10.0+cu128.dist-info` has it; nothing where none is found where Python keeps packages.
pub(super) fn version(system: &dyn System) -> Option<String> {
    let environments = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(|name| system.variable(name));
    // What stands first on the path is the Python that runs.
    let path = system.variable("PATH").unwrap_or_default();
    let beside = path.split(':').filter_map(|directory| directory.strip_suffix("/bin")).map(str::to_owned);
    let user = system.variable("HOME").map(|home| format!("{home}/.local"));
    let usual = ["/opt/conda", "/opt/venv", "/usr/local", "/usr"].map(str::to_owned);
    environments.chain(beside).chain(user).chain(usual).find_map(|prefix| below(system, &prefix))
}

fn below(system: &dyn System, prefix: &str) -> Option<String> {
    let libraries = format!("{prefix}/lib");
    let names = system.names(&libraries)?;
    let pythons = names.iter().filter(|name| name.starts_with("python3"));
    let places = pythons.flat_map(|python| {
        ["site-packages", "dist-packages"].map(|kind| format!("{libraries}/{python}/{kind}"))
    });
    places.into_iter().find_map(|place| {
        let packages = system.names(&place)?;
        packages
            .iter()
            .find_map(|name| Some(name.strip_prefix("torch-")?.strip_suffix(".dist-info")?.to_owned()))
    })
}

/// Whether this version allocates its pages before it writes them, so that a full `/dev/shm` is an error and no bus error:
/// from 2.10 on (pytorch/pytorch#161910).
pub(super) fn allocates_first(version: &str) -> Option<bool> {
    let mut parts = version.split(['.', '+']).map(|part| part.parse::<u32>().ok());
    let (major, minor) = (parts.next()??, parts.next()??);
    Some((major, minor) >= (2, 10))
}
