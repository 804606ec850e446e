//! What file names tell: which are Compose files, and which of them Compose takes by itself.

use crate::text::filename::FileName;

/// The files that Compose looks for, best first (compose-go `cli.DefaultFileNames`).
pub(super) const BASES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// The files that it lays over them by itself, best first (compose-go `cli.DefaultOverrideFileNames`).
pub(super) const OVERRIDES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// Whether a name ends as YAML files do.
pub(super) fn is_yaml(name: &str) -> bool {
    FileName::new(name).ends_in(&["yml", "yaml"])
}

/// Whether a name says "Compose file": `docker-compose.yml`, `compose.gpu.yaml`, `docker-compose-train.yml`,
/// `dev.compose.yml`; not `composer.yml`.
pub(super) fn says_compose(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let Some(at) = name.find("compose") else { return false };
    let before = name.get(..at).unwrap_or_default();
    let after = name.get(at + "compose".len()..).unwrap_or_default();
    let begins = before.ends_with("docker") || !before.ends_with(|c: char| c.is_ascii_alphabetic());
    is_yaml(&name) && begins && !after.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// The names in a folder of files that Compose takes together by itself: the base, and the override if there is one.
pub(super) struct Default<'n> {
    pub(super) base: Option<&'n str>,
    pub(super) over: Option<&'n str>,
    pub(super) env: bool,
}

/// What Compose takes by itself in a folder of which the sorted names are given.
pub(super) fn default_of(names: &[String]) -> Default<'_> {
    let find = |wanted: &str| names.binary_search_by(|name| name.as_str().cmp(wanted)).ok();
    let first =
        |wanted: &[&str]| wanted.iter().find_map(|wanted| names.get(find(wanted)?).map(String::as_str));
    Default { base: first(&BASES), over: first(&OVERRIDES), env: find(".env").is_some() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_compose_files_are_known() {
        for name in [
            "docker-compose.yml",
            "compose.gpu.yaml",
            "docker-compose-train.yml",
            "dev.compose.yml",
            "docker_compose.YML",
            "dockercompose.yml",
            "my-compose-file.yaml",
            "compose2.yml",
        ] {
            assert!(says_compose(name), "{name}");
        }
        for name in ["composer.yml", "decompose.yaml", "compose.json", "compose.yml.j2", "values.yaml"] {
            assert!(!says_compose(name), "{name}");
        }
    }
}
