//! Installed as `docker-shmlint` or `kubectl-shmlint`, by a link or a copy, the binary is a plugin of that command line: the
//! same options behind `docker shmlint` and `kubectl shmlint`, and nothing more.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;

use serde::Serialize;

/// The argument with which Docker asks a plugin what it is.
const METADATA: &str = "docker-cli-plugin-metadata";

/// What Docker wants to know of a plugin:
/// <https://github.com/docker/cli/blob/v28.2.2/cli-plugins/metadata/metadata.go>.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    schema_version: &'static str,
    vendor: &'static str,
    version: &'static str,
    short_description: &'static str,
    #[serde(rename = "URL")]
    url: &'static str,
}

/// How the binary was started.
pub(super) enum Start {
    /// With a command line: as what, and its words.
    Run(&'static str, Vec<OsString>),
    /// By Docker, to be told what the plugin is.
    Asked,
}

/// Tells by the binary's own name how it was started. Docker hands its plugins all of its arguments: its own options, the
/// plugin's name, and what stands behind that.
pub(super) fn start(arguments: impl IntoIterator<Item = OsString>) -> Start {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    let binary = arguments.first().and_then(|path| Path::new(path).file_stem()?.to_str());
    let name = match binary {
        Some("docker-shmlint") => "docker shmlint",
        Some("kubectl-shmlint") => "kubectl shmlint",
        _ => return Start::Run("shmlint", arguments),
    };
    if name == "docker shmlint" {
        let first = arguments.get(1).and_then(|first| first.to_str()).unwrap_or_default();
        if first == METADATA {
            return Start::Asked;
        }
        let own = arguments.iter().skip(1).position(|word| word == "shmlint");
        if let Some(own) = own.filter(|_| first == "shmlint" || first.starts_with('-')) {
            arguments.drain(1..own + 2);
        }
    }
    Start::Run(name, arguments)
}

/// Writes what the plugin is.
pub(super) fn tell(out: &mut dyn Write) -> std::io::Result<()> {
    let metadata = Metadata {
        schema_version: "0.1.0",
        vendor: "shmlint",
        version: env!("CARGO_PKG_VERSION"),
        short_description: "Find GPU containers that get the 64 MiB default /dev/shm",
        url: env!("CARGO_PKG_REPOSITORY"),
    };
    serde_json::to_writer(&mut *out, &metadata)?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> (&'static str, Vec<String>) {
        match start(line.split(' ').map(OsString::from)) {
            Start::Run(name, words) => {
                (name, words.into_iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect())
            }
            Start::Asked => ("asked", Vec::new()),
        }
    }

    #[test]
    fn the_name_tells_whose_plugin_it_is() {
        assert_eq!(words("shmlint shmlint -"), ("shmlint", vec!["shmlint".into(), "-".into()]));
        assert_eq!(
            words("/usr/lib/docker-shmlint shmlint list -"),
            ("docker shmlint", vec!["list".into(), "-".into()])
        );
        assert_eq!(words("docker-shmlint --context x shmlint -q"), ("docker shmlint", vec!["-q".into()]));
        assert_eq!(
            words("docker-shmlint list shmlint"),
            ("docker shmlint", vec!["list".into(), "shmlint".into()])
        );
        assert_eq!(words("docker-shmlint docker-cli-plugin-metadata").0, "asked");
        assert_eq!(words("kubectl-shmlint list"), ("kubectl shmlint", vec!["list".into()]));
    }
}
