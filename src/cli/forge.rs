//! What is different where a forge runs us: the formats, and where paths start.

use std::env;
use std::path::Path;

use crate::report::Repository;
use crate::text::paths::shown;

/// Whether this is a step of a GitHub workflow.
pub(super) fn is_here() -> bool {
    env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// Whether this is a job of GitLab.
pub(super) fn is_gitlab() -> bool {
    env::var_os("GITLAB_CI").is_some_and(|value| value == "true")
}

/// The root that forges count paths from: what they say themselves where the working directory lies there, else the nearest
/// directory upwards with a `.git`.
pub(super) fn repository() -> Repository {
    let here = env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
    let named = ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"].into_iter().filter_map(env::var_os);
    let named =
        named.filter_map(|root| Path::new(&root).canonicalize().ok()).find(|root| here.starts_with(root));
    let root =
        named.or_else(|| here.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned));
    let root = root.unwrap_or_else(|| here.clone());
    let below = here.strip_prefix(&root).map(|below| shown(below).into_owned()).unwrap_or_default();
    Repository { root: shown(&root).into_owned(), below }
}
