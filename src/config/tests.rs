//! Reading configurations: what they set, and what they get wrong.

use super::*;
use crate::lint::options::Options;

fn read(text: &str) -> Result<Config, String> {
    Config::parse(&Source::new("shmlint.toml", text.into())).map_err(|error| error.to_string())
}

fn options(text: &str) -> Options {
    read(text).unwrap_or_else(|error| panic!("{error}")).settle().unwrap().options
}

fn codes(options: &Options) -> Vec<&str> {
    options.judge.rules.iter().map(|(rule, _)| rule.code).collect()
}

#[test]
fn every_key_is_read() {
    let mut config = read(&schema::example()).unwrap_or_else(|error| panic!("{error}"));
    config.folder = std::env::current_dir().unwrap();
    let settled = config.settle().unwrap();
    let options = &settled.options;
    assert!(options.judge.pedantic && options.judge.size_is_asked);
    assert_eq!((options.judge.size, options.judge.minimum), (8 << 30, Some(1 << 30)));
    assert_eq!(options.read.default_shm_size, Some(2 << 30));
    assert_eq!(options.read.default_runtime.as_deref(), Some("nvidia"));
    assert_eq!((settled.fail_on.as_deref(), settled.max_file_size), (Some("error"), Some(50 << 20)));
    assert!(settled.walk.force_exclude && settled.walk.no_gitignore);
    assert!(settled.walk.include.covers("deploy/a.conf"));
    for path in ["README.md", "x/vendor/a.yml", "a.generated.yaml"] {
        assert!(settled.walk.exclude.iter().any(|globs| globs.covers(path)), "{path}");
    }
    assert_eq!(options.judge.images.len(), 1);
    assert_eq!(options.judge.images[0].bytes, Some(16 << 30));
    assert_eq!(options.read.shm_fields[0].path, ["spec", "worker", "shmSize"]);
    assert!(options.read.provider("TrainingRun", Some("ml-a"), "x.yaml").is_some());
    assert!(options.read.provider("TrainingRun", None, "x.yaml").is_none());
    assert!(options.per_file_ignores[0].files.covers("tests/a/compose.yaml"));
    let unused = settled.unused(&[".".into()]);
    let unused: Vec<&str> =
        unused.iter().map(|problem| problem.place.source.slice(problem.place.span)).collect();
    assert!(unused.iter().any(|told| told.contains("registry.example/team/trainer")), "{unused:?}");
    assert!(!unused.iter().any(|told| told.contains("vendor/") || told.contains("ml-*")), "{unused:?}");
}

#[test]
fn later_layers_choose_over_earlier_ones() {
    assert_eq!(codes(&options("select = ['missing-shm']")), ["SHM001"]);
    assert!(!codes(&options("ignore = ['shm001']")).contains(&"SHM001"));
    let mut config = read("select = ['SHM001']\nignore = ['SHM001']\nextend-select = ['SHM900']").unwrap();
    let rules = |config: &Config| config.settle().unwrap().options;
    assert_eq!(codes(&rules(&config)), ["SHM900"]);
    config.read(&Source::new("--config", b"extend-select = ['SHM001']".to_vec()), &mut Vec::new());
    assert_eq!(codes(&rules(&config)), ["SHM001", "SHM900"]);
}

#[test]
fn rules_that_are_named_show_their_notes_and_all_means_all() {
    let all = options("select = ['all']\nignore = ['missing-shm']");
    assert_eq!(all.judge.by_name.len(), crate::rules::all().len());
    assert_eq!(all.judge.rules.len(), crate::rules::all().len() - 1);
    assert_eq!(options("extend-select = ['host-ipc']").judge.by_name[0].code, "SHM012");
    assert!(read("severity = { ALL = 'error' }").unwrap_err().contains("unknown rule 'ALL'"));
}

#[test]
fn a_severity_is_the_last_one_that_is_given() {
    let options = options("[severity]\nSHM001 = 'error'");
    let (_, severity) = options.judge.rules.iter().find(|(rule, _)| rule.code == "SHM001").unwrap();
    assert_eq!(severity.as_str(), "error");
}

#[test]
fn ten_mistakes_give_ten_messages() {
    let text = "\
ignroe = ['SHM001']
select = ['missing-shn', 7]
size = '8 gigs'
pedantic = 'yes'
fail-on = 'eror'
exclude = ['a[']
minimum = 0

[severity]
missing-shm = 'warn'

[[images]]
image = 'x'
size = '2g'
";
    let told = read(text).unwrap_err();
    let heads: Vec<&str> = told.lines().filter(|line| line.starts_with("shmlint.toml:")).collect();
    assert_eq!(
        heads,
        [
            "shmlint.toml:1:1: unknown key 'ignroe' (did you mean 'ignore'?)",
            "shmlint.toml:2:11: unknown rule 'missing-shn' (did you mean 'missing-shm'?)",
            "shmlint.toml:2:26: 'select' must be the code or name of a rule, or \"ALL\", not an integer",
            "shmlint.toml:3:8: '8 gigs' is not a size above zero: write it like 2g, 512m or 2Gi",
            "shmlint.toml:4:12: 'pedantic' must be true or false, not a string",
            "shmlint.toml:5:11: 'eror' is not one of error, warning, note, never (did you mean 'error'?)",
            "shmlint.toml:6:12: 'a[' is not a glob: unclosed character class; missing ']'",
            "shmlint.toml:7:11: a size must be above zero: write it like \"2g\", \"512m\" or \"2Gi\"",
            "shmlint.toml:10:15: 'warn' is not one of error, warning, note (did you mean 'warning'?)",
            "shmlint.toml:12:1: [[images]] lacks the required key 'need'",
        ]
    );
}

#[test]
fn what_toml_refuses_is_shown_with_the_other_mistakes() {
    let told = read("a = = 1\nsise = '2g'\nselect = [").unwrap_err();
    let heads: Vec<&str> = told.lines().filter(|line| line.starts_with("shmlint.toml:")).collect();
    assert!(heads.len() >= 3, "{told}");
    assert!(heads[0].starts_with("shmlint.toml:1:"), "{told}");
    assert!(told.contains("shmlint.toml:2:1: unknown key 'sise' (did you mean 'size'?)"), "{told}");
}

#[test]
fn only_our_table_of_a_pyproject_is_read() {
    let (mut config, mut problems) = (Config::default(), Vec::new());
    let text = "[project]\nname = 'x'\n[tool.shmlint]\nsize = '4g'\nsizes = 1\n[tool.other]\nodd = 1\n";
    config.read(&Source::new("sub/pyproject.toml", text.into()), &mut problems);
    assert_eq!(config.size, Some(4 << 30));
    assert_eq!(problems.len(), 1);
    assert!(problems[0].to_string().starts_with("sub/pyproject.toml:5:1: unknown key 'sizes'"));
}

#[test]
fn no_bytes_are_a_crash() {
    for text in
        ["", "\u{feff}size = '2g'", "a", "[", "[[images]]", "images = 1", "[images]\nx=1", "\0", "size = nan"]
    {
        let _ = read(text);
    }
    let deep = "a = ".to_owned() + &"[".repeat(100_000);
    assert!(read(&deep).is_err());
}
